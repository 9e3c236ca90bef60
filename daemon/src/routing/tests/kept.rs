//! Claims about events that are promised: when a publish is acknowledged, to whom they go, what a
//! grant withdrawn means for them.

use std::sync::atomic::{AtomicBool, Ordering};

use outboard_proto::app::Published;
use outboard_proto::common::{Event, Failure, Reason, event};
use outboard_proto::plugin::{Ack, Delivery};
use tokio::sync::oneshot::error::TryRecvError;

use super::*;
use crate::config::manifest::event::{Guarantee, Order};
use crate::courier;
use crate::delivery::journal::{DeadLetter, Death, EventJournal, Op, Outcome};
use crate::delivery::memory::Memory;
use crate::store::StoreError;

/// A journal whose disk may be full.
#[derive(Clone, Default)]
struct Disk {
    journal: Memory,
    full: Arc<AtomicBool>,
}

impl EventJournal for Disk {
    async fn recover(&self) -> Result<u64, StoreError> {
        self.journal.recover().await
    }

    async fn apply(&self, ops: Arc<[Op]>) -> Result<Vec<Outcome>, StoreError> {
        if self.full.load(Ordering::Relaxed) {
            return Err(StoreError::Full { path: "journal.db".into() });
        }
        self.journal.apply(ops).await
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
        self.journal.dead_letters(plugin, before, most).await
    }

    async fn dead_letter(&self, id: i64) -> Result<Option<DeadLetter>, StoreError> {
        self.journal.dead_letter(id).await
    }
}

fn subscriber(name: &str, delivery: Guarantee) -> Registration {
    let types = BTreeSet::from(["message.posted".parse().unwrap()]);
    let timeout = Duration::from_secs(5);
    let (channels, order) = (Vec::new(), Order::Channel);
    let subscription = Subscription {
        types,
        filter: Filter { channels, ..Filter::default() },
        own: false,
        timeout,
        delivery,
        order,
    };
    Registration { subscriptions: vec![subscription], ..registration(name, Vec::new()) }
}

fn kept(name: &str) -> Registration {
    subscriber(name, Guarantee::AtLeastOnce)
}

fn posted(id: &str) -> Event {
    Event {
        id: id.into(),
        r#type: "message.posted".into(),
        of: Some(event::Of::Message(Box::new(message("hi")))),
        ..Event::default()
    }
}

async fn delivery(plugin: &mut FakePlugin) -> Delivery {
    loop {
        if let daemon_frame::Kind::Event(delivery) = plugin.frame().await {
            return delivery;
        }
    }
}

fn id(delivery: &Delivery) -> &str {
    &delivery.event.as_ref().unwrap().id
}

fn acknowledge(plugin: &FakePlugin, delivery: &Delivery) {
    let ack = Ack { delivery: delivery.delivery, failure: None };
    assert!(plugin.board.acknowledge(plugin.member, &ack));
}

async fn published(told: tokio::sync::oneshot::Receiver<Published>) -> Published {
    told.await.unwrap()
}

// I54
#[tokio::test(start_paused = true)]
async fn publishing_is_acknowledged_when_the_journal_has_it_and_not_before() {
    let board = board();
    let _one = FakePlugin::ready(&board, kept("one"));
    let mut told = board.publish_and_tell(posted("a"));
    let mut again = board.publish_and_tell(posted("a"));
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!(told.try_recv(), Err(TryRecvError::Empty));
    assert_eq!(again.try_recv(), Err(TryRecvError::Empty), "a duplicate waits with the first");
    let journal = Memory::default();
    tokio::spawn(courier::carry(board.clone(), journal.clone()));
    assert_eq!(published(told).await.subscriptions, 1);
    assert!(published(again).await.duplicate);
    assert_eq!(journal.waiting(), [("a".to_owned(), 1)]);
}

// I54
#[tokio::test(start_paused = true)]
async fn on_a_full_disk_it_is_refused_and_may_be_published_again_under_its_id() {
    let board = board();
    let disk = Disk::default();
    disk.full.store(true, Ordering::Relaxed);
    tokio::spawn(courier::carry(board.clone(), disk.clone()));
    let mut one = FakePlugin::ready(&board, kept("one"));
    let mut best = FakePlugin::ready(&board, subscriber("best", Guarantee::BestEffort));
    let refused = published(board.publish_and_tell(posted("a"))).await;
    assert_eq!(refused.failure.map(|it| it.reason()), Some(Reason::DiskFull));
    disk.full.store(false, Ordering::Relaxed);
    let taken = published(board.publish_and_tell(posted("a"))).await;
    assert_eq!((taken.failure, taken.duplicate), (None, false));
    let first = delivery(&mut one).await;
    assert_eq!((id(&first), first.attempt), ("a", 1));
    let told = delivery(&mut best).await;
    acknowledge(&best, &told);
    board.publish_and_tell(posted("b")).await.unwrap();
    assert_eq!(id(&delivery(&mut best).await), "b", "a was told once");
}

