//! `Start`: what a plugin's start handler is given.
//!
//! It refuses to know when a start is over; the handler's return says so.

use std::path::PathBuf;
use std::sync::Arc;

use outboard_proto::plugin::{Starting, Welcome, plugin_frame};

use crate::error::HostError;
use crate::host::Host;
use crate::session::outbox::Outbox;

/// A plugin's start: what it is told before the first call may come.
#[derive(Debug)]
pub struct Start {
    welcome: Arc<Welcome>,
    host: Host,
    outbox: Arc<Outbox>,
    data_dir: PathBuf,
}

impl Start {
    pub(crate) fn new(host: Host, outbox: Arc<Outbox>, data_dir: PathBuf) -> Self {
        Self { welcome: host.welcome(), host, outbox, data_dir }
    }

    /// What counts on the whole server as JSON, without secrets; `{}` if the plugin has none. The
    /// [`host`](Start::host) gives it as a type of one's own, and secrets.
    #[must_use]
    pub fn settings(&self) -> &str {
        &self.welcome.settings
    }

    /// Everything the daemon said: grants, limits, the bot's account, the app, how the generation
    /// before ended.
    #[must_use]
    pub fn welcome(&self) -> &Welcome {
        &self.welcome
    }

    /// The folder that outlives the process.
    #[must_use]
    pub fn data_dir(&self) -> &std::path::Path {
        &self.data_dir
    }

    /// The host API.
    #[must_use]
    pub fn host(&self) -> Host {
        self.host.clone()
    }

    /// Says that starting takes a while: each time the start's time-out begins anew, up to 120 s
    /// in all.
    ///
    /// # Errors
    /// The session is lost.
    pub async fn progress(&self, percent: u32, text: impl Into<String>) -> Result<(), HostError> {
        let starting = Starting { percent, text: text.into() };
        self.outbox.offer(plugin_frame::Kind::Starting(starting)).await
    }
}
