//! The seven states, each owning exactly its data.
//!
//! What is true in a state is a field of that state; nothing is remembered beside it but the
//! ledger of past ends, which outlives states.

use std::time::Duration;

use crate::event::{Cause, Hindrance};
use crate::intensity::Restarts;
use crate::moment::Moment;

/// Where a plugin stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// At rest.
    Stopped(Rest),
    /// A process is being brought up.
    Starting(Starting),
    /// Initialized and healthy.
    Running(Running),
    /// Takes no new work, finishes the old.
    Draining(Ending),
    /// Is being ended.
    Stopping(Stopping),
    /// Waits for the next try.
    Waiting(Waiting),
    /// Given up.
    Failed(Failed),
}

/// Why it rests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rest {
    /// Something it needs is missing.
    Hindered(Hindrance),
    /// It ended by itself and its policy lets it rest.
    Finished,
    /// It starts when something is wanted of it, and nothing has been.
    Lazy,
    /// It had nothing to do for long enough; it starts when something is wanted of it.
    Idle,
    /// The daemon is stopping.
    DaemonStops,
}

/// A process is being brought up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Starting {
    /// Which.
    pub generation: u64,
    /// When it was spawned.
    pub since: Moment,
    /// When it counts as too late; progress moves it.
    pub deadline: Moment,
    /// How far progress can move it.
    pub latest: Moment,
    /// Percent it has told.
    pub percent: u32,
    /// What its time is spent on.
    pub work: Work,
    /// Whether somebody waits for it.
    pub begun: Begun,
    /// Its session.
    pub link: Link,
    /// The process, once there is one.
    pub pid: Option<u32>,
}

/// What a start is spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// What must be done before the first process of this version.
    Install,
    /// The process itself.
    Process,
}

/// Why a start was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// Nobody waits for it.
    Unasked,
    /// Calls wait for it.
    ForCalls,
}

/// Initialized and healthy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// Which.
    pub generation: u64,
    /// When it was spawned.
    pub spawned: Moment,
    /// When it became ready.
    pub since: Moment,
    /// The process.
    pub pid: Option<u32>,
    /// Its session.
    pub link: Link,
    /// How its life is checked.
    pub pulse: Pulse,
    /// When it is looked at whether it has anything to do; never if not said.
    pub idle_look: Option<Moment>,
}

/// The session of a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// None yet.
    Awaited,
    /// Open.
    Attached,
    /// Broken; a new one is awaited until then.
    Lost(Moment),
}

/// How life is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pulse {
    /// Silence is counted from here: the newest sign of life, or a fresh start.
    pub from: Moment,
    /// Pings sent since then.
    pub unanswered: u32,
    /// When the next ping, or the next miss, is due.
    pub due: Moment,
}

/// A generation that is to end, and what comes after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Which.
    pub generation: u64,
    /// When it was spawned.
    pub spawned: Moment,
    /// When it became ready, if it did.
    pub ready: Option<Moment>,
    /// What follows.
    pub then: Then,
    /// The fault it was being ended for before a wish overruled what follows.
    pub overruled: Option<(Cause, String)>,
    /// When patience ends.
    pub deadline: Moment,
}

/// What follows the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Then {
    /// Rest.
    Rest(Rest),
    /// Start again at once: an operator asked for it.
    Again,
    /// Start again at once: something is wanted of it.
    Woken,
    /// It was the plugin's fault: restart policy, intensity and back-off decide.
    Recover(Cause, String),
    /// A fault that would repeat.
    GiveUp(Cause, String),
}

/// How hard a generation is being pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stopping {
    /// What is to end, and what follows.
    pub ending: Ending,
    /// What was done last.
    pub step: Step,
}

/// The steps of a stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It was told.
    Told,
    /// It got SIGTERM.
    Terminated,
    /// Its tree was killed; only the kernel's word is awaited.
    Killed,
}

/// Waits for the next try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Since when.
    pub since: Moment,
    /// When to try.
    pub until: Moment,
    /// Why the last try ended.
    pub cause: Cause,
}

/// Given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// Since when.
    pub since: Moment,
    /// Why the last try ended.
    pub cause: Cause,
    /// Why there is no other.
    pub detail: String,
}

