//! The rows of loaded plugins: written, read, trimmed. What they mean is not asked here.

use super::super::thread::Trouble;
use crate::config::name::PluginName;
use jiff::Timestamp;
use rusqlite::{Connection, Row, params};
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

/// A plugin as it was loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginRecord {
    /// Its name.
    pub name: String,
    /// Its folder, used in place.
    pub folder: PathBuf,
    /// Its version, as the manifest says.
    pub version: String,
    /// The manifest's text: what counts until the next load, whatever the folder says.
    pub manifest: String,
    /// The file that its settings are declared in, as it was then.
    pub settings_schema: Option<String>,
    /// SHA-256 of these texts, in hex.
    pub hash: String,
    /// When it was loaded.
    pub loaded: Timestamp,
}

pub fn all(db: &Connection) -> Result<Vec<PluginRecord>, Trouble> {
    let query = "SELECT name, folder, version, manifest, hash, loaded_us, settings_schema
        FROM plugin ORDER BY name";
    let mut statement = db.prepare_cached(query)?;
    let rows = statement.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn read(row: &Row<'_>) -> rusqlite::Result<PluginRecord> {
    Ok(PluginRecord {
        name: row.get(0)?,
        folder: PathBuf::from(OsString::from_vec(row.get(1)?)),
        version: row.get(2)?,
        manifest: row.get(3)?,
        hash: row.get(4)?,
        loaded: Timestamp::from_microsecond(row.get(5)?).unwrap_or(Timestamp::UNIX_EPOCH),
        settings_schema: row.get(6)?,
    })
}

pub fn save(db: &Connection, record: &PluginRecord) -> Result<(), Trouble> {
    let insert = "INSERT OR REPLACE INTO plugin
        (name, folder, version, manifest, hash, loaded_us, settings_schema)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let PluginRecord { name, folder, version, manifest, settings_schema, hash, loaded } = record;
    let (folder, loaded) = (folder.as_os_str().as_bytes(), loaded.as_microsecond());
    let row = params![name, folder, version, manifest, hash, loaded, settings_schema];
    db.execute(insert, row)?;
    Ok(())
}

pub fn forget(db: &Connection, name: &PluginName) -> Result<(), Trouble> {
    db.execute("DELETE FROM plugin WHERE name = ?1", [name.as_str()])?;
    db.execute("DELETE FROM override WHERE plugin = ?1", [name.as_str()])?;
    Ok(())
}
