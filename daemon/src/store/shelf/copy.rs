//! Whole shelves, copied: into a file of an operator's, into a backup, and back. It knows files and
//! that a shelf's revisions only grow; what is in a shelf it leaves alone, but for secrets that are
//! not to be in a copy.

use std::path::Path;

use rusqlite::Connection;

use super::rows::State;
use super::{MIGRATIONS, SqliteShelf};
use crate::store::error::StoreError;
use crate::store::schema::{self, Health};
use crate::store::set_aside::with;

/// Whether sealed values come along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrets {
    /// Encrypted as they are.
    With,
    /// Their keys are not in the copy at all.
    Without,
}

/// Copies one moment of a shelf's file, while it may be in use, into a new file.
///
/// # Errors
/// There is such a file already, it cannot be written, or the shelf cannot be read.
pub fn copy_shelf(from: &Path, to: &Path, secrets: Secrets) -> Result<(), StoreError> {
    if to.exists() {
        let detail = "is there already".to_owned();
        return Err(StoreError::Backup { path: to.to_owned(), detail });
    }
    let copied = copy_into(from, to, secrets);
    if copied.is_err() {
        // Half a copy is none. It was made here.
        let _ = std::fs::remove_file(to);
    }
    copied
}

fn copy_into(from: &Path, to: &Path, secrets: Secrets) -> Result<(), StoreError> {
    let reader = schema::open_reader(from)?;
    schema::copy(&reader, to)?;
    let strip = || {
        let copy = Connection::open(to)?;
        copy.execute_batch(
            "PRAGMA secure_delete = ON;
             BEGIN;
             DELETE FROM entry WHERE seal IS NOT NULL;
             UPDATE state SET secrets = 0, keys = (SELECT count(*) FROM entry);
             COMMIT;
             VACUUM;",
        )
    };
    match secrets {
        Secrets::With => Ok(()),
        Secrets::Without => strip().map_err(|error| StoreError::of(to, &error)),
    }
}

/// Checks a copy and lays it where it can take a shelf's place.
///
/// # Errors
/// The file is no shelf, damaged, or a newer daemon's; or the disk's.
pub fn stage_shelf(snapshot: &Path, staged: &Path) -> Result<(), StoreError> {
    let reader = schema::open_reader(snapshot)?;
    schema::check_health(&reader, snapshot)?;
    let failed = |error: rusqlite::Error| StoreError::of(snapshot, &error);
    let (found, known) = (schema::version(&reader).map_err(failed)?, schema::known(MIGRATIONS));
    if found > known {
        return Err(StoreError::NewerSchema { path: snapshot.to_owned(), found, known });
    }
    let is_shelf = reader.prepare("SELECT revision, keys, secrets FROM state").is_ok()
        && reader.prepare("SELECT key, value, number, seal FROM entry").is_ok();
    if !is_shelf {
        let detail = "is no copy of a plugin's storage".to_owned();
        return Err(StoreError::Backup { path: snapshot.to_owned(), detail });
    }
    let _ = std::fs::remove_file(staged); // Left by a restore that was interrupted.
    schema::copy(&reader, staged)
}

impl SqliteShelf {
    /// Puts a staged copy in this shelf's place; answers the shelf that it became. What was there
    /// stays beside it as `….before-restore`. Revisions go on above those of both.
    ///
    /// # Errors
    /// The disk's. Then the shelf is as it was, and can be opened again.
    pub fn replaced_by(self, staged: &Path) -> Result<Self, StoreError> {
        let path = self.path.clone();
        let before = self.state.revision;
        // What stands in the log comes into the file, which is about to go. Where that fails, the
        // file that is kept lacks the newest; what replaces it is whole.
        let _ = self.db.pragma_update(None, "journal_mode", "DELETE");
        drop(self);
        put_in_place(staged, &path).map_err(|error| StoreError::of_io(&path, &error))?;
        let mut shelf = Self::open(&path, Health::Check)?;
        let revision = shelf.state.revision.max(before) + 1;
        shelf.note(State { revision, ..shelf.state })?;
        Ok(shelf)
    }
}

/// At every moment there is a whole shelf under this name.
fn put_in_place(staged: &Path, path: &Path) -> std::io::Result<()> {
    let before = with(path, ".before-restore");
    let _ = std::fs::remove_file(&before); // Of the restore before.
    std::fs::hard_link(path, &before)?;
    for side in ["-wal", "-shm"] {
        // SQLite would take the log of the old file for the new one's.
        let _ = std::fs::remove_file(with(path, side));
    }
    std::fs::rename(staged, path)
}
