//! Claims about the control database.

use super::*;
use jiff::Timestamp;
use std::time::Duration;

fn open() -> (tempfile::TempDir, Control) {
    let folder = tempfile::tempdir().unwrap();
    let control = Control::open(&folder.path().join("control.db"), "id-1").unwrap();
    (folder, control)
}

fn name(text: &str) -> PluginName {
    text.parse().unwrap()
}

fn record(name: &str) -> PluginRecord {
    PluginRecord {
        name: name.to_owned(),
        folder: "/plugins/x".into(),
        version: "1.0.0".to_owned(),
        manifest: "name = …".to_owned(),
        settings_schema: Some("{}".to_owned()),
        hash: "abc".to_owned(),
        loaded: Timestamp::from_second(7).unwrap(),
    }
}

fn end(generation: u64) -> EndRecord {
    EndRecord {
        generation,
        at: Timestamp::from_second(9).unwrap(),
        cause: "oom".to_owned(),
        detail: "over 50 MiB".to_owned(),
        exit: "signal 9 (SIGKILL)".to_owned(),
        uptime: Duration::from_millis(1234),
        peak_memory_bytes: 1 << 40,
        cpu: Duration::from_micros(5),
        stderr: vec![0, 255],
    }
}

#[tokio::test]
async fn plugins_are_kept_replaced_and_forgotten_with_what_was_set_for_them() {
    let (_folder, control) = open();
    control.save_plugin(record("bb")).await.unwrap();
    control.save_plugin(record("aa")).await.unwrap();
    let newer = PluginRecord { version: "2.0.0".to_owned(), ..record("bb") };
    control.save_plugin(newer.clone()).await.unwrap();
    assert_eq!(control.plugins().await.unwrap(), [record("aa"), newer]);
    control.set_override(&name("aa"), "enabled", "true").await.unwrap();
    control.forget_plugin(&name("aa")).await.unwrap();
    assert_eq!(control.plugins().await.unwrap().len(), 1);
    assert!(control.overrides().await.unwrap().is_empty());
}

#[tokio::test]
async fn overrides_are_set_and_dropped_one_by_one_or_together() {
    let (_folder, control) = open();
    let aa = name("aa");
    control.set_override(&aa, "memory", "60MiB").await.unwrap();
    control.set_override(&aa, "memory", "70MiB").await.unwrap();
    control.set_override(&aa, "pids", "9").await.unwrap();
    let all = control.overrides().await.unwrap();
    assert_eq!(all["aa"]["memory"], "70MiB");
    assert!(control.drop_override(&aa, Some("memory")).await.unwrap());
    assert!(!control.drop_override(&aa, Some("memory")).await.unwrap());
    assert!(control.drop_override(&aa, None).await.unwrap());
    assert!(control.overrides().await.unwrap().is_empty());
}

// I37
#[tokio::test]
async fn no_generation_number_is_given_twice_even_after_an_unload_and_a_restart() {
    let (folder, control) = open();
    let aa = name("aa");
    control.use_generation(&aa, 2).await.unwrap();
    control.use_generation(&aa, 1).await.unwrap();
    control.use_generation(&name("bb"), 1).await.unwrap();
    control.forget_plugin(&aa).await.unwrap();
    control.close().await;
    let again = Control::open(&folder.path().join("control.db"), "id-2").unwrap();
    assert_eq!(again.generation(&aa).await.unwrap(), 2);
    assert_eq!(again.generation(&name("bb")).await.unwrap(), 1);
    assert_eq!(again.daemon_id().await.unwrap(), "id-1");
}

#[tokio::test]
async fn the_last_fifty_ends_are_kept_the_newest_first() {
    let (_folder, control) = open();
    let (aa, bb) = (name("aa"), name("bb"));
    control.record_end(&bb, end(1)).await.unwrap();
    for generation in 1..=60 {
        control.record_end(&aa, end(generation)).await.unwrap();
    }
    let ends = control.ends(&aa).await.unwrap();
    assert_eq!(ends.len(), KEPT_ENDS as usize);
    assert_eq!((ends[0].generation, ends[49].generation), (60, 11));
    assert_eq!(ends[0], end(60));
    assert_eq!(control.ends(&bb).await.unwrap().len(), 1);
}

#[tokio::test]
async fn of_a_long_stderr_the_newest_part_is_kept() {
    let (_folder, control) = open();
    let mut stderr = vec![b'a'; STDERR_LIMIT];
    stderr.push(b'z');
    control.record_end(&name("aa"), EndRecord { stderr, ..end(1) }).await.unwrap();
    let kept = control.ends(&name("aa")).await.unwrap().remove(0).stderr;
    assert_eq!((kept.len(), kept.last()), (STDERR_LIMIT, Some(&b'z')));
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

// I48
#[tokio::test]
async fn a_schedules_key_is_news_once_and_never_goes_back() {
    let (folder, control) = open();
    let aa = name("aa");
    let fresh = control.schedule(&aa, "nightly", "every 1m", at(100)).await.unwrap();
    assert_eq!(fresh, Past { since: at(100), last: None });
    assert!(control.pass_schedule(&aa, "nightly", at(160)).await.unwrap());
    assert!(!control.pass_schedule(&aa, "nightly", at(160)).await.unwrap());
    assert!(!control.pass_schedule(&aa, "nightly", at(130)).await.unwrap());
    control.close().await;
    let again = Control::open(&folder.path().join("control.db"), "id-2").unwrap();
    let kept = again.schedule(&aa, "nightly", "every 1m", at(500)).await.unwrap();
    assert_eq!(kept, Past { since: at(100), last: Some(at(160)) });
}

#[tokio::test]
async fn a_schedule_under_another_rule_begins_anew_and_keeps_its_key() {
    let (_folder, control) = open();
    let aa = name("aa");
    control.schedule(&aa, "nightly", "every 1m", at(100)).await.unwrap();
    control.pass_schedule(&aa, "nightly", at(160)).await.unwrap();
    let changed = control.schedule(&aa, "nightly", "every 2m", at(300)).await.unwrap();
    assert_eq!(changed, Past { since: at(300), last: Some(at(160)) });
}

#[tokio::test]
async fn a_forgotten_plugin_fires_nothing_and_begins_anew() {
    let (_folder, control) = open();
    let aa = name("aa");
    control.schedule(&aa, "nightly", "every 1m", at(100)).await.unwrap();
    control.forget_plugin(&aa).await.unwrap();
    assert!(!control.pass_schedule(&aa, "nightly", at(160)).await.unwrap());
    let fresh = control.schedule(&aa, "nightly", "every 1m", at(300)).await.unwrap();
    assert_eq!(fresh, Past { since: at(300), last: None });
}
