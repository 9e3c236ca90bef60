//! One keeper under watch, from its start to the last trace of it. It knows no other keeper.
//!
//! ```text
//! Holding ──kill asked──▶ Killing ──Ended──────────────▶ Clearing ──keeper and leaf gone──▶ done
//!    │                       └──keeper does not obey──┐
//!    └──keeper died───────────────────────────────────┴▶ Losing ──tree dead, Lost told──▶ Clearing
//! ```

mod account;

use std::{
    io,
    os::fd::{AsFd, OwnedFd},
    sync::Arc,
    time::{Duration, Instant},
};

use rustix::process::{Signal, WaitId, WaitIdOptions, pidfd_send_signal, waitid};
use tokio::sync::mpsc;
use tracing::{debug, warn};

use super::meter::Meter;
use crate::{
    cgroup::Leaf,
    handle::{Held, KeeperEvent, OomBy, Wish},
    keeper::{Line, LineError, Order, Report},
    spawner::Means,
    tree,
};

/// A keeper that has not reported the end this long after a kill is taken for stuck and killed
/// itself.
const KEEPER_PATIENCE: Duration = Duration::from_secs(2);

/// How long a keeper is left alone after its last word.
const LINGER: Duration = Duration::from_millis(3);

/// Clearing is looked at often for this long, then seldom: a process stuck in the kernel can keep a
/// cgroup busy for hours.
const CLEARING_EAGER: Duration = Duration::from_secs(1);

/// One keeper and its tree.
pub(crate) struct Entry {
    pub(super) held: Arc<Held>,
    pub(super) meter: Meter,
    line: Option<Line>,
    pidfd: OwnedFd,
    events: mpsc::Sender<KeeperEvent>,
    cap: u64,
    oom: Option<OomBy>,
    stage: Stage,
    keeper: KeeperState,
    // The cgroup tree stays claimed while anything is in it.
    _means: Arc<Means>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Holding,
    Killing { since: Instant },
    Losing,
    Clearing { since: Instant },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum KeeperState {
    Alive,
    Reaped,
}

/// How soon an entry wants to be looked at again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Pace {
    /// Something is dying.
    Hurried,
    /// Memory is near the cap.
    Near,
    /// All is well.
    Calm,
}

impl Entry {
    /// `cap` is the plugin's memory cap, bytes.
    pub(crate) fn new(
        held: Arc<Held>,
        line: Line,
        pidfd: OwnedFd,
        events: mpsc::Sender<KeeperEvent>,
        (cap, means): (u64, Arc<Means>),
    ) -> Entry {
        Entry {
            held,
            meter: Meter::new(cap),
            line: Some(line),
            pidfd,
            events,
            cap,
            oom: None,
            stage: Stage::Holding,
            keeper: KeeperState::Alive,
            _means: means,
        }
    }

    pub(super) fn line(&self) -> Option<&Line> {
        self.line.as_ref()
    }

    pub(super) fn pidfd(&self) -> &OwnedFd {
        &self.pidfd
    }

    /// Whether the plugin's memory is this thread's business: it runs, and no kernel caps it.
    pub(super) fn is_watched(&self) -> bool {
        self.is_holding() && !self.has_kernel_cap()
    }

    pub(super) fn is_holding(&self) -> bool {
        matches!(self.stage, Stage::Holding)
    }

    pub(super) fn is_losing(&self) -> bool {
        matches!(self.stage, Stage::Losing)
    }

    fn has_kernel_cap(&self) -> bool {
        self.held.leaf.as_ref().is_some_and(|leaf| leaf.controllers().memory)
    }

    pub(super) fn pace(&self) -> Pace {
        match self.stage {
            Stage::Holding if self.meter.is_near() => Pace::Near,
            Stage::Holding => Pace::Calm,
            Stage::Clearing { since } if since.elapsed() > CLEARING_EAGER => Pace::Calm,
            Stage::Killing { .. } | Stage::Losing | Stage::Clearing { .. } => Pace::Hurried,
        }
    }

    /// Whether nothing of the keeper and its tree is left.
    pub(super) fn is_done(&self) -> bool {
        matches!(self.stage, Stage::Clearing { .. })
            && self.keeper == KeeperState::Reaped
            && self.held.leaf.as_ref().is_none_or(|leaf| leaf.remove().is_ok())
    }

    /// Does what handles wished for; a tree that nobody listens to is killed.
    pub(super) fn obey(&mut self) {
        match self.held.take_wish() {
            Wish::Kill => self.kill(),
            Wish::Terminate => self.order(&Order::Terminate),
            Wish::Nothing if self.is_holding() && self.events.is_closed() => self.kill(),
            Wish::Nothing => {}
        }
    }

    /// Looks at the memory of the tree, and kills it above its cap.
    pub(super) fn look(&mut self, newest_pid: u64) {
        self.meter.walk(self.held.keeper_pid, self.held.leaf.as_ref(), newest_pid);
        let used = self.meter.look();
        self.held.note_usage(used, self.meter.count());
        if used > self.cap {
            self.kill_for_memory(used);
        }
    }

