//! `Watch`: what changes in a plugin's storage, as it happens.
//!
//! It refuses to keep anything: whoever reads slowly is told of a gap.

use outboard_proto::plugin::{StorageChangeKind, StorageGap, StorageNews, storage_news};
use tokio::sync::broadcast::{self, error::RecvError};

use super::StorageError;
use crate::error::HostError;

/// Changes under one prefix, from when the watch began.
///
/// ```no_run
/// # use outboard_plugin::{Host, News, Result};
/// async fn follow(host: Host) -> Result {
///     let mut watch = host.storage().watch("rules/").await?;
///     while let Some(news) = watch.next().await? {
///         match news {
///             News::Changed(change) => eprintln!("{} is another", change.key),
///             News::Gap { .. } => eprintln!("all of them may be others"),
///         }
///     }
///     Ok(())
/// }
/// ```
#[derive(Debug)]
pub struct Watch {
    source: Source,
    revision: u64,
}

/// Where news comes from.
#[derive(Debug)]
pub(crate) enum Source {
    /// The daemon.
    Wire(Box<tonic::Streaming<StorageNews>>),
    /// The harness's memory: all news, and the prefix that counts.
    Memory(broadcast::Receiver<StorageNews>, String),
}

/// What a watch tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// A key has changed.
    Changed(Changed),
    /// Some changes are not told: read again what matters.
    Gap {
        /// How many; 0 = nobody knows, for everything was replaced.
        missed: u64,
    },
}

/// A key that has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Which.
    pub key: String,
    /// Its revision; of one that is gone, the one it went with.
    pub revision: u64,
    /// How.
    pub kind: StorageChangeKind,
}

impl Watch {
    pub(super) fn new(source: Source) -> Self {
        Self { source, revision: 0 }
    }

    /// The newest revision when the watch began, once the first news has come: what is newer is
    /// told.
    #[must_use]
    pub fn began_at(&self) -> u64 {
        self.revision
    }

    /// Waits for the next change; nothing once the daemon says no more.
    ///
    /// # Errors
    /// The grant was withdrawn, or the daemon is gone.
    pub async fn next(&mut self) -> Result<Option<News>, StorageError> {
        loop {
            let Some(news) = self.source.next().await? else { return Ok(None) };
            match news.kind {
                Some(storage_news::Kind::Watching(watching)) => self.revision = watching.revision,
                Some(storage_news::Kind::Changed(changed)) => {
                    let kind = changed.kind();
                    let (key, revision) = (changed.key, changed.revision);
                    return Ok(Some(News::Changed(Changed { key, revision, kind })));
                }
                Some(storage_news::Kind::Gap(gap)) => {
                    return Ok(Some(News::Gap { missed: gap.missed }));
                }
                // Of a newer daemon.
                None => {}
            }
        }
    }
}

impl Source {
    async fn next(&mut self) -> Result<Option<StorageNews>, HostError> {
        match self {
            Self::Wire(stream) => {
                stream.message().await.map_err(|status| HostError::from_status(&status))
            }
            Self::Memory(all, prefix) => loop {
                match all.recv().await {
                    Ok(news) if concerns(&news, prefix) => return Ok(Some(news)),
                    Ok(_) => {}
                    Err(RecvError::Lagged(missed)) => {
                        let gap = storage_news::Kind::Gap(StorageGap { missed });
                        return Ok(Some(StorageNews { kind: Some(gap) }));
                    }
                    Err(RecvError::Closed) => return Ok(None),
                }
            },
        }
    }
}

fn concerns(news: &StorageNews, prefix: &str) -> bool {
    match &news.kind {
        Some(storage_news::Kind::Changed(changed)) => changed.key.starts_with(prefix),
        Some(storage_news::Kind::Watching(_) | storage_news::Kind::Gap(_)) | None => true,
    }
}
