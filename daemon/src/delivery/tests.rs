//! Claims about delivery, with a simulated clock, a plugin and a daemon that end at any moment, and
//! a journal that may not have carried out what was last ordered.

use std::collections::{HashMap, VecDeque};

use proptest::prelude::*;
use prost::Message as _;

use super::journal::{NewEvent, Op, Outcome, Target};
use super::memory::Memory;
use super::*;

const SUBSCRIPTION: &str = "message.posted";
const WINDOW: usize = 4;

/// An event in the plugin's hands.
struct Hand {
    delivery: u64,
    id: String,
    lane: String,
}

/// What is known of an accepted event.
#[derive(Default, Clone)]
struct Story {
    lane: String,
    /// The highest attempt that the plugin saw.
    seen: u32,
    /// Its handler returned well once.
    acknowledged: bool,
}

/// Plugin, daemon and journal.
struct World {
    journal: Memory,
    desk: Deliveries,
    queue: VecDeque<Op>,
    now: Moment,
    hands: Vec<Hand>,
    deliveries: u64,
    published: usize,
    stories: HashMap<String, Story>,
    /// Accepted events of each lane, in order.
    order: HashMap<String, Vec<String>>,
    retention: Retention,
    tickets: u64,
}

impl World {
    fn new(events: u64) -> Self {
        let retention = Retention { events, bytes: u64::MAX };
        let mut world = Self {
            journal: Memory::default(),
            desk: Deliveries::new("alpha".into(), 0, retention),
            queue: VecDeque::new(),
            now: Moment::ZERO,
            hands: Vec::new(),
            deliveries: 0,
            published: 0,
            stories: HashMap::new(),
            order: HashMap::new(),
            retention,
            tickets: 0,
        };
        world.declare();
        world
    }

    fn declare(&mut self) {
        let declared = Declared { name: SUBSCRIPTION.into(), types: vec![SUBSCRIPTION.to_owned()] };
        let timeout = Duration::from_secs(5);
        self.desk.declare(vec![Declaration { declared, timeout }], self.at_us());
        self.collect();
    }

    fn at_us(&self) -> i64 {
        1_700_000_000_000_000 + i64::try_from(self.now.0.as_micros()).unwrap()
    }

    fn collect(&mut self) {
        self.queue.extend(self.desk.take_orders());
    }

