//! Why a daemon does not start, in an operator's words.
//!
//! Collected from those who know; nothing is found out here.

use std::io;
use std::path::PathBuf;

use outboard_linux::{FolderError, LockError, SpawnError};

use crate::config::fault::Faults;
use crate::config::paths::PathError;
use crate::secrets::KeyFileError;
use crate::socket::SocketError;
use crate::store::StoreError;

/// Why a daemon does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A path cannot be used.
    #[error(transparent)]
    Path(#[from] PathError),
    /// A folder cannot be made.
    #[error("cannot make the folder {}: {cause}", path.display())]
    MakeFolder {
        /// The folder.
        path: PathBuf,
        /// The kernel's answer.
        #[source]
        cause: io::Error,
    },
    /// A folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Another daemon uses the folder.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The configuration cannot be used.
    #[error("the configuration cannot be used:\n{0}")]
    Config(#[from] Faults),
    /// A database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys for secret values cannot be used.
    #[error(transparent)]
    Secrets(#[from] KeyFileError),
    /// Processes cannot be started.
    #[error(transparent)]
    Spawner(#[from] SpawnError),
    /// A socket cannot be opened.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// This process cannot be arranged.
    #[error("cannot arrange this process: {0}")]
    Process(#[source] io::Error),
}
