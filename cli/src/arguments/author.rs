//! What authors of plugins type: `new` and `dev`. Words and defaults; it refuses to know templates
//! and daemons.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Grant;

/// `outboard new`.
#[derive(Debug, Args)]
pub struct New {
    /// The plugin's name: a-z, 0-9 and -, a letter first
    pub name: String,
    /// Where to make it [default: a folder of that name here]
    pub path: Option<PathBuf>,
    /// The language it is written in
    #[arg(long, value_enum, value_name = "LANG")]
    pub lang: Lang,
    /// What it begins as
    #[arg(long, value_enum, value_name = "KIND", default_value = "command")]
    pub kind: Kind,
    /// The licence you give it
    #[arg(long, value_enum, value_name = "LICENSE", default_value = "mit")]
    pub license: License,
    /// Who writes it [default: what git knows, else who you are here]
    #[arg(long, value_name = "NAME")]
    pub author: Option<String>,
    /// The SDK's folder, or a clone of Outboard [default: the clone that this folder or this
    /// program lies in, else the released SDK]
    #[arg(long, value_name = "PATH", env = "OUTBOARD_SDK", hide_env_values = true)]
    pub sdk: Option<PathBuf>,
}

/// What a plugin is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Lang {
    /// Rust 1.90 or newer
    Rust,
    /// Python 3.10 or newer
    Python,
}

/// What a plugin begins as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Answers whoever calls it by name
    Bot,
    /// Looks at messages before they are posted
    Moderator,
    /// Owns a slash command, and remembers
    Command,
    /// Answers !example: a bit of everything
    Example,
}

/// The licence of a new plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum License {
    /// MIT
    Mit,
    /// Apache License 2.0
    #[value(name = "apache-2.0")]
    Apache2,
    /// None yet: nobody else may use it
    None,
}

/// `outboard dev`.
#[derive(Debug, Args)]
pub struct Dev {
    /// The plugin's folder, the one that holds plugin.toml
    pub path: PathBuf,
    /// Permissions to grant: asked, none, or a list such as messages:read,messages:send
    #[arg(long, value_name = "WHAT", default_value = "asked")]
    pub grant: Grant,
    /// Say the lines of this file, - for standard input, and end
    #[arg(long, value_name = "FILE")]
    pub script: Option<PathBuf>,
    /// At the end write a memory limit into plugin.toml that fits what the plugin took
    #[arg(long)]
    pub measure: bool,
}
