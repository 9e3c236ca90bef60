//! Whether the keeper can make a pid namespace or use a cgroup here: the only sure way to know is
//! to let it try. It knows nothing of plugins.

use std::{
    fs::File,
    io,
    os::fd::{AsFd, OwnedFd},
    path::{Path, PathBuf},
};

use crate::{
    cgroup::Hierarchy,
    keeper::{Begins, Line, Namespace, NetworkCut, Order, Plan, Report},
    launch::{Launch, Limits, Network},
    spawner::spawn_keeper_process,
    tree,
    watch::orphans,
};
use nix::{
    poll::{PollFd, PollFlags, PollTimeout, poll},
    sys::wait::waitpid,
};

/// A keeper that has not answered in this time will not.
const PATIENCE_MS: u16 = 2_000;

/// The best namespace that can be had: with the daemon's own rights, or in a user namespace.
pub(crate) fn namespace_to_have(keeper: &Path) -> Namespace {
    let choices = [Namespace::Pid, Namespace::UserAndPid];
    let works =
        |choice: &Namespace| try_one(keeper, (*choice, NetworkCut::None), None).unwrap_or(false);
    choices.into_iter().find(works).unwrap_or(Namespace::None)
}

/// The way to keep a process from the network, if there is one.
pub(crate) fn network_cut_to_have(keeper: &Path) -> NetworkCut {
    let works = |cut: &NetworkCut| try_one(keeper, (Namespace::None, *cut), None).unwrap_or(false);
    let choices = [NetworkCut::Own, NetworkCut::InUser];
    choices.into_iter().find(works).unwrap_or(NetworkCut::None)
}

/// Whether a process can be started in a leaf of the tree: folders can sometimes be made where no
/// process may be.
pub(crate) fn leaf_works(keeper: &Path, tree: &Hierarchy) -> bool {
    let Ok(leaf) = tree.leaf(&trial_launch(keeper)) else { return false };
    let directly = (Namespace::None, NetworkCut::None);
    let works = try_one(keeper, directly, Some(leaf.path().to_owned())).unwrap_or(false);
    // The last process may still be leaving; then the next sweep removes it.
    let _ = leaf.remove();
    works
}

fn try_one(
    keeper: &Path,
    (namespace, network): (Namespace, NetworkCut),
    leaf: Option<PathBuf>,
) -> io::Result<bool> {
    let (line, keepers_line) = Line::pair()?;
    let launch = trial_launch(keeper);
    let nothing = OwnedFd::from(File::options().write(true).open("/dev/null")?);
    let keepers_line = OwnedFd::from(keepers_line);
    let mut known = orphans::keepers();
    let pid = spawn_keeper_process(keeper, &launch, &keepers_line, &nothing)?;
    // With our copy open, a keeper's death would not close the line.
    drop(keepers_line);
    known.insert(number(pid));
    drop(known);
    let plan = Plan { launch, leaf, namespace, network, nice: None, begins: Begins::AtOnce };
    let sent = line.send(&Order::Launch(Box::new(plan)));
    let started = sent.is_ok() && is_started(&line);
    // Closing the line ends a keeper that is not through yet.
    drop(line);
    let _ = waitpid(tree::real_pid(number(pid)), None);
    orphans::keepers().remove(&number(pid));
    Ok(started)
}

fn number(pid: rustix::process::Pid) -> u32 {
    pid.as_raw_nonzero().get().cast_unsigned()
}

fn is_started(line: &Line) -> bool {
    let ready =
        poll(&mut [PollFd::new(line.as_fd(), PollFlags::POLLIN)], PollTimeout::from(PATIENCE_MS));
    ready == Ok(1) && matches!(line.try_receive(), Ok(Some(Report::Started { .. })))
}

/// The keeper itself, which ends at once when started by hand.
fn trial_launch(keeper: &Path) -> Launch {
    let limits = Limits {
        memory_bytes: 64 << 20,
        pids: 16,
        cpu_weight: 100,
        cpu_quota_percent: None,
        open_files: 64,
    };
    Launch {
        plugin: "trial".into(),
        generation: 0,
        program: keeper.into(),
        args: vec!["outboard-exec".into()],
        env: Vec::new(),
        working_dir: "/".into(),
        user: None,
        limits,
        network: Network::Shared,
    }
}
