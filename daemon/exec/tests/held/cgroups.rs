//! The daemon's own cgroup tree, where this machine lets one be made. What needs controllers is
//! asserted where there are some.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use outboard_linux::{
    CgroupChoice, MemoryBy, OomBy, Spawner, TreeKill,
    cgroup::{can_hold_leaves, place_of_this_process},
};

use crate::support::*;

/// The cgroup this process is in, if it may make others there.
fn writable() -> Option<PathBuf> {
    place_of_this_process().map(|found| found.dir).filter(|dir| can_hold_leaves(dir).is_ok())
}

#[tokio::test]
async fn a_daemon_alone_in_its_cgroup_moves_to_a_leaf_and_keeps_plugins_beside_it() {
    let Some(dir) = writable() else { return };
    let token = token();
    let service = dir.join(format!("{token}.service"));
    fs::create_dir(&service).unwrap();
    let mut daemon = Command::new("/bin/sh")
        .args(["-c", "echo $$ > \"$1\"/cgroup.procs && shift && exec \"$@\"", "sh"])
        .arg(&service)
        .arg(example("parent"))
        .arg(keeper())
        .args(["Detect", &token])
        .arg(example("sins"))
        .args(["escape", &token])
        .env("MOVE", "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let leaf = service.join("plugins").join(format!("{token}.1"));
    until("the plugin is in its leaf", || !procs(&leaf).is_empty()).await;
    assert!(procs(&service.join("daemon")).contains(&daemon.id().to_string()));
    assert!(!procs(&leaf).contains(&daemon.id().to_string()));
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    until("the leaf is removed by its keeper", || !leaf.exists()).await;
    for part in ["plugins", "daemon", ""] {
        let part = service.join(part);
        until("the rest can be removed", || fs::remove_dir(&part).is_ok() || !part.exists()).await;
    }
}

#[tokio::test]
async fn a_leaf_with_a_memory_controller_lets_the_kernel_cap() {
    let spawner = spawner(CgroupChoice::Detect);
    let mut held = spawn(&spawner, sin(&["eat", "300"])).await;
    held.started().await;
    let ended = held.ended().await;
    let expected = match held.keeper.enforced().memory {
        MemoryBy::CgroupMax => OomBy::Kernel,
        MemoryBy::Watch => OomBy::Watch,
    };
    assert_eq!(ended.oom, Some(expected), "{ended:?}");
}

#[tokio::test]
async fn two_daemons_do_not_hold_one_cgroup() {
    let Some(dir) = writable() else { return };
    let home = dir.join(token());
    let first = spawner(CgroupChoice::At(home.clone()));
    assert_eq!(first.cgroup(), Some(home.as_path()));
    let second = Spawner::start(setup(CgroupChoice::At(home.clone())));
    let refused = second.map(|_| ()).unwrap_err().to_string();
    assert!(refused.contains("claim the cgroup"), "{refused}");
    drop(first);
    until("the cgroup is removed", || !home.exists()).await;
}

#[test]
fn the_machine_is_described_without_being_changed() {
    let before = writable().map(|dir| fs::read_dir(dir).unwrap().count());
    let machine = outboard_linux::probe(&setup(CgroupChoice::Detect));
    assert_eq!(machine.checks.len(), 7);
    assert!(before.is_none() || writable().is_some());
}

#[tokio::test]
async fn the_best_means_there_are_is_used() {
    let held = spawn(&spawner(CgroupChoice::Detect), sin(&["pause"])).await;
    let kill = held.keeper.enforced().tree_kill;
    assert_eq!(kill == TreeKill::CgroupKill, writable().is_some(), "{kill:?}");
}

fn procs(cgroup: &Path) -> Vec<String> {
    let list = fs::read_to_string(cgroup.join("cgroup.procs")).unwrap_or_default();
    list.lines().map(ToOwned::to_owned).collect()
}
