//! Pipelines that go as they should: order, phases, filters, verdicts.

use std::time::Duration;

use outboard_proto::common::{Delete, Edit, HookPayload, hook_payload, verdict};
use outboard_tests::verdict::{outcome, steps};
use outboard_tests::{Daemon, Draft, Outcome, app, values};

use crate::any_has;

#[tokio::test]
async fn a_message_that_nobody_intercepts_goes_on() -> Outcome {
    let daemon = Daemon::start().await?;
    let verdict = daemon.app().await?.post("town", "hello").await?;
    assert_eq!(outcome(&verdict), "continued");
    assert!(steps(&verdict).is_empty());
    Ok(())
}

#[tokio::test]
async fn an_interceptor_may_let_a_message_pass() -> Outcome {
    let (_daemon, app) = with(&[Draft::interceptor("alpha", "")]).await?;
    let verdict = app.post("town", "hello").await?;
    assert_eq!(outcome(&verdict), "continued");
    assert_eq!(steps(&verdict), ["alpha continued"]);
    Ok(())
}

#[tokio::test]
async fn an_interceptor_may_rewrite_a_message() -> Outcome {
    let (_daemon, app) = with(&[Draft::interceptor("alpha", "")]).await?;
    let verdict = app.post("town", "darn all:rewrite").await?;
    assert_eq!(outcome(&verdict), "replaced: d*rn all:rewrite");
    assert_eq!(steps(&verdict), ["alpha replaced"]);
    Ok(())
}

#[tokio::test]
async fn an_interceptor_may_reject_a_message_with_a_reason() -> Outcome {
    let (_daemon, app) = with(&[Draft::interceptor("alpha", "")]).await?;
    let verdict = app.post("town", "all:reject").await?;
    assert_eq!(outcome(&verdict), "rejected by alpha: not here");
    Ok(())
}

#[tokio::test]
async fn transforms_go_by_priority_then_name_each_seeing_what_the_one_before_made() -> Outcome {
    let (_daemon, app) = with(&[
        Draft::interceptor("delta", "priority = 1"),
        Draft::interceptor("beta", "priority = 50"),
        Draft::interceptor("alpha", "priority = 50"),
    ])
    .await?;
    let verdict = app.post("town", "all:tag").await?;
    assert_eq!(outcome(&verdict), "replaced: all:tag +delta +alpha +beta");
    Ok(())
}

#[tokio::test]
async fn before_and_after_bind_more_than_priority() -> Outcome {
    let (_daemon, app) = with(&[
        Draft::interceptor("alpha", "priority = 1\nafter = [\"beta\"]"),
        Draft::interceptor("beta", "priority = 9"),
        Draft::interceptor("gamma", "priority = 10\nbefore = [\"beta\"]"),
    ])
    .await?;
    let verdict = app.post("town", "all:tag").await?;
    assert_eq!(outcome(&verdict), "replaced: all:tag +gamma +beta +alpha");
    Ok(())
}

#[tokio::test]
async fn the_order_of_loading_does_not_matter() -> Outcome {
    let (alpha, beta) = (Draft::interceptor("alpha", ""), Draft::interceptor("beta", ""));
    let (_first, app) = with(&[alpha.clone(), beta.clone()]).await?;
    let (_second, other) = with(&[beta, alpha]).await?;
    let tagged = outcome(&app.post("town", "all:tag").await?);
    assert_eq!(tagged, outcome(&other.post("town", "all:tag").await?));
    Ok(())
}

#[tokio::test]
async fn absent_names_in_after_are_ignored_and_shown() -> Outcome {
    let (daemon, app) = with(&[Draft::interceptor("alpha", "after = [\"nobody\"]")]).await?;
    assert_eq!(steps(&app.post("town", "hello").await?), ["alpha continued"]);
    let order = daemon.operator().order("message.before_post").await?;
    assert!(any_has(&order.ignored, "nobody"), "{order:?}");
    Ok(())
}

#[tokio::test]
async fn an_order_that_contradicts_itself_is_refused_to_the_newcomer_naming_the_cycle() -> Outcome {
    let (daemon, app) = with(&[Draft::interceptor("alpha", "after = [\"beta\"]")]).await?;
    let refusal = daemon.load(&Draft::interceptor("beta", "after = [\"alpha\"]")).await;
    let words = refusal.unwrap_err().to_string();
    assert!(words.contains("alpha") && words.contains("beta"), "{words}");
    assert_eq!(steps(&app.post("town", "hello").await?), ["alpha continued"]);
    Ok(())
}

#[tokio::test]
async fn a_rejection_ends_the_pipeline() -> Outcome {
    let (_daemon, app) =
        with(&[Draft::interceptor("alpha", ""), Draft::interceptor("beta", "")]).await?;
    let verdict = app.post("town", "alpha:reject beta:tag").await?;
    assert_eq!(steps(&verdict), ["alpha rejected"]);
    Ok(())
}

#[tokio::test]
async fn a_plugin_may_take_a_message_upon_itself_and_that_ends_the_pipeline() -> Outcome {
    let (_daemon, app) =
        with(&[Draft::interceptor("alpha", ""), Draft::interceptor("beta", "")]).await?;
    let verdict = app.post("town", "alpha:handle beta:tag").await?;
    assert_eq!(outcome(&verdict), "handled");
    assert_eq!(steps(&verdict), ["alpha handled"]);
    Ok(())
}

