//! Messages as chat servers meet them: a text, in a channel, from someone.
//!
//! Short ways in and out of the wire's message; it refuses to know hooks and plugins.

use outboard_proto::common::{
    Body, Channel, ChannelKind, Event, Membership, Message, Role, Sender, SenderKind, Source,
    body::Content, event,
};

/// A new plain-text message from a person, in a public channel, that plugins may change.
#[must_use]
pub fn message(channel: &str, sender: &str, text: impl Into<String>) -> Message {
    Message {
        draft_id: uuid::Uuid::now_v7().to_string(),
        channel: Some(self::channel(channel, channel)),
        sender: Some(self::sender(sender, sender)),
        body: Some(plain(text)),
        role: Role::User.into(),
        source: Source::Local.into(),
        mutable: true,
        ..Message::default()
    }
}

/// A public channel.
#[must_use]
pub fn channel(id: &str, name: &str) -> Channel {
    Channel { id: id.into(), name: name.into(), kind: ChannelKind::Public.into() }
}

/// A person.
#[must_use]
pub fn sender(id: &str, name: &str) -> Sender {
    let kind = SenderKind::User.into();
    Sender { id: id.into(), name: name.into(), kind, ..Sender::default() }
}

/// A plain-text body.
#[must_use]
pub fn plain(text: impl Into<String>) -> Body {
    Body { content: Some(Content::Plain(text.into())) }
}

/// What a body says as text: markdown and HTML as they are, blocks by their fallback, nothing of
/// what is opaque.
#[must_use]
pub fn text(body: Option<&Body>) -> &str {
    match body.and_then(|body| body.content.as_ref()) {
        Some(Content::Plain(text) | Content::Markdown(text) | Content::Html(text)) => text,
        Some(Content::Blocks(blocks)) => &blocks.fallback,
        Some(Content::Opaque(_)) | None => "",
    }
}

/// `message.posted`, of a message that has its id now.
#[must_use]
pub fn posted(message: Message) -> Event {
    event("message.posted", message.created_at_us, event::Of::Message(Box::new(message)))
}

/// `member.joined`: someone came into a channel.
#[must_use]
pub fn joined(channel: Channel, user: Sender, at_us: i64) -> Event {
    let member = Membership { channel: Some(channel), user: Some(user), ..Membership::default() };
    event("member.joined", at_us, event::Of::Member(member))
}

/// An event of any type, such as `x.shop.order_paid`. It gets its id when it is published.
#[must_use]
pub fn event(kind: &str, at_us: i64, of: event::Of) -> Event {
    Event { r#type: kind.into(), at_us, of: Some(of), ..Event::default() }
}
