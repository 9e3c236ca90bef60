//! Claims about backups: what comes back is what was there, and nothing doubtful is put in place.

use super::*;
use crate::store::journal::NewRequest;

struct House {
    folder: tempfile::TempDir,
}

impl House {
    fn new() -> House {
        House { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn open(&self) -> (Control, Journal) {
        let control = Control::open(&self.path("control.db"), "id").unwrap();
        (control, Journal::open(&self.path("journal.db")).unwrap())
    }

    fn restore(&self) -> Result<(), StoreError> {
        restore(&self.path("backup"), &self.path("control.db"), &self.path("journal.db"))
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
    let report = backup(&control, &journal, &house.path("backup"), now()).await.unwrap();
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
    backup(&control, &journal, &house.path("backup"), now()).await.unwrap();
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
    let error = backup(&control, &journal, house.folder.path(), now()).await.unwrap_err();
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
