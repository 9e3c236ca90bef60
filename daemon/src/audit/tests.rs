//! Records reach the files, or are counted as lost: with a disk that is full, and one that is not
//! there.

use super::*;

fn act(number: u64) -> Act {
    Act::new(&Who::Operator(7), "load").of("alpha").on("/plugins/alpha").times(number)
}

fn read(files: &Files) -> Vec<Record> {
    let mut found = Vec::new();
    files
        .read(|record| {
            found.push(record);
            Ok(())
        })
        .unwrap();
    found
}

// I79
#[tokio::test]
async fn what_is_recorded_is_in_the_file_when_the_log_is_closed() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.log");
    let audit = Audit::start(file.clone()).unwrap();
    let denied: Result<(), Failure> = Err(Failure::new(
        tonic::Code::PermissionDenied,
        outboard_proto::common::Reason::NeedsGrants,
        "no\nway",
    ));
    audit.record(act(1).why("a \"reason\""));
    audit.record(act(2).came_to(&denied));
    audit.close().await;
    let records = read(&audit.files());
    assert_eq!(records.len(), 2);
    assert_eq!((records[0].who.as_str(), records[0].act.as_str()), ("operator uid 7", "load"));
    assert_eq!((records[0].why.as_str(), records[0].outcome.as_str()), ("a \"reason\"", "done"));
    assert_eq!((records[1].outcome.as_str(), records[1].count), ("NEEDS_GRANTS: no\nway", 2));
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 2, "one line each");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(audit.alarm(), None);
}

// I79
#[tokio::test]
async fn whoever_waits_for_it_finds_what_was_recorded_before() {
    let folder = tempfile::tempdir().unwrap();
    let audit = Audit::start(folder.path().join("audit.log")).unwrap();
    for number in 1..=200 {
        audit.record(act(number));
    }
    audit.settled().await;
    assert_eq!(read(&audit.files()).len(), 200);
    audit.close().await;
    audit.settled().await;
}

// I79
#[tokio::test]
async fn what_a_full_disk_or_a_folder_that_is_none_takes_is_counted_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let full = folder.path().join("audit.log");
    std::os::unix::fs::symlink("/dev/full", &full).unwrap();
    let nowhere = folder.path().join("audit.log").join("audit.log");
    for (file, why) in [(full, "No space left"), (nowhere, "Not a directory")] {
        let audit = Audit::start(file).unwrap();
        audit.record(act(1));
        audit.record(act(2));
        audit.close().await;
        let alarm = audit.alarm().unwrap();
        assert!(alarm.contains("lost 2 records") && alarm.contains(why), "{alarm}");
        audit.record(act(3));
        assert!(audit.alarm().unwrap().contains("lost 3 records"), "after its end, too");
    }
}

#[test]
fn a_line_that_was_torn_costs_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::at(folder.path().join("audit.log"));
    std::fs::write(files.current(), "{\"at\":\"2026-0").unwrap();
    files.append(&[act(1).0, act(2).0]).unwrap();
    assert_eq!(read(&files).len(), 2);
}

#[test]
fn a_file_that_is_full_gives_way_and_the_oldest_goes() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::at(folder.path().join("audit.log"));
    for number in 0..KEPT as u64 + 3 {
        files.append(&[act(number).0]).unwrap();
        let file = std::fs::OpenOptions::new().append(true).open(files.current()).unwrap();
        file.set_len(MOST_BYTES).unwrap();
    }
    let counts: Vec<u64> = read(&files).iter().map(|record| record.count).collect();
    assert_eq!(counts, [2, 3, 4, 5, 6]);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), KEPT + 1);
}

#[test]
fn a_long_text_is_cut_between_letters() {
    let cut = Act::new(&Who::Daemon, "load").on(&"é".repeat(LONGEST)).0.on;
    assert!(cut.len() <= LONGEST && cut.chars().all(|it| it == 'é'));
}
