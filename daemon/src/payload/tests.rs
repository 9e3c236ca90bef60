//! Claims about what the walk accepts.

use outboard_proto::common::{
    Attachment, Body, Channel, Message, Origin, Sender, body, hook_payload::Of,
};
use proptest::prelude::*;

use super::*;

fn message(text: &str) -> Message {
    Message {
        draft_id: "d".into(),
        channel: Some(Channel { id: "c".into(), name: "town".into(), kind: 1 }),
        sender: Some(Sender { id: "u".into(), roles: vec!["member".into()], ..Sender::default() }),
        body: Some(Body { content: Some(body::Content::Plain(text.into())) }),
        attachments: vec![Attachment {
            size_bytes: 300,
            sha256: vec![1, 2].into(),
            ..Default::default()
        }],
        created_at_us: -5,
        mutable: true,
        metadata: [("p".to_owned(), vec![0xff].into())].into(),
        ..Message::default()
    }
}

fn encoded(message: Message) -> Vec<u8> {
    HookPayload { of: Some(Of::BeforePost(message.into())) }.encode_to_vec()
}

#[test]
fn a_message_is_taken_as_it_is_and_reads_as_what_it_was() {
    let bytes = encoded(message("hello"));
    let payload = Payload::check(bytes.clone().into()).unwrap();
    assert_eq!((payload.branch(), payload.is_telling()), (1, false));
    assert_eq!(payload.get(), &HookPayload::decode(&bytes[..]).unwrap());
}

#[test]
fn a_plugins_mark_and_an_opaque_body_are_told() {
    let marked = Message { origin: Some(Origin::default()), ..message("x") };
    assert!(Payload::check(encoded(marked).into()).unwrap().is_telling());
    let content = Some(body::Content::Opaque(Default::default()));
    let opaque = Message { body: Some(Body { content }), ..message("x") };
    assert!(Payload::check(encoded(opaque).into()).unwrap().is_telling());
}

#[test]
fn text_that_is_not_utf_8_is_not_taken() {
    let mut bytes = encoded(message("hello"));
    let at = bytes.windows(5).position(|it| it == b"hello").unwrap();
    bytes[at] = 0xff;
    assert!(Payload::check(bytes.into()).is_none());
}

#[test]
fn fields_this_daemon_does_not_know_are_not_taken() {
    let mut bytes = encoded(message("x"));
    // Field 100 of HookPayload, a varint.
    bytes.extend([0xa0, 0x06, 1]);
    assert!(Payload::check(bytes.into()).is_none());
}

#[test]
fn two_branches_are_not_taken() {
    let mut bytes = encoded(message("x"));
    bytes.extend(encoded(message("y")));
    assert!(Payload::check(bytes.into()).is_none());
}

proptest! {
    /// I40: whatever is passed on undecoded can be decoded by everyone.
    #[test]
    fn what_is_taken_can_be_decoded(
        at in 0_usize..200,
        by in prop::collection::vec(any::<u8>(), 0..4),
        cut in 0_usize..200,
    ) {
        let mut bytes = encoded(message("a text that is long enough to be hit"));
        let at = at.min(bytes.len());
        let end = (at + cut.min(3)).min(bytes.len());
        bytes.splice(at..end, by);
        if Payload::check(bytes.clone().into()).is_some() {
            prop_assert!(HookPayload::decode(&bytes[..]).is_ok());
        }
    }

    #[test]
    fn arbitrary_bytes_that_are_taken_can_be_decoded(
        bytes in prop::collection::vec(prop_oneof![0_u8..32, any::<u8>()], 0..40),
    ) {
        if Payload::check(bytes.clone().into()).is_some() {
            prop_assert!(HookPayload::decode(&bytes[..]).is_ok());
        }
    }
}
