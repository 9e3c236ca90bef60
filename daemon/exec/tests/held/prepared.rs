//! Plugins that are prepared and begin when told, or never.

use std::fs;

use outboard_linux::{CgroupChoice, Exit, KeeperEvent, tree};

use crate::support::*;

async fn prepare(means: CgroupChoice, text: &str) -> Held {
    let launch = script(text);
    let token = launch.plugin.clone();
    let (keeper, events, output) = spawner(means).prepare(launch).await.unwrap();
    let held = Held { token, keeper, events, output };
    until("a process that waits below the keeper", || waiting(&held).is_some()).await;
    held
}

/// The lowest process below the keeper: the one that will become the plugin.
fn waiting(held: &Held) -> Option<u32> {
    let mut lowest = None;
    let mut below = tree::children_of(held.keeper.keeper_pid());
    while let Some(child) = below.first().copied() {
        lowest = Some(child);
        below = tree::children_of(child);
    }
    lowest
}

#[tokio::test]
async fn a_prepared_plugin_begins_when_told() {
    for means in MEANS {
        let mut held = prepare(means, "exit 3").await;
        let exe = fs::read_link(format!("/proc/{}/exe", waiting(&held).unwrap())).unwrap();
        assert_eq!(exe.file_name().unwrap(), "outboard-exec");
        assert!(!held.events.is_over());
        held.keeper.go();
        held.started().await;
        assert_eq!(held.ended().await.exit, Exit::Code(3));
    }
}

// I41
#[tokio::test]
async fn what_was_prepared_and_is_dropped_leaves_nothing() {
    for means in MEANS {
        let held = prepare(means, "exit 0").await;
        let (keeper, child) = (held.keeper.keeper_pid(), waiting(&held).unwrap());
        drop((held.events, held.output));
        let is_there = |pid: u32| fs::exists(format!("/proc/{pid}")).unwrap();
        until("an end of both processes", || !is_there(keeper) && !is_there(child)).await;
    }
}

#[tokio::test]
async fn an_order_to_kill_ends_what_was_only_prepared() {
    for means in MEANS {
        let mut held = prepare(means, "exit 0").await;
        held.keeper.kill();
        let end = held.next().await;
        assert!(matches!(end, KeeperEvent::SpawnFailed { .. }), "{end:?}");
    }
}
