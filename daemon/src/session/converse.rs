//! One session: hello, then frames until the stream ends.
//!
//! Each frame is handed on at once and nothing is waited for but the next one. It refuses to know
//! what the daemon makes of an answer, and to let one plugin take more than its turn.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use outboard_proto::common::{Failure, Reason};
use outboard_proto::limits::{FRAME_BYTES, HELLO};
use outboard_proto::plugin::{
    DaemonFrame, Hello, Limits, PluginFrame, Welcome, daemon_frame, plugin_frame::Kind,
};
use outboard_supervision::News;
use tonic::{Code, Status, Streaming};

use super::bulk::Bulk;
use super::door::{Entered, Pass};
use super::facts::Facts;
use super::hello;
use super::listen::Entrance;
use super::service::Who;
use crate::clock::Clock;
use crate::egress::{Egress, Urgency};
use crate::frame::{FromPlugin, Inbound, ToPlugin};
use crate::lifecycle::Lifecycle;
use crate::logs::Origin;
use crate::plugin::Mail;
use crate::routing::Said;
use crate::settings::Told;
use crate::status;

/// Frames handled before others get their turn.
const TURN: usize = 64;
/// Bytes handled before others get their turn.
const TURN_BYTES: usize = 256 * 1024;
/// Frames a second that serve nothing before reading pauses.
const USELESS: u32 = 20_000;
/// How long reading pauses then.
const PAUSE: Duration = Duration::from_secs(1);

/// What a plugin sends, frame by frame.
type Frames = Streaming<Inbound<FromPlugin>>;

/// One stream of a plugin.
pub struct Session {
    pub entrance: Arc<Entrance>,
    pub pass: Arc<Pass>,
    who: Who,
    pub egress: Egress<ToPlugin>,
    /// Among the sessions of the generation, from 1.
    number: u64,
    /// Among all sessions of the daemon's life.
    serial: u64,
    useless: Useless,
    bulk: Bulk,
}

/// Frames that answered nothing, within this second.
#[derive(Default)]
struct Useless {
    second: u64,
    count: u32,
    pauses: u32,
}

/// Why a session ends from this side.
enum Fault {
    /// The plugin broke the protocol: its generation ends.
    Violation(Failure),
    /// This stream cannot go on: the plugin may open another.
    Closed(Failure),
    /// This stream is over, and nothing else.
    Over,
}

impl Session {
    pub fn new(entrance: Arc<Entrance>, who: Who, egress: Egress<ToPlugin>) -> Self {
        Self {
            entrance,
            pass: Arc::clone(who.pass()),
            who,
            egress,
            number: 0,
            serial: 0,
            useless: Useless::default(),
            bulk: Bulk::default(),
        }
    }

    /// Speaks until the stream ends.
    pub async fn converse(mut self, mut frames: Frames) {
        let Some(hello) = self.first_frame(&mut frames).await else { return };
        if !self.enter(hello).await {
            return;
        }
        let fault = self.listen(&mut frames).await;
        self.entrance.switchboard.detach(self.entrance.member, self.serial);
        self.entrance.settings.detach(self.serial);
        let current = self.pass.leave(self.number);
        match fault {
            Fault::Violation(failure) => self.violation(failure).await,
            Fault::Closed(_) | Fault::Over => {
                let status = match &fault {
                    Fault::Closed(failure) => Some(status::of(failure)),
                    Fault::Violation(_) | Fault::Over => None,
                };
                self.egress.close(status);
                if current {
                    self.news(News::Detached).await;
                }
            }
        }
    }

    async fn first_frame(&self, frames: &mut Frames) -> Option<Hello> {
        let refusal = match tokio::time::timeout(HELLO, frames.message()).await {
            Ok(Ok(Some(first))) => match hello_in(first) {
                Some(hello) => return Some(hello),
                None => Failure::new(
                    Code::FailedPrecondition,
                    Reason::HelloExpected,
                    "the first frame must be hello",
                ),
            },
            Ok(Ok(None)) => return None,
            Ok(Err(error)) => unreadable(&error),
            Err(_) => {
                let text = format!("no hello within {} s of the session's start", HELLO.as_secs());
                Failure::new(Code::DeadlineExceeded, Reason::HelloTimeout, text)
            }
        };
        self.egress.close(Some(status::of(&refusal)));
        None
    }

