//! `Host`: what a plugin may ask of the daemon, with the cause of asking attached.
//!
//! It refuses to judge whether the plugin may; the daemon does.

use std::collections::BTreeMap;
use std::sync::Arc;

use outboard_proto::plugin::{
    CallPluginRequest, EmitRequest, FollowUpRequest, ReplyRequest, SendRequest,
    SettingsGetSecretRequest, StorageBatchRequest, StorageBatchResponse, StorageGetRequest,
    StorageGetResponse, StorageListRequest, StorageListResponse, StorageUsage, StorageWatchRequest,
    TrackedUse, Welcome,
};

use serde::de::DeserializeOwned;

use crate::body::Body;
use crate::call::CallError;
use crate::channels::Channels;
use crate::error::HostError;
use crate::files::Files;
use crate::follow_up::Later;
use crate::link::{Cause, Link};
use crate::messages::Messages;
use crate::settings::at::At;
use crate::settings::{SettingsError, SettingsRegistered, read};
use crate::storage::{Source, Storage};
use crate::ui::Ui;
use crate::usage;
use crate::users::Users;

/// The id of a message, as the app knows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MessageId(pub String);

impl From<MessageId> for String {
    fn from(MessageId(id): MessageId) -> Self {
        id
    }
}

impl From<&MessageId> for String {
    fn from(MessageId(id): &MessageId) -> Self {
        id.clone()
    }
}

/// What a plugin may ask of the daemon. Cheap to clone; may be moved to any task or thread.
#[derive(Debug, Clone)]
pub struct Host {
    link: Arc<Link>,
    cause: Cause,
}

impl Host {
    pub(crate) fn new(link: Arc<Link>, cause: Cause) -> Self {
        Self { link, cause }
    }

    pub(crate) fn link(&self) -> &Link {
        &self.link
    }

    pub(crate) fn cause(&self) -> Cause {
        self.cause
    }

    /// What the daemon said when this plugin's session began.
    #[must_use]
    pub fn welcome(&self) -> Arc<Welcome> {
        self.link.welcome()
    }

    /// Says `body` in the channel with the id `channel`. Needs `messages:send`.
    ///
    /// # Errors
    /// What the daemon or the app refused, or that neither could be reached.
    pub async fn send(
        &self,
        channel: impl Into<String>,
        body: impl Into<Body>,
    ) -> Result<MessageId, HostError> {
        self.send_in(String::new(), channel.into(), body.into()).await
    }

    /// Sends any message: into a thread, with metadata, with an idempotency key of one's own.
    ///
    /// # Errors
    /// What the daemon or the app refused, or that neither could be reached.
    pub async fn send_message(&self, request: SendRequest) -> Result<MessageId, HostError> {
        self.link.send(self.cause, request).await.map(MessageId)
    }

    /// Goes on with a command that this or an earlier process of the plugin deferred, whose id it
    /// kept; `next` is the number of the next follow-up, from 1. Needs `commands:own`, or for an
    /// action `ui:contribute`.
    #[must_use]
    pub fn later(&self, interaction_id: impl Into<String>, next: u64) -> Later {
        let id = interaction_id.into();
        let cancelled = self.link.join_interaction(&id);
        // It outlives the call that began it.
        let own = Self { link: Arc::clone(&self.link), cause: Cause::Own };
        Later::new(own, id, next, cancelled)
    }

    pub(crate) async fn follow_up(&self, request: FollowUpRequest) -> Result<MessageId, HostError> {
        self.link.follow_up(request).await.map(MessageId)
    }

    pub(crate) fn leave_interaction(&self, id: &str) {
        self.link.leave_interaction(id);
    }

    /// Tells whoever subscribes to `plugin:<this plugin>:<event>` what has happened, as JSON, and
    /// gives the event's id. Needs `events:emit`.
    ///
    /// # Errors
    /// What the daemon refused, or that it could not be reached.
    pub async fn emit(
        &self,
        event: impl Into<String>,
        json: impl Into<String>,
    ) -> Result<String, HostError> {
        let (event, json) = (event.into(), json.into());
        self.emit_event(EmitRequest { event, json, ..EmitRequest::default() }).await
    }

