//! Who descends from whom, read from /proc. It kills nothing by itself but what it is told to, and
//! knows no plugin.
//!
//! A kernel keeps children per *thread*: whoever reads only the main thread's list misses what a
//! worker thread forked.

use std::{collections::HashSet, fs, io, os::unix::fs::MetadataExt};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// The direct children of a process; empty when it is gone.
pub fn children_of(pid: u32) -> Vec<u32> {
    // Most have one thread, and for them listing threads would cost more than all the rest.
    if has_one_thread(pid)
        && let Ok(list) = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))
    {
        return list.split_ascii_whitespace().filter_map(number).collect();
    }
    children_of_every_thread(pid)
}

/// The kernel counts threads in the links of their folder: itself, its parent, one each.
fn has_one_thread(pid: u32) -> bool {
    fs::metadata(format!("/proc/{pid}/task")).is_ok_and(|task| task.nlink() == 3)
}

fn children_of_every_thread(pid: u32) -> Vec<u32> {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return Vec::new() };
    let mut children = Vec::new();
    for thread in threads.flatten() {
        match fs::read_to_string(thread.path().join("children")) {
            Ok(list) => children.extend(list.split_ascii_whitespace().filter_map(number)),
            // A kernel without the list: look at everybody's parent instead.
            Err(error) if error.kind() == io::ErrorKind::NotFound && !has_children_lists() => {
                return children_by_scan(pid);
            }
            Err(_) => {}
        }
    }
    children
}

/// Everyone below a process, parents before their children, itself excluded.
pub fn descendants_of(pid: u32) -> Vec<u32> {
    let mut found = children_of(pid);
    let mut seen: HashSet<u32> = found.iter().copied().collect();
    let mut next = 0;
    while next < found.len() {
        let below = children_of(found[next]);
        found.extend(below.into_iter().filter(|pid| seen.insert(*pid)));
        next += 1;
    }
    found
}

/// SIGKILL to everyone below a process, parents first, so that a dying parent forks no more.
/// Answers how many were told. What was forked meanwhile is left for the next round.
pub fn kill_descendants_of(pid: u32) -> usize {
    let below = descendants_of(pid);
    for pid in &below {
        kill_process(*pid);
    }
    below.len()
}

/// SIGKILL to one process; one that is gone already is what was wanted.
pub fn kill_process(pid: u32) {
    if let Some(pid) = real_pid(pid) {
        let _ = kill(pid, Signal::SIGKILL);
    }
}

/// A process id that names one process: not 0 (own group) and nothing that turns negative.
pub fn real_pid(pid: u32) -> Option<Pid> {
    i32::try_from(pid).ok().filter(|pid| *pid > 0).map(Pid::from_raw)
}

/// The parent of a process, while it exists.
pub fn parent_of(pid: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in brackets may hold anything, brackets too; what follows the last one is fields.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_ascii_whitespace().nth(1).and_then(number)
}

/// Whether `pid` is `ancestor` or descends from it. Reads one small file per step up.
pub fn descends_from(pid: u32, ancestor: u32) -> bool {
    // A parent that ends during the climb hands its children to the subreaper, so a climb that
    // breaks off is begun again.
    (0..3).any(|_| climb(pid, ancestor) == Climb::Met)
}

#[derive(PartialEq, Eq)]
enum Climb {
    Met,
    Missed,
}

fn climb(pid: u32, ancestor: u32) -> Climb {
    let mut at = pid;
    while at > 1 {
        if at == ancestor {
            return Climb::Met;
        }
        let Some(parent) = parent_of(at) else { return Climb::Missed };
        at = parent;
    }
    Climb::Missed
}

fn children_by_scan(parent: u32) -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str().and_then(number));
    pids.filter(|pid| parent_of(*pid) == Some(parent)).collect()
}

fn has_children_lists() -> bool {
    fs::exists("/proc/thread-self/children").unwrap_or(false)
}

fn number(text: &str) -> Option<u32> {
    text.parse().ok()
}
