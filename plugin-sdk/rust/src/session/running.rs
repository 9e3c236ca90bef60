//! A handler at work: its panics become failures, its deadline ends it.
//!
//! It refuses to know what the handler does and where its answer goes.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use outboard_proto::common::{Failure, Reason};
use tonic::Code;

use super::answer::Key;
use super::codec::Encoded;
use super::lease::Lease;

/// A future of one thread.
pub(crate) type Local<T> = Pin<Box<dyn Future<Output = T>>>;

/// A future whose panic is a value: what the panic said.
pub(crate) struct Caught<T>(pub(crate) Local<T>);

impl<T> Future for Caught<T> {
    type Output = Result<T, String>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // Unwind safe: after a panic the future is never polled again.
        match catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(cx))) {
            Ok(polled) => polled.map(Ok),
            Err(panic) => Poll::Ready(Err(said(panic.as_ref()))),
        }
    }
}

fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("the handler panicked: {}", text.unwrap_or("no message"))
}

/// When a handler is ended.
pub(crate) enum Until {
    Fixed(Instant),
    Lease(Arc<Lease>),
}

impl Until {
    fn instant(&self) -> Instant {
        match self {
            Self::Fixed(instant) => *instant,
            Self::Lease(lease) => lease.until(),
        }
    }
}

/// A handler at work on `key`.
pub(crate) struct Running {
    pub(crate) key: Key,
    pub(crate) until: Until,
    handler: Caught<Encoded>,
}

impl Running {
    pub(crate) fn new(key: Key, until: Until, handler: Local<Encoded>) -> Self {
        Self { key, until, handler: Caught(handler) }
    }

    /// Lets the handler work until it waits for the first time. Most never do.
    ///
    /// Nothing wakes a handler that waits: it must be polled again, by [`Running::finish`].
    pub(crate) fn first_step(&mut self) -> Poll<Encoded> {
        let handler = Pin::new(&mut self.handler);
        handler.poll(&mut Context::from_waker(Waker::noop())).map(|end| self.key.answer(end))
    }

    /// The handler's answer, or the failure of one that panicked or ran out of time.
    pub(crate) async fn finish(mut self) -> Encoded {
        loop {
            let until = self.until.instant();
            match tokio::time::timeout_at(until.into(), &mut self.handler).await {
                Ok(end) => return self.key.answer(end),
                // The lease was renewed meanwhile.
                Err(_) if self.until.instant() > until => {}
                Err(_) => return self.key.failed(too_late()),
            }
        }
    }
}

impl Key {
    fn answer(self, end: Result<Encoded, String>) -> Encoded {
        end.unwrap_or_else(|panic| {
            self.failed(Failure::new(Code::Unknown, Reason::HandlerFailed, panic))
        })
    }
}

fn too_late() -> Failure {
    let message = "the handler ran out of time and was dropped";
    Failure::new(Code::DeadlineExceeded, Reason::Deadline, message)
}
