//! What can go wrong with a database, in an operator's words. The one place that knows SQLite's
//! result codes.

use rusqlite::ErrorCode;
use std::path::{Path, PathBuf};

/// Why something could not be stored or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The disk, or the quota on it, is full. Nothing of the request was kept.
    #[error("no space left for {}", path.display())]
    Full {
        /// The database.
        path: PathBuf,
    },
    /// The file or its folder cannot be written.
    #[error("cannot write {}: {detail}", path.display())]
    Unwritable {
        /// The database.
        path: PathBuf,
        /// What SQLite or the kernel said.
        detail: String,
    },
    /// A newer daemon wrote the file.
    #[error(
        "{} has schema {found}, this daemon knows {known}: run the daemon that wrote it, or \
         restore a backup from before", path.display()
    )]
    NewerSchema {
        /// The database.
        path: PathBuf,
        /// The version in the file.
        found: u32,
        /// The newest this daemon knows.
        known: u32,
    },
    /// The file is damaged, or no database.
    #[error(
        "{} is damaged: {detail}; restore a backup, or move it away to begin anew",
        path.display()
    )]
    Corrupted {
        /// The database.
        path: PathBuf,
        /// What was found.
        detail: String,
    },
    /// A plugin may have no more under way.
    #[error("{plugin} has reached its limit of {limit}")]
    OverLimit {
        /// The plugin.
        plugin: String,
        /// The bound, in words: `1000 queued requests`.
        limit: String,
    },
    /// A backup is not what it says it is, or in the way.
    #[error("{}: {detail}", path.display())]
    Backup {
        /// The folder or file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// The database's thread has ended.
    #[error("{} is closed", path.display())]
    Closed {
        /// The database.
        path: PathBuf,
    },
    /// Anything else the database says.
    #[error("{}: {detail}", path.display())]
    Failed {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        detail: String,
    },
}

impl StoreError {
    /// What an error of SQLite's means for a file.
    pub fn of(path: &Path, error: &rusqlite::Error) -> StoreError {
        let (path, detail) = (path.to_owned(), error.to_string());
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => StoreError::Full { path },
            Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
                StoreError::Unwritable { path, detail }
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                StoreError::Corrupted { path, detail }
            }
            _ => StoreError::Failed { path, detail },
        }
    }

    /// What an error of the kernel's means for a file.
    pub fn of_io(path: &Path, error: &std::io::Error) -> StoreError {
        let path = path.to_owned();
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                StoreError::Full { path }
            }
            _ => StoreError::Unwritable { path, detail: error.to_string() },
        }
    }
}
