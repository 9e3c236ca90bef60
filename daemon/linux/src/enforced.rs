//! What is truly enforced for one plugin on this machine, and by what means, in an operator's
//! words. It enforces nothing itself.

use std::fmt;

use serde::Serialize;

/// By what means each limit of a plugin is held. What nobody holds is said too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Enforced {
    /// The memory cap.
    pub memory: MemoryBy,
    /// The number of processes and threads.
    pub pids: PidsBy,
    /// The share of CPU.
    pub cpu: CpuBy,
    /// The CPU quota, where one was asked for.
    pub cpu_quota: QuotaBy,
    /// The end of the whole tree.
    pub tree_kill: TreeKill,
    /// The separation from the daemon's user.
    pub users: UsersBy,
}

/// Who holds the memory cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MemoryBy {
    /// The kernel: memory.max of the plugin's cgroup.
    CgroupMax,
    /// The daemon's watch, which looks ten to fifty times a second.
    Watch,
}

/// Who holds the number of processes and threads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PidsBy {
    /// The kernel: pids.max of the plugin's cgroup.
    CgroupMax,
    /// The kernel: RLIMIT_NPROC of the plugin's own user.
    UserLimit,
    /// Nobody.
    Nobody,
}

/// Who holds the share of CPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CpuBy {
    /// The kernel: cpu.weight of the plugin's cgroup.
    CgroupWeight,
    /// A niceness, which approximates the weight for each process.
    Nice(i32),
}

/// Who holds the CPU quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum QuotaBy {
    /// No quota was asked for.
    NotAsked,
    /// The kernel: cpu.max of the plugin's cgroup.
    CgroupMax,
    /// Nobody, though one was asked for.
    Nobody,
}

/// How the whole tree is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TreeKill {
    /// cgroup.kill: everyone at once.
    CgroupKill,
    /// The init of a pid namespace: everyone at once.
    PidNamespace,
    /// The keeper as subreaper walks its children until none is left.
    Subreaper,
}

/// Which user the plugin runs as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UsersBy {
    /// A user id of its own.
    OwnUser(u32),
    /// The daemon's user id.
    DaemonsUser(u32),
}

impl fmt::Display for Enforced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Enforced { memory, pids, cpu, cpu_quota, tree_kill, users } = self;
        write!(f, "memory: {memory}; processes: {pids}; CPU: {cpu}")?;
        if *cpu_quota != QuotaBy::NotAsked {
            write!(f, "; CPU quota: {cpu_quota}")?;
        }
        write!(f, "; end of the tree: {tree_kill}; user: {users}")
    }
}

impl fmt::Display for MemoryBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MemoryBy::CgroupMax => "capped by the kernel (cgroup memory.max)",
            MemoryBy::Watch => "watched by the daemon; a burst can overshoot before it is killed",
        })
    }
}

impl fmt::Display for PidsBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PidsBy::CgroupMax => "capped by the kernel (cgroup pids.max)",
            PidsBy::UserLimit => "capped by the kernel for the plugin's own user",
            PidsBy::Nobody => "NOT enforced (no cgroup controller, no user of its own)",
        })
    }
}

impl fmt::Display for CpuBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CpuBy::CgroupWeight => f.write_str("weighted by the kernel (cgroup cpu.weight)"),
            CpuBy::Nice(nice) => write!(f, "weight approximated by nice {nice}"),
        }
    }
}

impl fmt::Display for QuotaBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            QuotaBy::NotAsked => "none asked for",
            QuotaBy::CgroupMax => "held by the kernel (cgroup cpu.max)",
            QuotaBy::Nobody => "NOT enforced (no cgroup controller)",
        })
    }
}

impl fmt::Display for TreeKill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TreeKill::CgroupKill => "all at once (cgroup.kill)",
            TreeKill::PidNamespace => "all at once (pid namespace)",
            TreeKill::Subreaper => "one by one (subreaper) until none is left",
        })
    }
}

impl fmt::Display for UsersBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UsersBy::OwnUser(uid) => write!(f, "its own (uid {uid})"),
            UsersBy::DaemonsUser(uid) => {
                write!(f, "NOT separated: trusted as the daemon's user (uid {uid})")
            }
        }
    }
}
