//! What the machine can be told.
//!
//! News of a plugin carries the generation it speaks of: a child can die after its successor has
//! started, and late news changes nothing.

use std::time::Duration;

use crate::moment::Moment;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// What has to hold for the plugin to run has changed.
    Conditions(Conditions),
    /// An operator wants a new process.
    Restart,
    /// An operator looked at a failure: try again, forget the past.
    Reset,
    /// Something is wanted of a plugin that starts when it is called.
    Wake,
    /// The daemon is stopping.
    Shutdown,
    /// The daemon must stop at once.
    KillNow,
    /// A timer fired. `alive` is when the plugin last showed life: took or sent a frame.
    Tick {
        /// The last sign of life.
        alive: Moment,
        /// Since when it has had nothing to do; nothing while it has.
        idle_since: Option<Moment>,
    },
    /// The driver itself was late, by so much that it cannot blame anyone else.
    Late,
    /// News of one generation.
    News(u64, News),
}

/// What has to hold for a plugin to run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conditions {
    /// Why it may not run; `None` if it may.
    pub hindrance: Option<Hindrance>,
    /// Dependencies that have been ready once and are down now.
    pub suspended_by: Vec<String>,
}

/// Why a plugin rests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hindrance {
    /// Not enabled.
    Disabled,
    /// Grants it requires are missing.
    NeedsGrants(Vec<String>),
    /// Settings it requires are missing.
    NeedsSettings(Vec<String>),
    /// Dependencies have not been ready yet.
    WaitingFor(Vec<String>),
    /// Its manifest, or configuration about it, cannot be used.
    Refused(String),
    /// A process of an operator's own stands in for it.
    Debugged,
}

/// News of one generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// What must be done before its first process is being done, and may take so long.
    Installing(Duration),
    /// That is done; a process follows.
    Installed,
    /// It came to nothing: trying again by itself would not help.
    InstallFailed(String),
    /// The process runs.
    Spawned(u32),
    /// The process could not be started.
    SpawnFailed(String),
    /// A valid hello opened a session.
    Attached,
    /// The session broke.
    Detached,
    /// It is initializing: percent.
    Progress(u32),
    /// It has initialized.
    Ready,
    /// It cannot initialize.
    InitFailed {
        /// In the plugin's words.
        reason: String,
        /// Trying again would not help.
        repeats: bool,
    },
    /// What it is differs from what its manifest says; that would repeat.
    Refused(String),
    /// It broke the protocol.
    Violation(String),
    /// Nothing is under way any more.
    Drained,
    /// The process and its tree are gone.
    Ended(Death),
    /// The keeper died first; the tree has been killed.
    KeeperLost,
}

/// How a process ended, as the kernel tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Death {
    /// Code or signal.
    pub exit: Exit,
    /// It ran into its memory limit.
    pub oom: bool,
    /// The most memory it held, bytes.
    pub peak_memory: u64,
    /// CPU time of the whole tree.
    pub cpu: Duration,
}

/// Code or signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It exited.
    Code(i32),
    /// A signal ended it.
    Signal(i32),
}

/// Why a generation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// It exited unasked.
    Exited,
    /// A signal that the daemon did not send.
    Signal,
    /// It ran into its memory limit.
    Oom,
    /// It showed no life.
    Hung,
    /// It did not become ready in time.
    StartTimeout,
    /// It said that it cannot initialize.
    InitFailed,
    /// It could not be started.
    SpawnFailed,
    /// What must be done before its first process came to nothing.
    InstallFailed,
    /// It broke the protocol.
    Protocol,
    /// Its keeper died.
    KeeperLost,
    /// The daemon died.
    DaemonLost,
    /// It was asked to.
    Stopped,
}

impl Cause {
    /// The word that status and end records use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exited => "exited",
            Self::Signal => "signal",
            Self::Oom => "oom",
            Self::Hung => "hung",
            Self::StartTimeout => "start-timeout",
            Self::InitFailed => "init-failed",
            Self::SpawnFailed => "spawn-failed",
            Self::InstallFailed => "install-failed",
            Self::Protocol => "protocol",
            Self::KeeperLost => "keeper-lost",
            Self::DaemonLost => "daemon-lost",
            Self::Stopped => "stopped",
        }
    }
}

impl std::fmt::Display for Cause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How and why a generation ended: what the operator is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obituary {
    /// Which.
    pub generation: u64,
    /// Why.
    pub cause: Cause,
    /// In a sentence; empty where the cause says it all.
    pub detail: String,
    /// As the kernel tells it; `None` where there was no process, or nobody to tell.
    pub death: Option<Death>,
    /// Since it was spawned.
    pub uptime: Duration,
}
