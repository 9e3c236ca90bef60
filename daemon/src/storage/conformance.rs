//! What every shelf must do, whatever stands behind it: the same claims for SQLite and for the
//! shelf in memory, and the two against each other over histories made up by chance.

use proptest::prelude::*;

use super::fault::StorageFault;
use super::memory::Memory;
use super::port::{
    Batch, Change, Content, Durability, Expect, Key, Micros, News, Refusal, Scan, Shelf, Values,
    What, Written,
};
use crate::secrets::Sealed;
use crate::store::{Health, SqliteShelf};

const NOW: Micros = 1_700_000_000_000_000;
const SECOND: Micros = 1_000_000;
const QUOTA: u64 = 1 << 20;

fn key(text: &str) -> Key {
    Key::parse(text).unwrap()
}

fn set(name: &str, value: &str) -> Change {
    let content = Content::Plain(value.to_owned().into());
    Change::Set { key: key(name), content, expires: None, expect: Expect::Anything }
}

fn set_if(name: &str, value: &str, expect: Expect) -> Change {
    let content = Content::Plain(value.to_owned().into());
    Change::Set { key: key(name), content, expires: None, expect }
}

fn set_until(name: &str, expires: Micros) -> Change {
    let content = Content::Plain("brief".into());
    Change::Set { key: key(name), content, expires: Some(expires), expect: Expect::Anything }
}

fn add(name: &str, by: i64) -> Change {
    Change::Add { key: key(name), by, expires: None }
}

fn delete(name: &str) -> Change {
    Change::Delete { key: key(name), expect: Expect::Anything }
}

fn batch(changes: Vec<Change>) -> Batch {
    Batch { changes, durability: Durability::Process }
}

type Result_ = Result<Vec<Written>, StorageFault>;

fn apply(shelf: &mut impl Shelf, changes: Vec<Change>, now: Micros) -> Result_ {
    let mut applied = shelf.apply(&[batch(changes)], now);
    assert_eq!(applied.results.len(), 1);
    applied.results.remove(0)
}

fn value(shelf: &mut impl Shelf, name: &str, now: Micros) -> Option<String> {
    let entry = shelf.get(&key(name), now).unwrap()?;
    match entry.content? {
        Content::Plain(bytes) => Some(String::from_utf8(bytes.to_vec()).unwrap()),
        Content::Counter(number) => Some(number.to_string()),
        Content::Sealed(sealed) => Some(format!("sealed under {}", sealed.version)),
    }
}

fn scan(prefix: &str, after: Option<&str>, most: usize) -> Scan {
    let (prefix, after) = (prefix.to_owned(), after.map(str::to_owned));
    Scan { prefix, after, most, values: Values::Open }
}

fn names(shelf: &mut impl Shelf, scan: &Scan, now: Micros) -> Vec<String> {
    let page = shelf.list(scan, now).unwrap();
    page.entries.iter().map(|entry| entry.key.as_str().to_owned()).collect()
}

fn what_is_set_is_there_until_it_is_deleted(shelf: &mut impl Shelf) {
    let first = apply(shelf, vec![set("a", "one")], NOW).unwrap();
    assert_eq!(first, [Written { revision: 1, existed: false, counter: None }]);
    let second = apply(shelf, vec![set("a", "two")], NOW).unwrap();
    assert_eq!(second, [Written { revision: 2, existed: true, counter: None }]);
    assert_eq!(value(shelf, "a", NOW).as_deref(), Some("two"));
    assert_eq!(apply(shelf, vec![delete("a")], NOW).unwrap()[0].revision, 3);
    assert_eq!(value(shelf, "a", NOW), None);
    let nothing = apply(shelf, vec![delete("a")], NOW).unwrap();
    assert_eq!(nothing, [Written { revision: 0, existed: false, counter: None }]);
    // A key that comes again never has a revision that it had before.
    assert_eq!(apply(shelf, vec![set("a", "three")], NOW).unwrap()[0].revision, 4);
}

