//! One thread of the depot: it takes what waits, sorts it by plugin, and lets each plugin's writes
//! share a commit. It owns the shelves of its plugins, as many open as are in use.
//!
//! It refuses to know who asks and why.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};

use super::depot::{Files, Losses};
use super::fault::StorageFault;
use super::notices::Notices;
use super::port::{
    Batch, Change, Content, Durability, Entry, Key, Micros, Page, Scan, Shelf as _, Usage, Written,
};
use super::room::Wish;
use crate::config::name::PluginName;
use crate::secrets::Keyring;
use crate::store::{Health, Secrets, SqliteShelf, StoreError};

/// Shelves that one thread keeps open. Each has three files.
const OPEN: usize = 16;
/// Orders of one turn...
const TURN_ORDERS: usize = 256;
/// ...or bytes.
const TURN_BYTES: usize = 1 << 20;

/// What a thread is told.
pub enum Tell {
    /// Something is to be done with one plugin's shelf.
    Order(Order),
    /// Drop what has expired.
    Expire(Timestamp),
    /// Close all shelves and end.
    Close,
}

/// Something to be done with one plugin's shelf.
pub struct Order {
    pub plugin: PluginName,
    pub asker: Asker,
    pub now: Timestamp,
    pub ask: Ask,
    /// Given back when it is done: whoever hangs up has it under way all the same.
    pub permit: Option<OwnedSemaphorePermit>,
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asker {
    /// The plugin, whose shelf may have so many bytes.
    Plugin(u64),
    /// An operator; of a plugin that is loaded, with its quota.
    Operator(Option<u64>),
}

/// What comes of it.
pub type Answer<T> = oneshot::Sender<Result<T, StorageFault>>;

/// What is to be done.
pub enum Ask {
    Write(Vec<Wish>, Durability, Answer<Vec<Written>>),
    /// With what is secret, in clear; or with nothing in its place.
    Get(Key, Secrets, Answer<Option<Entry>>),
    List(Scan, Answer<Page>),
    Usage(Answer<Usage>),
    Replace(PathBuf, Answer<()>),
    Purge(Answer<()>),
}

/// Writes of one plugin that share a commit.
struct Write {
    asker: Asker,
    now: Timestamp,
    batch: Result<Batch, StorageFault>,
    answer: Answer<Vec<Written>>,
    permit: Option<OwnedSemaphorePermit>,
}

struct Open {
    shelf: SqliteShelf,
    used: u64,
}

/// The thread's own.
pub struct Desk {
    pub files: Files,
    pub keys: Keyring,
    pub notices: Notices,
    pub losses: Losses,
    open: HashMap<PluginName, Open>,
    /// Whose file was read through once.
    sound: HashSet<PluginName>,
    uses: u64,
}

impl Desk {
    /// With no shelf open.
    pub fn new(files: Files, keys: Keyring, notices: Notices, losses: Losses) -> Self {
        let (open, sound) = (HashMap::new(), HashSet::new());
        Self { files, keys, notices, losses, open, sound, uses: 0 }
    }

    /// Works until it is told to close, or nobody is left to ask.
    pub fn serve(mut self, mut orders: mpsc::Receiver<Tell>) {
        while let Some(first) = orders.blocking_recv() {
            let mut next = Some(first);
            let (mut turn, mut bytes) = (Vec::new(), 0);
            let behind = loop {
                match next.take() {
                    Some(Tell::Order(order)) => {
                        bytes += order.ask.bytes();
                        turn.push(order);
                    }
                    Some(other @ (Tell::Expire(_) | Tell::Close)) => break Some(other),
                    None => break None,
                }
                if turn.len() < TURN_ORDERS && bytes < TURN_BYTES {
                    next = orders.try_recv().ok();
                }
            };
            self.carry_out(turn);
            match behind {
                Some(Tell::Expire(now)) => self.expire(now),
                Some(Tell::Close) => break,
                Some(Tell::Order(_)) | None => {}
            }
        }
        // In this order: the queue's end tells that the files are at rest.
        self.open.clear();
        drop(orders);
    }

