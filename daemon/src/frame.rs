//! What goes out to plugins: frames, and calls that were encoded where their payload lives.
//!
//! A message on its way through a pipeline is encoded from the run that owns it, never copied for
//! the plugin. It refuses to know what a frame means.

use bytes::{BufMut as _, Bytes, BytesMut};
use outboard_proto::common::{HookPayload, Trace};
use outboard_proto::plugin::{DaemonFrame, PluginFrame};
use prost::Message as _;
use prost::encoding::{self, WireType};
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

/// One frame for a plugin.
#[derive(Debug)]
pub enum ToPlugin {
    /// To be encoded when it is sent.
    Frame(Box<DaemonFrame>),
    /// Encoded.
    Encoded(Bytes),
}

impl From<DaemonFrame> for ToPlugin {
    fn from(frame: DaemonFrame) -> Self {
        Self::Frame(Box::new(frame))
    }
}

/// The fields of a `Call` but for id and budget, encoded.
#[derive(Debug, Clone)]
pub struct CallBody(Bytes);

/// What a call of an interceptor says, borrowed from whoever owns it.
pub struct InterceptBody<'a> {
    /// What the hook is asked about.
    pub payload: &'a HookPayload,
    /// `outboard.common.v1.Phase`.
    pub phase: i32,
    /// BCP 47.
    pub locale: &'a String,
    /// W3C trace context.
    pub trace: Option<&'a Trace>,
    /// The workspace.
    pub workspace: &'a String,
}

impl CallBody {
    /// Of a call whose id and budget are not set.
    #[must_use]
    pub fn of(call: &outboard_proto::plugin::Call) -> Self {
        Self(call.encode_to_vec().into())
    }

    /// Encoded bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it says nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The whole frame.
    #[must_use]
    pub fn frame(&self, id: u64, budget_us: u64) -> ToPlugin {
        let head =
            encoding::uint64::encoded_len(1, &id) + encoding::uint64::encoded_len(2, &budget_us);
        let length = head + self.0.len();
        let mut bytes = BytesMut::with_capacity(length + 12);
        encoding::encode_key(1, WireType::LengthDelimited, &mut bytes);
        encoding::encode_varint(length as u64, &mut bytes);
        encoding::uint64::encode(1, &id, &mut bytes);
        encoding::uint64::encode(2, &budget_us, &mut bytes);
        bytes.put_slice(&self.0);
        ToPlugin::Encoded(bytes.freeze())
    }
}

impl InterceptBody<'_> {
    /// Encodes the body of a first attempt.
    #[must_use]
    pub fn encode(&self) -> CallBody {
        let intercept = encoding::message::encoded_len(1, self.payload)
            + encoding::int32::encoded_len(2, &self.phase);
        let mut bytes = BytesMut::with_capacity(intercept + self.workspace.len() + 64);
        encoding::encode_key(3, WireType::LengthDelimited, &mut bytes);
        encoding::encode_varint(intercept as u64, &mut bytes);
        encoding::message::encode(1, self.payload, &mut bytes);
        encoding::int32::encode(2, &self.phase, &mut bytes);
        encoding::uint32::encode(9, &1, &mut bytes);
        if !self.locale.is_empty() {
            encoding::string::encode(10, self.locale, &mut bytes);
        }
        if let Some(trace) = self.trace {
            encoding::message::encode(11, trace, &mut bytes);
        }
        if !self.workspace.is_empty() {
            encoding::string::encode(12, self.workspace, &mut bytes);
        }
        CallBody(bytes.freeze())
    }
}

/// Reads what plugins say, writes what they are told.
#[derive(Debug, Clone, Copy, Default)]
pub struct PluginCodec;

impl Codec for PluginCodec {
    type Encode = ToPlugin;
    type Decode = PluginFrame;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for PluginCodec {
    type Item = ToPlugin;
    type Error = Status;

    fn encode(&mut self, item: ToPlugin, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        match item {
            // The buffer grows: there is always room.
            ToPlugin::Frame(frame) => {
                frame.encode(to).map_err(|error| Status::internal(error.to_string()))?;
            }
            ToPlugin::Encoded(bytes) => to.put(bytes),
        }
        Ok(())
    }
}

impl Decoder for PluginCodec {
    type Item = PluginFrame;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<PluginFrame>, Status> {
        PluginFrame::decode(from).map(Some).map_err(|error| Status::internal(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use outboard_proto::common::{Message, Phase, hook_payload};
    use outboard_proto::plugin::{Call, Intercept, call, daemon_frame};

    use super::*;

    #[test]
    fn an_encoded_call_reads_as_the_frame_it_stands_for() {
        let message = Message { id: "m1".into(), thread_root: "t".into(), ..Message::default() };
        let payload = HookPayload { of: Some(hook_payload::Of::BeforePost(message)) };
        let trace = Trace { traceparent: "00-1".into(), ..Trace::default() };
        let body = InterceptBody {
            payload: &payload,
            phase: Phase::Validate.into(),
            locale: &"de".to_owned(),
            trace: Some(&trace),
            workspace: &"w".to_owned(),
        };
        let ToPlugin::Encoded(bytes) = body.encode().frame(7, 300_000) else { panic!() };
        let intercept = Intercept { payload: Some(payload.clone()), phase: Phase::Validate.into() };
        let call = Call {
            id: 7,
            budget_us: 300_000,
            of: Some(call::Of::Intercept(intercept)),
            attempt: 1,
            locale: "de".into(),
            trace: Some(trace),
            workspace: "w".into(),
        };
        let kind = Some(daemon_frame::Kind::Call(call));
        assert_eq!(DaemonFrame::decode(bytes).unwrap(), DaemonFrame { kind });
    }
}
