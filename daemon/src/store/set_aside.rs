//! A database that cannot be read, renamed together with what SQLite keeps beside it, for a person
//! to look at. It refuses to know what was in it.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::error::StoreError;

/// A database has a head from its first moment on: one without a byte was cut off.
pub fn emptied(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| found.len() == 0)
}

/// Renames the file and what SQLite keeps beside it; answers its new name.
pub fn set_aside(path: &Path, now: Timestamp) -> Result<PathBuf, StoreError> {
    let suffix = format!("damaged-{}", now.strftime("%Y%m%dT%H%M%S%.6fZ"));
    for side in ["-wal", "-shm"] {
        let old = with(path, side);
        if old.exists() {
            let new = with(&with(path, &format!(".{suffix}")), side);
            std::fs::rename(&old, new).map_err(|error| StoreError::of_io(&old, &error))?;
        }
    }
    let copy = with(path, &format!(".{suffix}"));
    std::fs::rename(path, &copy).map_err(|error| StoreError::of_io(path, &error))?;
    Ok(copy)
}

/// The path with something behind its last name.
pub fn with(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
