//! `Messages`: what a plugin does with messages beside sending and replying.
//!
//! It refuses to judge whose message one is and who may read where; the daemon and the app do.

pub(crate) mod growing;
mod history;

use std::time::Duration;

use outboard_proto::common::{
    DeleteMessage, EditMessage, GetMessage, Message, ReactToMessage, SetStatus, ShowTyping,
};
use outboard_proto::plugin::SendRequest;

use crate::body::Body;
use crate::error::HostError;
use crate::host::{Host, MessageId};

pub use growing::Growing;
pub use history::History;

/// Messages, as the plugin's bot. Changing needs `messages:send`, reading `messages:history`;
/// what others wrote may be changed only with `messages:manage`. Cheap to clone.
///
/// ```
/// use outboard_plugin::{Command, Plugin, Reply, Result, test::Harness};
///
/// async fn thumbs(cmd: Command) -> Result<Reply> {
///     let (messages, channel) = (cmd.ctx().messages(), cmd.channel().id.clone());
///     let page = messages.history(&channel).most(1).page().await?;
///     for message in &page.messages {
///         messages.react(&channel, &message.id, "👍").await?;
///     }
///     Ok(cmd.reply(format!("{} liked", page.messages.len())))
/// }
///
/// let mut daemon = Harness::new(Plugin::new("thumbs", "1.0.0").command("thumbs", thumbs));
/// daemon.has_message("hello");
/// assert_eq!(daemon.command("thumbs").run().unwrap().text(), "1 liked");
/// ```
#[derive(Debug, Clone)]
pub struct Messages {
    host: Host,
    workspace: String,
}

impl Messages {
    pub(crate) fn new(host: Host, workspace: String) -> Self {
        Self { host, workspace }
    }

    /// Says something else in a message.
    ///
    /// # Errors
    /// `NOT_ITS_OWN`, `NOT_FOUND`, or what else the daemon or the app refused.
    pub async fn edit(
        &self,
        channel: impl Into<String>,
        message: impl Into<String>,
        body: impl Into<Body>,
    ) -> Result<(), HostError> {
        let request = EditMessage {
            workspace: self.workspace.clone(),
            channel_id: channel.into(),
            message_id: message.into(),
            body: Some(body.into().0),
            ..EditMessage::default()
        };
        self.host.link().edit(self.host.cause(), request).await.map(drop)
    }

    /// Deletes a message; the reason is for those who keep a record, and may be empty.
    ///
    /// # Errors
    /// As [`Messages::edit`].
    pub async fn delete(
        &self,
        channel: impl Into<String>,
        message: impl Into<String>,
        reason: impl Into<String>,
    ) -> Result<(), HostError> {
        let request = DeleteMessage {
            workspace: self.workspace.clone(),
            channel_id: channel.into(),
            message_id: message.into(),
            reason: reason.into(),
            ..DeleteMessage::default()
        };
        self.host.link().delete(self.host.cause(), request).await.map(drop)
    }

    /// Adds a reaction of the bot's.
    ///
    /// # Errors
    /// What the daemon or the app refused, or that neither could be reached.
    pub async fn react(
        &self,
        channel: impl Into<String>,
        message: impl Into<String>,
        reaction: impl Into<String>,
    ) -> Result<(), HostError> {
        let request = self.reaction(channel.into(), message.into(), reaction.into());
        self.host.link().react(self.host.cause(), request).await.map(drop)
    }

    /// Takes a reaction of the bot's back.
    ///
    /// # Errors
    /// What the daemon or the app refused, or that neither could be reached.
    pub async fn unreact(
        &self,
        channel: impl Into<String>,
        message: impl Into<String>,
        reaction: impl Into<String>,
    ) -> Result<(), HostError> {
        let request = self.reaction(channel.into(), message.into(), reaction.into());
        self.host.link().unreact(self.host.cause(), request).await.map(drop)
    }

    fn reaction(&self, channel_id: String, message_id: String, reaction: String) -> ReactToMessage {
        let workspace = self.workspace.clone();
        ReactToMessage { workspace, channel_id, message_id, reaction, ..ReactToMessage::default() }
    }

    /// Says something that one person sees, and that is stored nowhere.
    ///
    /// # Errors
    /// What the daemon or the app refused, or that neither could be reached.
    pub async fn whisper(
        &self,
        channel: impl Into<String>,
        user: impl Into<String>,
        body: impl Into<Body>,
    ) -> Result<(), HostError> {
        let request = SendRequest {
            workspace: self.workspace.clone(),
            channel_id: channel.into(),
            only_to: user.into(),
            body: Some(body.into().0),
            ..SendRequest::default()
        };
        self.host.send_message(request).await.map(drop)
    }

    /// Tells one person something in private.
    ///
    /// # Errors
    /// What the daemon or the app refused, or that neither could be reached.
    pub async fn direct(
        &self,
        user: impl Into<String>,
        body: impl Into<Body>,
    ) -> Result<MessageId, HostError> {
        let request = SendRequest {
            workspace: self.workspace.clone(),
            to_user: user.into(),
            body: Some(body.into().0),
            ..SendRequest::default()
        };
        self.host.send_message(request).await
    }

    /// Begins a message that grows while it is written.
    #[must_use]
    pub fn stream(&self, channel: impl Into<String>) -> Growing {
        let (workspace, channel_id) = (self.workspace.clone(), channel.into());
        self.stream_message(SendRequest { workspace, channel_id, ..SendRequest::default() })
    }

    /// Begins any message that grows: in a thread, with a first text, as Markdown.
    #[must_use]
    pub fn stream_message(&self, begin: SendRequest) -> Growing {
        self.host.link().grow(self.host.cause(), begin)
    }

    /// Shows that the bot is typing, at most a minute long; with no time, that it no longer is.
    ///
    /// # Errors
    /// What the daemon or the app refused, or that neither could be reached.
    pub async fn typing(
        &self,
        channel: impl Into<String>,
        time: Duration,
    ) -> Result<(), HostError> {
        let request = ShowTyping {
            workspace: self.workspace.clone(),
            channel_id: channel.into(),
            ttl_us: micros(time),
            ..ShowTyping::default()
        };
        self.host.link().typing(self.host.cause(), request).await.map(drop)
    }

    /// Shows a text beside the bot's name, at most a day long; empty takes it away.
    ///
    /// # Errors
    /// What the daemon or the app refused, or that neither could be reached.
    pub async fn status(&self, text: impl Into<String>, time: Duration) -> Result<(), HostError> {
        let (workspace, text) = (self.workspace.clone(), text.into());
        let request = SetStatus { workspace, text, ttl_us: micros(time) };
        self.host.link().status(self.host.cause(), request).await.map(drop)
    }

    /// One message.
    ///
    /// # Errors
    /// `NOT_FOUND`, or what else the daemon or the app refused.
    pub async fn get(
        &self,
        channel: impl Into<String>,
        message: impl Into<String>,
    ) -> Result<Message, HostError> {
        let (channel_id, message_id) = (channel.into(), message.into());
        let request = GetMessage { workspace: self.workspace.clone(), channel_id, message_id };
        self.host.link().get_message(self.host.cause(), request).await
    }

    /// What was said in a channel, the newest first.
    pub fn history(&self, channel: impl Into<String>) -> History {
        History::of(self.host.clone(), self.workspace.clone(), channel.into())
    }

    /// What says something, in all channels that the plugin may read; see [`History::channel`].
    pub fn search(&self, text: impl Into<String>) -> History {
        History::search(self.host.clone(), self.workspace.clone(), text.into())
    }
}

pub(crate) fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
