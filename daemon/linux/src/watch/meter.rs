//! How much memory one plugin's tree uses, cheaply while it is far from its cap and exactly when
//! near. It kills nobody.
//!
//! The cheap number is each member's statm, through a descriptor kept open: resident minus shared
//! is the anonymous memory. Shared counts files and shared memory alike, so what was shared memory
//! is learned from an exact look, and everything shared that came since is presumed to be. A
//! presumption that comes near the cap causes the next exact look, which settles it.

use std::time::{Duration, Instant};

use super::exact::{Member, Shares};
use crate::{cgroup::Leaf, tree};

/// From this share of the cap on, the watch looks closely: percent.
const NEAR_PERCENT: u64 = 70;

/// How often members are listed anew.
const WALK_EVERY: Duration = Duration::from_secs(1);

/// How long an exact look is good for when nothing seems to change. Swap moves without a trace in
/// statm.
const LEARN_EVERY: Duration = Duration::from_secs(10);

/// The memory of one tree.
pub(crate) struct Meter {
    cap: u64,
    members: Vec<Member>,
    walked: Option<Walk>,
    learned: Learned,
    latest: u64,
}

#[derive(Clone, Copy)]
struct Walk {
    at: Instant,
    newest_pid: u64,
}

/// What the last exact look taught.
#[derive(Clone, Copy, Default)]
struct Learned {
    at: Option<Instant>,
    /// statm's own numbers at that time.
    rough: Shares,
    /// Of what statm calls shared: shared memory.
    shared_memory: u64,
    swapped: u64,
}

impl Meter {
    pub(super) fn new(cap: u64) -> Meter {
        Meter { cap, members: Vec::new(), walked: None, learned: Learned::default(), latest: 0 }
    }

    /// The next look begins with a new list of members.
    pub(super) fn forget_members(&mut self) {
        self.walked = None;
    }

    pub(super) fn members(&self) -> Vec<u32> {
        self.members.iter().filter(|member| member.is_alive()).map(Member::pid).collect()
    }

    pub(super) fn is_anyone_alive(&self) -> bool {
        self.members.iter().any(Member::is_alive)
    }

    pub(super) fn count(&self) -> usize {
        self.members.len()
    }

    /// What the last look saw, bytes.
    pub(super) fn latest(&self) -> u64 {
        self.latest
    }

    /// Whether the last look was near the cap.
    pub(super) fn is_near(&self) -> bool {
        self.is_near_with(self.latest)
    }

    fn is_near_with(&self, bytes: u64) -> bool {
        bytes.saturating_mul(100) >= self.cap.saturating_mul(NEAR_PERCENT)
    }

    /// Of a resident size, what cannot be files as far as is known.
    pub(super) fn without_files(&self, resident: u64) -> u64 {
        let files = self.learned.rough.shared.saturating_sub(self.learned.shared_memory);
        resident.saturating_sub(files)
    }

    /// Lists the members anew when it is time and somebody was born since. `newest_pid` is the
    /// number last given to any process of the machine.
    pub(super) fn walk(&mut self, keeper: u32, leaf: Option<&Leaf>, newest_pid: u64) {
        let now = Instant::now();
        if let Some(walk) = &self.walked {
            let is_due = walk.at + WALK_EVERY <= now || self.is_near();
            if !is_due || walk.newest_pid == newest_pid {
                return;
            }
        }
        self.walked = Some(Walk { at: now, newest_pid });
        let mut pids = leaf.map(Leaf::members).unwrap_or_default();
        if leaf.is_none() {
            pids = tree::descendants_of(keeper);
        }
        self.adopt(&pids);
    }

    fn adopt(&mut self, pids: &[u32]) {
        let before = self.members.len();
        self.members.retain(|member| pids.contains(&member.pid()));
        let mut changed = self.members.len() != before;
        for pid in pids {
            if self.members.iter().all(|member| member.pid() != *pid) {
                self.members.extend(Member::open(*pid));
                changed = true;
            }
        }
        if changed {
            self.learned.at = None;
        }
    }

    /// Bytes in use, as exactly as the distance to the cap asks for.
    pub(super) fn look(&mut self) -> u64 {
        let rough = self.rough();
        let presumed = self.presume(rough);
        let is_near = self.is_near_with(presumed);
        self.latest = if is_near || self.is_stale(rough) { self.learn(rough) } else { presumed };
        self.latest
    }

    /// Bytes in use, exactly.
    pub(super) fn look_exactly(&mut self) -> u64 {
        let rough = self.rough();
        self.latest = self.learn(rough);
        self.latest
    }

    fn rough(&mut self) -> Shares {
        let mut sum = Shares::default();
        self.members.retain(|member| match member.rough() {
            Some(shares) => {
                sum = sum.plus(shares);
                true
            }
            None => false,
        });
        sum
    }

    fn presume(&self, rough: Shares) -> u64 {
        let learned = &self.learned;
        let new_shared = rough.shared.saturating_sub(learned.rough.shared);
        rough.anonymous + learned.swapped + learned.shared_memory + new_shared
    }

    fn is_stale(&self, rough: Shares) -> bool {
        let Some(at) = self.learned.at else { return true };
        let less = self.learned.rough.anonymous.saturating_sub(rough.anonymous);
        // Anonymous memory that vanished may have been freed, or swapped out.
        at.elapsed() > LEARN_EVERY || less > self.cap / 10
    }

    fn learn(&mut self, rough: Shares) -> u64 {
        let each: Vec<_> = self.members.iter_mut().map(Member::exact).collect();
        let sum = each.iter().flatten().fold(Shares::default(), |sum, one| sum.plus(one.0));
        let swapped = each.iter().flatten().map(|one| one.1).sum();
        let now = Some(Instant::now());
        self.learned = Learned { at: now, rough, shared_memory: sum.shared, swapped };
        let counted = sum.anonymous + sum.shared + swapped;
        if counted > self.cap && self.members.len() > 1 { self.share_out(&each) } else { counted }
    }

    /// Pages that a fork still shares with its parent were counted for both. Where the kernel lets
    /// us look, each is counted once; whoever is just ending has nothing any more.
    fn share_out(&self, each: &[Option<(Shares, u64)>]) -> u64 {
        let share = |(member, exact): (&Member, &Option<(Shares, u64)>)| {
            let own = exact.map_or(0, |(shares, swapped)| shares.sum() + swapped);
            member.proportional().unwrap_or(if member.is_alive() { own } else { 0 })
        };
        self.members.iter().zip(each).map(share).sum()
    }
}
