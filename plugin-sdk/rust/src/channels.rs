//! `Channels`: looked up, made, and looked after.
//!
//! It refuses to know who may see which; the daemon and the app do.

use outboard_proto::common::{
    ChannelInfo, ChannelKind, ChannelPage, CreateChannel, FindChannel, InviteToChannel,
    ListChannels, PinMessage, SetTopic, find_channel::By,
};

use crate::error::HostError;
use crate::host::Host;

/// Channels. Looking up needs `channels:read`, the rest `channels:manage`. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Channels {
    host: Host,
    workspace: String,
}

impl Channels {
    pub(crate) fn new(host: Host, workspace: String) -> Self {
        Self { host, workspace }
    }

    /// A channel by id.
    ///
    /// # Errors
    /// `NOT_FOUND`, or what else the daemon or the app refused.
    pub async fn get(&self, id: impl Into<String>) -> Result<ChannelInfo, HostError> {
        self.find(By::Id(id.into())).await
    }

    /// A channel by name.
    ///
    /// # Errors
    /// As [`Channels::get`].
    pub async fn by_name(&self, name: impl Into<String>) -> Result<ChannelInfo, HostError> {
        self.find(By::Name(name.into())).await
    }

    /// At most 100 of those that the plugin may see, behind the channel with the id `after`; empty
    /// begins.
    ///
    /// # Errors
    /// What the daemon or the app refused, or that neither could be reached.
    pub async fn list(&self, after: impl Into<String>) -> Result<ChannelPage, HostError> {
        let (workspace, after) = (self.workspace.clone(), after.into());
        let request = ListChannels { workspace, after, most: 0 };
        self.host.link().list_channels(self.host.cause(), request).await
    }

    /// Makes a channel.
    ///
    /// # Errors
    /// What the daemon or the app refused, or that neither could be reached.
    pub async fn create(
        &self,
        name: impl Into<String>,
        kind: ChannelKind,
        topic: impl Into<String>,
    ) -> Result<ChannelInfo, HostError> {
        let request = CreateChannel {
            workspace: self.workspace.clone(),
            name: name.into(),
            kind: kind.into(),
            topic: topic.into(),
            ..CreateChannel::default()
        };
        self.host.link().create_channel(self.host.cause(), request).await
    }

    /// Invites a person.
    ///
    /// # Errors
    /// What the daemon or the app refused, or that neither could be reached.
    pub async fn invite(
        &self,
        channel: impl Into<String>,
        user: impl Into<String>,
    ) -> Result<(), HostError> {
        let request = InviteToChannel {
            workspace: self.workspace.clone(),
            channel_id: channel.into(),
            user_id: user.into(),
            ..InviteToChannel::default()
        };
        self.host.link().invite(self.host.cause(), request).await.map(drop)
    }

    /// Sets the topic; empty takes it away.
    ///
    /// # Errors
    /// What the daemon or the app refused, or that neither could be reached.
    pub async fn set_topic(
        &self,
        channel: impl Into<String>,
        topic: impl Into<String>,
    ) -> Result<(), HostError> {
        let request = SetTopic {
            workspace: self.workspace.clone(),
            channel_id: channel.into(),
            topic: topic.into(),
            ..SetTopic::default()
        };
        self.host.link().set_topic(self.host.cause(), request).await.map(drop)
    }

    /// Pins a message.
    ///
    /// # Errors
    /// What the daemon or the app refused, or that neither could be reached.
    pub async fn pin(
        &self,
        channel: impl Into<String>,
        message: impl Into<String>,
    ) -> Result<(), HostError> {
        let request = self.pinned(channel.into(), message.into());
        self.host.link().pin(self.host.cause(), request).await.map(drop)
    }

    /// Takes a pin off.
    ///
    /// # Errors
    /// What the daemon or the app refused, or that neither could be reached.
    pub async fn unpin(
        &self,
        channel: impl Into<String>,
        message: impl Into<String>,
    ) -> Result<(), HostError> {
        let request = self.pinned(channel.into(), message.into());
        self.host.link().unpin(self.host.cause(), request).await.map(drop)
    }

    async fn find(&self, by: By) -> Result<ChannelInfo, HostError> {
        let request = FindChannel { workspace: self.workspace.clone(), by: Some(by) };
        self.host.link().find_channel(self.host.cause(), request).await
    }

    fn pinned(&self, channel_id: String, message_id: String) -> PinMessage {
        let workspace = self.workspace.clone();
        PinMessage { workspace, channel_id, message_id, ..PinMessage::default() }
    }
}
