//! What a lost keeper leaves behind: its tree's processes become this process's children. It knows
//! them by what no plugin can take off (no_new_privs) and by not being keepers.

use std::{
    collections::BTreeSet,
    fs,
    sync::{Mutex, MutexGuard, PoisonError},
};

use nix::sys::wait::{WaitPidFlag, waitpid};

use crate::tree;

/// Process ids of the keepers that are children of this process.
pub(crate) type Keepers = BTreeSet<u32>;

/// One for the process, as its children are: a second spawner's keepers are no orphans of the
/// first's.
static KEEPERS: Mutex<Keepers> = Mutex::new(BTreeSet::new());

/// The keepers. Held while one is spawned, so that a child that is missing here is an orphan for
/// certain.
pub(crate) fn keepers() -> MutexGuard<'static, Keepers> {
    // A set of numbers is whole at every instant, whoever panicked.
    KEEPERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Kills every orphan's tree and reaps what has died. Answers how many orphans it found: only a
/// round without any is the end, because a dying orphan hands its own children over.
pub(super) fn clear() -> usize {
    let keepers = keepers();
    let orphans: Vec<u32> = tree::children_of(std::process::id())
        .into_iter()
        .filter(|pid| !keepers.contains(pid) && is_marked(*pid))
        .collect();
    orphans.iter().for_each(|pid| end(*pid));
    orphans.len()
}

fn end(pid: u32) {
    tree::kill_descendants_of(pid);
    tree::kill_process(pid);
    // Our own child and not reaped, so the number is still its own.
    if let Some(pid) = tree::real_pid(pid) {
        let _ = waitpid(pid, Some(WaitPidFlag::WNOHANG));
    }
}

/// The keeper sets no_new_privs before the program starts; it is inherited and cannot be unset.
fn is_marked(pid: u32) -> bool {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    status.lines().any(|line| line == "NoNewPrivs:\t1")
}
