//! What the daemon has said of itself, of the app and of this process: read from its welcome, and
//! from what it said since.
//!
//! It refuses to ask anybody.

use std::path::PathBuf;
use std::time::Duration;

use outboard_proto::plugin::{AppInfo, Bot, EndRecord, Limits};

use crate::context::Context;
use crate::host::Host;

impl Host {
    /// The number of this process among all of this plugin's, from 1; 0 for one that stands in for
    /// the plugin while it is debugged.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.welcome().generation
    }

    /// How the process before this one ended; nothing if there was none.
    #[must_use]
    pub fn previous_end(&self) -> Option<EndRecord> {
        self.welcome().previous_end.clone()
    }

    /// What this process is held to.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.welcome().limits.unwrap_or_default()
    }

    /// The account it speaks as; its `user_id` is empty until the app has said what it calls it.
    #[must_use]
    pub fn bot(&self) -> Bot {
        self.welcome().bot.clone().unwrap_or_default()
    }

    /// The connected app: its name and version, what it carries out, its workspaces, its language,
    /// where people reach it. Empty while none is connected.
    #[must_use]
    pub fn app(&self) -> AppInfo {
        self.welcome().app.clone().unwrap_or_default()
    }

    /// Whether a connected app carries out an operation, such as `messages.send`.
    #[must_use]
    pub fn app_can(&self, operation: &str) -> bool {
        self.welcome()
            .app
            .as_ref()
            .is_some_and(|app| app.operations.iter().any(|it| it == operation))
    }

    /// The folder that outlives the process; empty where the daemon is older than this.
    #[must_use]
    pub fn data_dir(&self) -> PathBuf {
        PathBuf::from(&self.welcome().data_dir)
    }

    /// The daemon's version; empty where it is older than this.
    #[must_use]
    pub fn daemon_version(&self) -> String {
        self.welcome().daemon_version.clone()
    }

    /// How long one call may take where its hook or event says nothing of its own.
    #[must_use]
    pub fn call_timeout(&self) -> Duration {
        Duration::from_micros(self.limits().call_timeout_us)
    }
}

impl Context {
    /// As [`Host::generation`].
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.host().generation()
    }

    /// As [`Host::previous_end`].
    #[must_use]
    pub fn previous_end(&self) -> Option<EndRecord> {
        self.host().previous_end()
    }

    /// As [`Host::limits`].
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.host().limits()
    }

    /// As [`Host::bot`].
    #[must_use]
    pub fn bot(&self) -> Bot {
        self.host().bot()
    }

    /// As [`Host::app`].
    #[must_use]
    pub fn app(&self) -> AppInfo {
        self.host().app()
    }
}
