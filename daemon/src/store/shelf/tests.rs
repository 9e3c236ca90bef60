//! Claims about a shelf's file: what outlives it, what damage does, how copies come back.

use super::*;
use crate::storage::port::{Change, Expect};

const NOW: Micros = 1_700_000_000_000_000;

fn key(text: &str) -> Key {
    Key::parse(text).unwrap()
}

fn put(shelf: &mut SqliteShelf, name: &str, durability: Durability) {
    let content = Content::Plain(name.to_owned().into());
    let change = Change::Set { key: key(name), content, expires: None, expect: Expect::Anything };
    let batch = Batch { changes: vec![change], durability };
    assert!(shelf.apply(&[batch], NOW).results[0].is_ok());
}

fn keys(shelf: &mut SqliteShelf) -> u64 {
    shelf.usage().unwrap().keys
}

fn at() -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(NOW).unwrap()
}

// I72
#[test]
fn what_is_committed_is_there_though_the_file_was_never_closed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let mut shelf = SqliteShelf::open(&path, Health::Check).unwrap();
    for durability in [Durability::Process, Durability::Power, Durability::Process] {
        put(&mut shelf, &format!("{durability:?}"), durability);
    }
    // As a killed process leaves it.
    let copy = folder.path().join("b.db");
    for side in ["", "-wal"] {
        std::fs::copy(set_aside::with(&path, side), set_aside::with(&copy, side)).unwrap();
    }
    assert_eq!(keys(&mut SqliteShelf::open(&copy, Health::Check).unwrap()), 2);
}

// I72
#[test]
fn only_who_asks_for_it_waits_for_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let mut shelf = SqliteShelf::open(&folder.path().join("a.db"), Health::Check).unwrap();
    let level = |shelf: &SqliteShelf| -> i64 {
        shelf.db.pragma_query_value(None, "synchronous", |row| row.get(0)).unwrap()
    };
    for (durability, normal_or_full) in [(Durability::Power, 2), (Durability::Process, 1)] {
        put(&mut shelf, "k", durability);
        assert_eq!(level(&shelf), normal_or_full);
    }
}

// I75
#[test]
fn a_damaged_file_is_set_aside_and_its_plugin_told_once() {
    let rubbish = "rubbish ".repeat(1000);
    for damage in [rubbish.as_str(), ""] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        std::fs::write(&path, damage).unwrap();
        let opened = SqliteShelf::open(&path, Health::Check).err();
        assert!(matches!(opened, Some(StoreError::Corrupted { .. })), "{opened:?}");
        let (mut shelf, copy) = SqliteShelf::begin_anew(&path, at()).unwrap();
        assert_eq!(std::fs::read_to_string(copy).unwrap(), damage);
        drop(shelf);
        shelf = SqliteShelf::open(&path, Health::Check).unwrap();
        assert_eq!(shelf.tell_of_damage().unwrap(), Some(NOW));
        assert_eq!(shelf.tell_of_damage().unwrap(), None);
        assert_eq!(shelf.usage().unwrap().damaged, Some(NOW));
    }
}

#[test]
fn a_snapshot_comes_back_and_revisions_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.db");
    let (snapshot, staged) = (folder.path().join("snapshot"), folder.path().join("staged"));
    let mut shelf = SqliteShelf::open(&path, Health::Check).unwrap();
    put(&mut shelf, "one", Durability::Process);
    copy_shelf(&path, &snapshot, Secrets::With).unwrap();
    put(&mut shelf, "two", Durability::Process);
    put(&mut shelf, "three", Durability::Process);
    stage_shelf(&snapshot, &staged).unwrap();
    let mut shelf = shelf.replaced_by(&staged).unwrap();
    assert_eq!(keys(&mut shelf), 1);
    assert_eq!(shelf.usage().unwrap().revision, 4);
    put(&mut shelf, "four", Durability::Process);
    assert_eq!(shelf.get(&key("four"), NOW).unwrap().unwrap().revision, 5);
    let before = set_aside::with(&path, ".before-restore");
    assert_eq!(keys(&mut SqliteShelf::open(&before, Health::Check).unwrap()), 3);
}

#[test]
fn a_snapshot_overwrites_nothing_and_only_a_snapshot_is_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let (path, other) = (folder.path().join("a.db"), folder.path().join("other.db"));
    put(&mut SqliteShelf::open(&path, Health::Check).unwrap(), "one", Durability::Process);
    std::fs::write(&other, "mine").unwrap();
    let refused = copy_shelf(&path, &other, Secrets::With).unwrap_err();
    assert!(refused.to_string().contains("is there already"), "{refused}");
    assert_eq!(std::fs::read_to_string(&other).unwrap(), "mine");
    let staged = folder.path().join("staged");
    assert!(stage_shelf(&other, &staged).is_err());
    let foreign = folder.path().join("foreign.db");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
    let refused = stage_shelf(&foreign, &staged).unwrap_err();
    assert!(refused.to_string().contains("no copy of a plugin's storage"), "{refused}");
}

// I74
#[test]
fn one_that_finds_no_room_undoes_nobody_elses_write() {
    let folder = tempfile::tempdir().unwrap();
    let mut shelf = SqliteShelf::open(&folder.path().join("a.db"), Health::Check).unwrap();
    shelf.set_quota(1 << 18).unwrap();
    let set = |name: &str, size: usize| {
        let content = Content::Plain(vec![7; size].into());
        let change =
            Change::Set { key: key(name), content, expires: None, expect: Expect::Anything };
        Batch { changes: vec![change], durability: Durability::Process }
    };
    let large: Vec<Change> =
        (0..9).flat_map(|at| set(&format!("large{at}"), 60_000).changes).collect();
    let large = Batch { changes: large, durability: Durability::Process };
    let applied = shelf.apply(&[set("a", 9), large, set("b", 9)], NOW);
    let made: Vec<bool> = applied.results.iter().map(Result::is_ok).collect();
    assert_eq!(made, [true, false, true]);
    assert_eq!(applied.results[1], Err(Refusal::Full.into()));
    assert_eq!(keys(&mut shelf), 2);
}
