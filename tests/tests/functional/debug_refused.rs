//! Who may not debug, who may not stand in, and every way in which debugging ends: each with its
//! cause.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use outboard_proto::admin::State;
use outboard_tests::daemon::{is_root, skipped};
use outboard_tests::{Daemon, Draft, Guest, Invitation, Operator, Outcome};

use crate::debug::{DEBUG, visited};
use crate::surroundings::knock_as;

async fn refusal(operator: &Operator, name: &str) -> String {
    match operator.debug(name).await {
        Ok(_) => "invited".to_owned(),
        Err(refusal) => refusal.to_string(),
    }
}

#[tokio::test]
async fn nobody_debugs_where_it_is_not_enabled() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    let refused = refusal(daemon.operator(), "alpha").await;
    assert!(refused.contains("DEBUG_DISABLED"), "{refused}");
    daemon.house().configure(DEBUG)?;
    let reloaded = daemon.operator().reload().await?;
    assert!(reloaded.changes.iter().any(|it| it.key == "debug.enabled" && it.restart.is_empty()));
    let mut invitation = Invitation::of(daemon.operator(), "alpha").await?;
    daemon.house().configure("")?;
    daemon.operator().reload().await?;
    assert_eq!(invitation.end().await?.cause, "forbidden");
    Ok(())
}

#[tokio::test]
async fn an_unknown_a_disabled_and_a_debugged_plugin_are_refused() -> Outcome {
    let daemon = Daemon::configured(DEBUG).await?;
    let operator = daemon.operator();
    daemon.run(&Draft::obedient("alpha")).await?;
    assert!(refusal(operator, "alfa").await.contains("UNKNOWN_PLUGIN"));
    let nobody = operator.end_debug("alpha").await;
    assert!(nobody.is_err_and(|refusal| refusal.reason == "NOT_DEBUGGED"));
    let _invitation = Invitation::of(operator, "alpha").await?;
    let second = refusal(operator, "alpha").await;
    assert!(second.contains("DEBUG_TAKEN"), "{second}");
    operator.end_debug("alpha").await?;
    operator.disable("alpha").await?;
    let disabled = refusal(operator, "alpha").await;
    assert!(disabled.contains("PLUGIN_UNAVAILABLE") && disabled.contains("disabled"), "{disabled}");
    Ok(())
}

// I71
#[tokio::test]
async fn a_token_opens_one_session_and_a_wrong_one_none() -> Outcome {
    let draft = Draft::obedient("alpha");
    let daemon = Daemon::configured(DEBUG).await?;
    daemon.run(&draft).await?;
    let mut invitation = Invitation::of(daemon.operator(), "alpha").await?;
    let mut wrong = Guest::come(&draft.clone().sin("wrong-token"), &invitation)?;
    wrong.line("BAD_TOKEN").await?;
    let mut differs = Guest::come(&draft.clone().sin("missing-handler"), &invitation)?;
    differs.line("HANDLERS_DIFFER").await?;
    let undisturbed = daemon.operator().status("alpha").await?;
    assert_eq!(undisturbed.state(), State::Running, "nobody makes room for the wrong guest");
    let guest = Guest::come(&draft, &invitation)?;
    invitation.ready().await?;
    let mut second = Guest::come(&draft, &invitation)?;
    let line = second.line("DEBUG_TOKEN_USED").await?;
    assert!(line.contains(&format!("process {}", guest.pid())), "{line}");
    guest.kill().await?;
    invitation.end().await?;
    let mut late = Guest::come(&draft, &invitation)?;
    let line = late.line("DEBUG_ENDED").await?;
    assert!(line.contains("the process ended its session"), "{line}");
    let mut next = Invitation::of(daemon.operator(), "alpha").await?;
    let mut old = Guest::come(&draft, &invitation)?;
    old.line("DEBUG_ENDED").await?;
    let _guest = Guest::come(&draft, &next)?;
    next.ready().await
}

// I71
#[tokio::test]
async fn only_the_operators_own_user_may_stand_in() -> Outcome {
    let daemon = Daemon::configured(DEBUG).await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    let invitation = Invitation::of(daemon.operator(), "alpha").await?;
    let socket = std::path::PathBuf::from(invitation.variable("OUTBOARD_SOCKET"));
    let found = std::fs::metadata(&socket)?;
    let own = rustix::process::geteuid().as_raw();
    assert_eq!((found.permissions().mode() & 0o777, found.uid()), (0o600, own));
    if !is_root() {
        skipped("a stranger at the debug socket", "only root can be another user");
        return Ok(());
    }
    // The door is held by the daemon too, not by the file's mode alone.
    std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o666))?;
    let answer = knock_as(Some(65_534), &format!("admin {}", socket.display())).await?;
    assert!(answer.contains("PermissionDenied DEBUG_OTHER_USER"), "{answer}");
    Ok(())
}

