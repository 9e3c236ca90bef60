//! A journal in memory, for tests: it does what the port says, and forgets everything at the end.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};

use bytes::Bytes;

use super::journal::{
    AGE_US, Back, Backlog, DEAD_LETTERS, DeadLetter, Death, Declared, ENDS, EventJournal, Gone,
    ID_AGE_US, Kept, LANE_ROWS, LanePage, NewEvent, Op, Outcome, PAGE_LANES, Page, Seq,
    SubscriptionKey,
};
use crate::store::StoreError;

/// The journal; clones share it.
#[derive(Clone, Default)]
pub struct Memory(Arc<Mutex<Tables>>);

#[derive(Default)]
struct Tables {
    next: Seq,
    rows: BTreeMap<Seq, Row>,
    letters: BTreeMap<i64, Letter>,
    published: HashMap<Arc<str>, i64>,
}

#[derive(Clone)]
struct Row {
    key: SubscriptionKey,
    lane: Arc<str>,
    event: Arc<Mutex<NewEvent>>,
    size: u64,
    at_us: i64,
    attempt: u32,
    failures: u32,
    ends: u32,
    handed: bool,
}

struct Letter {
    row: Row,
    cause: Death,
    detail: String,
    at_us: i64,
}

impl Memory {
    /// As [`EventJournal::recover`].
    pub fn recover_now(&self) -> u64 {
        let mut tables = self.0.lock().unwrap();
        let mut raised = 0;
        for row in tables.rows.values_mut().filter(|row| row.handed) {
            (row.attempt, row.handed, raised) = (row.attempt + 1, false, raised + 1);
        }
        raised
    }

    /// As [`EventJournal::apply`].
    pub fn apply_now(&self, ops: &[Op]) -> Vec<Outcome> {
        let mut tables = self.0.lock().unwrap();
        ops.iter().map(|op| tables.apply(op)).collect()
    }

    /// Rows that wait: event and attempt.
    pub fn waiting(&self) -> Vec<(String, u32)> {
        let tables = self.0.lock().unwrap();
        let row = |row: &Row| (row.event.lock().unwrap().id.to_string(), row.attempt);
        tables.rows.values().map(row).collect()
    }

    /// The row of an event that waits.
    pub fn seq_of(&self, id: &str) -> Option<Seq> {
        let tables = self.0.lock().unwrap();
        let of = |row: &Row| *row.event.lock().unwrap().id == *id;
        tables.rows.iter().find(|(_, row)| of(row)).map(|(seq, _)| *seq)
    }

    /// Dead letters: event and cause.
    pub fn letters(&self) -> Vec<(String, Death)> {
        let tables = self.0.lock().unwrap();
        let letter = |it: &Letter| (it.row.event.lock().unwrap().id.to_string(), it.cause);
        tables.letters.values().map(letter).collect()
    }
}

impl Tables {
    fn apply(&mut self, op: &Op) -> Outcome {
        match op {
            Op::Declare { plugin, subscriptions, at_us } => {
                self.declare(plugin, subscriptions, *at_us)
            }
            Op::Accept(new) => self.accept(new),
            Op::Load { key, after, .. } => self.load(key, after.as_ref()),
            Op::LoadLane { key, lane, after, .. } => Outcome::Lane(self.read(key, lane, *after)),
            Op::Acknowledge { seq } => {
                self.rows.remove(seq);
                Outcome::Done
            }
            Op::Again { seq, failed, .. } => {
                if let Some(row) = self.rows.get_mut(seq) {
                    row.attempt += 1;
                    row.failures += u32::from(*failed);
                }
                Outcome::Done
            }
            Op::Raise { seqs } => {
                for seq in seqs {
                    self.rows.entry(*seq).and_modify(|row| row.attempt += 1);
                }
                Outcome::Done
            }
            Op::Ended { seqs, at_us } => self.ended(seqs, *at_us),
            Op::Bury { seq, cause, detail, at_us } => {
                let gone = self.bury(*seq, *cause, detail, *at_us);
                self.buried(gone.into_iter().collect())
            }
            Op::Expire { key, rows, bytes, at_us } => self.expire(key, (*rows, *bytes), *at_us),
            Op::Tidy { at_us } => self.tidy(*at_us),
            Op::Erase { workspace, message, redact } => {
                let letters = self.letters.values().map(|it| &it.row);
                for row in self.rows.values().chain(letters) {
                    let mut event = row.event.lock().unwrap();
                    if event.workspace == *workspace && event.message == *message {
                        event.body = redact(&event.body).into();
                    }
                }
                Outcome::Done
            }
            Op::Forget { user, workspace, redact } => self.forget(user, workspace, *redact),
            Op::Replay { ids, at_us } => self.replay(ids, *at_us),
            Op::Drop { ids } => match self.unknown(ids) {
                unknown if unknown.is_empty() => {
                    let dropped: Vec<_> =
                        ids.iter().filter_map(|id| self.letters.remove(id)).collect();
                    let keys = dropped.into_iter().map(|it| it.row.key).collect();
                    Outcome::Buried { gone: Vec::new(), dead_letters: self.counts(keys) }
                }
                unknown => Outcome::Unknown(unknown),
            },
        }
    }