    fn carry_out(&mut self, orders: Vec<Order>) {
        let mut by_plugin: Vec<(PluginName, Vec<Order>)> = Vec::new();
        for order in orders {
            match by_plugin.iter_mut().find(|(plugin, _)| *plugin == order.plugin) {
                Some((_, own)) => own.push(order),
                None => by_plugin.push((order.plugin.clone(), vec![order])),
            }
        }
        for (plugin, orders) in by_plugin {
            self.carry_out_for(&plugin, orders);
        }
    }

    /// In order; writes that follow one another share a commit.
    fn carry_out_for(&mut self, plugin: &PluginName, orders: Vec<Order>) {
        let mut writes = Vec::new();
        for Order { asker, now, ask, permit, .. } in orders {
            match ask {
                Ask::Write(wishes, durability, answer) => {
                    let batch = self.seal_all(plugin, wishes, durability);
                    writes.push(Write { asker, now, batch, answer, permit });
                }
                other => {
                    self.write(plugin, std::mem::take(&mut writes));
                    self.answer(plugin, (asker, now), other);
                }
            }
        }
        self.write(plugin, writes);
    }

    fn answer(&mut self, plugin: &PluginName, by: (Asker, Timestamp), ask: Ask) {
        let now = by.1.as_microsecond();
        // Whoever asked may have gone.
        match ask {
            Ask::Write(_, _, answer) => drop(answer.send(Err(StorageFault::Stopping))),
            Ask::Get(key, secrets, answer) => {
                let found = self.with_shelf(plugin, by, |shelf| Ok(shelf.get(&key, now)?));
                let shown = found.and_then(|found| match (found, secrets) {
                    (Some(found), Secrets::With) => self.reveal(plugin, found).map(Some),
                    (found, _) => Ok(found),
                });
                drop(answer.send(shown));
            }
            Ask::List(scan, answer) => {
                let found = self.with_shelf(plugin, by, |shelf| Ok(shelf.list(&scan, now)?));
                let opened = found.and_then(|page| self.reveal_all(plugin, page));
                drop(answer.send(opened));
            }
            Ask::Usage(answer) => {
                drop(answer.send(self.with_shelf(plugin, by, |shelf| Ok(shelf.usage()?))));
            }
            Ask::Replace(staged, answer) => {
                drop(answer.send(self.replace(plugin, by, &staged)));
            }
            Ask::Purge(answer) => {
                let was_there = self.files.of(plugin).exists();
                self.open.remove(plugin);
                self.sound.remove(plugin);
                let removed = self.files.remove(plugin).map_err(StorageFault::Store);
                let none = || StorageFault::NoStorage(plugin.as_str().to_owned());
                let removed = removed.and_then(|()| was_there.then_some(()).ok_or_else(none));
                drop(answer.send(removed));
            }
        }
    }

    /// One commit for all of them.
    fn write(&mut self, plugin: &PluginName, writes: Vec<Write>) {
        let (mut batches, mut answers) = (Vec::new(), Vec::new());
        let mut now = Timestamp::MIN;
        for write in writes {
            now = now.max(write.now);
            // Says what stands in the way of all, and to whom the damage must be told.
            let ready = self.with_shelf(plugin, (write.asker, write.now), |_| Ok(()));
            match ready.and(write.batch) {
                Ok(batch) => {
                    batches.push(batch);
                    answers.push((write.asker, write.answer, write.permit));
                }
                Err(fault) => drop(write.answer.send(Err(fault))),
            }
        }
        let Some((asker, ..)) = answers.first() else { return };
        let Ok(shelf) = self.shelf(plugin, *asker, now) else { return };
        let applied = shelf.apply(&batches, now.as_microsecond());
        let damaged = applied.results.iter().any(|it| it.as_ref().is_err_and(is_damage));
        let at = damaged.then(|| self.begin_anew(plugin, now));
        self.notices.tell(plugin, applied.news);
        for ((asker, answer, _permit), result) in answers.into_iter().zip(applied.results) {
            let result = match (&at, result) {
                (Some(at), Err(fault)) if is_damage(&fault) => Err(self.told(plugin, asker, at)),
                (_, result) => result,
            };
            drop(answer.send(result));
        }
    }

