//! From a parsed command line to the function that carries it out. It knows which commands need a
//! daemon, not what any of them does.

mod alerts;
mod backup;
mod bypass;
mod check;
mod configure;
mod debug;
mod dev;
mod follow;
mod held;
mod letters;
mod lifecycle;
mod load;
mod look;
mod new;
mod permissions;
mod privacy;
mod settings;
mod statistics;
mod storage;
mod version;

pub use load::with as load_request;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::admin::{Act, Admin};
use crate::arguments::{Arguments, Command, Global};
use crate::exit::Exit;
use crate::screen::Screen;
use crate::socket;
use crate::trouble::{Stop, Trouble};

/// What every command works with.
pub struct Desk<'s> {
    screen: &'s Screen,
    /// As it was named on the command line.
    socket: Option<PathBuf>,
    patience: Option<Duration>,
}

impl Desk<'_> {
    async fn admin(&self) -> Result<Admin, Stop> {
        let socket = socket::choose(self.socket.clone())?;
        Admin::connect(&socket, self.patience).await
    }
}

/// Carries out the command.
///
/// # Errors
/// It could not be done, and why.
pub async fn run(arguments: Arguments, screen: &Screen) -> Result<Exit, Stop> {
    let Global { socket, timeout, .. } = arguments.global;
    let patience = timeout.map(Duration::from_secs);
    let desk = Desk { screen, socket, patience };
    match arguments.command {
        Command::List => look::list(&desk).await,
        Command::Status(named) => look::status(&desk, &named.name).await,
        Command::Order { hook } => look::order(&desk, &hook).await,
        Command::Bypass(wish) => bypass::bypass(&desk, wish).await,
        Command::Stats(wish) => statistics::stats(&desk, wish).await,
        Command::Popular(wish) => statistics::popular(&desk, wish).await,
        Command::Usage(wish) => statistics::usage(&desk, wish).await,
        Command::Metrics => statistics::metrics(&desk).await,
        Command::Alerts { test } => alerts::run(&desk, test).await,
        Command::Doctor => look::doctor(&desk).await,
        Command::DeadLetters { what } => letters::run(&desk, what).await,
        Command::Held { what } => held::run(&desk, what).await,
        Command::Watch { name } => follow::watch(&desk, name).await,
        Command::Logs(logs) => follow::logs(&desk, logs).await,
        Command::Trace(trace) => follow::trace(&desk, trace).await,
        Command::Debug(wish) => debug::run(&desk, wish).await,
        Command::New(wish) => new::new(&desk, wish),
        Command::Dev(wish) => dev::dev(&desk, wish).await,
        Command::Load(load) => load::load(&desk, load).await,
        Command::Unload(unload) => lifecycle::unload(&desk, &unload).await,
        Command::Settings { name, at, what } => settings::run(&desk, &name, at, what).await,
        Command::Grants(wish) => permissions::grants(&desk, wish).await,
        Command::Audit(wish) => permissions::audit(&desk, wish).await,
        Command::Storage { name, what } => storage::run(&desk, &name, what).await,
        Command::Disable(named) => lifecycle::stop(&desk, Act::Disable, &named.name).await,
        Command::Enable { started, channels } => lifecycle::enable(&desk, &started, channels).await,
        Command::Restart(started) => lifecycle::start(&desk, Act::Restart, &started).await,
        Command::Reset(started) => lifecycle::start(&desk, Act::Reset, &started).await,
        Command::Check { path, fix } => check::check(&desk, &path, fix).await,
        Command::Reload => configure::reload(&desk).await,
        Command::Diff => configure::diff(&desk).await,
        Command::Set { name, key, value } => configure::set(&desk, name, key, value).await,
        Command::Revert { name, key } => configure::revert(&desk, name, key).await,
        Command::Backup { dir, with_secrets } => backup::backup(&desk, &dir, with_secrets).await,
        Command::Restore { dir, yes } => backup::restore(&desk, &dir, yes).await,
        Command::Forget { user, workspace } => privacy::forget(&desk, user, workspace).await,
        Command::Version => version::version(&desk).await,
        Command::Completions { shell } => completions(shell),
    }
}

fn completions(shell: clap_complete::Shell) -> Result<Exit, Stop> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut crate::arguments::command(), "outboard", &mut script);
    std::io::stdout().lock().write_all(&script)?;
    Ok(Exit::Ok)
}

/// A path as the daemon can use it, which stands in another folder. Links stay: an operator may
/// switch versions with one.
fn absolute(path: &Path) -> Result<String, Stop> {
    let shown = path.display();
    let absolute = std::path::absolute(path)
        .map_err(|error| Trouble::new(Exit::NotFound, format!("{shown}: {error}")))?;
    let unreadable = || Trouble::new(Exit::Refused, format!("the path {shown} is not UTF-8"));
    Ok(absolute.into_os_string().into_string().map_err(|_| unreadable())?)
}

/// The plugin's folder: the path itself, or where it points to a manifest, the folder around it.
fn plugin_folder(path: &Path) -> Result<String, Stop> {
    let folder = match path.file_name() {
        Some(name) if name == "plugin.toml" => path.parent().unwrap_or(Path::new(".")),
        _ => path,
    };
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    match std::fs::metadata(folder) {
        Ok(found) if found.is_dir() => absolute(folder),
        Ok(_) => Err(no_folder(folder, "it is not a folder")),
        // The daemon may see what this user may not.
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => absolute(folder),
        Err(error) => Err(no_folder(folder, &error.to_string())),
    }
}

fn no_folder(folder: &Path, why: &str) -> Stop {
    Trouble::new(Exit::NotFound, format!("{}: {why}", folder.display()))
        .hint("give the folder that holds plugin.toml")
        .into()
}
