//! What filters and routing look at in a payload or an event: its messages, or where it happens
//! and by whom.
//!
//! It refuses to know who asks, and what may become of it.

use outboard_proto::common::hook_payload::Of;
use outboard_proto::common::{Body, Channel, Event, HookPayload, Message, Sender, body, event};

use super::change::is_opaque;

/// What a hook or an event is about, as far as routing looks.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// One message.
    Message(&'a Message),
    /// Messages about to be shown.
    Batch(&'a [Message]),
    /// Anything else.
    Other(Scene<'a>),
}

/// Where something happens, and whose doing it is.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scene<'a> {
    /// Where, if it is in a channel.
    pub channel: Option<&'a Channel>,
    /// Who does it.
    pub sender: Option<&'a Sender>,
    /// The plugin of this daemon whose doing it is.
    pub plugin: Option<&'a str>,
}

impl<'a> Scene<'a> {
    /// Of a message.
    pub fn of(message: &'a Message) -> Self {
        let plugin = message.origin.as_ref().map(|origin| origin.plugin.as_str());
        let (channel, sender) = (message.channel.as_ref(), message.sender.as_ref());
        Self { channel, sender, plugin }
    }

    fn by(sender: Option<&'a Sender>, channel: Option<&'a Channel>) -> Self {
        Self { channel, sender, plugin: None }
    }
}

impl<'a> Subject<'a> {
    /// Of what a hook is asked about.
    pub fn of(payload: &'a HookPayload) -> Self {
        Self::Other(match &payload.of {
            Some(Of::BeforePost(message)) => return Self::Message(message),
            Some(Of::BeforeEdit(edit)) => return edit.message.as_ref().into(),
            Some(Of::BeforeDelete(delete)) => return delete.stored.as_ref().into(),
            Some(Of::BeforeRender(batch)) => return Self::Batch(&batch.messages),
            Some(Of::BeforeReaction(it)) => Scene::by(it.sender.as_ref(), it.channel.as_ref()),
            Some(Of::BeforeUpload(it)) => Scene::by(it.sender.as_ref(), it.channel.as_ref()),
            Some(Of::BeforeJoin(it)) => Scene::by(it.user.as_ref(), it.channel.as_ref()),
            Some(Of::BeforeLogin(it)) => Scene::by(it.user.as_ref(), None),
            Some(Of::BeforeCreate(it)) => Scene::by(it.by.as_ref(), it.channel.as_ref()),
            Some(Of::Custom(_)) | None => Scene::default(),
        })
    }

    /// Of something that has happened.
    pub fn of_event(event: &'a Event) -> Self {
        Self::Other(match &event.of {
            Some(event::Of::Message(message)) => return Self::Message(message),
            Some(event::Of::Reaction(it)) => Scene::by(it.sender.as_ref(), it.channel.as_ref()),
            Some(event::Of::Member(it)) => Scene::by(it.user.as_ref(), it.channel.as_ref()),
            Some(event::Of::User(it)) => Scene::by(it.user.as_ref(), None),
            Some(event::Of::Channel(it)) => Scene::by(it.by.as_ref(), it.channel.as_ref()),
            Some(event::Of::File(it)) => Scene::by(it.sender.as_ref(), it.channel.as_ref()),
            Some(event::Of::App(_) | event::Of::Custom(_) | event::Of::Schedule(_)) | None => {
                Scene { plugin: emitter(&event.r#type), ..Scene::default() }
            }
        })
    }

    /// The plugin whose doing it is, where it is one's.
    pub fn plugin(self) -> Option<&'a str> {
        match self {
            Self::Message(message) => Scene::of(message).plugin,
            Self::Batch(_) => None,
            Self::Other(scene) => scene.plugin,
        }
    }

    /// The message, where it is about one.
    pub fn message(self) -> Option<&'a Message> {
        match self {
            Self::Message(message) => Some(message),
            Self::Batch(_) | Self::Other(_) => None,
        }
    }

    /// Where it happens, where that is one place.
    pub fn channel(self) -> Option<&'a Channel> {
        match self {
            Self::Message(message) => message.channel.as_ref(),
            Self::Batch(messages) => messages.first()?.channel.as_ref(),
            Self::Other(scene) => scene.channel,
        }
    }

    /// Whether nobody but its readers can read any of it.
    pub fn is_opaque(self) -> bool {
        match self {
            Self::Message(message) => is_opaque(message),
            Self::Batch(messages) => !messages.is_empty() && messages.iter().all(is_opaque),
            Self::Other(_) => false,
        }
    }
}

impl<'a> From<Option<&'a Message>> for Subject<'a> {
    fn from(message: Option<&'a Message>) -> Self {
        message.map_or(Self::Other(Scene::default()), Self::Message)
    }
}

/// The plugin that makes events of this type.
fn emitter(kind: &str) -> Option<&str> {
    kind.strip_prefix("plugin:")?.split(':').next()
}

/// What a message says, where it says it in words.
pub fn text(message: &Message) -> Option<&str> {
    said(message.body.as_ref()?)
}

/// What a body says, where it says it in words.
pub fn said(body: &Body) -> Option<&str> {
    match body.content.as_ref()? {
        body::Content::Plain(text) | body::Content::Markdown(text) | body::Content::Html(text) => {
            Some(text)
        }
        body::Content::Blocks(blocks) => Some(&blocks.fallback),
        body::Content::Opaque(_) => None,
    }
}
