//! What waits to be sent on one session: four queues, the more urgent first.
//!
//! Senders push and never wait; the connection takes frames as the peer's flow control lets it. It
//! refuses to know what a frame says, and to grow: a full queue is the sender's decision to make.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use outboard_supervision::Moment;
use tokio_stream::Stream;
use tonic::Status;

/// How urgent a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// Keeps the session alive; always fits.
    Control,
    /// Somebody waits for it.
    Call,
    /// Nobody waits for it.
    Event,
    /// Bulk.
    Chunk,
}

/// Frames one queue holds. Windows and credit keep calls and events far below it; it is the fence
/// behind them.
const FRAMES: usize = 65_536;

/// The sending end; cheap to clone.
#[derive(Debug)]
pub struct Egress<F>(Arc<Mutex<Queues<F>>>);

/// The end that the connection reads.
#[derive(Debug)]
pub struct EgressStream<F>(Arc<Mutex<Queues<F>>>);

/// The queue is full, or the session is over; the frame was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotTaken;

#[derive(Debug)]
struct Queues<F> {
    queues: [VecDeque<F>; 4],
    /// Since when the peer has let something wait.
    waiting_since: Option<Moment>,
    waker: Option<Waker>,
    end: Option<End>,
}

#[derive(Debug)]
enum End {
    /// What is queued still goes out, then this.
    AfterQueued(Option<Status>),
    /// Said, or nobody reads any more.
    Over,
}

/// A new pair of ends.
#[must_use]
pub fn egress<F>() -> (Egress<F>, EgressStream<F>) {
    let queues = Arc::new(Mutex::new(Queues {
        queues: [const { VecDeque::new() }; 4],
        waiting_since: None,
        waker: None,
        end: None,
    }));
    (Egress(Arc::clone(&queues)), EgressStream(queues))
}

impl<F> Clone for Egress<F> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<F> Egress<F> {
    /// Queues a frame.
    ///
    /// # Errors
    /// `NotTaken` if the queue is full or the session is over.
    pub fn push(&self, urgency: Urgency, frame: F, now: Moment) -> Result<(), NotTaken> {
        let mut queues = lock(&self.0);
        if queues.end.is_some() || queues.queues[urgency as usize].len() >= FRAMES {
            return Err(NotTaken);
        }
        queues.queues[urgency as usize].push_back(frame);
        if queues.waiting_since.is_none() {
            queues.waiting_since = Some(now);
        }
        let waker = queues.waker.take();
        drop(queues);
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(())
    }

    /// Ends the stream after what is queued: with a status, or plainly.
    pub fn close(&self, status: Option<Status>) {
        let mut queues = lock(&self.0);
        if queues.end.is_none() {
            queues.end = Some(End::AfterQueued(status));
        }
        let waker = queues.waker.take();
        drop(queues);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Since when the peer has taken nothing although something waits.
    #[must_use]
    pub fn stalled_since(&self) -> Option<Moment> {
        lock(&self.0).waiting_since
    }

    /// Whether the session is over.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        lock(&self.0).end.is_some()
    }
}

impl<F> Stream for EgressStream<F> {
    type Item = Result<F, Status>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut queues = lock(&self.0);
        if let Some(frame) = queues.queues.iter_mut().find_map(VecDeque::pop_front) {
            // It took one: whatever still waits has waited since the next push only. A peer that
            // takes frames is alive, however slowly it does.
            queues.waiting_since = None;
            return Poll::Ready(Some(Ok(frame)));
        }
        match queues.end.take() {
            None => {
                let same = queues.waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker()));
                if !same {
                    queues.waker = Some(cx.waker().clone());
                }
                Poll::Pending
            }
            Some(end) => {
                queues.end = Some(End::Over);
                match end {
                    End::AfterQueued(Some(status)) => Poll::Ready(Some(Err(status))),
                    End::AfterQueued(None) | End::Over => Poll::Ready(None),
                }
            }
        }
    }
}

impl<F> Drop for EgressStream<F> {
    fn drop(&mut self) {
        let mut queues = lock(&self.0);
        queues.end = Some(End::Over);
        queues.queues.iter_mut().for_each(VecDeque::clear);
        queues.waiting_since = None;
    }
}

fn lock<F>(queues: &Mutex<Queues<F>>) -> MutexGuard<'_, Queues<F>> {
    // Nothing panics while holding it; if something did, the queues are still queues.
    queues.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio_stream::StreamExt;

    #[tokio::test]
    async fn control_overtakes_calls_and_calls_overtake_events() {
        let (tx, mut rx) = egress();
        for (urgency, frame) in
            [(Urgency::Event, "event"), (Urgency::Call, "call"), (Urgency::Control, "ping")]
        {
            tx.push(urgency, frame, Moment::ZERO).unwrap();
        }
        tx.close(None);
        let mut seen = Vec::new();
        while let Some(frame) = rx.next().await {
            seen.push(frame.unwrap());
        }
        assert_eq!(seen, ["ping", "call", "event"]);
    }

    #[tokio::test]
    async fn the_status_comes_after_what_was_queued_and_once() {
        let (tx, mut rx) = egress();
        tx.push(Urgency::Control, 1, Moment::ZERO).unwrap();
        tx.close(Some(Status::aborted("over")));
        assert_eq!(rx.next().await.unwrap().unwrap(), 1);
        assert_eq!(rx.next().await.unwrap().unwrap_err().message(), "over");
        assert!(rx.next().await.is_none());
        assert_eq!(tx.push(Urgency::Control, 2, Moment::ZERO), Err(NotTaken));
    }

    #[tokio::test]
    async fn a_peer_that_takes_nothing_is_stalled_since_the_first_frame() {
        let (tx, mut rx) = egress();
        assert_eq!(tx.stalled_since(), None);
        tx.push(Urgency::Call, 1, Moment::from_millis(5)).unwrap();
        tx.push(Urgency::Call, 2, Moment::from_millis(9)).unwrap();
        assert_eq!(tx.stalled_since(), Some(Moment::from_millis(5)));
        let _ = rx.next().await;
        assert_eq!(tx.stalled_since(), None);
    }
}
