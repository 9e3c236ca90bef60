//! Calls between plugins: who may, how long, how far, and what comes back when it fails.

use outboard_proto::admin::PluginStatus;
use outboard_tests::{App, Daemon, Draft, Outcome};

use crate::SLOW;

#[tokio::test]
async fn a_plugin_asks_another_and_gets_its_answer() -> Outcome {
    let (_daemon, app) = pair().await?;
    assert_eq!(app.tell("alpha", "call beta define \"word\"").await?, "beta says \"word\"");
    assert_eq!(app.tell("beta", "count called define by alpha hops=1").await?, "1");
    Ok(())
}

// I28
#[tokio::test]
async fn only_whom_the_operator_granted_is_called() -> Outcome {
    let (_daemon, app) = pair().await?;
    let said = app.tell("beta", "call alpha define {}").await?;
    assert!(said.contains("PERMISSION_DENIED"), "{said}");
    let said = app.tell("alpha", "call gamma define {}").await?;
    assert!(said.contains("PERMISSION_DENIED"), "{said}");
    Ok(())
}

#[tokio::test]
async fn what_is_not_there_cannot_be_called() -> Outcome {
    let (daemon, app) = pair().await?;
    let said = app.tell("alpha", "call beta nonsense {}").await?;
    assert!(said.contains("UNKNOWN_METHOD"), "{said}");
    daemon.operator().unload("beta").await?;
    let said = app.tell("alpha", "call beta define {}").await?;
    assert!(said.contains("UNKNOWN_PLUGIN"), "{said}");
    Ok(())
}

#[tokio::test]
async fn a_callee_that_is_down_is_told_with_state_and_outcome() -> Outcome {
    let (daemon, app) = pair().await?;
    app.order("beta", "exit 3").await?;
    daemon.operator().wait_end("beta", 1).await?;
    let said = app.tell("alpha", "call beta define {}").await?;
    for part in ["PLUGIN_UNAVAILABLE", "outcome=not_started", "state=waiting", "retry_after_us="] {
        assert!(said.contains(part), "{part}: {said}");
    }
    Ok(())
}

#[tokio::test]
async fn a_callee_that_dies_amid_the_call_leaves_its_outcome_unknown() -> Outcome {
    let (_daemon, app) = pair().await?;
    let said = app.tell("alpha", "call beta crash {}").await?;
    assert!(said.contains("PLUGIN_UNAVAILABLE") && said.contains("outcome=unknown"), "{said}");
    Ok(())
}

