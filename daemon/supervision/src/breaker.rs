//! Skips a plugin that keeps missing deadlines, one breaker per plugin and hook class.
//!
//! Pure: it is told of misses, answers, pongs and the time. It refuses to know what a call is and
//! how a plugin is pinged.
//!
//! ```text
//!            misses               rested, a call comes      pong        the next call
//!  Closed ──────────▶ Open ──────────────────────▶ Asked ───────▶ Lives ─────────────▶ Trial
//!    ▲                  ▲                                                              │ │
//!    │                  └────────────────── missed: its rest doubled ──────────────────┘ │
//!    └───────────────────────────────────── answered ────────────────────────────────────┘
//! ```

use std::time::Duration;

use crate::moment::Moment;

/// When a breaker opens and how it closes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// Misses in a row that open it.
    pub misses: u32,
    /// Calls within [`WINDOW`] at least, of which half missed open it.
    pub calls: u32,
    /// How long it stays open at first, before it asks whether the plugin lives.
    pub rest: Duration,
    /// What its rest is never doubled beyond.
    pub longest_rest: Duration,
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        let (rest, longest_rest) = (Duration::from_secs(2), Duration::from_secs(60));
        Self { misses: 3, calls: 20, rest, longest_rest }
    }
}

/// How far back calls count. They are counted by the second, so it is between nine and ten.
pub const WINDOW: Duration = Duration::from_secs(10);

/// How long the outcome of a trial is waited for: the longest that any call may take.
const TRIAL: Duration = Duration::from_secs(10);

/// What becomes of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It goes to the plugin.
    Pass,
    /// It is skipped.
    Skip,
    /// It is skipped, and the plugin is to be pinged: a pong lets the next call pass.
    Ping,
}

/// One breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Breaker {
    state: State,
    recent: Recent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Calls pass. So many misses in a row.
    Closed(u32),
    /// Calls are skipped until then.
    Open { until: Moment, rest: Duration },
    /// Pinged then; calls are skipped until it answers.
    Asked { at: Moment, rest: Duration },
    /// It answered the ping: the next call is the trial.
    Lives { rest: Duration },
    /// One call, begun then, is under way; all others are skipped.
    Trial { begun: Moment, rest: Duration },
}

impl Default for State {
    fn default() -> Self {
        Self::Closed(0)
    }
}

impl Breaker {
    /// What becomes of a call at `now`.
    pub fn admit(&mut self, now: Moment, policy: BreakerPolicy) -> Admission {
        match self.state {
            State::Closed(_) => Admission::Pass,
            State::Open { until, rest } if until <= now => {
                self.state = State::Asked { at: now, rest };
                Admission::Ping
            }
            // A ping that got lost, or was never sent, does not keep it open for ever.
            State::Asked { at, rest } if now.since(at) >= policy.rest => {
                self.state = State::Asked { at: now, rest };
                Admission::Ping
            }
            State::Lives { rest } => {
                self.state = State::Trial { begun: now, rest };
                Admission::Pass
            }
            // Nor does a trial whose outcome was never told: its caller left.
            State::Trial { begun, rest } if now.since(begun) >= TRIAL => {
                self.state = State::Trial { begun: now, rest };
                Admission::Pass
            }
            State::Open { .. } | State::Asked { .. } | State::Trial { .. } => Admission::Skip,
        }
    }

    /// The plugin answered a ping. Whether that was waited for.
    pub fn ponged(&mut self) -> bool {
        match self.state {
            State::Asked { rest, .. } => {
                self.state = State::Lives { rest };
                true
            }
            State::Closed(_) | State::Open { .. } | State::Lives { .. } | State::Trial { .. } => {
                false
            }
        }
    }

    /// A call was answered in time.
    pub fn answered(&mut self, now: Moment) {
        match self.state {
            State::Closed(_) => {
                self.state = State::Closed(0);
                self.recent.at(now).answered += 1;
            }
            State::Trial { .. } => *self = Self::default(),
            // A call that began before it opened: the trial says more.
            State::Open { .. } | State::Asked { .. } | State::Lives { .. } => {}
        }
    }

    /// A call that began at `began` was missed. Returns whether that opened the breaker.
    pub fn missed(&mut self, began: Moment, now: Moment, policy: BreakerPolicy) -> bool {
        match self.state {
            State::Closed(before) => {
                self.state = State::Closed(before + 1);
                self.recent.at(now).missed += 1;
                let opens = before + 1 >= policy.misses || self.recent.is_failing(policy.calls);
                if opens {
                    self.open(now, policy.rest);
                }
                opens
            }
            State::Trial { begun, rest } if began >= begun => {
                self.open(now, rest.saturating_mul(2).min(policy.longest_rest));
                false
            }
            // A call that began before it opened.
            State::Open { .. }
            | State::Asked { .. }
            | State::Lives { .. }
            | State::Trial { .. } => false,
        }
    }

    /// Whether calls are being skipped.
    #[must_use]
    pub fn is_open(&self) -> bool {
        match self.state {
            State::Closed(_) => false,
            State::Open { .. }
            | State::Asked { .. }
            | State::Lives { .. }
            | State::Trial { .. } => true,
        }
    }

    fn open(&mut self, now: Moment, rest: Duration) {
        *self = Self { state: State::Open { until: now + rest, rest }, recent: Recent::default() };
    }
}

const SECONDS: u64 = WINDOW.as_secs();

/// Calls of the last seconds, each second in a place of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Recent {
    newest: u64,
    seconds: [Tally; SECONDS as usize],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Tally {
    answered: u32,
    missed: u32,
}

impl Recent {
    /// The place of this second; what stood there before was ten seconds ago.
    fn at(&mut self, now: Moment) -> &mut Tally {
        let second = now.0.as_secs();
        let passed = second.saturating_sub(self.newest).min(SECONDS);
        for before in 0..passed {
            *self.place(second - before) = Tally::default();
        }
        self.newest = self.newest.max(second);
        self.place(self.newest)
    }

    fn place(&mut self, second: u64) -> &mut Tally {
        &mut self.seconds[(second % SECONDS) as usize]
    }

    /// Whether half of at least so many calls were missed.
    fn is_failing(&self, calls: u32) -> bool {
        let sum = |of: fn(&Tally) -> u32| self.seconds.iter().map(of).fold(0, u32::saturating_add);
        let (answered, missed) = (sum(|it| it.answered), sum(|it| it.missed));
        answered.saturating_add(missed) >= calls && missed >= answered
    }
}

#[cfg(test)]
mod tests;
