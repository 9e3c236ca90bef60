//! A plugin in the tables: where it stands, its session, its window, its breakers.
//!
//! It refuses to know why a plugin stands where it does; it is told.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use outboard_proto::common::Event;
use outboard_supervision::Moment;
use outboard_supervision::breaker::Breaker;

use super::counting::Counts;
use super::debug::{Guest, Overdue};
use super::lane::Lanes;
use super::pace::Pace;
use super::permit::{Permits, place};
use super::run::shadow::{self, Tally};
use super::sleep::Sleep;
use super::subject::Subject;
use super::uses::Uses;
use super::waiting::Waiting;
use super::{Core, MemberId, Registration, Switchboard, Traffic};
use crate::config::manifest::{Hook, Phase};
use crate::config::permission::Permission;
use crate::config::pushed::{self, Pushed};
use crate::delivery::journal::Backlog;
use crate::delivery::{Deliveries, RETENTION};
use crate::egress::Egress;
use crate::frame::ToPlugin;

/// Deliveries remembered as possible causes of what a plugin does next.
const REMEMBERED: usize = 256;

/// Where a plugin stands, as far as routing cares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Calls may be handed to it.
    Ready,
    /// It runs, but what it depends on does not.
    Suspended(String),
    /// It cannot be asked now.
    Unavailable {
        /// The state's name.
        state: &'static str,
        /// Why, for people.
        reason: String,
        /// When it may be back, where that is known.
        retry_after: Option<Duration>,
    },
    /// It starts when something is wanted of it.
    Asleep,
    /// It is being started, for something is wanted of it.
    Waking,
    /// A developer's process stands in for it.
    Debugged(Guest),
    /// It is out of service: neither asked nor missed.
    Unlisted,
}

/// One plugin.
pub struct Member {
    pub is: Registration,
    pub standing: Standing,
    pub seat: Option<Seat>,
    /// Calls handed over and not answered.
    pub in_hand: u32,
    /// Calls that wait for the window, by their place in the table.
    pub queue: Waiting,
    /// Calls of closed hooks that wait for it to become ready.
    pub awaiting: Vec<usize>,
    pub breakers: BTreeMap<Hook, Breaker>,
    /// What it would have said where it stands beside the path.
    pub shadows: BTreeMap<(Hook, Phase), Tally>,
    /// Hooks that an operator took off its path.
    pub bypassed: BTreeSet<Hook>,
    pub lanes: Lanes,
    /// Its session takes payloads in chunks.
    pub chunks: bool,
    /// Its session is told when its grants change.
    pub hears_grants: bool,
    /// What is promised to it.
    pub durable: Deliveries,
    /// When the first of its lanes stops waiting, as the timer knows it.
    pub wakes_at: Option<Moment>,
    /// The last event handed over was a promised one.
    pub kept_last: bool,
    pub traffic: Traffic,
    /// What it made of its grants.
    pub uses: Uses,
    /// How fast it calls the host.
    pub pace: Pace,
    pub counts: Counts,
    /// Recent deliveries, the oldest first: what their handlers do next has them as its cause.
    pub recent: VecDeque<u64>,
    pub delivered: HashMap<u64, (Moment, Arc<Event>)>,
    /// What a guest may still answer although nobody waits.
    pub overdue: Overdue,
    /// What wakes it, and when it last had something to do.
    pub sleep: Sleep,
}

/// The open session of a member.
pub struct Seat {
    /// Unique among all sessions of the daemon's life.
    pub serial: u64,
    pub egress: Egress<ToPlugin>,
    /// Bytes of events that may still go out before the plugin returns some.
    pub credit: u64,
}

/// The event that goes next to a member.
pub struct NextDelivery {
    /// What kind of frame it is.
    pub kind: &'static Pushed,
    /// What keeps the plugin from it.
    pub lacking: Option<Permission>,
    /// Encoded bytes.
    pub size: usize,
    /// It is a promised one.
    pub kept: bool,
}

/// What status shows of a member.
#[derive(Debug, Clone, Default)]
pub struct MemberView {
    /// Counters.
    pub traffic: Traffic,
    /// Calls in hand.
    pub in_flight: u32,
    /// Hooks whose breaker is open.
    pub open_breakers: Vec<Hook>,
    /// What is promised to it and waits.
    pub backlog: Backlog,
    /// Promised events that expired.
    pub expired: u64,
    /// What it made of its grants.
    pub uses: Uses,
    /// What it would have said where it stands beside the path, in words.
    pub shadows: Vec<String>,
    /// Hooks that an operator took off its path, with the time left.
    pub bypassed: Vec<(Hook, Duration)>,
}