    /// Tells any event of its own: in a workspace, with an id of one's own that counts once a day.
    ///
    /// # Errors
    /// What the daemon refused, or that it could not be reached.
    pub async fn emit_event(&self, request: EmitRequest) -> Result<String, HostError> {
        self.link.emit(self.cause, request).await
    }

    pub(crate) async fn send_in(
        &self,
        workspace: String,
        channel_id: String,
        body: Body,
    ) -> Result<MessageId, HostError> {
        let body = Some(body.0);
        let request = SendRequest { workspace, channel_id, body, ..SendRequest::default() };
        self.send_message(request).await
    }

    /// Notes that something was used: an operator sees how often, and may follow each use with its
    /// metadata. Free; it waits for nothing. A plugin's first 64 actions keep their names; what
    /// does not fit is dropped: a name has up to 64 bytes of letters, digits and `. _ - : /`, the
    /// metadata 1 KiB.
    pub fn track<K: Into<String>, V: Into<String>>(
        &self,
        action: impl Into<String>,
        metadata: impl IntoIterator<Item = (K, V)>,
    ) {
        self.track_use(usage::used(action, metadata));
    }

    /// Notes any use: with a value that is added up, with a time of its own.
    pub fn track_use(&self, use_: TrackedUse) {
        match self.link.recorder() {
            Some(recorder) => recorder.track(use_),
            None => self.link.usage().track(use_),
        }
    }

    /// Adds to a counter of this plugin's own.
    pub fn count(&self, name: impl Into<String>, by: u64) {
        self.count_labelled::<&str, &str>(name, [], by);
    }

    /// Adds to a counter with up to 4 labels: counters and their labels together are one of 64.
    pub fn count_labelled<K: Into<String>, V: Into<String>>(
        &self,
        name: impl Into<String>,
        labels: impl IntoIterator<Item = (K, V)>,
        by: u64,
    ) {
        // Nothing grew; on the wire 0 would be 1.
        if by == 0 {
            return;
        }
        let labels = labels.into_iter();
        let labels: BTreeMap<String, String> =
            labels.map(|(key, value)| (key.into(), value.into())).collect();
        match self.link.recorder() {
            Some(recorder) => recorder.count(name.into(), &labels, by),
            None => self.link.usage().count(name.into(), labels, by),
        }
    }

    /// Records of [`track`](Self::track) and [`count`](Self::count) that were dropped before the
    /// daemon was told: there were too many at once, or it did not answer.
    #[must_use]
    pub fn usage_dropped(&self) -> u64 {
        self.link.usage().dropped()
    }

    /// Calls a method of another plugin and returns its JSON. Needs `plugins:call` for that plugin.
    ///
    /// # Errors
    /// The other plugin's failure, or why it could not be called.
    pub async fn call_plugin(
        &self,
        plugin: impl Into<String>,
        method: impl Into<String>,
        json: impl Into<String>,
    ) -> Result<String, CallError> {
        let (plugin, method, json) = (plugin.into(), method.into(), json.into());
        self.link.call_plugin(self.cause, CallPluginRequest { plugin, method, json }).await
    }

    /// Messages: edited, reacted to, read. Needs `messages:send` or `messages:history`.
    #[must_use]
    pub fn messages(&self) -> Messages {
        Messages::new(self.clone(), String::new())
    }

    /// People. Needs `users:read` or `users:moderate`.
    #[must_use]
    pub fn users(&self) -> Users {
        Users::new(self.clone(), String::new())
    }

    /// Files of the chat server: looked at, downloaded, uploaded. Needs `files:read` or
    /// `files:write`.
    #[must_use]
    pub fn files(&self) -> Files {
        Files::new(self.clone(), String::new())
    }

    /// Channels. Needs `channels:read` or `channels:manage`.
    #[must_use]
    pub fn channels(&self) -> Channels {
        Channels::new(self.clone(), String::new())
    }

