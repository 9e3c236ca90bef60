//! At-least-once events: what has been acknowledged to the app reaches the plugin, whoever is
//! killed in between, in the order of its lane, and marked where it may have come before.

use outboard_proto::common::{Event, Message, event};
use outboard_tests::{App, Daemon, Draft, Outcome, process, values};
use rustix::process::Signal;

use crate::state::{SmallDisk, fill};
use crate::{QUICK, any_has};

const KEPT: &str = "delivery = \"at-least-once\"\ntimeout = \"60s\"";

#[tokio::test]
async fn a_kept_event_is_delivered_and_then_waits_no_more() -> Outcome {
    let (daemon, app) = with(&[Draft::listener("alpha", KEPT)]).await?;
    let published = app.publish_post("town", "hello all:reply").await?;
    assert_eq!((published.subscriptions, published.failure), (1, None));
    app.carry_out("m-2").await?;
    let seen = app.tell("alpha", "seen").await?;
    assert!(seen.contains("event message.posted attempt=1 hello"), "{seen}");
    wait_empty(&daemon, &app, "alpha").await
}

// I56
#[tokio::test]
async fn an_event_that_a_plugin_died_with_comes_again_marked_and_before_the_next() -> Outcome {
    let (daemon, app) = with(&[Draft::listener("alpha", KEPT)]).await?;
    app.publish_post("town", "first alpha:log alpha:sleep-first=600000").await?;
    app.publish_post("town", "second alpha:reply").await?;
    took(&daemon, "first", 1).await?;
    kill_plugin(&daemon, "alpha").await?;
    app.carry_out("m-2").await?;
    assert_order(&app, &["attempt=2 first", "attempt=1 second"]).await
}

// I56
#[tokio::test]
async fn an_event_that_the_daemon_died_with_comes_again_marked_and_in_order() -> Outcome {
    let (daemon, app) = with(&[Draft::listener("alpha", KEPT)]).await?;
    app.publish_post("town", "first alpha:log alpha:sleep-first=600000").await?;
    for text in ["second", "third alpha:reply"] {
        app.publish_post("town", text).await?;
    }
    took(&daemon, "first", 1).await?;
    let (daemon, app) = killed(daemon, app).await?;
    app.carry_out("m-2").await?;
    assert_order(&app, &["attempt=2 first", "second", "third"]).await?;
    wait_empty(&daemon, &app, "alpha").await
}

#[tokio::test]
async fn events_for_a_plugin_that_is_down_wait_and_come_when_it_is_back() -> Outcome {
    let draft = Draft::listener("alpha", KEPT).run("restart = \"never\"");
    let (daemon, app) = with(&[draft]).await?;
    kill_plugin(&daemon, "alpha").await?;
    daemon.operator().wait_until("alpha", "down", |status| status.pid == 0).await?;
    for text in ["first", "second", "third alpha:reply"] {
        assert_eq!(app.publish_post("town", text).await?.subscriptions, 1);
    }
    let waiting = daemon.operator().status("alpha").await?.waiting.unwrap_or_default();
    assert_eq!(waiting.events, 3);
    assert!(waiting.oldest_us > 0 && waiting.bytes > 0, "{waiting:?}");
    let (daemon, app) = killed(daemon, app).await?;
    daemon.operator().wait_running("alpha").await?;
    app.carry_out("m-2").await?;
    let order = ["attempt=1 first", "attempt=1 second", "attempt=1 third"];
    assert_order(&app, &order).await?;
    wait_empty(&daemon, &app, "alpha").await
}

