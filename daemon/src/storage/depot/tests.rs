//! Claims about the depot: order, bounds, many plugins on few files, and that each is served.

use std::sync::Arc;

use super::*;
use crate::secrets::tests::keyring;
use crate::storage::port::{Change, Content, Expect};
use crate::storage::{Heard, Room};

const QUOTA: u64 = 1 << 20;

fn depot(folder: &tempfile::TempDir) -> Depot {
    Depot::start(Files::within(folder.path()), keyring(&[1])).unwrap()
}

fn name(number: usize) -> PluginName {
    format!("plugin-{number}").parse().unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_second(1_700_000_000).unwrap()
}

fn set(key: &str, value: &str) -> Wish {
    let (key, content) = (Key::parse(key).unwrap(), Content::Plain(value.to_owned().into()));
    Wish::Open(Change::Set { key, content, expires: None, expect: Expect::Anything })
}

fn add(key: &str) -> Wish {
    Wish::Open(Change::Add { key: Key::parse(key).unwrap(), by: 1, expires: None })
}

async fn write(room: &Room, wish: Wish) -> Result<Vec<Written>, StorageFault> {
    room.write(QUOTA, vec![wish], Durability::Process, now()).await
}

async fn count(room: &Room) -> u64 {
    room.usage(QUOTA, now()).await.unwrap().keys
}

#[tokio::test]
async fn more_plugins_than_files_may_be_open_all_keep_what_they_keep() {
    let folder = tempfile::tempdir().unwrap();
    let depot = depot(&folder);
    let rooms: Vec<Room> = (0..150).map(|it| Room::new(depot.clone(), name(it))).collect();
    for round in 1..=3 {
        for room in &rooms {
            assert_eq!(write(room, add("n")).await.unwrap()[0].counter, Some(round));
        }
    }
    let open = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
    let open = open.filter_map(|fd| std::fs::read_link(fd.path()).ok());
    let ours = open.filter(|path| path.starts_with(folder.path())).count();
    assert!(ours <= 64 * 3, "{ours} files");
    depot.close().await;
    assert_eq!(write(&rooms[0], add("n")).await, Err(StorageFault::Stopping));
}

#[tokio::test]
async fn requests_of_one_plugin_are_carried_out_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let room = Room::new(depot(&folder), name(1));
    let mut writes = tokio::task::JoinSet::new();
    let room = Arc::new(room);
    for number in 0..40 {
        let room = Arc::clone(&room);
        writes.spawn(async move {
            let written = write(&room, set("k", &number.to_string())).await.unwrap();
            (number, written[0].revision)
        });
    }
    let mut all = writes.join_all().await;
    all.sort_unstable();
    let revisions: Vec<u64> = all.iter().map(|(_, revision)| *revision).collect();
    assert_eq!(revisions, (1..=40).collect::<Vec<u64>>());
}

#[tokio::test]
async fn one_with_too_much_under_way_is_told_and_nobody_else_concerned() {
    let folder = tempfile::tempdir().unwrap();
    let depot = depot(&folder);
    let room = Arc::new(Room::new(depot.clone(), name(1)));
    let mut asked = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let room = Arc::clone(&room);
        asked.spawn(async move { write(&room, add("n")).await });
    }
    let all = asked.join_all().await;
    let busy = |it: &Result<_, StorageFault>| matches!(it, Err(StorageFault::Busy(_)));
    assert_eq!(all.iter().filter(|it| it.is_ok()).count(), 64);
    assert!(all.iter().all(|it| it.is_ok() || busy(it)));
    assert_eq!(count(&Room::new(depot, name(2))).await, 0);
}

// I75
#[tokio::test]
async fn a_file_damaged_while_it_is_open_is_set_aside_and_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let depot = depot(&folder);
    let (hurt, other) = (Room::new(depot.clone(), name(1)), Room::new(depot.clone(), name(2)));
    let large = "x".repeat(50_000);
    for at in 0..10 {
        write(&hurt, set(&format!("k{at}"), &large)).await.unwrap();
    }
    write(&other, add("n")).await.unwrap();
    let (mut watcher, _) = hurt.watch(QUOTA, String::new(), now()).await.unwrap();
    // So that what is damaged is read again from the disk.
    let file = depot.files().of(&name(1));
    for side in ["-wal", ""] {
        let path = path_with(&file, side);
        let length = std::fs::metadata(&path).unwrap().len();
        std::fs::write(&path, vec![0x5a; usize::try_from(length).unwrap()]).unwrap();
    }
    let mut told = 0;
    for at in 0..10 {
        let key = Key::parse(&format!("k{at}")).unwrap();
        told += usize::from(hurt.get(QUOTA, key, now()).await.is_err());
    }
    let error = write(&hurt, set("k0", "anew")).await.err();
    assert_eq!(told + usize::from(error.is_some()), 1, "{error:?}");
    assert_eq!(depot.losses().len(), 1);
    assert_eq!(watcher.next().await, Some(Heard::Gap(None)));
    assert_eq!(write(&other, add("n")).await.unwrap()[0].counter, Some(2));
}

#[tokio::test]
async fn watchers_hear_of_everything_behind_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let room = Room::new(depot(&folder), name(1));
    write(&room, set("before", "x")).await.unwrap();
    let (mut watcher, revision) = room.watch(QUOTA, String::new(), now()).await.unwrap();
    assert_eq!(revision, 1);
    write(&room, set("after", "x")).await.unwrap();
    let Some(Heard::Changed(news)) = watcher.next().await else { panic!("nothing was told") };
    assert_eq!((news.key.as_str(), news.revision), ("after", 2));
}

#[tokio::test]
async fn purging_one_leaves_those_with_like_names() {
    let folder = tempfile::tempdir().unwrap();
    let depot = depot(&folder);
    let [one, other]: [PluginName; 2] = ["alpha", "alpha.db"].map(|it| it.parse().unwrap());
    let kept = Room::new(depot.clone(), other.clone());
    write(&Room::new(depot.clone(), one.clone()), add("n")).await.unwrap();
    write(&kept, add("n")).await.unwrap();
    for suffix in [".before-restore", ".damaged-1", ".damaged-1-wal"] {
        std::fs::write(path_with(&depot.files().of(&one), suffix), "x").unwrap();
        std::fs::write(path_with(&depot.files().of(&other), suffix), "x").unwrap();
    }
    depot.purge(&one, now()).await.unwrap();
    assert_eq!(depot.files().plugins().unwrap(), std::slice::from_ref(&other));
    assert_eq!(depot.files().beside(&other).unwrap().len(), 3);
    assert_eq!(write(&kept, add("n")).await.unwrap()[0].counter, Some(2));
    assert_eq!(depot.purge(&one, now()).await, Err(StorageFault::NoStorage("alpha".to_owned())));
}
