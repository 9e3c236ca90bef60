//! `Outbox`: frames on their way to the daemon, taken in batches.
//!
//! It refuses to know what a frame means, but for the size it may have and the feature it needs.

use std::collections::VecDeque;
use std::mem;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use outboard_proto::common::{Chunk, Reason};
use outboard_proto::limits::{CREDIT_BYTES, FRAME_BYTES};
use outboard_proto::plugin::plugin_frame::Kind;
use tokio::sync::Notify;
use tokio_stream::Stream;

use super::codec::Encoded;
use crate::error::HostError;

/// Frames that handlers may have waiting. Enough to fill a few writes, and little memory.
const ROOM: usize = 256;

/// Optional frame kinds that this SDK understands, as they stand in Hello.
pub(crate) const FEATURES: [&str; 6] = [PROGRESS, PARTIAL, CHUNKS, "defer", "settings", "grants"];
const CHUNKS: &str = "chunks";
const PROGRESS: &str = "progress";
/// Replies piece by piece.
pub(crate) const PARTIAL: &str = "partial";

/// Frames on their way out, of one session.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    room: Notify,
}

#[derive(Debug)]
struct Queue {
    frames: VecDeque<Encoded>,
    reader: Option<Waker>,
    agreed: Vec<String>,
    is_closed: bool,
    /// Bytes of pieces that may still go before the daemon returns some.
    credit: u64,
    streams: u64,
}

impl Default for Queue {
    fn default() -> Self {
        Self {
            frames: VecDeque::new(),
            reader: None,
            agreed: Vec::new(),
            is_closed: false,
            credit: CREDIT_BYTES,
            streams: 0,
        }
    }
}

impl Outbox {
    /// Queues what is owed: answers, acknowledgements, control. Never more than the calls, events
    /// and pings that came in, so the daemon's own windows bound it.
    pub(crate) fn push(&self, frame: Encoded) {
        let reader = {
            let mut queue = self.lock();
            if queue.is_closed {
                return;
            }
            queue.frames.push_back(frame);
            queue.reader.take()
        };
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    /// Queues what a handler volunteers, when there is room. What the daemon does not understand
    /// is left out.
    pub(crate) async fn offer(&self, kind: Kind) -> Result<(), HostError> {
        let feature = feature_of(&kind);
        let frame = Encoded::from(kind);
        fits(&frame)?;
        let mut room = pin!(self.room.notified());
        loop {
            room.as_mut().enable();
            match self.state_for(feature) {
                Offer::Closed => return Err(HostError::SessionLost),
                Offer::NotUnderstood => return Ok(()),
                Offer::Room => break,
                Offer::Full => room.as_mut().await,
            }
            room.set(self.room.notified());
        }
        self.push(frame);
        Ok(())
    }

    /// A number for a stream of pieces, never given twice in a session.
    pub(crate) fn next_stream(&self) -> u64 {
        let mut queue = self.lock();
        queue.streams += 1;
        queue.streams
    }

    /// Queues a piece of a body, when there is credit and room.
    pub(crate) async fn send_chunk(&self, chunk: Chunk) -> Result<(), HostError> {
        let frame = Encoded::from(Kind::Chunk(chunk));
        fits(&frame)?;
        let mut room = pin!(self.room.notified());
        loop {
            room.as_mut().enable();
            match self.pay_for(&frame) {
                Offer::Closed => return Err(HostError::SessionLost),
                Offer::Room | Offer::NotUnderstood => break,
                Offer::Full => room.as_mut().await,
            }
            room.set(self.room.notified());
        }
        self.push(frame);
        Ok(())
    }

    fn pay_for(&self, frame: &Encoded) -> Offer {
        let mut queue = self.lock();
        let bytes = frame.len() as u64;
        if queue.is_closed {
            return Offer::Closed;
        }
        if queue.credit < bytes || queue.frames.len() >= ROOM {
            return Offer::Full;
        }
        queue.credit -= bytes;
        Offer::Room
    }

    /// The daemon has taken so many bytes of pieces off the stream.
    pub(crate) fn credit(&self, bytes: u64) {
        {
            let mut queue = self.lock();
            queue.credit = queue.credit.saturating_add(bytes).min(CREDIT_BYTES);
        }
        self.room.notify_waiters();
    }

    /// Remembers which features both sides name.
    pub(crate) fn agree(&self, features: &[String]) {
        self.lock().agreed = features.to_vec();
    }

    /// Whether the daemon named this feature too.
    pub(crate) fn understands(&self, feature: &str) -> bool {
        self.lock().agreed.iter().any(|name| name == feature)
    }

    /// Lets the stream end once everything queued is taken.
    pub(crate) fn close(&self) {
        let reader = {
            let mut queue = self.lock();
            queue.is_closed = true;
            queue.reader.take()
        };
        self.room.notify_waiters();
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    fn state_for(&self, feature: Option<&str>) -> Offer {
        let queue = self.lock();
        if queue.is_closed {
            return Offer::Closed;
        }
        if feature.is_some_and(|needed| !queue.agreed.iter().any(|name| name == needed)) {
            return Offer::NotUnderstood;
        }
        if queue.frames.len() < ROOM { Offer::Room } else { Offer::Full }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Offer {
    Room,
    Full,
    NotUnderstood,
    Closed,
}

fn feature_of(kind: &Kind) -> Option<&'static str> {
    match kind {
        Kind::Progress(_) => Some(PROGRESS),
        Kind::Partial(_) => Some(PARTIAL),
        _ => None,
    }
}

fn fits(frame: &Encoded) -> Result<(), HostError> {
    let bytes = frame.len();
    if bytes <= FRAME_BYTES {
        return Ok(());
    }
    Err(HostError::Refused {
        reason: Reason::FrameTooLarge,
        message: format!("{bytes} bytes, a frame may have {FRAME_BYTES}"),
        retry_after: None,
    })
}

/// The outbox as the stream that the transport reads. One lock per batch, not per frame.
#[derive(Debug)]
pub(crate) struct Outgoing {
    outbox: Arc<Outbox>,
    batch: VecDeque<Encoded>,
}

impl Outgoing {
    pub(crate) fn new(outbox: Arc<Outbox>) -> Self {
        Self { outbox, batch: VecDeque::new() }
    }

    fn refill(&mut self, cx: &Context<'_>) -> Poll<()> {
        let mut queue = self.outbox.lock();
        if queue.frames.is_empty() {
            if queue.is_closed {
                return Poll::Ready(());
            }
            queue.reader = Some(cx.waker().clone());
            return Poll::Pending;
        }
        mem::swap(&mut queue.frames, &mut self.batch);
        drop(queue);
        self.outbox.room.notify_waiters();
        Poll::Ready(())
    }
}

impl Stream for Outgoing {
    type Item = Encoded;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Encoded>> {
        if self.batch.is_empty() && self.refill(cx).is_pending() {
            return Poll::Pending;
        }
        Poll::Ready(self.batch.pop_front())
    }
}
