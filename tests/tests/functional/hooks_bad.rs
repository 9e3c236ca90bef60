//! Pipelines in which a plugin is late, wrong, gone or not allowed.

use std::time::Duration;

use outboard_tests::verdict::{outcome, steps};
use outboard_tests::{App, AppDraft, Daemon, Draft, Outcome, app, values};

use crate::{QUICK, SLOW, any_has};

const SHORT: &str = "timeout = \"100ms\"";

#[tokio::test]
async fn an_interceptor_that_misses_its_timeout_is_skipped_and_the_rest_go_on() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::interceptor("alpha", SHORT)).await?;
    daemon.run(&Draft::interceptor("beta", "")).await?;
    let app = daemon.app().await?;
    let verdict = app.post("town", "alpha:sleep=30000 beta:tag").await?;
    assert_eq!(steps(&verdict), ["alpha skipped: timeout", "beta replaced"]);
    assert_eq!(outcome(&verdict), "replaced: alpha:sleep=30000 beta:tag +beta");
    Ok(())
}

#[tokio::test]
async fn an_interceptor_that_never_answers_is_skipped() -> Outcome {
    let (_daemon, app) = with(SHORT).await?;
    let verdict = app.post("town", "all:silent").await?;
    assert_eq!(steps(&verdict), ["alpha skipped: timeout"]);
    assert_eq!(outcome(&verdict), "continued");
    Ok(())
}

#[tokio::test]
async fn an_answer_after_the_deadline_is_dropped_and_counted() -> Outcome {
    let (daemon, app) = with(SHORT).await?;
    let verdict = app.post("town", "all:sleep=300").await?;
    assert_eq!(steps(&verdict), ["alpha skipped: timeout"]);
    app.tell("alpha", "wait 600").await?;
    let traffic = daemon.operator().status("alpha").await?.traffic.unwrap_or_default();
    assert_eq!((traffic.stale_replies, traffic.timeouts), (1, 1));
    Ok(())
}

// I30
#[tokio::test]
async fn the_apps_budget_bounds_the_whole_pipeline() -> Outcome {
    let (_daemon, app) = with("timeout = \"900ms\"").await?;
    let payload = values::before_post("town", "all:sleep=800");
    let asked = app.ask(payload, Duration::from_millis(200)).await?;
    let verdict = app::verdict(asked.answer().await?)?;
    assert_eq!(steps(&verdict), ["alpha skipped: timeout"]);
    Ok(())
}

#[tokio::test]
async fn a_handler_that_fails_is_skipped_as_an_error() -> Outcome {
    let (daemon, app) = with("").await?;
    let verdict = app.post("town", "all:fail").await?;
    assert_eq!(steps(&verdict), ["alpha skipped: error"]);
    let traffic = daemon.operator().status("alpha").await?.traffic.unwrap_or_default();
    assert_eq!(traffic.errors, 1);
    Ok(())
}

#[tokio::test]
async fn a_transform_that_changes_the_sender_is_discarded() -> Outcome {
    discarded("all:sender").await
}

#[tokio::test]
async fn a_transform_that_writes_anothers_metadata_is_discarded() -> Outcome {
    discarded("all:foreign-metadata").await
}

#[tokio::test]
async fn an_answer_that_is_none_to_a_hook_is_discarded() -> Outcome {
    discarded("all:odd").await
}

async fn discarded(text: &str) -> Outcome {
    let (_daemon, app) = with("").await?;
    let verdict = app.post("town", text).await?;
    assert_eq!(steps(&verdict), ["alpha skipped: protocol"]);
    assert_eq!(outcome(&verdict), "continued");
    assert_eq!(steps(&app.post("town", "hello").await?), ["alpha continued"]);
    Ok(())
}

#[tokio::test]
async fn a_validator_that_rewrites_is_discarded() -> Outcome {
    let (_daemon, app) = with("phase = \"validate\"").await?;
    let verdict = app.post("town", "all:tag").await?;
    assert_eq!(steps(&verdict), ["alpha skipped: protocol"]);
    assert_eq!(outcome(&verdict), "continued");
    Ok(())
}

// I31
#[tokio::test]
async fn of_two_replies_to_one_call_the_first_counts_and_the_second_is_dropped() -> Outcome {
    let (daemon, app) = with("").await?;
    let verdict = app.post("town", "all:twice").await?;
    assert_eq!(outcome(&verdict), "replaced: first");
    app.tell("alpha", "say later").await?;
    let traffic = daemon.operator().status("alpha").await?.traffic.unwrap_or_default();
    assert_eq!(traffic.stale_replies, 1);
    Ok(())
}

