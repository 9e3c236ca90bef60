//! How trees end: nobody outlives the plugin, whatever it did to stay.

use outboard_linux::{CgroupChoice, Exit, PluginUser};

use crate::support::*;

#[tokio::test]
async fn sigterm_reaches_the_plugin_and_is_reported() {
    for means in MEANS {
        let mut held = spawn(&spawner(means), sin(&["pause"])).await;
        held.started().await;
        held.done().await;
        held.keeper.terminate();
        assert_eq!(held.ended().await.exit, Exit::Signal(15));
    }
}

#[tokio::test]
async fn whoever_ignores_sigterm_is_killed() {
    for means in MEANS {
        let mut held = spawn(&spawner(means), sin(&["be-stubborn"])).await;
        held.started().await;
        held.done().await;
        held.keeper.terminate();
        held.keeper.kill();
        assert_eq!(held.ended().await.exit, Exit::Signal(9));
    }
}

#[tokio::test]
async fn a_child_in_a_session_of_its_own_dies_with_the_tree() {
    for means in MEANS {
        let mut held = spawn(&spawner(means.clone()), sin(&["escape"])).await;
        held.started().await;
        held.done().await;
        // The keeper's own line, the plugin's and the escaped one's.
        assert!(held.processes() >= 3, "{means:?}: {}", held.processes());
        held.keeper.kill();
        held.ended().await;
        assert!(tree_is_gone(&held), "{means:?}");
    }
}

// I21
#[tokio::test]
async fn a_child_left_behind_is_gone_before_the_end_is_told() {
    for means in MEANS {
        let mut held = spawn(&spawner(means.clone()), sin(&["escape-and-end"])).await;
        held.started().await;
        assert_eq!(held.ended().await.exit, Exit::Code(0));
        assert!(tree_is_gone(&held), "{means:?}");
    }
}

#[tokio::test]
async fn processes_that_only_fork_and_end_are_caught() {
    for means in MEANS {
        let mut launch = sin(&["fork-without-end"]);
        launch.user = is_root().then_some(PluginUser { uid: 64_010, gid: 64_010 });
        let mut held = spawn(&spawner(means.clone()), launch).await;
        held.started().await;
        held.done().await;
        held.keeper.kill();
        held.ended().await;
        assert!(tree_is_gone(&held), "{means:?}");
    }
}

#[tokio::test]
async fn no_zombie_and_no_cgroup_stays() {
    for means in MEANS {
        let spawner = spawner(means);
        let mut held = spawn(&spawner, script("sleep 0.01 & exit 0")).await;
        let pid = held.started().await;
        held.ended().await;
        assert!(!exists(pid));
        until("the keeper is reaped", || !exists(held.keeper.keeper_pid())).await;
        let Some(home) = spawner.cgroup().map(ToOwned::to_owned) else { continue };
        let leaf = home.join("plugins").join(format!("{}.1", held.token));
        until("the leaf is removed", || !leaf.exists()).await;
        drop((held, spawner));
        until("the cgroups are removed", || !home.exists()).await;
    }
}

#[tokio::test]
async fn a_plugin_nobody_listens_to_is_killed() {
    let spawner = spawner(CgroupChoice::None);
    let mut held = spawn(&spawner, sin(&["pause"])).await;
    let pid = held.started().await;
    drop(held.events);
    until("the plugin is gone", || !exists(pid)).await;
}

/// At the moment the end is told, the keeper itself may still be on its way out.
fn tree_is_gone(held: &Held) -> bool {
    held.processes() <= 1
}
