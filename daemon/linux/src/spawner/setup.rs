//! From what the daemon asks for to the means this machine gives: cgroups, namespaces, users. It
//! starts no plugin.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use nix::unistd::Uid;

use super::SpawnError;
use crate::{
    cgroup::{self, Controllers, Hierarchy, Place},
    enforced::{CpuBy, Enforced, MemoryBy, PidsBy, QuotaBy, TreeKill, UsersBy},
    keeper::{Namespace, NetworkCut},
    launch::{Launch, Network},
    machine::{self, Machine},
    own_process,
};

/// Trees below a cgroup that is not the daemon's alone begin with this.
const SHARED_PREFIX: &str = "outboard-";

/// What the daemon asks of the spawner.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The keeper program, `outboard-exec`.
    pub keeper: PathBuf,
    /// Where plugins' cgroups go.
    pub cgroup_root: CgroupChoice,
    /// Whether the daemon moves into a leaf of its own.
    pub daemon_leaf: DaemonLeaf,
    /// Tells this daemon's cgroups from another's below a shared cgroup: one part of a path, such
    /// as a hash of the runtime folder.
    pub instance: String,
    /// Memory of all plugins together, bytes; `None` is half of the machine's.
    pub memory_total: Option<u64>,
}

/// Where plugins' cgroups go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CgroupChoice {
    /// Below the daemon's own cgroup, if it may; otherwise nowhere.
    Detect,
    /// Below this cgroup, which is the daemon's alone.
    At(PathBuf),
    /// Nowhere: a pid namespace where one can be had.
    PidNamespace,
    /// Nowhere, and no pid namespace either: the last fallback.
    None,
}

/// Whether the daemon moves into the leaf `daemon/` of its cgroup, which controllers require.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DaemonLeaf {
    /// When the cgroup was made for the daemon alone.
    Move,
    /// Never: this process is not the daemon's own (tests).
    Stay,
}

/// The means to hold plugins on this machine, established once.
#[derive(Debug)]
pub(crate) struct Means {
    pub(super) keeper: PathBuf,
    pub(super) hierarchy: Option<Hierarchy>,
    namespace: Namespace,
    network: NetworkCut,
    memory_total: u64,
    no_cgroup_because: Option<String>,
}

impl Means {
    pub(super) fn establish(setup: Setup) -> Result<Means, SpawnError> {
        check_keeper(&setup.keeper)?;
        own_process::become_subreaper()
            .map_err(SpawnError::resource("become the subreaper of lost keepers"))?;
        own_process::raise_open_files();
        let memory_total = setup.memory_total.unwrap_or_else(machine::half_of_memory);
        let (hierarchy, no_cgroup_because) = match hierarchy(&setup, memory_total)? {
            Found::Tree(tree) => (Some(tree), None),
            Found::Nothing(why) => (None, Some(why)),
        };
        let namespace = match (&hierarchy, &setup.cgroup_root) {
            (Some(_), _) | (None, CgroupChoice::None) => Namespace::None,
            (None, _) => machine::namespace_to_have(&setup.keeper),
        };
        let network = machine::network_cut_to_have(&setup.keeper);
        let keeper = setup.keeper;
        Ok(Means { keeper, hierarchy, namespace, network, memory_total, no_cgroup_because })
    }

    /// The cap over all plugins for the watch, where the kernel holds none.
    pub(super) fn watch_total(&self) -> Option<u64> {
        (!self.controllers().memory).then_some(self.memory_total)
    }

    pub(super) fn home(&self) -> Option<&Path> {
        self.hierarchy.as_ref().map(Hierarchy::home)
    }

    pub(super) fn machine(&self) -> Machine {
        let why = self.no_cgroup_because.as_deref();
        let enclosed = (self.namespace, self.network);
        machine::describe(self.home(), self.controllers(), enclosed, why)
    }

    /// A user namespace holds no user but the daemon's, so whoever gets another goes without.
    pub(super) fn namespace_for(&self, launch: &Launch) -> Namespace {
        match (self.namespace, launch.user) {
            (Namespace::UserAndPid, Some(_)) => Namespace::None,
            (namespace, _) => namespace,
        }
    }

    /// How something is kept from the network that is to reach nothing; nothing for the rest.
    pub(super) fn network_for(&self, launch: &Launch) -> NetworkCut {
        match launch.network {
            Network::Shared => NetworkCut::None,
            Network::Nothing => self.network,
        }
    }

    /// Whether anything can be kept from the network here.
    pub(super) fn cuts_network(&self) -> bool {
        self.network != NetworkCut::None
    }

