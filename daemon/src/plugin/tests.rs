//! The task with a fake host and paused time.

use std::sync::{Arc, Mutex};

use outboard_supervision::event::{Death, Exit, Hindrance};

use super::*;

#[derive(Clone, Default)]
struct FakeHost {
    did: Arc<Mutex<Vec<Effect>>>,
    alive: Arc<Mutex<Moment>>,
}

impl Host for FakeHost {
    fn perform(&mut self, effect: Effect) {
        self.did.lock().unwrap().push(effect);
    }

    fn alive(&self) -> Moment {
        *self.alive.lock().unwrap()
    }

    fn idle_since(&self) -> Option<Moment> {
        None
    }

    fn moved(&mut self, _: &Machine, _: Moment) {}

    fn luck(&mut self) -> f64 {
        0.5
    }
}

struct Stage {
    mail: mpsc::Sender<Mail>,
    view: watch::Receiver<View>,
    host: FakeHost,
    clock: Clock,
}

impl Stage {
    fn new() -> Self {
        let (mail, mailbox) = mpsc::channel(MAILBOX);
        let host = FakeHost::default();
        let clock = Clock::start();
        let machine = Machine::new(Policy::default(), 0);
        let (view, seen) = watch::channel(View::new(&machine, clock.now(), 0));
        tokio::spawn(Task::new(clock, machine, host.clone(), mailbox, view).run());
        Self { mail, view: seen, host, clock }
    }

    async fn news(&self, generation: u64, news: News) {
        self.mail.send(Mail::News(generation, news)).await.unwrap();
    }

    async fn state(&mut self, name: &str) -> State {
        let view = self.view.wait_for(|view| view.state.name() == name).await.unwrap();
        view.state.clone()
    }

    async fn running() -> Self {
        let mut stage = Self::new();
        stage.mail.send(Mail::Conditions(Conditions::default())).await.unwrap();
        stage.state("starting").await;
        stage.news(1, News::Attached).await;
        stage.news(1, News::Ready).await;
        stage.state("running").await;
        stage
    }

    fn did(&self) -> Vec<Effect> {
        self.host.did.lock().unwrap().clone()
    }
}

fn died(exit: Exit) -> News {
    News::Ended(Death { exit, oom: false, peak_memory: 0, cpu: Duration::ZERO })
}

#[tokio::test(start_paused = true)]
async fn a_crash_waits_for_the_backoff_and_starts_again() {
    let mut stage = Stage::running().await;
    stage.news(1, died(Exit::Code(1))).await;
    let State::Waiting(waiting) = stage.state("waiting").await else { unreachable!() };
    assert_eq!(waiting.until.since(waiting.since), Duration::from_millis(100));
    stage.state("starting").await;
    assert!(stage.did().contains(&Effect::Spawn(2)));
}

#[tokio::test(start_paused = true)]
async fn silence_is_pinged_and_after_five_seconds_killed() {
    let mut stage = Stage::running().await;
    let begun = stage.clock.now();
    stage.state("stopping").await;
    assert_eq!(stage.clock.now().since(begun).as_secs(), 5);
    let did = stage.did();
    assert_eq!(did.iter().filter(|effect| **effect == Effect::Ping(1)).count(), 3);
    assert!(did.contains(&Effect::Kill(1)));
}

#[tokio::test(start_paused = true)]
async fn a_loop_that_was_held_up_kills_nobody() {
    let mut stage = Stage::running().await;
    // The whole process was stopped for a while: every timer is overdue at once.
    tokio::time::advance(Duration::from_secs(20)).await;
    *stage.host.alive.lock().unwrap() = stage.clock.now() + Duration::from_secs(1);
    stage.mail.send(Mail::Reset).await.unwrap();
    tokio::time::advance(Duration::from_secs(2)).await;
    tokio::task::yield_now().await;
    assert_eq!(stage.state("running").await.name(), "running");
    assert!(!stage.did().contains(&Effect::Kill(1)));
}

#[tokio::test(start_paused = true)]
async fn a_stop_during_backoff_cancels_the_retry() {
    let mut stage = Stage::running().await;
    stage.news(1, died(Exit::Code(1))).await;
    stage.state("waiting").await;
    let hindrance = Some(Hindrance::Disabled);
    let conditions = Conditions { hindrance, ..Conditions::default() };
    stage.mail.send(Mail::Conditions(conditions)).await.unwrap();
    stage.state("stopped").await;
    tokio::time::advance(Duration::from_secs(60)).await;
    assert!(!stage.did().contains(&Effect::Spawn(2)));
}

#[tokio::test(start_paused = true)]
async fn news_of_an_old_generation_changes_nothing() {
    let mut stage = Stage::running().await;
    stage.news(1, died(Exit::Code(1))).await;
    stage.state("starting").await;
    stage.news(1, died(Exit::Code(1))).await;
    stage.news(2, News::Attached).await;
    stage.news(2, News::Ready).await;
    stage.state("running").await;
}
