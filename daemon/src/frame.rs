//! What travels on sessions: frames as both sides write them, and the few that make up nearly all
//! of the traffic in a form that costs little.
//!
//! It refuses to know what becomes of a frame.

mod app;
mod plugin;

use bytes::{Buf as _, Bytes};
use tonic::codec::DecodeBuf;

pub use app::{AppCodec, FromApp, ToApp};
pub use plugin::{Around, CallBody, CallFrame, FromPlugin, PluginCodec, ToPlugin};

/// A frame that came in, and its size.
#[derive(Debug)]
pub struct Inbound<F> {
    /// What it says.
    pub frame: F,
    /// Encoded bytes.
    pub size: usize,
}

/// The whole frame, without a copy.
fn whole(from: &mut DecodeBuf<'_>) -> Bytes {
    from.copy_to_bytes(from.remaining())
}
