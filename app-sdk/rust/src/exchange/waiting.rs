//! Waiting for one answer, and telling the daemon when nobody waits any more.
//!
//! It refuses to know deadlines: whoever waits drops it.

use std::pin::Pin;
use std::task::{Context, Poll};

use super::Exchange;
use crate::calls::Ended;

/// The future of one call's answer. Dropped early, it tells the daemon that nobody waits.
pub(crate) struct Waiting<'a> {
    exchange: &'a Exchange,
    id: u64,
    ended: bool,
}

impl<'a> Waiting<'a> {
    pub(crate) fn new(exchange: &'a Exchange, id: u64) -> Self {
        Self { exchange, id, ended: false }
    }
}

impl Future for Waiting<'_> {
    type Output = Ended;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Ended> {
        let polled = self.exchange.state().calls.poll(self.id, context.waker());
        self.ended = polled.is_ready();
        polled
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.ended {
            self.exchange.abandon(self.id);
        }
    }
}
