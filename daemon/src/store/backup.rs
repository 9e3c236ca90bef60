//! A copy of the daemon's databases that fits together, taken while it runs; and the way back,
//! while it does not. It copies files; what is in them it leaves alone.

use super::control;
use super::error::StoreError;
use super::journal;
use super::schema::{self, Migrations};
use super::shelf::{self, Secrets};
use super::statistics;
use crate::storage::Files;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Describes the copies beside them.
const MANIFEST: &str = "manifest.json";
/// The layout of a backup's folder.
const FORMAT: u32 = 1;

mod shelves;

/// Where everything lies that a backup holds.
#[derive(Debug, Clone)]
pub struct Whole {
    /// `control.db`.
    pub control: PathBuf,
    /// `journal.db`.
    pub journal: PathBuf,
    /// `statistics.db`, which may be missing.
    pub statistics: PathBuf,
    /// What plugins keep.
    pub storage: Files,
}

impl Whole {
    fn databases(&self) -> [(&Path, Migrations); 2] {
        [(&self.control, control::MIGRATIONS), (&self.journal, journal::MIGRATIONS)]
    }
}

/// What a backup wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupReport {
    /// The files, absolute where the folder was.
    pub files: Vec<PathBuf>,
    /// Their bytes in all.
    pub bytes: u64,
    /// What could not be copied, and why.
    pub notes: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
