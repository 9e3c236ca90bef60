//! At-least-once delivery to one plugin: which event goes next, what becomes of it, when it is
//! given up.
//!
//! Pure: it is told what happened and what time it is, and leaves orders for the journal behind. It
//! refuses to know sessions, credit and databases.
//!
//! ```text
//! publish ─▶ Accept ─▶ journal ─▶ accepted ─▶ window ─▶ take ─▶ plugin
//!                          ▲                     ▲                │
//!                          ╰── orders ◀── again ─╯◀── failed ─────┤
//!                          ╰── orders ◀────────── acknowledge ◀───╯
//! ```

#[cfg(test)]
mod conformance;
pub mod journal;
#[cfg(test)]
pub mod memory;
mod news;
#[cfg(test)]
mod tests;
mod window;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use outboard_proto::common::Event;
use outboard_supervision::Moment;

use journal::{Backlog, DETAIL_BYTES, Death, Declared, Op, Seq, SubscriptionKey};
pub use window::Item;
use window::Window;

/// Times that a handler may fail before its event is given up.
pub const ATTEMPTS: u32 = 5;
/// The wait after the first failure; it doubles with each one more.
pub const FIRST_WAIT: Duration = Duration::from_millis(200);

/// How much may wait for one subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Events.
    pub events: u64,
    /// Encoded bytes.
    pub bytes: u64,
}

/// What every subscription is kept to, besides the age that the journal holds.
pub const RETENTION: Retention = Retention { events: 100_000, bytes: 256 << 20 };

/// A subscription as the plugin has it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// Its name and types.
    pub declared: Declared,
    /// How long a handler may take.
    pub timeout: Duration,
}

/// What is handed over.
#[derive(Debug, Clone)]
pub struct Handed {
    /// What happened.
    pub event: Arc<Event>,
    /// From 1; more than 1 = it may have been seen before.
    pub attempt: u32,
    /// Encoded bytes.
    pub size: usize,
    /// How long the handler may take.
    pub timeout: Duration,
}

/// What came of a delivery that was not acknowledged well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failed {
    /// It comes again.
    Again,
    /// It is a dead letter.
    Buried,
}

/// All at-least-once deliveries of one plugin.
#[derive(Debug)]
pub struct Deliveries {
    plugin: Arc<str>,
    retention: Retention,
    subscriptions: BTreeMap<Arc<str>, Box<Subscription>>,
    /// A session is open: events are in memory.
    up: bool,
    /// Names the present questions to the journal; answers to older ones are late.
    ticket: u64,
    in_hand: HashMap<u64, Place>,
    /// What was in hand when the last session ended.
    suspects: Vec<Seq>,
    /// Whose turn it was.
    last: Option<Arc<str>>,
    orders: Vec<Op>,
    expired: u64,
}

#[derive(Debug)]
struct Subscription {
    declaration: Declaration,
    backlog: Backlog,
    /// The backlog is what the journal has, not yet a guess.
    counted: bool,
    window: Window,
    /// Its surplus has been ordered to go.
    expiring: bool,
}

#[derive(Debug, Clone)]
struct Place {
    subscription: Arc<str>,
    lane: Arc<str>,
    deadline: Moment,
}

impl Deliveries {
    /// Of a plugin that has declared nothing yet. `ticket` is beyond all that were in use.
    #[must_use]
    pub fn new(plugin: Arc<str>, ticket: u64, retention: Retention) -> Self {
        Self {
            plugin,
            retention,
            subscriptions: BTreeMap::new(),
            up: false,
            ticket,
            in_hand: HashMap::new(),
            suspects: Vec::new(),
            last: None,
            orders: Vec::new(),
            expired: 0,
        }
    }

    /// Orders for the journal since they were last taken, in their order.
    pub fn take_orders(&mut self) -> Vec<Op> {
        std::mem::take(&mut self.orders)
    }

    fn key(&self, name: &Arc<str>) -> SubscriptionKey {
        SubscriptionKey { plugin: Arc::clone(&self.plugin), name: Arc::clone(name) }
    }

