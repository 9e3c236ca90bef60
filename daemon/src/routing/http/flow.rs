//! One body on its way through: what came of it, what still waits for the reader's credit.
//!
//! Pure; it refuses to know who sends and who reads.

use std::collections::VecDeque;

use bytes::Bytes;
use outboard_proto::common::Chunk;
use outboard_proto::limits::CHUNK_BYTES;

/// A body under way.
#[derive(Debug)]
pub struct Flow {
    /// The sender's number for it.
    pub from: u64,
    /// Our number for it, towards the reader.
    to: u64,
    limit: u64,
    received: u64,
    waiting: VecDeque<Bytes>,
    waiting_bytes: usize,
    end: End,
}

#[derive(Debug, PartialEq, Eq)]
enum End {
    /// More will come.
    Open,
    /// The last piece is here.
    Last,
    /// The last piece has been taken.
    Taken,
}

/// What a piece did.
#[derive(Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is kept.
    Kept,
    /// The body is larger than it may be.
    TooLarge,
    /// The sender gave up, for this reason.
    Abandoned(String),
}

impl Flow {
    pub fn new(from: u64, to: u64, limit: u64) -> Self {
        let (waiting, end) = (VecDeque::new(), End::Open);
        Self { from, to, limit, received: 0, waiting, waiting_bytes: 0, end }
    }

    /// Bytes that came so far.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Bytes that wait to be taken.
    pub fn waiting_bytes(&self) -> usize {
        self.waiting_bytes
    }

    /// A piece from the sender.
    pub fn put(&mut self, chunk: Chunk) -> Taken {
        if !chunk.abort.is_empty() {
            return Taken::Abandoned(chunk.abort);
        }
        if self.end != End::Open {
            return Taken::Kept;
        }
        self.received += chunk.data.len() as u64;
        if self.received > self.limit {
            return Taken::TooLarge;
        }
        if chunk.last {
            self.end = End::Last;
        }
        self.waiting_bytes += chunk.data.len();
        if chunk.data.len() > CHUNK_BYTES {
            // Large pieces are cut: calls get their turn between them.
            let mut rest = chunk.data;
            while !rest.is_empty() {
                self.waiting.push_back(rest.split_to(CHUNK_BYTES.min(rest.len())));
            }
        } else if !chunk.data.is_empty() || chunk.last {
            // An empty piece says nothing, unless it is the last.
            self.waiting.push_back(chunk.data);
        }
        Taken::Kept
    }

    /// The next piece for the reader.
    pub fn take(&mut self) -> Option<Chunk> {
        let data = self.waiting.pop_front()?;
        self.waiting_bytes -= data.len();
        let last = self.waiting.is_empty() && self.end == End::Last;
        if last {
            self.end = End::Taken;
        }
        Some(Chunk { stream: self.to, data, last, abort: String::new() })
    }

    /// Whether nothing more will be taken.
    pub fn is_over(&self) -> bool {
        self.end == End::Taken
    }

    /// The piece that ends it early for the reader.
    pub fn aborted(&self, why: &str) -> Chunk {
        Chunk { stream: self.to, abort: why.to_owned(), ..Chunk::default() }
    }

    /// All that came, for a reader that takes no pieces.
    pub fn drain(&mut self) -> Vec<u8> {
        self.waiting_bytes = 0;
        self.waiting.drain(..).flatten().collect()
    }

    /// Whether the last piece is here.
    pub fn is_complete(&self) -> bool {
        self.end != End::Open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(data: &str, last: bool) -> Chunk {
        Chunk { stream: 7, data: data.to_owned().into(), last, abort: String::new() }
    }

    #[test]
    fn pieces_come_out_in_order_and_the_last_says_so() {
        let mut flow = Flow::new(7, 9, 100);
        assert_eq!(flow.put(piece("one", false)), Taken::Kept);
        assert_eq!(flow.put(piece("two", true)), Taken::Kept);
        let first = flow.take().unwrap();
        assert_eq!((first.stream, &first.data[..], first.last), (9, &b"one"[..], false));
        assert!(!flow.is_over());
        assert!(flow.take().unwrap().last && flow.is_over());
        assert!(flow.take().is_none());
    }

    #[test]
    fn a_body_has_a_limit_and_an_end() {
        let mut flow = Flow::new(7, 9, 5);
        assert_eq!(flow.put(piece("1234", false)), Taken::Kept);
        assert_eq!(flow.put(piece("56", false)), Taken::TooLarge);
        let given_up = Chunk { abort: "no more".into(), ..piece("", false) };
        assert_eq!(flow.put(given_up), Taken::Abandoned("no more".into()));
    }

    #[test]
    fn an_empty_body_is_one_empty_last_piece() {
        let mut flow = Flow::new(7, 9, 5);
        flow.put(piece("", true));
        assert!(flow.take().unwrap().last);
    }
}