// I54
#[tokio::test]
async fn an_id_counts_once_also_across_the_daemons_death() -> Outcome {
    let (daemon, app) = with(&[Draft::listener("alpha", KEPT)]).await?;
    let id = "01890a5d-ac96-774b-bcce-b302099a8057".to_owned();
    let once = Event { id: id.clone(), ..values::posted("town", "once") };
    let both = tokio::join!(app.publish(once.clone()), app.publish(once.clone()));
    let duplicates = [both.0?.duplicate, both.1?.duplicate];
    assert_eq!(duplicates, [false, true]);
    let (_daemon, app) = killed(daemon, app).await?;
    let again = app.publish(once).await?;
    assert_eq!((again.duplicate, again.event_id), (true, id));
    app.publish_post("town", "the end alpha:reply").await?;
    app.carry_out("m-2").await?;
    let seen = app.tell("alpha", "seen").await?;
    assert!(seen.matches("once").count() <= 1, "{seen}");
    Ok(())
}

// I56
#[tokio::test]
async fn lanes_wait_for_nobody_and_without_an_order_there_are_none() -> Outcome {
    let unordered = format!("{KEPT}\norder = \"none\"");
    let drafts = [Draft::listener("alpha", KEPT), Draft::listener("beta", &unordered)];
    let (_daemon, app) = with(&drafts).await?;
    app.publish_post("town", "stuck all:sleep=600000").await?;
    app.publish_post("town", "same channel beta:reply alpha:reply").await?;
    let message = app.carry_out("m-2").await?;
    assert!(values::text_of(message.body.as_ref()).starts_with("beta saw same"), "{message:?}");
    app.publish_post("country", "other channel alpha:reply").await?;
    let message = app.carry_out("m-3").await?;
    assert!(values::text_of(message.body.as_ref()).starts_with("alpha saw other"), "{message:?}");
    Ok(())
}

// I58
#[tokio::test]
async fn copies_of_a_deleted_message_lose_their_content_before_they_are_delivered() -> Outcome {
    let draft = Draft::listener("alpha", KEPT).run("restart = \"never\"");
    let (daemon, app) = with(&[draft]).await?;
    kill_plugin(&daemon, "alpha").await?;
    daemon.operator().wait_until("alpha", "down", |status| status.pid == 0).await?;
    app.publish_post("town", "a secret").await?;
    let deleted = Message { id: "m-1".to_owned(), ..Message::default() };
    let event = Event {
        r#type: "message.deleted".to_owned(),
        of: Some(event::Of::Message(Box::new(deleted))),
        ..Event::default()
    };
    app.publish(event).await?;
    let stored = Message { id: "m-9".to_owned(), ..values::message("town", "alpha:reply") };
    let later = event::Of::Message(Box::new(stored));
    app.publish(Event { of: Some(later), ..values::posted("town", "") }).await?;
    daemon.operator().reset("alpha").await?;
    daemon.operator().wait_running("alpha").await?;
    app.carry_out("m-2").await?;
    let seen = app.tell("alpha", "seen").await?;
    assert!(seen.contains("event message.posted attempt=1"), "{seen}");
    assert!(!seen.contains("secret"), "{seen}");
    Ok(())
}

// I39
#[tokio::test]
async fn a_damaged_journal_is_set_aside_and_the_daemon_starts() -> Outcome {
    let (daemon, app) = with(&[Draft::listener("alpha", KEPT)]).await?;
    drop(app);
    let (_, house) = daemon.stop().await?;
    let journal = house.state().join("journal.db");
    for side in ["journal.db-wal", "journal.db-shm"] {
        let _ = std::fs::remove_file(house.state().join(side));
    }
    std::fs::write(&journal, "this is no database at all, however long it may be ".repeat(200))?;
    let daemon = Daemon::in_house(house).await?;
    daemon.operator().wait_running("alpha").await?;
    let copies: Vec<String> = std::fs::read_dir(daemon.house().state())?
        .filter_map(|entry| Some(entry.ok()?.file_name().to_string_lossy().into_owned()))
        .filter(|name| name.starts_with("journal.db.damaged-"))
        .collect();
    assert_eq!(copies.len(), 1, "{copies:?}");
    assert!(daemon.house().log().contains(&copies[0]), "the log names it");
    assert!(any_has(&daemon.operator().daemon().await?.notes, &copies[0]));
    let findings = daemon.operator().doctor().await?;
    assert!(findings.iter().any(|it| it.check == "journal" && it.says.contains(&copies[0])));
    let app = daemon.app().await?;
    app.publish_post("town", "all:reply").await?;
    app.carry_out("m-2").await?;
    Ok(())
}

