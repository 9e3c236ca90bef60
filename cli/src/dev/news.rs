//! Everything that can happen while a plugin is worked on, as the loop hears of it one after
//! another. It refuses to say what follows.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::report::{Loaded, LogLine, Plugin, TraceRecord};
use crate::trouble::Trouble;

/// News on their way to the loop: more than a flood of one plugin's log in a blink.
pub const WAITING: usize = 1024;

/// Something that happened.
#[derive(Debug)]
pub enum News {
    /// The tool that builds says what it does.
    Step(String),
    /// These files changed, relative to the project.
    Changed(Vec<PathBuf>),
    /// A build, and the load behind it, came to an end.
    Renewed(Renewed, Duration),
    /// How the plugin is now.
    Status(Box<Plugin>),
    /// It wrote a line.
    Log(LogLine),
    /// It was called, or was refused something.
    Trace(Box<TraceRecord>),
    /// Something in the chat.
    Chat(Heard),
    /// Nothing more follows an answer that was put off.
    Followed(String),
    /// What was typed last is dealt with.
    Talked(Talked),
    /// Nothing more will be typed.
    InputOver,
    /// A signal, or a terminal that is gone.
    Stop,
}

/// What a build and a load came to.
#[derive(Debug)]
pub enum Renewed {
    /// It does not build.
    Broken(String),
    /// The daemon does not take it.
    Refused(Box<Trouble>),
    /// It is loaded, and being started.
    Loaded(Box<Loaded>),
}

/// What people in the chat see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Heard {
    /// A message, or an answer.
    Said {
        channel: String,
        who: String,
        text: String,
        /// The plugin, where one speaks.
        plugin: Option<String>,
        /// user, assistant, system or tool.
        role: String,
        /// The one person who sees it.
        only: Option<String>,
        /// Plugins changed it on its way.
        changed: bool,
    },
    /// A message that is not posted.
    Refused { by: String, reason: String },
    /// A message that waits until somebody decides.
    Held { by: String, queue: String, reason: String },
    /// A message that a plugin has taken care of.
    Taken,
    /// A command or a message that came to nothing.
    Failed { what: String, reason: String },
    /// A command that is being worked on.
    Working { by: String, text: String },
    /// A word of this chat's own.
    Note { text: String },
}

/// What must happen until something that was typed is over.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Talked {
    /// The event that was published, and how many subscriptions it goes to.
    pub event: Option<(String, u32)>,
    /// An answer that follows.
    pub deferred: Option<String>,
}
