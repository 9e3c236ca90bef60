//! When the one above dies first: the keeper without its daemon, the daemon without its keeper.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use outboard_linux::{CgroupChoice, KeeperEvent};

use crate::support::*;

#[tokio::test]
async fn a_killed_keeper_is_told_when_its_tree_is_dead() {
    for means in MEANS {
        let mut held = spawn(&spawner(means.clone()), sin(&["escape"])).await;
        held.started().await;
        held.done().await;
        signal(held.keeper.keeper_pid(), Signal::SIGKILL);
        assert_eq!(held.next().await, KeeperEvent::Lost, "{means:?}");
        assert_eq!(held.processes(), 0, "{means:?}");
    }
}

#[tokio::test]
async fn a_stopped_keeper_does_not_save_its_plugin() {
    for means in MEANS {
        let mut held = spawn(&spawner(means), sin(&["escape"])).await;
        held.started().await;
        held.done().await;
        signal(held.keeper.keeper_pid(), Signal::SIGSTOP);
        held.keeper.kill();
        assert_eq!(held.next().await, KeeperEvent::Lost);
        assert_eq!(held.processes(), 0);
    }
}

#[tokio::test]
async fn the_keeper_is_deaf_to_signals_that_end_others() {
    let mut held = spawn(&spawner(CgroupChoice::None), sin(&["pause"])).await;
    held.started().await;
    held.done().await;
    for deaf_to in [Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP, Signal::SIGPIPE] {
        signal(held.keeper.keeper_pid(), deaf_to);
    }
    held.keeper.terminate();
    assert_eq!(held.ended().await.exit, outboard_linux::Exit::Signal(15));
}

// I21
#[tokio::test]
async fn nothing_outlives_a_killed_daemon() {
    for means in MEANS {
        let token = token();
        let mut daemon = daemon(&means, &token);
        signal(daemon.id(), Signal::SIGKILL);
        daemon.wait().unwrap();
        until("everything is gone", || processes_with(&token) == 0).await;
    }
}

#[tokio::test]
async fn what_a_killed_daemon_and_keeper_left_is_swept_by_the_next() {
    let token = token();
    let mut dead = daemon(&CgroupChoice::Detect, &token);
    let mut line = String::new();
    BufReader::new(dead.stdout.take().unwrap()).read_line(&mut line).unwrap();
    // Both at once: neither can clear up after the other.
    signal(dead.id(), Signal::SIGSTOP);
    signal(line.trim().parse().unwrap(), Signal::SIGKILL);
    signal(dead.id(), Signal::SIGKILL);
    dead.wait().unwrap();
    let next = spawner(CgroupChoice::Detect);
    let Some(home) = next.cgroup() else { return };
    // The keeper was in no leaf: its own end is not the sweep's.
    until("everything is gone", || processes_with(&token) == 0).await;
    assert!(!home.with_file_name(format!("outboard-{token}")).exists());
}

/// A little daemon that has started a plugin which escaped. Its first line is the keeper's process.
fn daemon(means: &CgroupChoice, token: &str) -> Child {
    let mut daemon = Command::new(example("parent"))
        .arg(keeper())
        .args([&format!("{means:?}"), token])
        .arg(example("sins"))
        .args(["escape", token])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // Two at least with the token besides the daemon: the keeper and the plugin.
    let mut started = false;
    while !started {
        assert!(daemon.try_wait().unwrap().is_none(), "the little daemon ended");
        started = processes_with(token) >= 3;
    }
    daemon
}

fn signal(pid: u32, which: Signal) {
    kill(Pid::from_raw(pid.cast_signed()), which).unwrap();
}