#[tokio::test]
async fn a_callees_own_failure_reaches_the_caller_whole() -> Outcome {
    let (_daemon, app) = pair().await?;
    let said = app.tell("alpha", "call beta fail xyzzy").await?;
    for part in ["INVALID", "no such word", "word=xyzzy", "plugin=beta"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    Ok(())
}

// I51
#[tokio::test]
async fn a_circle_ends_at_the_hop_limit_and_names_its_way() -> Outcome {
    let daemon = Daemon::configured(SLOW).await?;
    for (name, other) in [("alpha", "beta"), ("beta", "alpha")] {
        daemon.run(&Draft::obedient(name).method("relay", "").calls(&[other])).await?;
    }
    let app = daemon.app().await?;
    let said = app.tell("alpha", "call beta relay \"alpha beta alpha beta alpha\"").await?;
    assert!(said.contains("HOP_LIMIT"), "{said}");
    assert!(said.contains("alpha → beta → alpha → beta → alpha"), "{said}");
    Ok(())
}

// I51
#[tokio::test]
async fn a_nested_call_ends_with_the_time_of_its_cause() -> Outcome {
    let daemon = Daemon::configured(SLOW).await?;
    daemon.run(&callee().limit("call_timeout = \"30s\"")).await?;
    let brief = caller().limit("call_timeout = \"300ms\"");
    daemon.run(&brief).await?;
    let app = daemon.app().await?;
    let result = app.command("alpha", "call beta silent {}").await?;
    let failure = outboard_tests::app::failure(&result).cloned().unwrap_or_default();
    assert_eq!(failure.reason().code(), "DEADLINE", "{result:?}");
    let cancelled = |status: &PluginStatus| status.traffic.unwrap_or_default().in_flight == 0;
    daemon.operator().wait_until("beta", "the end of its call", cancelled).await?;
    assert_eq!(app.tell("beta", "count cancel:").await?, "1");
    Ok(())
}

// I51
#[tokio::test]
async fn cancelling_the_outer_call_reaches_the_inner() -> Outcome {
    let (daemon, app) = pair().await?;
    let asked = app.order("alpha", "call beta silent {}").await?;
    let busy = |status: &PluginStatus| status.traffic.unwrap_or_default().in_flight == 1;
    daemon.operator().wait_until("beta", "its call", busy).await?;
    app.cancel(asked.id).await?;
    let idle = |status: &PluginStatus| status.traffic.unwrap_or_default().in_flight == 0;
    daemon.operator().wait_until("beta", "the end of its call", idle).await?;
    assert_eq!(app.tell("beta", "count cancel:").await?, "1");
    Ok(())
}

// I51
#[tokio::test]
async fn a_circle_that_conceals_its_cause_ends_at_the_hop_limit_too() -> Outcome {
    let daemon = Daemon::configured(SLOW).await?;
    for (name, other) in [("alpha", "beta"), ("beta", "alpha")] {
        let member = Draft::obedient(name).method("conceal", "").calls(&[other]);
        daemon.run(&member.limit("in_flight = 4")).await?;
    }
    daemon.run(&Draft::obedient("gamma")).await?;
    let app = daemon.app().await?;
    let asked = app.order("alpha", "call-unasked beta conceal alpha").await?;
    assert_eq!(app.tell("gamma", "say quick").await?, "quick");
    let said = outboard_tests::app::reply_text(&asked.answer().await?).unwrap_or_default();
    assert!(said.contains("HOP_LIMIT"), "{said}");
    let idle = |status: &PluginStatus| status.traffic.unwrap_or_default().in_flight == 0;
    for name in ["alpha", "beta"] {
        daemon.operator().wait_until(name, "idle", idle).await?;
        assert_eq!(app.tell(name, "say still here").await?, "still here");
    }
    Ok(())
}

// I28
#[tokio::test]
async fn a_grant_withdrawn_counts_at_the_very_next_call() -> Outcome {
    let daemon = Daemon::configured(SLOW).await?;
    daemon.run(&callee()).await?;
    let optional = "[[permissions]]\nresource = \"plugins\"\nactions = [\"call\"]\n\
                    reason = \"a test asks\"\nplugins = [\"beta\"]\noptional = true";
    daemon.run(&Draft::obedient("alpha").section(optional)).await?;
    let app = daemon.app().await?;
    assert_eq!(app.tell("alpha", "call beta define {}").await?, "beta says {}");
    daemon.operator().set("alpha", "grants", "commands:own").await?;
    let said = app.tell("alpha", "call beta define {}").await?;
    assert!(said.contains("PERMISSION_DENIED"), "{said}");
    assert_eq!(daemon.operator().status("alpha").await?.generation, 1);
    Ok(())
}

fn caller() -> Draft {
    Draft::obedient("alpha").calls(&["beta"])
}

fn callee() -> Draft {
    let methods = ["define", "fail", "wait", "silent", "crash"];
    methods.into_iter().fold(Draft::obedient("beta"), |draft, name| draft.method(name, ""))
}

async fn pair() -> anyhow::Result<(Daemon, App)> {
    let daemon = Daemon::configured(SLOW).await?;
    daemon.run(&callee()).await?;
    daemon.run(&caller()).await?;
    let app = daemon.app().await?;
    Ok((daemon, app))
}
