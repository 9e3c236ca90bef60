//! From load to ready: what a plugin may say of itself, and every way of not getting there.

use outboard_proto::admin::State;
use outboard_tests::{Daemon, Draft, Outcome, process};

use crate::{QUICK, SLOW, last_end};

#[tokio::test]
async fn a_loaded_plugin_becomes_ready_in_its_first_generation() -> Outcome {
    let daemon = Daemon::start().await?;
    let status = daemon.run(&Draft::interceptor("alpha", "")).await?;
    assert_eq!((status.generation, status.version.as_str()), (1, "1.0.0"));
    assert!(process::alive(status.pid), "status names the plugin's process");
    Ok(())
}

#[tokio::test]
async fn a_plugin_that_exits_at_once_is_given_up_at_the_sixth_end() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    daemon.load(&Draft::sinner("alpha", "exit-at-once")).await?;
    let status = daemon.operator().wait_failed("alpha").await?;
    assert_eq!((status.generation, status.restarts), (6, 5));
    assert_eq!(last_end(&status).cause, "exited");
    assert_eq!(last_end(&status).exit, "code 7");
    assert!(!status.reason.is_empty(), "a given-up plugin has a stated cause");
    Ok(())
}

#[tokio::test]
async fn a_plugin_that_exits_before_hello_is_tried_again() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    daemon.load(&Draft::sinner("alpha", "exit-before-hello")).await?;
    let end = daemon.operator().wait_end("alpha", 2).await?;
    assert_eq!((end.cause.as_str(), end.exit.as_str()), ("exited", "code 8"));
    Ok(())
}

#[tokio::test]
async fn a_plugin_that_never_dials_runs_into_its_start_timeout() -> Outcome {
    let daemon = Daemon::configured(SLOW).await?;
    let draft = Draft::sinner("alpha", "never-dial").run("start_timeout = \"300ms\"");
    daemon.load(&draft).await?;
    let end = daemon.operator().wait_end("alpha", 1).await?;
    assert_eq!(end.cause, "start-timeout");
    Ok(())
}

#[tokio::test]
async fn a_plugin_that_connects_but_never_says_hello_is_told_why_its_session_ended() -> Outcome {
    let daemon = Daemon::configured(SLOW).await?;
    let draft = Draft::sinner("alpha", "never-hello").run("start_timeout = \"4s\"");
    daemon.load(&draft).await?;
    let line = daemon.operator().wait_for_line("alpha", |line| line.line.contains("session:"));
    let line = line.await?.line;
    assert!(line.contains("HELLO_TIMEOUT"), "{line}");
    let end = daemon.operator().wait_end("alpha", 1).await?;
    assert!(["start-timeout", "protocol"].contains(&end.cause.as_str()), "{end:?}");
    Ok(())
}

#[tokio::test]
async fn a_plugin_that_says_hello_but_is_never_ready_runs_into_its_start_timeout() -> Outcome {
    let daemon = Daemon::configured(SLOW).await?;
    let draft = Draft::sinner("alpha", "never-ready").run("start_timeout = \"300ms\"");
    daemon.load(&draft).await?;
    let end = daemon.operator().wait_end("alpha", 1).await?;
    assert_eq!(end.cause, "start-timeout");
    Ok(())
}

#[tokio::test]
async fn a_plugin_that_reports_progress_may_take_longer_than_its_start_timeout() -> Outcome {
    let daemon = Daemon::start().await?;
    let draft = Draft::sinner("alpha", "slow-start").run("start_timeout = \"1s\"");
    let status = daemon.run(&draft).await?;
    assert_eq!(status.generation, 1, "three seconds of start, and no restart");
    Ok(())
}

#[tokio::test]
async fn a_wrong_protocol_version_fails_at_once_naming_both_versions() -> Outcome {
    let status = failed_at_once(&Draft::sinner("alpha", "wrong-version")).await?;
    assert!(status.reason.contains("99") && status.reason.contains('1'), "{}", status.reason);
    Ok(())
}

#[tokio::test]
async fn a_hello_that_names_another_plugin_fails_at_once() -> Outcome {
    let status = failed_at_once(&Draft::sinner("alpha", "wrong-name")).await?;
    assert!(status.reason.contains("someone-else"), "{}", status.reason);
    Ok(())
}

