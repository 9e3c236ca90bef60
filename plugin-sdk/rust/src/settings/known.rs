//! What was learnt of places where something narrower than the server's settings may count: asked
//! for once, kept until the next change.
//!
//! It refuses to ask; whoever does brings the answer.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::at::At;

/// Places that are remembered. Beyond that, all are forgotten: one that matters is asked for again.
const MOST: usize = 1_024;

#[derive(Debug, Default)]
pub(crate) struct Known {
    narrowed: AtomicBool,
    /// The newest change that was gone by.
    change: AtomicU64,
    places: Mutex<Places>,
}

#[derive(Debug, Default)]
struct Places {
    /// Counts changes: what was asked for before one is not learnt after it.
    age: u64,
    known: HashMap<At, Arc<str>>,
}

impl Known {
    /// Whether something counts for less than the whole server.
    pub(crate) fn is_narrowed(&self) -> bool {
        self.narrowed.load(Ordering::Relaxed)
    }

    /// A change is gone by. Whether none newer was before.
    pub(crate) fn is_newest(&self, change: u64) -> bool {
        self.change.fetch_max(change, Ordering::Relaxed) <= change
    }

    /// Something changed: nothing is known any more.
    pub(crate) fn forget(&self, narrowed: bool) {
        self.narrowed.store(narrowed, Ordering::Relaxed);
        let mut places = self.places();
        places.age += 1;
        places.known.clear();
    }

    /// What is known of a place, or how old what is learnt of it must be.
    pub(crate) fn at(&self, at: &At) -> Result<Arc<str>, u64> {
        let places = self.places();
        places.known.get(at).cloned().ok_or(places.age)
    }

    /// What was asked for at this age is learnt, unless something changed since.
    pub(crate) fn learn(&self, age: u64, at: At, json: Arc<str>) {
        let mut places = self.places();
        if places.age == age {
            if places.known.len() >= MOST {
                places.known.clear();
            }
            places.known.insert(at, json);
        }
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
