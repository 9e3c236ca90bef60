//! `Context`: what surrounds one call or event, the same for every kind of handler.
//!
//! It refuses to know what is being handled, and never extends its own time.

use std::future::Future;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use outboard_proto::common::Trace;
use outboard_proto::plugin::{EmitRequest, SettingsGetSecretRequest, Welcome};
use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;

use crate::body::Body;
use crate::call::CallError;
use crate::channels::Channels;
use crate::error::HostError;
use crate::files::Files;
use crate::host::{Host, MessageId};
use crate::messages::Messages;
use crate::settings::SettingsError;
use crate::settings::at::At;
use crate::storage::Storage;
use crate::ui::Ui;
use crate::users::Users;

/// What surrounds one call or event.
#[derive(Debug)]
pub struct Context {
    host: Host,
    deadline: Instant,
    workspace: String,
    locale: String,
    trace: Option<Trace>,
    ended: OnceLock<CancellationToken>,
    /// Where it happens; only while settings are narrowed.
    at: Option<Box<At>>,
}

impl Context {
    pub(crate) fn new(host: Host, deadline: Instant, trace: Option<Trace>) -> Self {
        Self {
            host,
            deadline,
            workspace: String::new(),
            locale: String::new(),
            trace,
            ended: OnceLock::new(),
            at: None,
        }
    }

    pub(crate) fn within(mut self, workspace: String, locale: String) -> Self {
        self.workspace = workspace;
        self.locale = locale;
        self
    }

    pub(crate) fn at(mut self, at: Option<At>) -> Self {
        self.at = at.map(Box::new);
        self
    }

    /// The plugin's settings as the author's own type, which must fit the schema: what counts in
    /// this workspace and channel, for the person who acts. The daemon is asked only where
    /// somebody has set something for less than the whole server, and then once.
    ///
    /// # Errors
    /// The type wants something else, or the daemon cannot be reached.
    pub async fn settings<T: DeserializeOwned>(&self) -> Result<T, SettingsError> {
        self.host.settings_of(self.at.as_deref()).await
    }

    /// A secret setting, as it counts here.
    ///
    /// # Errors
    /// It is not declared, nobody has set it, or the daemon cannot be reached.
    pub async fn secret(&self, key: &str) -> Result<String, HostError> {
        let At { workspace, channel, user } = self.at.as_deref().cloned().unwrap_or_default();
        let key = key.to_owned();
        let request = SettingsGetSecretRequest { key, workspace, channel, user, change: 0 };
        self.host.secret_of(request).await
    }

    /// When the answer is due. A handler that takes longer is dropped.
    #[must_use]
    pub fn deadline(&self) -> Instant {
        self.deadline
    }

    /// What is left until the deadline; zero if it has passed.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// A token that is cancelled when this call ends, however it ends: answered, dropped at its
    /// deadline, or no longer wanted by its caller.
    ///
    /// An async handler needs none, for it is dropped itself. It is for what the handler has
    /// started elsewhere, and for [`blocking`](crate::blocking) handlers.
    pub fn ended(&self) -> CancellationToken {
        self.ended.get_or_init(CancellationToken::new).clone()
    }

    /// The workspace; empty where the app has only one.
    #[must_use]
    pub fn workspace(&self) -> &str {
        &self.workspace
    }

    /// The language to answer in, BCP 47; empty if unknown.
    #[must_use]
    pub fn locale(&self) -> &str {
        &self.locale
    }

    /// The W3C trace context, where the app sent one.
    #[must_use]
    pub fn trace(&self) -> Option<&Trace> {
        self.trace.as_ref()
    }

    /// What the daemon said when this plugin's session began.
    #[must_use]
    pub fn welcome(&self) -> Arc<Welcome> {
        self.host.welcome()
    }

    /// What the plugin may do now, "resource:action". The operator may change that at any time.
    #[must_use]
    pub fn grants(&self) -> Vec<String> {
        self.welcome().grants.clone()
    }

