//! The switchboard: takes frames from apps and plugins and hands them to whom they concern.
//!
//! Everything here happens on the data-plane thread, between two polls, and never waits: an
//! operation changes the tables and queues frames. It refuses to know sockets, processes, files
//! and how a plugin came to be ready; it is told who stands where.
//!
//! ```text
//!  app node ──intercept──▶ run ──call──▶ member ──▶ plugin
//!           ◀──verdict──── run ◀─reply── call   ◀──
//! ```

mod act;
mod announcement;
mod answered;
mod arguments;
mod asked;
mod bots;
mod breaker;
mod bypass;
mod call;
mod cause;
mod change;
mod command;
mod concern;
mod counting;
mod deadline;
mod debug;
mod durable;
#[cfg(feature = "otel")]
mod ended;
mod event;
mod forget;
mod held;
mod http;
mod interaction;
mod lane;
mod loops;
mod member;
mod names;
mod nested;
mod node;
mod pace;
mod patterns;
mod permit;
mod pipeline;
mod plugin_events;
mod publish;
mod registration;
mod revoke;
mod room;
mod run;
mod schedule;
mod seen;
mod send;
mod sleep;
mod subject;
mod trace;
mod traffic;
mod ui;
mod uses;
mod waiting;
mod whereabouts;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use outboard_supervision::Moment;
use slab::Slab;
use tokio::sync::{Notify, broadcast, watch};

use crate::clock::Clock;
use crate::config::manifest::Hook;
use crate::statistics::histogram::Histogram;
use crate::statistics::usage::{FOLLOWED, Told};

pub use act::Act;
pub use announcement::BOT;
pub use asked::{check, is_keyed, needed_first};
pub use bypass::Bypassed;
pub use call::Said;
pub use cause::Cause;
pub use debug::Guest;
#[cfg(feature = "otel")]
pub use ended::{Ended, Spot};
pub use forget::{FORGOTTEN, Forgotten, forget_held, is_deferred_for, is_request_about};
pub use held::item_of;
pub use http::HttpCaller;
pub use interaction::{CommandRun, Completing, Deferral, KeepWish};
pub use member::{MemberView, Standing};
pub use nested::Reach;
pub use node::{NodeId, NodeView};
pub use permit::{elsewhere, place};
pub use pipeline::OrderEntry;
pub use publish::Publisher;
pub use registration::{Bot, Interceptor, Registration, Subscription};
pub use revoke::words as grant_words;
pub use run::{Asked, HoldWish, VerdictFrame};
pub use send::{Handing, Outgoing, SendOutcome, Speech};
pub use trace::{Kind, LISTENERS, Wish};
pub use traffic::Traffic;
pub use uses::{Use, Uses};

/// A plugin's place in the tables.
pub type MemberId = usize;

/// Everything that routes; cheap to clone.
#[derive(Clone)]
pub struct Switchboard {
    core: Arc<Mutex<Core>>,
    sooner: Arc<Notify>,
    /// Changes whenever a node connects.
    attached: watch::Sender<()>,
    /// There are orders for the journal.
    ordered: Arc<Notify>,
    /// The journal has answered.
    idle: Arc<Notify>,
    /// What plugins track, for whoever follows.
    uses: broadcast::Sender<Told>,
}

