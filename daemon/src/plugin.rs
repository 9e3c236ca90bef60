//! One task per plugin: tells the machine what happened, carries out what it decides.
//!
//! Waiting and acting are apart: the loop waits for one of two things, `take` and `tick` act. It
//! never blocks; whatever takes time is begun, and comes back as mail.

mod bring_up;
mod install;
mod linux_host;
mod moves;
mod output;
mod prepared;
mod standing;
mod view;

use std::time::Duration;

use outboard_supervision::{Conditions, Effect, Event, Machine, Moment, News, Now, Policy, State};
use tokio::sync::{mpsc, watch};

use crate::clock::Clock;

pub use bring_up::daemons_variables;
pub use install::InstallPlan;
pub use linux_host::{LinuxHost, LinuxHostParts, Program};
pub use moves::{Move, something_moved};
pub use standing::{condition_notes, explain, explain_hindrance, standing};
pub use view::{Ends, View};

/// Mail that waits for a plugin's task: news of one session, a handful of wishes.
pub const MAILBOX: usize = 256;

/// First pings go out at multiples of this: short beside the second in which each must be answered.
const PINGS: Duration = Duration::from_millis(50);

/// How late the loop may wake before it stops blaming others.
const LATE: Duration = Duration::from_millis(500);

/// What a plugin's task can be told.
#[derive(Debug)]
pub enum Mail {
    /// What has to hold for the plugin to run has changed.
    Conditions(Conditions),
    /// It is supervised by other rules from now on.
    Policy(Box<Policy>),
    /// An operator wants a new process.
    Restart,
    /// An operator looked at a failure.
    Reset,
    /// Something is wanted of a plugin that sleeps.
    Wake,
    /// The daemon is stopping.
    Shutdown,
    /// The daemon must stop at once.
    KillNow,
    /// News of a generation.
    News(u64, News),
}

/// What a task needs of the world.
pub trait Host: Send + 'static {
    /// Begins to carry out an effect. Must not block.
    fn perform(&mut self, effect: Effect);

    /// When the plugin last showed life.
    fn alive(&self) -> Moment;

    /// Since when the plugin has had nothing to do; nothing while it has.
    fn idle_since(&self) -> Option<Moment>;

    /// The machine has moved: whoever routes or watches may want to know.
    fn moved(&mut self, machine: &Machine, now: Moment);

    /// A number from 0 up to 1.
    fn luck(&mut self) -> f64;
}

/// The task of one plugin.
pub struct Task<H> {
    clock: Clock,
    machine: Machine,
    host: H,
    mailbox: mpsc::Receiver<Mail>,
    view: watch::Sender<View>,
}

impl<H: Host> Task<H> {
    /// A task for a plugin at rest.
    pub fn new(
        clock: Clock,
        machine: Machine,
        host: H,
        mailbox: mpsc::Receiver<Mail>,
        view: watch::Sender<View>,
    ) -> Self {
        Self { clock, machine, host, mailbox, view }
    }

    /// Runs until every sender of its mailbox is gone.
    pub async fn run(mut self) {
        self.publish(self.clock.now());
        loop {
            match self.next().await {
                Woken::Mail(mail) => self.take(mail),
                Woken::Due(due) => self.tick(due),
                Woken::Alone => return,
            }
        }
    }

    async fn next(&mut self) -> Woken {
        let due = self.machine.state().next_timeout();
        // The first pings of many plugins go out together, so that an idle daemon wakes rarely.
        let due = match self.machine.state().is_patient() {
            true => due.map(|due| due.on_grid(PINGS)),
            false => due,
        };
        let clock = self.clock;
        // Somebody waits for a plugin that is to come back; nobody does for a pulse.
        let exact = matches!(self.machine.state(), State::Waiting(_));
        let timer = async {
            match due {
                Some(due) if exact => clock.until_exactly(due).await,
                Some(due) => tokio::time::sleep_until(clock.instant(due)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            mail = self.mailbox.recv() => mail.map_or(Woken::Alone, Woken::Mail),
            () = timer => Woken::Due(due.unwrap_or_default()),
        }
    }

    fn take(&mut self, mail: Mail) {
        match mail {
            Mail::Conditions(conditions) => self.step(Event::Conditions(conditions)),
            Mail::Policy(policy) => {
                self.machine.set_policy(*policy);
                // Whoever sleeps may have to rise now.
                if self.machine.state().is_asleep() {
                    self.step(Event::Conditions(self.machine.conditions().clone()));
                }
            }
            Mail::Restart => self.step(Event::Restart),
            Mail::Reset => self.step(Event::Reset),
            Mail::Wake => self.step(Event::Wake),
            Mail::Shutdown => self.step(Event::Shutdown),
            Mail::KillNow => self.step(Event::KillNow),
            Mail::News(generation, news) => self.step(Event::News(generation, news)),
        }
    }

    /// A timer fired. If it fired late, this process was held up: nobody is blamed for it.
    fn tick(&mut self, due: Moment) {
        if self.clock.now().since(due) > LATE {
            self.step(Event::Late);
        }
        let (alive, idle_since) = (self.host.alive(), self.host.idle_since());
        self.step(Event::Tick { alive, idle_since });
    }

    fn step(&mut self, event: Event) {
        let now = Now { at: self.clock.now(), luck: self.host.luck() };
        let before = (self.machine.state().clone(), self.machine.conditions().clone());
        for effect in self.machine.step(now, event) {
            self.host.perform(effect);
        }
        if moved(&before.0, self.machine.state()) || before.1 != *self.machine.conditions() {
            self.publish(now.at);
        }
    }

    /// The one place where others learn of a move.
    fn publish(&mut self, now: Moment) {
        self.host.moved(&self.machine, now);
        let wall_us = self.clock.wall_us();
        self.view.send_modify(|view| view.follow(&self.machine, now, wall_us));
    }
}

/// Whether others can see a difference. That a pulse was felt is nobody's business: telling it
/// would wake every watcher with every ping of every plugin.
fn moved(before: &State, after: &State) -> bool {
    match (before, after) {
        (State::Running(old), State::Running(new)) => {
            (old.generation, old.pid, old.link) != (new.generation, new.pid, new.link)
        }
        (old, new) => old != new,
    }
}

/// What can wake a task.
enum Woken {
    Mail(Mail),
    Due(Moment),
    /// Nobody can send mail any more.
    Alone,
}

/// Whether a plugin is at rest for good as far as the daemon's end is concerned.
#[must_use]
pub fn at_rest(state: &State) -> bool {
    match state {
        State::Stopped(_) | State::Failed(_) => true,
        State::Starting(_)
        | State::Running(_)
        | State::Draining(_)
        | State::Stopping(_)
        | State::Waiting(_) => false,
    }
}

#[cfg(test)]
mod tests;
