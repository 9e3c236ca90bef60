//! What is typed about plugins' settings. It knows words, not what may be set.

use std::path::PathBuf;

use clap::{Args, Subcommand};

/// Where a value counts: everywhere if nothing is said.
#[derive(Debug, Default, Args)]
pub struct Where {
    /// In this workspace
    #[arg(long, global = true, value_name = "ID")]
    pub workspace: Option<String>,
    /// In the channel with this id
    #[arg(long, global = true, value_name = "ID", conflicts_with = "user")]
    pub channel: Option<String>,
    /// For the user with this id
    #[arg(long, global = true, value_name = "ID")]
    pub user: Option<String>,
}

/// What is done with a plugin's settings.
#[derive(Debug, Subcommand)]
pub enum Setting {
    /// Show every setting and where its value comes from
    Show,
    /// Show one value
    Get {
        /// The setting
        key: String,
    },
    /// Save one value, and wait for what the plugin says of it
    ///
    /// A text setting takes the text as it is, any other JSON. A secret is never an argument: it is
    /// asked for, or read from standard input.
    Set {
        /// The setting
        key: String,
        /// The value; of a secret, it is asked for
        #[arg(allow_hyphen_values = true)]
        value: Option<String>,
        /// Read the value from standard input, without the line's end
        #[arg(long, conflicts_with = "value")]
        stdin: bool,
    },
    /// Go back to what counts without it
    Unset {
        /// The setting
        key: String,
    },
    /// Save several values at once, all of them or none: a JSON object
    Import {
        /// The file; standard input if not given
        file: Option<PathBuf>,
    },
    /// Show the schema, as JSON
    Schema,
}
