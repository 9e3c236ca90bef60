//! Lives and deaths: restart, back-off, intensity, heartbeat, stop, and what is remembered of them.

use outboard_proto::admin::State;
use outboard_tests::{Daemon, Draft, Outcome, process};
use rustix::process::Signal;

use crate::{QUICK, SLOW, last_end};

/// A heartbeat that notices within half a second.
const LIVELY: &str =
    "[defaults]\nheartbeat = \"100ms\"\nheartbeat_timeout = \"100ms\"\nbackoff_first = \"20ms\"\n";

#[tokio::test]
async fn a_plugin_that_crashes_comes_back_in_the_next_generation() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    let app = daemon.app().await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    app.order("alpha", "exit 3").await?;
    let status = daemon.operator().wait_back("alpha", 1).await?;
    assert_eq!((status.generation, status.restarts), (2, 1));
    assert_eq!(last_end(&status).exit, "code 3");
    assert_eq!(app.tell("alpha", "say back").await?, "back");
    Ok(())
}

#[tokio::test]
async fn a_plugin_killed_from_outside_comes_back_and_the_signal_is_named() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    let status = daemon.run(&Draft::bare("alpha")).await?;
    process::signal(status.pid, Signal::KILL)?;
    let status = daemon.operator().wait_back("alpha", 1).await?;
    let end = last_end(&status);
    assert_eq!(end.cause, "signal");
    assert!(end.exit.contains("SIGKILL"), "{end:?}");
    Ok(())
}

#[tokio::test]
async fn a_plugin_that_aborts_leaves_a_record_with_its_signal() -> Outcome {
    let daemon = Daemon::configured(SLOW).await?;
    let app = daemon.app().await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    app.order("alpha", "abort").await?;
    let end = daemon.operator().wait_end("alpha", 1).await?;
    assert_eq!(end.cause, "signal");
    assert!(end.exit.contains("SIGABRT"), "{end:?}");
    assert!(end.uptime_us > 0 && end.peak_memory_bytes > 0, "{end:?}");
    Ok(())
}

// I9
#[tokio::test]
async fn a_crash_loop_is_given_up_with_a_cause_and_a_reset_lets_it_try_again() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    daemon.load(&Draft::sinner("alpha", "crash-loop")).await?;
    let failed = daemon.operator().wait_failed("alpha").await?;
    assert_eq!(failed.restarts, 5);
    assert!(failed.reason.contains("exited"), "{}", failed.reason);
    daemon.operator().reset("alpha").await?;
    daemon.operator().wait_end("alpha", failed.generation + 1).await?;
    Ok(())
}

#[tokio::test]
async fn waits_between_tries_grow() -> Outcome {
    let config = "[defaults]\nbackoff_first = \"50ms\"\nintensity = 4\n";
    let daemon = Daemon::configured(config).await?;
    daemon.load(&Draft::sinner("alpha", "exit-at-once")).await?;
    let failed = daemon.operator().wait_failed("alpha").await?;
    let mut ends = failed.ends.clone();
    ends.sort_by_key(|end| end.generation);
    let gaps: Vec<_> = ends.windows(2).map(|two| two[1].at_us - two[0].at_us).collect();
    assert_eq!(gaps.len(), 4);
    // With ±20 % jitter the fourth wait is at least 320 ms, the first at most 60 ms and a start.
    assert!(gaps[3] >= 320_000, "{gaps:?}");
    assert!(gaps[0] < gaps[3], "{gaps:?}");
    Ok(())
}

#[tokio::test]
async fn during_backoff_the_next_try_is_announced() -> Outcome {
    let daemon = Daemon::configured(SLOW).await?;
    daemon.load(&Draft::sinner("alpha", "exit-at-once")).await?;
    let status = daemon.operator().wait_state("alpha", State::Waiting).await?;
    assert!(status.next_try_us > status.since_us, "{status:?}");
    Ok(())
}

#[tokio::test]
async fn a_stop_during_backoff_cancels_the_retry() -> Outcome {
    let daemon = Daemon::configured(SLOW).await?;
    daemon.load(&Draft::sinner("alpha", "exit-at-once")).await?;
    daemon.operator().wait_state("alpha", State::Waiting).await?;
    daemon.operator().disable("alpha").await?;
    let status = daemon.operator().wait_state("alpha", State::Stopped).await?;
    assert_eq!(status.next_try_us, 0);
    Ok(())
}

