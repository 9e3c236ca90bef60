//! What a plugin tracks and counts of its own use: kept together for a moment, then told.
//!
//! Nothing here waits, and nothing fails: what there is no room for, or nobody to tell, is dropped
//! and counted. It refuses to know handlers.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use outboard_proto::plugin::{CountRequest, Counted, TrackRequest, TrackedUse};
use tokio::sync::Notify;

use crate::link::Link;

/// How long records are kept together.
const TOGETHER: Duration = Duration::from_millis(200);
/// Tracked uses that wait; the daemon takes as many at once.
const USES: usize = 256;
/// Counters that wait; the daemon keeps as many of a plugin.
const COUNTERS: usize = 64;

/// What waits to be told.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    waiting: Mutex<Waiting>,
    more: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    uses: Vec<TrackedUse>,
    counts: BTreeMap<(String, BTreeMap<String, String>), u64>,
    dropped: u64,
}

impl Usage {
    /// Something was used.
    pub(crate) fn track(&self, mut it: TrackedUse) {
        if it.at_us == 0 {
            let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            it.at_us = i64::try_from(since.as_micros()).unwrap_or(0);
        }
        let mut waiting = self.lock();
        match waiting.uses.len() < USES {
            true => waiting.uses.push(it),
            false => waiting.dropped += 1,
        }
        drop(waiting);
        self.more.notify_one();
    }

    /// A number grew.
    pub(crate) fn count(&self, name: String, labels: BTreeMap<String, String>, by: u64) {
        let mut waiting = self.lock();
        let has_room = waiting.counts.len() < COUNTERS;
        match waiting.counts.entry((name, labels)) {
            std::collections::btree_map::Entry::Occupied(mut known) => {
                let count = known.get_mut();
                *count = count.saturating_add(by);
            }
            std::collections::btree_map::Entry::Vacant(place) if has_room => {
                place.insert(by);
            }
            std::collections::btree_map::Entry::Vacant(_) => waiting.dropped += 1,
        }
        drop(waiting);
        self.more.notify_one();
    }

    /// Records that were dropped for want of room or of a daemon that takes them.
    pub(crate) fn dropped(&self) -> u64 {
        self.lock().dropped
    }

    fn take(&self) -> (Vec<TrackedUse>, Vec<Counted>) {
        let mut waiting = self.lock();
        let uses = std::mem::take(&mut waiting.uses);
        let counts = std::mem::take(&mut waiting.counts);
        let counted = |((name, labels), by)| Counted { name, labels, by };
        (uses, counts.into_iter().map(counted).collect())
    }

    fn lost(&self, records: usize) {
        self.lock().dropped += records as u64;
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells what waits, for ever.
pub(crate) async fn carry(link: Arc<Link>) {
    loop {
        link.usage().more.notified().await;
        tokio::time::sleep(TOGETHER).await;
        tell(&link).await;
    }
}

/// Tells what waits now.
pub(crate) async fn tell(link: &Link) {
    let (uses, counts) = link.usage().take();
    let (tracked, counted) = (uses.len(), counts.len());
    if tracked > 0 && link.track(TrackRequest { uses }).await.is_err() {
        link.usage().lost(tracked);
    }
    if counted > 0 && link.count(CountRequest { counts }).await.is_err() {
        link.usage().lost(counted);
    }
}

/// A use with metadata.
pub(crate) fn used<K: Into<String>, V: Into<String>>(
    action: impl Into<String>,
    metadata: impl IntoIterator<Item = (K, V)>,
) -> TrackedUse {
    let metadata = metadata.into_iter().map(|(key, value)| (key.into(), value.into())).collect();
    TrackedUse { action: action.into(), metadata, ..TrackedUse::default() }
}
