//! What this machine gives for holding plugins, in sentences for `outboard doctor`. It changes
//! nothing on it: a trial leaf or a trial keeper is gone when the answer is given.

mod trial;

use std::{fs, path::Path};

use nix::unistd::Uid;
use serde::Serialize;
pub(crate) use trial::{leaf_works, namespace_to_have, network_cut_to_have};

use crate::{
    cgroup::{self, Controllers},
    keeper::{Namespace, NetworkCut},
    spawner::Setup,
};

/// Everything worth telling about this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// In the order an operator would ask.
    pub checks: Vec<Check>,
}

/// One thing the machine gives, gives half, or does not give.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at, one or two words.
    pub check: &'static str,
    /// How it is.
    pub status: CheckStatus,
    /// What that means, and what would better it.
    pub sentence: String,
}

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatus {
    /// Enforced by the kernel.
    Ok,
    /// Enforced, but not as well as could be.
    Weak,
    /// Not enforced.
    Missing,
}

/// Looks at the machine without a running daemon. A running one has looked already: ask its
/// spawner.
pub fn probe(setup: &Setup) -> Machine {
    let enclosed = (namespace_to_have(&setup.keeper), network_cut_to_have(&setup.keeper));
    let Some(placed) = cgroup::place_of_this_process() else {
        let why = "no cgroup v2 hierarchy is mounted where this process is in it";
        return describe(None, Controllers::default(), enclosed, Some(why));
    };
    match cgroup::can_hold_leaves(&placed.dir) {
        Ok(()) => {
            let may_get = cgroup::offered_by(&placed);
            describe(Some(&placed.dir), may_get, enclosed, None)
        }
        Err(error) => {
            let why = format!("{} takes no folder: {error}", placed.dir.display());
            describe(None, Controllers::default(), enclosed, Some(&why))
        }
    }
}

/// Half of the machine's memory, bytes.
pub(crate) fn half_of_memory() -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = line.and_then(|line| line.split_ascii_whitespace().next()?.parse::<u64>().ok());
    // A machine that hides its size gets no cap of ours beyond each plugin's own.
    kib.map_or(u64::MAX, |kib| kib * 1024 / 2)
}

pub(crate) fn describe(
    home: Option<&Path>,
    has: Controllers,
    (namespace, network): (Namespace, NetworkCut),
    no_cgroup_because: Option<&str>,
) -> Machine {
    let checks = vec![
        cgroups(home, no_cgroup_because),
        memory(has),
        processes(has),
        cpu(has),
        tree_end(home, namespace),
        users(),
        install_network(network),
    ];
    Machine { checks }
}

fn cgroups(home: Option<&Path>, why_not: Option<&str>) -> Check {
    let (status, sentence) = match home {
        Some(home) => {
            (CheckStatus::Ok, format!("plugins get cgroups of their own below {}", home.display()))
        }
        None => {
            let why = why_not.unwrap_or("this process may make none");
            let remedy = "the systemd unit with Delegate=yes brings them";
            (CheckStatus::Weak, format!("plugins get no cgroups: {why}; {remedy}"))
        }
    };
    Check { check: "cgroups", status, sentence }
}

fn memory(has: Controllers) -> Check {
    let (status, sentence) = if has.memory {
        (CheckStatus::Ok, "memory is capped by the kernel")
    } else {
        (
            CheckStatus::Weak,
            "memory is watched ten times a second, fifty near the cap, and a plugin above its cap \
             is killed: it can overshoot within that time (a thread can touch 230 MiB in 100 ms), \
             and memory that no process maps is not seen",
        )
    };
    Check { check: "memory", status, sentence: sentence.into() }
}

fn processes(has: Controllers) -> Check {
    let (status, sentence) = match (has.pids, may_change_users()) {
        (true, _) => (CheckStatus::Ok, "processes and threads are capped by the kernel"),
        (false, true) => (
            CheckStatus::Weak,
            "processes and threads are capped per user: only for plugins with a user of their own",
        ),
        (false, false) => {
            (CheckStatus::Missing, "the number of processes and threads is not enforced")
        }
    };
    Check { check: "processes", status, sentence: sentence.into() }
}

fn cpu(has: Controllers) -> Check {
    let (status, sentence) = if has.cpu {
        (CheckStatus::Ok, "CPU weight and quota are held by the kernel")
    } else {
        (CheckStatus::Weak, "CPU weight is approximated by niceness; a quota is not enforced")
    };
    Check { check: "cpu", status, sentence: sentence.into() }
}

fn tree_end(home: Option<&Path>, namespace: Namespace) -> Check {
    let kills = home.is_some_and(cgroup::kills_at_once);
    let (status, sentence) = match (kills, namespace) {
        (true, _) => (CheckStatus::Ok, "a plugin's whole tree is killed at once by cgroup.kill"),
        (false, Namespace::Pid | Namespace::UserAndPid) => {
            (CheckStatus::Ok, "a plugin's whole tree is killed at once with its pid namespace")
        }
        (false, Namespace::None) => (
            CheckStatus::Weak,
            "a plugin's tree is killed process by process until none is left; one that forks \
             without end can delay that",
        ),
    };
    Check { check: "tree end", status, sentence: sentence.into() }
}

fn users() -> Check {
    let (status, sentence) = if may_change_users() {
        (CheckStatus::Ok, "the daemon may give each plugin a user of its own")
    } else {
        (CheckStatus::Missing, "plugins are trusted as the daemon's user")
    };
    Check { check: "users", status, sentence: sentence.into() }
}

fn install_network(cut: NetworkCut) -> Check {
    let (status, sentence) = match cut {
        NetworkCut::Own | NetworkCut::InUser => (
            CheckStatus::Ok,
            "an [install] without network = true reaches no network but its own loopback",
        ),
        NetworkCut::None => (
            CheckStatus::Weak,
            "that an [install] without network = true reaches no network is not enforced: no \
             network namespace can be made here",
        ),
    };
    Check { check: "install network", status, sentence: sentence.into() }
}

/// Whether this process may start plugins under other users: root, or the three capabilities it
/// takes.
pub fn may_change_users() -> bool {
    use rustix::thread::CapabilitySet;
    let needed = CapabilitySet::SETUID | CapabilitySet::SETGID | CapabilitySet::KILL;
    let held = rustix::thread::capabilities(None).map(|sets| sets.effective);
    held.is_ok_and(|held| held.contains(needed)) || Uid::effective().is_root()
}
