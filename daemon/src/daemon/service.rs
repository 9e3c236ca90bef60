//! What the daemon does while it serves: answers signals, tells the service manager how it is.
//!
//! The watchdog is fed from here, on the data-plane thread itself: when that is stuck, nobody feeds
//! it. It refuses to know how a reload or a stop is done.

use std::collections::BTreeMap;
use std::time::Duration;

use outboard_linux::notify;
use outboard_proto::admin::{PluginStatus, State};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{End, StartError};
use crate::audit::{Act, Who};
use crate::fleet::Command;

/// How often the service manager is told how plugins are, at most.
const TELL: Duration = Duration::from_secs(1);

/// Signals that mean something.
struct Signals {
    term: Signal,
    int: Signal,
    hup: Signal,
}

impl Signals {
    fn listen() -> std::io::Result<Self> {
        Ok(Self {
            term: signal(SignalKind::terminate())?,
            int: signal(SignalKind::interrupt())?,
            hup: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Told {
        tokio::select! {
            _ = self.term.recv() => Told::Stop,
            _ = self.int.recv() => Told::Stop,
            _ = self.hup.recv() => Told::Reload,
        }
    }

    async fn stop(&mut self) {
        while self.next().await != Told::Stop {}
    }
}

/// What a signal says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    Stop,
    Reload,
}

/// Serves until a signal, or until the daemon is to be started again.
pub async fn serve(command: Command, again: CancellationToken) -> Result<End, StartError> {
    let mut signals = Signals::listen().map_err(StartError::Process)?;
    tell(notify::ready(&summary(&plugins(&command).await)));
    tracing::info!(runtime = %command.harbour.paths.runtime.display(), "serving");
    let side_work = tokio::spawn(keep_telling(command.clone()));
    tokio::spawn(feed_watchdog());
    loop {
        tokio::select! {
            () = again.cancelled() => {
                side_work.abort();
                return Ok(End::Again);
            }
            told = signals.next() => match told {
                Told::Reload => reload(&command).await,
                Told::Stop => break,
            },
        }
    }
    side_work.abort();
    stop(&command, &mut signals).await;
    Ok(End::Stopped)
}

async fn reload(command: &Command) {
    tell(notify::reloading());
    let reloaded = command.ask(|fleet| Box::pin(async move { fleet.reload().await })).await;
    if let Ok(reloaded) = reloaded {
        let (changes, faults) = (reloaded.changes.len(), reloaded.faults.len());
        let act = Act::new(&Who::Daemon, "reload").why("a signal or the service manager asked");
        command.harbour.audit.record(act);
        tracing::info!("told to reload: {changes} changes, {faults} faults");
    }
    tell(notify::ready(&summary(&plugins(command).await)));
}

/// Stops in order; a second signal kills at once.
async fn stop(command: &Command, signals: &mut Signals) {
    tracing::info!("stopping");
    tell(notify::stopping("stopping plugins"));
    let departure = command.ask(|fleet| Box::pin(async move { fleet.depart() })).await;
    let Ok(departure) = departure else { return };
    tokio::select! {
        () = departure.stop() => {}
        () = signals.stop() => {
            tracing::warn!("told twice to stop: killing plugins");
            departure.kill().await;
        }
    }
}

async fn feed_watchdog() {
    let Some(interval) = notify::watchdog_interval() else { return };
    let mut due = tokio::time::interval(interval);
    loop {
        due.tick().await;
        tell(notify::watchdog());
    }
}

async fn keep_telling(command: Command) {
    let mut moves = command.harbour.moves.subscribe();
    let mut told = String::new();
    loop {
        // Lagging is fine: only the newest state is told.
        let _ = moves.recv().await;
        tokio::time::sleep(TELL).await;
        // Whatever moved until now is in what is told next.
        moves = moves.resubscribe();
        let now = summary(&plugins(&command).await);
        if now != told {
            tell(notify::status(&now));
            told = now;
        }
    }
}

async fn plugins(command: &Command) -> Vec<PluginStatus> {
    let listed = command.ask(|fleet| Box::pin(async move { fleet.list() })).await;
    listed.unwrap_or_default()
}

/// "3 plugins: 2 running, 1 failed".
fn summary(plugins: &[PluginStatus]) -> String {
    let mut counts: BTreeMap<i32, usize> = BTreeMap::new();
    for plugin in plugins {
        *counts.entry(plugin.state).or_default() += 1;
    }
    let word = |state: i32| {
        let name = State::try_from(state).unwrap_or_default().as_str_name();
        name.trim_start_matches("STATE_").to_lowercase()
    };
    let parts: Vec<String> =
        counts.into_iter().map(|(state, count)| format!("{count} {}", word(state))).collect();
    match plugins.len() {
        0 => "no plugins".to_owned(),
        1 => format!("1 plugin: {}", parts.join(", ")),
        count => format!("{count} plugins: {}", parts.join(", ")),
    }
}

fn tell(told: std::io::Result<()>) {
    if let Err(error) = told {
        tracing::warn!(%error, "the service manager does not listen");
    }
}
