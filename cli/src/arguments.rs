//! The command line as it is typed. It knows words and defaults, not what they do.

mod author;
mod groups;
mod permissions;
mod settings;
mod statistics;
mod storage;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use crate::exit;
use crate::screen::Format;

pub use author::{Dev, Kind, Lang, License, New};
pub use groups::{command, parse};
pub use permissions::{Audit, Grants};
pub use settings::{Setting, Where};
pub use statistics::{Popular, Stats, Usage};
pub use storage::{Shelf, Unload};

/// Run, watch and check the plugins of a chat server
#[derive(Debug, Parser)]
#[command(name = "outboard", version, after_help = exit::LIST, max_term_width = 100)]
pub struct Arguments {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// What every command takes.
#[derive(Debug, Clone, Args)]
pub struct Global {
    /// The daemon's admin socket [default: /run/outboard/admin.sock, for other users than root
    /// their own daemon's where there is one]
    #[arg(long, global = true, value_name = "PATH", env = "OUTBOARD_ADMIN_SOCKET")]
    #[arg(hide_env_values = true)]
    pub socket: Option<PathBuf>,
    /// Tables for people or JSON for programs
    #[arg(long, global = true, value_enum, default_value = "table", value_name = "FORMAT")]
    pub output: Format,
    /// No colours; NO_COLOR does the same
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Give up after so many seconds [default: 30 for an answer, 180 for a plugin's start]
    #[arg(long, global = true, value_name = "SECONDS")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout: Option<u64>,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show every plugin on one line
    List,
    /// Show all there is to know of a plugin
    Status(Named),
    /// Show every change of state as it happens
    Watch {
        /// Only this plugin
        name: Option<String>,
    },
    /// Show what plugins wrote to their output
    Logs(Logs),
    /// Show what becomes of messages, commands and events, and each plugin's part in it
    Trace(Trace),
    /// Have a process of your own stand in for a plugin, under a debugger if you like
    Debug(Debug),
    /// Make a new plugin's project
    New(New),
    /// Run a plugin under work: a daemon and a chat of its own, built anew whenever you save
    Dev(Dev),
    /// Load the plugin in a folder, or load it again after its manifest changed
    Load(Load),
    /// Stop a plugin and forget it; what it keeps stays, and its data folder
    Unload(Unload),
    /// Show what a plugin may do, what it uses of that, and change it while it runs
    Grants(Grants),
    /// Show what was done and by whom: by operators, and what plugins were refused
    Audit(Audit),
    /// Let a plugin run, now and after every start of the daemon
    Enable {
        #[command(flatten)]
        started: Started,
        /// Only in these channels: globs over names, or id:ID; `revert NAME channels` lifts it
        #[arg(long, value_name = "GLOB,…")]
        channels: Option<String>,
    },
    /// Stop a plugin until it is enabled again
    Disable(Named),
    /// Stop a plugin and start it again
    Restart(Started),
    /// Let a failed plugin try again
    Reset(Started),
    /// Show in which order plugins answer a hook
    Order {
        /// Such as message.before_post
        hook: String,
    },
    /// Take plugins off the way of messages for a time
    ///
    /// It ends by itself, with --end and with the daemon.
    Bypass(Bypass),
    /// Show what was counted of plugins: uses, errors, times, ends
    Stats(Stats),
    /// Show what people used most
    Popular(Popular),
    /// Show what plugins track of their use, as it happens
    Usage(Usage),
    /// Print everything of this moment as OpenMetrics text
    Metrics,
    /// Show what is wrong and who is told; exits 1 if something is
    Alerts {
        /// Tell everybody something that is not so, to see whether it arrives
        #[arg(long)]
        test: bool,
    },
    /// Say what this machine enforces and what is wrong; exits 1 if something is
    Doctor,
    /// Look for mistakes in a plugin's folder, with or without a daemon
    Check {
        /// The folder that holds plugin.toml
        path: PathBuf,
        /// Write the handlers that the code registers into the manifest
        #[arg(long)]
        fix: bool,
    },
    /// Events that were given up: look at them, deliver them again, drop them
    DeadLetters {
        #[command(subcommand)]
        what: Letters,
    },
    /// What plugins hold: look at it, release it, drop it
    Held {
        #[command(subcommand)]
        what: Held,
    },
    /// What is set for a plugin: look at it, change it
    Settings {
        /// The plugin
        name: String,
        #[command(flatten)]
        at: Where,
        #[command(subcommand)]
        what: Option<Setting>,
    },
    /// What a plugin keeps: look at it, copy it, put it back
    Storage {
        /// The plugin; it need not be loaded
        name: String,
        #[command(subcommand)]
        what: Shelf,
    },
    /// Read the configuration files again: all of it, or nothing if there is a mistake
    Reload,
    /// Show what a reload would change
    Diff,
    /// Set a value above the configuration files
    Set {
        /// The plugin
        name: String,
        /// Such as memory or call_timeout
        key: String,
        /// Such as 80MiB or 2s
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
    /// Drop what `set`, `enable` and `load` (its grants) set above the configuration files
    Revert {
        /// The plugin
        name: String,
        /// Only this key
        key: Option<String>,
    },
    /// Copy the daemon's state into a folder while it runs
    Backup {
        /// A new or empty folder
        dir: PathBuf,
        /// With the secret values that plugins keep, encrypted as they are
        #[arg(long)]
        with_secrets: bool,
    },
    /// Replace the daemon's state by a backup; the daemon starts itself again
    Restore {
        /// A folder that `backup` wrote
        dir: PathBuf,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
    /// Forget a user: erase what the daemon keeps, and tell plugins to do the same
    Forget {
        /// The user's id, as the chat server knows it
        user: String,
        /// Only in this workspace
        #[arg(long)]
        workspace: Option<String>,
    },
    /// Show the versions of this command and of the daemon, and what is connected
    Version,
    /// Print a completion script
    Completions { shell: Shell },
}

/// What is done with dead letters.
#[derive(Debug, Subcommand)]
pub enum Letters {
    /// Show every dead letter on one line, the newest first
    List {
        /// Only this plugin's
        name: Option<String>,
    },
    /// Show all there is to know of a dead letter
    Show {
        /// Its number
        id: i64,
        /// Also show what the event says
        #[arg(long)]
        content: bool,
    },
    /// Deliver dead letters again, behind everything else of their lanes
    Replay {
        /// Their numbers
        #[arg(required = true, value_name = "ID")]
        ids: Vec<i64>,
    },
    /// Drop dead letters
    Drop {
        /// Their numbers
        #[arg(required = true, value_name = "ID")]
        ids: Vec<i64>,
    },
}

/// What is done with things held.
#[derive(Debug, Subcommand)]
pub enum Held {
    /// Show what is held on one line each, the oldest first
    List {
        /// Only what waits in this queue
        #[arg(long, value_name = "QUEUE")]
        queue: Option<String>,
    },
    /// Show all there is to know of something held
    Show {
        /// Its id
        id: String,
        /// Also show what it says
        #[arg(long)]
        content: bool,
    },
    /// Have the chat server go on with it
    Release {
        /// Its id
        id: String,
    },
    /// Have the chat server drop it
    Drop {
        /// Its id
        id: String,
        /// Why, for whoever wrote it
        #[arg(long, default_value = "", hide_default_value = true)]
        reason: String,
    },
}

#[derive(Debug, Args)]
pub struct Named {
    /// The plugin
    pub name: String,
}

/// A plugin whose start is waited for.
#[derive(Debug, Args)]
pub struct Started {
    /// The plugin
    pub name: String,
    /// Do not wait until it runs, or until it is clear that it will not
    #[arg(long)]
    pub no_wait: bool,
}

#[derive(Debug, Args)]
pub struct Bypass {
    /// A hook or a plugin [default: every hook]
    #[arg(value_name = "HOOK|NAME")]
    pub target: Option<String>,
    /// How long, such as 10m
    #[arg(long = "for", value_name = "TIME", required_unless_present = "end")]
    pub period: Option<String>,
    /// Put the plugins back at once
    #[arg(long, conflicts_with = "period")]
    pub end: bool,
}

#[derive(Debug, Args)]
pub struct Logs {
    /// Only this plugin
    pub name: Option<String>,
    /// Go on with every new line
    #[arg(long, short)]
    pub follow: bool,
    /// Begin with the newest N lines [default: all that are kept]
    #[arg(long, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub tail: Option<u32>,
}

#[derive(Debug, Args)]
pub struct Trace {
    /// Only this: hook, command, action, follow-up, event, delivery or denial
    #[arg(long)]
    pub kind: Option<String>,
    /// Only the hook, command, action or event of this name, such as message.before_post
    #[arg(long)]
    pub name: Option<String>,
    /// Only this interaction or event, by id; deliveries go with their event
    #[arg(long)]
    pub id: Option<String>,
    /// Only this hook
    #[arg(long)]
    pub hook: Option<String>,
    /// Only where this plugin had a part
    #[arg(long, value_name = "NAME")]
    pub plugin: Option<String>,
    /// Only this channel, by name or id
    #[arg(long)]
    pub channel: Option<String>,
    /// Only this message, by id or draft id
    #[arg(long, value_name = "ID")]
    pub message: Option<String>,
    /// Show one of N
    #[arg(long, value_name = "N")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    pub sample: Option<u32>,
    /// Show what messages say; without it no content leaves the daemon
    #[arg(long)]
    pub content: bool,
    /// End after N
    #[arg(long, value_name = "N")]
    pub count: Option<usize>,
}

#[derive(Debug, Args)]
pub struct Debug {
    /// The plugin
    pub name: String,
    /// End what is under way; the plugin's own process comes back
    #[arg(long, conflicts_with = "command")]
    pub stop: bool,
    /// Run this with what it needs in its environment; without it that is printed
    #[arg(last = true, value_name = "CMD")]
    pub command: Vec<std::ffi::OsString>,
}

#[derive(Debug, Args)]
pub struct Load {
    /// The folder that holds plugin.toml; it is used in place
    pub path: PathBuf,
    /// Permissions to grant without asking: asked, none, or a list such as
    /// messages:read,messages:send@channels=town-*
    #[arg(long, value_name = "WHAT")]
    pub grant: Option<Grant>,
    /// Grant all that is asked, without asking
    #[arg(long, short, conflicts_with = "grant")]
    pub yes: bool,
    /// Do not wait until it runs, or until it is clear that it will not
    #[arg(long)]
    pub no_wait: bool,
}

/// What `--grant` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// All that the manifest asks for.
    Asked,
    /// Nothing.
    None,
    /// These and no others.
    List(Vec<String>),
}

impl std::str::FromStr for Grant {
    type Err = String;

    fn from_str(text: &str) -> Result<Grant, String> {
        match text {
            "asked" => return Ok(Grant::Asked),
            "none" => return Ok(Grant::None),
            _ => {}
        }
        let listed: Vec<String> = text.split(',').map(|each| each.trim().to_owned()).collect();
        match listed.iter().find(|each| !is_permission(each)) {
            Some(wrong) => Err(format!("{wrong:?} is not asked, none or resource:action")),
            None => Ok(Grant::List(listed)),
        }
    }
}

fn is_permission(text: &str) -> bool {
    let named = |part: &str| !part.is_empty() && !part.contains(char::is_whitespace);
    text.split_once(':').is_some_and(|(resource, action)| named(resource) && named(action))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_holds_together() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_grant_is_a_word_or_a_list() {
        assert_eq!("asked".parse(), Ok(Grant::Asked));
        let both = vec!["messages:read".to_owned(), "messages:send".to_owned()];
        assert_eq!("messages:read, messages:send".parse(), Ok(Grant::List(both)));
        for wrong in ["", "all", "messages", ":read", "messages:read,,"] {
            assert!(wrong.parse::<Grant>().is_err(), "{wrong}");
        }
    }
}
