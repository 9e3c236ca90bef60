//! Killing a whole tree, by every means at once, round after round until nobody is left. It asks
//! nobody whether the tree deserves it.

use std::fs;

use nix::{
    sys::{
        signal::{Signal, kill},
        wait::waitpid,
    },
    unistd::{ForkResult, Pid, Uid, fork, setresuid},
};
use outboard_linux::{keeper::Plan, launch::PluginUser, tree};

/// After this many rounds a tree forks faster than it can be listed (a process that only forks and
/// exits is never at home), and the list is no longer relied on.
const PATIENT_ROUNDS: u32 = 10;

/// The end of one tree in progress.
pub struct TreeEnd {
    rounds: u32,
}

impl TreeEnd {
    /// Nothing has been killed yet.
    pub fn new() -> TreeEnd {
        TreeEnd { rounds: 0 }
    }

    /// One round: the leaf, then everyone below the keeper (who may have left the leaf).
    pub fn round(&mut self, plan: &Plan) {
        if let Some(leaf) = &plan.leaf {
            // A kernel before 5.14 has no such file; the walk does its work.
            let _ = fs::write(leaf.join("cgroup.kill"), "1");
        }
        tree::kill_descendants_of(std::process::id());
        self.rounds += 1;
        if self.rounds > PATIENT_ROUNDS && self.rounds.is_multiple_of(PATIENT_ROUNDS) {
            kill_everyone_of(plan.launch.user);
        }
    }

    /// The daemon is gone and will not clear up: the empty leaf is removed here.
    pub fn remove_leaf(plan: &Plan) {
        if let Some(leaf) = &plan.leaf {
            // One that is still busy is swept by the next daemon.
            let _ = fs::remove_dir(leaf);
        }
    }
}

/// The kernel kills all processes of a user in one step that no fork can outrun. Only for a user
/// that is this plugin's alone, and never for root or ourselves.
fn kill_everyone_of(user: Option<PluginUser>) {
    let Some(user) = user.filter(|user| user.uid != 0 && user.uid != Uid::current().as_raw())
    else {
        return;
    };
    // SAFETY: this process has one thread, so the child may do anything a process may.
    match unsafe { fork() } {
        Ok(ForkResult::Parent { child }) => {
            let _ = waitpid(child, None);
        }
        Ok(ForkResult::Child) => {
            let uid = Uid::from_raw(user.uid);
            // Without the change of user the same call would reach everybody.
            if setresuid(uid, uid, uid).is_ok() {
                let _ = kill(Pid::from_raw(-1), Signal::SIGKILL);
            }
            std::process::exit(0);
        }
        Err(_) => {}
    }
}
