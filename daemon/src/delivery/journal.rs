//! The port behind which at-least-once events are kept until they are acknowledged.
//!
//! The embedded journal is SQLite in journal.db; a clustered one can stand in its place. It is told
//! what to keep and what became of it, in order, and answers in that order. It refuses to know
//! sessions, lanes' turns and times to wait: those are decided before it is told.

use std::sync::Arc;

use bytes::Bytes;

use crate::store::StoreError;

/// A row's number; it grows in the order of publishing and is never used twice.
pub type Seq = i64;

/// A subscription, the same through restarts and reloads.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubscriptionKey {
    /// Whose it is.
    pub plugin: Arc<str>,
    /// Its name among the plugin's.
    pub name: Arc<str>,
}

/// A subscription as a plugin declares it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// Its name.
    pub name: Arc<str>,
    /// The event types it is told of. Rows of a subscription that is no longer declared move to the
    /// one that has their type now.
    pub types: Vec<String>,
}

/// An event to keep, once, for all of its subscriptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// Its id; the same counts once in 24 h.
    pub id: Arc<str>,
    /// Its type.
    pub kind: String,
    /// The workspace it happened in.
    pub workspace: String,
    /// The message of which it holds a copy; empty if of none.
    pub message: String,
    /// Encoded.
    pub body: Bytes,
    /// When it was published, in microseconds since the Unix epoch.
    pub at_us: i64,
    /// For whom.
    pub targets: Vec<Target>,
}

/// One subscription of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Which.
    pub key: SubscriptionKey,
    /// In which lane.
    pub lane: Arc<str>,
    /// It may be handed over as soon as it is kept.
    pub handed: bool,
}

/// Why an event became a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Death {
    /// Its handler failed or took too long, as often as it may.
    Failed,
    /// Generations kept ending while it was in hand.
    Poison,
    /// It waited too long, or too many waited behind it.
    Expired,
    /// The plugin was not granted to see it when its turn came.
    Denied,
    /// The plugin no longer subscribes to its type.
    Unsubscribed,
}

impl Death {
    /// All there are.
    pub const ALL: [Death; 5] =
        [Death::Failed, Death::Poison, Death::Expired, Death::Denied, Death::Unsubscribed];

    /// The word that commands and logs use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Death::Failed => "failed",
            Death::Poison => "poison",
            Death::Expired => "expired",
            Death::Denied => "denied",
            Death::Unsubscribed => "unsubscribed",
        }
    }
}

