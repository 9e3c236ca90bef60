//! The rows of installs: what was last installed of each plugin. What makes it another is not asked
//! here.

use super::super::thread::Trouble;
use crate::config::name::PluginName;
use rusqlite::{Connection, OptionalExtension as _, params};

/// The mark of what was installed last.
pub fn done(db: &Connection, name: &PluginName) -> Result<Option<String>, Trouble> {
    let query = "SELECT mark FROM install WHERE plugin = ?1";
    Ok(db.query_row(query, [name.as_str()], |row| row.get(0)).optional()?)
}

pub fn keep(db: &Connection, name: &PluginName, mark: &str) -> Result<(), Trouble> {
    let insert = "INSERT OR REPLACE INTO install (plugin, mark) VALUES (?1, ?2)";
    db.execute(insert, params![name.as_str(), mark])?;
    Ok(())
}

pub fn forget(db: &Connection, name: &PluginName) -> Result<(), Trouble> {
    db.execute("DELETE FROM install WHERE plugin = ?1", [name.as_str()])?;
    Ok(())
}
