//! `make demo`: a daemon, four plugins and a chat server in a private folder, and one URL.
//!
//! With `--script` it is its own visitor and checks what it sees. It refuses to build anything:
//! `demo.sh` does.

mod folder;
mod report;
mod server;
mod stage;
mod story;
mod view;
mod visitor;

use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use crate::report::Report;
use crate::stage::Stage;

/// Starts a daemon, four plugins and a chat server, and prints where to look.
#[derive(Debug, Parser)]
struct Arguments {
    /// Play the story without a browser and print each check.
    #[arg(long)]
    script: bool,
    /// Keep the private folder, for a look at logs and state.
    #[arg(long)]
    keep: bool,
    /// The page's port on loopback; a free one if not said.
    #[arg(long, default_value_t = 0)]
    port: u16,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let play = play(&arguments);
    // Whoever interrupts drops the play, and with it every process it started.
    tokio::select! {
        played = play => played,
        _ = interrupt.recv() => Ok(ExitCode::from(130)),
        _ = terminate.recv() => Ok(ExitCode::from(143)),
    }
}

async fn play(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut stage = Stage::set(arguments.port, arguments.keep).await?;
    let code = match arguments.script {
        true => {
            let mut report = Report::default();
            story::play(&mut stage, &mut report).await.context("the story broke off")?;
            let left = stage.clear().await?;
            report.check("everything that was started has ended", left.is_empty(), &left);
            report.close()
        }
        false => show(&mut stage).await?,
    };
    Ok(code)
}

/// Says where to look, and waits for ^C or for a server that ends by itself.
async fn show(stage: &mut Stage) -> anyhow::Result<ExitCode> {
    let url = stage.url();
    println!("\n  Open  {url}\n\n  ^C stops everything.\n");
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        ended = stage.ended() => println!("demo: {ended}"),
    }
    println!("\ndemo: stopping");
    let left = stage.clear().await?;
    if left.is_empty() { Ok(ExitCode::SUCCESS) } else { anyhow::bail!("still there: {left}") }
}
