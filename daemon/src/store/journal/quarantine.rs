//! A journal that cannot be read is set aside, and a new one begun: what it held is for a person to
//! look at, and keeps nothing else from starting.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::super::error::StoreError;
use super::super::set_aside::{emptied, set_aside};
use super::Journal;

/// A journal that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantine {
    /// Where it lies now.
    pub copy: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

impl Quarantine {
    /// The whole story, in an operator's words.
    #[must_use]
    pub fn told(&self) -> String {
        let (copy, why) = (self.copy.display(), &self.why);
        format!(
            "the journal was damaged ({why}); it lies at {copy} and a new one was begun: events \
             and requests that waited in it are not delivered"
        )
    }
}

impl Journal {
    /// Opens the database, or sets it aside and makes a new one where it is damaged. Blocks: for a
    /// daemon's start.
    ///
    /// # Errors
    /// The file cannot be written, or is a newer daemon's.
    pub fn open_or_set_aside(
        path: &Path,
        now: Timestamp,
    ) -> Result<(Journal, Option<Quarantine>), StoreError> {
        let why = match emptied(path) {
            true => "it is empty".to_owned(),
            false => match Journal::open(path) {
                Ok(journal) => return Ok((journal, None)),
                Err(StoreError::Corrupted { detail, .. }) => detail,
                Err(other) => return Err(other),
            },
        };
        let copy = set_aside(path, now)?;
        Ok((Journal::open(path)?, Some(Quarantine { copy, why })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_second(1_000_000).unwrap()
    }

    // I39
    #[tokio::test]
    async fn a_damaged_journal_is_set_aside_and_a_new_one_begun() {
        for damage in ["rubbish ".repeat(1000), String::new()] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("journal.db");
            std::fs::write(&path, &damage).unwrap();
            let (journal, quarantine) = Journal::open_or_set_aside(&path, now()).unwrap();
            let quarantine = quarantine.unwrap();
            assert_eq!(journal.count().await, Ok(0));
            assert_eq!(std::fs::read_to_string(&quarantine.copy).unwrap(), damage);
            assert!(quarantine.told().contains("journal.db.damaged-"), "{}", quarantine.told());
        }
    }

    #[tokio::test]
    async fn a_truncated_journal_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        Journal::open(&path).unwrap().close().await;
        let half = std::fs::metadata(&path).unwrap().len() / 2;
        std::fs::File::options().write(true).open(&path).unwrap().set_len(half).unwrap();
        let (journal, quarantine) = Journal::open_or_set_aside(&path, now()).unwrap();
        assert!(quarantine.is_some());
        assert_eq!(journal.count().await, Ok(0));
    }

    #[test]
    fn a_sound_journal_and_a_missing_one_are_opened_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal.db");
        for _ in 0..2 {
            assert_eq!(Journal::open_or_set_aside(&path, now()).unwrap().1, None);
        }
    }
}
