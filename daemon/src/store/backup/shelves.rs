//! What plugins keep, as a part of a backup: one file each, in a folder of their own.
//!
//! It refuses to take a manifest's word for where a file goes.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use super::{DatabaseEntry, beside, entry_for, refused};
use crate::config::name::PluginName;
use crate::storage::Files;
use crate::store::error::StoreError;
use crate::store::schema;
use crate::store::shelf::{Secrets, copy_shelf};

/// Their folder within a backup's.
const FOLDER: &str = "storage";

/// Copies all that can be read, one after the other; and says what could not.
pub fn copy(
    files: &Files,
    folder: &Path,
    secrets: Secrets,
) -> Result<(Vec<DatabaseEntry>, Vec<String>), StoreError> {
    let (mut entries, mut notes) = (Vec::new(), Vec::new());
    let plugins = files.plugins()?;
    if plugins.is_empty() {
        return Ok((entries, notes));
    }
    let own = folder.join(FOLDER);
    let made = std::fs::DirBuilder::new().mode(0o700).create(&own);
    made.map_err(|error| StoreError::of_io(&own, &error))?;
    for plugin in plugins {
        match copy_one(files, folder, &plugin, secrets) {
            Ok(entry) => entries.push(entry),
            Err(full @ StoreError::Full { .. }) => return Err(full),
            Err(error) => {
                tracing::error!(%plugin, "what it keeps is not in the backup: {error}");
                notes.push(format!("what {plugin} keeps is not in the backup: {error}"));
            }
        }
    }
    Ok((entries, notes))
}

fn copy_one(
    files: &Files,
    folder: &Path,
    plugin: &PluginName,
    secrets: Secrets,
) -> Result<DatabaseEntry, StoreError> {
    let file = format!("{FOLDER}/{plugin}.db");
    let target = folder.join(&file);
    copy_shelf(&files.of(plugin), &target, secrets)?;
    entry_for(&schema::open_reader(&target)?, &target, file)
}

/// Where a backup's file belongs.
pub fn target(folder: &Path, entry: &DatabaseEntry, files: &Files) -> Result<PathBuf, StoreError> {
    let name = entry.file.strip_prefix(FOLDER).and_then(|it| it.strip_prefix('/'));
    let name = name.and_then(|it| it.strip_suffix(".db")?.parse::<PluginName>().ok());
    let wrong = || refused(folder, &format!("{:?} is no plugin's storage", entry.file));
    Ok(files.of(&name.ok_or_else(wrong)?))
}

/// What the backup does not know was not there then.
pub fn set_others_aside(files: &Files, kept: &[&Path]) -> Result<(), StoreError> {
    for plugin in files.plugins()? {
        let file = files.of(&plugin);
        if !kept.contains(&file.as_path()) {
            super::fold_log_in(&file);
            let moved = std::fs::rename(&file, beside(&file, "before-restore"));
            moved.map_err(|error| StoreError::of_io(&file, &error))?;
        }
    }
    Ok(())
}