    /// The plugin has these subscriptions from now on. Returns the deliveries that are no longer in
    /// hand: where subscriptions change, everything is read anew.
    pub fn declare(&mut self, declarations: Vec<Declaration>, at_us: i64) -> Vec<(u64, Moment)> {
        let same = declarations.len() == self.subscriptions.len()
            && declarations.iter().all(|it| {
                let known = self.subscriptions.get(&it.declared.name);
                known.is_some_and(|known| known.declaration.declared == it.declared)
            });
        if same {
            for it in declarations {
                if let Some(known) = self.subscriptions.get_mut(&it.declared.name) {
                    known.declaration = it;
                }
            }
            return Vec::new();
        }
        let was_up = self.up;
        let lost = self.down();
        self.suspects.clear();
        let subscriptions = declarations.iter().map(|it| it.declared.clone()).collect();
        self.orders.push(Op::Declare { plugin: Arc::clone(&self.plugin), subscriptions, at_us });
        let fresh = |declaration: Declaration| {
            let name = Arc::clone(&declaration.declared.name);
            let (backlog, window) = (Backlog::default(), Window::default());
            let fresh =
                Subscription { declaration, backlog, counted: false, window, expiring: false };
            (name, Box::new(fresh))
        };
        self.subscriptions = declarations.into_iter().map(fresh).collect();
        if was_up {
            self.up();
        }
        lost
    }

    /// A session can take events: what waits comes into memory. Nothing happens if one could
    /// before.
    pub fn up(&mut self) {
        if self.up {
            return;
        }
        self.up = true;
        self.ticket += 1;
        self.suspects.clear();
        for subscription in self.subscriptions.values_mut() {
            if subscription.counted && subscription.backlog.waiting == 0 {
                // Nothing waits, as for nearly every plugin: the journal need not be asked.
                subscription.window = Window::default();
            } else {
                subscription.window.open();
            }
        }
        self.ask();
    }

