//! The rows of plugins' settings: a value for each plugin, scope and key. What may be saved is not
//! asked here.

use super::super::thread::Trouble;
use crate::config::name::PluginName;
use crate::secrets::Sealed;
use crate::settings::{Held, Rows, Scope, ScopeKind};
use rusqlite::{Connection, Row, params};

pub const TABLE: &str = "
    ALTER TABLE plugin ADD COLUMN settings_schema TEXT;
    CREATE TABLE setting (
        plugin TEXT NOT NULL,
        scope TEXT NOT NULL,
        workspace TEXT NOT NULL,
        subject TEXT NOT NULL,
        key TEXT NOT NULL,
        value TEXT,
        sealed BLOB,
        key_version INTEGER,
        PRIMARY KEY (plugin, scope, workspace, subject, key)
    ) STRICT, WITHOUT ROWID;
";

/// Everything that is kept of a plugin.
pub fn all(db: &Connection, plugin: &PluginName) -> Result<Rows, Trouble> {
    let query = "SELECT scope, workspace, subject, key, value, sealed, key_version FROM setting
        WHERE plugin = ?1";
    let mut statement = db.prepare_cached(query)?;
    let mut found = statement.query([plugin.as_str()])?;
    let mut rows = Rows::default();
    while let Some(row) = found.next()? {
        if let Some((scope, key, held)) = read(row)? {
            rows.put(&scope, &key, Some(held));
        }
    }
    Ok(rows)
}

/// One row; nothing where it says what this daemon does not know, which no daemon has written.
fn read(row: &Row<'_>) -> rusqlite::Result<Option<(Scope, String, Held)>> {
    let kind = ScopeKind::named(&row.get::<_, String>(0)?);
    let (workspace, subject, key) = (row.get(1)?, row.get(2)?, row.get(3)?);
    let value: Option<String> = row.get(4)?;
    let value = value.and_then(|text| serde_json::from_str(&text).ok());
    let held = match (value, row.get(5)?, row.get(6)?) {
        (Some(value), ..) => Some(Held::Open(value)),
        (None, Some(bytes), Some(version)) => Some(Held::Secret(Sealed { version, bytes })),
        (None, _, _) => None,
    };
    Ok(kind.zip(held).map(|(kind, held)| (Scope::of(kind, workspace, subject), key, held)))
}

/// Keeps values of one scope, or drops them.
pub fn save(
    db: &Connection,
    plugin: &PluginName,
    (scope, rows): (&Scope, &[(String, Option<Held>)]),
) -> Result<(), Trouble> {
    let insert = "INSERT OR REPLACE INTO setting
        (plugin, scope, workspace, subject, key, value, sealed, key_version)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)";
    let delete = "DELETE FROM setting
        WHERE plugin = ?1 AND scope = ?2 AND workspace = ?3 AND subject = ?4 AND key = ?5";
    let (plugin, kind) = (plugin.as_str(), scope.kind().as_str());
    let (workspace, subject) = scope.names();
    for (key, held) in rows {
        let (value, sealed) = match held {
            None => {
                db.execute(delete, params![plugin, kind, workspace, subject, key])?;
                continue;
            }
            Some(Held::Open(value)) => (Some(value.to_string()), None),
            Some(Held::Secret(sealed)) => (None, Some(sealed)),
        };
        let (bytes, version) = (sealed.map(|it| &it.bytes), sealed.map(|it| it.version));
        let row = params![plugin, kind, workspace, subject, key, value, bytes, version];
        db.execute(insert, row)?;
    }
    Ok(())
}

/// Drops everything that is kept of a plugin. Says whether there was anything.
pub fn purge(db: &Connection, plugin: &PluginName) -> Result<bool, Trouble> {
    Ok(db.execute("DELETE FROM setting WHERE plugin = ?1", [plugin.as_str()])? > 0)
}

/// Drops every secret, in a copy that is to have none.
pub fn drop_secrets(db: &Connection) -> rusqlite::Result<()> {
    db.execute_batch(
        "PRAGMA secure_delete = ON;
         DELETE FROM setting WHERE sealed IS NOT NULL;
         VACUUM;",
    )
}
