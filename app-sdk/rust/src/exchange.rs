//! Where callers and the session meet: one lock over the calls, the queue and the policies.
//!
//! The lock is held for a few dozen instructions, never across an await or an encoding. It
//! refuses to know the transport, and who the callers are.

mod outbound;
mod waiting;

use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Instant;

use bytes::Bytes;
use outboard_proto::app::{self, DaemonFrame, app_frame};
use outboard_proto::common::{Chunk, Visibility};
use tokio::sync::{Notify, watch};

use crate::calls::{Calls, Ended};
use crate::egress::{Class, Egress};
use crate::frame;
use crate::http::{Bodies, Pipe};
use crate::link::Link;
use crate::outcome::Why;
use crate::policy::{HookPolicy, Policies};
use crate::shown::Board;
use crate::signs::{Sign, Signs};
use crate::silence::Silence;

pub(crate) use outbound::Outbound;
pub(crate) use waiting::Waiting;

/// The meeting place.
#[derive(Debug)]
pub(crate) struct Exchange {
    state: Mutex<State>,
    pub(crate) link: watch::Sender<Link>,
    pub(crate) board: Board,
    /// Told when a piece of a body has left, or never will.
    room: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Number of the newest session; what an older one still says changes nothing.
    session: u64,
    stage: Stage,
    calls: Calls,
    bodies: Bodies,
    egress: Egress,
    policies: Policies,
    silence: Silence,
    signs: Signs,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Stage {
    #[default]
    Away,
    /// Dialling, or waiting for the welcome.
    Opening,
    Up,
    /// The app leaves: what waits goes out, then the stream ends.
    Closing,
}

/// What is to be done about a hook.
#[derive(Debug)]
pub(crate) enum Begin {
    /// Nobody intercepts it.
    Skip,
    /// Nobody can be asked.
    Fallback(HookPolicy, Why),
    /// Ask, under this id.
    Ask(HookPolicy, u64),
}

impl Exchange {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::default(),
            link: watch::Sender::new(Link::Connecting),
            board: Board::new(),
            room: Notify::new(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing under this lock panics; if it did, the state would still be whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // --- Callers ------------------------------------------------------------------------------

    /// Looks at what is known of a hook and opens a call if it is worth one.
    pub(crate) fn begin(&self, hook: &str, now: Instant) -> Begin {
        let mut state = self.state();
        let policy = state.policies.of(hook);
        if !policy.intercepted {
            return Begin::Skip;
        }
        match state.open(now) {
            Ok(id) => Begin::Ask(policy, id),
            Err(why) => Begin::Fallback(policy, why),
        }
    }

    /// Opens a call that asks no hook.
    pub(crate) fn open(&self, now: Instant) -> Result<u64, Why> {
        self.state().open(now)
    }

    /// What is known of a hook.
    pub(crate) fn policy(&self, hook: &str) -> HookPolicy {
        self.state().policies.of(hook)
    }

    /// Queues the frame of an opened call; false if too much waits already.
    pub(crate) fn send(&self, class: Class, frame: Bytes) -> bool {
        let (taken, taker) = {
            let mut state = self.state();
            (state.egress.push(class, frame), state.egress.taker())
        };
        if let Some(taker) = taker {
            taker.wake();
        }
        taken
    }

    /// Queues a piece of a call's body when few others wait; drops it where the call is over.
    pub(crate) async fn send_piece(&self, call: u64, frame: Bytes) {
        let mut room = pin!(self.room.notified());
        loop {
            room.as_mut().enable();
            {
                let mut state = self.state();
                if !state.calls.waits(call) {
                    return;
                }
                if state.egress.has_room_for_pieces() {
                    break;
                }
            }
            room.as_mut().await;
            room.set(self.room.notified());
        }
        self.send(Class::Piece(call), frame);
    }

    /// The body of an answer, for whoever reads it.
    pub(crate) fn body(&self, stream: u64) -> Option<Arc<Pipe>> {
        self.state().bodies.fetch(stream)
    }

    /// Nobody reads a body any more.
    pub(crate) fn stop_body(&self, stream: u64, cancel: app_frame::Kind) {
        self.state().bodies.close(stream);
        self.send(Class::Control, frame::encode(cancel));
    }

    /// The call ended without an answer within its budget.
    pub(crate) fn missed(&self, now: Instant) {
        self.state().silence.missed(now);
    }

    /// Begins to hear what comes of an interaction before its result.
    pub(crate) fn listen(&self, interaction: &str) {
        self.state().signs.open(interaction);
    }

    /// Hears no more of it; gives all that was said in pieces.
    pub(crate) fn stop_listening(&self, interaction: &str) -> String {
        self.state().signs.close(interaction)
    }

    /// Who may see what was said so far of an interaction.
    pub(crate) fn visibility(&self, interaction: &str) -> Visibility {
        self.state().signs.visibility(interaction)
    }

    /// The next sign of an interaction, or how its call ended.
    pub(crate) fn poll_running(
        &self,
        interaction: &str,
        id: u64,
        waker: &Waker,
    ) -> Poll<Result<Sign, Ended>> {
        let mut state = self.state();
        match state.signs.next(interaction, waker) {
            Some(sign) => Poll::Ready(Ok(sign)),
            None => state.calls.poll(id, waker).map(Err),
        }
    }

    /// Nobody waits for a call any more; the daemon is told, if it has it.
    pub(crate) fn abandon(&self, id: u64) {
        let unanswered = {
            let mut state = self.state();
            // An answer that was not looked at may have a body under way.
            let body = state.bodies.abandon(id);
            state.calls.close(id) || body
        };
        if unanswered {
            let cancel = app::Cancel { id, ..app::Cancel::default() };
            self.send(Class::Control, frame::encode(app_frame::Kind::Cancel(cancel)));
        }
    }

    /// Says something in the session there is, if there is one.
    pub(crate) fn tell(&self, kind: app_frame::Kind) {
        if self.state().stage == Stage::Up {
            self.send(Class::Control, frame::encode(kind));
        }
    }

    /// Says something in a session, unless that session is over.
    pub(crate) fn say(&self, session: u64, kind: app_frame::Kind) {
        let frame = frame::encode(kind);
        let taker = {
            let mut state = self.state();
            if state.session != session {
                return;
            }
            state.egress.push(Class::Control, frame);
            state.egress.taker()
        };
        if let Some(taker) = taker {
            taker.wake();
        }
    }

    // --- The session --------------------------------------------------------------------------

    /// Begins a session with its first frame; nothing if the app is leaving.
    pub(crate) fn open_session(&self, hello: Bytes) -> Option<u64> {
        let mut state = self.state();
        if state.stage == Stage::Closing {
            return None;
        }
        state.session += 1;
        state.stage = Stage::Opening;
        state.egress = Egress::default();
        state.egress.push(Class::Control, hello);
        Some(state.session)
    }

    /// The daemon has answered the hello.
    pub(crate) fn welcomed(&self, welcome: app::AppWelcome) {
        {
            let mut state = self.state();
            if state.stage != Stage::Opening {
                return;
            }
            state.stage = Stage::Up;
            state.silence.heard();
            state.policies.replace(welcome.policies.unwrap_or_default());
        }
        self.board.begin(welcome.catalogue.unwrap_or_default());
        self.link.send_replace(Link::Connected { daemon_version: welcome.daemon_version });
    }

    /// The daemon's newest policies.
    pub(crate) fn told(&self, policies: app::Policies) {
        self.state().policies.replace(policies);
    }

    /// An answer came in.
    pub(crate) fn answered(&self, id: u64, answer: Box<DaemonFrame>) {
        let waker = {
            let mut state = self.state();
            state.silence.heard();
            state.calls.answer(id, answer)
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// The body of an answer will come, if somebody waits for the answer.
    pub(crate) fn expect_body(&self, call: u64, stream: u64) {
        let mut state = self.state();
        if stream != 0 && state.calls.waits(call) {
            state.bodies.open(stream, call);
        }
    }

    /// A piece of a body came in.
    pub(crate) fn body_piece(&self, chunk: Chunk) {
        let mut state = self.state();
        state.silence.heard();
        state.bodies.put(chunk);
    }

    /// A piece of a reply came in.
    pub(crate) fn piece(&self, delta: app::StreamDelta) {
        self.sign(|signs| signs.piece(delta));
    }

    /// A sign of progress came in.
    pub(crate) fn progress(&self, progress: app::Progress) {
        self.sign(|signs| signs.progress(progress));
    }

    fn sign(&self, note: impl FnOnce(&mut Signs) -> Option<Waker>) {
        let waker = {
            let mut state = self.state();
            state.silence.heard();
            note(&mut state.signs)
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// A frame that answers nothing came in.
    pub(crate) fn heard(&self) {
        self.state().silence.heard();
    }

    /// A piece of a body has left: there is room for another.
    pub(crate) fn made_room(&self) {
        self.room.notify_waiters();
    }

    /// The daemon gave credit back.
    pub(crate) fn credit(&self, bytes: u64) {
        let taker = {
            let mut state = self.state();
            state.egress.credit(bytes);
            state.egress.taker()
        };
        if let Some(taker) = taker {
            taker.wake();
        }
    }

    /// The session is over: every call under way ends, its outbound stream ends.
    pub(crate) fn end_session(&self) {
        let (waiting, taker, bodies) = {
            let mut state = self.state();
            state.session += 1;
            if state.stage != Stage::Closing {
                state.stage = Stage::Away;
            }
            (state.calls.lose_all(), state.egress.taker(), state.bodies.take_all())
        };
        bodies.iter().for_each(|pipe| pipe.break_off("the daemon went away"));
        self.room.notify_waiters();
        waiting.into_iter().chain(taker).for_each(std::task::Waker::wake);
    }

    /// Whether the app leaves.
    pub(crate) fn leaving(&self) -> bool {
        self.state().stage == Stage::Closing
    }

    /// The app leaves. True if a session is up that should end first.
    pub(crate) fn leave(&self) -> bool {
        let (up, taker) = {
            let mut state = self.state();
            let up = state.stage == Stage::Up;
            state.stage = Stage::Closing;
            (up, state.egress.taker())
        };
        if let Some(taker) = taker {
            taker.wake();
        }
        up
    }
}

impl State {
    fn open(&mut self, now: Instant) -> Result<u64, Why> {
        if self.stage != Stage::Up {
            return Err(Why::Away);
        }
        if self.silence.holds_back(now) {
            return Err(Why::Silent);
        }
        self.calls.open().ok_or(Why::OverLimit)
    }
}