    /// Compares the hello and opens the session. Whether it was opened.
    async fn enter(&mut self, hello: Hello) -> bool {
        let facts = self.entrance.facts();
        self.entrance.set_registered(hello::handlers(&hello));
        if let Err(refusal) = hello::check(&hello, &facts) {
            self.egress.close(Some(status::of(&refusal)));
            self.news(News::Refused(refusal.message)).await;
            return false;
        }
        if let Who::Guest { visit, pid } = &self.who {
            if let Err(refusal) = visit.arrive(*pid).await {
                self.egress.close(Some(status::of(&refusal)));
                return false;
            }
            // What its forerunner missed is not held against it.
            self.entrance.switchboard.new_generation(self.entrance.member);
            self.entrance.settings.process_over();
        }
        let now = self.clock().now();
        let text = "another session of this generation took over";
        let replaced = status::of(&Failure::new(Code::Aborted, Reason::SessionReplaced, text));
        match self.pass.enter(&self.egress, now, replaced) {
            Entered::TooMany => {
                let text = "opened three sessions within 10 s";
                let failure =
                    Failure::new(Code::FailedPrecondition, Reason::ProtocolViolation, text);
                self.violation(failure).await;
                return false;
            }
            Entered::Session(number) => self.number = number,
        }
        self.serial = self.entrance.next_serial();
        self.pass.heard(now);
        if let Who::Own(_) = &self.who {
            self.entrance.lifecycle.met(&hello.version, &hello.features);
        }
        let told = self.entrance.settings.told();
        self.welcome(&hello, &told);
        let answers = hello::answers_settings(&hello);
        self.entrance.settings.attach(self.serial, self.egress.clone(), answers, told);
        let egress = self.egress.clone();
        self.entrance.switchboard.set_chunks(self.entrance.member, hello::speaks_chunks(&hello));
        let hears_grants = hello::hears_grants(&hello);
        self.entrance.switchboard.set_hears_grants(self.entrance.member, hears_grants);
        self.entrance.switchboard.attach(self.entrance.member, self.serial, egress);
        self.news(News::Attached).await;
        true
    }

    fn welcome(&self, hello: &Hello, told: &Told) {
        let facts = self.entrance.facts();
        let welcome = Welcome {
            generation: self.pass.generation,
            session: self.number,
            resumed: self.pass.was_ready.load(Ordering::Relaxed),
            settings: told.json.clone(),
            settings_narrowed: told.narrowed,
            grants: facts.grants.clone(),
            limits: Some(self.limits(&facts)),
            bot: Some(self.entrance.switchboard.bot(self.entrance.member)),
            app: Some(self.entrance.switchboard.app_info()),
            previous_end: facts.previous_end.clone(),
            features: hello::shared_features(hello),
            scoped_grants: facts.scoped_grants.clone(),
            daemon_version: env!("CARGO_PKG_VERSION").to_owned(),
            data_dir: facts.data_dir.display().to_string(),
        };
        let frame = DaemonFrame { kind: Some(daemon_frame::Kind::Welcome(welcome)) };
        // The stream has just begun: it is empty.
        let _ = self.egress.push(Urgency::Control, frame.into(), self.clock().now());
    }

    /// What its process is held to, whatever was configured since.
    fn limits(&self, facts: &Facts) -> Limits {
        match &self.who {
            Who::Own(pass) => Limits { memory_bytes: pass.memory_limit, ..facts.limits },
            Who::Guest { .. } => facts.limits,
        }
    }

