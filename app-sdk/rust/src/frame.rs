//! Frames as bytes, and the codec that carries them over gRPC.
//!
//! The caller encodes, so that the session's task only copies, a frame's size is known before it
//! is queued, and the caller keeps what it asked about. It refuses to know what frames mean.

use bytes::{Buf, BufMut, Bytes};
use outboard_proto::app::{AppFrame, DaemonFrame, Intercept, app_frame};
use prost::Message;
use prost::encoding::message;
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

/// Field number of `AppFrame.intercept`.
const INTERCEPT: u32 = 1;

/// Encodes a frame.
pub(crate) fn encode(kind: app_frame::Kind) -> Bytes {
    Bytes::from(AppFrame { kind: Some(kind) }.encode_to_vec())
}

/// Encodes an intercept frame and leaves its payload with the caller, who may need it again.
pub(crate) fn intercept(call: &Intercept) -> Bytes {
    let mut frame = Vec::with_capacity(message::encoded_len(INTERCEPT, call));
    message::encode(INTERCEPT, call, &mut frame);
    Bytes::from(frame)
}

/// Sends what is encoded already, decodes what comes.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct FrameCodec;

impl Codec for FrameCodec {
    type Encode = Bytes;
    type Decode = Box<DaemonFrame>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        *self
    }

    fn decoder(&mut self) -> Self {
        *self
    }
}

impl Decoder for FrameCodec {
    type Item = Box<DaemonFrame>;
    type Error = Status;

    /// Decoded in its box: a frame has the size of its largest kind, and is handed on many times.
    fn decode(&mut self, buffer: &mut DecodeBuf<'_>) -> Result<Option<Box<DaemonFrame>>, Status> {
        let mut frame = Box::<DaemonFrame>::default();
        let bytes = buffer.remaining();
        // A slice is read twice as fast as a buffer that might have pieces; this one has none.
        let decoded = frame.merge(&buffer.chunk()[..bytes]);
        buffer.advance(bytes);
        decoded.map_err(|error| Status::internal(format!("a frame that is none: {error}")))?;
        Ok(Some(frame))
    }
}

impl Encoder for FrameCodec {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, frame: Bytes, into: &mut EncodeBuf<'_>) -> Result<(), Status> {
        into.put(frame);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_intercept_by_reference_is_the_same_frame() {
        let call = Intercept { id: 7, workspace: "w".into(), ..Intercept::default() };
        assert_eq!(intercept(&call), encode(app_frame::Kind::Intercept(call.clone())));
    }
}
