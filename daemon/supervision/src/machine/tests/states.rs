//! Every kind of state there is, each with the histories that lead there: a kind without one does
//! not compile, unless it is declared to be out of reach.

use std::time::Duration;

use crate::event::{Event, News};
use crate::event::{Exit, Hindrance};
use crate::intensity::Intensity;
use crate::machine::tests::scene::{Scene, conditions, crashed, disabled, ended, hello_differs};
use crate::policy::{Policy, Restart};
use crate::state::{
    Begun, Ending, Link, Rest, Running, Starting, State, Step, Stopping, Then, Work,
};

/// A state and how it came about.
pub struct Example {
    /// What it is called in the table.
    pub name: &'static str,
    /// Plays the history that leads there.
    pub reach: fn() -> Scene,
    kind: usize,
}

macro_rules! every_state {
    ($($kind:literal $pattern:pat => { $($name:literal: $reach:expr,)+ })*
     never { $($never:pat,)* }) => {
        /// All examples, in the order of the table.
        pub fn every_state() -> Vec<Example> {
            vec![$($(Example { name: $name, reach: $reach, kind: $kind },)+)*]
        }

        /// The number of a state's kind; none for what no history may reach. Without a catch-all:
        /// whoever adds a kind of state is led here.
        pub fn kind(state: &State) -> Option<usize> {
            match state {
                $($pattern => Some($kind),)*
                $($never => None,)*
            }
        }
    };
}