    fn forget(
        &mut self,
        user: &str,
        workspace: &str,
        redact: fn(&str, &[u8]) -> Option<Vec<u8>>,
    ) -> Outcome {
        let forget = |event: &Mutex<NewEvent>| {
            let mut event = event.lock().unwrap();
            let there = workspace.is_empty() || event.workspace == workspace;
            let redacted = there.then(|| redact(user, &event.body)).flatten();
            let found = redacted.is_some();
            if let Some(body) = redacted {
                event.body = body.into();
            }
            u64::from(found)
        };
        let letters: u64 = self.letters.values().map(|it| forget(&it.row.event)).sum();
        let events: u64 = self.rows.values().map(|row| forget(&row.event)).sum();
        Outcome::Forgotten { events: events + letters, dead_letters: letters }
    }

    fn accept(&mut self, new: &NewEvent) -> Outcome {
        if self.published.contains_key(&new.id) {
            return Outcome::Duplicate;
        }
        self.published.insert(Arc::clone(&new.id), new.at_us);
        let event = Arc::new(Mutex::new(new.clone()));
        let keep = |target: &super::journal::Target| {
            self.next += 1;
            let row = Row {
                key: target.key.clone(),
                lane: Arc::clone(&target.lane),
                event: Arc::clone(&event),
                size: new.body.len() as u64,
                at_us: new.at_us,
                attempt: 1,
                failures: 0,
                ends: 0,
                handed: target.handed,
            };
            self.rows.insert(self.next, row);
            self.next
        };
        Outcome::Accepted(new.targets.iter().map(keep).collect())
    }

    fn declare(&mut self, plugin: &str, declared: &[Declared], at_us: i64) -> Outcome {
        let of_none = |row: &Row| {
            *row.key.plugin == *plugin && declared.iter().all(|it| it.name != row.key.name)
        };
        let lost: Vec<Seq> =
            self.rows.iter().filter(|(_, row)| of_none(row)).map(|(seq, _)| *seq).collect();
        let mut gone = Vec::new();
        for seq in lost {
            let kind = self.rows[&seq].event.lock().unwrap().kind.clone();
            match declared.iter().find(|it| it.types.contains(&kind)) {
                Some(new) => {
                    self.rows.entry(seq).and_modify(|row| row.key.name = Arc::clone(&new.name));
                }
                None => gone.extend(self.bury(seq, Death::Unsubscribed, "", at_us)),
            }
        }
        let backlog = |it: &Declared| {
            let key = SubscriptionKey { plugin: plugin.into(), name: Arc::clone(&it.name) };
            let rows: Vec<&Row> = self.rows.values().filter(|row| row.key == key).collect();
            let backlog = Backlog {
                waiting: rows.len() as u64,
                bytes: rows.iter().map(|row| row.size).sum(),
                oldest_us: rows.iter().map(|row| row.at_us).min().unwrap_or(0),
                dead_letters: self.count(&key),
            };
            (Arc::clone(&it.name), backlog)
        };
        Outcome::Declared(declared.iter().map(backlog).collect(), gone)
    }

    fn load(&mut self, key: &SubscriptionKey, after: Option<&Arc<str>>) -> Outcome {
        let mut names: Vec<Arc<str>> = self
            .rows
            .values()
            .filter(|row| row.key == *key && after.is_none_or(|after| row.lane > *after))
            .map(|row| Arc::clone(&row.lane))
            .collect();
        names.sort();
        names.dedup();
        let end = names.len() <= PAGE_LANES;
        names.truncate(PAGE_LANES);
        let lanes = names.iter().map(|lane| self.read(key, lane, Seq::MIN)).collect();
        Outcome::Lanes(Page { lanes, end })
    }

    fn read(&mut self, key: &SubscriptionKey, lane: &Arc<str>, after: Seq) -> LanePage {
        let of_lane =
            |(seq, row): &(&Seq, &mut Row)| row.key == *key && row.lane == *lane && **seq > after;
        let mut rows: Vec<Kept> = Vec::new();
        for (seq, row) in self.rows.iter_mut().filter(of_lane).take(LANE_ROWS + 1) {
            if rows.len() == LANE_ROWS {
                return LanePage { lane: Arc::clone(lane), rows, more: true };
            }
            row.handed = true;
            rows.push(Kept {
                seq: *seq,
                attempt: row.attempt,
                failures: row.failures,
                at_us: row.at_us,
                body: row.event.lock().unwrap().body.clone(),
            });
        }
        LanePage { lane: Arc::clone(lane), rows, more: false }
    }

    fn ended(&mut self, seqs: &[Seq], at_us: i64) -> Outcome {
        let mut gone = Vec::new();
        for seq in seqs {
            let Some(row) = self.rows.get_mut(seq) else { continue };
            row.ends += 1;
            if row.ends >= ENDS {
                gone.extend(self.bury(*seq, Death::Poison, "", at_us));
            }
        }
        self.buried(gone)
    }