#[tokio::test]
async fn the_app_is_told_whether_a_rejection_is_to_be_silent() -> Outcome {
    let (_daemon, app) = with(&[Draft::interceptor("alpha", "")]).await?;
    for (verb, silent) in [("reject", false), ("reject-silently", true)] {
        let verdict = app.post("town", &format!("alpha:{verb}")).await?;
        let Some(verdict::Outcome::Rejected(rejected)) = &verdict.outcome else {
            panic!("not rejected: {verdict:?}")
        };
        assert_eq!((rejected.silent, &*rejected.plugin), (silent, "alpha"));
    }
    Ok(())
}

#[tokio::test]
async fn validators_see_what_the_transforms_made() -> Outcome {
    let (_daemon, app) = with(&[
        Draft::interceptor("validator", "phase = \"validate\"\npriority = 1"),
        Draft::interceptor("writer", "priority = 99"),
    ])
    .await?;
    let verdict = app.post("town", "writer:say=validator:reject").await?;
    assert_eq!(outcome(&verdict), "rejected by validator: not here");
    assert_eq!(steps(&verdict), ["writer replaced", "validator rejected"]);
    Ok(())
}

#[tokio::test]
async fn validators_are_asked_all_at_once() -> Outcome {
    let keys = "phase = \"validate\"\ntimeout = \"900ms\"";
    let (_daemon, app) =
        with(&["alpha", "beta", "gamma"].map(|name| Draft::interceptor(name, keys))).await?;
    let verdict = app.post("town", "all:sleep=400").await?;
    let all = ["alpha continued", "beta continued", "gamma continued"];
    assert_eq!(steps(&verdict), all, "one after another, the pipeline's second would not do");
    Ok(())
}

#[tokio::test]
async fn a_rejection_cancels_validators_that_are_still_at_work() -> Outcome {
    let keys = "phase = \"validate\"\ntimeout = \"900ms\"";
    let (_daemon, app) =
        with(&["alpha", "beta"].map(|name| Draft::interceptor(name, keys))).await?;
    let verdict = app.post("town", "alpha:sleep=800 beta:reject").await?;
    assert_eq!(outcome(&verdict), "rejected by beta: not here");
    let seen = app.tell("alpha", "seen").await?;
    assert!(seen.contains("cancel"), "{seen}");
    Ok(())
}

#[tokio::test]
async fn a_channel_filter_spares_the_plugin_messages_of_other_channels() -> Outcome {
    let keys = "filter = { channels = [\"town-*\"] }";
    let (_daemon, app) = with(&[Draft::interceptor("alpha", keys)]).await?;
    let inside = app.post("town-hall", "inside all:reject").await?;
    assert_eq!(outcome(&inside), "rejected by alpha: not here");
    assert_eq!(outcome(&app.post("country", "outside all:reject").await?), "continued");
    let seen = app.tell("alpha", "seen").await?;
    assert!(seen.contains("inside") && !seen.contains("outside"), "{seen}");
    Ok(())
}

#[tokio::test]
async fn a_text_filter_sees_the_message_as_changed_so_far() -> Outcome {
    let (_daemon, app) = with(&[
        Draft::interceptor("alpha", "priority = 1"),
        Draft::interceptor("beta", "priority = 2\nfilter = { regex = \"^LOUD\" }"),
    ])
    .await?;
    assert_eq!(outcome(&app.post("town", "beta:reject").await?), "continued");
    let made = app.post("town", "alpha:say=LOUD").await?;
    assert_eq!(steps(&made), ["alpha replaced", "beta continued"]);
    Ok(())
}

#[tokio::test]
async fn edits_and_deletions_have_their_own_hooks() -> Outcome {
    let draft = Draft::obedient("alpha").hook("message.before_edit", "");
    let (_daemon, app) = with(&[draft.hook("message.before_delete", "")]).await?;
    let stored = values::message("town", "old words");
    let edited = values::message("town", "all:reject");
    let edit = Edit { message: Some(edited), stored: Some(stored) };
    let verdict = intercept(&app, hook_payload::Of::BeforeEdit(edit.into())).await?;
    assert_eq!(outcome(&verdict), "rejected by alpha: not here");
    let stored = Some(values::message("town", "all:reject"));
    let delete = Delete { stored, by: Some(values::person("ann")) };
    let verdict = intercept(&app, hook_payload::Of::BeforeDelete(delete.into())).await?;
    assert_eq!(outcome(&verdict), "rejected by alpha: not here");
    Ok(())
}

#[tokio::test]
async fn a_plugin_may_write_its_own_metadata() -> Outcome {
    let (_daemon, app) = with(&[Draft::interceptor("alpha", "")]).await?;
    let verdict = app.post("town", "all:own-metadata").await?;
    assert_eq!(steps(&verdict), ["alpha replaced"]);
    Ok(())
}

#[tokio::test]
async fn a_cancelled_call_is_cancelled_in_the_plugin() -> Outcome {
    let (_daemon, app) = with(&[Draft::interceptor("alpha", "timeout = \"900ms\"")]).await?;
    let payload = values::before_post("town", "all:sleep=800");
    let asked = app.ask(payload, Duration::ZERO).await?;
    assert!(app.tell("alpha", "seen").await?.contains("hook all:sleep=800"));
    app.cancel(asked.id).await?;
    let seen = app.tell("alpha", "seen").await?;
    assert!(seen.contains("cancel"), "{seen}");
    Ok(())
}

/// A daemon with these plugins running, and an app.
async fn with(drafts: &[Draft]) -> anyhow::Result<(Daemon, app::App)> {
    let daemon = Daemon::start().await?;
    for draft in drafts {
        daemon.run(draft).await?;
    }
    let app = daemon.app().await?;
    Ok((daemon, app))
}

async fn intercept(
    app: &app::App,
    of: hook_payload::Of,
) -> anyhow::Result<outboard_proto::common::Verdict> {
    app.intercept(HookPayload { of: Some(of) }).await
}
