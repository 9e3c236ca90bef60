//! The frames that end a call or an event.
//!
//! It refuses to know who made the answer; it only sees that the answer fits into a frame.

use outboard_proto::common::{Failure, Reason};
use outboard_proto::limits::FRAME_BYTES;
use outboard_proto::plugin::plugin_frame::Kind;
use outboard_proto::plugin::{Ack, Reply, reply};
use tonic::Code;

use super::codec::Encoded;

/// What an answer belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Call(u64),
    Event(u64),
}

impl Key {
    /// The frame that says it came to nothing.
    pub(crate) fn failed(self, failure: Failure) -> Encoded {
        match self {
            Self::Call(id) => reply(id, Err(failure)),
            Self::Event(delivery) => ack(delivery, Err(failure)),
        }
    }
}

/// The answer to a call. What does not fit becomes a failure that says so.
pub(crate) fn reply(call: u64, result: Result<reply::Result, Failure>) -> Encoded {
    let answer = encoded(call, result.unwrap_or_else(reply::Result::Failure));
    if answer.len() <= FRAME_BYTES {
        return answer;
    }
    encoded(call, reply::Result::Failure(too_large("the answer", answer.len())))
}

fn encoded(call: u64, result: reply::Result) -> Encoded {
    Encoded::from(Kind::Reply(Reply { call, result: Some(result) }))
}

/// The acknowledgement of an event.
pub(crate) fn ack(delivery: u64, result: Result<(), Failure>) -> Encoded {
    Encoded::from(Kind::Ack(Ack { delivery, failure: result.err() }))
}

/// The failure of something that has more bytes than a frame may have.
pub(crate) fn too_large(what: &str, bytes: usize) -> Failure {
    let message = format!("{what} has {bytes} bytes, a frame may have {FRAME_BYTES}");
    Failure::new(Code::ResourceExhausted, Reason::FrameTooLarge, message)
}
