//! What goes to plugins and comes from them: calls are written straight from the payload that the
//! app sent, and the answer that changes nothing is read in place.

use bytes::{BufMut, Bytes};
use outboard_proto::common::Trace;
use outboard_proto::plugin::{DaemonFrame, PluginFrame};
use prost::Message as _;
use prost::encoding::{self, WireType, encode_varint, encoded_len_varint};
use tonic::Status;
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

use super::{Inbound, read, whole};
use crate::payload::{Payload, Reader, Wire};

/// One frame for a plugin.
#[derive(Debug)]
pub enum ToPlugin {
    /// To be encoded when it is sent.
    Frame(Box<DaemonFrame>),
    /// A call.
    Call(CallFrame),
}

/// One frame of a plugin.
#[derive(Debug)]
pub enum FromPlugin {
    /// The answer of an interceptor to the call with this id: go on, nothing changed.
    Continued(u64),
    /// Any other.
    Frame(Box<PluginFrame>),
}

/// A call as it goes out.
#[derive(Debug)]
pub struct CallFrame {
    /// Its id on the wire.
    pub id: u64,
    /// What is left of its deadline, microseconds.
    pub budget_us: u64,
    /// What it says.
    pub body: CallBody,
}

/// The fields of a `Call` but for id and budget.
#[derive(Debug, Clone)]
pub struct CallBody {
    /// What an interceptor is asked about, encoded, and `outboard.common.v1.Phase`.
    asked: Option<(Bytes, u8)>,
    /// The other fields, encoded.
    rest: Bytes,
}

/// The surroundings of an act as its calls carry them: attempt, locale, trace, workspace, encoded.
#[derive(Debug, Clone)]
pub struct Around(Bytes);

/// Nothing but the first attempt, which is what nearly every act has around it.
const FIRST_ATTEMPT: &[u8] = &[9 << 3, 1];

impl From<DaemonFrame> for ToPlugin {
    fn from(frame: DaemonFrame) -> Self {
        Self::Frame(Box::new(frame))
    }
}

impl Around {
    /// Of a first attempt.
    #[must_use]
    pub fn new(locale: &str, trace: Option<&Trace>, workspace: &str) -> Self {
        if locale.is_empty() && trace.is_none() && workspace.is_empty() {
            return Self(Bytes::from_static(FIRST_ATTEMPT));
        }
        let mut bytes = FIRST_ATTEMPT.to_vec();
        put_text(10, locale, &mut bytes);
        if let Some(trace) = trace {
            encoding::message::encode(11, trace, &mut bytes);
        }
        put_text(12, workspace, &mut bytes);
        Self(bytes.into())
    }

    /// The trace, read back: for what a plugin asks while it handles the act, which is rare beside
    /// acts.
    #[must_use]
    pub fn trace(&self) -> Option<Trace> {
        outboard_proto::plugin::Call::decode(&*self.0).ok()?.trace
    }
}

fn put_text(number: u32, text: &str, to: &mut Vec<u8>) {
    if !text.is_empty() {
        encoding::encode_key(number, WireType::LengthDelimited, to);
        encode_varint(text.len() as u64, to);
        to.extend_from_slice(text.as_bytes());
    }
}

impl CallBody {
    /// Of a call whose id and budget are not set.
    #[must_use]
    pub fn of(call: &outboard_proto::plugin::Call) -> Self {
        Self { asked: None, rest: call.encode_to_vec().into() }
    }

    /// Of an interceptor's call.
    #[must_use]
    pub fn intercept(payload: &Payload, phase: u8, around: &Around) -> Self {
        Self { asked: Some((payload.bytes().clone(), phase)), rest: around.0.clone() }
    }

    /// The same with another trace: of a field that comes twice, readers take what the later says.
    #[cfg(feature = "otel")]
    #[must_use]
    pub fn traced(self, trace: &Trace) -> Self {
        let mut rest = self.rest.to_vec();
        encoding::message::encode(11, trace, &mut rest);
        Self { rest: rest.into(), ..self }
    }

    /// Encoded bytes, but for a few.
    #[must_use]
    pub fn len(&self) -> usize {
        self.asked.as_ref().map_or(0, |(payload, _)| payload.len()) + self.rest.len()
    }

    /// Whether it says nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Bytes that an interceptor's call has around its payload: the key of a field, its length.
fn nested_len(inner: usize) -> usize {
    1 + encoded_len_varint(inner as u64) + inner
}

impl CallFrame {
    /// Writes the frame that this call is.
    pub fn encode(&self, to: &mut impl BufMut) {
        let CallBody { asked, rest } = &self.body;
        let intercept = asked.as_ref().map(|(payload, _)| nested_len(payload.len()) + 2);
        let call = encoding::uint64::encoded_len(1, &self.id)
            + encoding::uint64::encoded_len(2, &self.budget_us)
            + intercept.map_or(0, nested_len)
            + rest.len();
        let mut head = Head { bytes: [0; 56], length: 0 };
        head.key(1, call);
        head.number(1, self.id);
        head.number(2, self.budget_us);
        match (asked, intercept) {
            (Some((payload, phase)), Some(intercept)) => {
                head.key(3, intercept);
                head.key(1, payload.len());
                to.put_slice(head.bytes());
                to.put_slice(payload);
                to.put_slice(&[2 << 3, *phase]);
            }
            (Some(_) | None, _) => to.put_slice(head.bytes()),
        }
        to.put_slice(rest);
    }
}

/// Keys and lengths on their way out: written here first, since the buffer of a connection checks
/// its room at each byte.
struct Head {
    bytes: [u8; 56],
    length: usize,
}

impl Head {
    /// The beginning of a delimited field whose number is below 16.
    fn key(&mut self, number: u8, length: usize) {
        self.varint(u64::from(number << 3 | 2));
        self.varint(length as u64);
    }

