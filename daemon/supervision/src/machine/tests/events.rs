//! Every kind of event there is, each with examples: a kind without one does not compile.

use std::time::Duration;

use crate::event::{Conditions, Event, Exit, Hindrance, News};
use crate::machine::tests::scene::init_failed;
use crate::machine::tests::scene::{Scene, conditions, death, disabled, ended, hello_differs};

/// An event as it would happen in a scene; the scene's clock may be moved on to its moment.
pub struct Example {
    /// What it is called in the table; up to the colon, in the diagram.
    pub name: &'static str,
    /// Makes it.
    pub make: fn(&mut Scene) -> Event,
    kind: usize,
}

macro_rules! every_event {
    ($($kind:literal $pattern:pat => { $($name:literal: $make:expr,)+ })*) => {
        /// All examples, in the order of the table.
        pub fn every_event() -> Vec<Example> {
            vec![$($(Example { name: $name, make: $make, kind: $kind },)+)*]
        }

        /// The number of an event's kind. Without a catch-all: whoever adds a kind of event is
        /// led here, and cannot name it without giving an example.
        fn kind(event: &Event) -> usize {
            match event { $($pattern => $kind,)* }
        }
    };
}

every_event! {
    1 Event::Conditions(Conditions { hindrance: None, .. }) => {
        "free": |_| conditions(None),
        "suspended": |_| Event::Conditions(Conditions {
            hindrance: None,
            suspended_by: vec!["dictionary".to_owned()],
        }),
    }
    2 Event::Conditions(Conditions { hindrance: Some(_), .. }) => {
        "hindered: disabled": |_| disabled(),
        "hindered: needs a grant": |_| {
            conditions(Some(Hindrance::NeedsGrants(vec!["messages:send".to_owned()])))
        },
        "hindered: refused": |_| conditions(Some(Hindrance::Refused("no such file".to_owned()))),
        "hindered: debugged": |_| conditions(Some(Hindrance::Debugged)),
    }
    3 Event::Restart => { "restart": |_| Event::Restart, }
    4 Event::Reset => { "reset": |_| Event::Reset, }
    5 Event::Shutdown => { "shutdown": |_| Event::Shutdown, }
    6 Event::KillNow => { "kill now": |_| Event::KillNow, }
    7 Event::Tick { .. } => {
        "tick: too early": |scene| Event::Tick {
            alive: scene.alive,
            idle_since: scene.idle_since,
        },
        "due: no sign of life": |scene| {
            scene.at = scene.state().next_timeout().unwrap_or(scene.at);
            Event::Tick { alive: scene.alive, idle_since: scene.idle_since }
        },
        "due: it has shown life": |scene| {
            scene.at = scene.state().next_timeout().unwrap_or(scene.at);
            Event::Tick { alive: scene.at, idle_since: scene.idle_since }
        },
    }
    8 Event::Late => { "late": |_| Event::Late, }
    9 Event::News(_, News::Spawned(_)) => { "spawned": |it| of(it, News::Spawned(4711)), }
    10 Event::News(_, News::SpawnFailed(_)) => {
        "spawn failed": |it| of(it, News::SpawnFailed("no such file".to_owned())),
    }
    11 Event::News(_, News::Attached) => { "attached": |it| of(it, News::Attached), }
    12 Event::News(_, News::Detached) => { "detached": |it| of(it, News::Detached), }
    13 Event::News(_, News::Progress(_)) => { "progress": |it| of(it, News::Progress(40)), }
    14 Event::News(_, News::Ready) => { "ready": |it| of(it, News::Ready), }
    15 Event::News(_, News::InitFailed { repeats: false, .. }) => {
        "init failed": |it| of(it, init_failed(false)),
    }
    16 Event::News(_, News::InitFailed { repeats: true, .. }) => {
        "init failed for good": |it| of(it, init_failed(true)),
    }
    17 Event::News(_, News::Refused(_)) => { "refused": |it| of(it, hello_differs()), }
    18 Event::News(_, News::Violation(_)) => {
        "violation": |it| of(it, News::Violation("said hello twice".to_owned())),
    }
    19 Event::News(_, News::Drained) => { "drained": |it| of(it, News::Drained), }
    20 Event::News(_, News::Ended(_)) => {
        "ended: code 0": |it| of(it, ended(Exit::Code(0))),
        "ended: code 1": |it| of(it, ended(Exit::Code(1))),
        "ended: signal 11": |it| of(it, ended(Exit::Signal(11))),
        "ended: out of memory": |it| of(it, News::Ended(death(Exit::Signal(9), true))),
    }
    22 Event::Wake => { "wake": |_| Event::Wake, }
    23 Event::News(_, News::Installing(_)) => {
        "installing": |it| of(it, News::Installing(Duration::from_secs(120))),
    }
    24 Event::News(_, News::Installed) => { "installed": |it| of(it, News::Installed), }
    25 Event::News(_, News::InstallFailed(_)) => {
        "install failed": |it| of(it, News::InstallFailed("code 1".to_owned())),
    }
    21 Event::News(_, News::KeeperLost) => { "keeper lost": |it| of(it, News::KeeperLost), }
}

fn of(scene: &Scene, news: News) -> Event {
    Event::News(scene.machine.generation(), news)
}

#[test]
fn every_example_is_of_its_kind() {
    for example in every_event() {
        let event = (example.make)(&mut Scene::running());
        assert_eq!(kind(&event), example.kind, "{}", example.name);
    }
}