    fn controllers(&self) -> Controllers {
        self.hierarchy.as_ref().map(Hierarchy::controllers).unwrap_or_default()
    }

    pub(super) fn enforced(&self, launch: &Launch) -> Enforced {
        let has = self.controllers();
        let limits = &launch.limits;
        Enforced {
            memory: if has.memory { MemoryBy::CgroupMax } else { MemoryBy::Watch },
            pids: match (has.pids, launch.user) {
                (true, _) => PidsBy::CgroupMax,
                // The kernel never counts against root.
                (false, Some(user)) if user.uid != 0 => PidsBy::UserLimit,
                (false, _) => PidsBy::Nobody,
            },
            cpu: self.cpu(limits.cpu_weight),
            cpu_quota: match (limits.cpu_quota_percent, has.cpu) {
                (None, _) => QuotaBy::NotAsked,
                (Some(_), true) => QuotaBy::CgroupMax,
                (Some(_), false) => QuotaBy::Nobody,
            },
            tree_kill: self.tree_kill(launch),
            users: match launch.user {
                Some(user) => UsersBy::OwnUser(user.uid),
                None => UsersBy::DaemonsUser(Uid::current().as_raw()),
            },
        }
    }

    fn cpu(&self, weight: u32) -> CpuBy {
        if self.controllers().cpu { CpuBy::CgroupWeight } else { CpuBy::Nice(nice_for(weight)) }
    }

    fn tree_kill(&self, launch: &Launch) -> TreeKill {
        let kills = |tree: &Hierarchy| cgroup::kills_at_once(tree.home());
        match (&self.hierarchy, self.namespace_for(launch)) {
            (Some(tree), _) if kills(tree) => TreeKill::CgroupKill,
            (_, Namespace::Pid | Namespace::UserAndPid) => TreeKill::PidNamespace,
            (_, Namespace::None) => TreeKill::Subreaper,
        }
    }
}

enum Found {
    Tree(Hierarchy),
    Nothing(String),
}

fn hierarchy(setup: &Setup, memory_total: u64) -> Result<Found, SpawnError> {
    let mut tree = match &setup.cgroup_root {
        CgroupChoice::None | CgroupChoice::PidNamespace => {
            return Ok(Found::Nothing("switched off".into()));
        }
        CgroupChoice::At(home) => Hierarchy::claim(home)?,
        CgroupChoice::Detect => match detect(setup) {
            Ok(tree) => tree,
            Err(why) => return Ok(Found::Nothing(why)),
        },
    };
    tree.enable(memory_total);
    if setup.cgroup_root == CgroupChoice::Detect && !machine::leaf_works(&setup.keeper, &tree) {
        let home = tree.home().display();
        return Ok(Found::Nothing(format!("no process can be started in cgroups below {home}")));
    }
    Ok(Found::Tree(tree))
}

fn detect(setup: &Setup) -> Result<Hierarchy, String> {
    let found = cgroup::place_of_this_process()
        .ok_or("no cgroup v2 hierarchy is mounted where this process is in it")?;
    let own = found.place == Place::Own && setup.daemon_leaf == DaemonLeaf::Move;
    if own {
        let tree = Hierarchy::claim(&found.dir).map_err(|error| error.to_string())?;
        tree.move_in().map_err(|error| error.to_string())?;
        return Ok(tree);
    }
    let home = found.dir.join(format!("{SHARED_PREFIX}{}", setup.instance));
    cgroup::sweep_unclaimed_beside(&home, SHARED_PREFIX);
    // The parent may pass controllers on, if it is the root of the hierarchy; else it refuses.
    cgroup::pass_on(&found.dir);
    Hierarchy::claim(&home).map_err(|error| error.to_string())
}

fn check_keeper(keeper: &Path) -> Result<(), SpawnError> {
    let say = |cause| SpawnError::Keeper { path: keeper.into(), cause };
    let found = fs::metadata(keeper).map_err(say)?;
    if found.is_file() && found.permissions().mode() & 0o111 != 0 {
        return Ok(());
    }
    Err(say(std::io::Error::other("it is not an executable file")))
}

/// Each step of niceness is worth a factor of 1.25; priorities above the ordinary take rights that
/// a plugin's weight does not justify.
fn nice_for(weight: u32) -> i32 {
    let steps = (100.0 / f64::from(weight.max(1))).ln() / 1.25_f64.ln();
    steps.round().clamp(0.0, 19.0) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_the_weight_is_three_steps_of_niceness() {
        assert_eq!(nice_for(50), 3);
        assert_eq!(nice_for(100), 0);
        assert_eq!(nice_for(10_000), 0);
        assert_eq!(nice_for(1), 19);
    }
}
