//! One session with the daemon: the stream, the frames, the handlers under way.
//!
//! Its parts refuse to know why a session is held, and whether another will follow.

pub(crate) mod answer;
pub(crate) mod bodies;
pub(crate) mod closing;
pub(crate) mod codec;
pub(crate) mod conversation;
pub(crate) mod dial;
pub(crate) mod lease;
pub(crate) mod live;
pub(crate) mod outbox;
pub(crate) mod running;
