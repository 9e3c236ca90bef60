//! Claims about the timetable: what it keeps, what it shows, when it is silent.

use super::*;
use crate::schedule::Rule;
use jiff::ToSpan as _;

struct Hall {
    _folder: tempfile::TempDir,
    control: Control,
    table: Timetable,
}

fn hall() -> Hall {
    let folder = tempfile::tempdir().unwrap();
    let control = Control::open(&folder.path().join("control.db"), "id-1").unwrap();
    let board = Switchboard::new(clock::Clock::start());
    let table = Timetable::new(control.clone(), board);
    Hall { _folder: folder, control, table }
}

/// The store keeps whole microseconds.
fn now() -> Timestamp {
    Timestamp::from_microsecond(clock::timestamp().as_microsecond()).unwrap()
}

fn clockwork() -> PluginName {
    "clockwork".parse().unwrap()
}

fn every(seconds: u64, missed: Missed) -> Vec<ScheduleDecl> {
    let rule = Rule::Every(Duration::from_secs(seconds));
    vec![ScheduleDecl { name: "tick".to_owned(), rule, missed }]
}

fn only(table: &Timetable) -> ScheduleView {
    table.view(&clockwork()).remove(0)
}

// I48
#[tokio::test]
async fn a_key_is_kept_before_it_fires_and_shown_with_the_next_one() {
    let hall = hall();
    hall.table.set(&clockwork(), &every(60, Missed::Skip), true);
    let start = now();
    assert_eq!(hall.table.turn(start).await, Some(LOOK));
    assert_eq!(only(&hall.table).next, Some(start + 60.seconds()));
    let due = start + 61.seconds();
    hall.table.turn(due).await;
    let shown = only(&hall.table);
    let expected = (Some(start + 60.seconds()), Some(start + 120.seconds()));
    assert_eq!((shown.last, shown.next), expected);
    let kept = hall.control.schedule(&clockwork(), "tick", "every 1m", due).await.unwrap();
    assert_eq!(kept.last, shown.last);
    hall.table.turn(due).await;
    assert_eq!(only(&hall.table), shown);
}

#[tokio::test]
async fn out_of_service_nothing_is_due_and_the_way_back_counts_as_missed() {
    // I50
    let hall = hall();
    hall.table.set(&clockwork(), &every(60, Missed::Skip), true);
    let start = now();
    hall.table.turn(start).await;
    hall.table.set(&clockwork(), &every(60, Missed::Skip), false);
    assert_eq!(hall.table.turn(start + 90.seconds()).await, None);
    assert_eq!((only(&hall.table).next, only(&hall.table).last), (None, None));
    hall.table.set(&clockwork(), &every(60, Missed::Skip), true);
    hall.table.stop();
    assert_eq!(hall.table.turn(start + 90.seconds()).await, None, "the daemon stops");
}

#[tokio::test]
async fn a_store_that_is_closed_fires_nothing() {
    let hall = hall();
    hall.table.set(&clockwork(), &every(60, Missed::Skip), true);
    let start = now();
    hall.table.turn(start).await;
    hall.control.close().await;
    assert_eq!(hall.table.turn(start + 61.seconds()).await, None);
    assert_eq!(only(&hall.table).last, None);
}

#[tokio::test]
async fn a_plugin_that_is_gone_is_no_longer_shown() {
    let hall = hall();
    hall.table.set(&clockwork(), &every(60, Missed::Skip), true);
    hall.table.remove(&clockwork());
    assert!(hall.table.view(&clockwork()).is_empty());
    assert_eq!(hall.table.turn(now()).await, None);
}
