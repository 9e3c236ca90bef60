//! A shelf in memory, for tests: the plainest thing that passes the conformance suite, and what the
//! one on disk is compared with. Its quota counts bytes, not pages.

use std::collections::BTreeMap;

use super::decide::{Act, Found, decide};
use super::fault::StorageFault;
use super::port::{
    Applied, Batch, Content, Entry, Key, Micros, News, PAGE_BYTES, Page, Refusal, Scan, Shelf,
    Usage, Values, What, Written,
};
use crate::store::StoreError;

/// A shelf in memory.
#[derive(Debug, Clone)]
pub struct Memory {
    entries: BTreeMap<Key, Entry>,
    revision: u64,
    quota: usize,
}

impl Memory {
    /// An empty one for so many bytes.
    pub fn new(quota: usize) -> Self {
        Self { entries: BTreeMap::new(), revision: 0, quota }
    }

    fn drop_expired(&mut self, now: Micros) -> Vec<News> {
        let told =
            |it: &Entry| News { key: it.key.clone(), revision: it.revision, what: What::Expired };
        let gone = self.entries.values().filter(|it| !lives(it, now)).map(told).collect();
        self.entries.retain(|_, it| lives(it, now));
        gone
    }

    fn bytes(&self) -> usize {
        self.entries.values().map(size).sum()
    }

    fn apply_one(
        &mut self,
        batch: &Batch,
        now: Micros,
    ) -> Result<(Vec<Written>, Vec<News>), Refusal> {
        let (mut written, mut news) = (Vec::new(), Vec::new());
        let mut grows = false;
        for (at, change) in batch.changes.iter().enumerate() {
            let key = change.key();
            let found = self.entries.get(key).filter(|it| lives(it, now)).map(found);
            let next = self.revision + 1;
            let (act, outcome) = decide(change, at, found, next)?;
            written.push(outcome);
            let what = match act {
                Act::Nothing => continue,
                Act::Remove => {
                    self.entries.remove(key);
                    What::Deleted
                }
                Act::Put(content, expires) => {
                    grows = true;
                    let secret = matches!(content, Content::Sealed(_));
                    let (key, content) = (key.clone(), Some(content));
                    let entry =
                        Entry { key: key.clone(), content, secret, revision: next, expires };
                    self.entries.insert(key, entry);
                    What::Set
                }
            };
            self.revision = next;
            news.push(News { key: key.clone(), revision: next, what });
        }
        if grows && self.bytes() > self.quota {
            return Err(Refusal::Full);
        }
        Ok((written, news))
    }
}

impl Shelf for Memory {
    fn apply(&mut self, batches: &[Batch], now: Micros) -> Applied {
        let mut applied = Applied { news: self.drop_expired(now), ..Applied::default() };
        for batch in batches {
            let before = self.clone();
            let result = self.apply_one(batch, now);
            if result.is_err() {
                *self = before;
            }
            let result = result.map(|(written, mut news)| {
                applied.news.append(&mut news);
                written
            });
            applied.results.push(result.map_err(StorageFault::Refused));
        }
        applied
    }

    fn get(&mut self, key: &Key, now: Micros) -> Result<Option<Entry>, StoreError> {
        Ok(self.entries.get(key).filter(|it| lives(it, now)).cloned())
    }

    fn list(&mut self, scan: &Scan, now: Micros) -> Result<Page, StoreError> {
        let wanted = |it: &&Entry| {
            let key = it.key.as_str();
            let behind = scan.after.as_deref().is_none_or(|after| key > after);
            lives(it, now) && behind && key.starts_with(&scan.prefix)
        };
        let mut page = Page::default();
        let mut bytes = 0;
        for entry in self.entries.values().filter(wanted) {
            if page.entries.len() == scan.most || bytes > PAGE_BYTES {
                page.more = true;
                break;
            }
            let shown = shown(entry, scan.values);
            bytes += size(&shown);
            page.entries.push(shown);
        }
        Ok(page)
    }

    fn expire(&mut self, now: Micros) -> Result<Vec<News>, StoreError> {
        Ok(self.drop_expired(now))
    }

    fn usage(&mut self) -> Result<Usage, StoreError> {
        Ok(Usage {
            bytes: self.bytes() as u64,
            keys: self.entries.len() as u64,
            secrets: self.entries.values().filter(|it| it.secret).count() as u64,
            revision: self.revision,
            damaged: None,
        })
    }
}

fn found(entry: &Entry) -> Found {
    let counter = match entry.content {
        Some(Content::Counter(number)) => Some(number),
        _ => None,
    };
    Found { revision: entry.revision, counter, expires: entry.expires }
}

fn lives(entry: &Entry, now: Micros) -> bool {
    entry.expires.is_none_or(|expires| expires > now)
}

fn shown(entry: &Entry, values: Values) -> Entry {
    let content = match values {
        Values::Without => None,
        Values::Open if entry.secret => None,
        Values::Open | Values::WithSealed => entry.content.clone(),
    };
    Entry { content, ..entry.clone() }
}

fn size(entry: &Entry) -> usize {
    entry.key.as_str().len() + entry.content.as_ref().map_or(0, Content::len)
}
