//! `Conversation`: the loop that takes frames off the stream, and what each one leads to.
//!
//! It refuses to run an author's code for longer than its first step, and to decide whether
//! another session follows.

mod stages;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use outboard_proto::common::{Credit, Failure, Pong, Reason};
use outboard_proto::limits::{CREDIT_BYTES, FRAME_BYTES};
use outboard_proto::plugin::daemon_frame::Kind as Heard;
use outboard_proto::plugin::plugin_frame::Kind as Said;
use outboard_proto::plugin::{Call, Delivery, SettingsChanged, Welcome};
use tokio::signal::unix::Signal;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::task::AbortOnDropHandle;
use tonic::{Code, Status, Streaming};

use super::answer::{Key, too_large};
use super::codec::{Encoded, Received};
use super::live::Live;
use super::outbox::Outbox;
use crate::error::reason_of;
use crate::grants;
use crate::handlers::Surroundings;
use crate::process::{Process, SIGTERM_BUDGET};
use crate::settings::changing;

/// Frames taken before others get their turn: the transport writes what was answered.
const TURN: u32 = 64;

/// Credit is returned when this much is owed: rarely, and long before the daemon has none.
const RETURN_CREDIT_AT: usize = (CREDIT_BYTES / 4) as usize;

/// How a session ended.
pub(crate) enum Ended {
    /// The process was told to end, and is ready to.
    Told,
    /// The start handler failed.
    StartFailed(String),
    /// The daemon wants no session with this process.
    Refused(Reason, String),
    /// The stream broke.
    Lost { was_welcome: bool, cause: String },
}

/// What the session's own tasks tell its loop.
enum Note {
    Started,
    StartFailed(String),
    Closed,
}

/// What wakes the loop.
enum Woke {
    Frame(Result<Option<Received>, Status>),
    Note(Note),
    Sigterm,
}

/// One session under way.
pub(crate) struct Conversation<'a> {
    process: &'a Process,
    around: Surroundings,
    live: Rc<Live>,
    notes: mpsc::Sender<Note>,
    /// Tasks of the session itself: start, drain, close. Gone with it.
    tasks: Vec<AbortOnDropHandle<()>>,
    /// Changes of settings, to the task that handles them.
    changes: mpsc::Sender<SettingsChanged>,
    credit_owed: usize,
    is_welcome: bool,
    is_closing: bool,
}

impl<'a> Conversation<'a> {
    /// Opens a session before `until` and holds it to its end.
    pub(crate) async fn hold(process: &'a Process, until: Instant, sigterm: &mut Signal) -> Ended {
        let outbox = Arc::new(Outbox::default());
        // One note of each of the three tasks there may be.
        let (notes, mut noted) = mpsc::channel(3);
        let mut conversation = Self::new(process, Arc::clone(&outbox), notes);
        let opened = tokio::time::timeout_at(until, process.dialer.open(&outbox)).await;
        let ended = match opened {
            Ok(Ok(mut stream)) => conversation.listen(&mut stream, &mut noted, sigterm).await,
            Ok(Err(status)) => conversation.broke(&status),
            Err(_) => conversation.lost("no answer to the opening of a session".to_owned()),
        };
        outbox.close();
        ended
    }

    fn new(process: &'a Process, outbox: Arc<Outbox>, notes: mpsc::Sender<Note>) -> Self {
        let link = Arc::clone(&process.link);
        let live = Rc::new(Live::new(Arc::clone(&outbox)));
        let around = Surroundings { link, outbox, bodies: Arc::default(), session: 0 };
        let (changes, changed) = mpsc::channel(changing::WAITING);
        let handling = changing::handle(Rc::clone(&process.handlers), around.clone(), changed);
        let handling = AbortOnDropHandle::new(tokio::task::spawn_local(handling));
        let (handlers, told) = (Rc::clone(&process.handlers), Rc::clone(&process.told));
        let telling = grants::tell(handlers, around.clone(), told);
        let telling = AbortOnDropHandle::new(tokio::task::spawn_local(telling));
        Self {
            process,
            around,
            live,
            notes,
            tasks: vec![handling, telling],
            changes,
            credit_owed: 0,
            is_welcome: false,
            is_closing: false,
        }
    }

    async fn listen(
        &mut self,
        stream: &mut Streaming<Received>,
        noted: &mut mpsc::Receiver<Note>,
        sigterm: &mut Signal,
    ) -> Ended {
        let mut taken = 0_u32;
        loop {
            taken = taken.wrapping_add(1);
            let woke = if taken.is_multiple_of(TURN) {
                tokio::task::yield_now().await;
                next_of_all(stream, noted, sigterm).await
            } else {
                next_frame_first(stream, noted, sigterm).await
            };
            match woke {
                Woke::Frame(Ok(Some(received))) => self.hear(received),
                Woke::Frame(Ok(None)) => return self.lost("the daemon ended it".to_owned()),
                Woke::Frame(Err(status)) => return self.broke(&status),
                Woke::Sigterm => self.close(SIGTERM_BUDGET),
                Woke::Note(Note::Started) => self.started(),
                Woke::Note(Note::Closed) => return self.last_words(stream, Ended::Told).await,
                Woke::Note(Note::StartFailed(why)) => {
                    return self.last_words(stream, Ended::StartFailed(why)).await;
                }
            }
        }
    }

