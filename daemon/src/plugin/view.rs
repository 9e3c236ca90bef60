//! What others see of a plugin's supervision: a snapshot, published after every move.
//!
//! It repeats what the machine says and adds only what operators count.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use outboard_supervision::event::Hindrance;
use outboard_supervision::state::Rest;
use outboard_supervision::{Conditions, Machine, Moment, State};

use crate::store::EndRecord;

/// End records kept in memory per plugin, as many as are kept on disk.
const KEPT: usize = 50;

/// A snapshot.
#[derive(Debug, Clone)]
pub struct View {
    /// Where it stands.
    pub state: State,
    /// Since when.
    pub since: Moment,
    /// The same, on the wall's clock as it stood then: microseconds since the Unix epoch.
    pub since_us: i64,
    /// What has to hold.
    pub conditions: Conditions,
    /// The newest generation.
    pub generation: u64,
    /// Processes started after the first one, since the daemon started.
    pub restarts: u32,
    /// Whether it has been ready once since the daemon started.
    pub ready_once: bool,
    first: Option<u64>,
}

impl View {
    /// Of a machine that has just begun.
    #[must_use]
    pub fn new(machine: &Machine, now: Moment, wall_us: i64) -> Self {
        Self {
            state: machine.state().clone(),
            since: now,
            since_us: wall_us,
            conditions: machine.conditions().clone(),
            generation: machine.generation(),
            restarts: 0,
            ready_once: false,
            first: None,
        }
    }

    /// Follows the machine.
    pub fn follow(&mut self, machine: &Machine, now: Moment, wall_us: i64) {
        let state = machine.state();
        if state.name() != self.state.name() || state.generation() != self.state.generation() {
            self.since = now;
            self.since_us = wall_us;
        }
        let generation = machine.generation();
        if generation != self.generation {
            match self.first {
                None => self.first = Some(generation),
                // To come back after a guest is no restart of the plugin's.
                // Nor is it to start because something is wanted of it.
                Some(_) if made_room(&self.state) || state.is_waking() => {}
                Some(_) => self.restarts += 1,
            }
        }
        self.ready_once |= matches!(state, State::Running(_));
        self.generation = generation;
        self.state = state.clone();
        self.conditions = machine.conditions().clone();
    }
}

fn made_room(state: &State) -> bool {
    *state == State::Stopped(Rest::Hindered(Hindrance::Debugged))
}

/// How a plugin's generations ended, the newest first.
#[derive(Debug, Clone, Default)]
pub struct Ends(Arc<Mutex<VecDeque<EndRecord>>>);

impl Ends {
    /// Those that were kept.
    #[must_use]
    pub fn kept(newest_first: Vec<EndRecord>) -> Self {
        Self(Arc::new(Mutex::new(newest_first.into())))
    }

    /// Adds the newest.
    pub fn add(&self, end: EndRecord) {
        let mut ends = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ends.push_front(end);
        ends.truncate(KEPT);
    }

    /// The newest first.
    #[must_use]
    pub fn newest_first(&self) -> Vec<EndRecord> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// The newest.
    #[must_use]
    pub fn last(&self) -> Option<EndRecord> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).front().cloned()
    }
}
