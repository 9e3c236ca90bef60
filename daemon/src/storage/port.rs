//! The port: what can be asked of one plugin's shelf, and the words it is asked in. Whatever stands
//! behind it must pass the `conformance` suite.
//!
//! Time is a parameter. It refuses to know files, threads and keys of encryption.

use bytes::Bytes;

use super::fault::StorageFault;
use crate::secrets::Sealed;
use crate::store::StoreError;

/// Bytes of one key.
pub const KEY_BYTES: usize = 512;
/// Bytes of one value: two of them, one of a page and one that ends it, fit what a reader decodes.
pub const VALUE_BYTES: usize = 64 * 1024;
/// Changes of one batch.
pub const CHANGES: usize = 128;
/// Entries of one page.
pub const PAGE: usize = 1_000;
/// Bytes of keys and values after which a page ends.
pub const PAGE_BYTES: usize = 48 * 1024;

/// Microseconds since the Unix epoch, by the wall's clock.
pub type Micros = i64;

/// A key: 1 to [`KEY_BYTES`] bytes of text without a zero. Keys are in the order of their bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(std::sync::Arc<str>);

/// What a text lacks to be a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It has no byte.
    #[error("a key has at least one byte")]
    Empty,
    /// It has too many.
    #[error("a key has at most {KEY_BYTES} bytes, this one has {0}")]
    TooLong(usize),
    /// It has a byte that is 0.
    #[error("a key has no zero byte")]
    Zero,
}

impl Key {
    /// A text as a key.
    ///
    /// # Errors
    /// It is none.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        match text.len() {
            0 => Err(KeyError::Empty),
            1..=KEY_BYTES if text.contains('\0') => Err(KeyError::Zero),
            1..=KEY_BYTES => Ok(Self(text.into())),
            length => Err(KeyError::TooLong(length)),
        }
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a key holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Bytes of the plugin's.
    Plain(Bytes),
    /// A number that can be added to.
    Counter(i64),
    /// Bytes that only the daemon can read.
    Sealed(Sealed),
}

impl Content {
    /// Its size, roughly.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Plain(bytes) => bytes.len(),
            Self::Counter(_) => size_of::<i64>(),
            Self::Sealed(sealed) => sealed.bytes.len(),
        }
    }

    /// Whether it has no byte.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A key and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: Key,
    /// What it holds; nothing where a list leaves values out.
    pub content: Option<Content>,
    /// Its value is kept encrypted.
    pub secret: bool,
    /// When it was changed last, counted over the whole shelf.
    pub revision: u64,
    /// When it goes away by itself.
    pub expires: Option<Micros>,
}

/// What must be there for a change to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// Anything or nothing.
    Anything,
    /// Nothing.
    Absent,
    /// The key in this revision.
    Revision(u64),
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A key holds something else, or is new.
    Set {
        /// The key.
        key: Key,
        /// What it holds from now on.
        content: Content,
        /// When it goes away by itself.
        expires: Option<Micros>,
        /// What must be there.
        expect: Expect,
    },
    /// A key goes away.
    Delete {
        /// The key.
        key: Key,
        /// What must be there.
        expect: Expect,
    },
    /// A counter, 0 where there is none, grows or shrinks.
    Add {
        /// The key.
        key: Key,
        /// By how much.
        by: i64,
        /// When one that is new goes away by itself.
        expires: Option<Micros>,
    },
}

impl Change {
    /// Whose change it is.
    #[must_use]
    pub fn key(&self) -> &Key {
        match self {
            Self::Set { key, .. } | Self::Delete { key, .. } | Self::Add { key, .. } => key,
        }
    }

    /// Bytes it writes, roughly.
    #[must_use]
    pub fn len(&self) -> usize {
        let content = match self {
            Self::Set { content, .. } => content.len(),
            Self::Delete { .. } | Self::Add { .. } => size_of::<i64>(),
        };
        self.key().as_str().len() + content
    }

    /// It always writes something.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }
}

/// What an acknowledged batch outlives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Durability {
    /// Any kill of any process.
    Process,
    /// A loss of power, too.
    Power,
}

