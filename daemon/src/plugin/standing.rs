//! From where the machine stands to where the plugin stands for routing, and to words for people.
//!
//! Pure translation; the one place that phrases a state.

use std::time::Duration;

use outboard_supervision::event::Hindrance;
use outboard_supervision::state::{Link, Rest, Starting, Step, Work};
use outboard_supervision::{Machine, Moment, State};

use crate::routing::{Guest, Standing};

/// Where routing sees a plugin; `guest` is who stands in for it.
#[must_use]
pub fn standing(machine: &Machine, guest: Option<Guest>, now: Moment) -> Standing {
    let state = machine.state();
    if let (Some(guest), Some(Hindrance::Debugged)) = (guest, &machine.conditions().hindrance) {
        return Standing::Debugged(guest);
    }
    let unavailable = |retry_after: Option<Duration>| Standing::Unavailable {
        state: state.name(),
        reason: explain(state, now),
        retry_after,
    };
    if state.is_asleep() {
        return Standing::Asleep;
    }
    if state.is_waking() {
        return Standing::Waking;
    }
    match state {
        State::Running(running) if running.link != Link::Attached => {
            unavailable(Some(Duration::from_secs(2)))
        }
        State::Running(_) => match &machine.conditions().suspended_by[..] {
            [] => Standing::Ready,
            by => Standing::Suspended(by.join(", ")),
        },
        State::Stopped(Rest::Hindered(Hindrance::Disabled | Hindrance::Refused(_))) => {
            Standing::Unlisted
        }
        State::Waiting(waiting) => unavailable(Some(waiting.until.since(now))),
        State::Starting(_) => unavailable(Some(Duration::from_secs(1))),
        State::Stopped(_) | State::Draining(_) | State::Stopping(_) | State::Failed(_) => {
            unavailable(None)
        }
    }
}

/// Why a plugin is where it is, in an operator's words; empty where the state says it all.
#[must_use]
pub fn explain(state: &State, now: Moment) -> String {
    match state {
        State::Stopped(rest) => explain_rest(rest),
        State::Starting(Starting { work: Work::Install, .. }) => "installing".to_owned(),
        State::Starting(starting) => match (starting.link, starting.percent) {
            (Link::Awaited, _) => "no hello yet".to_owned(),
            (Link::Attached, 0) => "initializing".to_owned(),
            (Link::Attached, percent) => format!("initializing, {percent} %"),
            (Link::Lost(_), _) => "lost its session; may reconnect".to_owned(),
        },
        State::Running(running) => match running.link {
            Link::Attached | Link::Awaited => String::new(),
            Link::Lost(_) => "lost its session; may reconnect".to_owned(),
        },
        State::Draining(_) if state.is_asleep() => "has nothing to do".to_owned(),
        State::Draining(_) => "finishing what is under way".to_owned(),
        State::Stopping(stopping) => match stopping.step {
            Step::Told => "told to end".to_owned(),
            Step::Terminated => "sent SIGTERM".to_owned(),
            Step::Killed => "killed; waiting for the kernel".to_owned(),
        },
        State::Waiting(waiting) => {
            let left = waiting.until.since(now).as_secs_f64();
            format!("{}; back-off, next try in {left:.1} s", waiting.cause)
        }
        State::Failed(failed) if failed.detail.is_empty() => failed.cause.to_string(),
        State::Failed(failed) => format!("{}: {}", failed.cause, failed.detail),
    }
}

fn explain_rest(rest: &Rest) -> String {
    match rest {
        Rest::Hindered(hindrance) => explain_hindrance(hindrance),
        Rest::Lazy => "lazy: starts when called".to_owned(),
        Rest::Idle => "stopped for being idle: starts when called".to_owned(),
        Rest::Finished => "ended by itself with code 0".to_owned(),
        Rest::DaemonStops => "the daemon is stopping".to_owned(),
    }
}

/// What stands in a plugin's way.
#[must_use]
pub fn explain_hindrance(hindrance: &Hindrance) -> String {
    match hindrance {
        Hindrance::Disabled => "disabled".to_owned(),
        Hindrance::NeedsGrants(missing) => format!("needs grants: {}", missing.join(", ")),
        Hindrance::NeedsSettings(missing) => format!("needs settings: {}", missing.join(", ")),
        Hindrance::WaitingFor(names) => format!("waiting for: {}", names.join(", ")),
        Hindrance::Refused(why) => format!("refused: {why}"),
        Hindrance::Debugged => "a developer's process stands in for it".to_owned(),
    }
}

/// Conditions beside the state, for status.
#[must_use]
pub fn condition_notes(
    conditions: &outboard_supervision::Conditions,
    member: &crate::routing::MemberView,
) -> Vec<String> {
    let mut notes = Vec::new();
    if !conditions.suspended_by.is_empty() {
        notes.push(format!("suspended: {} down", conditions.suspended_by.join(", ")));
    }
    if !member.open_breakers.is_empty() {
        let open = member.open_breakers.iter();
        let hooks: Vec<&str> = open.map(crate::config::manifest::Hook::as_str).collect();
        notes.push(format!("unresponsive: breaker open for {}", hooks.join(", ")));
    }
    for (hook, left) in &member.bypassed {
        notes.push(format!("bypassed: {hook}, {} s more", left.as_secs()));
    }
    notes
}
