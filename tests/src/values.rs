//! Messages, senders, channels and bodies as tests write them.
//!
//! It refuses to know who will send or read them.

use bytes::Bytes;
use outboard_proto::common::{
    Body, Channel, ChannelKind, Event, HookPayload, Message, Role, Sender, SenderKind, Source,
    body, event, hook_payload,
};

/// A frame as it goes over the wire.
pub fn frame(message: &impl prost::Message) -> Bytes {
    Bytes::from(message.encode_to_vec())
}

/// A public channel whose id is its name behind `c-`.
pub fn channel(name: &str) -> Channel {
    Channel { id: format!("c-{name}"), name: name.to_owned(), kind: ChannelKind::Public.into() }
}

/// A person with the role `member`.
pub fn person(name: &str) -> Sender {
    Sender {
        id: format!("u-{name}"),
        name: name.to_owned(),
        kind: SenderKind::User.into(),
        roles: vec!["member".to_owned()],
        locale: "en".to_owned(),
    }
}

/// A plain body.
pub fn plain(text: &str) -> Body {
    Body { content: Some(body::Content::Plain(text.to_owned())) }
}

/// A message that ann writes in a channel.
pub fn message(channel_name: &str, text: &str) -> Message {
    Message {
        draft_id: "d-1".to_owned(),
        channel: Some(channel(channel_name)),
        sender: Some(person("ann")),
        body: Some(plain(text)),
        role: Role::User.into(),
        source: Source::Local.into(),
        mutable: true,
        ..Message::default()
    }
}

/// The payload of message.before_post.
pub fn before_post(channel_name: &str, text: &str) -> HookPayload {
    HookPayload { of: Some(hook_payload::Of::BeforePost(Box::new(message(channel_name, text)))) }
}

/// A message.posted that the daemon gives an id.
pub fn posted(channel_name: &str, text: &str) -> Event {
    let stored = Message { id: "m-1".to_owned(), ..message(channel_name, text) };
    Event {
        r#type: "message.posted".to_owned(),
        of: Some(event::Of::Message(Box::new(stored))),
        ..Event::default()
    }
}

/// What a body says, whatever its form.
pub fn text_of(body: Option<&Body>) -> &str {
    match body.and_then(|body| body.content.as_ref()) {
        Some(
            body::Content::Plain(text) | body::Content::Markdown(text) | body::Content::Html(text),
        ) => text,
        Some(body::Content::Blocks(blocks)) => &blocks.fallback,
        Some(body::Content::Opaque(_)) | None => "",
    }
}

/// What the message in a before_post payload says.
pub fn posted_text(payload: &HookPayload) -> &str {
    match &payload.of {
        Some(hook_payload::Of::BeforePost(message)) => text_of(message.body.as_ref()),
        _ => "",
    }
}

/// `message` encoded, but with bytes that are no UTF-8 where `marker` stands in it.
pub fn spoilt(message: &impl prost::Message, marker: &str) -> Bytes {
    let mut bytes = message.encode_to_vec();
    let at = bytes.windows(marker.len()).position(|part| part == marker.as_bytes());
    for byte in at.into_iter().flat_map(|at| at..at + marker.len()) {
        bytes[byte] = 0xff;
    }
    Bytes::from(bytes)
}