    fn bury(&mut self, seq: Seq, cause: Death, detail: &str, at_us: i64) -> Option<Gone> {
        let row = self.rows.remove(&seq)?;
        let (key, lane, size) = (row.key.clone(), Arc::clone(&row.lane), row.size);
        self.next += 1;
        self.letters.insert(self.next, Letter { row, cause, detail: detail.into(), at_us });
        Some(Gone { key, lane, seq, size, cause })
    }

    fn expire(&mut self, key: &SubscriptionKey, most: (u64, u64), at_us: i64) -> Outcome {
        let of: Vec<(Seq, u64)> = self
            .rows
            .iter()
            .filter(|(_, row)| row.key == *key)
            .map(|(seq, row)| (*seq, row.size))
            .collect();
        let (mut count, mut freed, mut gone) = (0, 0, Vec::new());
        for (seq, size) in of {
            if count >= most.0 && freed >= most.1 {
                break;
            }
            (count, freed) = (count + 1, freed + size);
            gone.extend(self.bury(seq, Death::Expired, "", at_us));
        }
        while self.count(key) > DEAD_LETTERS {
            let oldest = self.letters.iter().find(|(_, it)| it.row.key == *key);
            let Some(id) = oldest.map(|(id, _)| *id) else { break };
            self.letters.remove(&id);
        }
        self.buried(gone)
    }

    fn tidy(&mut self, at_us: i64) -> Outcome {
        self.published.retain(|_, at| *at > at_us - ID_AGE_US);
        let old: Vec<Seq> = self
            .rows
            .iter()
            .filter(|(_, row)| row.at_us <= at_us - AGE_US)
            .map(|(seq, _)| *seq)
            .collect();
        let gone = old.into_iter().filter_map(|seq| self.bury(seq, Death::Expired, "", at_us));
        let gone = gone.collect();
        self.buried(gone)
    }

    fn replay(&mut self, ids: &[i64], at_us: i64) -> Outcome {
        let unknown = self.unknown(ids);
        if !unknown.is_empty() {
            return Outcome::Unknown(unknown);
        }
        let (mut back, mut keys) = (Vec::new(), HashSet::new());
        for id in ids {
            let Some(Letter { row, .. }) = self.letters.remove(id) else { continue };
            back.push(Back { key: row.key.clone(), lane: Arc::clone(&row.lane), size: row.size });
            keys.insert(row.key.clone());
            self.next += 1;
            let attempt = row.attempt + 1;
            let again = Row { attempt, failures: 0, ends: 0, handed: false, at_us, ..row };
            self.rows.insert(self.next, again);
        }
        Outcome::Replayed { back, dead_letters: self.counts(keys) }
    }

    fn unknown(&self, ids: &[i64]) -> Vec<i64> {
        ids.iter().copied().filter(|id| !self.letters.contains_key(id)).collect()
    }

    fn count(&self, key: &SubscriptionKey) -> u64 {
        self.letters.values().filter(|it| it.row.key == *key).count() as u64
    }

    fn counts(&self, keys: HashSet<SubscriptionKey>) -> Vec<(SubscriptionKey, u64)> {
        keys.into_iter().map(|key| (key.clone(), self.count(&key))).collect()
    }

    fn buried(&self, gone: Vec<Gone>) -> Outcome {
        let keys = gone.iter().map(|it| it.key.clone()).collect();
        Outcome::Buried { gone, dead_letters: self.counts(keys) }
    }
}

fn letter(id: i64, it: &Letter) -> DeadLetter {
    let event = it.row.event.lock().unwrap();
    DeadLetter {
        id,
        key: it.row.key.clone(),
        lane: it.row.lane.to_string(),
        event_id: event.id.to_string(),
        kind: event.kind.clone(),
        cause: it.cause.as_str().to_owned(),
        detail: it.detail.clone(),
        attempts: it.row.attempt,
        size: it.row.size,
        published_us: event.at_us,
        at_us: it.at_us,
        body: Bytes::clone(&event.body),
    }
}

impl EventJournal for Memory {
    async fn recover(&self) -> Result<u64, StoreError> {
        Ok(self.recover_now())
    }

    async fn apply(&self, ops: Arc<[Op]>) -> Result<Vec<Outcome>, StoreError> {
        Ok(self.apply_now(&ops))
    }

    async fn scrub(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn dead_letters(
        &self,
        plugin: Option<String>,
        before: i64,
        most: u32,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        let tables = self.0.lock().unwrap();
        let wanted = tables.letters.iter().rev().filter(|(id, it)| {
            let of = plugin.as_ref().is_none_or(|plugin| *it.row.key.plugin == **plugin);
            of && (before == 0 || **id < before)
        });
        Ok(wanted.take(most as usize).map(|(id, it)| letter(*id, it)).collect())
    }

    async fn dead_letter(&self, id: i64) -> Result<Option<DeadLetter>, StoreError> {
        Ok(self.0.lock().unwrap().letters.get(&id).map(|it| letter(id, it)))
    }
}
