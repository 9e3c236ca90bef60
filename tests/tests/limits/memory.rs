//! Memory: who takes too much is killed with cause `oom`, and nobody else.

use outboard_proto::admin::State;
use outboard_tests::{Daemon, Draft, Outcome, process};

use crate::SLOW;

const MIB: u64 = 1 << 20;

#[tokio::test]
async fn a_plugin_that_allocates_without_end_is_killed_with_cause_oom() -> Outcome {
    let daemon = Daemon::configured(SLOW).await?;
    daemon.load(&Draft::sinner("hog", "eat-memory").limit("memory = \"50MiB\"")).await?;
    let end = daemon.operator().wait_end("hog", 1).await?;
    assert_eq!(end.cause, "oom", "{end:?}");
    assert!(end.peak_memory_bytes >= 40 * MIB, "{end:?}");
    assert!(!end.detail.is_empty(), "what was exceeded is said: {end:?}");
    Ok(())
}

// I33
#[tokio::test]
async fn neighbours_of_a_plugin_that_is_killed_for_its_memory_go_on() -> Outcome {
    let daemon = Daemon::configured(SLOW).await?;
    let app = daemon.app().await?;
    let neighbour = daemon.run(&Draft::obedient("neighbour")).await?;
    daemon.run(&Draft::obedient("hog")).await?;
    app.order("hog", "eat-memory").await?;
    daemon.operator().wait_end("hog", 1).await?;
    assert_eq!(app.tell("neighbour", "say well").await?, "well");
    let status = daemon.operator().status("neighbour").await?;
    assert_eq!((status.pid, status.generation), (neighbour.pid, 1));
    Ok(())
}

// I33
#[tokio::test]
async fn of_plugins_that_take_too_much_together_the_largest_is_killed() -> Outcome {
    let daemon = Daemon::configured("[daemon]\nplugins_memory = \"160MiB\"\n").await?;
    let app = daemon.app().await?;
    for name in ["large", "small"] {
        daemon.run(&Draft::obedient(name).limit("memory = \"150MiB\"")).await?;
    }
    app.tell("small", "eat-memory 50").await?;
    app.order("large", "eat-memory 130").await?;
    let end = daemon.operator().wait_end("large", 1).await?;
    assert_eq!(end.cause, "oom", "each is below its own cap: {end:?}");
    assert_eq!(app.tell("small", "say well").await?, "well");
    assert_eq!(daemon.operator().status("small").await?.generation, 1);
    Ok(())
}

#[tokio::test]
async fn the_memory_of_a_plugins_children_counts_too() -> Outcome {
    let daemon = Daemon::configured(SLOW).await?;
    let app = daemon.app().await?;
    daemon.run(&Draft::obedient("hog").limit("memory = \"60MiB\"")).await?;
    app.order("hog", "fork eater eater eater eater").await?;
    let end = daemon.operator().wait_end("hog", 1).await?;
    assert_eq!(end.cause, "oom", "four of 20 MiB each are more than 60: {end:?}");
    process::none_left_in(&daemon.folder("hog")).await
}

#[tokio::test]
async fn a_plugin_below_its_cap_is_left_alone_and_its_use_is_shown() -> Outcome {
    let daemon = Daemon::configured(SLOW).await?;
    let app = daemon.app().await?;
    daemon.run(&Draft::obedient("eater").limit("memory = \"100MiB\"")).await?;
    app.tell("eater", "eat-memory 40").await?;
    let ate = |status: &outboard_proto::admin::PluginStatus| status.memory_bytes >= 40 * MIB;
    let shown = async {
        loop {
            let status = daemon.operator().status("eater").await?;
            if ate(&status) {
                return anyhow::Ok(status);
            }
            tokio::task::yield_now().await;
        }
    };
    let status = tokio::time::timeout(outboard_tests::PATIENCE, shown).await??;
    assert_eq!((status.state(), status.generation), (State::Running, 1));
    assert_eq!(status.memory_limit_bytes, 100 * MIB);
    assert!(status.peak_memory_bytes >= 40 * MIB, "{status:?}");
    Ok(())
}

#[tokio::test]
async fn a_plugin_killed_for_its_memory_is_restarted_like_any_other() -> Outcome {
    let daemon = Daemon::start().await?;
    let app = daemon.app().await?;
    daemon.run(&Draft::obedient("hog")).await?;
    app.order("hog", "eat-memory").await?;
    daemon.operator().wait_back("hog", 1).await?;
    assert_eq!(app.tell("hog", "say back").await?, "back");
    Ok(())
}

#[tokio::test]
async fn a_plugin_is_told_its_limits_by_status_with_how_they_are_held() -> Outcome {
    let daemon = Daemon::start().await?;
    let status = daemon.run(&Draft::bare("alpha")).await?;
    let memory = status.enforcement.iter().find(|it| it.what.contains("memory"));
    let memory = memory.cloned().unwrap_or_default();
    assert!(memory.enforced, "a limit declared but not enforced: {:?}", status.enforcement);
    assert!(!memory.how.is_empty());
    Ok(())
}
