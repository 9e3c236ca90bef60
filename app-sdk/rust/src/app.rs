//! The handle that a chat server keeps: ask hooks, publish events, run commands.
//!
//! It refuses to know how the session is kept; it asks the exchange and applies what comes back.

mod commands;
mod events;
mod hooks;
mod http;
mod running;
mod settings;
mod ui;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use outboard_proto::app::DaemonFrame;
use outboard_proto::limits::FRAME_BYTES;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use tokio::time::{timeout, timeout_at};

pub use commands::CommandReply;
pub use events::Publication;
pub use hooks::Ask;
pub use running::Running;
pub use settings::SettingsError;
pub use ui::{Asset, AssetError};

use crate::builder::Builder;
use crate::calls::Ended;
use crate::dial::Dial;
use crate::egress::Class;
use crate::exchange::{Exchange, Waiting};
use crate::link::Link;
use crate::outcome::Why;

/// One node of a chat server, connected to the daemon. Clones share the connection, which ends
/// when the last is dropped.
#[derive(Debug, Clone)]
pub struct App {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    exchange: Arc<Exchange>,
    keeper: AbortHandle,
    patience: Duration,
    dial: Dial,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}

/// An opened call, ready to be queued.
pub(crate) struct Call {
    pub(crate) id: u64,
    pub(crate) class: Class,
    pub(crate) frame: Bytes,
    pub(crate) deadline: Instant,
}

impl App {
    /// Begins to describe an app, such as `("town-chat", env!("CARGO_PKG_VERSION"))`.
    pub fn builder(app: &str, version: &str) -> Builder {
        Builder::new(app, version)
    }

    pub(crate) fn new(
        exchange: Arc<Exchange>,
        keeper: AbortHandle,
        patience: Duration,
        dial: Dial,
    ) -> Self {
        Self { inner: Arc::new(Inner { exchange, keeper, patience, dial }) }
    }

    pub(crate) fn dial(&self) -> &Dial {
        &self.inner.dial
    }

    pub(crate) fn exchange(&self) -> &Exchange {
        &self.inner.exchange
    }

    pub(crate) fn exchange_handle(&self) -> Arc<Exchange> {
        Arc::clone(&self.inner.exchange)
    }

    /// Queues a frame and waits for its answer, no longer than to the deadline.
    pub(crate) async fn call(&self, call: Call) -> Result<Box<DaemonFrame>, Why> {
        let mut waiting = Waiting::new(self.exchange(), call.id);
        let size = call.frame.len();
        if size > FRAME_BYTES {
            return Err(Why::TooLarge(size));
        }
        if !self.exchange().send(call.class, call.frame) {
            return Err(Why::OverLimit);
        }
        match timeout_at(call.deadline.into(), &mut waiting).await {
            Ok(Ended::Answered(answer)) => Ok(answer),
            Ok(Ended::Lost) => Err(Why::Lost),
            Err(_) => {
                self.exchange().missed(Instant::now());
                Err(Why::Late)
            }
        }
    }

    /// How things stand with the daemon, and every change.
    #[must_use]
    pub fn link(&self) -> watch::Receiver<Link> {
        self.exchange().link.subscribe()
    }

    /// Waits until the daemon is there. A chat server need not: it can serve from the start.
    pub async fn connected(&self) {
        // The sender lives in `self`: waiting cannot end otherwise.
        let _ = self.link().wait_for(Link::is_connected).await;
    }

    /// Leaves: what waits goes out, then the session ends. Calls from now on find nobody.
    pub async fn close(&self) {
        let mut link = self.link();
        if self.exchange().leave() {
            let left = link.wait_for(|link| !link.is_connected());
            let _ = timeout(Duration::from_secs(1), left).await;
        }
        self.inner.keeper.abort();
        self.exchange().end_session();
        self.exchange().link.send_replace(Link::Closed);
    }
}

pub(crate) fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}
