//! What must be kept of things that are held: the port that a store stands behind.
//!
//! The embedded journal is one; a clustered one can be another. It refuses to know what is held and
//! who is told of it.

use std::collections::BTreeSet;

use bytes::Bytes;

use super::stage::{Answer, Decision, Stage, Way};
use crate::store::StoreError;

/// Things one plugin may hold, those included whose app is still to be told.
pub const HELD: u32 = if cfg!(test) { 5 } else { 1_000 };
/// Bytes one plugin may hold.
pub const HELD_BYTES: u64 = 8 << 20;
/// How long what was told is remembered, without its content, in microseconds.
pub const TOLD_AGE_US: i64 = 24 * 3600 * 1_000_000;
/// How much that was told is remembered; beyond it the oldest go.
pub const TOLD: u32 = 10_000;

/// Something to set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHeld {
    /// Names it, for everybody.
    pub id: String,
    /// Who holds it.
    pub plugin: String,
    /// The plugin's word for where it waits.
    pub queue: String,
    /// Where it happened.
    pub workspace: String,
    /// The message it is about, or the draft of one; empty if it is about none.
    pub subject: String,
    /// What the store does not look at: an encoded `About`.
    pub about: Vec<u8>,
    /// What the hook was asked about; encoded.
    pub payload: Bytes,
    /// Since when, in microseconds since the Unix epoch.
    pub held_us: i64,
    /// When it is dropped, unless somebody decides.
    pub expires_us: i64,
}

/// Something that is held, or was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Grows with everything that is held.
    pub number: i64,
    /// As it was set aside. Once the app was told, without payload.
    pub is: NewHeld,
    /// Bytes of the payload.
    pub size: u64,
    /// How far it has come.
    pub stage: Stage,
    /// What the app said when it would not have it.
    pub note: String,
    /// The order in which decisions came; 0 if there is none.
    pub turn: i64,
}

impl Kept {
    /// The app is still to be told that it is released, and with what.
    #[must_use]
    pub fn is_released_untold(&self) -> bool {
        matches!(&self.stage, Stage::Decided(Decision { way: Way::Release, .. }))
    }
}

/// What came of setting something aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holding {
    /// It is kept.
    Kept,
    /// Its id names something else.
    IdTaken,
}

/// What came of deciding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deciding {
    /// It is decided, and on the disk.
    Won,
    /// Somebody was first.
    Decided(Decision),
    /// There is no such thing, or was long ago.
    Unknown,
}

/// What looking for what is over came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Dropped just now.
    pub dropped: usize,
    /// When the next is over.
    pub next_us: Option<i64>,
}

/// Whose to list; of everybody and every queue where nothing is said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Of this plugin.
    pub plugin: Option<String>,
    /// In this queue.
    pub queue: Option<String>,
    /// After this number.
    pub after: i64,
    /// So many.
    pub most: u32,
}

/// A user who is to be forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whose {
    /// The app's id.
    pub user: String,
    /// Where; everywhere if empty.
    pub workspace: String,
}

/// Makes `about` and payload of something held into ones without a user; nothing where it is
/// somebody else's.
pub type Redact = fn(&str, &[u8], &[u8]) -> Option<(Vec<u8>, Vec<u8>)>;

/// Keeps what is held. What it has answered is on the disk.
pub trait HeldStore: Clone + Send + Sync + 'static {
    /// Sets something aside.
    ///
    /// # Errors
    /// [`StoreError::OverLimit`] where the plugin holds too much, or the store failed; then it is
    /// not kept.
    fn hold(&self, new: NewHeld) -> impl Future<Output = Result<Holding, StoreError>> + Send;

    /// Forgets what nobody was told to be held.
    ///
    /// # Errors
    /// The store failed.
    fn forget(&self, id: String) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Decides, if nobody has, and it is not over.
    ///
    /// # Errors
    /// The store failed; nothing is decided then.
    fn decide(
        &self,
        id: String,
        decision: Decision,
    ) -> impl Future<Output = Result<Deciding, StoreError>> + Send;

    /// What is decided and not told, after a turn, in the order of decisions.
    ///
    /// # Errors
    /// The store failed.
    fn untold(
        &self,
        after_turn: i64,
        most: u32,
    ) -> impl Future<Output = Result<Vec<Kept>, StoreError>> + Send;

    /// Notes, before the app is told, that it is; answers the number of this attempt, from 1, or
    /// nothing where there is nothing to tell.
    ///
    /// # Errors
    /// The store failed; then nothing must be told.
    fn telling(&self, id: String) -> impl Future<Output = Result<Option<u32>, StoreError>> + Send;

    /// The app has answered; `note` is kept of what it said.
    ///
    /// # Errors
    /// The store failed; then it will be told again.
    fn app_answered(
        &self,
        id: String,
        answer: Answer,
        note: String,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Drops what is over, and forgets what was told long ago.
    ///
    /// # Errors
    /// The store failed.
    fn sweep(&self, now_us: i64) -> impl Future<Output = Result<Swept, StoreError>> + Send;

    /// Drops what is about one of these subjects; answers how much that was.
    ///
    /// # Errors
    /// The store failed.
    fn deleted(
        &self,
        workspace: String,
        subjects: BTreeSet<String>,
        now_us: i64,
    ) -> impl Future<Output = Result<usize, StoreError>> + Send;

    /// Drops what is held of a user, and takes out what is kept of it, and of what was dropped or
    /// told before; answers how much was held. What is released goes to the app as it is.
    ///
    /// # Errors
    /// The store failed.
    fn forget_user(
        &self,
        whose: Whose,
        redact: Redact,
        now_us: i64,
    ) -> impl Future<Output = Result<usize, StoreError>> + Send;

    /// What is held, and what is decided but not told; the oldest first, without payloads.
    ///
    /// # Errors
    /// The store failed.
    fn list(&self, wanted: Wanted) -> impl Future<Output = Result<Vec<Kept>, StoreError>> + Send;

    /// All that is known of one.
    ///
    /// # Errors
    /// The store failed.
    fn show(&self, id: String) -> impl Future<Output = Result<Option<Kept>, StoreError>> + Send;
}