fn a_change_is_made_only_to_what_was_expected(shelf: &mut impl Shelf) {
    apply(shelf, vec![set_if("a", "one", Expect::Absent)], NOW).unwrap();
    let conflict = |found| Refusal::Conflict { key: key("a"), at: 0, found };
    let refused = |result: Result_| match result.unwrap_err() {
        StorageFault::Refused(refusal) => refusal,
        other => panic!("{other}"),
    };
    let again = apply(shelf, vec![set_if("a", "two", Expect::Absent)], NOW);
    assert_eq!(refused(again), conflict(Some(1)));
    let wrong = apply(shelf, vec![set_if("a", "two", Expect::Revision(7))], NOW);
    assert_eq!(refused(wrong), conflict(Some(1)));
    apply(shelf, vec![set_if("a", "two", Expect::Revision(1))], NOW).unwrap();
    let gone = Change::Delete { key: key("a"), expect: Expect::Revision(1) };
    assert_eq!(refused(apply(shelf, vec![gone], NOW)), conflict(Some(2)));
    assert_eq!(value(shelf, "a", NOW).as_deref(), Some("two"));
}

// I72
fn a_batch_is_made_whole_or_not_at_all(shelf: &mut impl Shelf) {
    let all = apply(shelf, vec![set("a", "1"), set("b", "1"), delete("a")], NOW).unwrap();
    assert_eq!(all.iter().map(|it| it.revision).collect::<Vec<_>>(), [1, 2, 3]);
    let half = vec![set("a", "2"), delete("b"), set_if("c", "2", Expect::Revision(9))];
    let refused = apply(shelf, half, NOW).unwrap_err();
    assert!(matches!(refused, StorageFault::Refused(Refusal::Conflict { at: 2, .. })), "{refused}");
    assert_eq!(names(shelf, &scan("", None, 9), NOW), ["b"]);
    assert_eq!(shelf.usage().unwrap().revision, 3);
}

fn what_one_batch_is_refused_leaves_the_others_alone(shelf: &mut impl Shelf) {
    let batches = [
        batch(vec![set("a", "1")]),
        batch(vec![set("b", "1"), set_if("b", "2", Expect::Absent)]),
        batch(vec![set("c", "1")]),
    ];
    let applied = shelf.apply(&batches, NOW);
    let made: Vec<bool> = applied.results.iter().map(Result::is_ok).collect();
    assert_eq!(made, [true, false, true]);
    let told: Vec<(&str, u64)> =
        applied.news.iter().map(|it| (it.key.as_str(), it.revision)).collect();
    assert_eq!(told, [("a", 1), ("c", 2)]);
}

fn a_counter_counts_and_nothing_else_is_added_to(shelf: &mut impl Shelf) {
    assert_eq!(apply(shelf, vec![add("n", 5)], NOW).unwrap()[0].counter, Some(5));
    assert_eq!(apply(shelf, vec![add("n", -7)], NOW).unwrap()[0].counter, Some(-2));
    let over = apply(shelf, vec![add("n", i64::MIN)], NOW).unwrap_err();
    assert_eq!(over, Refusal::Overflow { key: key("n") }.into());
    apply(shelf, vec![set("v", "text")], NOW).unwrap();
    let wrong = apply(shelf, vec![add("v", 1)], NOW).unwrap_err();
    assert_eq!(wrong, Refusal::NotACounter { key: key("v") }.into());
    assert_eq!(value(shelf, "n", NOW).as_deref(), Some("-2"));
}

// I73
fn what_has_expired_is_not_there_whether_dropped_or_not(shelf: &mut impl Shelf) {
    let until = NOW + SECOND;
    apply(shelf, vec![set_until("a", until), set("b", "stays")], NOW).unwrap();
    let brief = Change::Add { key: key("n"), by: 1, expires: Some(until) };
    apply(shelf, vec![brief.clone()], NOW).unwrap();
    // A counter that is there keeps its end.
    let later = Change::Add { key: key("n"), by: 1, expires: Some(until + SECOND) };
    assert_eq!(apply(shelf, vec![later], until - 1).unwrap()[0].counter, Some(2));
    assert_eq!(value(shelf, "a", until - 1).as_deref(), Some("brief"));
    assert_eq!(value(shelf, "a", until), None);
    assert_eq!(names(shelf, &scan("", None, 9), until), ["b"]);
    let dropped = shelf.expire(until).unwrap();
    let told: Vec<(&str, What)> = dropped.iter().map(|it| (it.key.as_str(), it.what)).collect();
    assert_eq!(told, [("a", What::Expired), ("n", What::Expired)]);
    assert_eq!(shelf.expire(until).unwrap(), []);
    assert_eq!(shelf.usage().unwrap().keys, 1);
    assert_eq!(apply(shelf, vec![add("n", 1)], until).unwrap()[0].counter, Some(1));
}

