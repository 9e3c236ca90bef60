//! Debug mode: a developer's process stands in for a plugin, and nobody suffers from it.

use std::process::Stdio;

use outboard_proto::admin::{PluginStatus, State};
use outboard_tests::verdict::{outcome, steps};
use outboard_tests::{Daemon, Draft, Guest, Invitation, Outcome, binaries, process};
use rustix::process::Signal;

use crate::any_has;

pub const DEBUG: &str = "[debug]\nenabled = true\n";
const CLOSED: &str = "[plugins.alpha]\nclosed = [\"message.before_post\"]\n";

/// A daemon whose plugin alpha is `draft`, and a guest that stands in for it.
pub async fn visited(config: &str, draft: &Draft) -> anyhow::Result<(Daemon, Invitation, Guest)> {
    let daemon = Daemon::configured(&format!("{DEBUG}{config}")).await?;
    daemon.run(draft).await?;
    let mut invitation = Invitation::of(daemon.operator(), "alpha").await?;
    let guest = Guest::come(draft, &invitation)?;
    invitation.ready().await?;
    Ok((daemon, invitation, guest))
}

// I70
#[tokio::test]
async fn a_guest_stands_in_and_when_it_dies_the_plugins_own_process_comes_back() -> Outcome {
    let daemon = Daemon::configured(DEBUG).await?;
    let draft = Draft::obedient("alpha");
    let before = daemon.run(&draft).await?;
    let app = daemon.app().await?;
    let mut invitation = Invitation::of(daemon.operator(), "alpha").await?;
    let invited = daemon.operator().status("alpha").await?;
    assert_eq!((invited.state(), invited.pid), (State::Running, before.pid));
    assert!(any_has(&invited.conditions, "invited"), "{:?}", invited.conditions);
    let guest = Guest::come(&draft, &invitation)?;
    invitation.ready().await?;
    let shown = daemon.operator().wait_state("alpha", State::Debug).await?;
    assert_eq!(shown.pid, guest.pid());
    assert!(shown.reason.contains("stands in for it"), "{}", shown.reason);
    assert!(!process::alive(before.pid), "its own process stands still");
    assert_eq!(app.tell("alpha", "pid").await?, guest.pid().to_string());
    guest.kill().await?;
    assert_eq!(invitation.end().await?.cause, "left");
    let after = daemon.operator().wait_back("alpha", before.generation).await?;
    assert_eq!((after.generation, after.restarts), (before.generation + 1, before.restarts));
    let ends: Vec<&str> = after.ends.iter().map(|end| end.cause.as_str()).collect();
    assert_eq!(ends, ["stopped"], "the guest leaves no record");
    // Inside a pid namespace its own process knows itself by another number.
    assert_ne!(app.tell("alpha", "pid").await?, shown.pid.to_string());
    Ok(())
}

// I71
#[tokio::test]
async fn at_a_breakpoint_hooks_are_open_nobody_is_blamed_and_a_late_answer_is_told() -> Outcome {
    let draft = Draft::interceptor("alpha", "timeout = \"200ms\"").run("heartbeat = \"200ms\"");
    let (daemon, mut invitation, guest) = visited(CLOSED, &draft).await?;
    let beta = daemon.run(&Draft::interceptor("beta", "")).await?;
    let app = daemon.app().await?;
    process::signal(guest.pid(), Signal::STOP)?;
    // Far longer than the silence for which a plugin is killed; more misses than a breaker bears.
    for _ in 0..20 {
        let verdict = app.post("town", "beta:tag").await?;
        assert_eq!(steps(&verdict), ["alpha skipped: debug", "beta replaced"]);
        assert!(verdict.took_us < 900_000, "the app's deadline stands: {} us", verdict.took_us);
    }
    process::signal(guest.pid(), Signal::CONT)?;
    let late = daemon.operator().wait_for_line("alpha", |it| it.line.contains("late by")).await?;
    assert!(late.line.contains("message.before_post would have been"), "{}", late.line);
    let note =
        invitation.wait(|of| matches!(of, outboard_proto::admin::debug_news::Of::Note(_))).await?;
    assert!(format!("{note:?}").contains("late by"), "{note:?}");
    let verdict = app.post("town", "all:tag").await?;
    assert_eq!(outcome(&verdict), "replaced: all:tag +alpha +beta");
    let alpha = daemon.operator().status("alpha").await?;
    assert_eq!((alpha.state(), alpha.pid), (State::Debug, guest.pid()));
    let traffic = alpha.traffic.unwrap_or_default();
    assert_eq!((traffic.timeouts, traffic.breaker_openings), (0, 0));
    let after = daemon.operator().status("beta").await?;
    assert_eq!((after.pid, after.restarts), (beta.pid, 0), "others are not affected");
    Ok(())
}

