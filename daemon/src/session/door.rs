//! The door of one plugin: who may come in now, and who is inside.
//!
//! The task opens it for a generation and shuts it at the end; connections ask it. It refuses to
//! know frames.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use outboard_linux::Keeper;
use outboard_proto::plugin::DaemonFrame;
use outboard_supervision::Moment;
use subtle::ConstantTimeEq as _;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tonic::Status;

use crate::egress::{Egress, Urgency};
use crate::frame::ToPlugin;

/// Valid hellos within [`HELLOS_WITHIN`] that make a protocol fault.
const HELLOS: usize = 3;
const HELLOS_WITHIN: Duration = Duration::from_secs(10);

/// What one generation needs to come in.
pub struct Pass {
    /// Which generation.
    pub generation: u64,
    token: String,
    /// The process tree, once there is one.
    keeper: watch::Sender<Option<Keeper>>,
    /// Cut when the generation ends.
    pub until: CancellationToken,
    /// The memory its process is held to, bytes: what counts now, whatever was configured since.
    pub memory_limit: u64,
    /// The process has been ready before: a new session resumes it.
    pub was_ready: AtomicBool,
    /// It is to end: nothing more is to be started of it.
    pub unwanted: AtomicBool,
    /// The last sign of life, microseconds on the daemon's clock.
    heard_us: AtomicU64,
    inside: Mutex<Inside>,
}

#[derive(Default)]
struct Inside {
    sessions: u64,
    hellos: VecDeque<Moment>,
    current: Option<(u64, Egress<ToPlugin>)>,
}

/// What became of a valid hello.
pub enum Entered {
    /// It opened this session of the generation, counted from 1.
    Session(u64),
    /// One too many within a short time.
    TooMany,
}

/// The door of one plugin; open for at most one generation.
#[derive(Default)]
pub struct Door {
    pass: Mutex<Option<Arc<Pass>>>,
}

impl Pass {
    /// A pass for a new generation, with a token of its own.
    #[must_use]
    pub fn new(generation: u64, memory_limit: u64, now: Moment) -> Self {
        Self {
            generation,
            memory_limit,
            token: fresh_token(),
            keeper: watch::Sender::new(None),
            until: CancellationToken::new(),
            was_ready: AtomicBool::new(false),
            unwanted: AtomicBool::new(false),
            heard_us: AtomicU64::new(crate::clock::micros(now.0)),
            inside: Mutex::new(Inside::default()),
        }
    }

    /// The token, for the plugin's environment.
    #[must_use]
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Whether this is the generation's token, without telling how much of it was right.
    #[must_use]
    pub fn admits(&self, token: &[u8]) -> bool {
        self.token.as_bytes().ct_eq(token).into()
    }

    /// The process tree is known.
    pub fn set_keeper(&self, keeper: Keeper) {
        self.keeper.send_replace(Some(keeper));
    }

    /// The process tree; waits until it is known or the generation is over.
    pub async fn keeper(&self) -> Option<Keeper> {
        let mut known = self.keeper.subscribe();
        tokio::select! {
            () = self.until.cancelled() => None,
            found = known.wait_for(Option::is_some) => found.ok().and_then(|it| it.clone()),
        }
    }

    /// The process tree, if it is known by now.
    #[must_use]
    pub fn keeper_now(&self) -> Option<Keeper> {
        self.keeper.borrow().clone()
    }

    /// It sent something.
    pub fn heard(&self, now: Moment) {
        self.heard_us.store(crate::clock::micros(now.0), Ordering::Relaxed);
    }

    /// When it last showed life: it sent something, and took what was there for it.
    #[must_use]
    pub fn alive(&self) -> Moment {
        let heard = Moment(Duration::from_micros(self.heard_us.load(Ordering::Relaxed)));
        let inside = self.inside();
        let stalled = inside.current.as_ref().and_then(|(_, egress)| egress.stalled_since());
        stalled.map_or(heard, |since| since.min(heard))
    }

    /// A valid hello came: it replaces the session before.
    pub fn enter(&self, egress: &Egress<ToPlugin>, now: Moment, replaced: Status) -> Entered {
        let mut inside = self.inside();
        while inside.hellos.front().is_some_and(|at| now.since(*at) >= HELLOS_WITHIN) {
            inside.hellos.pop_front();
        }
        inside.hellos.push_back(now);
        if inside.hellos.len() >= HELLOS {
            return Entered::TooMany;
        }
        inside.sessions += 1;
        let session = inside.sessions;
        if let Some((_, before)) = inside.current.replace((session, egress.clone())) {
            before.close(Some(replaced));
        }
        Entered::Session(session)
    }

    /// A session is over. Whether it was the current one.
    pub fn leave(&self, session: u64) -> bool {
        let mut inside = self.inside();
        let current = inside.current.as_ref().is_some_and(|(number, _)| *number == session);
        if current {
            inside.current = None;
        }
        current
    }

    /// Whether it has a session.
    #[must_use]
    pub fn is_attached(&self) -> bool {
        self.inside().current.is_some()
    }

    /// Sends a control frame on the current session, if there is one.
    pub fn tell(&self, frame: DaemonFrame, now: Moment) {
        if let Some((_, egress)) = &self.inside().current {
            // A session that takes nothing is found out by its heartbeat.
            let _ = egress.push(Urgency::Control, frame.into(), now);
        }
    }

    /// Ends the current session with a status, if there is one.
    pub fn close(&self, status: Status) {
        if let Some((_, egress)) = &self.inside().current {
            egress.close(Some(status));
        }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Door {
    /// Opens for a generation.
    pub fn open(&self, pass: Arc<Pass>) {
        let before = self.pass().replace(pass);
        if let Some(before) = before {
            before.until.cancel();
        }
    }

    /// Shuts for a generation, if it is still the one inside: all its connections are cut.
    pub fn shut(&self, generation: u64) {
        let mut pass = self.pass();
        if pass.as_ref().is_some_and(|pass| pass.generation == generation)
            && let Some(pass) = pass.take()
        {
            pass.until.cancel();
        }
    }

    /// The pass that is valid now.
    #[must_use]
    pub fn current(&self) -> Option<Arc<Pass>> {
        self.pass().clone()
    }

    fn pass(&self) -> MutexGuard<'_, Option<Arc<Pass>>> {
        self.pass.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// 244 random bits from the kernel, in hexadecimal.
fn fresh_token() -> String {
    let one = uuid::Uuid::new_v4().simple().to_string();
    let other = uuid::Uuid::new_v4().simple().to_string();
    one + &other
}