struct BackupManifest {
    format: u32,
    daemon: String,
    taken: Timestamp,
    databases: Vec<DatabaseEntry>,
    /// What was counted; nothing in a backup of a daemon that could not count.
    #[serde(default)]
    statistics: Option<DatabaseEntry>,
    /// What plugins keep, by their names; nothing in a backup of a daemon that kept nothing.
    #[serde(default)]
    storage: Option<Vec<DatabaseEntry>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct DatabaseEntry {
    file: String,
    schema: u32,
    bytes: u64,
    sha256: String,
}

/// Copies everything into a folder that is made for it, or empty: both databases as they are at one
/// moment, then what was counted and what each plugin keeps. Of those, what cannot be read is left
/// out and noted.
///
/// # Errors
/// The folder holds something, cannot be written or is full; or a database failed.
pub async fn backup(
    whole: Whole,
    folder: &Path,
    secrets: Secrets,
    now: Timestamp,
) -> Result<BackupReport, StoreError> {
    let folder = folder.to_owned();
    let closed = StoreError::Backup { path: folder.clone(), detail: "was interrupted".to_owned() };
    let copied = tokio::task::spawn_blocking(move || copy_all(&whole, &folder, secrets, now));
    copied.await.map_err(|_| closed)?
}

/// Looks at a backup without using it.
///
/// # Errors
/// It is incomplete, altered, or a newer daemon's.
pub fn verify(folder: &Path, whole: &Whole) -> Result<(), StoreError> {
    let manifest = read_manifest(folder)?;
    for (target, migrations) in whole.databases() {
        check(folder, entry_of(&manifest, folder, target)?, migrations)?;
    }
    if let Some(entry) = &manifest.statistics {
        check(folder, named(entry, folder, &whole.statistics)?, statistics::MIGRATIONS)?;
    }
    for entry in manifest.storage.iter().flatten() {
        shelves::target(folder, entry, &whole.storage)?;
        check(folder, entry, shelf::MIGRATIONS)?;
    }
    Ok(())
}

/// Puts a backup in the place of everything. The daemon must not run; what was there stays beside
/// it as `….before-restore`. Where a backup has no statistics, those that are there stay.
///
/// # Errors
/// The backup is incomplete, altered, or a newer daemon's; or the files cannot be written. Then
/// everything is as it was.
pub fn restore(folder: &Path, whole: &Whole) -> Result<(), StoreError> {
    let manifest = read_manifest(folder)?;
    let mut staged = Vec::new();
    for (target, migrations) in whole.databases() {
        let entry = entry_of(&manifest, folder, target)?;
        staged.push((stage(folder, entry, target, migrations)?, target.to_owned()));
    }
    if let Some(entry) = &manifest.statistics {
        let entry = named(entry, folder, &whole.statistics)?;
        let copy = stage(folder, entry, &whole.statistics, statistics::MIGRATIONS)?;
        staged.push((copy, whole.statistics.clone()));
    }
    for entry in manifest.storage.iter().flatten() {
        let target = shelves::target(folder, entry, &whole.storage)?;
        staged.push((stage(folder, entry, &target, shelf::MIGRATIONS)?, target));
    }
    if manifest.storage.is_some() {
        let kept: Vec<&Path> = staged.iter().map(|(_, target)| target.as_path()).collect();
        shelves::set_others_aside(&whole.storage, &kept)?;
    }
    for (copy, target) in staged {
        put_in_place(&copy, &target)?;
    }
    Ok(())
}

fn copy_all(
    whole: &Whole,
    folder: &Path,
    secrets: Secrets,
    now: Timestamp,
) -> Result<BackupReport, StoreError> {
    make_empty_folder(folder)?;
    let sources = [&whole.control, &whole.journal];
    // Both moments are taken before anything is copied, one right after the other.
    let readers = sources.iter().map(|path| moment_of(path)).collect::<Result<Vec<_>, _>>()?;
    let (mut databases, mut files) = (Vec::new(), Vec::new());
    for (reader, source) in readers.iter().zip(sources) {
        let target = folder.join(file_name(source));
        schema::copy(reader, &target)?;
        if source == &whole.control && secrets == Secrets::Without {
            leave_secrets_out(&target)?;
        }
        databases.push(entry_for(reader, &target, file_name(source))?);
        files.push(target);
    }
    let mut notes = Vec::new();
    let statistics = copy_statistics(&whole.statistics, folder, &mut notes)?;
    let (storage, left_out) = shelves::copy(&whole.storage, folder, secrets)?;
    notes.extend(left_out);
    files.extend(statistics.iter().chain(&storage).map(|entry| folder.join(&entry.file)));
    let bytes = databases.iter().chain(&statistics).chain(&storage).map(|it| it.bytes).sum();
    let (format, daemon, taken) = (FORMAT, env!("CARGO_PKG_VERSION").to_owned(), now);
    let storage = Some(storage);
    let manifest = BackupManifest { format, daemon, taken, databases, statistics, storage };
    files.push(write_manifest(folder, &manifest)?);
    Ok(BackupReport { files, bytes, notes })
}

/// What was counted is worth no failure: where it cannot be read, that is noted.
fn copy_statistics(
    source: &Path,
    folder: &Path,
    notes: &mut Vec<String>,
) -> Result<Option<DatabaseEntry>, StoreError> {
    if !source.exists() {
        return Ok(None);
    }
    let target = folder.join(file_name(source));
    let copy = || {
        let reader = moment_of(source)?;
        schema::copy(&reader, &target)?;
        entry_for(&reader, &target, file_name(source))
    };
    match copy() {
        Ok(entry) => Ok(Some(entry)),
        Err(full @ StoreError::Full { .. }) => Err(full),
        Err(error) => {
            // Half a copy is none.
            let _ = std::fs::remove_file(&target);
            tracing::error!("statistics are not in the backup: {error}");
            notes.push(format!("statistics are not in the backup: {error}"));
            Ok(None)
        }
    }
}

fn entry_for(
    reader: &rusqlite::Connection,
    copy: &Path,
    file: String,
) -> Result<DatabaseEntry, StoreError> {
    let schema = schema::version(reader).map_err(|error| StoreError::of(copy, &error))?;
    let (bytes, sha256) = measure(copy)?;
    Ok(DatabaseEntry { file, schema, bytes, sha256 })
}

/// Secret settings stay behind: the copy of `control.db` has not even their keys.
fn leave_secrets_out(copy: &Path) -> Result<(), StoreError> {
    let strip = || control::drop_secrets(&rusqlite::Connection::open(copy)?);
    strip().map_err(|error| StoreError::of(copy, &error))
}

fn moment_of(path: &Path) -> Result<rusqlite::Connection, StoreError> {
    let reader = schema::open_reader(path)?;
    let pin = "BEGIN; SELECT count(*) FROM sqlite_schema";
    reader.execute_batch(pin).map_err(|error| StoreError::of(path, &error))?;
    Ok(reader)
}

fn make_empty_folder(folder: &Path) -> Result<(), StoreError> {
    let unwritable = |error: std::io::Error| StoreError::of_io(folder, &error);
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(unwritable)?;
    match std::fs::read_dir(folder).map_err(unwritable)?.next() {
        None => Ok(()),
        Some(_) => Err(refused(folder, "is not empty")),
    }
}

fn write_manifest(folder: &Path, manifest: &BackupManifest) -> Result<PathBuf, StoreError> {
    let path = folder.join(MANIFEST);
    let text = serde_json::to_string_pretty(manifest)
        .map_err(|error| refused(&path, &error.to_string()))?;
    std::fs::write(&path, text).map_err(|error| StoreError::of_io(&path, &error))?;
    sync(&path)?;
    sync(folder)?;
    Ok(path)
}

fn read_manifest(folder: &Path) -> Result<BackupManifest, StoreError> {
    let path = folder.join(MANIFEST);
    let text =
        std::fs::read_to_string(&path).map_err(|error| refused(&path, &error.to_string()))?;
    let manifest: BackupManifest =
        serde_json::from_str(&text).map_err(|error| refused(&path, &error.to_string()))?;
    match manifest.format {
        FORMAT => Ok(manifest),
        newer => Err(refused(&path, &format!("has format {newer}, this daemon knows {FORMAT}"))),
    }
}

fn entry_of<'m>(
    manifest: &'m BackupManifest,
    folder: &Path,
    target: &Path,
) -> Result<&'m DatabaseEntry, StoreError> {
    let file = file_name(target);
    let found = manifest.databases.iter().find(|it| it.file == file);
    found.ok_or_else(|| refused(folder, &format!("names no {file}")))
}