#[tokio::test]
async fn three_misses_in_a_row_open_the_breaker_and_the_plugin_lives_on() -> Outcome {
    let (daemon, app) = with(SHORT).await?;
    for _ in 0..3 {
        let verdict = app.post("town", "all:silent").await?;
        assert_eq!(steps(&verdict), ["alpha skipped: timeout"]);
    }
    assert_eq!(steps(&app.post("town", "hello").await?), ["alpha skipped: breaker"]);
    let open =
        |status: &outboard_proto::admin::PluginStatus| any_has(&status.conditions, "breaker");
    let status = daemon.operator().wait_until("alpha", "cut off by its breaker", open).await?;
    assert_eq!((status.generation, status.restarts), (1, 0));
    Ok(())
}

#[tokio::test]
async fn a_plugin_that_answers_pings_but_no_calls_is_called_unresponsive_and_not_killed() -> Outcome
{
    let (daemon, app) = with(SHORT).await?;
    app.tell("alpha", "no-work").await?;
    for _ in 0..4 {
        app.post("town", "hello").await?;
    }
    let unresponsive =
        |status: &outboard_proto::admin::PluginStatus| any_has(&status.conditions, "unresponsive");
    let status = daemon.operator().wait_until("alpha", "unresponsive", unresponsive).await?;
    assert_eq!((status.generation, status.restarts), (1, 0));
    Ok(())
}

#[tokio::test]
async fn a_plugin_that_dies_in_the_middle_of_a_call_is_skipped_at_once() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    daemon.run(&Draft::interceptor("alpha", "timeout = \"900ms\"")).await?;
    let app = daemon.app().await?;
    let verdict = app.post("town", "all:crash").await?;
    assert_eq!(steps(&verdict), ["alpha skipped: unavailable"]);
    daemon.operator().wait_back("alpha", 1).await?;
    assert_eq!(steps(&app.post("town", "hello").await?), ["alpha continued"]);
    Ok(())
}

// I31
#[tokio::test]
async fn a_call_that_was_under_way_when_its_plugin_died_is_never_sent_again() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    daemon.run(&Draft::interceptor("alpha", "")).await?;
    let app = daemon.app().await?;
    app.post("town", "the-only all:crash").await?;
    daemon.operator().wait_back("alpha", 1).await?;
    app.post("town", "a later one").await?;
    let seen = app.tell("alpha", "seen").await?;
    assert!(seen.contains("a later one") && !seen.contains("the-only"), "{seen}");
    Ok(())
}

#[tokio::test]
async fn an_open_hook_skips_a_plugin_that_is_down_at_once() -> Outcome {
    let daemon = Daemon::configured(SLOW).await?;
    daemon.run(&Draft::interceptor("alpha", "")).await?;
    let app = daemon.app().await?;
    app.order("alpha", "exit 3").await?;
    daemon.operator().wait_end("alpha", 1).await?;
    let verdict = app.post("town", "hello").await?;
    assert_eq!(steps(&verdict), ["alpha skipped: unavailable"]);
    Ok(())
}

#[tokio::test]
async fn a_reply_too_large_for_a_frame_fails_that_call_only() -> Outcome {
    let (_daemon, app) = with("").await?;
    let verdict = app.post("town", "all:big").await?;
    assert_eq!(outcome(&verdict), "continued");
    assert!(steps(&verdict)[0].starts_with("alpha skipped"), "{:?}", steps(&verdict));
    assert_eq!(steps(&app.post("town", "hello").await?), ["alpha continued"]);
    let seen = app.tell("alpha", "seen").await?;
    assert!(!seen.contains("session=2"), "the session had to stay: {seen}");
    Ok(())
}

#[tokio::test]
async fn an_app_that_leaves_in_the_middle_of_a_call_disturbs_nobody() -> Outcome {
    let (daemon, app) = with("timeout = \"900ms\"").await?;
    let payload = values::before_post("town", "all:sleep=800");
    app.ask(payload, Duration::ZERO).await?;
    app.tell("alpha", "say it has arrived").await?;
    drop(app);
    let other = AppDraft::default().node("n2", 1).connect(&daemon.house().app_socket()).await?;
    let seen = other.tell("alpha", "seen").await?;
    assert!(seen.contains("hook all:sleep=800"), "{seen}");
    assert_eq!(steps(&other.post("town", "hello").await?), ["alpha continued"]);
    Ok(())
}

/// A daemon with one interceptor, and an app.
async fn with(keys: &str) -> anyhow::Result<(Daemon, App)> {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::interceptor("alpha", keys)).await?;
    let app = daemon.app().await?;
    Ok((daemon, app))
}
