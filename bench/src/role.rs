//! The processes of the cases: this program, started again by itself in another role.
//!
//! It only leads to each; it refuses to know what they do.

use std::path::Path;
use std::process::{ExitCode, Termination as _};

use clap::ValueEnum;
use outboard_plugin::Plugin;

use crate::peer::{ours, raw, relay};

/// What one process of a case is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Bare sockets: the app's end.
    RawApp,
    /// Bare sockets: the middle.
    RawRelay,
    /// Bare sockets: the plugin's end.
    RawPlugin,
    /// Bare gRPC: the app's end.
    RelayApp,
    /// Bare gRPC: the middle.
    Relay,
    /// Bare gRPC: the plugin's end.
    RelayPlugin,
    /// Ours: the app's end; the middle is the daemon.
    OursApp,
    /// Ours: the plugin, as the daemon starts it.
    Plugin,
}

impl Role {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::RawApp => "raw-app",
            Self::RawRelay => "raw-relay",
            Self::RawPlugin => "raw-plugin",
            Self::RelayApp => "relay-app",
            Self::Relay => "relay",
            Self::RelayPlugin => "relay-plugin",
            Self::OursApp => "ours-app",
            Self::Plugin => "plugin",
        }
    }

    /// Plays it to its end; the case's sockets lie in `folder`.
    pub fn play(self, folder: &Path) -> ExitCode {
        let ended = match self {
            Self::RawApp => raw::app(folder),
            Self::RawRelay => raw::relay(folder),
            Self::RawPlugin => raw::plugin(folder),
            Self::RelayApp => relay::app(folder),
            Self::Relay => relay::middle(folder),
            Self::RelayPlugin => relay::plugin(folder),
            Self::OursApp => ours::app(folder),
            Self::Plugin => return plugin().run().report(),
        };
        crate::end(ended)
    }
}

/// A plugin that lets every message pass. Its name is the manifest's, so that one program serves
/// for many.
fn plugin() -> Plugin {
    let name = std::env::var("OUTBOARD_PLUGIN").unwrap_or_default();
    Plugin::new(name, crate::plugin_folder::VERSION).before_post(async |_| {})
}
