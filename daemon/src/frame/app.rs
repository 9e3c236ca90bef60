//! What comes from apps and goes to them: a hook's payload is passed on as it came, and verdicts
//! are written from what the run noted.

use bytes::Bytes;
use outboard_proto::app::{AppFrame, DaemonFrame, daemon_frame::Kind};
use outboard_proto::common::Trace;
use prost::Message as _;
use tonic::Status;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};

use super::{Inbound, read, whole};
use crate::payload::{Payload, Reader, Wire};
use crate::routing::{Act, VerdictFrame};

/// One frame of an app.
#[derive(Debug)]
pub enum FromApp {
    /// A hook is asked: the app's id for the call, and what it is about.
    Intercept(u64, Act),
    /// Any other.
    Frame(Box<AppFrame>),
}

/// One frame for an app.
#[derive(Debug)]
pub enum ToApp {
    /// What came of a call of a hook.
    Verdict(VerdictFrame),
    /// Any other.
    Frame(Box<DaemonFrame>),
}

impl From<Kind> for ToApp {
    fn from(kind: Kind) -> Self {
        Self::Frame(Box::new(DaemonFrame { kind: Some(kind) }))
    }
}

impl ToApp {
    /// As a generated type, for those who need one.
    #[must_use]
    pub fn into_frame(self) -> DaemonFrame {
        match self {
            Self::Verdict(verdict) => {
                DaemonFrame { kind: Some(Kind::Intercepted(verdict.into_result())) }
            }
            Self::Frame(frame) => *frame,
        }
    }
}

/// Reads what apps say, writes what they are told.
#[derive(Debug, Clone, Default)]
pub struct AppCodec {
    scratch: Vec<u8>,
}

impl Codec for AppCodec {
    type Encode = ToApp;
    type Decode = Inbound<FromApp>;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self::default()
    }

    fn decoder(&mut self) -> Self {
        Self::default()
    }
}

impl Encoder for AppCodec {
    type Item = ToApp;
    type Error = Status;

    fn encode(&mut self, item: ToApp, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        match item {
            ToApp::Verdict(verdict) => {
                self.scratch.clear();
                verdict.encode(&mut self.scratch, to);
                Ok(())
            }
            // The buffer grows: there is always room.
            ToApp::Frame(frame) => {
                frame.encode(to).map_err(|error| Status::internal(error.to_string()))
            }
        }
    }
}

impl Decoder for AppCodec {
    type Item = Inbound<FromApp>;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Self::Item>, Status> {
        let bytes = whole(from);
        let size = bytes.len();
        let frame = match intercept(&bytes) {
            Some((id, act)) => FromApp::Intercept(id, act),
            None => FromApp::Frame(read(&bytes)?),
        };
        Ok(Some(Inbound { frame, size }))
    }
}

/// The call that `frame` makes, if it is one of a hook and says nothing unusual.
fn intercept(frame: &Bytes) -> Option<(u64, Act)> {
    let mut outer = Reader::new(frame);
    (outer.key()? == (1, Wire::Delimited)).then_some(())?;
    let call = outer.delimited()?;
    outer.is_done().then_some(())?;
    let start = frame.len() - call.len();
    let mut reader = Reader::new(call);
    let (mut id, mut budget_us, mut payload) = (0, 0, None);
    let (mut workspace, mut locale, mut trace) = ("", "", None);
    while !reader.is_done() {
        match reader.key()? {
            (1, Wire::Varint) => id = reader.varint()?,
            (2, Wire::Varint) => budget_us = reader.varint()?,
            (3, Wire::Delimited) if payload.is_none() => {
                let length = reader.delimited()?.len();
                let end = start + reader.position();
                payload = Some(Payload::check(frame.slice(end - length..end))?);
            }
            (4, Wire::Delimited) => workspace = std::str::from_utf8(reader.delimited()?).ok()?,
            (5, Wire::Delimited) => locale = std::str::from_utf8(reader.delimited()?).ok()?,
            (6, Wire::Delimited) if trace.is_none() => {
                trace = Some(Trace::decode(reader.delimited()?).ok()?);
            }
            _ => return None,
        }
    }
    Some((id, Act::new(payload?, budget_us, (workspace, locale, trace))))
}

#[cfg(test)]
mod tests {
    use outboard_proto::app::{Intercept, app_frame};
    use outboard_proto::common::{HookPayload, Message, hook_payload};

    use super::*;

    fn asked() -> Intercept {
        let message = Message { draft_id: "d".into(), ..Message::default() };
        Intercept {
            id: 9,
            budget_us: 300_000,
            payload: Some(HookPayload { of: Some(hook_payload::Of::BeforePost(message.into())) }),
            workspace: "w".into(),
            locale: "de".into(),
            trace: Some(Trace { traceparent: "00-1".into(), ..Trace::default() }),
        }
    }

    fn encoded(intercept: Intercept) -> Bytes {
        AppFrame { kind: Some(app_frame::Kind::Intercept(intercept)) }.encode_to_vec().into()
    }

    #[test]
    fn a_call_of_a_hook_is_read_in_place() {
        let (id, act) = intercept(&encoded(asked())).unwrap();
        assert_eq!((id, act.budget_us()), (9, 300_000));
        assert_eq!(Some(act.payload().get()), asked().payload.as_ref());
        let again = Act::of(asked());
        assert_eq!(format!("{:?}", act.around()), format!("{:?}", again.around()));
    }

    #[test]
    fn a_call_without_a_payload_is_left_to_the_decoder() {
        assert!(intercept(&encoded(Intercept { payload: None, ..asked() })).is_none());
    }

    #[test]
    fn what_stands_twice_or_after_the_call_is_left_to_the_decoder() {
        let once = encoded(asked());
        let twice: Bytes = [&once[..], &once[..]].concat().into();
        assert!(intercept(&twice).is_none());
    }
}
