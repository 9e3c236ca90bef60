//! Who waits to save: one after the other, in the order they came. Whoever is overtaken by a newer
//! one that says all of it again is not asked of the plugin at all, and hears what became of that.
//!
//! It refuses to know values, and to wait: those who do hold the ends it tells.

use std::collections::{BTreeSet, VecDeque};

use tokio::sync::{oneshot, watch};

use super::scope::Scope;

/// Savings of one plugin that may wait for their turn: people at forms, not messages. Who was
/// overtaken counts no more.
pub const WAITING: usize = 16;
/// So many may be in the queue while it is not known yet who overtakes whom.
const UNSETTLED: usize = 128;

/// What became of the one that took somebody's place; nothing until that is known.
pub type Fate = watch::Receiver<Option<String>>;

/// What those who wait are told.
#[derive(Debug)]
pub enum Start {
    /// It is their turn.
    Now,
    /// A newer one says all of it again.
    Overtaken(Fate),
    /// The plugin is being unloaded.
    Closed,
}

/// Why nobody may come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shut {
    /// Too many wait.
    Full,
    /// The plugin is being unloaded.
    Closed,
}

/// Somebody's place.
#[derive(Debug)]
pub struct Place {
    /// Which one. Newer ones have higher numbers.
    pub number: u64,
    /// Tells that it is their turn, or why it never will be.
    pub start: oneshot::Receiver<Start>,
    /// Tells those whom they overtook.
    pub fate: watch::Sender<Option<String>>,
}

/// All who wait for one plugin.
#[derive(Debug, Default)]
pub struct Queue {
    last: u64,
    waiting: VecDeque<Ticket>,
    /// Whose turn it is.
    busy: Option<u64>,
    closed: bool,
}

#[derive(Debug)]
struct Ticket {
    number: u64,
    scope: Scope,
    keys: BTreeSet<String>,
    /// Its values were looked at, each by itself, and fit.
    fits: bool,
    start: oneshot::Sender<Start>,
    fate: Fate,
}

impl Ticket {
    fn says_all_of(&self, other: &Self) -> bool {
        self.scope == other.scope && other.keys.is_subset(&self.keys)
    }
}

impl Queue {
    /// Takes a place behind all others. It waits until its values are known to fit.
    ///
    /// # Errors
    /// There is none to be had.
    pub fn join(&mut self, scope: &Scope, keys: BTreeSet<String>) -> Result<Place, Shut> {
        if self.closed {
            return Err(Shut::Closed);
        }
        if self.waiting.len() >= UNSETTLED || self.apart_from(scope, &keys) >= WAITING {
            return Err(Shut::Full);
        }
        self.last += 1;
        let number = self.last;
        let (start, started) = oneshot::channel();
        let (fate, known) = watch::channel(None);
        let scope = scope.clone();
        let ticket = Ticket { number, scope, keys, fits: false, start, fate: known };
        self.waiting.push_back(ticket);
        Ok(Place { number, start: started, fate })
    }

    /// The values of this one fit, each by itself: those before it that it says again need not wait
    /// any more.
    pub fn fits(&mut self, number: u64) {
        let Some(at) = self.waiting.iter().position(|it| it.number == number) else { return };
        self.waiting[at].fits = true;
        for at in (0..at).rev() {
            let newer = self.waiting.iter().find(|it| it.number == number);
            let Some(newer) = newer.filter(|it| it.says_all_of(&self.waiting[at])) else {
                continue;
            };
            let fate = newer.fate.clone();
            if let Some(older) = self.waiting.remove(at) {
                // Who saved it may have gone.
                let _ = older.start.send(Start::Overtaken(fate));
            }
        }
        self.go_on();
    }

    /// This one is done, or given up.
    pub fn over(&mut self, number: u64) {
        if self.busy == Some(number) {
            self.busy = None;
        }
        self.waiting.retain(|it| it.number != number);
        self.go_on();
    }

    /// Nobody's turn comes any more; whose turn it is goes on to its end.
    pub fn close(&mut self) {
        self.closed = true;
        for ticket in self.waiting.drain(..) {
            let _ = ticket.start.send(Start::Closed);
        }
    }