    /// Does something with a shelf. A file that turns out to be damaged is set aside.
    fn with_shelf<T>(
        &mut self,
        plugin: &PluginName,
        (asker, now): (Asker, Timestamp),
        work: impl FnOnce(&mut SqliteShelf) -> Result<T, StorageFault>,
    ) -> Result<T, StorageFault> {
        let done = self.shelf(plugin, asker, now).and_then(|shelf| {
            if let Asker::Plugin(_) = asker
                && let Some(at) = shelf.tell_of_damage()?
            {
                return Err(StorageFault::Damaged { at });
            }
            work(shelf)
        });
        match done {
            Err(fault) if is_damage(&fault) => {
                let at = self.begin_anew(plugin, now);
                Err(self.told(plugin, asker, &at))
            }
            done => done,
        }
    }

    /// The plugin's shelf, opened if need be.
    fn shelf(
        &mut self,
        plugin: &PluginName,
        asker: Asker,
        now: Timestamp,
    ) -> Result<&mut SqliteShelf, StorageFault> {
        if !self.open.contains_key(plugin) {
            if asker == Asker::Operator(None) && !self.files.of(plugin).exists() {
                return Err(StorageFault::NoStorage(plugin.as_str().to_owned()));
            }
            self.make_room();
            let health = if self.sound.contains(plugin) { Health::Known } else { Health::Check };
            let shelf = match SqliteShelf::open(&self.files.of(plugin), health) {
                Err(StoreError::Corrupted { .. }) => {
                    self.begin_anew(plugin, now)?;
                    return self.shelf(plugin, asker, now);
                }
                opened => opened?,
            };
            self.sound.insert(plugin.clone());
            self.open.insert(plugin.clone(), Open { shelf, used: 0 });
        }
        self.uses += 1;
        let Some(open) = self.open.get_mut(plugin) else { return Err(StorageFault::Stopping) };
        open.used = self.uses;
        if let Asker::Plugin(quota) | Asker::Operator(Some(quota)) = asker {
            open.shelf.set_quota(quota)?;
        }
        Ok(&mut open.shelf)
    }

    /// Closes the one that was used least recently, where too many are open.
    fn make_room(&mut self) {
        if self.open.len() < OPEN {
            return;
        }
        let oldest = self.open.iter().min_by_key(|(_, open)| open.used);
        if let Some(plugin) = oldest.map(|(plugin, _)| plugin.clone()) {
            self.open.remove(&plugin);
        }
    }

    /// Sets a damaged file aside; answers when that was found.
    fn begin_anew(&mut self, plugin: &PluginName, now: Timestamp) -> Result<Micros, StorageFault> {
        self.open.remove(plugin);
        self.sound.remove(plugin);
        let (shelf, copy) = SqliteShelf::begin_anew(&self.files.of(plugin), now)?;
        self.open.insert(plugin.clone(), Open { shelf, used: self.uses });
        self.losses.add(plugin, copy);
        self.notices.tell_replaced(plugin);
        Ok(now.as_microsecond())
    }

    /// What somebody hears whose request found the damage. A plugin hears it once.
    fn told(
        &mut self,
        plugin: &PluginName,
        asker: Asker,
        at: &Result<Micros, StorageFault>,
    ) -> StorageFault {
        let at = match at {
            Ok(at) => *at,
            Err(fault) => return fault.clone(),
        };
        if let (Asker::Plugin(_), Some(open)) = (asker, self.open.get_mut(plugin))
            && let Err(error) = open.shelf.tell_of_damage()
        {
            return error.into();
        }
        StorageFault::Damaged { at }
    }