fn what_has_expired_counts_as_absent_and_is_told_first(shelf: &mut impl Shelf) {
    apply(shelf, vec![set_until("a", NOW + 1)], NOW).unwrap();
    let anew = [batch(vec![set_if("a", "new", Expect::Absent)])];
    let applied = shelf.apply(&anew, NOW + 1);
    assert!(applied.results[0].is_ok());
    let told = |what, revision| News { key: key("a"), revision, what };
    assert_eq!(applied.news, [told(What::Expired, 1), told(What::Set, 2)]);
    // Without an end of its own it has none.
    assert_eq!(value(shelf, "a", NOW + SECOND).as_deref(), Some("new"));
}

fn a_list_is_in_the_order_of_bytes_and_comes_in_pages(shelf: &mut impl Shelf) {
    let all = ["b/2", "b/10", "a", "b", "b/é", "c", "b0"];
    apply(shelf, all.iter().map(|name| set(name, "x")).collect(), NOW).unwrap();
    assert_eq!(names(shelf, &scan("b/", None, 9), NOW), ["b/10", "b/2", "b/é"]);
    let first = shelf.list(&scan("b", None, 2), NOW).unwrap();
    assert!(first.more);
    assert_eq!(names(shelf, &scan("b", None, 2), NOW), ["b", "b/10"]);
    assert_eq!(names(shelf, &scan("b", Some("b/10"), 9), NOW), ["b/2", "b/é", "b0"]);
    assert!(!shelf.list(&scan("b", Some("b/10"), 3), NOW).unwrap().more);
    assert_eq!(names(shelf, &scan("nothing", None, 9), NOW), [] as [&str; 0]);
}

fn a_page_ends_where_it_would_grow_too_large(shelf: &mut impl Shelf) {
    let large = "x".repeat(40 * 1024);
    for name in ["a", "b", "c"] {
        apply(shelf, vec![set(name, &large)], NOW).unwrap();
    }
    let page = shelf.list(&scan("", None, 9), NOW).unwrap();
    assert_eq!((page.entries.len(), page.more), (2, true));
    let keys = Scan { values: Values::Without, ..scan("", None, 9) };
    assert_eq!(shelf.list(&keys, NOW).unwrap().entries.len(), 3);
}

fn a_list_leaves_out_what_is_sealed(shelf: &mut impl Shelf) {
    let sealed = Sealed { version: 3, bytes: b"nobody reads this".to_vec() };
    let content = Content::Sealed(sealed);
    let secret = Change::Set { key: key("s"), content, expires: None, expect: Expect::Anything };
    apply(shelf, vec![secret, add("n", 1)], NOW).unwrap();
    assert_eq!(value(shelf, "s", NOW).as_deref(), Some("sealed under 3"));
    let page = shelf.list(&scan("", None, 9), NOW).unwrap();
    let shown: Vec<(bool, bool)> =
        page.entries.iter().map(|it| (it.secret, it.content.is_some())).collect();
    assert_eq!(shown, [(false, true), (true, false)]);
    let all = Scan { values: Values::WithSealed, ..scan("s", None, 9) };
    assert!(shelf.list(&all, NOW).unwrap().entries[0].content.is_some());
    assert_eq!(shelf.usage().unwrap().secrets, 1);
    apply(shelf, vec![set("s", "open now")], NOW).unwrap();
    let usage = shelf.usage().unwrap();
    assert_eq!((usage.keys, usage.secrets), (2, 0));
}