/// Changes that are made together or not at all, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The changes.
    pub changes: Vec<Change>,
    /// What they must outlive once they are acknowledged.
    pub durability: Durability,
}

impl Batch {
    /// When the first of what it sets goes away by itself.
    #[must_use]
    pub fn soonest(&self) -> Option<Micros> {
        let expires = self.changes.iter().filter_map(|change| match change {
            Change::Set { expires, .. } | Change::Add { expires, .. } => *expires,
            Change::Delete { .. } => None,
        });
        expires.min()
    }
}

/// What became of one change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// The key's revision now; 0 where nothing was there to delete.
    pub revision: u64,
    /// There was such a key before.
    pub existed: bool,
    /// What the counter holds.
    pub counter: Option<i64>,
}

/// Why a batch is not carried out. Nothing of it is kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Something else is there than was expected.
    #[error(
        "{:?} has {}", key.as_str(),
        found.map_or("no value".to_owned(), |found| format!("revision {found}"))
    )]
    Conflict {
        /// The key.
        key: Key,
        /// The place of the change in its batch.
        at: usize,
        /// The revision that is there; none where nothing is.
        found: Option<u64>,
    },
    /// The key holds something that cannot be added to.
    #[error("{:?} holds no counter", key.as_str())]
    NotACounter {
        /// The key.
        key: Key,
    },
    /// The counter would leave 64 bits.
    #[error("the counter {:?} would overflow", key.as_str())]
    Overflow {
        /// The key.
        key: Key,
    },
    /// The shelf holds as much as it may.
    #[error("the storage is full")]
    Full,
}

/// What a group of batches came to.
#[derive(Debug, Default)]
pub struct Applied {
    /// One for each batch.
    pub results: Vec<Result<Vec<Written>, StorageFault>>,
    /// What changed, in order, expired keys included.
    pub news: Vec<News>,
}

/// A key has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// Which.
    pub key: Key,
    /// Its revision, or the one it went with.
    pub revision: u64,
    /// How.
    pub what: What,
}

/// How a key has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// It holds something else, or is new.
    Set,
    /// Somebody deleted it.
    Deleted,
    /// Its time was over.
    Expired,
}

/// Which entries to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// What keys begin with.
    pub prefix: String,
    /// Only keys behind this one.
    pub after: Option<String>,
    /// So many at most.
    pub most: usize,
    /// Whether contents are wanted.
    pub values: Values,
}

/// Whether a list carries what keys hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// Keys only.
    Without,
    /// All but what is sealed.
    Open,
    /// All.
    WithSealed,
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The entries.
    pub entries: Vec<Entry>,
    /// There is more behind the last of them.
    pub more: bool,
}

/// How full a shelf is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Bytes in use.
    pub bytes: u64,
    /// Keys, expired ones that are not dropped yet included.
    pub keys: u64,
    /// Of them secret ones.
    pub secrets: u64,
    /// The newest revision.
    pub revision: u64,
    /// When the shelf before this one was found damaged.
    pub damaged: Option<Micros>,
}

/// One plugin's shelf. It blocks: for a thread of its own.
pub trait Shelf {
    /// Carries out batches, each whole or not at all. What becomes of one leaves the others alone.
    fn apply(&mut self, batches: &[Batch], now: Micros) -> Applied;

    /// What a key holds.
    ///
    /// # Errors
    /// The file cannot be read.
    fn get(&mut self, key: &Key, now: Micros) -> Result<Option<Entry>, StoreError>;

    /// A page of entries in the order of their keys.
    ///
    /// # Errors
    /// The file cannot be read.
    fn list(&mut self, scan: &Scan, now: Micros) -> Result<Page, StoreError>;

    /// Drops some of what has expired; nothing is told once all is dropped.
    ///
    /// # Errors
    /// The disk's, or the file is damaged.
    fn expire(&mut self, now: Micros) -> Result<Vec<News>, StoreError>;

    /// How full it is.
    ///
    /// # Errors
    /// The file cannot be read.
    fn usage(&mut self) -> Result<Usage, StoreError>;
}
