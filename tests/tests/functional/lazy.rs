//! Plugins that start when something is wanted of them, and stop when nothing is.

use outboard_proto::admin::{PluginStatus, State};
use outboard_tests::verdict::{outcome, steps};
use outboard_tests::{Daemon, Draft, Outcome, app};

use crate::QUICK;

fn lazy(draft: Draft) -> Draft {
    draft.run("start = \"lazy\"")
}

fn asleep(status: &PluginStatus) -> bool {
    status.state() == State::Stopped && status.asleep
}

// I96
#[tokio::test]
async fn a_lazy_plugin_is_listed_and_started_by_its_first_command() -> Outcome {
    let daemon = Daemon::start().await?;
    let app = daemon.app().await?;
    daemon.load(&lazy(Draft::obedient("alpha"))).await?;
    let status = daemon.operator().status("alpha").await?;
    assert!(asleep(&status) && status.generation == 0, "{status:?}");
    assert_eq!(status.reason, "lazy: starts when called");
    let catalogue = app.wait_catalogue(|it| it.commands.iter().any(|it| it.name == "alpha"));
    catalogue.await?;
    let (one, two) = tokio::join!(app.tell("alpha", "seen"), app.tell("alpha", "seen"));
    assert!(one?.contains("welcome generation=1") && two?.contains("welcome generation=1"));
    let status = daemon.operator().wait_running("alpha").await?;
    let traffic = status.traffic.unwrap_or_default();
    assert_eq!((status.generation, status.restarts), (1, 0), "two calls, one start");
    assert_eq!((traffic.lazy_starts, traffic.waits), (1, 2));
    Ok(())
}

// I96
#[tokio::test]
async fn a_hook_waits_for_it_no_longer_than_it_may() -> Outcome {
    let daemon = Daemon::start().await?;
    let app = daemon.app().await?;
    let draft = Draft::interceptor("alpha", "timeout = \"100ms\"").sin("slow-start");
    daemon.load(&lazy(draft)).await?;
    let verdict = app.post("town", "hello").await?;
    assert_eq!(steps(&verdict), ["alpha skipped: unavailable"]);
    daemon.operator().wait_running("alpha").await?;
    assert_eq!(steps(&app.post("town", "hello").await?), ["alpha continued"]);
    Ok(())
}

#[tokio::test]
async fn a_lazy_plugin_that_dies_at_its_start_is_like_any_other() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    let app = daemon.app().await?;
    daemon.load(&lazy(Draft::obedient("alpha").sin("exit-at-once"))).await?;
    let result = app.command("alpha", "seen").await?;
    let failure = app::failure(&result).cloned().unwrap_or_default();
    assert_eq!(failure.reason().code(), "PLUGIN_UNAVAILABLE", "{failure:?}");
    assert_eq!(failure.details.get("outcome").map(String::as_str), Some("not_started"));
    let status = daemon.operator().wait_failed("alpha").await?;
    assert_eq!((status.generation, status.restarts), (6, 5));
    Ok(())
}

// I109
#[tokio::test]
async fn an_interceptor_beside_the_path_wakes_its_plugin_and_delays_nothing() -> Outcome {
    let daemon = Daemon::start().await?;
    let app = daemon.app().await?;
    let beside = "mode = \"shadow\"\ntimeout = \"10s\"";
    daemon.load(&lazy(Draft::interceptor("alpha", beside))).await?;
    let verdict = app.post("town", "all:reject").await?;
    assert_eq!(outcome(&verdict), "continued");
    assert!(steps(&verdict).is_empty(), "{verdict:?}");
    let status = daemon.operator().wait_until("alpha", "compared", |status| {
        status.notes.iter().any(|note| note.contains("differed 1"))
    });
    let status = status.await?;
    assert_eq!(status.traffic.unwrap_or_default().lazy_starts, 1);
    Ok(())
}

// I97
#[tokio::test]
async fn one_with_nothing_to_do_is_stopped_and_an_event_starts_it_again() -> Outcome {
    let daemon = Daemon::start().await?;
    let app = daemon.app().await?;
    let draft = Draft::listener("alpha", "delivery = \"at-least-once\"");
    daemon.run(&draft.run("idle_stop = \"300ms\"")).await?;
    let status = daemon.operator().wait_until("alpha", "asleep", asleep).await?;
    assert_eq!(status.reason, "stopped for being idle: starts when called");
    assert_eq!(status.ends[0].cause, "stopped");
    app.publish_post("town", "hello all:reply").await?;
    app.carry_out("m-2").await?;
    let status = daemon
        .operator()
        .wait_until("alpha", "asleep again", |status| asleep(status) && status.generation == 2);
    assert_eq!(status.await?.restarts, 0, "that is no restart");
    Ok(())
}

// I97
#[tokio::test]
async fn calls_that_race_with_an_idle_stop_are_all_answered() -> Outcome {
    let daemon = Daemon::start().await?;
    let app = daemon.app().await?;
    daemon.run(&Draft::obedient("alpha").run("idle_stop = \"100ms\"")).await?;
    for pause in (60..160).step_by(10) {
        app.tell("alpha", "seen").await?;
        app.tell("alpha", &format!("wait {pause}")).await?;
        // As long again without anything, so that the next call meets every step of a stop.
        let asked = tokio::time::Instant::now() + std::time::Duration::from_millis(pause);
        tokio::time::timeout_at(asked, std::future::pending::<()>()).await.unwrap_err();
    }
    app.tell("alpha", "seen").await?;
    Ok(())
}

#[tokio::test]
async fn an_operator_may_start_a_lazy_one_and_make_it_start_at_boot() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.load(&lazy(Draft::obedient("alpha"))).await?;
    daemon.operator().restart("alpha").await?;
    daemon.operator().wait_running("alpha").await?;
    daemon.load(&lazy(Draft::obedient("beta"))).await?;
    assert!(asleep(&daemon.operator().status("beta").await?));
    daemon.operator().set("beta", "start", "boot").await?;
    daemon.operator().wait_running("beta").await?;
    Ok(())
}

#[tokio::test]
async fn what_waited_for_a_lazy_plugin_over_a_daemons_death_wakes_it() -> Outcome {
    let daemon = Daemon::start().await?;
    let app = daemon.app().await?;
    let draft = Draft::listener("alpha", "delivery = \"at-least-once\"\ntimeout = \"60s\"");
    daemon.load(&lazy(draft)).await?;
    app.publish_post("town", "all:log all:sleep-first=600000").await?;
    daemon.operator().wait_for_line("alpha", |it| it.line.contains("took attempt=1")).await?;
    drop(app);
    let daemon = Daemon::in_house(daemon.kill().await?).await?;
    daemon.operator().wait_for_line("alpha", |it| it.line.contains("took attempt=2")).await?;
    Ok(())
}

#[tokio::test]
async fn a_dependant_of_a_lazy_plugin_need_not_wait_for_it() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.load(&lazy(Draft::obedient("alpha"))).await?;
    daemon.run(&Draft::bare("beta").depends("alpha", "*")).await?;
    assert!(asleep(&daemon.operator().status("alpha").await?));
    Ok(())
}