    /// A number whose field's number is below 16.
    fn number(&mut self, field: u8, value: u64) {
        self.varint(u64::from(field << 3));
        self.varint(value);
    }

    fn varint(&mut self, value: u64) {
        let mut rest = &mut self.bytes[self.length..];
        let before = rest.len();
        encode_varint(value, &mut rest);
        self.length += before - rest.len();
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// The call that `frame` answers with `continue`, if it does nothing else.
fn continued(frame: &[u8]) -> Option<u64> {
    let mut frame = Reader::new(frame);
    let reply = field(&mut frame, (1, Wire::Delimited))?;
    frame.is_done().then_some(())?;
    let mut reply = Reader::new(reply);
    (reply.key()? == (1, Wire::Varint)).then_some(())?;
    let call = reply.varint()?;
    // HookAnswer{continued: {}}.
    let answer = field(&mut reply, (2, Wire::Delimited))?;
    (reply.is_done() && answer == [1 << 3 | 2, 0]).then_some(call)
}

fn field<'a>(reader: &mut Reader<'a>, expected: (u32, Wire)) -> Option<&'a [u8]> {
    (reader.key()? == expected).then(|| reader.delimited()).flatten()
}

/// Reads what plugins say, writes what they are told.
#[derive(Debug, Clone, Copy, Default)]
pub struct PluginCodec;

impl Codec for PluginCodec {
    type Encode = ToPlugin;
    type Decode = Inbound<FromPlugin>;
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
            ToPlugin::Call(call) => {
                to.reserve(call.body.len() + 64);
                call.encode(to);
            }
        }
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        buffers()
    }
}

/// Hundreds of plugins are connected and most say little: buffers begin small, and grow for who
/// says much.
fn buffers() -> BufferSettings {
    BufferSettings::new(2 * 1024, 32 * 1024)
}

impl Decoder for PluginCodec {
    type Item = Inbound<FromPlugin>;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Self::Item>, Status> {
        let bytes = whole(from);
        let size = bytes.len();
        let frame = match continued(&bytes) {
            Some(call) => FromPlugin::Continued(call),
            None => FromPlugin::Frame(read(&bytes)?),
        };
        Ok(Some(Inbound { frame, size }))
    }

    fn buffer_settings(&self) -> BufferSettings {
        buffers()
    }
}

#[cfg(test)]
mod tests {
    use outboard_proto::common::{
        Continue, HookAnswer, HookPayload, Message, Phase, hook_answer, hook_payload,
    };
    use outboard_proto::plugin::{Call, Intercept, Reply, call, daemon_frame, plugin_frame, reply};

    use super::*;

    fn frame_of(body: CallBody) -> DaemonFrame {
        let mut bytes = Vec::new();
        CallFrame { id: 7 << 20, budget_us: 300_000, body }.encode(&mut bytes);
        DaemonFrame::decode(&bytes[..]).unwrap()
    }

    fn call(of: call::Of, trace: Option<Trace>) -> Call {
        Call {
            id: 7 << 20,
            budget_us: 300_000,
            of: Some(of),
            attempt: 1,
            locale: "de".into(),
            trace,
            workspace: "w".into(),
        }
    }

    #[test]
    fn an_interceptors_call_reads_as_the_frame_it_stands_for() {
        let message =
            Message { id: "m1".into(), thread_root: "t".repeat(300), ..Message::default() };
        let payload = HookPayload { of: Some(hook_payload::Of::BeforePost(message.into())) };
        let trace = Trace { traceparent: "00-1".into(), ..Trace::default() };
        let around = Around::new("de", Some(&trace), "w");
        let body = CallBody::intercept(&Payload::of(payload.clone()), 2, &around);
        let intercept = Intercept { payload: Some(payload), phase: Phase::Validate.into() };
        let call = call(call::Of::Intercept(intercept), Some(trace));
        assert_eq!(frame_of(body), DaemonFrame { kind: Some(daemon_frame::Kind::Call(call)) });
    }

    #[test]
    fn any_other_call_reads_as_the_frame_it_stands_for() {
        let call = call(call::Of::Plugin(Default::default()), None);
        let body = CallBody::of(&Call { id: 0, budget_us: 0, ..call.clone() });
        assert_eq!(frame_of(body), DaemonFrame { kind: Some(daemon_frame::Kind::Call(call)) });
    }

    fn reply(answer: hook_answer::Answer) -> Vec<u8> {
        let result = Some(reply::Result::Hook(HookAnswer { answer: Some(answer) }));
        let reply = Reply { call: 900_000, result };
        PluginFrame { kind: Some(plugin_frame::Kind::Reply(reply)) }.encode_to_vec()
    }

    #[test]
    fn only_a_plain_continue_is_read_in_place() {
        let plain = reply(hook_answer::Answer::Continued(Continue {}));
        assert_eq!(continued(&plain), Some(900_000));
        assert_eq!(continued(&reply(hook_answer::Answer::Handled(Default::default()))), None);
        assert_eq!(continued(&plain[..plain.len() - 1]), None);
        assert_eq!(continued(&[&plain[..], &plain[..]].concat()), None);
    }
}