#[tokio::test]
async fn a_plugin_that_never_restarts_stays_down() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    let app = daemon.app().await?;
    daemon.run(&Draft::obedient("alpha").run("restart = \"never\"")).await?;
    app.order("alpha", "exit 3").await?;
    daemon.operator().wait_end("alpha", 1).await?;
    let status = daemon.operator().status("alpha").await?;
    assert!(matches!(status.state(), State::Stopped | State::Failed), "{status:?}");
    Ok(())
}

#[tokio::test]
async fn a_clean_exit_is_no_failure_to_restart_on() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    let app = daemon.app().await?;
    daemon.run(&Draft::obedient("alpha").run("restart = \"on-failure\"")).await?;
    app.order("alpha", "exit 0").await?;
    let status = daemon.operator().wait_state("alpha", State::Stopped).await?;
    assert_eq!(last_end(&status).exit, "code 0");
    Ok(())
}

#[tokio::test]
async fn a_plugin_that_must_always_run_restarts_after_a_clean_exit() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    let app = daemon.app().await?;
    daemon.run(&Draft::obedient("alpha").run("restart = \"always\"")).await?;
    app.order("alpha", "exit 0").await?;
    daemon.operator().wait_back("alpha", 1).await?;
    Ok(())
}

// I17
#[tokio::test]
async fn a_plugin_that_stops_answering_pings_is_hung() -> Outcome {
    hung_after("no-pongs").await
}

#[tokio::test]
async fn a_plugin_that_was_stopped_is_hung() -> Outcome {
    hung_after("stop").await
}

#[tokio::test]
async fn a_plugin_that_spins_is_hung() -> Outcome {
    hung_after("spin").await
}

async fn hung_after(deed: &str) -> Outcome {
    let daemon = Daemon::configured(LIVELY).await?;
    let app = daemon.app().await?;
    let first = daemon.run(&Draft::obedient("alpha")).await?;
    app.order("alpha", deed).await?;
    let status = daemon.operator().wait_back("alpha", 1).await?;
    assert_eq!(last_end(&status).cause, "hung");
    assert!(!process::alive(first.pid), "the hung process is gone");
    Ok(())
}

#[tokio::test]
async fn a_quiet_plugin_that_answers_pings_is_left_alone() -> Outcome {
    let daemon = Daemon::configured(LIVELY).await?;
    let app = daemon.app().await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    daemon.run(&Draft::obedient("beta")).await?;
    // Beta dies of silence; by then alpha has answered as many pings as killed beta.
    app.order("beta", "stop").await?;
    daemon.operator().wait_end("beta", 1).await?;
    let alpha = daemon.operator().status("alpha").await?;
    assert_eq!((alpha.state(), alpha.generation), (State::Running, 1));
    Ok(())
}

#[tokio::test]
async fn with_built_in_settings_a_stopped_plugin_is_hung_too() -> Outcome {
    let daemon = Daemon::start().await?;
    let first = daemon.run(&Draft::bare("alpha")).await?;
    process::signal(first.pid, Signal::STOP)?;
    let status = daemon.operator().wait_back("alpha", 1).await?;
    assert_eq!(last_end(&status).cause, "hung");
    Ok(())
}

// I16
#[tokio::test]
async fn a_daemon_that_was_stopped_for_five_seconds_kills_nobody() -> Outcome {
    let daemon = Daemon::start().await?;
    let app = daemon.app().await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    daemon.signal(Signal::STOP)?;
    // What is claimed is about these seconds; nothing else can stand for them.
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    daemon.signal(Signal::CONT)?;
    // As long as three missed pings take, counted by the plugin.
    app.tell("alpha", "wait 4000").await?;
    let status = daemon.operator().status("alpha").await?;
    assert_eq!((status.state(), status.generation, status.restarts), (State::Running, 1, 0));
    Ok(())
}