/// The tables.
struct Core {
    clock: Clock,
    members: Slab<member::Member>,
    names: HashMap<Arc<str>, MemberId>,
    pipelines: BTreeMap<Hook, Arc<pipeline::Pipeline>>,
    commands: BTreeMap<String, MemberId>,
    nodes: node::Nodes,
    calls: call::Calls,
    runs: Slab<run::Run>,
    shadows: run::shadow::Shadows,
    holds: run::Holds,
    requests: send::Requests,
    whereabouts: whereabouts::Whereabouts,
    bots: bots::Bots,
    http: http::Exchanges,
    deferrals: interaction::Deferrals,
    deadlines: deadline::Deadlines,
    /// When the timer goes off, if nobody wakes it.
    armed: Option<Moment>,
    /// What is due comes late: this process was held up.
    held_up: bool,
    /// How late the timer went off.
    lag: Histogram<u64>,
    subscribers: event::Subscribers,
    seen: seen::Seen,
    orders: publish::Orders,
    patterns: patterns::Patterns,
    loops: loops::Loops,
    bypasses: bypass::Bypasses,
    permits: permit::Permits,
    deliveries: u64,
    gone: counting::Gone,
    #[cfg(feature = "otel")]
    ended: Option<ended::Telling>,
    listeners: trace::Listeners,
    traced: trace::Traced,
    /// The newest member's first ticket for what it asks of the journal.
    tickets: u64,
    catalogue: u64,
    ui: ui::Board,
}

impl Switchboard {
    /// An empty one.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        let core = Core {
            clock,
            members: Slab::new(),
            names: HashMap::new(),
            pipelines: Hook::KNOWN.into_iter().map(|hook| (hook, Arc::default())).collect(),
            commands: BTreeMap::new(),
            nodes: node::Nodes::default(),
            calls: call::Calls::default(),
            runs: Slab::new(),
            shadows: run::shadow::Shadows::default(),
            holds: run::Holds::default(),
            requests: send::Requests::default(),
            whereabouts: whereabouts::Whereabouts::default(),
            bots: bots::Bots::default(),
            http: http::Exchanges::default(),
            deferrals: interaction::Deferrals::default(),
            deadlines: deadline::Deadlines::default(),
            armed: None,
            held_up: false,
            lag: Histogram::default(),
            subscribers: event::Subscribers::default(),
            seen: seen::Seen::default(),
            orders: publish::Orders::default(),
            patterns: patterns::Patterns::default(),
            loops: loops::Loops::default(),
            bypasses: bypass::Bypasses::default(),
            permits: permit::Permits::default(),
            deliveries: 0,
            gone: counting::Gone::default(),
            #[cfg(feature = "otel")]
            ended: None,
            listeners: trace::Listeners::default(),
            traced: trace::Traced::default(),
            tickets: 0,
            catalogue: 0,
            ui: ui::Board::default(),
        };
        Self {
            core: Arc::new(Mutex::new(core)),
            sooner: Arc::default(),
            attached: watch::Sender::new(()),
            ordered: Arc::default(),
            idle: Arc::default(),
            uses: broadcast::Sender::new(FOLLOWED),
        }
    }

    /// One operation on the tables; wakes the timer if it must now fire sooner.
    fn with<T>(&self, operation: impl FnOnce(&mut Core, Moment) -> T) -> T {
        let mut core = self.lock();
        let now = core.clock.now();
        let result = operation(&mut core, now);
        let sooner = core.deadlines.first().is_some_and(|first| {
            // Deadlines come and go, most of them long before they are due: a timer that goes off
            // for one that is gone costs less than setting it with each.
            let sooner = core.armed.is_none_or(|armed| first < armed);
            if sooner {
                core.armed = Some(first);
            }
            sooner
        });
        let ordered = !core.orders.queue.is_empty() && !core.orders.carrying;
        drop(core);
        if ordered {
            self.ordered.notify_one();
        }
        if sooner {
            self.sooner.notify_one();
        }
        result
    }

    /// The time, as routing counts it.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.lock().clock.now()
    }

    fn lock(&self) -> MutexGuard<'_, Core> {
        // An operation that panicked broke a promise of ours; the tables are still the best there
        // is, and the chat goes on.
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends what is due, for ever. Runs as a task of its own.
    pub async fn keep_time(self) {
        loop {
            let (next, clock) = {
                let mut core = self.lock();
                core.armed = core.deadlines.first();
                (core.armed, core.clock)
            };
            match next {
                None => self.sooner.notified().await,
                Some(at) => tokio::select! {
                    () = self.sooner.notified() => {}
                    () = tokio::time::sleep_until(clock.instant(at)) => {
                        self.with(Core::expire);
                    }
                },
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
