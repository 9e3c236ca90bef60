//! Calls that wait for one plugin's window. Those who ask take turns, and whoever has no more than
//! its share waiting finds room: the one with the most gives up its newest call for it.
//!
//! It holds keys only; it refuses to know what a call is for, and what becomes of one given up.

use std::collections::VecDeque;

use super::node::NodeId;

/// Calls that wait at most.
pub const CALLS: usize = 256;
/// Their bytes at most.
pub const BYTES: usize = 1024 * 1024;

/// Who asks: a node, or, all together, plugins and callers that name no node.
pub type Asker = Option<NodeId>;

/// What waits.
#[derive(Debug, Default)]
pub struct Waiting {
    /// Whose turn is next comes first.
    parties: VecDeque<Party>,
    calls: usize,
    bytes: usize,
}

#[derive(Debug)]
struct Party {
    asker: Asker,
    calls: VecDeque<(usize, usize)>,
    bytes: usize,
}

/// Whether a call may wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// It may.
    Free,
    /// It may once this one, which waits no more, is out of the way.
    InPlaceOf(usize),
    /// It may not.
    None,
}

impl Waiting {
    /// Calls that wait.
    pub fn len(&self) -> usize {
        self.calls
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.calls == 0
    }

    /// Puts a call behind those of the same asker.
    pub fn push(&mut self, asker: Asker, key: usize, bytes: usize) {
        self.calls += 1;
        self.bytes += bytes;
        let known = self.parties.iter().position(|party| party.asker == asker);
        let at = known.unwrap_or_else(|| {
            self.parties.push_back(Party { asker, calls: VecDeque::new(), bytes: 0 });
            self.parties.len() - 1
        });
        let party = &mut self.parties[at];
        party.calls.push_back((key, bytes));
        party.bytes += bytes;
    }

    /// The oldest call of the asker whose turn it is.
    pub fn pop(&mut self) -> Option<usize> {
        let mut party = self.parties.pop_front()?;
        let (key, bytes) = party.calls.pop_front()?;
        party.bytes -= bytes;
        if !party.calls.is_empty() {
            self.parties.push_back(party);
        }
        self.forget(bytes);
        Some(key)
    }

    /// Takes a call out, wherever it stands.
    pub fn remove(&mut self, key: usize) {
        let place = self.parties.iter().enumerate().find_map(|(at, party)| {
            let within = party.calls.iter().position(|(call, _)| *call == key)?;
            Some((at, within))
        });
        if let Some((at, within)) = place {
            self.take(at, within);
        }
    }

    /// Takes all out, each asker's in order.
    pub fn take_all(&mut self) -> Vec<usize> {
        let parties = std::mem::take(self).parties;
        parties.into_iter().flat_map(|party| party.calls).map(|(key, _)| key).collect()
    }

    /// Whether there is room for a call of this asker; ask again after one has gone for it.
    pub fn room(&mut self, asker: Asker, bytes: usize) -> Room {
        let (many, large) = (self.calls >= CALLS, self.bytes + bytes > BYTES);
        if !many && !large {
            return Room::Free;
        }
        if !self.is_within_share(asker, bytes) {
            return Room::None;
        }
        let weight = |party: &Party| if many { party.calls.len() } else { party.bytes };
        let others = self.parties.iter().enumerate().filter(|(_, it)| it.asker != asker);
        let Some((at, party)) = others.max_by_key(|(_, party)| weight(party)) else {
            return Room::None;
        };
        let newest = party.calls.len() - 1;
        self.take(at, newest).map_or(Room::None, Room::InPlaceOf)
    }

    /// What waits, divided by those who ask.
    fn is_within_share(&self, asker: Asker, bytes: usize) -> bool {
        let own = self.parties.iter().find(|party| party.asker == asker);
        let askers = self.parties.len() + usize::from(own.is_none());
        let (calls, waiting) = own.map_or((0, 0), |party| (party.calls.len(), party.bytes));
        calls < CALLS / askers && waiting + bytes <= BYTES / askers
    }

    fn take(&mut self, at: usize, within: usize) -> Option<usize> {
        let party = self.parties.get_mut(at)?;
        let (key, bytes) = party.calls.remove(within)?;
        party.bytes -= bytes;
        if party.calls.is_empty() {
            self.parties.remove(at);
        }
        self.forget(bytes);
        Some(key)
    }

    fn forget(&mut self, bytes: usize) {
        self.calls -= 1;
        self.bytes -= bytes;
    }
}

#[cfg(test)]
mod tests;
