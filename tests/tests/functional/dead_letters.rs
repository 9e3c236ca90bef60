//! Events that are given up: when, what operators see of them, and how they come back.

use outboard_tests::{App, Daemon, Draft, Outcome, values};

use crate::QUICK;

const KEPT: &str = "delivery = \"at-least-once\"\ntimeout = \"60s\"";

// I57
#[tokio::test]
async fn five_failures_make_a_dead_letter_that_can_be_replayed() -> Outcome {
    let (daemon, app) = with(KEPT).await?;
    app.publish_post("town", "stubborn alpha:fail-below=6").await?;
    app.publish_post("town", "next alpha:reply").await?;
    app.carry_out("m-2").await?;
    let seen = app.tell("alpha", "seen").await?;
    for attempt in 1..=5 {
        assert!(seen.contains(&format!("attempt={attempt} stubborn")), "{seen}");
    }
    let letter = only_letter(&daemon).await?;
    assert_eq!((letter.cause.as_str(), letter.attempts), ("failed", 5));
    assert_eq!(
        (letter.r#type.as_str(), letter.detail.as_str()),
        ("message.posted", "told to fail")
    );
    assert_eq!(letter.content, "", "nothing of what it says");
    let waiting = daemon.operator().status("alpha").await?.waiting.unwrap_or_default();
    assert_eq!(waiting.dead_letters, 1);
    assert!(daemon.house().log().contains("an event is given up"), "it is alerted");

    daemon.operator().replay(&[letter.id]).await?;
    app.publish_post("town", "the end alpha:reply").await?;
    app.carry_out("m-3").await?;
    let seen = app.tell("alpha", "seen").await?;
    assert!(seen.contains("attempt=6 stubborn"), "{seen}");
    assert!(daemon.operator().dead_letters("alpha").await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_handler_that_takes_too_long_uses_up_attempts() -> Outcome {
    let keys = "delivery = \"at-least-once\"\ntimeout = \"100ms\"";
    let (daemon, app) = with(keys).await?;
    app.publish_post("town", "slow alpha:sleep=600000").await?;
    app.publish_post("town", "next alpha:reply").await?;
    app.carry_out("m-2").await?;
    assert_eq!(only_letter(&daemon).await?.cause, "failed");
    let traffic = daemon.operator().status("alpha").await?.traffic.unwrap_or_default();
    assert_eq!(traffic.timeouts, 5);
    Ok(())
}

// I57
#[tokio::test]
async fn an_event_that_kills_three_generations_is_poison_and_its_lane_goes_on() -> Outcome {
    let (daemon, app) = with(KEPT).await?;
    let generation = daemon.operator().status("alpha").await?.generation;
    app.publish_post("town", "poison alpha:crash").await?;
    app.publish_post("town", "next alpha:reply").await?;
    app.carry_out("m-2").await?;
    let status = daemon.operator().wait_running("alpha").await?;
    assert_eq!(status.generation, generation + 3);
    let letter = only_letter(&daemon).await?;
    assert_eq!((letter.cause.as_str(), letter.attempts), ("poison", 4));
    Ok(())
}

#[tokio::test]
async fn a_dead_letter_is_shown_with_its_content_only_where_that_is_asked_for() -> Outcome {
    let (daemon, app) = with(KEPT).await?;
    app.publish_post("town", "secret alpha:crash").await?;
    app.publish_post("town", "next alpha:reply").await?;
    app.carry_out("m-2").await?;
    let id = only_letter(&daemon).await?.id;
    let without = daemon.operator().dead_letter(id, false).await?;
    assert!(!format!("{without:?}").contains("secret"), "{without:?}");
    let with = daemon.operator().dead_letter(id, true).await?;
    assert!(with.content.contains("secret"), "{with:?}");
    assert_eq!(with.lane, values::channel("town").id);
    Ok(())
}

#[tokio::test]
async fn unknown_dead_letters_are_refused_and_nothing_is_done() -> Outcome {
    let (daemon, app) = with(KEPT).await?;
    app.publish_post("town", "poison alpha:crash").await?;
    app.publish_post("town", "next alpha:reply").await?;
    app.carry_out("m-2").await?;
    let id = only_letter(&daemon).await?.id;
    for refusal in [
        daemon.operator().dead_letter(id + 1, false).await.map(drop).unwrap_err(),
        daemon.operator().replay(&[id, id + 1]).await.map(drop).unwrap_err(),
        daemon.operator().drop_letters(&[id, id + 1]).await.map(drop).unwrap_err(),
    ] {
        assert_eq!(refusal.reason, "UNKNOWN_DEAD_LETTER", "{refusal}");
    }
    daemon.operator().drop_letters(&[id]).await?;
    assert!(daemon.operator().dead_letters("").await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn dead_letters_outlive_the_daemon() -> Outcome {
    let (daemon, app) = with(KEPT).await?;
    app.publish_post("town", "poison alpha:crash").await?;
    app.publish_post("town", "next alpha:reply").await?;
    app.carry_out("m-2").await?;
    only_letter(&daemon).await?;
    drop(app);
    let daemon = Daemon::in_house(daemon.kill().await?).await?;
    only_letter(&daemon).await?;
    let waiting = daemon.operator().status("alpha").await?.waiting.unwrap_or_default();
    assert_eq!(waiting.dead_letters, 1);
    let findings = daemon.operator().doctor().await?;
    assert!(findings.iter().any(|it| it.says.contains("1 dead letters")), "{findings:?}");
    Ok(())
}

async fn with(keys: &str) -> anyhow::Result<(Daemon, App)> {
    let daemon = Daemon::configured(QUICK).await?;
    daemon.run(&Draft::listener("alpha", keys)).await?;
    let app = daemon.app().await?;
    Ok((daemon, app))
}

async fn only_letter(daemon: &Daemon) -> anyhow::Result<outboard_proto::admin::DeadLetter> {
    let letters = daemon.operator().dead_letters("alpha").await?;
    assert_eq!(letters.len(), 1, "{letters:?}");
    Ok(letters.into_iter().next().expect("one"))
}
