//! What is counted of plugins: by name, by what came of it, across the daemon's end.

use outboard_tests::{Daemon, Draft, House, Outcome, PATIENCE};

use crate::QUICK;

#[tokio::test]
async fn each_use_is_counted_under_its_name_with_what_came_of_it() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    daemon.run(&Draft::interceptor("alpha", "timeout = \"50ms\"\n")).await?;
    let app = daemon.app().await?;
    for text in ["hello", "all:reject", "all:fail", "all:silent"] {
        app.post("town", text).await?;
    }
    let line = daemon.operator().counted("alpha", "hook", "message.before_post").await?;
    assert_eq!(line.invocations, 4, "{line:?}");
    let of = |word: &str| line.outcomes.get(word).copied().unwrap_or(0);
    assert_eq!((of("ok"), of("failed"), of("timed-out")), (2, 1, 1), "{line:?}");
    assert!(line.p50_us > 0 && line.last_used_us > 0 && line.bytes_out > 0, "{line:?}");
    Ok(())
}

#[tokio::test]
async fn commands_events_and_host_calls_are_counted_too() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    daemon.run(&Draft::listener("alpha", "").may("storage:read")).await?;
    let app = daemon.app().await?;
    app.publish_post("town", "hi").await?;
    let operator = daemon.operator();
    let event = async {
        while operator.counted("alpha", "event", "message.posted").await?.invocations == 0 {}
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, event).await??;
    app.tell("alpha", "store get k").await?;
    app.tell("alpha", "store set k v").await?;
    let command = operator.counted("alpha", "command", "alpha").await?;
    assert_eq!((command.invocations, command.outcomes.get("ok")), (2, Some(&2)), "{command:?}");
    let get = operator.counted("alpha", "host", "Storage/Get").await?;
    assert_eq!(get.outcomes.get("ok"), Some(&1), "{get:?}");
    let set = operator.counted("alpha", "host", "Storage/Batch").await?;
    assert_eq!(set.outcomes.get("denied"), Some(&1), "{set:?}");
    let whole = operator.counted("alpha", "", "").await?;
    assert!(whole.host_calls >= 2 && whole.bytes_in > 0, "{whole:?}");
    Ok(())
}

// I94
#[tokio::test]
async fn counts_outlive_the_daemons_end_and_ends_are_told_by_cause() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    let app = daemon.app().await?;
    app.tell("alpha", "say hi").await?;
    app.order("alpha", "exit 3").await?;
    daemon.operator().wait_back("alpha", 1).await?;
    drop(app);
    let (_, house) = daemon.stop().await?;
    let daemon = Daemon::in_house(house).await?;
    let whole = daemon.operator().counted("alpha", "", "").await?;
    assert_eq!(whole.ends.get("exited"), Some(&1), "{whole:?}");
    assert!(whole.invocations >= 2, "{whole:?}");
    // A look has written everything: a crash right after it loses nothing.
    let daemon = Daemon::in_house(daemon.kill().await?).await?;
    assert_eq!(daemon.operator().counted("alpha", "", "").await?.ends.get("exited"), Some(&1));
    Ok(())
}

#[tokio::test]
async fn what_plugins_track_is_popular_and_can_be_followed() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    let app = daemon.app().await?;
    let mut uses = daemon.operator().follow_usage().await?;
    assert_eq!(app.tell("alpha", "usage track rolled sides=6").await?, "taken=1 dropped=0");
    let used = tokio::time::timeout(PATIENCE, uses.message()).await??.unwrap_or_default();
    assert_eq!((used.plugin.as_str(), used.action.as_str()), ("alpha", "rolled"));
    assert_eq!(used.metadata.get("sides").map(String::as_str), Some("6"));
    assert!(used.timestamp_us > 0);
    app.tell("alpha", "usage count rolls 5").await?;
    let counter = daemon.operator().counted("alpha", "counter", "rolls").await?;
    assert_eq!(counter.invocations, 5);
    let popular = daemon.operator().popular(10).await?;
    assert_eq!(popular, ["alpha command alpha 2", "alpha track rolled 1"]);
    assert_eq!(daemon.operator().popular(1).await?, ["alpha command alpha 2"]);
    Ok(())
}

// I93
#[tokio::test]
async fn ten_thousand_actions_and_bad_records_cost_a_few_lines() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    let app = daemon.app().await?;
    assert_eq!(app.tell("alpha", "usage large 1024").await?, "taken=0 dropped=1");
    // So much is not even read.
    let huge = app.tell("alpha", "usage large 1048576").await?;
    assert!(huge.contains("OutOfRange"), "{huge}");
    assert_eq!(app.tell("alpha", "usage worth-nothing").await?, "taken=0 dropped=1");
    assert_eq!(app.tell("alpha", "usage track bad\"name").await?, "taken=0 dropped=1");
    let said = app.tell("alpha", "usage many 10000").await?;
    assert!(said.contains("dropped="), "{said}");
    let lines = daemon.operator().stats("alpha").await?;
    let tracked = lines.iter().filter(|line| line.kind == "track").count();
    assert!(tracked <= 65, "{tracked} lines");
    let other = lines.iter().find(|line| line.kind == "track" && line.name == "other");
    assert!(other.is_some_and(|line| line.invocations >= 9_900), "{other:?}");
    assert_eq!(app.tell("alpha", "say still").await?, "still");
    Ok(())
}

#[tokio::test]
async fn damaged_statistics_are_set_aside_and_told() -> Outcome {
    let house = House::new(QUICK)?;
    std::fs::create_dir_all(house.state())?;
    std::fs::write(house.state().join("statistics.db"), "rubbish ".repeat(1000))?;
    let daemon = Daemon::in_house(house).await?;
    let trouble = daemon.operator().stats_trouble().await?;
    assert!(trouble.contains("statistics.db.damaged-"), "{trouble}");
    let findings = daemon.operator().doctor().await?;
    let told = findings.iter().any(|it| it.check == "statistics" && it.says == trouble);
    assert!(told, "{findings:?}");
    daemon.run(&Draft::obedient("alpha")).await?;
    daemon.app().await?.tell("alpha", "say hi").await?;
    assert_eq!(daemon.operator().counted("alpha", "command", "alpha").await?.invocations, 1);
    Ok(())
}
