//! Alerts: what is wrong with a plugin or with the daemon, told to whom the operator named, once
//! when it begins and once when it is over.
//!
//! ```text
//!  fleet ──what is wrong──▶ desk ──what is news──▶ command, webhook, channel
//! ```

mod desk;
mod targets;

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::watch;

use super::Outlets;
use crate::config::operator::Reporting;
use crate::fleet::Command;

pub use desk::{Desk, Notice, Turn};
pub use targets::{Told, tell_all};

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A plugin was given up.
    Failed,
    /// A plugin was given up whose hook holds everything up while it is not there.
    ClosedHook,
    /// A plugin is skipped at a hook because it kept missing.
    BreakerOpen,
    /// Nothing holds one of its limits on this machine.
    LimitNotEnforced,
    /// Events were given up.
    DeadLetters,
    /// A plugin cannot be used as it is.
    Refused,
    /// A database or a log of the daemon's was damaged or cannot be written.
    Damage,
}

/// What is wrong with whom; an empty name is the daemon.
pub type Subject = (Kind, String);

/// How often what moves without a move of a plugin's state is looked at.
const LOOK: Duration = Duration::from_secs(5);
/// How soon after a plugin moved: more often come several moves together.
const SOON: Duration = Duration::from_millis(200);

impl Kind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Failed,
        Self::ClosedHook,
        Self::BreakerOpen,
        Self::LimitNotEnforced,
        Self::DeadLetters,
        Self::Refused,
        Self::Damage,
    ];

    /// As configuration and messages write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::ClosedHook => "closed-hook",
            Self::BreakerOpen => "breaker-open",
            Self::LimitNotEnforced => "limit-not-enforced",
            Self::DeadLetters => "dead-letters",
            Self::Refused => "refused",
            Self::Damage => "damage",
        }
    }
}

/// Looks and tells, for ever. While nobody is to be told it looks at nothing.
pub async fn run(command: Command, outlets: Outlets, mut config: watch::Receiver<Reporting>) {
    let mut desk = Desk::default();
    let mut moves = command.harbour.moves.subscribe();
    let mut targets = targets::Targets::new(command.clone(), outlets);
    loop {
        let alerts = config.borrow_and_update().alerts.clone();
        targets.follow(&alerts);
        let wait = async {
            if alerts.is_silent() {
                return std::future::pending().await;
            }
            // Whoever moved, however many: all are looked at.
            if tokio::time::timeout(LOOK, moves.recv()).await.is_ok() {
                tokio::time::sleep(SOON).await;
            }
        };
        tokio::select! {
            () = wait => {}
            changed = config.changed() => if changed.is_err() { return } else { continue },
        }
        // Whatever moved until now is in what is found next.
        moves = moves.resubscribe();
        let found = command.ask(|fleet| Box::pin(async move { fleet.alarms() })).await;
        let Ok(found) = found else { return };
        let wanted: BTreeMap<Subject, String> =
            found.into_iter().filter(|((kind, _), _)| alerts.wants(*kind)).collect();
        for notice in desk.look(command.harbour.clock.now(), wanted) {
            targets.tell(&notice);
        }
    }
}