// I27
#[tokio::test]
async fn a_plugin_cannot_stand_in_for_another() -> Outcome {
    let daemon = Daemon::configured(DEBUG).await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    daemon.run(&Draft::obedient("beta")).await?;
    let app = daemon.app().await?;
    let invitation = Invitation::of(daemon.operator(), "alpha").await?;
    let what = format!("try admin {}", invitation.variable("OUTBOARD_SOCKET"));
    let answer = app.tell("beta", &what).await?;
    let refused = answer.contains("NOT_ALLOWED") || answer.contains("no connection");
    assert!(refused, "{answer}");
    Ok(())
}

// I70
#[tokio::test]
async fn every_end_has_its_cause_and_the_plugin_comes_back_where_it_may() -> Outcome {
    let draft = Draft::obedient("alpha");
    let (daemon, mut invitation, mut guest) = visited("", &draft).await?;
    let operator = daemon.operator();
    operator.end_debug("alpha").await?;
    assert_eq!(invitation.end().await?.cause, "stopped");
    let told = guest.line("DEBUG_ENDED").await?;
    assert!(told.contains("an operator stopped it"), "{told}");
    operator.wait_running("alpha").await?;

    let (mut invitation, mut guest) = visit(&daemon, &draft).await?;
    operator.load(&daemon.folder("alpha")).await?;
    assert_eq!(invitation.end().await?.cause, "loaded-anew");
    guest.line("DEBUG_ENDED").await?;
    operator.wait_running("alpha").await?;

    let (invitation, mut guest) = visit(&daemon, &draft).await?;
    drop(invitation);
    let told = guest.line("DEBUG_ENDED").await?;
    assert!(told.contains("the command that asked for it has ended"), "{told}");
    operator.wait_running("alpha").await?;

    let (mut invitation, mut guest) = visit(&daemon, &draft).await?;
    operator.disable("alpha").await?;
    let end = invitation.end().await?;
    assert_eq!(end.cause, "not-in-service");
    assert!(end.text.contains("disabled"), "{}", end.text);
    guest.line("DEBUG_ENDED").await?;
    operator.wait_state("alpha", State::Stopped).await?;

    operator.enable("alpha").await?;
    operator.wait_running("alpha").await?;
    let (mut invitation, mut guest) = visit(&daemon, &draft).await?;
    operator.unload("alpha").await?;
    assert_eq!(invitation.end().await?.cause, "unloaded");
    guest.line("DEBUG_ENDED").await?;
    Ok(())
}

async fn visit(daemon: &Daemon, draft: &Draft) -> anyhow::Result<(Invitation, Guest)> {
    let mut invitation = Invitation::of(daemon.operator(), "alpha").await?;
    let guest = Guest::come(draft, &invitation)?;
    invitation.ready().await?;
    Ok((invitation, guest))
}

#[tokio::test]
async fn a_guest_that_breaks_the_protocol_or_cannot_start_ends_the_visit_with_the_cause() -> Outcome
{
    let draft = Draft::obedient("alpha");
    let daemon = Daemon::configured(DEBUG).await?;
    daemon.run(&draft).await?;
    let mut invitation = Invitation::of(daemon.operator(), "alpha").await?;
    let _guest = Guest::come(&draft.clone().sin("init-failed"), &invitation)?;
    let end = invitation.end().await?;
    assert_eq!(end.cause, "init-failed");
    assert!(end.text.contains("no database"), "{}", end.text);
    daemon.operator().wait_running("alpha").await?;
    let mut invitation = Invitation::of(daemon.operator(), "alpha").await?;
    let _guest = Guest::come(&draft.clone().sin("second-hello"), &invitation)?;
    let end = invitation.end().await?;
    assert_eq!(end.cause, "protocol");
    daemon.operator().wait_running("alpha").await?;
    Ok(())
}

// I70
#[tokio::test]
async fn a_daemon_that_stops_or_dies_says_so_and_the_next_one_runs_the_plugin() -> Outcome {
    let draft = Draft::obedient("alpha");
    let (daemon, mut invitation, mut guest) = visited("", &draft).await?;
    let (stopped, cause, told) =
        tokio::join!(daemon.stop(), invitation.end(), guest.line("DEBUG_ENDED"));
    assert_eq!(cause?.cause, "daemon-stops");
    assert!(told?.contains("the daemon is stopping"));
    let daemon = Daemon::in_house(stopped?.1).await?;
    daemon.operator().wait_running("alpha").await?;
    let (_invitation, _guest) = visit(&daemon, &draft).await?;
    let daemon = Daemon::in_house(daemon.kill().await?).await?;
    daemon.operator().wait_running("alpha").await?;
    let left = std::fs::read_dir(daemon.house().runtime().join("d"))?.count();
    assert_eq!(left, 0, "no socket of the last daemon's guests is left");
    Ok(())
}
