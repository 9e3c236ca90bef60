//! Plugins that need plugins: start order, suspension, refusal of what cannot be.

use outboard_proto::admin::{PluginStatus, State};
use outboard_tests::verdict::steps;
use outboard_tests::{Daemon, Draft, Outcome};

use crate::{QUICK, SLOW, any_has};

#[tokio::test]
async fn a_plugin_waits_until_its_dependency_has_been_ready() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.load(&Draft::sinner("base", "slow-start").run("start_timeout = \"2s\"")).await?;
    daemon.load(&Draft::bare("user").depends("base", "^1.0")).await?;
    let user = daemon.operator().status("user").await?;
    assert_eq!(user.state(), State::Stopped);
    assert!(user.reason.contains("base"), "{}", user.reason);
    let user = daemon.operator().wait_running("user").await?;
    let base = daemon.operator().status("base").await?;
    assert!(base.since_us <= user.since_us, "base was ready first");
    Ok(())
}

#[tokio::test]
async fn a_dependant_runs_on_suspended_while_its_dependency_is_down() -> Outcome {
    let daemon = Daemon::configured(SLOW).await?;
    daemon.run(&Draft::obedient("base")).await?;
    let user = Draft::interceptor("user", "").depends("base", "^1.0");
    daemon.run(&user).await?;
    let app = daemon.app().await?;
    app.order("base", "exit 3").await?;
    let suspended = |status: &PluginStatus| any_has(&status.conditions, "suspended");
    let status = daemon.operator().wait_until("user", "suspended", suspended).await?;
    assert_eq!((status.state(), status.generation), (State::Running, 1));
    assert_eq!(steps(&app.post("town", "hello").await?), ["user skipped: suspended"]);
    daemon.operator().restart("base").await?;
    daemon.operator().wait_until("user", "no longer suspended", |it| !suspended(it)).await?;
    assert_eq!(steps(&app.post("town", "hello").await?), ["user continued"]);
    Ok(())
}

#[tokio::test]
async fn a_dependency_that_was_given_up_keeps_its_dependants_from_starting() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    daemon.load(&Draft::sinner("base", "exit-at-once")).await?;
    daemon.load(&Draft::bare("user").depends("base", "^1.0")).await?;
    daemon.operator().wait_failed("base").await?;
    let user = daemon.operator().status("user").await?;
    assert_eq!((user.state(), user.generation), (State::Stopped, 0));
    assert!(user.reason.contains("waiting for") && user.reason.contains("base"), "{}", user.reason);
    Ok(())
}

#[tokio::test]
async fn a_missing_dependency_is_refused_before_anything_is_spawned() -> Outcome {
    let words = refused(&Draft::bare("user").depends("nobody", "^1.0")).await?;
    assert!(words.contains("nobody"), "{words}");
    Ok(())
}

#[tokio::test]
async fn a_dependency_out_of_range_is_refused_naming_both_versions() -> Outcome {
    let words = refused(&Draft::bare("user").depends("base", "^2.0")).await?;
    assert!(words.contains("^2.0") && words.contains("1.0.0"), "{words}");
    Ok(())
}

#[tokio::test]
async fn a_cycle_of_dependencies_is_refused_naming_its_path() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::bare("base")).await?;
    daemon.run(&Draft::bare("user").depends("base", "*")).await?;
    let words = daemon.load(&Draft::bare("base").depends("user", "*")).await;
    let words = words.unwrap_err().to_string();
    assert!(words.contains("base") && words.contains("user"), "{words}");
    let base = daemon.operator().status("base").await?;
    assert_eq!((base.state(), base.generation), (State::Running, 1), "what runs goes on");
    Ok(())
}

#[tokio::test]
async fn the_daemon_stops_dependants_before_what_they_need() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::bare("base")).await?;
    daemon.run(&Draft::bare("middle").depends("base", "*")).await?;
    daemon.run(&Draft::bare("top").depends("middle", "*")).await?;
    let (_, house) = daemon.stop().await?;
    let daemon = Daemon::in_house(house).await?;
    let mut ended = Vec::new();
    for name in ["base", "middle", "top"] {
        let end = daemon.operator().wait_end(name, 1).await?;
        assert_eq!(end.cause, "stopped", "the record of {name} was kept before the daemon ended");
        ended.push(end.at_us);
    }
    assert!(ended[2] <= ended[1] && ended[1] <= ended[0], "{ended:?}");
    Ok(())
}

async fn refused(draft: &Draft) -> anyhow::Result<String> {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::bare("base")).await?;
    let folder = draft.write(&daemon.house().folders())?;
    let refusal = daemon.operator().load(&folder).await.expect_err("it is refused");
    assert_eq!(refusal.reason, "DEPENDENCY", "{refusal}");
    assert_eq!(daemon.operator().list().await?.len(), 1);
    Ok(refusal.message)
}
