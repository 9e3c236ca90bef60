//! The daemon's own tree of cgroups: claimed, swept of what an earlier daemon left, and filled with
//! leaves. It knows no plugin's life.

use std::{
    fs::{self, File},
    io,
    os::fd::AsFd,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::fs::FlockOperation;

use super::{
    detect::{Place, Placed},
    leaf::{Leaf, remove_below},
};
use crate::launch::Launch;

/// The daemon's share of CPU against 50 for a plugin: it answers while they compute.
const DAEMON_CPU_WEIGHT: &str = "1000";

/// How long a sweep waits for what it killed to be gone.
const SWEEP_PATIENCE: Duration = Duration::from_secs(2);

/// Which limits the kernel can hold in a leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Controllers {
    /// memory.max and its OOM killer.
    pub memory: bool,
    /// pids.max.
    pub pids: bool,
    /// cpu.weight and cpu.max.
    pub cpu: bool,
}

/// What went wrong with the daemon's cgroups.
#[derive(Debug, thiserror::Error)]
#[error("{what} {}: {cause}", path.display())]
pub struct CgroupError {
    /// What was being done.
    pub what: &'static str,
    /// To which folder.
    pub path: PathBuf,
    /// The kernel's answer.
    #[source]
    pub cause: io::Error,
}

/// The tree, claimed for as long as this value lives.
#[derive(Debug)]
pub struct Hierarchy {
    home: PathBuf,
    plugins: PathBuf,
    controllers: Controllers,
    // The lock on HOME tells other daemons that its plugins have an owner.
    _claim: File,
}

impl Hierarchy {
    /// Makes `home` if need be, claims it, and clears what an earlier daemon left in it.
    ///
    /// # Errors
    /// When the folder cannot be made or another daemon holds it.
    pub fn claim(home: &Path) -> Result<Hierarchy, CgroupError> {
        let claim = claim(home)?;
        let plugins = home.join("plugins");
        make(&plugins)?;
        sweep(&plugins);
        let controllers = Controllers::default();
        Ok(Hierarchy { home: home.into(), plugins, controllers, _claim: claim })
    }

    /// Moves this process (all its threads) to `daemon/`: a cgroup with limits on its children may
    /// have no process of its own.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn move_in(&self) -> Result<(), CgroupError> {
        let leaf = self.home.join("daemon");
        make(&leaf)?;
        let pid = std::process::id().to_string();
        fs::write(leaf.join("cgroup.procs"), pid).map_err(|cause| CgroupError {
            what: "move the daemon into",
            path: leaf,
            cause,
        })
    }

    /// Switches on what controllers there are to have, the daemon's weight and the cap for all
    /// plugins together. What cannot be had shows in [`Hierarchy::controllers`].
    pub fn enable(&mut self, memory_total: u64) {
        pass_on(&self.home);
        pass_on(&self.plugins);
        self.controllers = listed_in(&self.plugins.join("cgroup.subtree_control"));
        let _ = fs::write(self.home.join("daemon/cpu.weight"), DAEMON_CPU_WEIGHT);
        let _ = fs::write(self.plugins.join("memory.max"), memory_total.to_string());
    }

    /// Which limits the kernel holds in this tree's leaves.
    pub fn controllers(&self) -> Controllers {
        self.controllers
    }

    /// The folder the tree is in.
    pub fn home(&self) -> &Path {
        &self.home
    }

    /// A new leaf for one generation of a plugin.
    ///
    /// # Errors
    /// When the kernel refuses it or a limit.
    pub fn leaf(&self, launch: &Launch) -> Result<Leaf, CgroupError> {
        let name = format!("{}.{}", launch.plugin, launch.generation);
        let mut path = self.plugins.join(&name);
        // The same generation comes twice where one was prepared and not wanted, or where the
        // record of generations was lost. Somebody may still be ending in there.
        for again in 1.. {
            let _ = remove_below(&path);
            if !path.exists() {
                break;
            }
            path = self.plugins.join(format!("{name}.{again}"));
        }
        Leaf::make(path.clone(), self.controllers, &launch.limits).map_err(|cause| CgroupError {
            what: "make the cgroup",
            path,
            cause,
        })
    }
}

impl Drop for Hierarchy {
    fn drop(&mut self) {
        // Succeeds when no plugin is left. A delegated HOME stays: it is not ours to remove.
        let _ = remove_below(&self.plugins);
        let _ = fs::remove_dir(&self.home);
    }
}

