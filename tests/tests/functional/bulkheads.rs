//! Plugins beside a bad one: its windows fill, its frames flood, its threads burn, and they are
//! asked and told as ever. How fast is the bench's business.

use std::time::Duration;

use outboard_proto::admin::State;
use outboard_tests::verdict::{outcome, steps};
use outboard_tests::{App, Daemon, Draft, Outcome, PATIENCE, app, values};

use crate::SLOW;

/// Calls that wait for a plugin at most.
const QUEUE: usize = 256;

// I33
#[tokio::test]
async fn what_overflows_a_plugins_queue_skips_it_and_nobody_else() -> Outcome {
    let slow = Draft::interceptor("alpha", "").limit("in_flight = 1");
    let (daemon, app) = with(&[slow, Draft::interceptor("beta", "")]).await?;
    let (beyond, mut asked) = (20, Vec::new());
    for _ in 0..1 + QUEUE + beyond {
        let payload = values::before_post("town", "alpha:silent beta:tag");
        asked.push(app.ask(payload, Duration::from_secs(5)).await?);
    }
    let mut overflowed = 0;
    for expected in asked {
        let verdict = app::verdict(expected.answer().await?)?;
        let steps = steps(&verdict);
        assert!(steps[0].starts_with("alpha skipped"), "{steps:?}");
        assert_eq!(steps[1], "beta replaced");
        overflowed += usize::from(steps[0] == "alpha skipped: over_limit");
    }
    assert_eq!(overflowed, beyond, "one under way, {QUEUE} waiting");
    assert_eq!(daemon.operator().status("alpha").await?.generation, 1);
    Ok(())
}

#[tokio::test]
async fn commands_too_large_to_wait_together_are_refused_and_all_are_answered() -> Outcome {
    let (_daemon, app) = with(&[Draft::obedient("alpha").limit("in_flight = 1")]).await?;
    let held = app.order("alpha", "wait 1000").await?;
    let (text, mut asked) = (format!("say {}", "w".repeat(20_000)), Vec::new());
    for _ in 0..60 {
        asked.push(app.order("alpha", &text).await?);
    }
    let (mut said, mut refused) = (0, 0);
    for expected in asked {
        let result = expected.answer().await?;
        match app::failure(&result).map(|failure| failure.reason().code()) {
            None => said += 1,
            Some(reason) => {
                assert_eq!(reason, "OVER_LIMIT", "{result:?}");
                refused += 1;
            }
        }
    }
    assert!(said > 20 && refused > 20, "{said} of 40 kB fit into 1 MiB, {refused} do not");
    held.answer().await?;
    Ok(())
}

// I33
#[tokio::test]
async fn while_a_plugin_reads_nothing_others_are_asked_and_told() -> Outcome {
    let deaf = Draft::listener("deaf", "").hook("message.before_post", "");
    let beta = Draft::listener("beta", "").hook("message.before_post", "");
    let (_daemon, app) = with(&[deaf, beta]).await?;
    app.tell("deaf", "never-read").await?;
    let (text, events) = ("e".repeat(1024), 400);
    for number in 0..events {
        let published = app.publish_post(&format!("street-{number}"), &text).await?;
        assert_eq!((published.failure, published.subscriptions), (None, 2));
    }
    let verdict = app.post("town", "beta:tag").await?;
    assert!(steps(&verdict).contains(&"beta replaced".to_owned()), "{verdict:?}");
    let all_told = async {
        while app.tell("beta", "count event message.posted").await? != events.to_string() {
            tokio::task::yield_now().await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, all_told).await??;
    Ok(())
}

// I33
#[tokio::test]
async fn while_a_plugin_floods_others_are_asked_and_told() -> Outcome {
    let beta = Draft::listener("beta", "").hook("message.before_post", "");
    let (daemon, app) = with(&[Draft::obedient("alpha"), beta]).await?;
    app.order("alpha", "flood-frames").await?;
    let chatting = async {
        for number in 0_u64.. {
            let verdict = app.post("town", "beta:tag").await?;
            assert_eq!(outcome(&verdict), "replaced: beta:tag +beta");
            let told = app.publish_post("town", "beta:reply").await?;
            assert_eq!((told.failure, told.subscriptions), (None, 1));
            app.carry_out(&format!("m-{number}")).await?;
        }
        anyhow::Ok(())
    };
    let end = tokio::select! {
        end = daemon.operator().wait_end("alpha", 1) => end?,
        ended = chatting => return ended,
    };
    assert_eq!(end.cause, "protocol");
    Ok(())
}

// I33
#[tokio::test]
async fn a_plugin_that_keeps_cores_busy_but_answers_is_left_alone_and_so_are_others() -> Outcome {
    let quick = Draft::interceptor("alpha", "").run("heartbeat = \"300ms\"");
    let (daemon, app) = with(&[quick, Draft::interceptor("beta", "")]).await?;
    app.tell("alpha", "burn 2").await?;
    for _ in 0..50 {
        let verdict = app.post("town", "beta:tag").await?;
        assert_eq!(steps(&verdict), ["alpha continued", "beta replaced"]);
    }
    // Longer than three heartbeats that it missed.
    assert_eq!(app.tell("alpha", "wait 4000").await?, "waited");
    let alpha = daemon.operator().status("alpha").await?;
    assert_eq!((alpha.state(), alpha.generation), (State::Running, 1));
    Ok(())
}

async fn with(drafts: &[Draft]) -> anyhow::Result<(Daemon, App)> {
    let daemon = Daemon::configured(SLOW).await?;
    for draft in drafts {
        daemon.run(draft).await?;
    }
    let app = daemon.app().await?;
    Ok((daemon, app))
}