    pub(super) fn look_exactly(&mut self) {
        let used = self.meter.look_exactly();
        self.held.note_usage(used, self.meter.count());
    }

    /// Capped by the kernel: only the numbers are taken.
    pub(super) fn note_kernels_numbers(&self) {
        let Some(leaf) = &self.held.leaf else { return };
        self.held.note_usage(leaf.memory_bytes().unwrap_or(0), leaf.members().len());
    }

    /// The watch kills a tree for its memory.
    pub(super) fn kill_for_memory(&mut self, used: u64) {
        warn!(
            plugin = self.held.plugin,
            generation = self.held.generation,
            used_bytes = used,
            cap_bytes = self.cap,
            "killed for its memory"
        );
        self.oom = Some(OomBy::Watch);
        self.kill();
    }

    fn kill(&mut self) {
        if !self.is_holding() {
            return;
        }
        self.stage = Stage::Killing { since: Instant::now() };
        if let Some(leaf) = &self.held.leaf {
            // Without the file the keeper's walk does it.
            let _ = leaf.kill();
        }
        self.order(&Order::Kill);
    }

    fn order(&self, order: &Order) {
        if let Some(Err(error)) = self.line.as_ref().map(|line| line.send(order)) {
            // A dead keeper shows as the end of its process; a stuck one loses its patience.
            debug!(plugin = self.held.plugin, %error, "the keeper takes no order");
        }
    }

    /// The line has something to read. Answers whether it is still open.
    pub(super) fn hear(&mut self) -> bool {
        loop {
            let Some(line) = &self.line else { return false };
            match line.try_receive() {
                Ok(Some(report)) => self.note(report),
                Err(LineError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    return true;
                }
                Ok(None) | Err(_) => break,
            }
        }
        self.line = None;
        self.lose();
        false
    }

    /// The keeper's process ended: what it still said counts, then it is reaped.
    pub(super) fn note_keeper_end(&mut self) {
        self.hear();
        self.line = None;
        let _ = waitid(WaitId::PidFd(self.pidfd.as_fd()), WaitIdOptions::EXITED);
        self.keeper = KeeperState::Reaped;
        self.lose();
    }

    fn note(&mut self, report: Report) {
        match report {
            Report::Waiting { pid } => self.held.note_started(pid),
            Report::Started { pid } => {
                self.held.note_started(pid);
                self.meter.forget_members();
                self.tell(KeeperEvent::Started { pid });
            }
            Report::SpawnFailed { step, error } => {
                self.finish(KeeperEvent::SpawnFailed { step, error });
            }
            Report::Ended(account) => {
                let ended = self.ended(&account);
                self.finish(KeeperEvent::Ended(ended));
            }
        }
    }

    /// The keeper is gone or useless before it reported the end.
    fn lose(&mut self) {
        if !matches!(self.stage, Stage::Holding | Stage::Killing { .. }) {
            return;
        }
        self.stage = Stage::Losing;
        self.kill_keeper();
        for pid in self.meter.members() {
            tree::kill_process(pid);
        }
        self.kill_leaf();
    }

    fn kill_keeper(&self) {
        // Fails only when it has ended already.
        let _ = pidfd_send_signal(&self.pidfd, Signal::KILL);
    }

    fn kill_leaf(&self) {
        if let Some(leaf) = &self.held.leaf {
            let _ = leaf.kill();
            // For a kernel without cgroup.kill.
            leaf.members().into_iter().for_each(tree::kill_process);
        }
    }

    /// One look at an entry that is dying. `orphans` is how many processes lost keepers left
    /// behind.
    pub(super) fn press_on(&mut self, orphans: usize) {
        match self.stage {
            Stage::Holding => {}
            // The keeper stays until its line closes, so as not to end on the processor on which
            // the daemon is just hearing of it.
            Stage::Clearing { since } if since.elapsed() >= LINGER => self.line = None,
            Stage::Clearing { .. } => {}
            Stage::Killing { since } if since.elapsed() > KEEPER_PATIENCE => {
                warn!(plugin = self.held.plugin, "the keeper does not obey and is killed");
                self.kill_keeper();
            }
            Stage::Killing { .. } => {}
            Stage::Losing => {
                self.kill_leaf();
                let in_leaf = self.held.leaf.as_ref().is_some_and(Leaf::is_populated);
                let left = in_leaf || self.meter.is_anyone_alive();
                if self.keeper == KeeperState::Reaped && orphans == 0 && !left {
                    self.finish(KeeperEvent::Lost);
                }
            }
        }
    }

    fn finish(&mut self, event: KeeperEvent) {
        self.held.note_over();
        self.stage = Stage::Clearing { since: Instant::now() };
        self.tell(event);
    }

    fn tell(&self, event: KeeperEvent) {
        // The channel has room for all a keeper can say; closed, nobody cares any more.
        let _ = self.events.try_send(event);
    }
}