/// The entry, if it is of that file: a manifest's word decides nothing about where a file goes.
fn named<'m>(
    entry: &'m DatabaseEntry,
    folder: &Path,
    target: &Path,
) -> Result<&'m DatabaseEntry, StoreError> {
    let is_it = entry.file == file_name(target);
    is_it
        .then_some(entry)
        .ok_or_else(|| refused(folder, &format!("{:?} is not {}", entry.file, file_name(target))))
}

/// Checks one database of a backup; answers where it is.
fn check(
    folder: &Path,
    entry: &DatabaseEntry,
    migrations: Migrations,
) -> Result<PathBuf, StoreError> {
    let source = folder.join(&entry.file);
    let known = schema::known(migrations);
    if entry.schema > known {
        return Err(StoreError::NewerSchema { path: source, found: entry.schema, known });
    }
    if measure(&source)? != (entry.bytes, entry.sha256.clone()) {
        return Err(refused(&source, "is not what manifest.json says it is"));
    }
    Ok(source)
}

/// Checks one database of a backup and lays a copy beside the one it will replace.
fn stage(
    folder: &Path,
    entry: &DatabaseEntry,
    target: &Path,
    migrations: Migrations,
) -> Result<PathBuf, StoreError> {
    let source = check(folder, entry, migrations)?;
    let reader = schema::open_reader(&source)?;
    schema::check_health(&reader, &source)?;
    let copy = beside(target, "restoring");
    let _ = std::fs::remove_file(&copy); // Left by a restore that was interrupted.
    schema::copy(&reader, &copy)?;
    Ok(copy)
}

fn put_in_place(copy: &Path, target: &Path) -> Result<(), StoreError> {
    let failed = |error: std::io::Error| StoreError::of_io(target, &error);
    if target.exists() {
        fold_log_in(target);
        std::fs::rename(target, beside(target, "before-restore")).map_err(failed)?;
    }
    for side in ["-wal", "-shm"] {
        let mut name = target.as_os_str().to_owned();
        name.push(side);
        let _ = std::fs::remove_file(PathBuf::from(name)); // Belongs to the file that is gone.
    }
    std::fs::rename(copy, target).map_err(failed)?;
    target.parent().map_or(Ok(()), sync)
}

/// Waits until a file, or the names in a folder, are on the disk.
fn sync(path: &Path) -> Result<(), StoreError> {
    let synced = std::fs::File::open(path).and_then(|file| file.sync_all());
    synced.map_err(|error| StoreError::of_io(path, &error))
}

/// Moves what a killed daemon left in the write-ahead log into the file, so that the copy kept is
/// whole. A file too damaged for that is kept as it is.
fn fold_log_in(path: &Path) {
    if let Ok(connection) = rusqlite::Connection::open(path) {
        let _ = connection.pragma_update(None, "journal_mode", "DELETE");
    }
}

fn measure(path: &Path) -> Result<(u64, String), StoreError> {
    let content = std::fs::read(path).map_err(|error| refused(path, &error.to_string()))?;
    let hash = Sha256::digest(&content).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((content.len() as u64, hash))
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{suffix}"));
    PathBuf::from(name)
}

fn refused(path: &Path, detail: &str) -> StoreError {
    StoreError::Backup { path: path.to_owned(), detail: detail.to_owned() }
}

#[cfg(test)]
mod tests;
