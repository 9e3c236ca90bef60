//! What the rest of the daemon holds of a running plugin: a handle that never blocks and a stream
//! of what happens to it. It decides nothing and forwards everything to the watch thread.

use std::{
    fmt, fs,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use nix::sys::eventfd::EventFd;
use serde::Serialize;
use tokio::sync::mpsc;

pub use crate::keeper::Exit;
use crate::{cgroup::Leaf, enforced::Enforced, tree};

/// What happened to a plugin's process. `Started` comes at most once and first; each of the others
/// is the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeeperEvent {
    /// The program runs.
    Started {
        /// Process id of the plugin's main process.
        pid: u32,
    },
    /// The program could not be started; nothing is left of the attempt.
    SpawnFailed {
        /// What was being done, such as `execute /opt/plugins/dice/run`.
        step: String,
        /// What came of it, in words.
        error: String,
    },
    /// The main process ended and nothing is left of its tree.
    Ended(Ended),
    /// The keeper died first. Nothing is left of the tree it held.
    Lost,
}

/// How one generation of a plugin's process ended, and what it used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ended {
    /// How the main process ended.
    pub exit: Exit,
    /// Who ended it for its memory, if that was the cause.
    pub oom: Option<OomBy>,
    /// The most memory its tree was seen to use, bytes.
    pub peak_memory_bytes: u64,
    /// CPU time of its tree.
    pub cpu_time: Duration,
    /// From fork to the end of the main process.
    pub uptime: Duration,
}

/// Who ended a plugin for its memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OomBy {
    /// The kernel, at memory.max.
    Kernel,
    /// The daemon's watch, or it died at its cap before the watch could look.
    Watch,
}

/// What a plugin's tree uses, as last seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Usage {
    /// Bytes. Capped by the kernel: all that is charged, page cache included. Watched: anonymous,
    /// shared and swapped memory.
    pub memory_bytes: u64,
    /// The most that was seen, bytes.
    pub peak_memory_bytes: u64,
    /// Processes.
    pub processes: u32,
}

/// One plugin's tree, held by a keeper. Cheap to clone; no call waits for anything.
#[derive(Clone)]
pub struct Keeper(pub(crate) Arc<Held>);

/// What handle and watch thread share.
pub(crate) struct Held {
    pub(crate) plugin: String,
    pub(crate) generation: u64,
    pub(crate) keeper_pid: u32,
    pub(crate) leaf: Option<Leaf>,
    pub(crate) enforced: Enforced,
    pub(crate) bell: Arc<EventFd>,
    /// Where a plugin that was only prepared waits.
    gate: Mutex<Option<EventFd>>,
    main_pid: AtomicU32,
    is_over: AtomicBool,
    wish: AtomicU8,
    memory_bytes: AtomicU64,
    peak_memory_bytes: AtomicU64,
    processes: AtomicU32,
}

/// What the daemon wants of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    Nothing,
    Terminate,
    Kill,
}

impl Keeper {
    /// Lets a plugin begin that was only prepared; to any other it says nothing new.
    pub fn go(&self) {
        let gate = self.0.gate.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(gate) = gate {
            // A counter at zero has room.
            let _ = gate.write(1);
        }
    }

    /// SIGTERM to the plugin's main process.
    pub fn terminate(&self) {
        self.0.wish_for(Wish::Terminate);
    }

    /// SIGKILL to the whole tree, by the best means there are. A keeper that does not obey is
    /// killed.
    pub fn kill(&self) {
        self.0.wish_for(Wish::Kill);
    }

    /// The plugin's main process, from `Started` to its end; of a prepared one, where no namespace
    /// hides it, already while it waits.
    pub fn pid(&self) -> Option<u32> {
        let pid = self.0.main_pid.load(Ordering::Acquire);
        (pid != 0 && !self.0.is_over()).then_some(pid)
    }

    /// The keeper's own process.
    pub fn keeper_pid(&self) -> u32 {
        self.0.keeper_pid
    }

