//! Debug mode: a process of a developer's own, the guest, stands in for a plugin.
//!
//! An operator gets an invitation, whose token opens one session on a socket of the visit's own.
//! While the guest is there the plugin's own process stands still, and nobody supervises the guest.
//! It refuses to know frames, and when the plugin's process may run: that is told to the fleet.
//!
//! ```text
//! Invited ──valid hello──▶ Arriving ──the plugin rests──▶ Attached ──ready──▶ Ready
//!    ╰───────────────────────┴── left, stopped, withdrawn, … ─┴────────────────┴──▶ Over
//! ```

mod desk;
mod parting;
pub mod socket;

use std::sync::{Arc, Weak};
use std::time::Duration;

use outboard_proto::common::{Failure, Reason};
use outboard_supervision::event::Hindrance;
use outboard_supervision::state::Rest;
use outboard_supervision::{News, State};
use tokio::sync::{broadcast, watch};
use tonic::Code;

use crate::config::name::PluginName;
use crate::plugin::{Move, View};
use crate::routing::Guest;
use crate::session::{Entrance, Pass};
use crate::status;

pub use desk::Desk;
pub use parting::Parting;

/// How long an invitation waits for its guest: a build may come first.
pub const INVITED: Duration = Duration::from_secs(10 * 60);
/// How long the guest's connections stay after the visit, so that it learns why it is over.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// Notes on their way to the operator; who reads too slowly misses some.
const NOTES: usize = 64;

/// One invitation and the visit that comes of it.
pub struct Visit {
    /// Whose process may come.
    pub uid: u32,
    /// Its token, and its session while there is one.
    pub pass: Arc<Pass>,
    host: Host,
    stage: watch::Sender<Stage>,
    notes: broadcast::Sender<String>,
}

/// The plugin that is visited.
pub struct Host {
    /// Its name.
    pub name: PluginName,
    /// Its socket's side.
    pub entrance: Weak<Entrance>,
    /// Where its own process stands.
    pub view: watch::Receiver<View>,
    /// Who is told that something moved.
    pub moves: broadcast::Sender<Move>,
}

/// How far a visit has come; the guest is known by its process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Nobody has come yet.
    Invited,
    /// A valid hello has come; the plugin's own process is brought to rest.
    Arriving(u32),
    /// Welcomed, and initializing.
    Attached(u32),
    /// Answers calls.
    Ready(u32),
    /// Over.
    Over(Parting),
}

impl Stage {
    /// What routing has to know; nothing where nobody stands in.
    #[must_use]
    pub fn guest(&self) -> Option<Guest> {
        match self {
            Self::Invited | Self::Over(_) => None,
            Self::Arriving(_) | Self::Attached(_) => Some(Guest::Awaited),
            Self::Ready(_) => Some(Guest::Answering),
        }
    }

    /// The guest's process.
    #[must_use]
    pub fn pid(&self) -> Option<u32> {
        match self {
            Self::Invited | Self::Over(_) => None,
            Self::Arriving(pid) | Self::Attached(pid) | Self::Ready(pid) => Some(*pid),
        }
    }

    fn has_seat(&self) -> bool {
        match self {
            Self::Invited | Self::Arriving(_) | Self::Over(_) => false,
            Self::Attached(_) | Self::Ready(_) => true,
        }
    }

    fn is_over(&self) -> bool {
        matches!(self, Self::Over(_))
    }
}

impl Visit {
    /// An invitation for processes of one user.
    #[must_use]
    pub fn new(host: Host, uid: u32, pass: Pass) -> Self {
        let (stage, notes) = (watch::Sender::new(Stage::Invited), broadcast::Sender::new(NOTES));
        Self { uid, pass: Arc::new(pass), host, stage, notes }
    }