    async fn listen(&mut self, frames: &mut Frames) -> Fault {
        let (mut count, mut bytes) = (0, 0);
        loop {
            let next = tokio::select! {
                biased;
                next = frames.message() => next,
                // Nothing is there: others have had their turn when the next frame comes.
                () = std::future::ready(()) => {
                    self.entrance.switchboard.count_heard(self.entrance.member, bytes);
                    (count, bytes) = (0, 0);
                    let next = frames.message().await;
                    self.pass.heard(self.clock().now());
                    next
                }
            };
            let Inbound { frame, size } = match next {
                Ok(Some(inbound)) => inbound,
                Ok(None) => return Fault::Over,
                Err(error) if is_too_large(&error) => return Fault::Closed(unreadable(&error)),
                Err(error) if is_garbage(&error) => return Fault::Violation(unreadable(&error)),
                Err(_) => return Fault::Over,
            };
            (count, bytes) = (count + 1, bytes + size);
            let taken = match frame {
                FromPlugin::Continued(call) => self.answered(call).await,
                FromPlugin::Frame(frame) => self.take(*frame, size).await,
            };
            if let Err(fault) = taken {
                return fault;
            }
            if count >= TURN || bytes >= TURN_BYTES {
                self.entrance.switchboard.count_heard(self.entrance.member, bytes);
                (count, bytes) = (0, 0);
                tokio::task::yield_now().await;
                self.pass.heard(self.clock().now());
            }
        }
    }

    /// An interceptor lets its message pass.
    async fn answered(&mut self, call: u64) -> Result<(), Fault> {
        let (board, member) = (&self.entrance.switchboard, self.entrance.member);
        let useful = board.reply(member, self.serial, call, Said::Continue);
        if useful { Ok(()) } else { self.note_useless().await }
    }