impl Member {
    /// `ticket` is beyond all that were in use.
    fn new(is: Registration, ticket: u64) -> Self {
        Self {
            durable: Deliveries::new(Arc::clone(&is.name), ticket, RETENTION),
            wakes_at: None,
            kept_last: false,
            is,
            standing: Standing::Unlisted,
            seat: None,
            in_hand: 0,
            queue: Waiting::default(),
            awaiting: Vec::new(),
            breakers: BTreeMap::new(),
            shadows: BTreeMap::new(),
            bypassed: BTreeSet::new(),
            lanes: Lanes::default(),
            chunks: false,
            hears_grants: false,
            traffic: Traffic::default(),
            uses: Uses::default(),
            pace: Pace::default(),
            counts: Counts::default(),
            recent: VecDeque::new(),
            delivered: HashMap::new(),
            overdue: Overdue::default(),
            sleep: Sleep::default(),
        }
    }

    /// Whether it belongs to pipelines and the catalogue at all.
    pub fn listed(&self) -> bool {
        match self.standing {
            Standing::Ready
            | Standing::Suspended(_)
            | Standing::Unavailable { .. }
            | Standing::Asleep
            | Standing::Waking
            | Standing::Debugged(_) => true,
            Standing::Unlisted => false,
        }
    }

    pub fn may(&self, permission: Permission) -> bool {
        self.is.grants.holds(permission)
    }

    /// Events handed over and not acknowledged.
    pub fn deliveries_in_hand(&self) -> usize {
        self.lanes.in_hand() + self.durable.in_hand()
    }

    /// What goes next: where both kinds wait, they take turns.
    pub fn next_delivery(&mut self, permits: &Permits) -> Option<NextDelivery> {
        let queued = self.lanes.next().map(|it| (Arc::clone(&it.event), it.size, false));
        let kept = self.durable.head().map(|it| (Arc::clone(&it.event), it.size, true));
        let next = if self.kept_last { queued.or(kept) } else { kept.or(queued) };
        let (event, size, kept) = next?;
        let kind = pushed::of_event(&event.r#type);
        let at = place(&event.workspace, Subject::of_event(&event).channel());
        Some(NextDelivery { kind, lacking: permits.lacking(self, kind, &at), size, kept })
    }

    /// The session to which work may be handed now.
    pub fn open_seat(&mut self) -> Option<&mut Seat> {
        match self.standing {
            Standing::Ready | Standing::Debugged(Guest::Answering) => self.seat.as_mut(),
            Standing::Suspended(_)
            | Standing::Unavailable { .. }
            | Standing::Asleep
            | Standing::Waking
            | Standing::Debugged(Guest::Awaited)
            | Standing::Unlisted => None,
        }
    }

    /// Remembers what a delivery was about, for the calls its handler may make.
    pub fn remember(&mut self, delivery: u64, event: Arc<Event>, now: Moment) {
        if self.recent.len() >= REMEMBERED
            && let Some(old) = self.recent.pop_front()
        {
            self.delivered.remove(&old);
        }
        self.recent.push_back(delivery);
        self.delivered.insert(delivery, (now, event));
    }
}

impl Switchboard {
    /// Enters a plugin, or replaces what it registered before. It begins unlisted.
    pub fn register(&self, registration: Registration) -> MemberId {
        self.with(|core, now| core.register(registration, now))
    }

    /// Whether a plugin of this name is loaded.
    #[must_use]
    pub fn has_plugin(&self, name: &str) -> bool {
        self.with(|core, _| core.names.contains_key(name))
    }

    /// Removes a plugin and everything of it.
    pub fn unregister(&self, member: MemberId) {
        self.with(|core, now| core.unregister(member, now));
    }

    /// Tells where a plugin stands now.
    pub fn set_standing(&self, member: MemberId, standing: Standing) {
        self.with(|core, now| core.set_standing(member, standing, now));
    }

    /// Opens a session: whatever was under way on the one before has ended.
    pub fn attach(&self, member: MemberId, serial: u64, egress: Egress<ToPlugin>) {
        self.with(|core, now| core.attach(member, serial, egress, now));
    }

    /// Ends a session, if it is still the open one.
    pub fn detach(&self, member: MemberId, serial: u64) {
        self.with(|core, now| core.detach(member, serial, now));
    }

    /// What status shows.
    #[must_use]
    pub fn view(&self, member: MemberId) -> MemberView {
        self.with(|core, now| core.members.get(member).map(|it| core.view_of(it, now)))
            .unwrap_or_default()
    }

    /// Calls and events in hand: zero means drained.
    #[must_use]
    pub fn in_hand(&self, member: MemberId) -> usize {
        self.with(|core, _| {
            let bodies = core.http.answering(member);
            let Some(member) = core.members.get(member) else { return 0 };
            member.in_hand as usize + member.deliveries_in_hand() + bodies
        })
    }
}

impl Core {
    fn view_of(&self, member: &Member, now: Moment) -> MemberView {
        let open = member.breakers.iter().filter(|(_, breaker)| breaker.is_open());
        MemberView {
            traffic: member.traffic,
            in_flight: member.in_hand,
            open_breakers: open.map(|(hook, _)| hook.clone()).collect(),
            shadows: member.shadows.iter().map(shadow::words).collect(),
            backlog: member.durable.backlog(),
            expired: member.durable.expired(),
            uses: member.uses,
            bypassed: self.bypasses.of(&member.is.name, member.bypassed.clone(), now),
        }
    }