/// One thing the journal is told.
#[derive(Debug, Clone)]
pub enum Op {
    /// A plugin's subscriptions are these from now on. Answers what waits for each.
    Declare {
        /// The plugin.
        plugin: Arc<str>,
        /// All of them.
        subscriptions: Vec<Declared>,
        /// Now.
        at_us: i64,
    },
    /// Keep an event.
    Accept(NewEvent),
    /// Read lanes of a subscription in their names' order, and note that what is read may be handed
    /// over.
    Load {
        /// Whose.
        key: SubscriptionKey,
        /// Names the question.
        ticket: u64,
        /// Lanes after this one; from the first if none.
        after: Option<Arc<str>>,
    },
    /// Read more of one lane, and note that it may be handed over.
    LoadLane {
        /// Whose.
        key: SubscriptionKey,
        /// Names the question.
        ticket: u64,
        /// The lane.
        lane: Arc<str>,
        /// Rows after this one.
        after: Seq,
    },
    /// A handler has returned: the row goes.
    Acknowledge {
        /// The row.
        seq: Seq,
    },
    /// A row that was handed over comes again in the same session, once this is done: its attempt
    /// is one more.
    Again {
        /// Whose.
        key: SubscriptionKey,
        /// Its lane.
        lane: Arc<str>,
        /// The row.
        seq: Seq,
        /// Its handler failed or took too long.
        failed: bool,
    },
    /// These were in hand and come again: their attempt is one more.
    Raise {
        /// The rows.
        seqs: Vec<Seq>,
    },
    /// A generation ended by its own fault with these in hand. At the third end they are poison.
    Ended {
        /// The rows.
        seqs: Vec<Seq>,
        /// Now.
        at_us: i64,
    },
    /// A row becomes a dead letter.
    Bury {
        /// The row.
        seq: Seq,
        /// Why.
        cause: Death,
        /// What the handler said.
        detail: String,
        /// Now.
        at_us: i64,
    },
    /// More waits than may: the oldest become dead letters.
    Expire {
        /// Whose.
        key: SubscriptionKey,
        /// So many of them at least,
        rows: u64,
        /// and so many bytes at least.
        bytes: u64,
        /// Now.
        at_us: i64,
    },
    /// Drop what has grown too old, everywhere.
    Tidy {
        /// Now.
        at_us: i64,
    },
    /// A message was deleted: copies that wait lose their content.
    Erase {
        /// Where.
        workspace: String,
        /// The message.
        message: String,
        /// Makes an encoded event one without content.
        redact: fn(&[u8]) -> Vec<u8>,
    },
    /// A user is to be forgotten: what waits, and dead letters, lose what they say of the user.
    Forget {
        /// Who.
        user: String,
        /// Where; everywhere if empty.
        workspace: String,
        /// Makes an encoded event one without the user; nothing where it says nothing of the user.
        redact: fn(&str, &[u8]) -> Option<Vec<u8>>,
    },
    /// Dead letters wait again, behind everything else of their lanes.
    Replay {
        /// All of them, or none where one is unknown.
        ids: Vec<i64>,
        /// Now.
        at_us: i64,
    },
    /// Dead letters are dropped.
    Drop {
        /// All of them, or none where one is unknown.
        ids: Vec<i64>,
    },
}

/// What the journal answers to one thing it was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is done.
    Done,
    /// What waits for each declared subscription, and what could not stay with the plugin.
    Declared(Vec<(Arc<str>, Backlog)>, Vec<Gone>),
    /// Kept; the rows in the order of the targets.
    Accepted(Vec<Seq>),
    /// Its id was kept before.
    Duplicate,
    /// Lanes with their first rows.
    Lanes(Page),
    /// More of one lane.
    Lane(LanePage),
    /// Rows that became dead letters.
    Buried {
        /// The rows.
        gone: Vec<Gone>,
        /// How many dead letters each concerned subscription has now.
        dead_letters: Vec<(SubscriptionKey, u64)>,
    },
    /// Dead letters that wait again.
    Replayed {
        /// Where they wait now.
        back: Vec<Back>,
        /// How many dead letters each concerned subscription has now.
        dead_letters: Vec<(SubscriptionKey, u64)>,
    },
    /// There are no dead letters with these ids; nothing was done.
    Unknown(Vec<i64>),
    /// So much was taken out.
    Forgotten {
        /// Of so many events.
        events: u64,
        /// So many dead letters among them.
        dead_letters: u64,
    },
}

/// What waits for a subscription.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Events that are not acknowledged.
    pub waiting: u64,
    /// Their encoded bytes.
    pub bytes: u64,
    /// When the oldest was published, in microseconds since the Unix epoch; 0 if none waits.
    pub oldest_us: i64,
    /// Its dead letters.
    pub dead_letters: u64,
}

/// Some lanes of a subscription.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// In their names' order.
    pub lanes: Vec<LanePage>,
    /// There is no lane after these.
    pub end: bool,
}

/// Rows of one lane, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanePage {
    /// The lane.
    pub lane: Arc<str>,
    /// The rows.
    pub rows: Vec<Kept>,
    /// There are more behind them.
    pub more: bool,
}

/// A row as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Its number.
    pub seq: Seq,
    /// From 1; grows when it may have been seen before.
    pub attempt: u32,
    /// Attempts that its handler used up.
    pub failures: u32,
    /// When it was published, in microseconds since the Unix epoch.
    pub at_us: i64,
    /// Encoded.
    pub body: Bytes,
}

