//! The processes of the cases: this program, started again by itself in another role.
//!
//! It only leads to each; it refuses to know what they do.

use std::path::Path;
use std::process::{ExitCode, Termination as _};

use clap::ValueEnum;
use outboard_plugin::Plugin;

use crate::peer::{ours, raw, relay};
use crate::{flooder, listener, neighbour, storage};

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
    /// Ours: the app's end where three plugins are asked.
    ThreeApp,
    /// Ours: the plugin, as the daemon starts it.
    Plugin,
    /// Counts the events that it is told.
    Listener,
    /// Sleeps over each event at times.
    Sleeper,
    /// Keeps a core busy at times.
    Hog,
    /// Sends frames without end at times.
    Flooder,
    /// Sets and gets when it is told to.
    Keeper,
    /// A bare unary call: who asks.
    UnaryApp,
    /// A bare unary call: who answers.
    UnaryServer,
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
            Self::ThreeApp => "three-app",
            Self::Plugin => "plugin",
            Self::Listener => "listener",
            Self::Sleeper => "sleeper",
            Self::Hog => "hog",
            Self::Flooder => "flooder",
            Self::Keeper => "keeper",
            Self::UnaryApp => "unary-app",
            Self::UnaryServer => "unary-server",
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
            Self::OursApp => ours::app(folder, 1),
            Self::ThreeApp => ours::app(folder, 3),
            Self::Plugin => return run(named().before_post(async |_| {})),
            Self::Listener => return run(listener::plugin(named())),
            Self::Sleeper => return run(neighbour::sleeper(named())),
            Self::Hog => return run(neighbour::hog(named())),
            Self::Flooder => flooder::run(),
            Self::Keeper => return run(storage::keeper(named(), &own_name())),
            Self::UnaryApp => storage::app(folder),
            Self::UnaryServer => storage::server(folder),
        };
        crate::end(ended)
    }
}

/// A plugin under the manifest's name, so that one program serves for many.
fn named() -> Plugin {
    Plugin::new(own_name(), crate::plugin_folder::VERSION)
}

fn own_name() -> String {
    std::env::var("OUTBOARD_PLUGIN").unwrap_or_default()
}

fn run(plugin: Plugin) -> ExitCode {
    plugin.run().report()
}
