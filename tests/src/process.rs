//! What /proc says of processes, and waiting for one to end.
//!
//! It refuses to know who started them.

use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

use crate::PATIENCE;

/// Sends a signal to one process.
///
/// # Errors
/// It is gone, or belongs to someone else.
pub fn signal(pid: u32, signal: Signal) -> anyhow::Result<()> {
    kill_process(known(pid)?, signal)?;
    Ok(())
}

/// Whether a process runs: there, and no zombie.
#[must_use]
pub fn alive(pid: u32) -> bool {
    matches!(status_field(pid, "State"), Some(state) if !state.starts_with(['Z', 'X']))
}

/// A field of /proc/PID/status, such as `Uid`; nothing if the process is gone.
#[must_use]
pub fn status_field(pid: u32, field: &str) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'))?;
    Some(line.trim().to_owned())
}

/// The real uid of a process.
#[must_use]
pub fn uid(pid: u32) -> Option<u32> {
    status_field(pid, "Uid")?.split_whitespace().next()?.parse().ok()
}

/// The process that started it, or took it over.
#[must_use]
pub fn parent(pid: u32) -> Option<u32> {
    status_field(pid, "PPid")?.parse().ok()
}

/// The environment a process was started with.
///
/// # Errors
/// It is gone, or /proc does not show it to this user.
pub fn environment(pid: u32) -> anyhow::Result<BTreeMap<String, String>> {
    let bytes = std::fs::read(format!("/proc/{pid}/environ"))?;
    let text = String::from_utf8_lossy(&bytes);
    let pairs = text.split('\0').filter_map(|pair| pair.split_once('='));
    Ok(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// Every process, zombies too, as (pid, parent).
#[must_use]
pub fn all() -> Vec<(u32, u32)> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(|pid| Some((pid, parent(pid)?))).collect()
}

/// Every process below `root`, zombies too.
#[must_use]
pub fn below(root: u32) -> Vec<u32> {
    let all = all();
    let mut found = vec![root];
    let mut next = 0;
    while let Some(&above) = found.get(next) {
        found.extend(all.iter().filter(|(_, parent)| *parent == above).map(|(pid, _)| *pid));
        next += 1;
    }
    found.split_off(1)
}

/// Every living process whose program lies in a folder: a plugin's, wherever it has fled to.
#[must_use]
pub fn living_in(folder: &Path) -> Vec<u32> {
    let pids = all().into_iter().map(|(pid, _)| pid);
    let of_folder = pids.filter(|pid| {
        let program = std::fs::read_link(format!("/proc/{pid}/exe"));
        program.is_ok_and(|program| program.starts_with(folder))
    });
    of_folder.filter(|pid| alive(*pid)).collect()
}

/// Waits until a process has ended.
///
/// # Errors
/// It has not within the patience of a test.
pub async fn ended(pid: u32) -> anyhow::Result<()> {
    let handle = match pidfd_open(known(pid)?, PidfdFlags::empty()) {
        Err(Errno::SRCH) => return Ok(()),
        opened => opened?,
    };
    let ready = tokio::task::spawn_blocking(move || wait_for_end(&handle)).await??;
    anyhow::ensure!(ready > 0, "process {pid} is still there");
    Ok(())
}

/// Waits until no process whose program lies in a folder is left.
///
/// # Errors
/// One still lives when the patience of a test has ended.
pub async fn none_left_in(folder: &Path) -> anyhow::Result<()> {
    while let Some(pid) = living_in(folder).first() {
        ended(*pid).await?;
    }
    Ok(())
}

/// A pidfd becomes readable when its process ends.
fn wait_for_end(handle: &OwnedFd) -> rustix::io::Result<usize> {
    let patience = Timespec { tv_sec: PATIENCE.as_secs().cast_signed(), tv_nsec: 0 };
    poll(&mut [PollFd::new(handle, PollFlags::IN)], Some(&patience))
}

fn known(pid: u32) -> anyhow::Result<Pid> {
    handle(pid).ok_or_else(|| anyhow::anyhow!("{pid} is no process"))
}

/// A pid as the kernel's calls take it; none for numbers that name no process.
#[must_use]
pub fn handle(pid: u32) -> Option<Pid> {
    Pid::from_raw(i32::try_from(pid).ok()?)
}