    fn register(&mut self, mut registration: Registration, now: Moment) -> MemberId {
        registration.bot.user_id = self.bots.account_of(&registration.bot.username);
        let id = match self.names.get(&registration.name) {
            Some(&id) => {
                let before = std::mem::replace(&mut self.members[id].is, registration);
                if before.grants != self.members[id].is.grants {
                    self.grants_changed(id, now);
                }
                id
            }
            None => {
                let name = Arc::clone(&registration.name);
                // Answers to a plugin of the same name that was here before are beneath it.
                self.tickets += 1 << 32;
                let id = self.members.insert(Member::new(registration, self.tickets));
                self.names.insert(name, id);
                id
            }
        };
        self.declare_events(id, now);
        let loaded = Arc::clone(&self.members[id].is.ui);
        self.ui.load(id, &loaded, now);
        self.rebuild(now);
        id
    }

    fn unregister(&mut self, id: MemberId, now: Moment) {
        self.set_standing(id, Standing::Unlisted, now);
        self.end_calls_of(id, now);
        self.detach_any(id, now);
        self.keep_counts_of(id, now);
        let member = self.members.remove(id);
        if let Some(wakes_at) = member.wakes_at {
            self.deadlines.remove(wakes_at, super::deadline::Due::Lanes(id));
        }
        self.names.remove(&member.is.name);
        self.ui.unload(id);
        self.rebuild(now);
    }

    /// Everything that is derived from who is registered and listed.
    pub fn rebuild(&mut self, _now: Moment) {
        self.note_patterns();
        self.permits.names_wanted =
            self.members.iter().any(|(_, it)| it.is.grants.asks_for_names());
        self.rebuild_pipelines();
        self.rebuild_subscribers();
        self.rebuild_commands();
        self.mark_bypassed();
    }

    pub fn set_standing(&mut self, id: MemberId, standing: Standing, now: Moment) {
        let Some(member) = self.members.get_mut(id) else { return };
        if member.standing == standing {
            return;
        }
        let was_listed = member.listed();
        member.standing = standing;
        let is_listed = member.listed();
        member.sleep.counted &= matches!(member.standing, Standing::Asleep | Standing::Waking);
        match member.standing {
            Standing::Ready | Standing::Debugged(Guest::Answering) => {
                self.ui.settle(id);
                self.hand_over(id, now);
            }
            Standing::Asleep | Standing::Waking => self.fall_asleep(id),
            Standing::Suspended(_)
            | Standing::Unavailable { .. }
            | Standing::Debugged(Guest::Awaited) => {
                self.skip_queued(id, now);
                self.skip_awaiting(id, now);
            }
            Standing::Unlisted => self.end_calls_of(id, now),
        }
        if was_listed == is_listed {
            self.announce_catalogue();
        } else {
            self.rebuild(now);
        }
    }

    fn attach(&mut self, id: MemberId, serial: u64, egress: Egress<ToPlugin>, now: Moment) {
        if !self.members.contains(id) {
            return;
        }
        self.detach_any(id, now);
        let member = &mut self.members[id];
        let credit = outboard_proto::limits::CREDIT_BYTES;
        member.seat = Some(Seat { serial, egress, credit });
        self.hand_over(id, now);
    }

    fn detach(&mut self, id: MemberId, serial: u64, now: Moment) {
        let open = self.members.get(id).and_then(|member| member.seat.as_ref());
        if open.is_some_and(|seat| seat.serial == serial) {
            self.detach_any(id, now);
        }
    }

    pub fn detach_any(&mut self, id: MemberId, now: Moment) {
        let Some(member) = self.members.get_mut(id) else { return };
        let Some(seat) = member.seat.take() else { return };
        drop(seat);
        self.lose_calls_in_hand(id, now);
        self.lose_deliveries_in_hand(id, now);
        self.break_exchanges_of(id, now);
    }

    /// It can take work: what waited goes out.
    fn hand_over(&mut self, id: MemberId, now: Moment) {
        self.call_awaiting(id, now);
        self.call_queued(id, now);
        if let Some(member) = self.members.get_mut(id)
            && member.open_seat().is_some()
        {
            member.durable.up();
        }
        self.deliver(id, now);
    }

    /// Tells every plugin with a session what the connected apps can do now.
    pub fn announce_apps(&mut self, now: Moment) {
        let app = self.nodes.app_info();
        for (id, _) in &self.members {
            self.tell_app(id, app.clone(), now);
        }
    }
}