    fn publish(&mut self, lane: u8) {
        let (id, lane) = (format!("e{}", self.published), format!("lane{lane}"));
        self.published += 1;
        let event = Event { id: id.clone(), r#type: SUBSCRIPTION.into(), ..Event::default() };
        let key = SubscriptionKey { plugin: "alpha".into(), name: SUBSCRIPTION.into() };
        let handed = self.desk.is_up();
        self.queue.push_back(Op::Accept(NewEvent {
            id: id.into(),
            kind: SUBSCRIPTION.into(),
            workspace: String::new(),
            message: String::new(),
            body: event.encode_to_vec().into(),
            at_us: self.at_us(),
            targets: vec![Target { key, lane: lane.into(), handed }],
        }));
    }

    /// The journal carries out so many orders.
    fn carry(&mut self, most: usize) {
        for _ in 0..most {
            let Some(op) = self.queue.pop_front() else { return };
            let outcome = self.journal.apply_now(std::slice::from_ref(&op)).remove(0);
            self.heed(&op, outcome);
            self.collect();
        }
    }

    fn heed(&mut self, op: &Op, outcome: Outcome) {
        match (op, outcome) {
            (Op::Accept(new), Outcome::Accepted(seqs)) => {
                let target = &new.targets[0];
                let lane = target.lane.to_string();
                let id = new.id.to_string();
                self.order.entry(lane.clone()).or_default().push(id.clone());
                self.stories.insert(id, Story { lane, ..Story::default() });
                let event = Arc::new(Event::decode(new.body.clone()).unwrap());
                let (seq, size, at_us) = (seqs[0], new.body.len(), new.at_us);
                let item = Item { seq, event, size, attempt: 1, failures: 0, at_us, gone: false };
                let now = self.at_us();
                self.desk.accepted(target, item, now);
            }
            (Op::Load { key, ticket, after }, Outcome::Lanes(page)) => {
                self.desk.loaded(&key.name, *ticket, after.as_ref(), page);
            }
            (Op::LoadLane { key, ticket, .. }, Outcome::Lane(page)) => {
                self.desk.lane_loaded(&key.name, *ticket, page);
            }
            (op, Outcome::Buried { gone, dead_letters }) => {
                gone.iter().for_each(|it| self.desk.gone(it));
                for (key, count) in dead_letters {
                    self.desk.dead_letters(&key.name, count);
                }
                if let Op::Expire { key, .. } = op {
                    self.desk.expiry_done(&key.name, self.at_us());
                }
            }
            (Op::Again { key, lane, seq, .. }, _) => {
                self.desk.known(&key.name, lane, *seq);
                self.desk.wake(self.now);
            }
            (_, Outcome::Declared(backlogs, _)) => self.desk.declared(backlogs),
            _ => {}
        }
    }

    /// The plugin takes what it may, and looks whether that is as promised.
    fn hand_over(&mut self) {
        while self.desk.in_hand() < WINDOW && self.desk.head().is_some() {
            self.deliveries += 1;
            let handed = self.desk.take(self.deliveries, self.now).unwrap();
            let id = handed.event.id.clone();
            let story = self.stories.get_mut(&id).expect("only what was accepted comes");
            // I56
            assert!(handed.attempt > story.seen, "{id} came again as attempt {}", handed.attempt);
            story.seen = handed.attempt;
            let lane = story.lane.clone();
            self.assert_turn(&id, &lane);
            self.hands.push(Hand { delivery: self.deliveries, id, lane });
        }
        self.collect();
    }

    // I56
    fn assert_turn(&self, id: &str, lane: &str) {
        assert!(self.hands.iter().all(|hand| hand.lane != lane), "{lane} has one in hand");
        let letters = self.journal.letters();
        // Orders that the journal has not carried out yet count as they will.
        let dead = |it: &String| letters.iter().any(|(letter, _)| letter == it);
        let waits = |it: &String| self.journal.waiting().iter().any(|(row, _)| row == it);
        for earlier in self.order[lane].iter().take_while(|it| *it != id) {
            let done = self.stories[earlier].acknowledged || dead(earlier) || !waits(earlier);
            assert!(done || self.is_ordered_away(earlier), "{id} overtakes {earlier}");
        }
    }

    fn is_ordered_away(&self, id: &str) -> bool {
        let row = self.journal.seq_of(id);
        self.queue.iter().any(|op| matches!(op, Op::Bury { seq, .. } if Some(*seq) == row))
    }

    fn acknowledge(&mut self, which: usize) {
        let Some(hand) = self.give_back(which) else { return };
        self.stories.get_mut(&hand.id).unwrap().acknowledged = true;
        self.desk.acknowledge(hand.delivery);
        self.collect();
    }

    fn fail(&mut self, which: usize) {
        let Some(hand) = self.give_back(which) else { return };
        self.desk.failed(hand.delivery, self.now, self.at_us(), "told to");
        self.collect();
    }

    fn give_back(&mut self, which: usize) -> Option<Hand> {
        let at = which.checked_rem(self.hands.len())?;
        Some(self.hands.swap_remove(at))
    }

    fn plugin_ends(&mut self, own_fault: bool) {
        self.hands.clear();
        self.desk.down();
        self.desk.ended(own_fault, self.at_us());
        self.collect();
    }

    fn plugin_starts(&mut self) {
        self.desk.up();
        self.collect();
    }

    /// Whatever was not on the disk is lost.
    fn daemon_is_killed(&mut self) {
        self.queue.clear();
        self.hands.clear();
        self.journal.recover_now();
        self.tickets += 1 << 32;
        self.desk = Deliveries::new("alpha".into(), self.tickets, self.retention);
        self.declare();
    }

    fn later(&mut self, millis: u64) {
        self.now = self.now + Duration::from_millis(millis);
        self.desk.wake(self.now);
    }

    /// Everything goes well from now on; afterwards nothing is left.
    fn come_to_rest(&mut self) {
        self.plugin_starts();
        for _ in 0..100_000 {
            self.carry(1000);
            self.later(10_000);
            self.hand_over();
            while !self.hands.is_empty() {
                self.acknowledge(0);
            }
            if self.queue.is_empty() && self.journal.waiting().is_empty() {
                return;
            }
        }
        panic!("these wait for ever: {:?}\n{:#?}", self.journal.waiting(), self.desk);
    }
}

#[derive(Debug, Clone)]
enum Step {
    Publish(u8),
    PublishMany(u8, u8),
    Carry(usize),
    HandOver,
    Acknowledge(usize),
    Fail(usize),
    PluginEnds(bool),
    PluginStarts,
    DaemonIsKilled,
    Later(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        8 => (0..6u8).prop_map(Step::Publish),
        2 => (0..6u8, 1..20u8).prop_map(|(lane, count)| Step::PublishMany(lane, count)),
        8 => (1..8usize).prop_map(Step::Carry),
        8 => Just(Step::HandOver),
        8 => (0..4usize).prop_map(Step::Acknowledge),
        3 => (0..4usize).prop_map(Step::Fail),
        2 => any::<bool>().prop_map(Step::PluginEnds),
        4 => Just(Step::PluginStarts),
        1 => Just(Step::DaemonIsKilled),
        4 => (0..2_000u64).prop_map(Step::Later),
    ];
    prop::collection::vec(step, 0..200)
}

fn run(world: &mut World, steps: Vec<Step>) {
    for step in steps {
        match step {
            Step::Publish(lane) => world.publish(lane),
            Step::PublishMany(lane, count) => (0..count).for_each(|_| world.publish(lane)),
            Step::Carry(most) => world.carry(most),
            Step::HandOver => world.hand_over(),
            Step::Acknowledge(which) => world.acknowledge(which),
            Step::Fail(which) => world.fail(which),
            Step::PluginEnds(own_fault) => world.plugin_ends(own_fault),
            Step::PluginStarts => world.plugin_starts(),
            Step::DaemonIsKilled => world.daemon_is_killed(),
            Step::Later(millis) => world.later(millis),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    // I55
    #[test]
    fn every_accepted_event_is_delivered_or_dead_lettered_and_lanes_keep_their_order(
        steps in steps()
    ) {
        let mut world = World::new(u64::MAX);
        run(&mut world, steps);
        world.come_to_rest();
        let letters = world.journal.letters();
        for (id, story) in &world.stories {
            let dead = letters.iter().any(|(letter, _)| letter == id);
            prop_assert!(story.acknowledged || dead, "{id} is lost");
        }
        prop_assert_eq!(world.desk.backlog().waiting, 0);
        prop_assert_eq!(world.desk.backlog().dead_letters, letters.len() as u64);
    }

    // I55
    #[test]
    fn what_is_too_much_expires_and_nothing_else_is_lost(steps in steps()) {
        let mut world = World::new(10);
        run(&mut world, steps);
        world.come_to_rest();
        let letters = world.journal.letters();
        for (id, story) in &world.stories {
            let dead = letters.iter().any(|(letter, _)| letter == id);
            prop_assert!(story.acknowledged || dead, "{id} is lost");
        }
        prop_assert_eq!(world.desk.backlog().waiting, 0);
    }
}

fn handed(world: &mut World) -> Vec<(String, u32)> {
    world.carry(1000);
    world.hand_over();
    world.hands.iter().map(|hand| (hand.id.clone(), world.stories[&hand.id].seen)).collect()
}

fn one(id: &str, attempt: u32) -> Vec<(String, u32)> {
    vec![(id.to_owned(), attempt)]
}

// I57
#[test]
fn five_failures_dead_letter_an_event_and_its_lane_goes_on() {
    let mut world = World::new(100);
    world.plugin_starts();
    world.publish(0);
    world.publish(0);
    let mut waits = Vec::new();
    for attempt in 1..=5 {
        assert_eq!(handed(&mut world), one("e0", attempt));
        world.fail(0);
        world.carry(1000);
        if let Some(wake) = world.desk.next_wake() {
            waits.push(wake.since(world.now).as_millis());
            assert!(handed(&mut world).is_empty(), "the lane waits");
            world.later(u64::try_from(*waits.last().unwrap()).unwrap());
        }
    }
    assert_eq!(waits, [200, 400, 800, 1600]);
    assert_eq!(handed(&mut world), one("e1", 1));
    assert_eq!(world.journal.letters(), [("e0".to_owned(), Death::Failed)]);
}

#[test]
fn losses_raise_the_attempt_and_use_none_up() {
    let mut world = World::new(100);
    world.publish(0);
    for attempt in 1..=20 {
        world.plugin_starts();
        assert_eq!(handed(&mut world), one("e0", attempt));
        world.plugin_ends(false);
    }
    assert!(world.journal.letters().is_empty());
}

// I57
#[test]
fn the_third_end_by_the_plugins_own_fault_is_poison() {
    let mut world = World::new(100);
    world.publish(0);
    world.publish(0);
    for own_fault in [true, false, true, true] {
        world.plugin_starts();
        handed(&mut world);
        world.plugin_ends(own_fault);
    }
    world.carry(1000);
    assert_eq!(world.journal.letters(), [("e0".to_owned(), Death::Poison)]);
    world.plugin_starts();
    assert_eq!(handed(&mut world), one("e1", 1));
}

// I56
#[test]
fn a_blocked_lane_starves_no_other() {
    let mut world = World::new(1000);
    world.plugin_starts();
    for _ in 0..100 {
        world.publish(0);
    }
    for lane in 1..30 {
        world.publish(lane);
    }
    handed(&mut world);
    let blocked = world.hands.iter().position(|hand| hand.lane == "lane0").unwrap();
    let blocked = world.hands.remove(blocked);
    for _ in 0..40 {
        world.carry(1000);
        world.hand_over();
        while !world.hands.is_empty() {
            world.acknowledge(0);
        }
    }
    let done = world.stories.values().filter(|story| story.acknowledged).count();
    assert_eq!(done, 29, "all but the blocked lane's");
    assert_eq!(world.desk.backlog().waiting, 100);
    world.hands.push(blocked);
    world.come_to_rest();
}

#[test]
fn a_plugin_that_is_down_has_nothing_in_memory() {
    let mut world = World::new(1000);
    for lane in 0..20 {
        world.publish(lane);
    }
    world.carry(1000);
    assert!(world.desk.head().is_none());
    assert_eq!(world.desk.waiting_mut().count(), 0);
    assert_eq!(world.desk.backlog().waiting, 20);
    world.come_to_rest();
}

#[test]
fn a_declaration_that_says_the_same_disturbs_nothing() {
    let mut world = World::new(100);
    world.plugin_starts();
    world.publish(0);
    handed(&mut world);
    world.declare();
    assert!(world.queue.is_empty());
    world.acknowledge(0);
    assert!(handed(&mut world).is_empty());
}