/// A row that became a dead letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// Whose it was.
    pub key: SubscriptionKey,
    /// Its lane.
    pub lane: Arc<str>,
    /// Its number.
    pub seq: Seq,
    /// Its encoded bytes.
    pub size: u64,
    /// Why.
    pub cause: Death,
}

/// A dead letter that waits again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Back {
    /// Whose.
    pub key: SubscriptionKey,
    /// In which lane.
    pub lane: Arc<str>,
    /// Its encoded bytes.
    pub size: u64,
}

/// An event that was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its number.
    pub id: i64,
    /// For whom it was.
    pub key: SubscriptionKey,
    /// Its lane.
    pub lane: String,
    /// The event's id.
    pub event_id: String,
    /// The event's type.
    pub kind: String,
    /// Why, as [`Death::as_str`] says it.
    pub cause: String,
    /// What the handler said.
    pub detail: String,
    /// How often it was handed over, or may have been.
    pub attempts: u32,
    /// Encoded bytes.
    pub size: u64,
    /// When it was published, in microseconds since the Unix epoch.
    pub published_us: i64,
    /// When it was given up.
    pub at_us: i64,
    /// Encoded.
    pub body: Bytes,
}

/// Lanes that one load reads at most. Small in tests, so that they come to its end.
pub const PAGE_LANES: usize = if cfg!(test) { 3 } else { 64 };
/// Rows of one lane that one load reads at most.
pub const LANE_ROWS: usize = if cfg!(test) { 4 } else { 32 };
/// Bytes that one load reads at most, as long as it has read something.
pub const PAGE_BYTES: usize = 1 << 20;
/// Ends of a generation by its own fault that an event may see in hand.
pub const ENDS: u32 = 3;
/// How long an event may wait, in microseconds.
pub const AGE_US: i64 = 7 * 24 * 3600 * 1_000_000;
/// How long the id of a published event counts, in microseconds.
pub const ID_AGE_US: i64 = 24 * 3600 * 1_000_000;
/// Dead letters of one subscription; beyond them the oldest go.
pub const DEAD_LETTERS: u64 = 10_000;
/// Bytes of dead letters of one subscription; beyond them the oldest go.
pub const DEAD_LETTER_BYTES: u64 = 64 << 20;
/// What is kept of a handler's words about a failure.
pub const DETAIL_BYTES: usize = 1024;

/// Keeps at-least-once events.
pub trait EventJournal: Clone + Send + Sync + 'static {
    /// Before anything else at a daemon's start: whatever may have been handed over has one more
    /// attempt from now on. Answers how many rows that were.
    ///
    /// # Errors
    /// The journal failed.
    fn recover(&self) -> impl Future<Output = Result<u64, StoreError>> + Send;

    /// Carries out everything in order, or nothing of it; when it returns, it is on the disk. The
    /// outcomes come in the same order.
    ///
    /// # Errors
    /// The journal failed; nothing was done.
    fn apply(
        &self,
        ops: Arc<[Op]>,
    ) -> impl Future<Output = Result<Vec<Outcome>, StoreError>> + Send;

    /// What has been removed so far is not to be found on any disk afterwards.
    ///
    /// # Errors
    /// The journal failed.
    fn scrub(&self) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Dead letters, the newest first: of one plugin or of all, those before an id (0 = from the
    /// newest).
    ///
    /// # Errors
    /// The journal failed.
    fn dead_letters(
        &self,
        plugin: Option<String>,
        before: i64,
        most: u32,
    ) -> impl Future<Output = Result<Vec<DeadLetter>, StoreError>> + Send;

    /// One dead letter.
    ///
    /// # Errors
    /// The journal failed.
    fn dead_letter(
        &self,
        id: i64,
    ) -> impl Future<Output = Result<Option<DeadLetter>, StoreError>> + Send;
}
