//! A session's outgoing frames as a stream.
//!
//! It takes what may leave; it refuses to know transports.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio_stream::Stream;

use super::{Exchange, Stage};

/// What one session sends: a stream of encoded frames that ends with the session.
pub(crate) struct Outbound {
    exchange: Arc<Exchange>,
    session: u64,
}

impl Outbound {
    pub(crate) fn new(exchange: Arc<Exchange>, session: u64) -> Self {
        Self { exchange, session }
    }
}

impl Stream for Outbound {
    type Item = Bytes;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mut state = self.exchange.state();
        let state = &mut *state;
        if state.session != self.session {
            return Poll::Ready(None);
        }
        let crowded = !state.egress.has_room_for_pieces();
        let next = state.egress.pop(|id| state.calls.leaves(id));
        if crowded && state.egress.has_room_for_pieces() {
            self.exchange.made_room();
        }
        match next {
            Some(frame) => Poll::Ready(Some(frame)),
            None if state.stage == Stage::Closing => Poll::Ready(None),
            None => {
                state.egress.wait(context.waker());
                Poll::Pending
            }
        }
    }
}
