//! Process trees: nothing a plugin starts outlives it, and nothing it does outlives the daemon.

use outboard_tests::{App, Daemon, Draft, Outcome, process};
use rustix::process::Signal;

use crate::SLOW;

// I21
#[tokio::test]
async fn children_that_flee_by_setsid_and_double_fork_end_with_a_plugin_that_is_stopped() -> Outcome
{
    let (daemon, _app) = with_children().await?;
    daemon.operator().disable("alpha").await?;
    process::none_left_in(&daemon.folder("alpha")).await
}

#[tokio::test]
async fn children_end_with_a_plugin_that_crashes() -> Outcome {
    let (daemon, app) = with_children().await?;
    app.order("alpha", "exit 3").await?;
    let end = daemon.operator().wait_end("alpha", 1).await?;
    assert_eq!(end.cause, "exited");
    process::none_left_in(&daemon.folder("alpha")).await
}

#[tokio::test]
async fn children_end_with_a_plugin_that_is_killed_from_outside() -> Outcome {
    let (daemon, _app) = with_children().await?;
    let status = daemon.operator().status("alpha").await?;
    process::signal(status.pid, Signal::KILL)?;
    process::none_left_in(&daemon.folder("alpha")).await
}

// I21
#[tokio::test]
async fn nothing_of_a_plugin_outlives_a_killed_daemon_whatever_it_did_to_its_death_signal()
-> Outcome {
    let (daemon, _app) = with_children().await?;
    let folder = daemon.folder("alpha");
    let house = daemon.kill().await?;
    process::none_left_in(&folder).await?;
    drop(house);
    Ok(())
}

#[tokio::test]
async fn a_plugin_that_ignores_sigterm_does_not_outlive_a_killed_daemon() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::sinner("alpha", "ignore-term")).await?;
    let folder = daemon.folder("alpha");
    let house = daemon.kill().await?;
    process::none_left_in(&folder).await?;
    drop(house);
    Ok(())
}

#[tokio::test]
async fn a_stopped_plugin_does_not_outlive_a_killed_daemon() -> Outcome {
    let daemon = Daemon::start().await?;
    let status = daemon.run(&Draft::bare("alpha")).await?;
    process::signal(status.pid, Signal::STOP)?;
    let folder = daemon.folder("alpha");
    let house = daemon.kill().await?;
    process::none_left_in(&folder).await?;
    drop(house);
    Ok(())
}

#[tokio::test]
async fn a_killed_keeper_is_noticed_its_tree_killed_and_the_plugin_restarted() -> Outcome {
    let daemon = Daemon::configured("[defaults]\nbackoff_first = \"20ms\"\n").await?;
    let app = daemon.app().await?;
    let first = daemon.run(&Draft::obedient("alpha")).await?;
    fork(&app).await?;
    let tree = process::living_in(&daemon.folder("alpha"));
    assert_eq!(tree.len(), 4, "the plugin and its three: {tree:?}");
    let keeper = keeper_of(first.pid, &daemon)?;
    process::signal(keeper, Signal::KILL)?;
    let back = daemon.operator().wait_back("alpha", 1).await?;
    let end = back.ends.iter().find(|end| end.generation == 1).cloned().unwrap_or_default();
    assert_eq!(end.cause, "keeper-lost", "{end:?}");
    for pid in tree {
        process::ended(pid).await?;
    }
    Ok(())
}

#[tokio::test]
async fn no_zombie_is_left_of_many_lives() -> Outcome {
    let config = "[defaults]\nbackoff_first = \"5ms\"\nbackoff_max = \"5ms\"\nintensity = 20\n";
    let daemon = Daemon::configured(config).await?;
    daemon.load(&Draft::sinner("alpha", "exit-at-once")).await?;
    daemon.operator().wait_failed("alpha").await?;
    let left: Vec<_> = process::below(daemon.pid())
        .into_iter()
        .filter(|pid| !process::alive(*pid))
        .filter_map(|pid| process::status_field(pid, "Name"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    Ok(())
}

#[tokio::test]
async fn a_plugin_cannot_have_more_processes_than_its_limit() -> Outcome {
    let daemon = Daemon::configured(SLOW).await?;
    let app = daemon.app().await?;
    let status = daemon.run(&Draft::obedient("alpha").limit("pids = 20")).await?;
    let held = status.enforcement.iter().find(|it| it.what.contains("process")).cloned();
    let held = held.unwrap_or_default();
    if !held.enforced {
        let why = "neither a cgroup nor a user per plugin holds it here, and status says so";
        outboard_tests::daemon::skipped("a_plugin_cannot_have_more_processes…", why);
        return Ok(());
    }
    let said = app.tell("alpha", "fork-many").await?;
    let children: u32 = said.split(' ').next().unwrap_or_default().parse()?;
    assert!(children < 20, "held by {}, and yet: {said}", held.how);
    daemon.operator().disable("alpha").await?;
    process::none_left_in(&daemon.folder("alpha")).await
}

#[tokio::test]
async fn status_counts_a_plugins_processes() -> Outcome {
    let (daemon, _app) = with_children().await?;
    let counted = async {
        while daemon.operator().status("alpha").await?.processes < 4 {
            tokio::task::yield_now().await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(outboard_tests::PATIENCE, counted).await??;
    Ok(())
}

/// The ancestor of a plugin that the daemon started. An init of a pid namespace may stand between.
fn keeper_of(plugin: u32, daemon: &Daemon) -> anyhow::Result<u32> {
    let mut process = plugin;
    loop {
        match process::parent(process) {
            Some(parent) if parent == daemon.pid() => break,
            Some(parent) if parent > 1 => process = parent,
            Some(_) | None => anyhow::bail!("process {plugin} is not below the daemon"),
        }
    }
    anyhow::ensure!(process != plugin, "the keeper stands between daemon and plugin");
    Ok(process)
}

/// A daemon whose plugin has a child, one in a session of its own, and one whose parent has ended;
/// none of them can be reached by SIGTERM or by the death of its parent.
async fn with_children() -> anyhow::Result<(Daemon, App)> {
    let daemon = Daemon::configured(SLOW).await?;
    let app = daemon.app().await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    fork(&app).await?;
    let tree = process::living_in(&daemon.folder("alpha"));
    assert_eq!(tree.len(), 4, "the plugin and its three: {tree:?}");
    Ok((daemon, app))
}

/// What a plugin says are the pids it knows: in a pid namespace of its own they are no one else's.
async fn fork(app: &App) -> Outcome {
    let said = app.tell("alpha", "fork child grandchild session").await?;
    let pids = said.split(' ').filter(|pid| pid.parse::<u32>().is_ok()).count();
    anyhow::ensure!(pids == 3, "not forked: {said}");
    Ok(())
}
