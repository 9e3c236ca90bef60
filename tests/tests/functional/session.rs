//! Sessions: lost, taken up again, replaced; and what is counted.

use outboard_proto::admin::State;
use outboard_tests::verdict::steps;
use outboard_tests::{App, Daemon, Draft, Outcome, app};

use crate::{SLOW, last_end};

#[tokio::test]
async fn a_lost_session_is_resumed_by_the_same_process_without_initializing_again() -> Outcome {
    let (daemon, app) = alpha().await?;
    app.tell("alpha", "drop-session").await?;
    let seen = told_again(&app, "session=2").await?;
    assert!(seen.contains("generation=1 session=2 resumed=true"), "{seen}");
    let status = daemon.operator().status("alpha").await?;
    assert_eq!((status.state(), status.generation, status.restarts), (State::Running, 1, 0));
    Ok(())
}

#[tokio::test]
async fn a_plugin_that_leaves_its_session_and_does_not_come_back_is_ended() -> Outcome {
    let (daemon, app) = alpha().await?;
    app.tell("alpha", "leave").await?;
    let end = daemon.operator().wait_end("alpha", 1).await?;
    assert_eq!(end.cause, "protocol");
    assert!(!end.detail.is_empty(), "the cause is stated: {end:?}");
    Ok(())
}

#[tokio::test]
async fn a_call_under_way_when_the_session_is_lost_ends_at_once_as_unavailable() -> Outcome {
    let (_daemon, app) = alpha().await?;
    let payload = outboard_tests::values::before_post("town", "all:sleep=30000");
    let asked = app.ask(payload, std::time::Duration::ZERO).await?;
    app.tell("alpha", "drop-session").await?;
    let verdict = app::verdict(asked.answer().await?)?;
    assert_eq!(steps(&verdict), ["alpha skipped: unavailable"]);
    Ok(())
}

#[tokio::test]
async fn a_command_under_way_when_the_plugin_dies_has_an_unknown_outcome() -> Outcome {
    let (_daemon, app) = alpha().await?;
    let waiting = app.order("alpha", "wait 30000").await?;
    app.order("alpha", "exit 3").await?;
    let result = waiting.answer().await?;
    let failure = app::failure(&result).cloned().unwrap_or_default();
    assert_eq!(failure.reason().code(), "PLUGIN_UNAVAILABLE", "{failure:?}");
    assert_eq!(failure.details.get("outcome").map(String::as_str), Some("unknown"));
    Ok(())
}

#[tokio::test]
async fn a_valid_hello_on_a_new_stream_replaces_the_session() -> Outcome {
    let (daemon, app) = alpha().await?;
    // Its own answer may be lost with the session it is sent on.
    let told = app.order("alpha", "new-session").await?;
    let replaced = daemon.operator().wait_for_line("alpha", |line| line.line.contains("session:"));
    let line = replaced.await?.line;
    assert!(line.contains("SESSION_REPLACED"), "{line}");
    drop(told);
    told_again(&app, "session=2").await?;
    let status = daemon.operator().status("alpha").await?;
    assert_eq!((status.state(), status.generation), (State::Running, 1));
    Ok(())
}

#[tokio::test]
async fn three_replacements_in_ten_seconds_break_the_protocol() -> Outcome {
    let (daemon, app) = alpha().await?;
    for session in 2..=4 {
        let told = app.order("alpha", "new-session").await?;
        let wanted = format!("session={session}");
        let again = told_again(&app, &wanted);
        tokio::select! {
            seen = again => drop(seen),
            end = daemon.operator().wait_end("alpha", 1) => drop(end),
        }
        drop(told);
    }
    let end = daemon.operator().wait_end("alpha", 1).await?;
    assert_eq!(end.cause, "protocol");
    Ok(())
}

#[tokio::test]
async fn the_next_generation_is_told_how_the_last_one_ended() -> Outcome {
    let daemon = Daemon::configured(crate::QUICK).await?;
    let app = daemon.app().await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    assert!(app.tell("alpha", "seen").await?.contains("previous=\"\""));
    app.order("alpha", "exit 3").await?;
    daemon.operator().wait_back("alpha", 1).await?;
    let seen = app.tell("alpha", "seen").await?;
    assert!(seen.contains("generation=2 session=1 resumed=false previous=\"exited\""), "{seen}");
    Ok(())
}

#[tokio::test]
async fn a_plugin_is_told_what_the_connected_app_carries_out() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    let app = daemon.app().await?;
    let seen = app.tell("alpha", "seen").await?;
    assert!(
        seen.contains("app test-chat held.decide interactions.follow_up messages.send"),
        "{seen}"
    );
    Ok(())
}

#[tokio::test]
async fn replies_to_unknown_calls_are_dropped_and_counted() -> Outcome {
    let (daemon, app) = alpha().await?;
    app.tell("alpha", "reply-to 900000 900009").await?;
    app.tell("alpha", "say they went before").await?;
    let status = daemon.operator().status("alpha").await?;
    assert_eq!(status.traffic.unwrap_or_default().stale_replies, 10);
    assert_eq!((status.state(), status.generation), (State::Running, 1));
    Ok(())
}

