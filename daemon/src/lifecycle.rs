//! What happens to a plugin once per version: that it was installed, upgraded, or is uninstalled.
//!
//! Told in its session when it is ready, and again at each later start until it has acknowledged;
//! only then is that kept. It refuses to hold anything up: calls come meanwhile, and a handler that
//! fails or hangs is told of in status and nothing else.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use outboard_proto::common::Failure;
use outboard_proto::plugin::{self, DaemonFrame, LifecycleKind, daemon_frame::Kind};
use tokio::sync::{broadcast, oneshot};

use crate::clock::micros;
use crate::config::name::PluginName;
use crate::plugin::Move;
use crate::session::{Entrance, Pass};
use crate::store::Control;

/// The part of the protocol that a plugin must know to be told.
pub const FEATURE: &str = "lifecycle";

/// How long a plugin that is unloaded may take over it.
const FAREWELL: Duration = Duration::from_secs(5);

/// What has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Milestone {
    /// It never ran here, or was unloaded since.
    Installed,
    /// This version ran before, which may be the higher one.
    Upgraded(String),
    /// It is being unloaded.
    Uninstalled,
}

/// The lifecycle of one plugin.
pub struct Lifecycle {
    name: PluginName,
    control: Control,
    moves: broadcast::Sender<Move>,
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    /// Of the newest session.
    met: Option<Met>,
    told: u64,
    /// It is being unloaded: nothing else is told any more.
    leaves: bool,
    /// What was told last and is not acknowledged.
    open: Option<(u64, oneshot::Sender<Option<Failure>>)>,
    note: Option<String>,
}

/// Who said hello.
#[derive(Clone)]
struct Met {
    version: String,
    speaks: bool,
}

/// What became of telling.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    Acknowledged,
    Failed(String),
    /// Told again meanwhile: that one counts.
    Superseded,
    /// Its process ended.
    Gone,
}

/// What is due for a plugin of this version, where another was acknowledged last.
#[must_use]
pub fn due(told: Option<&str>, version: &str) -> Option<Milestone> {
    match told {
        None => Some(Milestone::Installed),
        Some(told) if told == version => None,
        Some(told) => Some(Milestone::Upgraded(told.to_owned())),
    }
}

impl Milestone {
    fn in_words(&self, version: &str) -> String {
        match self {
            Self::Installed => format!("installed ({version})"),
            Self::Upgraded(from) => format!("upgraded (from {from} to {version})"),
            Self::Uninstalled => "uninstalled".to_owned(),
        }
    }

    fn frame(&self, id: u64, version: &str, budget: Duration) -> DaemonFrame {
        let (kind, from) = match self {
            Self::Installed => (LifecycleKind::Installed, String::new()),
            Self::Upgraded(from) => (LifecycleKind::Upgraded, from.clone()),
            Self::Uninstalled => (LifecycleKind::Uninstalled, String::new()),
        };
        let (kind, to, budget_us) = (kind.into(), version.to_owned(), micros(budget));
        let told = plugin::Lifecycle { id, kind, from, to, budget_us };
        DaemonFrame { kind: Some(Kind::Lifecycle(told)) }
    }
}

impl Lifecycle {
    /// Of one plugin.
    #[must_use]
    pub fn new(name: PluginName, control: Control, moves: broadcast::Sender<Move>) -> Self {
        Self { name, control, moves, inside: Mutex::default() }
    }

    /// A process of the plugin's own said a valid hello.
    pub fn met(&self, version: &str, features: &[String]) {
        let speaks = features.iter().any(|feature| feature == FEATURE);
        let mut inside = self.inside();
        inside.met = Some(Met { version: version.to_owned(), speaks });
        // Its unload failed, if there was one.
        inside.leaves = false;
    }

    /// A plugin acknowledged. Whether that was waited for.
    pub fn acknowledged(&self, ack: plugin::LifecycleAck) -> bool {
        let mut inside = self.inside();
        match inside.open.take() {
            Some((id, waiting)) if id == ack.id => waiting.send(ack.failure).is_ok(),
            other => {
                inside.open = other;
                false
            }
        }
    }

