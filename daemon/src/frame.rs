//! What travels on sessions: frames as both sides write them, and the few that make up nearly all
//! of the traffic in a form that costs little.
//!
//! It refuses to know what becomes of a frame.

mod app;
mod plugin;

use bytes::{Buf as _, Bytes};
use prost::Message;
use tonic::Status;
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

/// Decoded in its box: moving a frame costs more than reading a small one.
fn read<F: Message + Default>(bytes: &[u8]) -> Result<Box<F>, Status> {
    let mut frame = Box::<F>::default();
    frame.merge(bytes).map_err(|error| Status::internal(error.to_string()))?;
    Ok(frame)
}

/// The whole frame, without a copy.
fn whole(from: &mut DecodeBuf<'_>) -> Bytes {
    from.copy_to_bytes(from.remaining())
}