// I74
fn a_full_shelf_refuses_what_grows_and_lets_go(shelf: &mut impl Shelf) {
    let large = "x".repeat(60 * 1024);
    let mut kept = 0;
    let refused = loop {
        match apply(shelf, vec![set("small", "s"), set(&format!("k{kept:03}"), &large)], NOW) {
            Ok(_) => kept += 1,
            Err(fault) => break fault,
        }
        assert!(kept < 100, "a MiB has an end");
    };
    assert_eq!(refused, Refusal::Full.into());
    assert!(kept > 8, "{kept}");
    assert_eq!(names(shelf, &scan("k", None, 200), NOW).len().max(kept), kept);
    assert_eq!(value(shelf, &format!("k{kept:03}"), NOW), None);
    let usage = shelf.usage().unwrap();
    assert!(usage.bytes <= QUOTA, "{usage:?}");
    apply(shelf, vec![delete("k000"), delete("k001")], NOW).unwrap();
    apply(shelf, vec![set("again", &large)], NOW).unwrap();
}

fn what_has_expired_makes_room(shelf: &mut impl Shelf) {
    let large: String = "x".repeat(60 * 1024);
    for round in 0..40 {
        let now = NOW + round * 10 * SECOND;
        for at in 0..8 {
            let content = Content::Plain(large.clone().into());
            let (key, expires) = (key(&format!("k{round}/{at}")), Some(now + SECOND));
            let change = Change::Set { key, content, expires, expect: Expect::Anything };
            apply(shelf, vec![change], now).unwrap();
        }
    }
}

macro_rules! claims {
    ($($claim:ident)*) => {
        mod in_memory {
            $(#[test] fn $claim() {
                super::$claim(&mut super::Memory::new(super::QUOTA as usize));
            })*
        }
        mod on_disk {
            $(#[test] fn $claim() {
                let folder = tempfile::tempdir().unwrap();
                super::$claim(&mut super::on_disk(&folder));
            })*
        }
    };
}

claims! {
    what_is_set_is_there_until_it_is_deleted
    a_change_is_made_only_to_what_was_expected
    a_batch_is_made_whole_or_not_at_all
    what_one_batch_is_refused_leaves_the_others_alone
    a_counter_counts_and_nothing_else_is_added_to
    what_has_expired_is_not_there_whether_dropped_or_not
    what_has_expired_counts_as_absent_and_is_told_first
    a_list_is_in_the_order_of_bytes_and_comes_in_pages
    a_page_ends_where_it_would_grow_too_large
    a_list_leaves_out_what_is_sealed
    a_full_shelf_refuses_what_grows_and_lets_go
    what_has_expired_makes_room
}

fn on_disk(folder: &tempfile::TempDir) -> SqliteShelf {
    let mut shelf = SqliteShelf::open(&folder.path().join("a.db"), Health::Check).unwrap();
    shelf.set_quota(QUOTA).unwrap();
    shelf
}

/// One step of a history.
#[derive(Debug, Clone)]
enum Step {
    Apply(Vec<Vec<Change>>),
    Expire,
    Wait(Micros),
    Reopen,
}

fn a_key() -> impl Strategy<Value = Key> {
    prop::sample::select(vec!["a", "a/1", "a/2", "b", "é"]).prop_map(key)
}

fn an_expectation() -> impl Strategy<Value = Expect> {
    prop_oneof![
        4 => Just(Expect::Anything),
        1 => Just(Expect::Absent),
        1 => (1..12_u64).prop_map(Expect::Revision),
    ]
}

fn a_change() -> impl Strategy<Value = Change> {
    // Ends are few, so that histories meet them.
    let expires = prop::option::of((1..4_i64).prop_map(|it| NOW + it * SECOND));
    let content = prop_oneof![
        "[a-z]{0,3}".prop_map(|text| Content::Plain(text.into())),
        any::<i8>().prop_map(|number| Content::Counter(number.into())),
        Just(Content::Sealed(Sealed { version: 1, bytes: vec![1, 2, 3] })),
    ];
    prop_oneof![
        3 => (a_key(), content, expires.clone(), an_expectation()).prop_map(
            |(key, content, expires, expect)| Change::Set { key, content, expires, expect }
        ),
        1 => (a_key(), an_expectation()).prop_map(|(key, expect)| Change::Delete { key, expect }),
        1 => (a_key(), any::<i8>(), expires)
            .prop_map(|(key, by, expires)| Change::Add { key, by: by.into(), expires }),
    ]
}