    /// Whether a session takes events.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.up
    }

    /// The session is over: what was in hand comes again. Returns those deliveries with their
    /// deadlines.
    pub fn down(&mut self) -> Vec<(u64, Moment)> {
        if !self.up {
            return Vec::new();
        }
        self.up = false;
        let mut lost = Vec::new();
        for (delivery, place) in std::mem::take(&mut self.in_hand) {
            lost.push((delivery, place.deadline));
            let subscription = self.subscriptions.get_mut(&place.subscription);
            let item = subscription.and_then(|it| it.window.done(&place.lane));
            self.suspects.extend(item.filter(|item| !item.gone).map(|item| item.seq));
        }
        self.suspects.sort_unstable();
        if !self.suspects.is_empty() {
            self.orders.push(Op::Raise { seqs: self.suspects.clone() });
        }
        for subscription in self.subscriptions.values_mut() {
            subscription.window = Window::default();
        }
        lost
    }

    /// The generation is over. Where that was its own fault, what it had in hand is suspect.
    pub fn ended(&mut self, own_fault: bool, at_us: i64) {
        let seqs = std::mem::take(&mut self.suspects);
        if own_fault && !seqs.is_empty() {
            self.orders.push(Op::Ended { seqs, at_us });
        }
    }

    /// The event that goes next, if any may.
    pub fn head(&mut self) -> Option<&Item> {
        let name = self.whose_turn()?;
        self.subscriptions.get_mut(&name)?.window.head()
    }

    /// Subscriptions take turns.
    fn whose_turn(&mut self) -> Option<Arc<str>> {
        let last = self.last.clone();
        let mut first = None;
        for (name, subscription) in &mut self.subscriptions {
            let is_later = last.as_ref().is_none_or(|last| name > last);
            if (first.is_some() && !is_later) || subscription.window.head().is_none() {
                continue;
            }
            if is_later {
                return Some(Arc::clone(name));
            }
            first = Some(Arc::clone(name));
        }
        first
    }

    /// Hands over the event that goes next.
    pub fn take(&mut self, delivery: u64, now: Moment) -> Option<Handed> {
        let name = self.whose_turn()?;
        let subscription = self.subscriptions.get_mut(&name)?;
        let (lane, item) = subscription.window.take()?;
        let timeout = subscription.declaration.timeout;
        self.last = Some(Arc::clone(&name));
        let deadline = now + timeout;
        self.in_hand.insert(delivery, Place { subscription: name, lane, deadline });
        Some(Handed { event: item.event, attempt: item.attempt, size: item.size, timeout })
    }

    /// The event that goes next is given up instead.
    pub fn bury_head(&mut self, cause: Death, at_us: i64) {
        let Some(name) = self.whose_turn() else { return };
        let Some(subscription) = self.subscriptions.get_mut(&name) else { return };
        let Some((lane, _)) = subscription.window.take() else { return };
        if let Some(item) = subscription.window.done(&lane) {
            self.orders.push(Op::Bury { seq: item.seq, cause, detail: String::new(), at_us });
        }
        self.ask();
    }

    /// Deliveries in the plugin's hands.
    #[must_use]
    pub fn in_hand(&self) -> usize {
        self.in_hand.len()
    }

    /// When the handler of a delivery must have returned; nothing where it is none of these.
    #[must_use]
    pub fn deadline(&self, delivery: u64) -> Option<Moment> {
        self.in_hand.get(&delivery).map(|place| place.deadline)
    }

    /// A handler has returned.
    pub fn acknowledge(&mut self, delivery: u64) {
        let Some(place) = self.in_hand.remove(&delivery) else { return };
        let Some(subscription) = self.subscriptions.get_mut(&place.subscription) else { return };
        let Some(item) = subscription.window.done(&place.lane) else { return };
        if !item.gone {
            subscription.backlog.sub(item.size as u64);
            self.orders.push(Op::Acknowledge { seq: item.seq });
        }
        self.ask();
    }

    /// A handler failed, or took too long.
    pub fn failed(&mut self, delivery: u64, now: Moment, at_us: i64, detail: &str) -> Failed {
        let Some(place) = self.in_hand.remove(&delivery) else { return Failed::Again };
        let Some(subscription) = self.subscriptions.get_mut(&place.subscription) else {
            return Failed::Again;
        };
        let Some((seq, failures)) = subscription.window.in_hand(&place.lane) else {
            // It has expired meanwhile.
            subscription.window.done(&place.lane);
            self.ask();
            return Failed::Again;
        };
        if failures + 1 >= ATTEMPTS {
            subscription.window.done(&place.lane);
            let detail = shortened(detail);
            self.orders.push(Op::Bury { seq, cause: Death::Failed, detail, at_us });
            self.ask();
            return Failed::Buried;
        }
        let wait = FIRST_WAIT * 2_u32.pow(failures);
        subscription.window.again(&place.lane, now + wait, true);
        self.order_again(place, seq, true);
        Failed::Again
    }

    /// Nobody is to blame that this one was not acknowledged: it comes again at once.
    pub fn lost(&mut self, delivery: u64, now: Moment) {
        let Some(place) = self.in_hand.remove(&delivery) else { return };
        let Some(subscription) = self.subscriptions.get_mut(&place.subscription) else { return };
        match subscription.window.in_hand(&place.lane) {
            Some((seq, _)) => {
                subscription.window.again(&place.lane, now, false);
                self.order_again(place, seq, false);
            }
            None => {
                subscription.window.done(&place.lane);
            }
        }
    }

    /// It is handed over again when the journal knows: no attempt is ever shown twice.
    fn order_again(&mut self, place: Place, seq: Seq, failed: bool) {
        let key = self.key(&place.subscription);
        self.orders.push(Op::Again { key, lane: place.lane, seq, failed });
    }

    /// When the first lane stops waiting.
    #[must_use]
    pub fn next_wake(&self) -> Option<Moment> {
        self.subscriptions.values().filter_map(|it| it.window.next_wake()).min()
    }

    /// Lanes whose wait is over may go on.
    pub fn wake(&mut self, now: Moment) {
        for subscription in self.subscriptions.values_mut() {
            subscription.window.wake(now);
        }
    }

    /// Every event that waits in memory.
    pub fn waiting_mut(&mut self) -> impl Iterator<Item = &mut Item> {
        self.subscriptions.values_mut().flat_map(|it| it.window.waiting_mut())
    }

    /// What waits in all; `oldest_us` is as new as what is in memory allows.
    #[must_use]
    pub fn backlog(&self) -> Backlog {
        let mut all = Backlog::default();
        for subscription in self.subscriptions.values() {
            let (memory, beyond) = subscription.window.oldest_us();
            let it = subscription.backlog;
            let known = if self.up && !beyond { memory.unwrap_or(0) } else { it.oldest_us };
            all.waiting += it.waiting;
            all.bytes += it.bytes;
            all.dead_letters += it.dead_letters;
            if it.waiting > 0 && known > 0 && (all.oldest_us == 0 || known < all.oldest_us) {
                all.oldest_us = known;
            }
        }
        all
    }

    /// Events that expired since the daemon started.
    #[must_use]
    pub fn expired(&self) -> u64 {
        self.expired
    }
}

fn shortened(detail: &str) -> String {
    let mut end = detail.len().min(DETAIL_BYTES);
    while !detail.is_char_boundary(end) {
        end -= 1;
    }
    detail[..end].to_owned()
}
