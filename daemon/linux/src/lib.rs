//! The daemon's only syscalls: starting and holding plugins, cgroups, /proc, who a peer is, what
//! systemd hears. It knows no plugin protocol, no policy and no restart: supervision decides, this
//! crate does.
#![allow(unsafe_code)] // posix_spawn's descriptors and a few raw calls; every block argues its case

pub mod keeper;
pub mod launch;
pub mod tree;

#[cfg(feature = "daemon")]
mod beneath;
#[cfg(feature = "daemon")]
pub mod cgroup;
#[cfg(feature = "daemon")]
pub mod enforced;
#[cfg(feature = "daemon")]
mod errand;
#[cfg(feature = "daemon")]
pub mod exact;
#[cfg(feature = "daemon")]
mod folder;
#[cfg(feature = "daemon")]
mod handle;
#[cfg(feature = "daemon")]
mod lock;
#[cfg(feature = "daemon")]
pub mod machine;
#[cfg(feature = "daemon")]
pub mod notify;
#[cfg(feature = "daemon")]
pub mod own_process;
#[cfg(feature = "daemon")]
mod peer;
#[cfg(feature = "daemon")]
mod signal;
#[cfg(feature = "daemon")]
mod spawner;
#[cfg(feature = "daemon")]
mod watch;

pub use launch::{Launch, Limits, Network, PluginUser};

#[cfg(feature = "daemon")]
pub use {
    beneath::{BeneathError, open_file_beneath, read_beneath, resolve_beneath},
    enforced::{CpuBy, Enforced, MemoryBy, PidsBy, QuotaBy, TreeKill, UsersBy},
    errand::{ErrandError, run_errand},
    folder::{FolderError, chown_to_plugin, folder_for_plugin, private_dir},
    handle::{Ended, Exit, Keeper, KeeperEvent, KeeperEvents, OomBy, Usage},
    lock::{LockError, LockFile},
    machine::{Check, CheckStatus, Machine, may_change_users, probe},
    peer::{Peer, group_id, groups_of, peer},
    signal::signal_name,
    spawner::{CgroupChoice, DaemonLeaf, PluginOutput, Setup, SpawnError, Spawner},
};