/// Whether the kernel can end everyone in a cgroup in one step (5.14 or newer). The root of the
/// hierarchy cannot be ended, but those below it can.
pub fn kills_at_once(dir: &Path) -> bool {
    let is_root = !dir.join("cgroup.events").exists();
    dir.join("cgroup.kill").exists() || is_root && kernel_kills_cgroups()
}

fn kernel_kills_cgroups() -> bool {
    let release = rustix::system::uname().release().to_string_lossy().into_owned();
    let mut parts = release.split(['.', '-']).map(|part| part.parse::<u32>().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0)) >= (5, 14)
}

/// Which controllers a daemon in this place would get for its leaves.
pub fn offered_by(placed: &Placed) -> Controllers {
    let is_root = !placed.dir.join("cgroup.events").exists();
    // Others' processes in the cgroup keep it from passing controllers on.
    if placed.place == Place::Own || is_root {
        listed_in(&placed.dir.join("cgroup.controllers"))
    } else {
        Controllers::default()
    }
}

/// Asks a cgroup to pass its controllers on to those below, unless it has processes of its own. The
/// kernel would pass on cpu and pids all the same, and thereby make every cgroup below unusable for
/// processes; only the root of the hierarchy is exempt.
pub fn pass_on(dir: &Path) {
    let is_root = !dir.join("cgroup.events").exists();
    let is_empty = fs::read_to_string(dir.join("cgroup.procs")).is_ok_and(|list| list.is_empty());
    if !is_root && !is_empty {
        return;
    }
    for controller in ["memory", "pids", "cpu"] {
        // Refused where the parent does not have it; `controllers` tells.
        let _ = fs::write(dir.join("cgroup.subtree_control"), format!("+{controller}"));
    }
}

/// Removes trees beside `home` whose daemon is gone, killing what is left in them.
pub fn sweep_unclaimed_beside(home: &Path, prefix: &str) {
    let Some(entries) = home.parent().and_then(|parent| fs::read_dir(parent).ok()) else { return };
    for entry in entries.flatten() {
        let ours = entry.file_name().to_str().is_some_and(|name| name.starts_with(prefix));
        if !ours || entry.path() == home {
            continue;
        }
        let Ok(_claimed) = lock(&entry.path()) else { continue };
        sweep(&entry.path().join("plugins"));
        let _ = remove_below(&entry.path());
    }
}

/// Whether leaves can be made below a folder: makes one and removes it.
///
/// # Errors
/// The kernel's reason why not.
pub fn can_hold_leaves(dir: &Path) -> io::Result<()> {
    let trial = dir.join(format!("outboard-trial.{}", std::process::id()));
    fs::create_dir(&trial)?;
    fs::remove_dir(&trial)
}

fn claim(home: &Path) -> Result<File, CgroupError> {
    let say = |cause| CgroupError { what: "claim the cgroup", path: home.into(), cause };
    make(home)?;
    match lock(home) {
        // Another daemon's sweep may have removed it between our two steps.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make(home)?;
            lock(home).map_err(say)
        }
        claim => claim.map_err(say),
    }
}

fn lock(dir: &Path) -> io::Result<File> {
    let dir = File::open(dir)?;
    rustix::fs::flock(&dir, FlockOperation::NonBlockingLockExclusive)?;
    Ok(dir)
}

fn make(dir: &Path) -> Result<(), CgroupError> {
    match fs::create_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => {
            made.map_err(|cause| CgroupError { what: "make the cgroup", path: dir.into(), cause })
        }
    }
}

fn listed_in(file: &Path) -> Controllers {
    let list = fs::read_to_string(file).unwrap_or_default();
    let has = |name| list.split_ascii_whitespace().any(|one| one == name);
    Controllers { memory: has("memory"), pids: has("pids"), cpu: has("cpu") }
}

fn sweep(plugins: &Path) {
    let Ok(leaves) = fs::read_dir(plugins) else { return };
    let leaves = leaves.flatten().map(|entry| entry.path()).filter(|path| path.is_dir());
    for leaf in leaves {
        let _ = fs::write(leaf.join("cgroup.kill"), "1");
        wait_until_empty(&leaf);
        let _ = remove_below(&leaf);
    }
}

/// The kernel rings cgroup.events when the last process has left.
fn wait_until_empty(leaf: &Path) {
    let path = leaf.join("cgroup.events");
    let until = Instant::now() + SWEEP_PATIENCE;
    while fs::read_to_string(&path).is_ok_and(|text| text.contains("populated 1")) {
        let Ok(events) = File::open(&path) else { return };
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        // A bounded wait also covers a change between the reading and the waiting.
        let wait = PollTimeout::from(50_u8);
        let _ = poll(&mut [PollFd::new(events.as_fd(), PollFlags::POLLPRI)], wait);
    }
}
