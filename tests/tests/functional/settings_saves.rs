//! Saving where something is in the way: others save at the same time and faster than the plugin
//! answers, the disk is full, who saved hangs up, the plugin is unloaded and purged meanwhile.

use outboard_proto::common::SettingsOutcome::{
    Acknowledged, Kept, Overtaken, Unanswered, Unchanged,
};
use outboard_tests::operator::settings::{Pages, in_channel};
use outboard_tests::{App, Daemon, Outcome};

use crate::settings::{greeter, value, with};
use crate::state::{SmallDisk, fill};
use crate::{QUICK, any_has};

#[tokio::test]
async fn quick_changes_are_told_one_after_the_other() -> Outcome {
    let (daemon, app) = with(&greeter("alpha")).await?;
    let mut all = tokio::task::JoinSet::new();
    for most in 1..=9 {
        let operator = daemon.operator().clone();
        all.spawn(async move { operator.set_setting("alpha", "most", &most.to_string()).await });
    }
    for saved in all.join_all().await {
        assert!(matches!(saved?.outcome(), Acknowledged | Unchanged | Overtaken));
    }
    let seen = app.tell("alpha", "seen").await?;
    let changes = changes(&seen);
    let chained = changes.windows(2).all(|pair| pair[0].1 == pair[1].0);
    assert!(chained && !changes.is_empty(), "{changes:?}");
    assert_eq!(app.tell("alpha", "settings now").await?, changes.last().unwrap().1);
    Ok(())
}

/// What the plugin was told: before and after, one change after the other.
fn changes(seen: &str) -> Vec<(&str, &str)> {
    let told =
        seen.lines().filter_map(|line| line.strip_prefix("settings Server ")?.split_once(" -> "));
    told.map(|(before, after)| (before, after.trim_end_matches(" secrets="))).collect()
}

// I110
#[tokio::test]
async fn what_is_saved_faster_than_the_plugin_answers_is_told_once_and_each_hears_the_truth()
-> Outcome {
    let (daemon, app) = with(&greeter("alpha")).await?;
    app.tell("alpha", "settings hang").await?;
    let operator = daemon.operator();
    let first = operator.clone();
    let first = tokio::spawn(async move { first.set_setting("alpha", "most", "4").await });
    operator
        .wait_until("alpha", "pending", |it| any_has(&it.conditions, "config_pending: change 1"))
        .await?;
    // More than may wait.
    let mut many = tokio::task::JoinSet::new();
    for most in 0..40 {
        let (operator, most) = (operator.clone(), (most % 9 + 1).to_string());
        many.spawn(async move { operator.set_setting("alpha", "most", &most).await });
    }
    let town = operator.clone();
    let town = tokio::spawn(async move {
        town.set_setting_at("alpha", in_channel("c-town"), ("greeting", "Ahoy")).await
    });
    app.tell("alpha", "settings willing").await?;
    assert_eq!(first.await??.outcome(), Unanswered);
    let many = many.join_all().await.into_iter().collect::<Result<Vec<_>, _>>()?;
    let count = |outcome| many.iter().filter(|it| it.outcome() == outcome).count();
    let told = count(Acknowledged) + count(Unchanged);
    assert_eq!((count(Overtaken) + told, town.await??.outcome()), (40, Acknowledged));
    assert!(told <= 3, "{told} of 40 were told");
    let overtaken = many.iter().find(|it| it.outcome() == Overtaken).unwrap();
    assert!(overtaken.reason.contains("the plugin goes by it"), "{overtaken:?}");
    let now = app.tell("alpha", "settings now").await?;
    let shown = operator.settings("alpha").await?;
    assert!(now.contains(&format!("\"most\":{}", value(&shown, "most"))), "{now} {shown:?}");
    let seen = app.tell("alpha", "seen").await?;
    assert!(changes(&seen).len() <= 2 + told, "{seen}");
    let (_, house) = daemon.stop().await?;
    let record = std::fs::read_to_string(house.state().join("audit.log"))?;
    assert!(record.contains("a newer change took its place"), "{record}");
    Ok(())
}

