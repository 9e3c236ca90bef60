//! outboardd: reads its arguments, starts its one thread, runs the daemon.
//!
//! Everything it does is done in the library.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand, ValueEnum};
use outboardd::config::manifest::program::Runtimes;
use outboardd::config::operator::OperatorConfig;
use outboardd::config::paths::{PathFlags, Paths};
use outboardd::daemon::{End, Options, run};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

/// Supervises a chat server's plugins and routes messages and events through them.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Arguments {
    #[command(flatten)]
    folders: Folders,
    /// The keeper program; found beside this one or in /usr/lib/outboard if not given.
    #[arg(long, value_name = "FILE")]
    keeper: Option<PathBuf>,
    /// Stop when standard input ends: for whoever keeps a daemon and holds the other end.
    #[arg(long)]
    leash: bool,
    #[command(subcommand)]
    task: Option<Task>,
}

#[derive(Debug, Args)]
struct Folders {
    /// The folder of outboard.toml and conf.d.
    #[arg(long, value_name = "DIR", global = true)]
    config: Option<PathBuf>,
    /// The folder of databases and plugins' data.
    #[arg(long, value_name = "DIR", global = true)]
    state: Option<PathBuf>,
    /// The folder of sockets.
    #[arg(long, value_name = "DIR", global = true)]
    runtime: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Looks at a plugin's folder without a running daemon.
    Check {
        /// The folder.
        path: PathBuf,
        /// For people or for programs.
        #[arg(long, value_enum, default_value_t = Output::Table)]
        output: Output,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Output {
    Table,
    Json,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match start(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("outboardd: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let flags = PathFlags {
        config: arguments.folders.config,
        state: arguments.folders.state,
        runtime: arguments.folders.runtime,
    };
    let uid = outboard_linux::own_process::user();
    let paths = Paths::resolve(&flags, &|name| std::env::var_os(name), uid)?;
    if let Some(Task::Check { path, output }) = arguments.task {
        return Ok(check(&paths, &path, output));
    }
    log_to_journal_or_stderr();
    if arguments.leash {
        outboard_linux::own_process::stop_at_end_of_input()?;
    }
    let keeper = match arguments.keeper {
        Some(keeper) => keeper,
        None => find_keeper()?,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(8)
        .thread_keep_alive(Duration::from_secs(2))
        .build()?;
    let end = runtime.block_on(run(Options { paths, keeper, uid }))?;
    // What still waits on a blocking thread has nobody left to tell.
    runtime.shutdown_timeout(Duration::from_millis(500));
    match end {
        End::Stopped => Ok(ExitCode::SUCCESS),
        End::Again => Err(outboard_linux::own_process::start_again().into()),
    }
}

fn find_keeper() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("cannot tell where this program is")?;
    let beside = own.with_file_name("outboard-exec");
    let installed = PathBuf::from("/usr/lib/outboard/outboard-exec");
    let found = [beside, installed].into_iter().find(|path| path.is_file());
    found.context(
        "outboard-exec is neither beside outboardd nor in /usr/lib/outboard; give --keeper",
    )
}

/// Fields to the journal where systemd set one up, lines to standard error elsewhere.
fn log_to_journal_or_stderr() {
    let filter = EnvFilter::try_from_env("OUTBOARD_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    let journal = std::env::var_os("JOURNAL_STREAM").and_then(|_| tracing_journald::layer().ok());
    let lines = journal.is_none().then(|| {
        tracing_subscriber::fmt::layer()
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal())
    });
    tracing_subscriber::registry()
        .with(journal.with_filter(filter.clone()))
        .with(lines.with_filter(filter))
        .init();
}

fn check(paths: &Paths, path: &std::path::Path, output: Output) -> ExitCode {
    let runtimes =
        OperatorConfig::load(paths).map(|it| it.runtimes).unwrap_or_else(|_| Runtimes::new());
    let mut response = outboard_proto::admin::CheckResponse::default();
    outboardd::fleet::look(path, &runtimes, &mut response);
    match output {
        Output::Json => println!("{}", outboardd::fleet::check_as_json(&response)),
        Output::Table => {
            response.notes.iter().for_each(|note| println!("{note}"));
            for fault in &response.faults {
                println!("{}:{}: {}: {}", fault.file, fault.line, fault.key, fault.message);
            }
        }
    }
    if response.faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