    /// What an operator should know; nothing where all is told and acknowledged.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        self.inside().note.clone()
    }

    /// The plugin is ready: tells what is due, beside everything else.
    pub fn ready(entrance: &Arc<Entrance>, pass: &Arc<Pass>) {
        let (entrance, pass) = (Arc::clone(entrance), Arc::clone(pass));
        tokio::spawn(async move { entrance.lifecycle.tell_due(&entrance, &pass).await });
    }

    async fn tell_due(&self, entrance: &Entrance, pass: &Pass) {
        let Some(Met { version, speaks }) = self.inside().met.clone() else { return };
        let told = match self.control.told_version(&self.name).await {
            Ok(told) => told,
            Err(error) => return self.set_note(Some(format!("lifecycle: not known: {error}"))),
        };
        let Some(milestone) = due(told.as_deref(), &version) else { return self.set_note(None) };
        if !speaks {
            return self.keep(&version).await;
        }
        let budget = entrance.facts().start_timeout;
        let what = milestone.in_words(&version);
        let open = |why: String| {
            format!("lifecycle: told that it is {what}: {why}; it is told again at its next start")
        };
        let slow = || {
            let waited = format!("no acknowledgement within {} s yet", budget.as_secs_f64());
            self.set_note(Some(open(waited)));
        };
        let Some(answered) = self.open(&milestone) else { return };
        pass.tell(milestone.frame(answered.0, &version, budget), entrance.clock.now());
        match self.answer(answered.1, pass, (budget, slow)).await {
            Told::Acknowledged => self.keep(&version).await,
            Told::Failed(why) => self.set_note(Some(open(format!("its handler failed: {why}")))),
            Told::Gone => self.set_note(Some(open("its process ended meanwhile".to_owned()))),
            Told::Superseded => {}
        }
    }

    /// The plugin is about to be unloaded: tells it, and waits briefly. What an operator should
    /// know where it could not be told.
    pub async fn farewell(&self, entrance: &Entrance) -> Option<String> {
        let met = self.inside().met.clone();
        let pass = entrance.door.current().filter(|pass| pass.is_attached());
        let (Some(pass), Some(met)) = (pass, met) else {
            return Some("it was not told, for it is not running".to_owned());
        };
        if !met.speaks {
            return None;
        }
        let answered = self.open(&Milestone::Uninstalled)?;
        let frame = Milestone::Uninstalled.frame(answered.0, &met.version, FAREWELL);
        pass.tell(frame, entrance.clock.now());
        let answer = self.answer(answered.1, &pass, (FAREWELL, || ()));
        match tokio::time::timeout(FAREWELL, answer).await {
            Ok(Told::Acknowledged) => None,
            Ok(Told::Failed(why)) => Some(format!("told of it, its handler failed: {why}")),
            Ok(Told::Gone | Told::Superseded) => Some("told of it, its process ended".to_owned()),
            Err(_) => Some(format!("told of it, it said nothing within {} s", FAREWELL.as_secs())),
        }
    }

    /// What is told now supersedes what was told before; nothing follows a farewell.
    fn open(&self, milestone: &Milestone) -> Option<(u64, oneshot::Receiver<Option<Failure>>)> {
        let (sender, answered) = oneshot::channel();
        let mut inside = self.inside();
        let is_last = *milestone == Milestone::Uninstalled;
        if inside.leaves && !is_last {
            return None;
        }
        inside.leaves = is_last;
        inside.told += 1;
        inside.open = Some((inside.told, sender));
        Some((inside.told, answered))
    }

    /// Waits for the plugin's word as long as its process lives; `slow` is called once it has taken
    /// its time.
    async fn answer(
        &self,
        answered: oneshot::Receiver<Option<Failure>>,
        pass: &Pass,
        (budget, slow): (Duration, impl FnOnce()),
    ) -> Told {
        tokio::pin!(answered);
        let in_time = tokio::select! {
            biased;
            () = pass.until.cancelled() => return Told::Gone,
            in_time = tokio::time::timeout(budget, &mut answered) => in_time,
        };
        let answer = match in_time {
            Ok(answer) => answer,
            Err(_) => {
                slow();
                // Its late word counts: what it has done need not be done again.
                tokio::select! {
                    biased;
                    () = pass.until.cancelled() => return Told::Gone,
                    late = answered => late,
                }
            }
        };
        match answer {
            Ok(None) => Told::Acknowledged,
            Ok(Some(failure)) => Told::Failed(failure.message),
            Err(_) => Told::Superseded,
        }
    }

    async fn keep(&self, version: &str) {
        let kept = self.control.keep_told(&self.name, version).await;
        self.set_note(kept.err().map(|error| format!("lifecycle: cannot be kept: {error}")));
    }

    fn set_note(&self, note: Option<String>) {
        if let Some(note) = &note {
            tracing::warn!(plugin = %self.name, "{note}");
        }
        self.inside().note = note;
        // Nobody may be watching.
        let _ = self.moves.send(Move::Detail(self.name.clone()));
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // I90
    #[test]
    fn each_version_is_told_of_once_and_a_way_back_is_an_upgrade_too() {
        assert_eq!(due(None, "1.0.0"), Some(Milestone::Installed));
        assert_eq!(due(Some("1.0.0"), "1.0.0"), None);
        assert_eq!(due(Some("1.0.0"), "1.1.0"), Some(Milestone::Upgraded("1.0.0".to_owned())));
        assert_eq!(due(Some("1.1.0"), "1.0.0"), Some(Milestone::Upgraded("1.1.0".to_owned())));
    }
}
