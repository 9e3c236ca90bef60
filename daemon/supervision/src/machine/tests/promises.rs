//! Random histories held against every promise of supervision, one promise a test.

mod generations;
mod restarts;
mod sleep;
mod time;
mod wishes;

use crate::effect::Effect;
use crate::event::{Event, News};
use crate::machine::tests::history::{Entry, History};
use crate::state::{State, Step, Stopping};

impl History {
    /// Every effect, with the step that called for it.
    fn effects(&self) -> impl Iterator<Item = (&Entry, &Effect)> {
        self.entries.iter().flat_map(|entry| entry.effects.iter().map(move |it| (entry, it)))
    }

    /// Has the generation that is being ended ended, as a kernel would: at the latest when killed.
    fn let_end(&mut self) {
        for _ in 0..8 {
            if let State::Stopping(Stopping { step: Step::Killed, .. }) = self.machine.state() {
                self.news(super::scene::crashed());
            }
            match (is_ending(self.machine.state()), self.machine.state().next_timeout()) {
                (true, Some(due)) => self.pass(due.since(self.at)),
                _ => return,
            }
        }
    }
}

impl Entry {
    /// The news that this step took as news of the generation that was alive.
    fn heard(&self) -> Option<&News> {
        match &self.event {
            Event::News(generation, news) => {
                (self.before.state().generation() == Some(*generation)).then_some(news)
            }
            _ => None,
        }
    }

    /// The generation that this step buried.
    fn buried(&self) -> Option<u64> {
        match self.heard()? {
            News::Ended(_) | News::SpawnFailed(_) | News::InstallFailed(_) | News::KeeperLost => {
                self.before.state().generation()
            }
            _ => None,
        }
    }

    /// Whether an operator, or the daemon's end, spoke.
    fn is_wish(&self) -> bool {
        !matches!(self.event, Event::News(..) | Event::Tick { .. } | Event::Late | Event::Wake)
    }

    fn spawns(&self) -> bool {
        self.effects.iter().any(|effect| matches!(effect, Effect::Spawn(_)))
    }
}

fn is_ending(state: &State) -> bool {
    matches!(state, State::Draining(_) | State::Stopping(_))
}
