//! What it takes to start one plugin, already decided. It refuses to know where any value came
//! from.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// One generation of a plugin, ready to be started. Nothing here is looked up again later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Launch {
    /// The plugin's name, as the operator writes it.
    pub plugin: String,
    /// The incarnation this launch begins.
    pub generation: u64,
    /// The program, absolute and resolved.
    pub program: PathBuf,
    /// Its arguments, the name it is called by (argv\[0\]) included.
    pub args: Vec<String>,
    /// Its whole environment: nothing is added to it.
    pub env: Vec<(String, String)>,
    /// The folder it starts in.
    pub working_dir: PathBuf,
    /// The user it runs as; `None` is the daemon's own.
    pub user: Option<PluginUser>,
    /// What it may use.
    pub limits: Limits,
    /// Whether it is to reach the network.
    pub network: Network,
}

/// What of the network something is to reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Network {
    /// What this machine reaches.
    Shared,
    /// Nothing but itself, where the machine can hold that.
    Nothing,
}

/// A user that exactly one plugin runs as. The keeper relies on that: when a tree cannot be caught
/// otherwise, it kills every process of this user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginUser {
    /// User id.
    pub uid: u32,
    /// Group id; supplementary groups are emptied.
    pub gid: u32,
}

/// What one plugin's whole tree may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Memory of the whole tree, bytes.
    pub memory_bytes: u64,
    /// Processes and threads of the whole tree.
    pub pids: u32,
    /// CPU weight, 1 to 10,000; an ordinary process has 100.
    pub cpu_weight: u32,
    /// CPU time in percent of one core; `None` is no quota.
    pub cpu_quota_percent: Option<u32>,
    /// Open descriptors of each process.
    pub open_files: u64,
}