    /// Whether nobody saves anything now.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.busy.is_none()
    }

    fn go_on(&mut self) {
        while self.busy.is_none() && self.waiting.front().is_some_and(|it| it.fits) {
            let Some(Ticket { number, start, .. }) = self.waiting.pop_front() else { return };
            if start.send(Start::Now).is_ok() {
                self.busy = Some(number);
            }
        }
    }

    /// How many wait that neither one behind them nor this newer one would overtake.
    fn apart_from(&self, scope: &Scope, keys: &BTreeSet<String>) -> usize {
        let stays = |(at, ticket): &(usize, &Ticket)| {
            let by_this = ticket.scope == *scope && ticket.keys.is_subset(keys);
            !by_this && !self.waiting.range(at + 1..).any(|newer| newer.says_all_of(ticket))
        };
        self.waiting.iter().enumerate().filter(stays).count()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn keys(words: &[&str]) -> BTreeSet<String> {
        words.iter().map(|it| (*it).to_owned()).collect()
    }

    fn join(queue: &mut Queue, words: &[&str]) -> Place {
        queue.join(&Scope::Server, keys(words)).unwrap()
    }

    fn is_now(place: &mut Place) -> bool {
        matches!(place.start.try_recv(), Ok(Start::Now))
    }

    // I110
    #[test]
    fn who_is_overtaken_is_told_what_became_of_the_newer_one() {
        let mut queue = Queue::default();
        let mut first = join(&mut queue, &["a"]);
        queue.fits(first.number);
        assert!(is_now(&mut first));
        let mut older = join(&mut queue, &["a"]);
        queue.fits(older.number);
        let mut newer = join(&mut queue, &["a", "b"]);
        assert!(older.start.try_recv().is_err(), "the newer one may not fit");
        queue.fits(newer.number);
        let Ok(Start::Overtaken(fate)) = older.start.try_recv() else { panic!("{older:?}") };
        queue.over(first.number);
        assert!(is_now(&mut newer));
        newer.fate.send_replace(Some("acknowledged".to_owned()));
        assert_eq!(fate.borrow().as_deref(), Some("acknowledged"));
    }

    #[test]
    fn another_scope_or_setting_overtakes_nobody_and_what_does_not_fit_neither() {
        let mut queue = Queue::default();
        let running = join(&mut queue, &["a"]);
        queue.fits(running.number);
        let mut waits = join(&mut queue, &["a", "b"]);
        queue.fits(waits.number);
        let elsewhere = Scope::Workspace("w".to_owned());
        for place in [
            queue.join(&elsewhere, keys(&["a", "b"])).unwrap(),
            queue.join(&Scope::Server, keys(&["a"])).unwrap(),
        ] {
            queue.fits(place.number);
        }
        let misfit = join(&mut queue, &["a", "b", "c"]);
        queue.over(misfit.number);
        queue.over(running.number);
        assert!(is_now(&mut waits));
    }

    #[test]
    fn so_many_wait_and_no_more_and_nobody_once_it_is_closed() {
        let mut queue = Queue::default();
        let words: Vec<String> = (0..=WAITING).map(|it| it.to_string()).collect();
        let mut places: Vec<Place> =
            words[..WAITING].iter().map(|word| join(&mut queue, &[word])).collect();
        let full = queue.join(&Scope::Server, keys(&[&words[WAITING]]));
        assert_eq!(full.err(), Some(Shut::Full));
        queue.close();
        assert!(matches!(places[0].start.try_recv(), Ok(Start::Closed)));
        let closed = queue.join(&Scope::Server, keys(&["x"]));
        assert_eq!(closed.err(), Some(Shut::Closed));
    }

    proptest! {
        // I110
        #[test]
        fn everybody_is_answered_in_order_and_the_newest_of_all_is_never_overtaken(
            steps in prop::collection::vec((0..3_u8, 0..8_u8, any::<bool>()), 1..60),
        ) {
            let mut queue = Queue::default();
            let (mut places, mut begun): (Vec<(Place, bool)>, Vec<u64>) = (Vec::new(), Vec::new());
            for (what, mask, fits) in steps {
                if what < 2 {
                    let said = ["a", "b", "c"].into_iter().enumerate();
                    let said = said.filter(|(at, _)| mask & (1 << at) != 0).map(|it| it.1);
                    let said: Vec<&str> = said.collect();
                    if let Ok(place) = queue.join(&Scope::Server, keys(&said)) {
                        let number = place.number;
                        places.push((place, fits));
                        if fits { queue.fits(number) } else { queue.over(number) }
                    }
                } else if let Some(busy) = queue.busy {
                    queue.over(busy);
                }
                begun.extend(queue.busy.filter(|it| begun.last() != Some(it)));
            }
            while let Some(busy) = queue.busy {
                begun.extend(Some(busy).filter(|it| begun.last() != Some(it)));
                queue.over(busy);
            }
            prop_assert!(begun.is_sorted(), "{begun:?}");
            prop_assert!(queue.waiting.is_empty());
            let newest = places.iter().rev().find(|(_, fits)| *fits).map(|(it, _)| it.number);
            prop_assert_eq!(begun.last().copied(), newest);
            for (place, fits) in &mut places {
                let told = place.start.try_recv();
                prop_assert_eq!(told.is_ok(), *fits, "{:?}", told);
            }
        }
    }
}
