//! Schedules: fired in time, at most once, and once or not at all for what was missed.

use std::sync::Arc;

use outboard_proto::admin::{PluginStatus, ScheduleStatus};
use outboard_tests::{App, Daemon, Draft, House, Outcome};

#[tokio::test]
async fn an_interval_fires_again_and_again_and_status_shows_next_and_last() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&clock("every = \"1s\"")).await?;
    let app = daemon.app().await?;
    let status = daemon.operator().wait_until("clock", "two firings", fired_twice).await?;
    let schedule = only(&status);
    assert_eq!((schedule.name.as_str(), schedule.rule.as_str()), ("tick", "every 1s"));
    assert!(schedule.next_us > schedule.last_us, "{schedule:?}");
    let dues = dues(&app).await?;
    assert!(dues.len() >= 2 && dues.is_sorted_by(|a, b| a < b), "{dues:?}");
    assert_eq!((dues[1] - dues[0]) % 1_000_000, 0);
    Ok(())
}

#[tokio::test]
async fn a_fired_schedule_is_told_to_its_plugin_only() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&clock("every = \"1s\"")).await?;
    daemon.run(&Draft::obedient("other").schedule("tick", "every = \"1h\"\n")).await?;
    let app = daemon.app().await?;
    daemon.operator().wait_until("clock", "two firings", fired_twice).await?;
    assert_eq!(app.tell("other", "count schedule.fired").await?, "0");
    Ok(())
}

// I48
#[tokio::test]
async fn no_key_fires_twice_however_the_daemon_ends() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&clock("every = \"1s\"\nmissed = \"once\"")).await?;
    daemon.operator().wait_until("clock", "two firings", fired_twice).await?;
    let house = daemon.kill().await?;
    let (_, last) = kept(&house)?;
    let daemon = Daemon::in_house(house).await?;
    daemon.operator().wait_running("clock").await?;
    let app = daemon.app().await?;
    let past = move |status: &PluginStatus| only(status).last_us > last + 1_000_000;
    daemon.operator().wait_until("clock", "more firings", past).await?;
    let dues = dues(&app).await?;
    assert!(dues.iter().all(|due| *due > last), "{dues:?} after {last}");
    Ok(())
}

// I50
#[tokio::test]
async fn what_was_missed_while_the_daemon_was_down_fires_once() -> Outcome {
    let (daemon, app) = back_after_hours("once").await?;
    let fired = |status: &PluginStatus| status.traffic.unwrap_or_default().events > 0;
    let status = daemon.operator().wait_until("clock", "the firing", fired).await?;
    let dues = dues(&app).await?;
    assert_eq!(dues, [only(&status).last_us], "one firing for three missed hours");
    Ok(())
}

// I50
#[tokio::test]
async fn what_was_missed_is_skipped_where_the_manifest_says_nothing_else() -> Outcome {
    let (daemon, app) = back_after_hours("skip").await?;
    let (_, kept) = kept(daemon.house())?;
    let passed = move |status: &PluginStatus| only(status).last_us >= kept;
    let status = daemon.operator().wait_until("clock", "the passing over", passed).await?;
    assert!(only(&status).next_us > only(&status).last_us);
    assert!(dues(&app).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_plugin_out_of_service_has_no_next_firing() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&clock("every = \"1h\"")).await?;
    let due = |status: &PluginStatus| only(status).next_us > 0;
    daemon.operator().wait_until("clock", "a next firing", due).await?;
    daemon.operator().disable("clock").await?;
    let none = |status: &PluginStatus| only(status).next_us == 0;
    daemon.operator().wait_until("clock", "no next firing", none).await?;
    daemon.operator().enable("clock").await?;
    daemon.operator().wait_until("clock", "a next firing", due).await?;
    Ok(())
}

#[tokio::test]
async fn everything_wrong_with_a_schedule_is_told_by_line_at_the_load() -> Outcome {
    let daemon = Daemon::start().await?;
    let bad = Draft::obedient("clock")
        .schedule("a", "cron = \"99 * * * *\"\nzone = \"Mars/Olympus\"\n")
        .schedule("b", "every = \"1m\"\nat = \"2030-01-01T00:00:00Z\"\n")
        .schedule("b", "every = \"5m\"\n");
    let folder = bad.write(&daemon.house().folders())?;
    let refusal = daemon.operator().load(&folder).await.unwrap_err();
    assert_eq!(refusal.reason, "BAD_MANIFEST", "{refusal}");
    let said = format!("{refusal} {:?}", refusal.details);
    for part in ["not a cron line", "Mars/Olympus", "only one of", "declared twice"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    Ok(())
}

/// A plugin with the schedule `tick`.
fn clock(keys: &str) -> Draft {
    Draft::obedient("clock").schedule("tick", &format!("{keys}\n"))
}

fn only(status: &PluginStatus) -> ScheduleStatus {
    status.schedules.first().cloned().unwrap_or_default()
}

fn fired_twice(status: &PluginStatus) -> bool {
    status.traffic.unwrap_or_default().events >= 2
}

/// The instants that fired, microseconds: what was in hand when a daemon died is told again, and
/// has not fired again.
async fn dues(app: &App) -> anyhow::Result<Vec<i64>> {
    let seen = app.tell("clock", "seen").await?;
    let due = |line: &str| {
        let (due, attempt) = line.strip_prefix("due tick ")?.split_once(" attempt=")?;
        (attempt == "1").then(|| due.parse().ok()).flatten()
    };
    Ok(seen.lines().filter_map(due).collect())
}

/// Since when the schedule is known, and its last key, as they are on the disk.
fn kept(house: &Arc<House>) -> anyhow::Result<(i64, i64)> {
    let db = rusqlite::Connection::open(house.state().join("control.db"))?;
    let query = "SELECT since_us, COALESCE(last_us, 0) FROM schedule WHERE plugin = 'clock'";
    Ok(db.query_row(query, [], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// A daemon that stopped more than three hours ago, as far as an hourly schedule can tell.
async fn back_after_hours(missed: &str) -> anyhow::Result<(Daemon, App)> {
    let daemon = Daemon::start().await?;
    daemon.run(&clock(&format!("every = \"1h\"\nmissed = \"{missed}\""))).await?;
    let due = |status: &PluginStatus| only(status).next_us > 0;
    daemon.operator().wait_until("clock", "a next firing", due).await?;
    let (_, house) = daemon.stop().await?;
    let db = rusqlite::Connection::open(house.state().join("control.db"))?;
    let hours = 3 * 3_600_000_000_i64 + 60_000_000;
    db.execute("UPDATE schedule SET since_us = since_us - ?1", [hours])?;
    db.close().map_err(|(_, error)| error)?;
    let daemon = Daemon::in_house(house).await?;
    daemon.operator().wait_running("clock").await?;
    let app = daemon.app().await?;
    Ok((daemon, app))
}
