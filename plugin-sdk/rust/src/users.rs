//! `Users`: people, looked up and moderated.
//!
//! It refuses to judge who may be moderated; the app does.

use std::time::Duration;

use outboard_proto::common::{FindUser, ModerateUser, ModerationAct, User, find_user::By};

use crate::error::HostError;
use crate::host::Host;
use crate::messages::micros;

/// People. Looking up needs `users:read`, the rest `users:moderate`; each act of moderation needs a
/// reason, and is on record. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Users {
    host: Host,
    workspace: String,
    channel: String,
}

impl Users {
    pub(crate) fn new(host: Host, workspace: String) -> Self {
        Self { host, workspace, channel: String::new() }
    }

    /// The same, for acts that hold in one channel only.
    #[must_use]
    pub fn in_channel(mut self, channel: impl Into<String>) -> Self {
        self.channel = channel.into();
        self
    }

    /// A person by id.
    ///
    /// # Errors
    /// `NOT_FOUND`, or what else the daemon or the app refused.
    pub async fn get(&self, id: impl Into<String>) -> Result<User, HostError> {
        self.find(By::Id(id.into())).await
    }

    /// A person by name.
    ///
    /// # Errors
    /// As [`Users::get`].
    pub async fn by_name(&self, name: impl Into<String>) -> Result<User, HostError> {
        self.find(By::Name(name.into())).await
    }

    /// Warns a person.
    ///
    /// # Errors
    /// What the daemon or the app refused, or that neither could be reached.
    pub async fn warn(
        &self,
        user: impl Into<String>,
        reason: impl Into<String>,
    ) -> Result<(), HostError> {
        self.moderate(ModerationAct::Warn, user.into(), Duration::ZERO, reason.into()).await
    }

    /// Lets a person say nothing for a while: a second to a year.
    ///
    /// # Errors
    /// As [`Users::warn`].
    pub async fn mute(
        &self,
        user: impl Into<String>,
        time: Duration,
        reason: impl Into<String>,
    ) -> Result<(), HostError> {
        self.moderate(ModerationAct::Mute, user.into(), time, reason.into()).await
    }

    /// Lets a person speak again.
    ///
    /// # Errors
    /// As [`Users::warn`].
    pub async fn unmute(
        &self,
        user: impl Into<String>,
        reason: impl Into<String>,
    ) -> Result<(), HostError> {
        self.moderate(ModerationAct::Unmute, user.into(), Duration::ZERO, reason.into()).await
    }

    /// Takes a person out of the channel named with [`Users::in_channel`].
    ///
    /// # Errors
    /// As [`Users::warn`].
    pub async fn kick(
        &self,
        user: impl Into<String>,
        reason: impl Into<String>,
    ) -> Result<(), HostError> {
        self.moderate(ModerationAct::Kick, user.into(), Duration::ZERO, reason.into()).await
    }

    /// Keeps a person out, for good or, with a time, until that is over.
    ///
    /// # Errors
    /// As [`Users::warn`].
    pub async fn ban(
        &self,
        user: impl Into<String>,
        time: Option<Duration>,
        reason: impl Into<String>,
    ) -> Result<(), HostError> {
        let time = time.unwrap_or_default();
        self.moderate(ModerationAct::Ban, user.into(), time, reason.into()).await
    }

    /// Lets a person in again.
    ///
    /// # Errors
    /// As [`Users::warn`].
    pub async fn unban(
        &self,
        user: impl Into<String>,
        reason: impl Into<String>,
    ) -> Result<(), HostError> {
        self.moderate(ModerationAct::Unban, user.into(), Duration::ZERO, reason.into()).await
    }

    async fn find(&self, by: By) -> Result<User, HostError> {
        let request = FindUser { workspace: self.workspace.clone(), by: Some(by) };
        self.host.link().find_user(self.host.cause(), request).await
    }

    async fn moderate(
        &self,
        act: ModerationAct,
        user_id: String,
        time: Duration,
        reason: String,
    ) -> Result<(), HostError> {
        let request = ModerateUser {
            workspace: self.workspace.clone(),
            user_id,
            act: act.into(),
            reason,
            duration_us: micros(time),
            channel_id: self.channel.clone(),
            ..ModerateUser::default()
        };
        self.host.link().moderate(self.host.cause(), request).await.map(drop)
    }
}
