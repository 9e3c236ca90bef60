//! Hooks whose acts are refused while their plugin cannot answer, because the operator said so.

use outboard_proto::common::{FailurePolicy, verdict};
use outboard_tests::verdict::{outcome, steps};
use outboard_tests::{Daemon, Draft, Outcome};

use crate::SLOW;

const CLOSED: &str = "[plugins.alpha]\nclosed = [\"message.before_post\"]\n";

#[tokio::test]
async fn a_closed_hook_rejects_while_its_plugin_is_down_and_says_when_to_try_again() -> Outcome {
    let daemon = Daemon::configured(&format!("{SLOW}{CLOSED}")).await?;
    daemon.run(&Draft::interceptor("alpha", "")).await?;
    let app = daemon.app().await?;
    app.order("alpha", "exit 3").await?;
    daemon.operator().wait_end("alpha", 1).await?;
    let verdict = app.post("town", "hello").await?;
    assert_eq!(steps(&verdict), ["alpha skipped: unavailable"]);
    assert_eq!(verdict.steps[0].policy(), FailurePolicy::Closed);
    let Some(verdict::Outcome::Rejected(rejected)) = verdict.outcome else {
        panic!("not rejected: {verdict:?}")
    };
    assert_eq!(rejected.plugin, "alpha");
    assert!(rejected.retry_after_us > 0, "{rejected:?}");
    Ok(())
}

#[tokio::test]
async fn a_closed_hook_waits_within_its_timeout_for_its_plugin_to_come_back() -> Outcome {
    let config = format!("[defaults]\nbackoff_first = \"200ms\"\n{CLOSED}");
    let daemon = Daemon::configured(&config).await?;
    daemon.run(&Draft::interceptor("alpha", "timeout = \"950ms\"")).await?;
    let app = daemon.app().await?;
    app.order("alpha", "exit 3").await?;
    daemon.operator().wait_end("alpha", 1).await?;
    let verdict = app.post("town", "all:tag").await?;
    assert_eq!(outcome(&verdict), "replaced: all:tag +alpha");
    Ok(())
}

#[tokio::test]
async fn a_closed_hook_rejects_when_its_plugin_misses_the_deadline() -> Outcome {
    let daemon = Daemon::configured(CLOSED).await?;
    daemon.run(&Draft::interceptor("alpha", "timeout = \"100ms\"")).await?;
    let app = daemon.app().await?;
    let verdict = app.post("town", "all:silent").await?;
    assert_eq!(steps(&verdict), ["alpha skipped: timeout"]);
    assert!(outcome(&verdict).starts_with("rejected by alpha"), "{}", outcome(&verdict));
    Ok(())
}

// I29
#[tokio::test]
async fn an_author_can_only_ask_for_closed_and_that_is_shown() -> Outcome {
    let daemon = Daemon::start().await?;
    let keys = "timeout = \"100ms\"\non_failure = \"closed\"";
    daemon.run(&Draft::interceptor("alpha", keys)).await?;
    let verdict = daemon.app().await?.post("town", "all:silent").await?;
    assert_eq!(outcome(&verdict), "continued");
    let order = daemon.operator().order("message.before_post").await?;
    let entry = &order.entries[0];
    assert!(entry.asked_closed, "{entry:?}");
    assert_eq!(entry.policy, "open");
    Ok(())
}

#[tokio::test]
async fn the_app_is_told_the_strictest_policy_of_each_hook() -> Outcome {
    let daemon = Daemon::configured(CLOSED).await?;
    let app = daemon.app().await?;
    daemon.run(&Draft::interceptor("beta", "")).await?;
    daemon.run(&Draft::interceptor("alpha", "")).await?;
    app.wait_policies(|policies| {
        policies.hooks.iter().any(|hook| {
            hook.hook == "message.before_post"
                && hook.intercepted
                && hook.policy() == FailurePolicy::Closed
                && hook.budget_us > 0
        })
    })
    .await?;
    daemon.operator().unload("alpha").await?;
    app.wait_policies(|policies| {
        policies
            .hooks
            .iter()
            .any(|hook| hook.hook == "message.before_post" && hook.policy() == FailurePolicy::Open)
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn closed_timeouts_beyond_the_pipelines_budget_are_refused_at_load() -> Outcome {
    let both = "[plugins.beta]\nclosed = [\"message.before_post\"]\n";
    let daemon = Daemon::configured(&format!("{CLOSED}{both}")).await?;
    daemon.run(&Draft::interceptor("alpha", "timeout = \"600ms\"")).await?;
    let refused = daemon.load(&Draft::interceptor("beta", "timeout = \"600ms\"")).await;
    let words = refused.unwrap_err().to_string();
    assert!(words.contains("message.before_post"), "{words}");
    Ok(())
}