#[tokio::test]
async fn a_hello_with_another_version_than_the_manifest_fails_at_once() -> Outcome {
    let status = failed_at_once(&Draft::sinner("alpha", "wrong-own-version")).await?;
    assert!(status.reason.contains("9.9.9"), "{}", status.reason);
    Ok(())
}

#[tokio::test]
async fn a_handler_that_the_manifest_does_not_declare_fails_at_once_naming_it() -> Outcome {
    let status = failed_at_once(&Draft::sinner("alpha", "undeclared-handler")).await?;
    assert!(status.reason.contains("message.before_delete"), "{}", status.reason);
    Ok(())
}

#[tokio::test]
async fn a_declared_handler_that_the_code_lacks_fails_at_once_naming_it() -> Outcome {
    let draft = Draft::interceptor("alpha", "").sin("missing-handler");
    let status = failed_at_once(&draft).await?;
    assert!(status.reason.contains("message.before_post"), "{}", status.reason);
    Ok(())
}

#[tokio::test]
async fn an_initialization_that_failed_for_good_fails_at_once_in_the_plugins_words() -> Outcome {
    let status = failed_at_once(&Draft::sinner("alpha", "init-failed-final")).await?;
    assert_eq!(last_end(&status).cause, "init-failed");
    assert!(status.reason.contains("no database"), "{}", status.reason);
    Ok(())
}

/// Loads it and waits until it is given up, which must be after its first generation.
async fn failed_at_once(draft: &Draft) -> anyhow::Result<outboard_proto::admin::PluginStatus> {
    let daemon = Daemon::configured(QUICK).await?;
    daemon.load(draft).await?;
    let status = daemon.operator().wait_failed(draft.name()).await?;
    assert_eq!((status.generation, status.restarts), (1, 0), "trying again would not help");
    process::none_left_in(&daemon.folder(draft.name())).await?;
    Ok(status)
}

#[tokio::test]
async fn an_initialization_that_failed_is_tried_again() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    daemon.load(&Draft::sinner("alpha", "init-failed")).await?;
    let end = daemon.operator().wait_end("alpha", 2).await?;
    assert_eq!(end.cause, "init-failed");
    assert!(end.detail.contains("no database"), "{end:?}");
    Ok(())
}

#[tokio::test]
async fn a_wrong_token_is_refused_and_nothing_else_is_touched() -> Outcome {
    let daemon = Daemon::configured(SLOW).await?;
    let draft = Draft::sinner("alpha", "wrong-token").run("start_timeout = \"1s\"");
    daemon.load(&draft).await?;
    let end = daemon.operator().wait_end("alpha", 1).await?;
    assert_eq!(end.cause, "start-timeout", "the refused session did not count for anything");
    assert!(end.stderr.contains("Unauthenticated BAD_TOKEN"), "{}", end.stderr);
    Ok(())
}

#[tokio::test]
async fn garbage_on_the_socket_is_hung_up_on_and_others_go_on() -> Outcome {
    let daemon = Daemon::configured(SLOW).await?;
    daemon.run(&Draft::bare("beta")).await?;
    let draft = Draft::sinner("alpha", "garbage").run("start_timeout = \"3s\"");
    daemon.load(&draft).await?;
    let end = daemon.operator().wait_end("alpha", 1).await?;
    assert!(end.stderr.contains("garbage: hung up"), "{}", end.stderr);
    let beta = daemon.operator().status("beta").await?;
    assert_eq!((beta.state(), beta.generation), (State::Running, 1));
    Ok(())
}

#[tokio::test]
async fn an_end_record_keeps_the_last_words_with_control_characters_escaped() -> Outcome {
    let daemon = Daemon::configured(SLOW).await?;
    let app = daemon.app().await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    app.tell("alpha", "log famous \u{1b}[31mlast words").await?;
    app.order("alpha", "exit 5").await?;
    let end = daemon.operator().wait_end("alpha", 1).await?;
    assert!(end.stderr.contains("last words"), "{end:?}");
    assert!(!end.stderr.contains('\u{1b}'), "a terminal would obey it: {:?}", end.stderr);
    assert_eq!(end.exit, "code 5");
    Ok(())
}
