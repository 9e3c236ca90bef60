//! The end of a generation in figures, and whether memory was its cause. It ends nobody.

use std::time::Duration;

use super::{Entry, Stage};
use crate::{
    cgroup::Leaf,
    handle::{Ended, OomBy},
    keeper::Account,
};

impl Entry {
    /// The keeper's account, with what leaf and meter know better.
    pub(super) fn ended(&self, account: &Account) -> Ended {
        let leaf = self.held.leaf.as_ref();
        let kernel_peak = leaf.and_then(Leaf::peak_memory_bytes);
        let peak = kernel_peak.unwrap_or_else(|| {
            let unseen = self.meter.without_files(account.max_resident_bytes);
            self.held.peak_memory_bytes().max(unseen)
        });
        let cpu_time = leaf.and_then(Leaf::cpu_time);
        Ended {
            exit: account.exit,
            oom: self.oom_cause(account, peak),
            peak_memory_bytes: peak,
            cpu_time: cpu_time.unwrap_or(Duration::from_micros(account.cpu_us)),
            uptime: Duration::from_micros(account.uptime_us),
        }
    }

    fn oom_cause(&self, account: &Account, peak: u64) -> Option<OomBy> {
        if self.oom.is_some() {
            return self.oom;
        }
        if self.has_kernel_cap() {
            // The peak says nothing here: page cache alone may fill a leaf to its cap.
            let kills = self.held.leaf.as_ref().map_or(0, Leaf::oom_kills);
            return (kills > 0).then_some(OomBy::Kernel);
        }
        let was_killed = matches!(self.stage, Stage::Killing { .. });
        let at_its_cap = !account.exit.is_success() && peak >= self.cap && !was_killed;
        at_its_cap.then_some(OomBy::Watch)
    }
}
