//! What the daemon puts into a plugin's environment.
//!
//! Read once, at the start; it refuses to know what the values are used for.

use std::env;
use std::path::PathBuf;

use tonic::metadata::{Ascii, MetadataValue};

use crate::error::RunError;

/// Where the daemon is and what this plugin has of its own.
///
/// A plugin finds it in its environment by itself; only one that is started by something else,
/// such as a test, states it with [`Plugin::environment`](crate::Plugin::environment).
#[derive(Debug, Clone)]
pub struct Environment {
    /// Absolute path of the daemon's socket for this plugin: `OUTBOARD_SOCKET`.
    pub socket: PathBuf,
    /// Belongs to this generation of the plugin: `OUTBOARD_TOKEN`.
    pub token: String,
    /// The folder that outlives the process: `OUTBOARD_DATA_DIR`.
    pub data_dir: PathBuf,
}

impl Environment {
    /// Reads the daemon's variables.
    ///
    /// # Errors
    /// One of them is not set: the process was not started by the daemon.
    pub fn read() -> Result<Self, RunError> {
        let socket = path("OUTBOARD_SOCKET")?;
        let token = env::var("OUTBOARD_TOKEN");
        let token = token.map_err(|_| RunError::NotUnderDaemon("OUTBOARD_TOKEN"))?;
        Ok(Self { socket, token, data_dir: path("OUTBOARD_DATA_DIR")? })
    }

    /// The token as metadata.
    pub(crate) fn token(&self) -> Result<MetadataValue<Ascii>, RunError> {
        self.token.parse().map_err(|_| RunError::BadToken)
    }
}

fn path(variable: &'static str) -> Result<PathBuf, RunError> {
    let value = env::var_os(variable).ok_or(RunError::NotUnderDaemon(variable))?;
    Ok(PathBuf::from(value))
}
