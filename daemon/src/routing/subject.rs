//! What filters and routing look at in a payload: its messages, or the channel it happens in.
//!
//! It refuses to know who asks, and what may become of it.

use outboard_proto::common::{Channel, HookPayload, Message, body, hook_payload::Of};

use super::change::is_opaque;
use super::registration::is_in;
use crate::config::manifest::hook::HookFilter;

/// What a hook is about, as far as routing looks.
#[derive(Debug, Clone, Copy)]
pub enum Subject<'a> {
    /// One message.
    Message(&'a Message),
    /// Messages about to be shown.
    Batch(&'a [Message]),
    /// Anything else, and where it happens.
    Other(Option<&'a Channel>),
}

impl<'a> Subject<'a> {
    /// Of a payload.
    pub fn of(payload: &'a HookPayload) -> Self {
        match &payload.of {
            Some(Of::BeforePost(message)) => Self::Message(message),
            Some(Of::BeforeEdit(edit)) => edit.message.as_ref().into(),
            Some(Of::BeforeDelete(delete)) => delete.stored.as_ref().into(),
            Some(Of::BeforeRender(batch)) => Self::Batch(&batch.messages),
            Some(Of::BeforeReaction(reaction)) => Self::Other(reaction.channel.as_ref()),
            Some(Of::BeforeUpload(upload)) => Self::Other(upload.channel.as_ref()),
            Some(Of::BeforeJoin(join)) => Self::Other(join.channel.as_ref()),
            Some(Of::BeforeCreate(draft)) => Self::Other(draft.channel.as_ref()),
            Some(Of::BeforeLogin(_) | Of::Custom(_)) | None => Self::Other(None),
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
            Self::Other(channel) => channel,
        }
    }

    /// Whether this plugin made all of it.
    pub fn is_by(self, plugin: &str) -> bool {
        self.all_messages(|message| {
            message.origin.as_ref().is_some_and(|origin| origin.plugin == plugin)
        })
    }

    /// Whether nobody but its readers can read any of it.
    pub fn is_opaque(self) -> bool {
        self.all_messages(is_opaque)
    }

    fn all_messages(self, holds: impl Fn(&Message) -> bool) -> bool {
        match self {
            Self::Message(message) => holds(message),
            Self::Batch(messages) => !messages.is_empty() && messages.iter().all(holds),
            Self::Other(_) => false,
        }
    }

    /// Whether a filter lets it through: of messages about to be shown, one is enough.
    pub fn concerns(self, filter: &HookFilter) -> bool {
        match self {
            Self::Message(message) => concerns(filter, message),
            Self::Batch(messages) => {
                filter.passes_all() || messages.iter().any(|message| concerns(filter, message))
            }
            Self::Other(channel) => lets_in(filter, channel) && filter.text.is_none(),
        }
    }
}

impl<'a> From<Option<&'a Message>> for Subject<'a> {
    fn from(message: Option<&'a Message>) -> Self {
        message.map_or(Self::Other(None), Self::Message)
    }
}

fn concerns(filter: &HookFilter, message: &Message) -> bool {
    let matches = || match &filter.text {
        None => true,
        Some(pattern) => text(message).is_some_and(|text| pattern.matches(text)),
    };
    lets_in(filter, message.channel.as_ref()) && matches()
}

fn lets_in(filter: &HookFilter, channel: Option<&Channel>) -> bool {
    is_in(&filter.channels, channel) && is_in(&filter.within, channel)
}

/// What a message says, where it says it in words.
pub fn text(message: &Message) -> Option<&str> {
    match message.body.as_ref()?.content.as_ref()? {
        body::Content::Plain(text) | body::Content::Markdown(text) | body::Content::Html(text) => {
            Some(text)
        }
        body::Content::Blocks(blocks) => Some(&blocks.fallback),
        body::Content::Opaque(_) => None,
    }
}