    /// Hands one frame on.
    async fn take(&mut self, frame: PluginFrame, size: usize) -> Result<(), Fault> {
        let (board, member) = (&self.entrance.switchboard, self.entrance.member);
        let useful = match frame.kind {
            Some(Kind::Reply(reply)) if size > FRAME_BYTES => {
                board.reply_too_large(member, self.serial, reply.call, too_large(size))
            }
            Some(Kind::Reply(reply)) => {
                board.reply(member, self.serial, reply.call, Said::Result(reply.result))
            }
            Some(Kind::Settings(ack)) => self.entrance.settings.acknowledged(self.serial, &ack),
            Some(Kind::Ack(ack)) => board.acknowledge(member, &ack),
            Some(Kind::Progress(progress)) => board.progress(member, progress),
            Some(Kind::Partial(partial)) => board.partial(member, self.serial, partial),
            Some(Kind::Credit(credit)) => board.credit(member, self.serial, credit.bytes),
            Some(Kind::Chunk(chunk)) => {
                self.bulk.taken(size, &self.egress, self.clock().now());
                board.chunk_of_plugin(member, self.serial, chunk)
            }
            Some(Kind::Pong(pong)) => board.ponged(member, self.serial, pong.nonce),
            Some(Kind::Log(log)) => {
                self.log(&log.line);
                false
            }
            Some(Kind::Ready(_)) => {
                self.pass.was_ready.store(true, Ordering::Relaxed);
                self.news(News::Ready).await;
                if let Who::Own(pass) = &self.who {
                    Lifecycle::ready(&self.entrance, pass);
                }
                false
            }
            Some(Kind::Lifecycle(ack)) => self.entrance.lifecycle.acknowledged(ack),
            Some(Kind::Starting(starting)) => {
                self.log(&format!("starting: {} % {}", starting.percent, starting.text));
                self.news(News::Progress(starting.percent)).await;
                false
            }
            Some(Kind::InitFailed(failed)) => {
                let (reason, repeats) = (failed.reason, failed.r#final);
                self.news(News::InitFailed { reason, repeats }).await;
                false
            }
            Some(Kind::Hello(_)) => return Err(violation("said hello twice on one stream")),
            // Nothing to do with: features of later protocols, or not of this daemon's.
            Some(Kind::Cancel(_)) | None => false,
        };
        if useful { Ok(()) } else { self.note_useless().await }
    }

    /// A guest's answer that came too late is told of, and does not count as useless.
    fn note_late(&self) -> bool {
        let Who::Guest { visit, .. } = &self.who else { return false };
        let Some(words) = self.entrance.switchboard.late_words(self.entrance.member) else {
            return false;
        };
        self.log(&words);
        visit.note(words);
        true
    }

    /// Frames that serve nothing are borne up to a rate, then slowed down, then not borne.
    async fn note_useless(&mut self) -> Result<(), Fault> {
        if self.note_late() {
            return Ok(());
        }
        self.useless.count += 1;
        if self.useless.count < USELESS {
            return Ok(());
        }
        let second = self.clock().now().0.as_secs();
        let sustained = second <= self.useless.second + 2;
        self.useless.pauses = if sustained { self.useless.pauses + 1 } else { 1 };
        self.useless.count = 0;
        self.useless.second = second;
        if self.useless.pauses < 3 {
            tokio::time::sleep(PAUSE).await;
            return Ok(());
        }
        let text = "flood: more than 20,000 frames a second that answer nothing";
        Err(Fault::Violation(Failure::new(Code::ResourceExhausted, Reason::Flood, text)))
    }

    /// Ends the stream with the reason, and the generation with it.
    async fn violation(&self, failure: Failure) {
        self.egress.close(Some(status::of(&failure)));
        self.news(News::Violation(failure.message)).await;
    }

    async fn news(&self, news: News) {
        if let Who::Guest { visit, .. } = &self.who {
            return visit.heard(news);
        }
        // The task is gone when the plugin has been unloaded; nobody needs to know then.
        let _ = self.entrance.mailbox.send(Mail::News(self.pass.generation, news)).await;
    }

    fn log(&self, line: &str) {
        let clock = self.clock();
        let now = (clock.now(), clock.wall_us());
        self.entrance.log.write(self.pass.generation, Origin::Frame, line.as_bytes(), now);
    }

    fn clock(&self) -> Clock {
        self.entrance.clock
    }
}

fn hello_in(first: Inbound<FromPlugin>) -> Option<Hello> {
    match first.frame {
        FromPlugin::Frame(frame) => match *frame {
            PluginFrame { kind: Some(Kind::Hello(hello)) } => Some(hello),
            PluginFrame { kind: Some(_) | None } => None,
        },
        FromPlugin::Continued(_) => None,
    }
}

fn violation(text: &str) -> Fault {
    Fault::Violation(Failure::new(Code::FailedPrecondition, Reason::ProtocolViolation, text))
}

fn too_large(size: usize) -> Failure {
    let text = format!("the answer has {size} bytes; a frame may have {FRAME_BYTES}");
    Failure::new(Code::ResourceExhausted, Reason::FrameTooLarge, text)
}

/// Whether a frame was larger than this side reads.
fn is_too_large(error: &Status) -> bool {
    matches!(error.code(), Code::OutOfRange | Code::ResourceExhausted) && !is_transport(error)
}

/// Whether what came is no frame.
fn is_garbage(error: &Status) -> bool {
    error.code() == Code::Internal && !is_transport(error)
}

/// Whether the stream broke under the message: a peer that dies mid-frame breaks no rule.
fn is_transport(error: &Status) -> bool {
    std::error::Error::source(error).is_some()
        || error.message().contains("h2 protocol error")
        || error.message().contains("Unexpected EOF")
}

fn unreadable(error: &Status) -> Failure {
    match error.code() {
        Code::OutOfRange | Code::ResourceExhausted => {
            let text = format!("a frame is too large: {}", error.message());
            Failure::new(Code::ResourceExhausted, Reason::FrameTooLarge, text)
        }
        _ => {
            let text = format!("a frame cannot be read: {}", error.message());
            Failure::new(Code::InvalidArgument, Reason::ProtocolViolation, text)
        }
    }
}