    /// How far it has come.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.stage.borrow().clone()
    }

    /// How far it comes from now on.
    #[must_use]
    pub fn stages(&self) -> watch::Receiver<Stage> {
        self.stage.subscribe()
    }

    /// What the operator should hear of it from now on.
    #[must_use]
    pub fn notes(&self) -> broadcast::Receiver<String> {
        self.notes.subscribe()
    }

    /// A valid hello came from this process: waits until the plugin's own has made room.
    ///
    /// # Errors
    /// The token has been used, or the visit is over.
    pub async fn arrive(&self, pid: u32) -> Result<(), Failure> {
        let first = |stage: &mut Stage| {
            let invited = *stage == Stage::Invited;
            if invited {
                *stage = Stage::Arriving(pid);
            }
            invited
        };
        if !self.stage.send_if_modified(first) {
            return Err(self.used());
        }
        self.moved();
        let (mut stage, mut view) = (self.stage.subscribe(), self.host.view.clone());
        let made_room = |it: &View| it.state == State::Stopped(Rest::Hindered(Hindrance::Debugged));
        tokio::select! {
            biased;
            _ = stage.wait_for(Stage::is_over) => Err(self.used()),
            rested = view.wait_for(made_room) => match rested {
                Ok(_) => Ok(()),
                Err(_) => Err(Parting::Unloaded.failure(&self.host.name)),
            },
        }
    }

    /// News of the guest's session.
    pub fn heard(&self, news: News) {
        match news {
            News::Attached => self.go_on(Stage::Attached),
            News::Ready => {
                self.go_on(Stage::Ready);
                if let Some(entrance) = self.host.entrance.upgrade() {
                    entrance.switchboard.guest_answers(entrance.member);
                }
            }
            News::Detached => self.end(Parting::Left),
            News::Violation(why) => self.end(Parting::Protocol(why)),
            News::InitFailed { reason, .. } => self.end(Parting::InitFailed(reason)),
            // Its hello was none; another may follow.
            News::Refused(why) => {
                tracing::info!(plugin = %self.host.name, "debug: turned away: {why}");
                self.note(format!("a process was turned away: {why}"));
            }
            // How long it takes is the developer's affair; the others are no news of a session.
            News::Progress(_)
            | News::Installing(_)
            | News::Installed
            | News::InstallFailed(_)
            | News::Spawned(_)
            | News::SpawnFailed(_)
            | News::Drained
            | News::Ended(_)
            | News::KeeperLost => {}
        }
    }

    /// Tells the operator something that is no stage.
    pub fn note(&self, words: String) {
        // Nobody may listen.
        let _ = self.notes.send(words);
    }

    /// Ends it, unless it is over.
    pub fn end(&self, parting: Parting) {
        let name = &self.host.name;
        let (words, failure) = (parting.to_string(), parting.failure(name));
        let (mut parting, mut had_seat) = (Some(parting), false);
        self.stage.send_if_modified(|stage| {
            if stage.is_over() {
                return false;
            }
            had_seat = stage.has_seat();
            parting.take().map(|parting| *stage = Stage::Over(parting)).is_some()
        });
        if parting.is_some() {
            return;
        }
        tracing::info!(plugin = %name, "debug: over: {words}");
        if let (true, Some(entrance)) = (had_seat, self.host.entrance.upgrade()) {
            entrance.switchboard.guest_left(entrance.member);
        }
        self.pass.close(status::of(&failure));
        let until = self.pass.until.clone();
        tokio::spawn(async move {
            tokio::time::sleep(LAST_WORDS).await;
            until.cancel();
        });
        self.moved();
    }

    /// Why its token lets nobody in any more.
    #[must_use]
    pub fn used(&self) -> Failure {
        let name = &self.host.name;
        match self.stage() {
            Stage::Over(parting) => parting.failure(name),
            Stage::Arriving(pid) | Stage::Attached(pid) | Stage::Ready(pid) => {
                let text = format!("this token has opened its one session, for process {pid}");
                Failure::new(Code::FailedPrecondition, Reason::DebugTokenUsed, text)
            }
            // Whoever asks has just been refused for another reason.
            Stage::Invited => {
                let text = "this token opens one session";
                Failure::new(Code::FailedPrecondition, Reason::DebugTokenUsed, text)
            }
        }
    }

    /// A further stage of a guest that is there; nothing happens to a visit that is over.
    fn go_on(&self, to: fn(u32) -> Stage) {
        let moved = self.stage.send_if_modified(|stage| match stage.pid() {
            Some(pid) => {
                *stage = to(pid);
                true
            }
            None => false,
        });
        if moved {
            self.moved();
        }
    }

    fn moved(&self) {
        // Nobody may be watching.
        let _ = self.host.moves.send(Move::State(self.host.name.clone()));
    }
}