// I54
#[tokio::test]
async fn on_a_full_disk_publish_is_refused_and_nothing_acknowledged_is_lost() -> Outcome {
    let test = "on_a_full_disk_publish_is_refused_and_nothing_acknowledged_is_lost";
    let Some((house, _disk)) = SmallDisk::house(test, QUICK)? else { return Ok(()) };
    let daemon = Daemon::in_house(house).await?;
    daemon.run(&Draft::listener("alpha", KEPT)).await?;
    let app = daemon.app().await?;
    app.publish_post("town", "stuck alpha:sleep-first=600000").await?;
    app.publish_post("town", "acknowledged").await?;
    fill(&daemon.house().state());
    let large = "x".repeat(40_000);
    let refusal = loop {
        // What is left in pages that are in use already takes some.
        let published = app.publish_post("country", &large).await?;
        if let Some(failure) = published.failure {
            break failure;
        }
    };
    assert_eq!(refusal.reason().code(), "DISK_FULL", "{refusal:?}");
    std::fs::remove_file(daemon.house().state().join("filler"))?;
    loop {
        // The journal is tried again within a fraction of a second.
        if app.publish_post("town", "the end alpha:reply").await?.failure.is_none() {
            break;
        }
    }
    kill_plugin(&daemon, "alpha").await?;
    app.carry_out("m-2").await?;
    assert_order(&app, &["attempt=2 stuck", "acknowledged", "the end"]).await
}

async fn with(drafts: &[Draft]) -> anyhow::Result<(Daemon, App)> {
    let daemon = Daemon::configured(QUICK).await?;
    for draft in drafts {
        daemon.run(draft).await?;
    }
    let app = daemon.app().await?;
    Ok((daemon, app))
}

/// Waits until alpha has taken an event whose text begins so.
async fn took(daemon: &Daemon, text: &str, attempt: u32) -> Outcome {
    let wanted = format!("took attempt={attempt} {text}");
    daemon.operator().wait_for_line("alpha", |line| line.line.contains(&wanted)).await?;
    Ok(())
}

async fn kill_plugin(daemon: &Daemon, name: &str) -> Outcome {
    let pid = daemon.operator().wait_running(name).await?.pid;
    process::signal(pid, Signal::KILL)
}

/// The daemon dies and another takes its place.
async fn killed(daemon: Daemon, app: App) -> anyhow::Result<(Daemon, App)> {
    drop(app);
    let daemon = Daemon::in_house(daemon.kill().await?).await?;
    daemon.operator().wait_running("alpha").await?;
    let app = daemon.app().await?;
    Ok((daemon, app))
}

/// Waits until nothing is promised to a plugin any more.
async fn wait_empty(daemon: &Daemon, app: &App, name: &str) -> Outcome {
    loop {
        // Each answer of the plugin comes behind the acknowledgements it sent before.
        app.tell(name, "seen").await?;
        let waiting = daemon.operator().status(name).await?.waiting.unwrap_or_default();
        if waiting.events == 0 {
            return Ok(());
        }
    }
}

/// What alpha saw has these in this order.
async fn assert_order(app: &App, parts: &[&str]) -> Outcome {
    let seen = app.tell("alpha", "seen").await?;
    let places: Vec<_> = parts.iter().map(|part| seen.find(part)).collect();
    assert!(places.iter().all(Option::is_some), "{parts:?} in {seen}");
    assert!(places.is_sorted(), "{parts:?} in {seen}");
    Ok(())
}
