//! The rows of lifecycles: the version that each plugin has last acknowledged to be. What a
//! difference means is not asked here.

use super::super::thread::Trouble;
use crate::config::name::PluginName;
use rusqlite::{Connection, OptionalExtension as _, params};

/// The version that was acknowledged last; nothing before the first.
pub fn told(db: &Connection, name: &PluginName) -> Result<Option<String>, Trouble> {
    let query = "SELECT told FROM lifecycle WHERE plugin = ?1";
    Ok(db.query_row(query, [name.as_str()], |row| row.get(0)).optional()?)
}

pub fn keep(db: &Connection, name: &PluginName, version: &str) -> Result<(), Trouble> {
    let insert = "INSERT OR REPLACE INTO lifecycle (plugin, told) VALUES (?1, ?2)";
    db.execute(insert, params![name.as_str(), version])?;
    Ok(())
}

pub fn forget(db: &Connection, name: &PluginName) -> Result<(), Trouble> {
    db.execute("DELETE FROM lifecycle WHERE plugin = ?1", [name.as_str()])?;
    Ok(())
}
