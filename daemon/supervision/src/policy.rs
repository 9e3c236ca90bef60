//! What an operator may decide about supervision, with the defaults of the design.
//!
//! Values only; that they lie within the operator's ceilings is configuration's business.

use std::time::Duration;

use crate::backoff::Backoff;
use crate::intensity::Intensity;

/// Everything the machine needs to know about one plugin.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// When to start again after an end nobody asked for.
    pub restart: Restart,
    /// When it is started where nobody has asked for it.
    pub first: FirstStart,
    /// How long it may have nothing to do before it is stopped; it runs on if not said.
    pub idle_stop: Option<Duration>,
    /// How long a start may take.
    pub start: StartTimes,
    /// How life is checked.
    pub heartbeat: Heartbeat,
    /// How long to wait before the next try.
    pub backoff: Backoff,
    /// How many restarts within how long.
    pub intensity: Intensity,
    /// How a stop proceeds.
    pub stop: StopTimes,
    /// How long a process without a session may take to connect again.
    pub reconnect: Duration,
}

/// When to start again after an end nobody asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    /// Never: a clean end rests, any other is a failure.
    Never,
    /// After anything but exit code 0.
    OnFailure,
    /// After every end.
    Always,
}

/// When a plugin is started where nobody has asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstStart {
    /// As soon as nothing stands in its way.
    AtBoot,
    /// When something is wanted of it.
    WhenCalled,
}

/// How long a start may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StartTimes {
    /// From spawn to ready, or between two signs of progress.
    pub step: Duration,
    /// However much progress is shown.
    pub total: Duration,
}

/// How life is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heartbeat {
    /// Silence after which a ping is sent.
    pub interval: Duration,
    /// How long an answer may take before it counts as missed.
    pub due: Duration,
    /// Misses in a row that make a plugin hung.
    pub misses: u32,
}

/// How a stop proceeds; each step is allowed its time before the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StopTimes {
    /// Finishing what is under way.
    pub drain: Duration,
    /// Between the shutdown frame and SIGTERM.
    pub shutdown: Duration,
    /// Between SIGTERM and killing the tree.
    pub term: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            restart: Restart::OnFailure,
            first: FirstStart::AtBoot,
            idle_stop: None,
            start: StartTimes { step: Duration::from_secs(10), total: Duration::from_secs(120) },
            heartbeat: Heartbeat::default(),
            backoff: Backoff::default(),
            intensity: Intensity::default(),
            stop: StopTimes::default(),
            reconnect: Duration::from_secs(2),
        }
    }
}

impl Default for Heartbeat {
    fn default() -> Self {
        Self { interval: Duration::from_secs(2), due: Duration::from_secs(1), misses: 3 }
    }
}

impl Default for StopTimes {
    fn default() -> Self {
        Self {
            drain: Duration::from_secs(5),
            shutdown: Duration::from_secs(5),
            term: Duration::from_secs(2),
        }
    }
}