fn a_step() -> impl Strategy<Value = Step> {
    let changes = prop::collection::vec(prop::collection::vec(a_change(), 1..4), 1..4);
    prop_oneof![
        8 => changes.prop_map(Step::Apply),
        1 => Just(Step::Expire),
        2 => (0..2 * SECOND).prop_map(Step::Wait),
        1 => Just(Step::Reopen),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    // I72, I73
    #[test]
    fn on_disk_everything_is_as_in_memory_whatever_happens(
        steps in prop::collection::vec(a_step(), 1..24)
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (mut disk, mut memory) = (on_disk(&folder), Memory::new(1 << 20));
        let mut now = NOW;
        for step in steps {
            match step {
                Step::Apply(batches) => {
                    let batches: Vec<Batch> = batches.into_iter().map(batch).collect();
                    let (one, other) = (disk.apply(&batches, now), memory.apply(&batches, now));
                    prop_assert_eq!(one.results, other.results);
                    prop_assert_eq!(sorted(one.news), sorted(other.news));
                }
                Step::Expire => {
                    let (one, other) = (disk.expire(now).unwrap(), memory.expire(now).unwrap());
                    prop_assert_eq!(sorted(one), sorted(other));
                }
                Step::Wait(time) => now += time,
                Step::Reopen => {
                    drop(disk);
                    disk = on_disk(&folder);
                }
            }
            let all = Scan { values: Values::WithSealed, ..scan("", None, 99) };
            prop_assert_eq!(disk.list(&all, now).unwrap(), memory.list(&all, now).unwrap());
            let (one, other) = (disk.usage().unwrap(), memory.usage().unwrap());
            prop_assert_eq!((one.keys, one.secrets), (other.keys, other.secrets));
            prop_assert_eq!(one.revision, other.revision);
        }
    }

    // I73
    #[test]
    fn nothing_is_seen_at_or_after_its_end_and_nothing_is_missed_before(
        ends in prop::collection::vec(1..50_i64, 1..20),
        looks in prop::collection::vec(0..60_i64, 1..20),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut disk = on_disk(&folder);
        for (at, end) in ends.iter().enumerate() {
            apply(&mut disk, vec![set_until(&format!("k{at:02}"), NOW + end)], NOW).unwrap();
        }
        let mut looks = looks;
        looks.sort_unstable();
        for look in looks {
            let now = NOW + look;
            let living = ends.iter().filter(|end| NOW + **end > now).count();
            prop_assert_eq!(names(&mut disk, &scan("", None, 99), now).len(), living);
            if look % 3 == 0 {
                disk.expire(now).unwrap();
                prop_assert_eq!(disk.usage().unwrap().keys, living as u64);
            }
        }
    }

    // I74
    #[test]
    fn no_history_comes_over_the_quota_and_what_is_refused_changes_nothing(
        sizes in prop::collection::vec((0..30_usize, 0..60_000_usize, any::<bool>()), 1..60)
    ) {
        let folder = tempfile::tempdir().unwrap();
        let mut disk = on_disk(&folder);
        for (at, size, goes) in sizes {
            let name = format!("k{at}");
            let before = (disk.get(&key(&name), NOW).unwrap(), disk.usage().unwrap());
            let change = if goes { delete(&name) } else { set(&name, &"x".repeat(size)) };
            match apply(&mut disk, vec![change], NOW) {
                Ok(_) => {}
                Err(StorageFault::Refused(Refusal::Full)) => {
                    prop_assert!(!goes, "a full shelf lets go");
                    let after = (disk.get(&key(&name), NOW).unwrap(), disk.usage().unwrap());
                    prop_assert_eq!(before, after);
                }
                Err(other) => prop_assert!(false, "{}", other),
            }
            let file = std::fs::metadata(disk.path()).unwrap().len();
            prop_assert!(disk.usage().unwrap().bytes <= QUOTA && file <= QUOTA);
        }
    }
}

/// What expires at one moment has no order.
fn sorted(mut news: Vec<News>) -> Vec<News> {
    let expired = news.iter().take_while(|it| it.what == What::Expired).count();
    news[..expired].sort_by(|one, other| one.key.cmp(&other.key));
    news
}
