//! Frames to bytes and back, keeping each frame's size.
//!
//! The size cannot be had from the decoded frame: what a newer daemon adds is not in it, and
//! credit returned short would dry the stream up.

use outboard_proto::plugin::plugin_frame::Kind;
use outboard_proto::plugin::{DaemonFrame, PluginFrame};
use prost::bytes::{Buf, BufMut};
use prost::{DecodeError, Message};
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

/// A frame as it came off the stream.
#[derive(Debug)]
pub(crate) struct Received {
    /// Boxed: a frame has the size of its largest kind, and is handed on many times.
    pub(crate) frame: Box<DaemonFrame>,
    /// Encoded bytes.
    pub(crate) bytes: usize,
}

/// A frame on its way out. Kept as bytes: a [`PluginFrame`] has the size of its largest kind, an
/// encoded answer is usually a handful of bytes, and it is handed on many times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Encoded(Vec<u8>);

impl Encoded {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The frame again, for those who look into it in memory.
    pub(crate) fn decode(&self) -> Result<PluginFrame, DecodeError> {
        PluginFrame::decode(self.0.as_slice())
    }
}

impl From<Kind> for Encoded {
    fn from(kind: Kind) -> Self {
        Self(PluginFrame { kind: Some(kind) }.encode_to_vec())
    }
}

/// The session's codec, in both directions.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FrameCodec;

impl Codec for FrameCodec {
    type Encode = Encoded;
    type Decode = Received;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Encoder for FrameCodec {
    type Item = Encoded;
    type Error = Status;

    fn encode(&mut self, frame: Encoded, buffer: &mut EncodeBuf<'_>) -> Result<(), Status> {
        buffer.put_slice(&frame.0);
        Ok(())
    }
}

impl Decoder for FrameCodec {
    type Item = Received;
    type Error = Status;

    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Received>, Status> {
        let bytes = buffer.remaining();
        let mut frame = Box::<DaemonFrame>::default();
        // A slice is read twice as fast as a buffer that might have pieces; this one has none.
        let decoded = frame.merge(&buffer.chunk()[..bytes]);
        buffer.advance(bytes);
        decoded.map_err(|error| Status::internal(format!("a frame that is none: {error}")))?;
        Ok(Some(Received { frame, bytes }))
    }
}