    fn hear(&mut self, Received { frame, bytes }: Received) {
        match frame.kind {
            Some(Heard::Call(call)) => self.call(call, bytes),
            Some(Heard::Event(delivery)) => self.deliver(delivery, bytes),
            Some(Heard::Ping(ping)) => self.say(Said::Pong(Pong { nonce: ping.nonce })),
            Some(Heard::Cancel(cancel)) => self.live.cancel(Key::Call(cancel.call)),
            Some(Heard::CancelInteraction(it)) => {
                self.around.link.cancel_interaction(&it.interaction_id);
            }
            Some(Heard::Credit(credit)) => self.around.outbox.credit(credit.bytes),
            Some(Heard::Chunk(chunk)) => {
                self.owe_credit(bytes);
                self.around.bodies.put(chunk);
            }
            Some(Heard::Welcome(welcome)) => self.welcome(welcome),
            Some(Heard::Settings(changed)) => self.change_settings(changed),
            Some(Heard::App(changed)) => {
                let app = changed.app.clone().unwrap_or_default();
                self.around.link.update(|welcome| {
                    welcome.app = changed.app;
                    // An older daemon says nothing of it.
                    welcome.bot = changed.bot.or_else(|| welcome.bot.take());
                });
                self.app_changed(app);
            }
            Some(Heard::Grants(changed)) => {
                self.around.link.update(|welcome| {
                    welcome.grants = changed.grants;
                    welcome.scoped_grants = changed.scoped_grants;
                });
                self.tell_grants();
            }
            Some(Heard::Lifecycle(told)) => self.milestone(told),
            Some(Heard::Drain(_)) => self.drain(),
            Some(Heard::Shutdown(end)) => self.close(Duration::from_micros(end.budget_us)),
            // Of a newer daemon.
            None => {}
        }
    }

    fn call(&mut self, call: Call, bytes: usize) {
        let key = Key::Call(call.id);
        if bytes > FRAME_BYTES {
            return self.answer(key.failed(too_large("the call", bytes)));
        }
        if self.is_closing {
            return self.answer(key.failed(stopping()));
        }
        self.live.start(self.process.handlers.call(call, &self.around));
    }

    fn deliver(&mut self, delivery: Delivery, bytes: usize) {
        self.owe_credit(bytes);
        let key = Key::Event(delivery.delivery);
        if bytes > FRAME_BYTES {
            return self.answer(key.failed(too_large("the event", bytes)));
        }
        // Left unacknowledged, it comes again to the next generation.
        if self.is_closing {
            return;
        }
        self.live.start(self.process.handlers.event(delivery, &self.around));
    }

    fn change_settings(&self, changed: SettingsChanged) {
        let change = changed.change;
        if self.changes.try_send(changed).is_err() {
            let why = "too many changes wait already".to_owned();
            changing::answer(&self.around, change, Err(why));
        }
    }

    fn owe_credit(&mut self, bytes: usize) {
        self.credit_owed += bytes;
        if self.credit_owed >= RETURN_CREDIT_AT {
            let bytes = self.credit_owed as u64;
            self.credit_owed = 0;
            self.say(Said::Credit(Credit { bytes }));
        }
    }

    fn welcome(&mut self, welcome: Welcome) {
        self.is_welcome = true;
        self.around.session = welcome.session;
        self.around.outbox.agree(&welcome.features);
        let is_resumed = welcome.resumed && self.process.is_started.get();
        let before = self.around.link.welcome();
        let after = welcome.settings.clone();
        let narrowed = welcome.settings_narrowed;
        self.around.link.begin(welcome.session, welcome);
        if !is_resumed {
            self.process.told.begin(&self.around.link.welcome());
            return self.start();
        }
        if before.settings != after {
            // Saved while there was no session: nobody waits for an answer.
            let before = before.settings.clone();
            self.around.link.update(|welcome| welcome.settings.clone_from(&before));
            self.change_settings(SettingsChanged { before, after, narrowed, ..Default::default() });
        }
        self.started();
    }

    fn broke(&self, status: &Status) -> Ended {
        let told = status.message().to_owned();
        let reason = reason_of(status);
        let code = status.code();
        match reason {
            Some(reason) if is_refusal(code, reason) => Ended::Refused(reason, told),
            _ => self.lost(format!("{code:?}: {told}")),
        }
    }

    fn lost(&self, cause: String) -> Ended {
        // Told to end and cut off while ending: that is an end too.
        if self.is_closing {
            return Ended::Told;
        }
        Ended::Lost { was_welcome: self.is_welcome, cause }
    }

    fn answer(&self, frame: Encoded) {
        self.around.outbox.push(frame);
    }

    fn say(&self, kind: Said) {
        self.around.outbox.push(kind.into());
    }
}

/// The hot way: while frames come, nothing else is looked at.
async fn next_frame_first(
    stream: &mut Streaming<Received>,
    noted: &mut mpsc::Receiver<Note>,
    sigterm: &mut Signal,
) -> Woke {
    tokio::select! {
        biased;
        frame = stream.message() => Woke::Frame(frame),
        Some(note) = noted.recv() => Woke::Note(note),
        _ = sigterm.recv() => Woke::Sigterm,
    }
}

/// Once per turn: a stream that never runs dry must not hide the rest.
async fn next_of_all(
    stream: &mut Streaming<Received>,
    noted: &mut mpsc::Receiver<Note>,
    sigterm: &mut Signal,
) -> Woke {
    tokio::select! {
        biased;
        _ = sigterm.recv() => Woke::Sigterm,
        Some(note) = noted.recv() => Woke::Note(note),
        frame = stream.message() => Woke::Frame(frame),
    }
}

/// Whether coming back would meet the same answer.
fn is_refusal(code: Code, reason: Reason) -> bool {
    // Another stream of this generation took over: coming back would throw that one out.
    reason == Reason::SessionReplaced
        || matches!(
            code,
            Code::FailedPrecondition
                | Code::InvalidArgument
                | Code::PermissionDenied
                | Code::Unauthenticated
        )
}

fn stopping() -> Failure {
    Failure::new(Code::Unavailable, Reason::Stopping, "the plugin is ending")
}