#[tokio::test]
async fn replies_to_finished_calls_are_dropped_and_counted() -> Outcome {
    let (daemon, app) = alpha().await?;
    app.post("town", "hello").await?;
    // Every id so far is among these: one call was this command, the other the message.
    app.tell("alpha", "reply-to 1 2").await?;
    app.tell("alpha", "say they went before").await?;
    let status = daemon.operator().status("alpha").await?;
    assert_eq!(status.traffic.unwrap_or_default().stale_replies, 2);
    assert_eq!(steps(&app.post("town", "hello").await?), ["alpha continued"]);
    Ok(())
}

// I31
#[tokio::test]
async fn a_reply_to_another_plugins_call_answers_nothing() -> Outcome {
    let (daemon, app) = alpha().await?;
    daemon.run(&Draft::obedient("beta")).await?;
    let payload = outboard_tests::values::before_post("town", "alpha:sleep=300");
    let asked = app.ask(payload, std::time::Duration::ZERO).await?;
    app.tell("beta", "reply-to 1 500").await?;
    let verdict = app::verdict(asked.answer().await?)?;
    assert_eq!(steps(&verdict), ["alpha continued"], "beta's rejections were not alpha's");
    Ok(())
}

// I31
#[tokio::test]
async fn a_reply_to_a_call_of_an_earlier_session_answers_nothing() -> Outcome {
    let (daemon, app) = alpha().await?;
    // Ids of a session count from the beginning: the late one shall not be among the next ones.
    for _ in 0..20 {
        app.post("town", "hello").await?;
    }
    let payload = outboard_tests::values::before_post("town", "all:sleep=400");
    let asked = app.ask(payload, std::time::Duration::ZERO).await?;
    app.tell("alpha", "drop-session").await?;
    let verdict = app::verdict(asked.answer().await?)?;
    assert_eq!(steps(&verdict), ["alpha skipped: unavailable"]);
    told_again(&app, "session=2").await?;
    app.tell("alpha", "wait 800").await?;
    let status = daemon.operator().status("alpha").await?;
    assert_eq!(status.traffic.unwrap_or_default().stale_replies, 1);
    Ok(())
}

#[tokio::test]
async fn one_rpc_with_a_wrong_token_fails_alone() -> Outcome {
    let (_daemon, app) = alpha().await?;
    let refusal = app.tell("alpha", "wrong-token").await?;
    assert!(refusal.contains("Unauthenticated BAD_TOKEN"), "{refusal}");
    let seen = app.tell("alpha", "seen").await?;
    assert!(!seen.contains("session=2"), "{seen}");
    Ok(())
}

// I25
#[tokio::test]
async fn a_token_of_an_earlier_generation_is_worth_nothing() -> Outcome {
    let daemon = Daemon::configured(crate::QUICK).await?;
    let app = daemon.app().await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    let old = app.tell("alpha", "token").await?;
    app.order("alpha", "exit 3").await?;
    daemon.operator().wait_back("alpha", 1).await?;
    assert_ne!(app.tell("alpha", "token").await?, old);
    let socket = daemon.house().plugin_socket("alpha");
    let refusal = app.tell("alpha", &format!("try session {} {old}", socket.display())).await?;
    assert!(refusal.contains("BAD_TOKEN"), "{refusal}");
    Ok(())
}

// I25
#[tokio::test]
async fn another_process_on_a_plugins_socket_is_refused_even_with_the_right_token() -> Outcome {
    let (daemon, app) = alpha().await?;
    let token = app.tell("alpha", "token").await?;
    let socket = daemon.house().plugin_socket("alpha");
    let what = format!("session {} {token}", socket.display());
    let refusal = crate::surroundings::knock(&what).await?;
    let refused = refusal.contains("NOT_THIS_PLUGIN") || refusal.contains("no connection");
    assert!(refused, "{refusal}");
    assert_eq!(app.tell("alpha", "say still here").await?, "still here");
    let status = daemon.operator().status("alpha").await?;
    assert_eq!((status.generation, status.restarts), (1, 0));
    assert!(last_end(&status).cause.is_empty());
    Ok(())
}

/// A daemon with one interceptor that waits long, and an app.
async fn alpha() -> anyhow::Result<(Daemon, App)> {
    let daemon = Daemon::configured(SLOW).await?;
    let draft = Draft::interceptor("alpha", "timeout = \"900ms\"");
    daemon.run(&draft.limit("call_timeout = \"60s\"")).await?;
    let app = daemon.app().await?;
    Ok((daemon, app))
}

/// Asks alpha what it has seen until that contains `wanted`. While it has no session the command
/// fails, and is asked again once the catalogue, or the next answer, says otherwise.
pub(crate) async fn told_again(app: &App, wanted: &str) -> anyhow::Result<String> {
    let asking = async {
        loop {
            match app.tell("alpha", "seen").await {
                Ok(seen) if seen.contains(wanted) => return seen,
                Ok(_) | Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    let seen = tokio::time::timeout(outboard_tests::PATIENCE, asking).await;
    seen.map_err(|_| anyhow::anyhow!("alpha never told of {wanted}"))
}