every_state! {
    1 State::Stopped(Rest::Hindered(_)) => {
        "stopped, disabled": || Scene::of(Policy::default()),
    }
    2 State::Stopped(Rest::Finished) => {
        "stopped, finished": || Scene::running().told(ended(Exit::Code(0))),
    }
    3 State::Stopped(Rest::DaemonStops) => {
        "stopped with the daemon": || Scene::of(Policy::default()).and(Event::Shutdown),
    }
    19 State::Stopped(Rest::Lazy) => { "stopped, lazy": Scene::lazy, }
    20 State::Stopped(Rest::Idle) => {
        "stopped, idle": || Scene::retiring().told(News::Drained).told(ended(Exit::Code(0))),
    }
    21 State::Starting(Starting { work: Work::Install, .. }) => {
        "starting, installing": || {
            Scene::starting().told(News::Installing(Duration::from_secs(120))).after(10)
        },
    }
    22 State::Starting(Starting { begun: Begun::ForCalls, .. }) => {
        "starting, for calls": || Scene::lazy().and(Event::Wake).after(10),
    }
    4 State::Starting(Starting { link: Link::Awaited, .. }) => {
        "starting, no session yet": || Scene::starting().told(News::Spawned(4711)).after(10),
        "starting, no restarts left": || no_restarts_left(Scene::starting()).after(10),
    }
    5 State::Starting(Starting { link: Link::Attached, .. }) => {
        "starting, session open": || {
            Scene::starting().told(News::Spawned(4711)).told(News::Attached).after(10)
        },
    }
    6 State::Starting(Starting { link: Link::Lost(_), .. }) => {
        "starting, session lost": || {
            Scene::starting().told(News::Attached).told(News::Detached).after(10)
        },
    }
    7 State::Running(Running { link: Link::Attached, .. }) => {
        "running": || Scene::running().after(10),
        "running, pinged three times": || {
            Scene::running().then_due().then_due().then_due().after(10)
        },
        "running, its process not reported yet": || {
            Scene::starting().told(News::Attached).told(News::Ready).after(10)
        },
        "running, no restarts left": || no_restarts_left(Scene::running()).after(10),
        "running, with nothing to do": || Scene::idle().after(10),
        "running, with nothing to do for a second at most": || Scene::idle_within(1).after(10),
        "running, restart = never": || with_restart(Restart::Never),
        "running, restart = always": || with_restart(Restart::Always),
    }
    8 State::Running(Running { link: Link::Lost(_), .. }) => {
        "running, session lost": || Scene::running().told(News::Detached).after(10),
    }
    23 State::Draining(Ending { then: Then::Woken, .. }) => {
        "draining, to start for calls": || Scene::retiring().and(Event::Wake).after(10),
    }
    24 State::Stopping(Stopping {
        step: Step::Killed, ending: Ending { then: Then::Woken, .. },
    }) => {
        "stopping, killed, to start for calls": || {
            let broken = News::Violation("said hello twice".to_owned());
            Scene::retiring().told(broken).and(Event::Wake).after(10)
        },
    }
    9 State::Draining(Ending { then: Then::Rest(_), .. }) => {
        "draining, for being idle": || Scene::retiring().after(10),
        "draining, to rest": || Scene::running().and(disabled()).after(10),
        "draining, with the daemon": || Scene::running().and(Event::Shutdown).after(10),
    }
    10 State::Draining(Ending { then: Then::Again, .. }) => {
        "draining, to start again": || Scene::running().and(Event::Restart).after(10),
    }
    11 State::Stopping(Stopping { step: Step::Told, .. }) => {
        "stopping, told, to rest": || {
            Scene::running().and(disabled()).told(News::Drained).after(10)
        },
        "stopping, told, for being idle": || Scene::retiring().told(News::Drained).after(10),
        "stopping, told, to start again": || {
            Scene::running().and(Event::Restart).told(News::Drained).after(10)
        },
    }
    12 State::Stopping(Stopping { step: Step::Terminated, .. }) => {
        "stopping, sent SIGTERM, to rest": || Scene::starting().and(disabled()).after(10),
        "stopping, sent SIGTERM, with the daemon": || {
            Scene::starting().and(Event::Shutdown).after(10)
        },
    }
    13 State::Stopping(Stopping { step: Step::Killed, ending: Ending { then: Then::Rest(_), .. } })
    => {
        "stopping, killed, to rest": || {
            Scene::starting().and(disabled()).then_due().after(10)
        },
        "stopping, killed, with the daemon": || Scene::running().and(Event::KillNow).after(10),
    }
    14 State::Stopping(Stopping { step: Step::Killed, ending: Ending { then: Then::Again, .. } })
    => {
        "stopping, killed, to start again": || {
            Scene::starting().and(Event::Restart).then_due().after(10)
        },
    }
    15 State::Stopping(Stopping {
        step: Step::Killed,
        ending: Ending { then: Then::Recover(..), .. },
    }) => {
        "stopping, killed for being hung": || {
            Scene::running().then_due().then_due().then_due().then_due().after(10)
        },
    }
    16 State::Stopping(Stopping {
        step: Step::Killed,
        ending: Ending { then: Then::GiveUp(..), .. },
    }) => {
        "stopping, killed for good": || Scene::starting().told(hello_differs()).after(10),
    }
    17 State::Waiting(_) => {
        "waiting": || Scene::running().told(crashed()).after(10),
    }
    18 State::Failed(_) => {
        "failed": || no_restarts_left(Scene::running()).told(crashed()).after(10),
        "failed, and a grant is missing": || {
            let missing = Hindrance::NeedsGrants(vec!["messages:send".to_owned()]);
            let failed = no_restarts_left(Scene::running()).told(crashed());
            failed.and(conditions(Some(missing))).after(10)
        },
    }
    never {
        // A plugin is ready in a session.
        State::Running(Running { link: Link::Awaited, .. }),
        // Whoever is at fault is not asked to finish first.
        State::Draining(Ending { then: Then::Recover(..) | Then::GiveUp(..), .. }),
    }
}

fn no_restarts_left(mut scene: Scene) -> Scene {
    scene.machine.policy.intensity = Intensity { restarts: 0, ..Intensity::default() };
    scene
}

fn with_restart(restart: Restart) -> Scene {
    let mut scene = Scene::running().after(10);
    scene.machine.policy.restart = restart;
    scene
}

#[test]
fn every_example_is_of_its_kind() {
    for example in every_state() {
        let scene = (example.reach)();
        assert_eq!(
            kind(scene.state()),
            Some(example.kind),
            "{}: {:?}",
            example.name,
            scene.state()
        );
    }
}
