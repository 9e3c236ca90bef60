//! Claims about backups: what comes back is what was there, and nothing doubtful is put in place.

use super::*;
use crate::config::name::PluginName;
use crate::statistics::{Entry, Kind, Outcome, Sum};
use crate::storage::StorageFault;
use crate::storage::port::{Batch, Change, Content, Durability, Expect, Key, Shelf as _};
use crate::store::journal::NewRequest;
use crate::store::{Control, Health, HourBook, Journal, SqliteShelf};

struct House {
    folder: tempfile::TempDir,
}

impl House {
    fn new() -> House {
        let house = House { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(house.path("storage")).unwrap();
        house
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn open(&self) -> (Control, Journal) {
        let control = Control::open(&self.path("control.db"), "id").unwrap();
        (control, Journal::open(&self.path("journal.db")).unwrap())
    }

    fn whole(&self) -> Whole {
        let storage = Files::within(&self.path("storage"));
        let [control, journal, statistics] =
            ["control.db", "journal.db", "statistics.db"].map(|name| self.path(name));
        Whole { control, journal, statistics, storage }
    }

    async fn backup(&self, secrets: Secrets) -> Result<BackupReport, StoreError> {
        backup(self.whole(), &self.path("backup"), secrets, now()).await
    }

    fn restore(&self) -> Result<(), StoreError> {
        restore(&self.path("backup"), &self.whole())
    }

    fn book(&self) -> HourBook {
        HourBook::open_or_tell(&self.path("statistics.db"), now()).book.unwrap()
    }

    fn shelf(&self, plugin: &str) -> SqliteShelf {
        let plugin: PluginName = plugin.parse().unwrap();
        SqliteShelf::open(&self.whole().storage.of(&plugin), Health::Check).unwrap()
    }
}

fn now() -> Timestamp {
    Timestamp::from_second(1_000_000).unwrap()
}

async fn set(control: &Control, value: &str) {
    control.set_override(&"aa".parse().unwrap(), "memory", value).await.unwrap();
}

async fn memory(control: &Control) -> String {
    control.overrides().await.unwrap()["aa"]["memory"].clone()
}

async fn enqueue(journal: &Journal, key: &str) {
    let plugin = "aa".parse().unwrap();
    let request = NewRequest { plugin, key: key.to_owned(), request: vec![1] };
    journal.enqueue(request, now()).await.unwrap();
}

/// A house with a backup, and changes made after it.
async fn backed_up() -> House {
    let house = House::new();
    let (control, journal) = house.open();
    set(&control, "60MiB").await;
    enqueue(&journal, "k1").await;
    let report = house.backup(Secrets::With).await.unwrap();
    assert_eq!(report.files.len(), 3);
    set(&control, "70MiB").await;
    enqueue(&journal, "k2").await;
    control.close().await;
    journal.close().await;
    house
}

#[tokio::test]
async fn a_restore_brings_back_the_moment_of_the_backup() {
    let house = backed_up().await;
    house.restore().unwrap();
    let (control, journal) = house.open();
    assert_eq!(memory(&control).await, "60MiB");
    assert_eq!(journal.count().await, Ok(1));
    assert!(house.path("control.db.before-restore").exists());
}

#[tokio::test]
async fn a_backup_is_taken_while_others_write() {
    let house = House::new();
    let (control, journal) = house.open();
    let writer = control.clone();
    let writing = tokio::spawn(async move {
        for index in 0..200 {
            set(&writer, &format!("{index}MiB")).await;
        }
    });
    house.backup(Secrets::With).await.unwrap();
    writing.await.unwrap();
    assert_eq!(memory(&control).await, "199MiB");
    control.close().await;
    journal.close().await;
    house.restore().unwrap();
    house.open();
}

#[tokio::test]
async fn a_folder_that_holds_something_is_not_written_into() {
    let house = House::new();
    let (control, journal) = house.open();
    std::fs::create_dir(house.path("backup")).unwrap();
    std::fs::write(house.path("backup/mine"), "").unwrap();
    let error = house.backup(Secrets::With).await.unwrap_err();
    drop((control, journal));
    assert!(error.to_string().contains("is not empty"), "{error}");
}

#[tokio::test]
async fn an_altered_or_incomplete_backup_changes_nothing() {
    let house = backed_up().await;
    let mut altered = std::fs::read(house.path("backup/journal.db")).unwrap();
    altered.push(0);
    std::fs::write(house.path("backup/journal.db"), altered).unwrap();
    let error = house.restore().unwrap_err();
    assert!(error.to_string().contains("journal.db: is not what manifest.json says"), "{error}");
    std::fs::remove_file(house.path("backup/manifest.json")).unwrap();
    assert!(matches!(house.restore(), Err(StoreError::Backup { .. })));
    let (control, _) = house.open();
    assert_eq!(memory(&control).await, "70MiB");
}

#[tokio::test]
async fn a_newer_daemons_backup_is_refused_with_both_versions() {
    let house = backed_up().await;
    let manifest = house.path("backup/manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let ours = schema::known(control::MIGRATIONS);
    let newer = text.replacen(&format!("\"schema\": {ours}"), "\"schema\": 99", 1);
    std::fs::write(&manifest, newer).unwrap();
    let error = house.restore().unwrap_err();
    assert!(
        matches!(error, StoreError::NewerSchema { found: 99, known, .. } if known == ours),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_damaged_database_is_refused_by_name_and_a_restore_mends_it() {
    let house = backed_up().await;
    let mut damaged = std::fs::read(house.path("control.db")).unwrap();
    damaged[..4096].fill(0x5a);
    std::fs::write(house.path("control.db"), damaged).unwrap();
    let Err(error) = Control::open(&house.path("control.db"), "id") else {
        panic!("a damaged file is refused");
    };
    assert!(error.to_string().contains("control.db is damaged"), "{error}");
    house.restore().unwrap();
    house.open();
}

fn set_key(shelf: &mut SqliteShelf, name: &str, content: Content) {
    let key = Key::parse(name).unwrap();
    let set = Change::Set { key, content, expires: None, expect: Expect::Anything };
    let batch = Batch { changes: vec![set], durability: Durability::Process };
    let results: Result<Vec<_>, StorageFault> =
        shelf.apply(&[batch], 0).results.into_iter().collect();
    results.unwrap();
}

fn has(shelf: &mut SqliteShelf, name: &str) -> bool {
    shelf.get(&Key::parse(name).unwrap(), 0).unwrap().is_some()
}

fn sealed() -> Content {
    Content::Sealed(crate::secrets::Sealed { version: 1, bytes: b"ciphertext".to_vec() })
}

#[tokio::test]
async fn what_plugins_keep_comes_back_and_what_came_later_is_set_aside() {
    let house = House::new();
    let (control, journal) = house.open();
    let mut alpha = house.shelf("alpha");
    set_key(&mut alpha, "before", Content::Plain("x".into()));
    let report = house.backup(Secrets::With).await.unwrap();
    assert_eq!((report.files.len(), report.notes.len()), (4, 0));
    set_key(&mut alpha, "after", Content::Plain("x".into()));
    set_key(&mut house.shelf("beta"), "later", Content::Plain("x".into()));
    drop(alpha);
    control.close().await;
    journal.close().await;
    house.restore().unwrap();
    let mut alpha = house.shelf("alpha");
    assert!(has(&mut alpha, "before") && !has(&mut alpha, "after"));
    assert!(house.path("storage/beta.db.before-restore").exists());
    assert!(!house.path("storage/beta.db").exists());
}

// I76
#[tokio::test]
async fn secrets_are_in_a_backup_only_where_that_was_asked_for() {
    for (secrets, there) in [(Secrets::Without, false), (Secrets::With, true)] {
        let house = House::new();
        let _open = house.open();
        let mut alpha = house.shelf("alpha");
        set_key(&mut alpha, "open", Content::Plain("x".into()));
        set_key(&mut alpha, "token", sealed());
        house.backup(secrets).await.unwrap();
        let copy = std::fs::read(house.path("backup/storage/alpha.db")).unwrap();
        assert_eq!(copy.windows(10).any(|it| it == b"ciphertext"), there);
        assert_eq!(copy.windows(5).any(|it| it == b"token"), there);
    }
}

// I75
#[tokio::test]
async fn one_damaged_storage_is_left_out_and_noted() {
    let house = House::new();
    let _open = house.open();
    set_key(&mut house.shelf("alpha"), "k", Content::Plain("x".into()));
    std::fs::write(house.path("storage/beta.db"), "rubbish ".repeat(1000)).unwrap();
    let report = house.backup(Secrets::With).await.unwrap();
    assert!(report.notes[0].contains("beta"), "{report:?}");
    assert!(house.path("backup/storage/alpha.db").exists());
    assert!(!house.path("backup/storage/beta.db").exists());
}

#[tokio::test]
async fn a_backup_that_names_a_file_elsewhere_is_refused() {
    let house = House::new();
    let _open = house.open();
    set_key(&mut house.shelf("alpha"), "k", Content::Plain("x".into()));
    house.backup(Secrets::With).await.unwrap();
    let manifest = house.path("backup/manifest.json");
    let text = std::fs::read_to_string(&manifest).unwrap();
    std::fs::write(&manifest, text.replace("storage/alpha.db", "storage/../../x.db")).unwrap();
    let error = verify(&house.path("backup"), &house.whole()).unwrap_err();
    assert!(error.to_string().contains("is no plugin's storage"), "{error}");
}

/// One use more, in this hour.
async fn count_one(book: &HourBook, hour: i64) {
    let mut sum = Sum::default();
    sum.outcomes[Outcome::Ok as usize] = 1;
    let entry = Entry { plugin: "aa".into(), kind: Kind::Command, name: "roll".into(), sum };
    book.add(vec![(hour, entry)].into(), hour).await.unwrap();
}

async fn counted(house: &House) -> u64 {
    let book = house.book();
    let counted = book.since(0, None).await.unwrap().iter().map(|it| it.sum.invocations()).sum();
    book.close().await;
    counted
}

#[tokio::test]
async fn what_was_counted_comes_back_and_a_backup_without_it_leaves_what_is_there() {
    let house = House::new();
    let (control, journal) = house.open();
    let book = house.book();
    count_one(&book, 10).await;
    let report = house.backup(Secrets::With).await.unwrap();
    assert!(report.files.contains(&house.path("backup/statistics.db")), "{report:?}");
    count_one(&book, 11).await;
    book.close().await;
    control.close().await;
    journal.close().await;
    assert_eq!(counted(&house).await, 2);
    house.restore().unwrap();
    assert_eq!(counted(&house).await, 1);
    assert!(house.path("statistics.db.before-restore").exists());
    let manifest = house.path("backup/manifest.json");
    let mut older: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&manifest).unwrap()).unwrap();
    older.as_object_mut().unwrap().remove("statistics");
    std::fs::write(&manifest, older.to_string()).unwrap();
    let book = house.book();
    count_one(&book, 12).await;
    book.close().await;
    house.restore().unwrap();
    assert_eq!(counted(&house).await, 2);
}

#[tokio::test]
async fn damaged_statistics_cost_a_backup_nothing_else() {
    let house = House::new();
    let _open = house.open();
    std::fs::write(house.path("statistics.db"), "rubbish ".repeat(1000)).unwrap();
    let report = house.backup(Secrets::With).await.unwrap();
    assert!(report.notes[0].contains("statistics are not in the backup"), "{report:?}");
    assert!(!house.path("backup/statistics.db").exists());
    verify(&house.path("backup"), &house.whole()).unwrap();
}
