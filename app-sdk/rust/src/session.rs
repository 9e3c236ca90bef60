//! Keeps one session with the daemon: dials, says hello, reads, and dials again.
//!
//! The reader only hands on: it runs no handler and decides nothing about a hook. It refuses to
//! know how frames travel.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use outboard_proto::app::daemon_frame::Kind;
use outboard_proto::app::{AppHello, AppWelcome, DaemonFrame, app_frame};
use outboard_proto::common::{Credit, Pong};
use prost::Message;
use tokio::time::{Instant, timeout};
use tonic::Status;

use crate::backoff::Backoff;
use crate::dial::{Dial, Inbound};
use crate::exchange::{Exchange, Outbound};
use crate::frame;
use crate::link::Link;
use crate::requests::Requests;
use crate::told::Told;

/// From dialling to the welcome.
const OPEN_WITHIN: Duration = Duration::from_secs(5);

/// A session that lived so long was a good one: the next wait is short again.
const GOOD_AFTER: Duration = Duration::from_secs(5);

/// Frames handled before other tasks of the runtime get a turn.
const FRAMES_PER_TURN: u32 = 64;

/// What a session needs, and what survives it.
pub(crate) struct Keeper {
    pub(crate) exchange: Arc<Exchange>,
    pub(crate) requests: Arc<Requests>,
    pub(crate) told: Told,
    pub(crate) dial: Dial,
    /// The same in every session of this process, but for what was learned meanwhile.
    pub(crate) hello: AppHello,
}

impl Keeper {
    fn hello(&self) -> Bytes {
        let hello = AppHello { bots: self.requests.bots(), ..self.hello.clone() };
        frame::encode(app_frame::Kind::Hello(hello))
    }

    /// Runs until the app leaves.
    pub(crate) async fn run(self) {
        let mut backoff = Backoff::default();
        while let Some(session) = self.exchange.open_session(self.hello()) {
            let began = Instant::now();
            let end = self.session(session).await;
            self.exchange.end_session();
            self.requests.session_over(session);
            if began.elapsed() > GOOD_AFTER {
                backoff.reset();
            }
            if self.exchange.leaving() {
                break;
            }
            self.wait(&mut backoff, end).await;
        }
        self.exchange.link.send_replace(Link::Closed);
    }

    async fn wait(&self, backoff: &mut Backoff, end: Status) {
        let retry_in = backoff.next(fastrand::f64());
        let why = end.message().to_owned();
        tracing::warn!(why, ?retry_in, "not connected to the outboard daemon");
        self.exchange.link.send_replace(Link::Away { why, retry_in });
        tokio::time::sleep(retry_in).await;
    }

    /// One session from dialling to its end; says how it ended.
    async fn session(&self, session: u64) -> Status {
        let opened = match timeout(OPEN_WITHIN, self.open(session)).await {
            Ok(opened) => opened,
            Err(_) => Err(Status::deadline_exceeded("the daemon did not answer the hello in 5 s")),
        };
        match opened {
            Ok(inbound) => self.listen(session, inbound).await,
            Err(status) => status,
        }
    }

    /// Dials and waits for the welcome.
    async fn open(&self, session: u64) -> Result<Inbound, Status> {
        let outbound = Outbound::new(Arc::clone(&self.exchange), session);
        let mut inbound = self.dial.connect(outbound).await?;
        loop {
            match inbound.next().await?.and_then(|frame| frame.kind) {
                Some(Kind::Welcome(welcome)) => {
                    self.welcomed(welcome);
                    return Ok(inbound);
                }
                Some(Kind::Ping(ping)) => self.pong(session, ping.nonce),
                Some(other) => return Err(unexpected(&other)),
                None => return Err(Status::unavailable("the daemon ended the session at once")),
            }
        }
    }

    fn welcomed(&self, welcome: AppWelcome) {
        tracing::info!(daemon = welcome.daemon_version, "connected to the outboard daemon");
        self.exchange.welcomed(welcome);
    }

    async fn listen(&self, session: u64, mut inbound: Inbound) -> Status {
        loop {
            for _ in 0..FRAMES_PER_TURN {
                match inbound.next().await {
                    Ok(Some(frame)) => self.take(session, frame),
                    Ok(None) => return Status::unavailable("the daemon ended the session"),
                    Err(status) => return status,
                }
            }
            tokio::task::yield_now().await;
        }
    }

    fn take(&self, session: u64, frame: Box<DaemonFrame>) {
        if let Some(call) = answered_by(&frame) {
            if let Some(Kind::Http(response)) = &frame.kind {
                self.exchange.expect_body(call, response.body);
            }
            return self.exchange.answered(call, frame);
        }
        // What a chunk or an event weighs goes back as credit; other frames need none.
        let weight = match &frame.kind {
            Some(Kind::Chunk(_)) => frame.encoded_len() as u64,
            Some(Kind::Event(event)) => event.encoded_len() as u64,
            _ => 0,
        };
        match frame.kind {
            Some(Kind::Delta(delta)) => self.exchange.piece(delta),
            Some(Kind::Progress(progress)) => self.exchange.progress(progress),
            Some(Kind::Ping(ping)) => self.pong(session, ping.nonce),
            Some(Kind::Credit(credit)) => self.exchange.credit(credit.bytes),
            Some(Kind::Policies(policies)) => self.exchange.told(policies),
            Some(Kind::Catalogue(new)) => self.exchange.board.list(new),
            Some(Kind::Ui(content)) => self.exchange.board.say(content),
            Some(Kind::Request(request)) => self.requests.take(session, *request),
            Some(Kind::Cancel(cancel)) => self.requests.cancel(session, cancel.id),
            Some(Kind::Chunk(chunk)) => {
                self.say(session, credit(weight));
                self.exchange.body_piece(chunk);
            }
            Some(Kind::Event(event)) => {
                self.told.take(event);
                self.say(session, credit(weight));
            }
            // Answers to what this SDK does not ask, or a kind newer than it: nothing to do.
            Some(Kind::Welcome(_)) | None => {}
            // Handed on above.
            Some(
                Kind::Intercepted(_)
                | Kind::Published(_)
                | Kind::Command(_)
                | Kind::Http(_)
                | Kind::Choices(_),
            ) => {}
        }
    }

    fn pong(&self, session: u64, nonce: u64) {
        self.exchange.heard();
        self.say(session, app_frame::Kind::Pong(Pong { nonce }));
    }

    fn say(&self, session: u64, kind: app_frame::Kind) {
        self.exchange.say(session, kind);
    }
}

/// The call that a frame answers, if it answers one.
fn answered_by(frame: &DaemonFrame) -> Option<u64> {
    match frame.kind.as_ref()? {
        Kind::Intercepted(result) => Some(result.id),
        Kind::Published(published) => Some(published.id),
        Kind::Command(result) => Some(result.id),
        Kind::Http(result) => Some(result.id),
        Kind::Choices(choices) => Some(choices.id),
        _ => None,
    }
}

fn credit(bytes: u64) -> app_frame::Kind {
    app_frame::Kind::Credit(Credit { bytes })
}

fn unexpected(frame: &Kind) -> Status {
    let name = format!("{frame:?}");
    let name = name.split(['(', ' ']).next().unwrap_or_default();
    Status::internal(format!("the daemon sent {name} before its welcome"))
}