    /// What counts on the whole server, as the author's own type, which must fit the schema.
    ///
    /// # Errors
    /// The type wants something else.
    pub fn settings<T: DeserializeOwned>(&self) -> Result<T, SettingsError> {
        read(&self.link.welcome().settings)
    }

    /// What counts in a workspace, in the channel with the id `channel` and for the user with the
    /// id `user`; empty ids stand for none.
    ///
    /// # Errors
    /// The type wants something else, or the daemon cannot be reached.
    pub async fn settings_at<T: DeserializeOwned>(
        &self,
        workspace: impl Into<String>,
        channel: impl Into<String>,
        user: impl Into<String>,
    ) -> Result<T, SettingsError> {
        let (workspace, channel, user) = (workspace.into(), channel.into(), user.into());
        self.settings_of(Some(&At { workspace, channel, user })).await
    }

    pub(crate) async fn settings_of<T: DeserializeOwned>(
        &self,
        at: Option<&At>,
    ) -> Result<T, SettingsError> {
        read(&self.link.settings_at(at).await?)
    }

    /// A secret setting, as it counts on the whole server.
    ///
    /// # Errors
    /// It is not declared, nobody has set it, or the daemon cannot be reached.
    pub async fn secret(&self, key: &str) -> Result<String, HostError> {
        let key = key.to_owned();
        self.secret_of(SettingsGetSecretRequest { key, ..Default::default() }).await
    }

    /// Has these settings, a JSON Schema of an object, stand beside the manifest's, which must say
    /// `[settings] dynamic = true`; in the place of what was registered before. They go with the
    /// process: a start handler registers them anew. What was saved for them stays.
    ///
    /// # Errors
    /// The manifest allows none or not so many, the schema cannot stand, or the daemon cannot be
    /// reached.
    pub async fn register_settings(
        &self,
        schema: &serde_json::Value,
    ) -> Result<SettingsRegistered, HostError> {
        let registered = self.link.register_settings(schema.to_string()).await?;
        Ok(SettingsRegistered { missing: registered.missing, unfit: registered.unfit })
    }

    pub(crate) async fn secret_of(
        &self,
        request: SettingsGetSecretRequest,
    ) -> Result<String, HostError> {
        self.link.secret(request).await
    }

    /// What this plugin shows in the app. Needs `ui:contribute`.
    #[must_use]
    pub fn ui(&self) -> Ui {
        Ui::new(self.clone())
    }

    /// What this plugin keeps. Needs `storage:read` to look and `storage:write` to change.
    #[must_use]
    pub fn storage(&self) -> Storage {
        Storage::new(self.clone())
    }

    pub(crate) async fn storage_get(
        &self,
        request: StorageGetRequest,
    ) -> Result<StorageGetResponse, HostError> {
        self.link.storage_get(self.cause, request).await
    }

    pub(crate) async fn storage_list(
        &self,
        request: StorageListRequest,
    ) -> Result<StorageListResponse, HostError> {
        self.link.storage_list(self.cause, request).await
    }

    pub(crate) async fn storage_usage(&self) -> Result<StorageUsage, HostError> {
        self.link.storage_usage(self.cause).await
    }

    pub(crate) async fn storage_batch(
        &self,
        request: StorageBatchRequest,
    ) -> Result<StorageBatchResponse, HostError> {
        self.link.storage_batch(self.cause, request).await
    }

    pub(crate) async fn storage_watch(
        &self,
        request: StorageWatchRequest,
    ) -> Result<Source, HostError> {
        // It outlives what began it.
        self.link.storage_watch(Cause::Own, request).await
    }

    /// Says `body` in the channel and thread of what is being handled. Without a cause, as in a
    /// plugin's start, there is nowhere to reply and the daemon refuses.
    ///
    /// # Errors
    /// What the daemon or the app refused, or that neither could be reached.
    pub async fn reply(&self, body: impl Into<Body>) -> Result<MessageId, HostError> {
        let body = Some(body.into().0);
        let request = ReplyRequest { body, ..ReplyRequest::default() };
        self.link.reply(self.cause, request).await.map(MessageId)
    }
}
