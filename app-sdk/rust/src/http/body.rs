//! Bodies of answers: from the session's reader to whoever reads them.
//!
//! The reader never waits; the daemon bounds what is under way. It refuses to know what a body is
//! for.

use std::collections::{HashMap, VecDeque};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use outboard_proto::app::{Cancel, app_frame};
use outboard_proto::common::Chunk;
use tokio::sync::{Notify, mpsc};
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;

use super::HttpError;
use crate::exchange::Exchange;

/// Pieces that a stream holds before they are asked for.
const AHEAD: usize = 2;

/// Bodies that one session is sending us, by stream.
#[derive(Debug, Default)]
pub(crate) struct Bodies(HashMap<u64, Open>);

/// A body that is under way, or was not fetched yet: a short one may be over before that.
#[derive(Debug)]
struct Open {
    call: u64,
    pipe: Arc<Pipe>,
    fetched: bool,
}

/// One body under way.
#[derive(Debug, Default)]
pub(crate) struct Pipe {
    state: Mutex<State>,
    more: Notify,
}

#[derive(Debug, Default)]
struct State {
    pieces: VecDeque<Bytes>,
    end: Option<Result<(), String>>,
}

impl Bodies {
    /// Expects the pieces of the stream that answers a call.
    pub(crate) fn open(&mut self, stream: u64, call: u64) {
        self.0.insert(stream, Open { call, pipe: Arc::default(), fetched: false });
    }

    /// The pipe of a stream, for whoever reads it. Asked once.
    pub(crate) fn fetch(&mut self, stream: u64) -> Option<Arc<Pipe>> {
        let open = self.0.get_mut(&stream)?;
        open.fetched = true;
        let pipe = Arc::clone(&open.pipe);
        if pipe.has_ended() {
            self.0.remove(&stream);
        }
        Some(pipe)
    }

    /// Takes a piece. The last piece of a body that was fetched closes it here.
    pub(crate) fn put(&mut self, chunk: Chunk) {
        let (stream, ends) = (chunk.stream, chunk.last || !chunk.abort.is_empty());
        let Some(open) = self.0.get(&stream) else { return };
        open.pipe.put(chunk);
        if ends && open.fetched {
            self.0.remove(&stream);
        }
    }

    /// Nobody waits for a call any more. Whether its answer's body was under way.
    pub(crate) fn abandon(&mut self, call: u64) -> bool {
        let before = self.0.len();
        self.0.retain(|_, open| open.call != call);
        self.0.len() < before
    }

    /// Nobody reads a stream any more.
    pub(crate) fn close(&mut self, stream: u64) {
        self.0.remove(&stream);
    }

    /// The session is over.
    pub(crate) fn take_all(&mut self) -> Vec<Arc<Pipe>> {
        self.0.drain().map(|(_, open)| open.pipe).collect()
    }
}

impl Pipe {
    /// Takes a piece.
    pub(crate) fn put(&self, chunk: Chunk) {
        {
            let mut state = self.state();
            if state.end.is_some() {
                return;
            }
            if !chunk.data.is_empty() {
                state.pieces.push_back(chunk.data);
            }
            if !chunk.abort.is_empty() {
                state.end = Some(Err(chunk.abort));
            } else if chunk.last {
                state.end = Some(Ok(()));
            }
        }
        self.more.notify_waiters();
    }

    /// Ends it before its end.
    pub(crate) fn break_off(&self, why: &str) {
        self.put(Chunk { abort: why.to_owned(), ..Chunk::default() });
    }

    async fn next(&self) -> Result<Option<Bytes>, String> {
        let mut more = pin!(self.more.notified());
        loop {
            more.as_mut().enable();
            {
                let mut state = self.state();
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

    fn has_ended(&self) -> bool {
        self.state().end.is_some()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The body of an answer.
#[derive(Debug)]
pub struct HttpBody(Form);

#[derive(Debug)]
enum Form {
    Whole(Option<Bytes>),
    Coming(Coming),
}

/// A body under way, and whom to tell when nobody reads it any more.
#[derive(Debug)]
struct Coming {
    pipe: Arc<Pipe>,
    exchange: Arc<Exchange>,
    call: u64,
    stream: u64,
}

impl HttpBody {
    pub(crate) fn whole(content: Bytes) -> Self {
        Self(Form::Whole(Some(content)))
    }

    pub(crate) fn coming(pipe: Arc<Pipe>, exchange: Arc<Exchange>, call: u64, stream: u64) -> Self {
        Self(Form::Coming(Coming { pipe, exchange, call, stream }))
    }

    /// The next piece; nothing at the end.
    ///
    /// # Errors
    /// The answer broke off: what came so far is not whole.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, HttpError> {
        match &mut self.0 {
            Form::Whole(content) => Ok(content.take().filter(|content| !content.is_empty())),
            Form::Coming(coming) => coming.pipe.next().await.map_err(HttpError::BrokenOff),
        }
    }

    /// The pieces as a stream, for servers that want one. Dropped, it tells the plugin to stop.
    ///
    /// # Panics
    /// Outside a Tokio runtime.
    pub fn into_stream(
        mut self,
    ) -> impl Stream<Item = Result<Bytes, HttpError>> + Send + Sync + 'static {
        let (sender, pieces) = mpsc::channel(AHEAD);
        tokio::spawn(async move {
            while let Some(piece) = self.piece().await.transpose() {
                let is_over = piece.is_err();
                if sender.send(piece).await.is_err() || is_over {
                    return;
                }
            }
        });
        ReceiverStream::new(pieces)
    }

    /// All of it, or what is left.
    ///
    /// # Errors
    /// The answer broke off.
    pub async fn bytes(mut self) -> Result<Bytes, HttpError> {
        let Some(first) = self.piece().await? else { return Ok(Bytes::new()) };
        let mut whole = Vec::from(first);
        while let Some(piece) = self.piece().await? {
            whole.extend(piece);
        }
        Ok(whole.into())
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        if !self.pipe.has_ended() {
            let cancel = app_frame::Kind::Cancel(Cancel { id: self.call, ..Cancel::default() });
            self.exchange.stop_body(self.stream, cancel);
        }
    }
}
