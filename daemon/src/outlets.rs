//! Where the daemon tells others how it is: the metrics port, the usage webhook, those whom alerts
//! are for.
//!
//! An outlet that fails is noted and tried again; nothing in the daemon waits for one. It refuses
//! to know what is told.

pub mod alerts;
pub mod port;
mod tls;
pub mod usage;
pub mod webhook;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How every outlet does; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Outlets(Arc<Mutex<BTreeMap<&'static str, Standing>>>);

/// How one outlet does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// Where it leads, without what may be a secret.
    pub to: String,
    /// What was told since the daemon's start.
    pub told: u64,
    /// What could not be told.
    pub dropped: u64,
    /// Why the last try failed; nothing where it did not.
    pub failing: Option<String>,
}

impl Outlets {
    /// An outlet leads there from now on; its counts stay.
    pub fn open(&self, name: &'static str, to: &str) {
        let mut all = self.lock();
        let standing = all.entry(name).or_default();
        to.clone_into(&mut standing.to);
        standing.failing = None;
    }

    /// An outlet is no more.
    pub fn close(&self, name: &'static str) {
        self.lock().remove(name);
    }

    /// So much was told.
    pub fn told(&self, name: &'static str, count: u64) {
        if let Some(standing) = self.lock().get_mut(name) {
            standing.told += count;
            standing.failing = None;
        }
    }

    /// Something fails, and is tried again.
    pub fn failing(&self, name: &'static str, why: &str) {
        self.dropped(name, 0, why);
    }

    /// So much could not be told, and why.
    pub fn dropped(&self, name: &'static str, count: u64, why: &str) {
        if let Some(standing) = self.lock().get_mut(name) {
            standing.dropped += count;
            if standing.failing.is_none() {
                tracing::warn!(outlet = name, to = standing.to, "cannot be told: {why}");
            }
            standing.failing = Some(why.to_owned());
        }
    }

    /// All of them, by name.
    #[must_use]
    pub fn all(&self) -> BTreeMap<&'static str, Standing> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Standing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