/// What outlives states: how the past went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// The number of the newest generation; 0 if there was none.
    pub generation: u64,
    /// Tries since the last health: how far the back-off has grown.
    pub attempt: u32,
    /// Restarts that count against the intensity.
    pub restarts: Restarts,
}

impl State {
    /// The generation whose process may be alive.
    #[must_use]
    pub fn generation(&self) -> Option<u64> {
        match self {
            Self::Starting(s) => Some(s.generation),
            Self::Running(s) => Some(s.generation),
            Self::Draining(s) => Some(s.generation),
            Self::Stopping(s) => Some(s.ending.generation),
            Self::Stopped(_) | Self::Waiting(_) | Self::Failed(_) => None,
        }
    }

    /// The name in the glossary, lower case.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Stopped(_) => "stopped",
            Self::Starting(_) => "starting",
            Self::Running(_) => "running",
            Self::Draining(_) => "draining",
            Self::Stopping(_) => "stopping",
            Self::Waiting(_) => "waiting",
            Self::Failed(_) => "failed",
        }
    }

    /// When the machine wants to be woken, if nothing else happens.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Moment> {
        match self {
            Self::Stopped(_) | Self::Failed(_) => None,
            Self::Starting(s) => Some(s.link.earliest(s.deadline)),
            Self::Running(s) => {
                let due = s.idle_look.map_or(s.pulse.due, |look| look.min(s.pulse.due));
                Some(s.link.earliest(due))
            }
            Self::Draining(s) => Some(s.deadline),
            Self::Stopping(Stopping { step: Step::Killed, .. }) => None,
            Self::Stopping(s) => Some(s.ending.deadline),
            Self::Waiting(s) => Some(s.until),
        }
    }

    /// Whether it rests until something is wanted of it, or is on its way there.
    #[must_use]
    pub fn is_asleep(&self) -> bool {
        match self {
            Self::Stopped(rest) => rest.is_sleep(),
            Self::Draining(ending) | Self::Stopping(Stopping { ending, .. }) => {
                matches!(&ending.then, Then::Rest(rest) if rest.is_sleep())
            }
            Self::Starting(_) | Self::Running(_) | Self::Waiting(_) | Self::Failed(_) => false,
        }
    }

    /// Whether it is being started because something is wanted of it.
    #[must_use]
    pub fn is_waking(&self) -> bool {
        match self {
            Self::Starting(starting) => starting.begun == Begun::ForCalls,
            Self::Draining(ending) | Self::Stopping(Stopping { ending, .. }) => {
                ending.then == Then::Woken
            }
            Self::Stopped(_) | Self::Running(_) | Self::Waiting(_) | Self::Failed(_) => false,
        }
    }

    /// Whether that may come a moment late: what is due is only the first ping after a silence. The
    /// silence that ends a plugin is counted from its last sign of life, whenever it was pinged.
    #[must_use]
    pub fn is_patient(&self) -> bool {
        match self {
            Self::Running(s) => s.link == Link::Attached && s.pulse.unanswered == 0,
            Self::Stopped(_)
            | Self::Starting(_)
            | Self::Draining(_)
            | Self::Stopping(_)
            | Self::Waiting(_)
            | Self::Failed(_) => false,
        }
    }
}

impl Rest {
    /// Whether something that is wanted of it ends it.
    #[must_use]
    pub fn is_sleep(&self) -> bool {
        match self {
            Self::Lazy | Self::Idle => true,
            Self::Hindered(_) | Self::Finished | Self::DaemonStops => false,
        }
    }
}

impl Link {
    /// The earlier of the time by which a lost session must be back, and `other`.
    fn earliest(self, other: Moment) -> Moment {
        match self {
            Self::Lost(until) => until.min(other),
            Self::Awaited | Self::Attached => other,
        }
    }

    /// Whether a broken session has not come back in time.
    pub(crate) fn expired(self, now: Moment) -> bool {
        matches!(self, Self::Lost(until) if until <= now)
    }

    /// The same, with a new chance if it was lost.
    pub(crate) fn restarted(self, now: Moment, patience: Duration) -> Self {
        match self {
            Self::Lost(_) => Self::Lost(now + patience),
            Self::Awaited | Self::Attached => self,
        }
    }
}