    fn replace(
        &mut self,
        plugin: &PluginName,
        (asker, now): (Asker, Timestamp),
        staged: &std::path::Path,
    ) -> Result<(), StorageFault> {
        // Makes one where there is none: what is put in its place then has something to replace.
        let quota = match asker {
            Asker::Plugin(quota) | Asker::Operator(Some(quota)) => Some(quota),
            Asker::Operator(None) => None,
        };
        let asker = Asker::Operator(quota.or(Some(u64::MAX)));
        self.shelf(plugin, asker, now)?;
        let Some(open) = self.open.remove(plugin) else { return Err(StorageFault::Stopping) };
        self.sound.remove(plugin);
        let shelf = open.shelf.replaced_by(staged)?;
        self.open.insert(plugin.clone(), Open { shelf, used: self.uses });
        self.notices.tell_replaced(plugin);
        Ok(())
    }

    fn expire(&mut self, now: Timestamp) {
        let plugins: Vec<PluginName> = self.open.keys().cloned().collect();
        for plugin in plugins {
            let Some(open) = self.open.get_mut(&plugin) else { continue };
            match open.shelf.expire(now.as_microsecond()) {
                Ok(news) => self.notices.tell(&plugin, news),
                Err(error @ StoreError::Corrupted { .. }) => {
                    tracing::error!(%plugin, "{error}");
                    if let Err(fault) = self.begin_anew(&plugin, now) {
                        tracing::error!(%plugin, "no new storage could be begun: {fault}");
                    }
                }
                // It is tried again; whoever reads sees nothing that has expired.
                Err(error) => tracing::warn!(%plugin, "cannot drop what has expired: {error}"),
            }
        }
    }

    fn seal_all(
        &self,
        plugin: &PluginName,
        wishes: Vec<Wish>,
        durability: Durability,
    ) -> Result<Batch, StorageFault> {
        let sealed = |wish: Wish| match wish {
            Wish::Open(change) => Ok(change),
            Wish::Secret(Change::Set { key, content: Content::Plain(bytes), expires, expect }) => {
                let sealed = self.keys.seal(&[plugin.as_str(), key.as_str()], &bytes)?;
                Ok(Change::Set { key, content: Content::Sealed(sealed), expires, expect })
            }
            Wish::Secret(_) => Err(StorageFault::Invalid("only a value can be secret")),
        };
        let changes = wishes.into_iter().map(sealed).collect::<Result<_, _>>()?;
        Ok(Batch { changes, durability })
    }

    fn reveal_all(&self, plugin: &PluginName, page: Page) -> Result<Page, StorageFault> {
        let entries = page.entries.into_iter().map(|it| self.reveal(plugin, it));
        Ok(Page { entries: entries.collect::<Result<_, _>>()?, ..page })
    }

    fn reveal(&self, plugin: &PluginName, entry: Entry) -> Result<Entry, StorageFault> {
        let Some(Content::Sealed(sealed)) = &entry.content else { return Ok(entry) };
        let clear = self.keys.open(&[plugin.as_str(), entry.key.as_str()], sealed)?;
        Ok(Entry { content: Some(Content::Plain(clear.into())), ..entry })
    }
}

impl Ask {
    fn bytes(&self) -> usize {
        match self {
            Self::Write(wishes, ..) => wishes.iter().map(Wish::len).sum(),
            Self::Get(..) | Self::List(..) | Self::Usage(_) | Self::Replace(..) => 0,
            Self::Purge(_) => 0,
        }
    }
}

fn is_damage(fault: &StorageFault) -> bool {
    matches!(fault, StorageFault::Store(StoreError::Corrupted { .. }))
}
