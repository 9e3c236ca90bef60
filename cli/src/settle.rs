//! Waiting until a plugin runs, or until it is clear that it will not. It knows which states last;
//! what was asked of the plugin before is the caller's business.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::admin::Changing;
use crate::exit::Exit;
use crate::report::{Plugin, State};
use crate::trouble::{Stop, Trouble};

mod progress;

pub use progress::Progress;

/// How long a start may take, back-offs included, unless the operator says otherwise. The longest
/// start that a plugin may ask for is 120 s.
pub const PATIENCE: Duration = Duration::from_secs(180);

/// How long a plugin must stay stopped to count as stopped: a restart passes through that state.
const QUIET: Duration = Duration::from_millis(500);

/// How long one that runs on must do so to count as not restarted at all.
const UNMOVED: Duration = Duration::from_secs(5);

/// How often the progress line moves.
const TICK: Duration = Duration::from_millis(100);

/// What the operator is waiting for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// That it runs, be it since long ago.
    Running,
    /// That it runs in another generation than before.
    Anew,
}

/// A plugin's state as far as waiting goes.
#[derive(Debug, PartialEq, Eq)]
enum Rest {
    /// More will come.
    Moving,
    /// More may come; if nothing does for so long, that was it.
    Perhaps(Duration),
    /// That was it.
    Settled,
}

/// One wait for one plugin.
pub struct Wait<'p, 's> {
    /// Whom to tell that it takes a while.
    pub progress: &'p mut Progress<'s>,
    /// What is wished for.
    pub wish: Wish,
    /// How the plugin was before anything was asked of it.
    pub before: Option<Plugin>,
    /// How long to wait at most.
    pub patience: Duration,
}

impl Wait<'_, '_> {
    /// Reads the plugin's news until it has settled.
    ///
    /// # Errors
    /// It has not settled in time, or the daemon went away.
    pub async fn settle(self, news: &mut Changing<Plugin>) -> Result<Plugin, Stop> {
        let end = Instant::now() + self.patience;
        let mut latest = self.before.clone();
        let mut quiet_since = Instant::now();
        loop {
            tokio::select! {
                biased;
                next = news.next() => {
                    let next = next?.ok_or_else(ended)?;
                    if next.gone {
                        return Err(gone(&next).into());
                    }
                    // News that only say how much memory is used do not break the quiet.
                    if !latest.as_ref().is_some_and(|latest| is_unmoved(latest, &next)) {
                        quiet_since = Instant::now();
                    }
                    latest = Some(next);
                }
                () = sleep_until(end) => return Err(too_late(latest.as_ref(), self.patience)),
                () = sleep_until(Instant::now() + TICK) => {}
            }
            let Some(now) = &latest else { continue };
            match rest(self.wish, self.before.as_ref(), now) {
                Rest::Settled => return Ok(now.clone()),
                Rest::Perhaps(quiet) if quiet_since.elapsed() >= quiet => return Ok(now.clone()),
                Rest::Perhaps(_) | Rest::Moving => self.progress.tell(now),
            }
        }
    }
}

/// Whether nothing has happened to it. The daemon works out the hour at which a state began each
/// time it is asked, and a wall clock that is being corrected moves a little.
fn is_unmoved(before: &Plugin, now: &Plugin) -> bool {
    const CORRECTION_US: u64 = 50_000;
    let since = |plugin: &Plugin| plugin.since_us.unwrap_or_default();
    before.state == now.state
        && before.generation == now.generation
        && since(before).abs_diff(since(now)) < CORRECTION_US
}

fn rest(wish: Wish, before: Option<&Plugin>, now: &Plugin) -> Rest {
    let unchanged = before.is_some_and(|before| is_unmoved(before, now));
    match now.state {
        State::Running if wish == Wish::Anew && unchanged => Rest::Perhaps(UNMOVED),
        State::Running => Rest::Settled,
        State::Stopped if now.asleep => Rest::Settled,
        State::Failed if !unchanged => Rest::Settled,
        State::Failed | State::Stopped | State::Debug => Rest::Perhaps(QUIET),
        State::Unknown | State::Starting | State::Draining | State::Stopping | State::Waiting => {
            Rest::Moving
        }
    }
}

fn ended() -> Stop {
    Trouble::new(Exit::NoDaemon, "the daemon ended the watch: it is probably stopping")
        .hint("`systemctl status outboard`")
        .into()
}

fn gone(plugin: &Plugin) -> Trouble {
    Trouble::new(Exit::NotFound, format!("{} was unloaded meanwhile", plugin.name))
}

fn too_late(latest: Option<&Plugin>, patience: Duration) -> Stop {
    let Some(plugin) = latest else {
        return Trouble::new(Exit::Timeout, format!("no news within {patience:?}")).into();
    };
    let (name, state) = (&plugin.name, plugin.state.word());
    Trouble::new(Exit::Timeout, format!("{name} is still {state} after {patience:?}"))
        .hint(format!("`outboard watch {name}` goes on watching, `outboard logs {name}` listens"))
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plugin(state: State, generation: u64) -> Plugin {
        let wire = outboard_proto::admin::PluginStatus { generation, ..Default::default() };
        Plugin { state, ..Plugin::from(wire) }
    }

    #[test]
    fn a_restart_is_over_only_with_another_generation() {
        let before = plugin(State::Running, 1);
        let rest = |now: &Plugin| rest(Wish::Anew, Some(&before), now);
        assert_eq!(rest(&plugin(State::Running, 1)), Rest::Perhaps(UNMOVED));
        assert_eq!(rest(&plugin(State::Stopped, 1)), Rest::Perhaps(QUIET));
        assert_eq!(rest(&plugin(State::Running, 2)), Rest::Settled);
    }

    #[test]
    fn a_failure_from_before_is_not_the_outcome_of_a_reset() {
        let before = plugin(State::Failed, 6);
        assert_eq!(rest(Wish::Running, Some(&before), &before), Rest::Perhaps(QUIET));
        assert_eq!(rest(Wish::Running, Some(&before), &plugin(State::Failed, 7)), Rest::Settled);
    }
}
