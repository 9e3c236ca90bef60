//! Who is told of changes: watchers of one plugin's shelf, each with a prefix. One that is slow
//! misses some and is told how many; it holds up nobody. It refuses to know what a key holds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, broadcast};

use super::port::News;
use crate::config::name::PluginName;

/// Changes that a watcher may be behind: with keys of full length some 128 KiB a plugin.
const BEHIND: usize = 256;

/// The watchers of all shelves. Cheap to clone.
#[derive(Clone, Default)]
pub struct Notices {
    /// Only of those that somebody watches.
    channels: Arc<Mutex<HashMap<PluginName, broadcast::Sender<Notice>>>>,
}

#[derive(Debug, Clone)]
enum Notice {
    Changed(Arc<News>),
    Replaced,
}

/// One who watches.
pub struct Watcher {
    notices: broadcast::Receiver<Notice>,
    prefix: String,
    /// What happened up to here was there to be read when the watch began.
    after: u64,
    _permit: OwnedSemaphorePermit,
}

/// What a watcher hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// A key has changed.
    Changed(Arc<News>),
    /// So many changes are not told; none = nobody knows how many.
    Gap(Option<u64>),
}

impl Notices {
    /// Begins to watch.
    pub fn watch(
        &self,
        plugin: &PluginName,
        prefix: String,
        permit: OwnedSemaphorePermit,
    ) -> Watcher {
        let mut channels = self.lock();
        let channel = channels.entry(plugin.clone());
        let notices = channel.or_insert_with(|| broadcast::Sender::new(BEHIND)).subscribe();
        Watcher { notices, prefix, after: 0, _permit: permit }
    }

    /// Tells of what is committed.
    pub fn tell(&self, plugin: &PluginName, news: Vec<News>) {
        for one in news {
            if !self.tell_one(plugin, Notice::Changed(Arc::new(one))) {
                return;
            }
        }
    }

    /// Everything has been replaced at once.
    pub fn tell_replaced(&self, plugin: &PluginName) {
        self.tell_one(plugin, Notice::Replaced);
    }

    /// Whether there is anybody to tell.
    fn tell_one(&self, plugin: &PluginName, notice: Notice) -> bool {
        let mut channels = self.lock();
        let Some(channel) = channels.get(plugin) else { return false };
        let told = channel.send(notice).is_ok();
        if !told {
            channels.remove(plugin);
        }
        told
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PluginName, broadcast::Sender<Notice>>> {
        self.channels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watcher {
    /// What happened up to this revision is not told.
    pub fn begin_after(&mut self, revision: u64) {
        self.after = revision;
    }

    /// The next thing that concerns it; nothing once there will be no more.
    pub async fn next(&mut self) -> Option<Heard> {
        loop {
            match self.notices.recv().await {
                Ok(Notice::Changed(news)) if self.concerns(&news) => {
                    return Some(Heard::Changed(news));
                }
                Ok(Notice::Changed(_)) => {}
                Ok(Notice::Replaced) => return Some(Heard::Gap(None)),
                Err(RecvError::Lagged(missed)) => return Some(Heard::Gap(Some(missed))),
                Err(RecvError::Closed) => return None,
            }
        }
    }

    fn concerns(&self, news: &News) -> bool {
        // What expires goes with the revision it had.
        let is_new = news.revision > self.after || news.what == super::port::What::Expired;
        is_new && news.key.as_str().starts_with(&self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::port::{Key, What};
    use tokio::sync::Semaphore;

    fn news(key: &str, revision: u64) -> News {
        News { key: Key::parse(key).unwrap(), revision, what: What::Set }
    }

    fn watcher(notices: &Notices, prefix: &str) -> Watcher {
        let permit = Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap();
        notices.watch(&"alpha".parse().unwrap(), prefix.to_owned(), permit)
    }

    #[tokio::test]
    async fn a_watcher_hears_of_its_prefix_and_of_what_is_new() {
        let (notices, alpha) = (Notices::default(), "alpha".parse().unwrap());
        let mut watcher = watcher(&notices, "a/");
        watcher.begin_after(2);
        notices.tell(&alpha, vec![news("a/1", 2), news("b/1", 3), news("a/2", 4)]);
        notices.tell(&"beta".parse().unwrap(), vec![news("a/3", 5)]);
        assert_eq!(watcher.next().await, Some(Heard::Changed(Arc::new(news("a/2", 4)))));
        notices.tell_replaced(&alpha);
        assert_eq!(watcher.next().await, Some(Heard::Gap(None)));
    }

    // I75
    #[tokio::test]
    async fn one_that_is_slow_is_told_how_much_it_missed_and_holds_up_nobody() {
        let (notices, alpha) = (Notices::default(), "alpha".parse().unwrap());
        let mut watcher = watcher(&notices, "");
        let count = BEHIND as u64 + 10;
        notices.tell(&alpha, (1..=count).map(|it| news("k", it)).collect());
        assert_eq!(watcher.next().await, Some(Heard::Gap(Some(10))));
        assert_eq!(watcher.next().await, Some(Heard::Changed(Arc::new(news("k", 11)))));
    }

    #[tokio::test]
    async fn nobody_is_kept_who_has_left() {
        let (notices, alpha) = (Notices::default(), "alpha".parse().unwrap());
        drop(watcher(&notices, ""));
        notices.tell(&alpha, vec![news("k", 1)]);
        assert!(notices.lock().is_empty());
    }
}
