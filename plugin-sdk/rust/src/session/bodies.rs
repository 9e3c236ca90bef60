//! Bodies that come in pieces: from the session's reader to the handler that reads them.
//!
//! The reader never waits: a piece is kept until its handler takes it. The daemon bounds what all
//! of them together may hold. It refuses to know what a body is for.

use std::collections::{HashMap, VecDeque};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use outboard_proto::common::Chunk;
use outboard_proto::limits::REASSEMBLY_BYTES;
use tokio::sync::Notify;

/// A body whose sender gave it up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the body broke off: {0}")]
pub struct BodyError(pub String);

/// Bodies that one session is sending us.
#[derive(Debug, Default)]
pub(crate) struct Bodies {
    open: Mutex<HashMap<u64, Arc<Pipe>>>,
}

/// One body.
#[derive(Debug, Default)]
pub(crate) struct Pipe {
    state: Mutex<State>,
    more: Notify,
}

#[derive(Debug, Default)]
struct State {
    pieces: VecDeque<Vec<u8>>,
    bytes: u64,
    end: Option<Result<(), BodyError>>,
}

impl Bodies {
    /// Expects the pieces of a stream from now on.
    pub(crate) fn open(&self, stream: u64) -> Arc<Pipe> {
        let pipe = Arc::new(Pipe::default());
        let mut open = self.lock();
        // What no handler holds any more needs no more pieces.
        open.retain(|_, pipe| Arc::strong_count(pipe) > 1);
        open.insert(stream, Arc::clone(&pipe));
        pipe
    }

    /// Takes a piece. One of a stream that nobody expects is dropped.
    pub(crate) fn put(&self, chunk: Chunk) {
        let ends = chunk.last || !chunk.abort.is_empty();
        let mut open = self.lock();
        let pipe = if ends { open.remove(&chunk.stream) } else { open.get(&chunk.stream).cloned() };
        drop(open);
        if let Some(pipe) = pipe {
            pipe.put(chunk);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Arc<Pipe>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pipe {
    fn put(&self, chunk: Chunk) {
        let mut state = self.lock();
        if state.end.is_some() {
            return;
        }
        state.bytes += chunk.data.len() as u64;
        if !chunk.data.is_empty() {
            state.pieces.push_back(chunk.data.to_vec());
        }
        if !chunk.abort.is_empty() {
            state.end = Some(Err(BodyError(chunk.abort)));
        } else if state.bytes > REASSEMBLY_BYTES {
            // The daemon lets none through that large; a fence against one that does.
            state.pieces.clear();
            state.end = Some(Err(BodyError("it is larger than any may be".to_owned())));
        } else if chunk.last {
            state.end = Some(Ok(()));
        }
        drop(state);
        self.more.notify_waiters();
    }

    /// The next piece; nothing at the end.
    pub(crate) async fn next(&self) -> Result<Option<Vec<u8>>, BodyError> {
        let mut more = pin!(self.more.notified());
        loop {
            more.as_mut().enable();
            {
                let mut state = self.lock();
                if let Some(piece) = state.pieces.pop_front() {
                    return Ok(Some(piece));
                }
                if let Some(end) = &state.end {
                    return end.clone().map(|()| None);
                }
            }
            more.as_mut().await;
            more.set(self.more.notified());
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