#[tokio::test(start_paused = true)]
async fn an_acknowledged_event_leaves_the_journal_and_a_failed_one_comes_again() {
    let board = board();
    let journal = Memory::default();
    tokio::spawn(courier::carry(board.clone(), journal.clone()));
    let mut one = FakePlugin::ready(&board, kept("one"));
    published(board.publish_and_tell(posted("a"))).await;
    let first = delivery(&mut one).await;
    let failure = Some(Failure { message: "told to".into(), ..Failure::default() });
    assert!(board.acknowledge(one.member, &Ack { delivery: first.delivery, failure }));
    let second = delivery(&mut one).await;
    assert_eq!((id(&second), second.attempt), ("a", 2));
    acknowledge(&one, &second);
    board.orders_idle().await;
    assert!(journal.waiting().is_empty());
    assert_eq!(board.view(one.member).backlog.waiting, 0);
}

// I28
#[tokio::test(start_paused = true)]
async fn a_grant_withdrawn_counts_for_what_already_waits() {
    let board = board();
    let journal = Memory::default();
    tokio::spawn(courier::carry(board.clone(), journal.clone()));
    let mut one = FakePlugin::ready(&board, kept("one"));
    published(board.publish_and_tell(posted("a"))).await;
    published(board.publish_and_tell(posted("b"))).await;
    let first = delivery(&mut one).await;
    board.register(Registration { grants: Granted::default(), ..kept("one") });
    acknowledge(&one, &first);
    board.orders_idle().await;
    assert_eq!(journal.letters(), [("b".to_owned(), Death::Denied)]);
    assert_eq!(board.view(one.member).traffic.denied, 1);
    assert_eq!(board.view(one.member).backlog.dead_letters, 1);
}

#[tokio::test(start_paused = true)]
async fn an_event_for_one_plugin_alone_needs_no_subscription_and_waits_for_it() {
    let board = board();
    tokio::spawn(courier::carry(board.clone(), Memory::default()));
    let mut one = FakePlugin::ready(&board, registration("one", Vec::new()));
    let _two = FakePlugin::ready(&board, kept("two"));
    one.lost();
    let fired = Event { r#type: "schedule:nightly".into(), ..Event::default() };
    let fired = Event { id: "one nightly 2026-01-01".into(), ..fired };
    let taken = published(board.publish_to(one.member, fired.clone())).await;
    assert_eq!((taken.subscriptions, taken.failure), (1, None));
    assert!(published(board.publish_to(one.member, fired)).await.duplicate);
    one.back();
    let first = delivery(&mut one).await;
    assert_eq!(first.event.as_ref().unwrap().r#type, "schedule:nightly");
    acknowledge(&one, &first);
    board.unregister(one.member);
    let gone = published(board.publish_to(one.member, posted("late"))).await;
    assert_eq!(gone.failure.map(|it| it.reason()), Some(Reason::UnknownPlugin));
}

// I32
#[tokio::test(start_paused = true)]
async fn an_event_is_promised_to_a_plugin_that_is_not_there_yet() {
    let board = board();
    tokio::spawn(courier::carry(board.clone(), Memory::default()));
    let member = board.register(kept("one"));
    let taken = published(board.publish_and_tell(posted("a"))).await;
    assert_eq!(taken.subscriptions, 1, "its task has not said a word yet");
    board.register(Registration { enabled: false, ..kept("one") });
    let refused = published(board.publish_and_tell(posted("b"))).await;
    assert_eq!(refused.subscriptions, 0, "out of service");
    assert_eq!(board.view(member).backlog.waiting, 1);
}

// I58
#[tokio::test(start_paused = true)]
async fn a_deleted_message_is_empty_wherever_it_waits() {
    let board = board();
    tokio::spawn(courier::carry(board.clone(), Memory::default()));
    let mut one = FakePlugin::ready(&board, kept("one"));
    let mut two = FakePlugin::ready(&board, subscriber("two", Guarantee::BestEffort));
    let said = |id: &str| {
        let message = outboard_proto::common::Message { id: id.into(), ..message("a secret") };
        event::Of::Message(Box::new(message))
    };
    for id in ["m1", "m2"] {
        let event = Event { of: Some(said(id)), ..posted(id) };
        published(board.publish_and_tell(event)).await;
    }
    let deleted =
        Event { r#type: "message.deleted".into(), of: Some(said("m2")), ..Event::default() };
    published(board.publish_and_tell(deleted)).await;
    for plugin in [&mut one, &mut two] {
        let first = delivery(plugin).await;
        acknowledge(plugin, &first);
        let second = delivery(plugin).await;
        let text = format!("{:?}", second.event);
        assert!(text.contains("m2") && !text.contains("secret"), "{text}");
    }
}