    /// Whether the plugin has a permission now, such as `messages:send`; it may be limited to some
    /// channels. To do less without an optional one instead of being refused.
    #[must_use]
    pub fn may(&self, permission: &str) -> bool {
        self.welcome().grants.iter().any(|it| it == permission)
    }

    /// The host API, for tasks that outlive the handler. It keeps this call as their cause.
    #[must_use]
    pub fn host(&self) -> Host {
        self.host.clone()
    }

    /// What this plugin keeps, whichever process of it runs. Needs `storage:read` to look and
    /// `storage:write` to change.
    #[must_use]
    pub fn storage(&self) -> Storage {
        self.host.storage()
    }

    /// Notes that something was used, such as `ctx.track("rolled", [("sides", "6")])`; see
    /// [`Host::track`].
    pub fn track<K: Into<String>, V: Into<String>>(
        &self,
        action: impl Into<String>,
        metadata: impl IntoIterator<Item = (K, V)>,
    ) {
        self.host.track(action, metadata);
    }

    /// Adds to a counter of this plugin's own; see [`Host::count`].
    pub fn count(&self, name: impl Into<String>, by: u64) {
        self.host.count(name, by);
    }

    /// Messages of this workspace: edited, reacted to, read. Needs `messages:send` or
    /// `messages:history`.
    #[must_use]
    pub fn messages(&self) -> Messages {
        Messages::new(self.host(), self.workspace.clone())
    }

    /// People of this workspace. Needs `users:read` or `users:moderate`.
    #[must_use]
    pub fn users(&self) -> Users {
        Users::new(self.host(), self.workspace.clone())
    }

    /// Files of the chat server: looked at, downloaded, uploaded. Needs `files:read` or
    /// `files:write`.
    #[must_use]
    pub fn files(&self) -> Files {
        Files::new(self.host(), self.workspace.clone())
    }

    /// Channels of this workspace. Needs `channels:read` or `channels:manage`.
    #[must_use]
    pub fn channels(&self) -> Channels {
        Channels::new(self.host(), self.workspace.clone())
    }

    /// What this plugin shows in the app. Needs `ui:contribute`.
    #[must_use]
    pub fn ui(&self) -> Ui {
        self.host.ui()
    }

    /// Says `body` in the channel and thread of what is being handled. Needs `messages:send`.
    ///
    /// # Errors
    /// What the daemon or the app refused, or that neither could be reached.
    pub async fn reply(&self, body: impl Into<Body>) -> Result<MessageId, HostError> {
        self.host.reply(body).await
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
        let (event, json, workspace) = (event.into(), json.into(), self.workspace.clone());
        let request = EmitRequest { event, json, workspace, ..EmitRequest::default() };
        self.host.emit_event(request).await
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
        self.host.send_in(self.workspace.clone(), channel.into(), body.into()).await
    }

    /// Calls a method of another plugin and returns its JSON. Needs `plugins:call` for that plugin.
    /// It has what is left of this call's time, and ends with it.
    ///
    /// # Errors
    /// The other plugin's failure, or why it could not be called.
    pub async fn call_plugin(
        &self,
        plugin: impl Into<String>,
        method: impl Into<String>,
        json: impl Into<String>,
    ) -> Result<String, CallError> {
        self.host.call_plugin(plugin, method, json).await
    }

    /// Where people reach the app from outside; empty where no connected app says.
    #[must_use]
    pub fn public_url(&self) -> String {
        self.welcome().app.as_ref().map(|app| app.public_url.clone()).unwrap_or_default()
    }

    /// Waits for a future in a [`blocking`](crate::blocking) handler, such as
    /// `ctx.wait(ctx.reply("done"))`.
    ///
    /// # Panics
    /// In an async handler, which must `.await` instead.
    pub fn wait<F: Future>(&self, future: F) -> F::Output {
        tokio::runtime::Handle::current().block_on(future)
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        if let Some(token) = self.ended.get() {
            token.cancel();
        }
    }
}