// I71
#[tokio::test]
async fn an_event_may_be_looked_at_for_long_and_comes_again_to_the_plugin_itself() -> Outcome {
    let keys = "delivery = \"at-least-once\"\ntimeout = \"100ms\"";
    let draft = Draft::listener("alpha", keys);
    let (daemon, mut invitation, mut guest) = visited("", &draft).await?;
    let app = daemon.app().await?;
    app.publish_post("town", "first all:log all:sleep-first=600000").await?;
    guest.line("took attempt=1 first").await?;
    // Five time-outs would have made it a dead letter meanwhile.
    for _ in 0..4 {
        app.tell("alpha", "wait 300").await?;
    }
    let waiting = daemon.operator().status("alpha").await?.waiting.unwrap_or_default();
    assert_eq!((waiting.events, waiting.dead_letters), (1, 0));
    guest.kill().await?;
    invitation.end().await?;
    let again = |line: &outboard_proto::admin::LogLine| line.line.contains("took attempt=2 first");
    daemon.operator().wait_for_line("alpha", again).await?;
    Ok(())
}

#[tokio::test]
async fn whoever_depends_on_a_debugged_plugin_is_not_suspended() -> Outcome {
    let draft = Draft::obedient("alpha");
    let (daemon, _invitation, _guest) = visited("", &draft).await?;
    let beta = Draft::obedient("beta").depends("alpha", "*");
    let status = daemon.run(&beta).await?;
    assert_eq!(status.conditions, [""; 0]);
    Ok(())
}

// I70
#[tokio::test]
async fn a_plugin_that_was_given_up_can_be_debugged() -> Outcome {
    let daemon = Daemon::configured(DEBUG).await?;
    let draft = Draft::sinner("alpha", "init-failed-final");
    daemon.load(&draft).await?;
    daemon.operator().wait_failed("alpha").await?;
    let mended = draft.sin("good");
    let mut invitation = Invitation::of(daemon.operator(), "alpha").await?;
    let guest = Guest::come(&mended, &invitation)?;
    invitation.ready().await?;
    guest.kill().await?;
    invitation.end().await?;
    let status = daemon.operator().wait_failed("alpha").await?;
    assert_eq!(status.ends.len(), 2, "it was tried once more, and is as it was");
    Ok(())
}

#[tokio::test]
async fn the_command_runs_the_plugin_with_its_own_terminal_and_exit_code() -> Outcome {
    let daemon = Daemon::configured(DEBUG).await?;
    let draft = Draft::obedient("alpha");
    daemon.run(&draft).await?;
    let app = daemon.app().await?;
    let mut command = tokio::process::Command::new(binaries::cli());
    command.arg("--socket").arg(daemon.house().admin_socket());
    command.args(["debug", "alpha", "--"]).arg(binaries::misbehave()).args(draft.arguments());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let running = command.kill_on_drop(true).spawn()?;
    let ready = |status: &PluginStatus| {
        status.state() == State::Debug && !status.reason.contains("initializes")
    };
    let shown = daemon.operator().wait_until("alpha", "visited", ready).await?;
    assert_eq!(app.tell("alpha", "pid").await?, shown.pid.to_string());
    app.order("alpha", "exit 3").await?;
    let output = running.wait_with_output().await?;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{errors}");
    assert!(output.stdout.is_empty() && errors.contains("stands in for alpha"), "{errors}");
    assert!(errors.contains("is over: the process ended its session"), "{errors}");
    daemon.operator().wait_running("alpha").await?;
    Ok(())
}
