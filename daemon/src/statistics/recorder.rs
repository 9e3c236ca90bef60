//! Carries counts from the data plane to `statistics.db`: every minute, at the end, and whenever
//! somebody looks. What cannot be written waits, within bounds.
//!
//! It refuses to know what is counted.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::MissedTickBehavior;

use super::kind::Kind;
use super::sum::{Entry, Sum};
use crate::clock::Clock;
use crate::routing::Switchboard;
use crate::store::{HourBook, OpenedBook, StoreError};

/// The most a crash may lose.
const EVERY: Duration = Duration::from_secs(60);
/// Sums that wait while the disk takes nothing: each hour of each name is one. Some 25 MiB.
const WAITING: usize = 20_000;
/// Microseconds of an hour.
const HOUR_US: i64 = 3_600_000_000;

/// The way of counts; cheap to clone.
#[derive(Clone)]
pub struct Recorder(Arc<Inner>);

struct Inner {
    switchboard: Switchboard,
    clock: Clock,
    book: Option<HourBook>,
    /// One flush at a time.
    flushing: tokio::sync::Mutex<()>,
    kept: Mutex<Kept>,
}

/// The hour since the Unix epoch, and whose line it is.
type Key = (i64, Arc<str>, Kind, Box<str>);

#[derive(Default)]
struct Kept {
    waiting: BTreeMap<Key, Sum>,
    /// Told once, at the daemon's start.
    trouble: Option<String>,
    /// Why the last flush failed.
    failed: Option<String>,
    /// Sums that found no room.
    lost: u64,
}

impl Recorder {
    /// A recorder into what was opened.
    #[must_use]
    pub fn new(switchboard: Switchboard, clock: Clock, opened: OpenedBook) -> Self {
        let kept = Mutex::new(Kept { trouble: opened.trouble, ..Kept::default() });
        let (book, flushing) = (opened.book, tokio::sync::Mutex::default());
        Self(Arc::new(Inner { switchboard, clock, book, flushing, kept }))
    }