#[tokio::test]
async fn disable_drains_and_ends_a_plugin_in_order() -> Outcome {
    let daemon = Daemon::start().await?;
    let first = daemon.run(&Draft::bare("alpha")).await?;
    daemon.operator().disable("alpha").await?;
    let status = daemon.operator().wait_state("alpha", State::Stopped).await?;
    assert_eq!(last_end(&status).cause, "stopped");
    assert_eq!(last_end(&status).exit, "code 0");
    assert!(!process::alive(first.pid));
    Ok(())
}

#[tokio::test]
async fn what_is_under_way_may_finish_while_draining() -> Outcome {
    let daemon = Daemon::start().await?;
    let app = daemon.app().await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    let slow = app.order("alpha", "wait 500").await?;
    app.tell("alpha", "say it has arrived").await?;
    daemon.operator().disable("alpha").await?;
    let result = slow.answer().await?;
    assert_eq!(outboard_tests::app::reply_text(&result).as_deref(), Some("waited"));
    Ok(())
}

#[tokio::test]
async fn a_plugin_that_ignores_shutdown_and_sigterm_is_killed() -> Outcome {
    let config = "[defaults]\nshutdown_timeout = \"200ms\"\nterm_timeout = \"200ms\"\n";
    let daemon = Daemon::configured(config).await?;
    let first = daemon.run(&Draft::sinner("alpha", "ignore-term")).await?;
    daemon.operator().disable("alpha").await?;
    let status = daemon.operator().wait_state("alpha", State::Stopped).await?;
    let end = last_end(&status);
    assert_eq!(end.cause, "stopped");
    assert!(end.exit.contains("SIGKILL"), "{end:?}");
    assert!(!process::alive(first.pid));
    Ok(())
}

#[tokio::test]
async fn a_restart_asked_for_is_no_failure() -> Outcome {
    let daemon = Daemon::configured(SLOW).await?;
    daemon.run(&Draft::bare("alpha")).await?;
    daemon.operator().restart("alpha").await?;
    let status = daemon.operator().wait_back("alpha", 1).await?;
    assert_eq!(last_end(&status).cause, "stopped");
    Ok(())
}

#[tokio::test]
async fn generations_and_end_records_outlive_the_daemon_and_failed_does_not() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    daemon.load(&Draft::sinner("alpha", "exit-at-once")).await?;
    daemon.operator().wait_failed("alpha").await?;
    let (_, house) = daemon.stop().await?;
    let daemon = Daemon::in_house(house).await?;
    let status = daemon.operator().wait_failed("alpha").await?;
    assert_eq!(status.generation, 12, "six more tries, counted on");
    assert!(status.ends.iter().any(|end| end.generation == 6), "{:?}", status.ends);
    Ok(())
}

#[tokio::test]
async fn a_killed_daemon_is_remembered_as_the_cause_of_its_plugins_ends() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::bare("alpha")).await?;
    let daemon = Daemon::in_house(daemon.kill().await?).await?;
    let end = daemon.operator().wait_end("alpha", 1).await?;
    assert_eq!(end.cause, "daemon-lost");
    daemon.operator().wait_back("alpha", 1).await?;
    Ok(())
}

#[tokio::test]
async fn a_daemon_told_to_stop_ends_its_plugins_and_itself_well() -> Outcome {
    let daemon = Daemon::start().await?;
    let first = daemon.run(&Draft::bare("alpha")).await?;
    let (status, house) = daemon.stop().await?;
    assert!(status.success(), "{status}");
    assert!(!process::alive(first.pid));
    let daemon = Daemon::in_house(house).await?;
    let back = daemon.operator().wait_back("alpha", 1).await?;
    assert_eq!(last_end(&back).cause, "stopped");
    Ok(())
}

#[tokio::test]
async fn a_second_sigterm_ends_the_daemon_at_once() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::sinner("alpha", "ignore-term")).await?;
    daemon.signal(Signal::TERM)?;
    daemon.wait_notices("STOPPING=1", 1).await?;
    let began = std::time::Instant::now();
    let folder = daemon.folder("alpha");
    daemon.stop().await?;
    process::none_left_in(&folder).await?;
    // The stop in order takes 5 s for shutdown and 2 s for SIGTERM.
    assert!(began.elapsed().as_secs() < 5, "{:?}", began.elapsed());
    Ok(())
}