// I111
#[tokio::test]
async fn on_a_full_disk_what_was_before_counts_and_the_operator_sees_it() -> Outcome {
    let test = "on_a_full_disk_what_was_before_counts_and_the_operator_sees_it";
    let Some((house, _disk)) = SmallDisk::house(test, QUICK)? else { return Ok(()) };
    let daemon = Daemon::in_house(house).await?;
    daemon.run(&greeter("alpha")).await?;
    let (app, operator) = (daemon.app().await?, daemon.operator());
    fill(&daemon.house().state());
    // The log's file may have room for some yet.
    let mut kept = 0;
    let refused = loop {
        let (place, text) = (in_channel(&format!("c-{kept}")), "x".repeat(20));
        match operator.set_setting_at("alpha", place, ("greeting", &text)).await {
            Ok(saved) => assert_eq!(saved.outcome(), Acknowledged),
            Err(refused) => break refused,
        }
        kept += 1;
        assert!(kept < 5_000, "the disk is full");
    };
    assert_eq!(refused.reason, "DISK_FULL", "{refused}");
    let status = operator.status("alpha").await?;
    let told = "a change of its settings was not kept: no space left for";
    assert!(any_has(&status.conditions, told), "{:?}", status.conditions);
    assert!(greeting(&app, kept).await?.contains("Hello"), "what was before counts");
    let seen = app.tell("alpha", "seen").await?;
    let last = seen.lines().rfind(|it| it.starts_with("settings Channel")).unwrap_or_default();
    assert!(last.contains("xx\",\"most\":3} -> {\"greeting\":\"Hello\""), "taken back: {last}");
    std::fs::remove_file(daemon.house().state().join("filler"))?;
    let saved = operator.set_setting("alpha", "most", "4").await?;
    assert_eq!(saved.outcome(), Acknowledged);
    let status = operator.status("alpha").await?;
    assert!(!any_has(&status.conditions, told), "{:?}", status.conditions);
    drop(app);
    let daemon = Daemon::in_house(daemon.kill().await?).await?;
    daemon.operator().wait_running("alpha").await?;
    let app = daemon.app().await?;
    assert_eq!(app.tell("alpha", "settings now").await?, r#"{"greeting":"Hello","most":4}"#);
    assert!(greeting(&app, kept).await?.contains("Hello"));
    if let Some(before) = kept.checked_sub(1) {
        assert!(greeting(&app, before).await?.contains("xxx"), "what was said to be kept is");
    }
    Ok(())
}

async fn greeting(app: &App, channel: usize) -> anyhow::Result<String> {
    app.tell("alpha", &format!("settings at - c-{channel} -")).await
}

// I111
#[tokio::test]
async fn what_is_being_saved_while_a_plugin_is_unloaded_and_purged_leaves_nothing() -> Outcome {
    let (daemon, _app) = with(&greeter("alpha")).await?;
    for round in 0..5 {
        let mut all = tokio::task::JoinSet::new();
        for channel in 0..12 {
            let operator = daemon.operator().clone();
            all.spawn(async move {
                let place = in_channel(&format!("c-{channel}"));
                operator.set_setting_at("alpha", place, ("greeting", "Ahoy")).await
            });
        }
        daemon.operator().unload("alpha").await?;
        daemon.operator().purge("alpha").await?;
        for saved in all.join_all().await {
            match saved {
                Ok(saved) => {
                    let known = [Acknowledged, Kept, Unanswered];
                    assert!(known.contains(&saved.outcome()), "{saved:?}");
                }
                Err(refused) => {
                    let known = ["STOPPING", "UNKNOWN_PLUGIN"];
                    assert!(known.contains(&refused.reason.as_str()), "{refused}");
                }
            }
        }
        assert_eq!(rows(&daemon)?, 0, "round {round}");
        daemon.run(&greeter("alpha")).await?;
    }
    Ok(())
}

fn rows(daemon: &Daemon) -> anyhow::Result<i64> {
    let path = daemon.house().state().join("control.db");
    let database = rusqlite::Connection::open(path)?;
    Ok(database.query_row("SELECT count(*) FROM setting", [], |row| row.get(0))?)
}

// I111
#[tokio::test]
async fn who_hangs_up_leaves_nothing_half_done() -> Outcome {
    let (daemon, app) = with(&greeter("alpha")).await?;
    app.tell("alpha", "settings hang").await?;
    let operator = daemon.operator();
    let hasty = Pages::over(&daemon.house().app_socket()).await?;
    let saving = tokio::spawn(async move {
        hasty.save("alpha", in_channel("c-town"), r#"{"greeting":"Ahoy"}"#).await
    });
    operator
        .wait_until("alpha", "pending", |it| any_has(&it.conditions, "config_pending: change 1"))
        .await?;
    saving.abort();
    // Its time runs out as if somebody waited for it, and what it was told is taken back.
    operator.wait_until("alpha", "done", |it| !any_has(&it.conditions, "config_pending")).await?;
    app.tell("alpha", "settings willing").await?;
    let saved = operator.set_setting("alpha", "greeting", "Moin").await?;
    assert_eq!(saved.outcome(), Acknowledged, "{saved:?}");
    let seen = app.tell("alpha", "seen").await?;
    let back = r#"{"greeting":"Ahoy","most":3} -> {"greeting":"Hello","most":3}"#;
    assert!(seen.contains(back), "what nobody waits for any more is taken back: {seen}");
    Ok(())
}