    /// Writes what was counted, every minute, for ever.
    pub async fn run(self) {
        let mut minute = tokio::time::interval(EVERY);
        minute.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            minute.tick().await;
            self.flush().await;
        }
    }

    /// Writes what was counted until now.
    pub async fn flush(&self) {
        let _one = self.0.flushing.lock().await;
        let hour = self.hour();
        self.take_over(self.0.switchboard.harvest(), hour);
        let Some(book) = &self.0.book else { return };
        let waiting = std::mem::take(&mut self.kept().waiting);
        if waiting.is_empty() {
            return;
        }
        let entry = |((hour, plugin, kind, name), sum)| (hour, Entry { plugin, kind, name, sum });
        let entries: Arc<Vec<(i64, Entry)>> = Arc::new(waiting.into_iter().map(entry).collect());
        match book.add(Arc::clone(&entries), hour).await {
            Ok(()) => self.kept().failed = None,
            Err(error) => self.put_back(&entries, &error),
        }
    }

    /// Closes the book, with all that was counted in it.
    pub async fn close(&self) {
        self.flush().await;
        if let Some(book) = &self.0.book {
            book.close().await;
        }
    }

    /// Sums of the last so many hours and of this one, of one plugin or of all, up to this moment;
    /// and from when on, microseconds since the Unix epoch.
    ///
    /// # Errors
    /// The book cannot be read.
    pub async fn since(
        &self,
        back: Duration,
        plugin: Option<&str>,
    ) -> Result<(Vec<Entry>, i64), StoreError> {
        self.flush().await;
        let back_us = i64::try_from(back.as_micros()).unwrap_or(i64::MAX);
        let from = self.0.clock.wall_us().saturating_sub(back_us).max(0) / HOUR_US;
        let mut found = match &self.0.book {
            Some(book) => book.since(from, plugin.map(str::to_owned)).await?,
            None => Vec::new(),
        };
        self.add_waiting(&mut found, from, plugin);
        Ok((found, from * HOUR_US))
    }

    /// What could not be written yet counts all the same.
    fn add_waiting(&self, found: &mut Vec<Entry>, from: i64, plugin: Option<&str>) {
        let kept = self.kept();
        let waiting = kept.waiting.iter().filter(|((hour, whose, ..), _)| {
            *hour >= from && plugin.is_none_or(|plugin| **whose == *plugin)
        });
        let names = |it: &Entry| (Arc::clone(&it.plugin), it.kind, it.name.clone());
        let mut places: BTreeMap<_, usize> = BTreeMap::new();
        for ((_, whose, kind, name), sum) in waiting {
            if places.is_empty() {
                places = found.iter().enumerate().map(|(at, it)| (names(it), at)).collect();
            }
            let entry = Entry {
                plugin: Arc::clone(whose),
                kind: *kind,
                name: name.clone(),
                sum: sum.clone(),
            };
            let place = *places.entry(names(&entry)).or_insert(found.len());
            match found.get_mut(place) {
                Some(same) => same.sum.add(sum),
                None => found.push(entry),
            }
        }
    }

    /// What an operator has to know, if anything.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        let kept = self.kept();
        let lost =
            (kept.lost > 0).then(|| format!("{} sums found no room and are lost", kept.lost));
        let all: Vec<String> =
            [kept.trouble.clone(), kept.failed.clone(), lost].into_iter().flatten().collect();
        (!all.is_empty()).then(|| all.join("; "))
    }

    fn hour(&self) -> i64 {
        self.0.clock.wall_us() / HOUR_US
    }

    fn take_over(&self, entries: Vec<Entry>, hour: i64) {
        let mut kept = self.kept();
        for Entry { plugin, kind, name, sum } in entries {
            kept.add((hour, plugin, kind, name), &sum);
        }
    }

    fn put_back(&self, entries: &[(i64, Entry)], why: &StoreError) {
        let mut kept = self.kept();
        if kept.failed.is_none() {
            tracing::error!("statistics wait in memory: {why}");
        }
        kept.failed = Some(format!("statistics wait in memory: {why}"));
        for (hour, Entry { plugin, kind, name, sum }) in entries {
            kept.add((*hour, Arc::clone(plugin), *kind, name.clone()), sum);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn add(&mut self, key: Key, sum: &Sum) {
        if let Some(mine) = self.waiting.get_mut(&key) {
            mine.add(sum);
        } else if self.waiting.len() < WAITING {
            self.waiting.insert(key, sum.clone());
        } else {
            self.lost += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::timestamp;
    use crate::routing::tests::registration;

    fn counted() -> (Switchboard, Clock) {
        let clock = Clock::start();
        let board = Switchboard::new(clock);
        let member = board.register(registration("dice", Vec::new()));
        board.count_end(member, "oom");
        (board, clock)
    }

    // I94
    #[tokio::test]
    async fn what_cannot_be_written_waits_and_is_told() {
        let (board, clock) = counted();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("statistics.db");
        let opened = HourBook::open_or_tell(&path, timestamp());
        opened.book.as_ref().unwrap().close().await;
        let recorder = Recorder::new(board, clock, opened);
        recorder.flush().await;
        recorder.flush().await;
        assert!(recorder.trouble().unwrap().contains("wait in memory"));
        let kept = recorder.kept();
        assert_eq!(kept.waiting.values().map(Sum::invocations).sum::<u64>(), 1);
        assert_eq!(kept.lost, 0);
    }

    // I94
    #[tokio::test]
    async fn without_a_book_counts_are_shown_all_the_same() {
        let (board, clock) = counted();
        let trouble = Some("statistics are not kept: x".to_owned());
        let recorder = Recorder::new(board, clock, OpenedBook { book: None, trouble });
        for _ in 0..2 {
            let (found, _) = recorder.since(Duration::from_secs(1), Some("dice")).await.unwrap();
            assert_eq!((found.len(), found[0].sum.invocations()), (1, 1));
        }
        assert!(recorder.since(Duration::ZERO, Some("ice")).await.unwrap().0.is_empty());
        assert!(recorder.trouble().unwrap().contains("not kept"));
    }

    // I95
    #[test]
    fn what_waits_is_bounded() {
        let mut kept = Kept::default();
        for number in 0..WAITING + 7 {
            let name = number.to_string().into();
            kept.add((1, "dice".into(), Kind::Track, name), &Sum::default());
        }
        assert_eq!((kept.waiting.len(), kept.lost), (WAITING, 7));
    }
}
