//! What is typed about plugins' storage. It knows words and defaults, not what they do.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// What is done with what a plugin keeps.
#[derive(Debug, Subcommand)]
pub enum Shelf {
    /// Show every key on one line
    Ls {
        /// Only keys that begin with this
        prefix: Option<String>,
    },
    /// Show what a key holds
    Get {
        /// The key
        key: String,
        /// Even if it is secret
        #[arg(long)]
        with_secrets: bool,
    },
    /// Write all keys and values to standard output, one JSON document a line
    Export {
        /// Only keys that begin with this
        prefix: Option<String>,
        /// With secret values, in clear
        #[arg(long)]
        with_secrets: bool,
    },
    /// Write what `export` printed: key by key, in place of what is there
    Import {
        /// The file; standard input if not given
        file: Option<PathBuf>,
    },
    /// Show how much is kept, and how much may be
    Usage,
    /// Copy everything into a new file, while the plugin runs
    Snapshot {
        /// The file
        file: PathBuf,
        /// With secret values, encrypted as they are
        #[arg(long)]
        with_secrets: bool,
    },
    /// Put such a copy in the place of everything
    Restore {
        /// The file
        file: PathBuf,
        /// Do not ask
        #[arg(long, short)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
pub struct Unload {
    /// The plugin
    pub name: String,
    /// Drop what it keeps, too; its data folder stays
    #[arg(long)]
    pub purge: bool,
}
