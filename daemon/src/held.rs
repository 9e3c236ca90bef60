//! What plugins hold: on the disk before the app hears that it is held, decided by one of those
//! who may, and told to the app until it has answered.
//!
//! It outlives the plugin, the daemon and the app's node. It refuses to know what is held.
//!
//! ```text
//!  run ──wish──▶ keep ──▶ store ◀──decide── plugin, operator, expire
//!      ◀─kept─╯             ╰──untold──▶ tell ──request──▶ app
//! ```

#[cfg(test)]
mod conformance;
mod expire;
mod keep;
#[cfg(test)]
pub mod memory;
pub mod port;
pub mod stage;
mod tell;

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use outboard_proto::common::{Failure, Reason, Text};
use tokio::sync::{Notify, oneshot};
use tonic::Code;

use crate::routing::Switchboard;
use crate::store::Journal;
use crate::{clock, status};
use port::{Deciding, HeldStore, Kept, Wanted};
use stage::{By, Decision, Way, Why};

/// Bytes of a reason's words.
const REASON: usize = 1024;

/// The way to what is held; cheap to clone.
pub struct Held<S = Journal>(Arc<Inner<S>>);

struct Inner<S> {
    switchboard: Switchboard,
    store: S,
    /// Those who decided and wait for the app's answer, by id and serial.
    waiting: Mutex<HashMap<(String, u64), oneshot::Sender<Heard>>>,
    serial: AtomicU64,
    /// Something is decided.
    decided: Notify,
    /// Something is over sooner than what is known.
    sooner: Notify,
    /// When the first is over, as far as is known.
    next_us: AtomicI64,
    /// What the store failed with last; said once.
    failing: Mutex<String>,
}

/// What the app said: what it became, or why not.
type Heard = Result<String, Failure>;

/// What is known of a decision that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// The app has done as told; the id of what it became, empty if it is no message.
    Done(String),
    /// The app will be told.
    Later,
}

/// Somebody who waits for the app's answer; gone, it waits no more.
struct Waiter<S> {
    inner: Arc<Inner<S>>,
    key: (String, u64),
}

impl<S> Clone for Held<S> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<S> Drop for Waiter<S> {
    fn drop(&mut self) {
        self.inner.waiting().remove(&self.key);
    }
}

impl<S: HeldStore> Held<S> {
    /// Over a store.
    #[must_use]
    pub fn new(switchboard: Switchboard, store: S) -> Self {
        Self(Arc::new(Inner {
            switchboard,
            store,
            waiting: Mutex::default(),
            serial: AtomicU64::new(0),
            decided: Notify::new(),
            sooner: Notify::new(),
            next_us: AtomicI64::new(i64::MAX),
            failing: Mutex::default(),
        }))
    }

    /// Decides, and waits for the app's answer as long as `patience` lasts. The decision is on the
    /// disk by then.
    ///
    /// # Errors
    /// There is no such thing, somebody else was first, the store failed; or the app will not, and
    /// what was released is held again.
    pub async fn decide(
        &self,
        id: &str,
        (way, by): (Way, By),
        patience: Duration,
    ) -> Result<Told, Failure> {
        let (waiter, answer) = self.wait_for(id);
        let decision = Decision { way, by, at_us: clock::timestamp().as_microsecond() };
        let said = decision.clone();
        let decided = self.0.store.decide(id.to_owned(), decision).await;
        let decided = decided.map_err(|error| status::of_store(&error))?;
        // Also where somebody else was first: it may be time that was, and nobody was told of it.
        self.0.decided.notify_one();
        match decided {
            Deciding::Won => {}
            Deciding::Decided(first) => return Err(second(id, &first)),
            Deciding::Unknown => return Err(unknown(id)),
        }
        tracing::info!(id, by = %said.by, "{}", past(&said.way));
        let heard = tokio::time::timeout(patience, answer).await;
        drop(waiter);
        match heard {
            Ok(Ok(heard)) => heard.map(Told::Done),
            Ok(Err(_)) | Err(_) => Ok(Told::Later),
        }
    }

    /// One that is held, or was within the last day.
    ///
    /// # Errors
    /// There is none, or the store failed.
    pub async fn find(&self, id: &str) -> Result<Kept, Failure> {
        let found = self.0.store.show(id.to_owned()).await;
        found.map_err(|error| status::of_store(&error))?.ok_or_else(|| unknown(id))
    }

    /// What is held, and what is decided but not told; the oldest first, without content.
    ///
    /// # Errors
    /// The store failed.
    pub async fn list(&self, wanted: Wanted) -> Result<Vec<Kept>, Failure> {
        let listed = self.0.store.list(wanted).await;
        listed.map_err(|error| status::of_store(&error))
    }

    fn wait_for(&self, id: &str) -> (Waiter<S>, oneshot::Receiver<Heard>) {
        let (sender, answer) = oneshot::channel();
        let key = (id.to_owned(), self.0.serial.fetch_add(1, Ordering::Relaxed));
        self.0.waiting().insert(key.clone(), sender);
        (Waiter { inner: Arc::clone(&self.0), key }, answer)
    }

    /// Says a failure of the store once, not with every message it concerns.
    fn complain(&self, what: &str, error: &crate::store::StoreError) {
        let mut failing = self.0.failing.lock().unwrap_or_else(PoisonError::into_inner);
        let text = format!("{what}: {error}");
        if *failing != text {
            tracing::error!("{text}");
            *failing = text;
        }
    }
}

impl<S> Inner<S> {
    fn waiting(&self) -> MutexGuard<'_, HashMap<(String, u64), oneshot::Sender<Heard>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whoever waits what the app said.
    fn heard(&self, id: &str, heard: &Heard) {
        let mut waiting = self.waiting();
        let of_it: Vec<_> = waiting.keys().filter(|(of, _)| of == id).cloned().collect();
        for sender in of_it.iter().filter_map(|key| waiting.remove(key)) {
            // It may have stopped waiting.
            let _ = sender.send(heard.clone());
        }
    }
}

/// Dropping, for this reason.
///
/// # Errors
/// It is too long.
pub fn dropping(reason: Option<Text>) -> Result<Way, Failure> {
    let Text { code, text, .. } = reason.unwrap_or_default();
    if text.len() > REASON || code.len() > REASON {
        let text = format!("a reason has at most {REASON} bytes");
        return Err(Failure::new(Code::InvalidArgument, Reason::Invalid, text));
    }
    Ok(Way::Drop(Why { code, text }))
}

fn past(way: &Way) -> &'static str {
    match way {
        Way::Release => "released",
        Way::Drop(_) => "dropped",
    }
}

/// What whoever comes second hears.
fn second(id: &str, first: &Decision) -> Failure {
    let (reason, text) = match &first.by {
        By::Expiry => (Reason::HoldExpired, format!("{id} was dropped: nobody decided in time")),
        By::Deletion => {
            (Reason::MessageDeleted, format!("{id} was dropped: its message was deleted"))
        }
        By::Operator => (Reason::HeldDecided, format!("the operator {} {id}", past(&first.way))),
        By::Plugin(name) => (Reason::HeldDecided, format!("{name} {} {id}", past(&first.way))),
    };
    Failure::new(Code::FailedPrecondition, reason, text)
        .detail("decision", past(&first.way))
        .detail("by", first.by.to_string())
}

fn unknown(id: &str) -> Failure {
    let text = format!("nothing is held as {id}, or it was decided more than a day ago");
    Failure::new(Code::NotFound, Reason::UnknownHeld, text)
}
