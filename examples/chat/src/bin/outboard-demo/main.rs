//! `make demo`: a daemon, six plugins and a chat server in a private folder, and one URL.
//!
//! With `--script` it is its own visitor and checks what it sees. It refuses to build anything:
//! `demo.sh` does.

mod adjust;
mod folder;
mod report;
mod server;
mod share;
mod stage;
mod story;
mod view;
mod visitor;

use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use clap::Parser;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::report::Report;
use crate::stage::Stage;

/// The exit code of what ^C ended.
const INTERRUPTED: u8 = 130;

/// Starts a daemon, six plugins and a chat server, and prints where to look.
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
    let mut orders = Orders::listen()?;
    let mut stage = tokio::select! {
        set = Stage::set(arguments.port, arguments.keep) => set?,
        // What was started so far is dropped, and with that killed.
        () = orders.stop() => return Ok(INTERRUPTED.into()),
    };
    match arguments.script {
        true => check(&mut stage, &mut orders).await,
        false => show(&mut stage, &mut orders).await,
    }
}

/// Plays the story and counts its checks.
async fn check(stage: &mut Stage, orders: &mut Orders) -> anyhow::Result<ExitCode> {
    let mut report = Report::default();
    tokio::select! {
        played = story::play(stage, &mut report) => played.context("the story broke off")?,
        () = orders.stop() => {
            stage.clear().await?;
            return Ok(INTERRUPTED.into());
        }
    }
    let left = stage.clear().await?;
    report.check("everything that was started has ended", left.is_empty(), &left);
    Ok(report.close())
}

/// Says where to look, and waits for ^C or for a server that ends by itself.
async fn show(stage: &mut Stage, orders: &mut Orders) -> anyhow::Result<ExitCode> {
    println!("\n  Open  {}\n\n  ^C stops everything.\n", stage.url());
    let ended = tokio::select! {
        () = orders.stop() => None,
        ended = stage.ended() => Some(ended),
    };
    println!("\ndemo: stopping");
    let left = stage.clear().await?;
    ensure!(left.is_empty(), "still there: {left}");
    ended.map_or(Ok(ExitCode::SUCCESS), |ended| bail!(ended))
}

/// ^C and SIGTERM.
struct Orders {
    interrupt: Signal,
    terminate: Signal,
}

impl Orders {
    fn listen() -> anyhow::Result<Self> {
        let interrupt = signal(SignalKind::interrupt())?;
        Ok(Self { interrupt, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for either.
    async fn stop(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