    /// Whether a process belongs to this tree: it is in the plugin's cgroup or descends from the
    /// keeper. Reads a few small files of /proc (tens of microseconds). A process that has ended
    /// belongs to nobody.
    pub fn contains(&self, pid: u32) -> bool {
        !self.0.is_over() && (self.0.is_in_leaf(pid) || tree::descends_from(pid, self.0.keeper_pid))
    }

    /// What the tree used when it was last looked at.
    pub fn usage(&self) -> Usage {
        Usage {
            memory_bytes: self.0.memory_bytes.load(Ordering::Relaxed),
            peak_memory_bytes: self.0.peak_memory_bytes.load(Ordering::Relaxed),
            processes: self.0.processes.load(Ordering::Relaxed),
        }
    }

    /// By what means this plugin's limits are held.
    pub fn enforced(&self) -> &Enforced {
        &self.0.enforced
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Held { plugin, generation, keeper_pid, .. } = &*self.0;
        write!(f, "Keeper({plugin} generation {generation}, process {keeper_pid})")
    }
}

/// What happens to one plugin's process, in order. Dropping it kills the tree: nobody would notice
/// it any more.
#[derive(Debug)]
pub struct KeeperEvents(pub(crate) mpsc::Receiver<KeeperEvent>);

impl KeeperEvents {
    /// Whether an event is there, or none will come.
    pub fn is_over(&mut self) -> bool {
        !self.0.is_empty() || self.0.is_closed()
    }

    /// Waits for the next event. After the last one it answers `Lost` at once.
    pub async fn next(&mut self) -> KeeperEvent {
        self.0.recv().await.unwrap_or(KeeperEvent::Lost)
    }
}

impl Held {
    pub(crate) fn new(
        launch: (&str, u64),
        keeper_pid: u32,
        leaf: Option<Leaf>,
        enforced: Enforced,
        (bell, gate): (Arc<EventFd>, Option<EventFd>),
    ) -> Held {
        Held {
            plugin: launch.0.to_owned(),
            generation: launch.1,
            keeper_pid,
            leaf,
            enforced,
            bell,
            gate: Mutex::new(gate),
            main_pid: AtomicU32::new(0),
            is_over: AtomicBool::new(false),
            wish: AtomicU8::new(Wish::Nothing as u8),
            memory_bytes: AtomicU64::new(0),
            peak_memory_bytes: AtomicU64::new(0),
            processes: AtomicU32::new(0),
        }
    }

    fn wish_for(&self, wish: Wish) {
        self.wish.fetch_max(wish as u8, Ordering::AcqRel);
        // Fails only when the counter is full, and then the watch is awake anyway.
        let _ = self.bell.write(1);
    }

    /// Takes what was wished for since last asked.
    pub(crate) fn take_wish(&self) -> Wish {
        match self.wish.swap(Wish::Nothing as u8, Ordering::AcqRel) {
            wish if wish == Wish::Kill as u8 => Wish::Kill,
            wish if wish == Wish::Terminate as u8 => Wish::Terminate,
            _ => Wish::Nothing,
        }
    }

    pub(crate) fn note_started(&self, pid: u32) {
        self.main_pid.store(pid, Ordering::Release);
    }

    pub(crate) fn note_over(&self) {
        self.is_over.store(true, Ordering::Release);
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }

    pub(crate) fn note_usage(&self, memory_bytes: u64, processes: usize) {
        self.memory_bytes.store(memory_bytes, Ordering::Relaxed);
        self.peak_memory_bytes.fetch_max(memory_bytes, Ordering::Relaxed);
        self.processes.store(u32::try_from(processes).unwrap_or(u32::MAX), Ordering::Relaxed);
    }

    pub(crate) fn peak_memory_bytes(&self) -> u64 {
        self.peak_memory_bytes.load(Ordering::Relaxed)
    }

    fn is_in_leaf(&self, pid: u32) -> bool {
        let Some(leaf) = &self.leaf else { return false };
        let text = fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap_or_default();
        text.lines().find_map(|line| line.strip_prefix("0::")).is_some_and(|path| leaf.holds(path))
    }
}
