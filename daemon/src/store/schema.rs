//! Opening a database file: settings, a look at its health, and the way from an older schema to
//! this daemon's. It knows versions, not tables.

use super::error::StoreError;
use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The steps from an empty file to today's tables; step N makes version N.
pub type Migrations = &'static [&'static str];

/// How long to wait for a backup's or an administrator's reader.
pub const BUSY: Duration = Duration::from_secs(5);

/// Whether a file is read through before it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// All of it is looked at.
    Check,
    /// It was looked at before, by this daemon.
    Known,
}

/// Opens a database for its one writer, making or migrating it.
pub fn open(path: &Path, migrations: Migrations) -> Result<Connection, StoreError> {
    open_with(path, migrations, Health::Check)
}

/// The same, without a look at its health where that is known.
pub fn open_with(
    path: &Path,
    migrations: Migrations,
    health: Health,
) -> Result<Connection, StoreError> {
    make_private(path)?;
    let mut connection = Connection::open_with_flags(path, write_flags())
        .map_err(|error| StoreError::of(path, &error))?;
    set_up(&connection).map_err(|error| StoreError::of(path, &error))?;
    if health == Health::Check {
        check_health(&connection, path)?;
    }
    migrate(&mut connection, path, migrations)?;
    Ok(connection)
}

/// Opens a database beside its writer, to read one moment of it.
pub fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY)?;
        Ok(connection)
    };
    open().map_err(|error| StoreError::of(path, &error))
}

/// The schema version a file carries; 0 for an empty one.
pub fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// Copies one moment of a database into a new file.
pub fn copy(from: &Connection, to: &Path) -> Result<(), StoreError> {
    make_private(to)?;
    let run = || {
        let mut target = Connection::open_with_flags(to, write_flags())?;
        // All pages in one step: a moment, whatever the writer does meanwhile.
        Backup::new(from, &mut target)?.step(-1)?;
        target.pragma_update(None, "journal_mode", "DELETE")
    };
    run().map_err(|error| StoreError::of(to, &error))
}

/// Fails where a file is damaged; the first finding is enough to say so.
pub fn check_health(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let found: String = connection
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| StoreError::of(path, &error))?;
    match found.as_str() {
        "ok" => Ok(()),
        _ => Err(StoreError::Corrupted { path: path.to_owned(), detail: found }),
    }
}

fn write_flags() -> OpenFlags {
    OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
}

/// Tokens of requests and what plugins wrote on stderr are in there: for the owner only. SQLite
/// gives its side files the rights of the main one.
fn make_private(path: &Path) -> Result<(), StoreError> {
    let opened = std::fs::OpenOptions::new().append(true).create(true).mode(0o600).open(path);
    let file = opened.map_err(|error| StoreError::of_io(path, &error))?;
    file.set_permissions(std::fs::Permissions::from_mode(0o600))
        .map_err(|error| StoreError::of_io(path, &error))
}

fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", "ON")?;
    // What is deleted is what people said: it does not stay in the file's free pages.
    connection.pragma_update(None, "secure_delete", "ON")?;
    connection.pragma_update(None, "trusted_schema", "OFF")
}

fn migrate(
    connection: &mut Connection,
    path: &Path,
    migrations: Migrations,
) -> Result<(), StoreError> {
    let failed = |error: rusqlite::Error| StoreError::of(path, &error);
    let found = version(connection).map_err(failed)?;
    let known = known(migrations);
    if found > known {
        return Err(StoreError::NewerSchema { path: path.to_owned(), found, known });
    }
    if found > 0 && found < known {
        copy(connection, &copy_path(path, found))?;
    }
    let transaction = connection.transaction().map_err(failed)?;
    for step in migrations.iter().skip(found as usize) {
        transaction.execute_batch(step).map_err(failed)?;
    }
    transaction.pragma_update(None, "user_version", known).map_err(failed)?;
    transaction.commit().map_err(failed)
}

/// The version this daemon's steps lead to.
pub fn known(migrations: Migrations) -> u32 {
    u32::try_from(migrations.len()).unwrap_or(u32::MAX)
}

/// Where the file is kept as it was before a migration.
fn copy_path(path: &Path, found: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".schema-{found}"));
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Migrations = &["CREATE TABLE a (x INTEGER) STRICT"];
    const TWO: Migrations = &[ONE[0], "CREATE TABLE b (y INTEGER) STRICT"];

    #[test]
    fn a_migration_keeps_a_copy_of_what_was_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db");
        open(&path, ONE).unwrap().execute("INSERT INTO a VALUES (7)", []).unwrap();
        let migrated = open(&path, TWO).unwrap();
        assert_eq!(version(&migrated).unwrap(), 2);
        let before = Connection::open(folder.path().join("t.db.schema-1")).unwrap();
        assert_eq!(version(&before).unwrap(), 1);
        let kept: i64 = before.query_row("SELECT x FROM a", [], |row| row.get(0)).unwrap();
        assert_eq!(kept, 7);
    }

    #[test]
    fn a_newer_schema_is_refused_with_both_versions() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db");
        open(&path, TWO).unwrap();
        let error = open(&path, ONE).unwrap_err();
        assert_eq!(error, StoreError::NewerSchema { path: path.clone(), found: 2, known: 1 });
        assert!(error.to_string().contains("schema 2, this daemon knows 1"), "{error}");
    }

    #[test]
    fn a_file_that_is_no_database_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db");
        std::fs::write(&path, "rubbish ".repeat(1000)).unwrap();
        let error = open(&path, ONE).unwrap_err();
        assert!(matches!(error, StoreError::Corrupted { .. }), "{error:?}");
        assert!(error.to_string().contains("t.db is damaged"), "{error}");
    }

    #[test]
    fn a_folder_that_is_not_there_is_unwritable() {
        let folder = tempfile::tempdir().unwrap();
        let error = open(&folder.path().join("no/t.db"), ONE).unwrap_err();
        assert!(matches!(error, StoreError::Unwritable { .. }), "{error:?}");
    }

    #[test]
    fn a_database_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db");
        open(&path, ONE).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}
