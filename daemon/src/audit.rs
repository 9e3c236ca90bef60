//! The audit log: who did what to which plugin, why, and what came of it, one line of JSON each, in
//! files of the state folder that an operator can read without the daemon.
//!
//! Recording never waits and never fails for whoever records: a thread of its own writes, from a
//! queue of a stated length. What cannot be written is counted and told as an alarm. It refuses to
//! know what anybody says in a message; nothing of that comes here.

mod files;
pub mod moderation;
pub mod refusals;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use outboard_linux::own_process;
use outboard_proto::common::Failure;
use serde::{Deserialize, Serialize};
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::clock::timestamp;

pub use files::{Files, KEPT, MOST_BYTES};
use writer::Writer;

/// Records that wait for the disk: acts of operators and refusals told once a minute. More come
/// only where the disk has stopped.
const QUEUE: usize = 1024;
/// Records that a slow follower may be behind.
const FOLLOWED: usize = 256;
/// How long a reader waits for records that are on their way: no longer than a disk that hangs lets
/// an operator wait.
const PATIENCE: Duration = Duration::from_secs(2);
/// Bytes of one text of a record; what is longer is cut.
const LONGEST: usize = 1024;

/// One act, as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Record {
    /// When, as RFC 3339 in UTC.
    pub at: String,
    /// "operator uid 0", "plugin NAME", "person NAME (ID)" or "daemon".
    pub who: String,
    /// What was done: "load", "grants", "refused".
    pub act: String,
    /// The plugin it is about; empty where it is about none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub plugin: String,
    /// On what: a folder, a key, an RPC.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub on: String,
    /// Whoever did it says why, or what it was changed to.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// "done", or why not.
    pub outcome: String,
    /// So many of the same kind, where they are told together.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub count: u64,
}

fn one() -> u64 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_one(count: &u64) -> bool {
    *count == 1
}

/// Who does something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// The user at the admin socket.
    Operator(u32),
    /// A plugin, by name.
    Plugin(Arc<str>),
    /// Somebody who uses an app, as the app names them.
    Person {
        /// Their id.
        id: String,
        /// Their name.
        name: String,
    },
    /// The daemon, of its own.
    Daemon,
}

/// Something to be recorded, before there is a time.
#[derive(Debug, Clone)]
pub struct Act(Record);

impl Act {
    /// `who` did `act`; it was done unless [`Act::came_to`] says otherwise.
    #[must_use]
    pub fn new(who: &Who, act: &'static str) -> Self {
        let who = match who {
            Who::Operator(uid) => format!("operator uid {uid}"),
            Who::Plugin(name) => format!("plugin {name}"),
            Who::Person { id, name } => cut(&format!("person {name} ({id})")),
            Who::Daemon => "daemon".to_owned(),
        };
        let outcome = "done".to_owned();
        Self(Record { who, act: act.to_owned(), outcome, count: 1, ..Record::default() })
    }

    /// The plugin it is about.
    #[must_use]
    pub fn of(mut self, plugin: &str) -> Self {
        self.0.plugin = cut(plugin);
        self
    }

    /// What it was done to.
    #[must_use]
    pub fn on(mut self, what: &str) -> Self {
        self.0.on = cut(what);
        self
    }

    /// Why, or to what it was changed.
    #[must_use]
    pub fn why(mut self, why: &str) -> Self {
        self.0.why = cut(why);
        self
    }

    /// How many were the same.
    #[must_use]
    pub fn times(mut self, count: u64) -> Self {
        self.0.count = count;
        self
    }

    /// What came of it, in a word or a sentence.
    #[must_use]
    pub fn ended(mut self, outcome: &str) -> Self {
        self.0.outcome = cut(outcome);
        self
    }

    /// What came of it: done, or the failure's words.
    #[must_use]
    pub fn came_to<T>(self, result: &Result<T, Failure>) -> Self {
        match result {
            Ok(_) => self,
            Err(failure) => {
                let outcome = format!("{}: {}", failure.reason().code(), failure.message);
                self.ended(&outcome)
            }
        }
    }
}

/// The beginning of a text, whole letters of it.
fn cut(text: &str) -> String {
    let mut end = text.len().min(LONGEST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

/// What the thread is told.
enum Order {
    Write(Record),
    /// To say when what came before is written.
    Tell(oneshot::Sender<()>),
    Close,
}

/// The way to the audit log; cheap to clone.
#[derive(Clone)]
pub struct Audit {
    queue: mpsc::Sender<Order>,
    shared: Arc<Shared>,
    files: Files,
}

/// What recorders and writer both see.
struct Shared {
    /// Records that are in no file.
    lost: AtomicU64,
    trouble: Mutex<Option<String>>,
    followers: broadcast::Sender<Arc<Record>>,
}

impl Shared {
    fn lose(&self, count: u64, why: &str) {
        self.lost.fetch_add(count, Ordering::Relaxed);
        let mut trouble = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if trouble.as_deref() != Some(why) {
            tracing::error!(why, "the audit log cannot be written");
            *trouble = Some(why.to_owned());
        }
    }
}

impl Audit {
    /// Starts the thread that writes to this file and rotates it.
    ///
    /// # Errors
    /// No thread can be started. That the file cannot be written is an alarm, not an error.
    pub fn start(file: PathBuf) -> std::io::Result<Self> {
        let (queue, orders) = mpsc::channel(QUEUE);
        let followers = broadcast::Sender::new(FOLLOWED);
        let shared = Arc::new(Shared { lost: 0.into(), trouble: Mutex::default(), followers });
        let files = Files::at(file);
        let writer = Writer::new(files.clone(), Arc::clone(&shared));
        std::thread::Builder::new().name("outboard-audit".to_owned()).spawn(move || {
            own_process::yield_to_the_data_plane();
            writer.serve(orders);
        })?;
        Ok(Self { queue, shared, files })
    }

    /// Records an act, as of now.
    pub fn record(&self, act: Act) {
        let record = Record { at: timestamp().to_string(), ..act.0 };
        if let Err(error) = self.queue.try_send(Order::Write(record)) {
            let why = match error {
                mpsc::error::TrySendError::Full(_) => "more records wait for the disk than may",
                mpsc::error::TrySendError::Closed(_) => "the daemon is stopping",
            };
            self.shared.lose(1, why);
        }
    }

    /// What an operator must know: records that are in no file, and why.
    #[must_use]
    pub fn alarm(&self) -> Option<String> {
        let lost = self.shared.lost.load(Ordering::Relaxed);
        let trouble = self.shared.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        let why = trouble.as_deref().unwrap_or("unknown");
        (lost > 0).then(|| format!("the audit log has lost {lost} records; the last time: {why}"))
    }

    /// Every record that is written from now on.
    #[must_use]
    pub fn follow(&self) -> broadcast::Receiver<Arc<Record>> {
        self.shared.followers.subscribe()
    }

    /// Where the records are.
    #[must_use]
    pub fn files(&self) -> Files {
        self.files.clone()
    }

    /// Waits until what was recorded is in the files, or 2 s where the disk does not take it.
    pub async fn settled(&self) {
        let (written, told) = oneshot::channel();
        let settled = async {
            // Where the thread has ended, nothing is on its way.
            if self.queue.send(Order::Tell(written)).await.is_ok() {
                let _ = told.await;
            }
        };
        let _ = tokio::time::timeout(PATIENCE, settled).await;
    }

    /// Waits until what was recorded is written, and ends the thread.
    pub async fn close(&self) {
        // The thread may have ended; then nothing waits.
        let _ = self.queue.send(Order::Close).await;
        self.queue.closed().await;
    }
}

#[cfg(test)]
mod tests;
