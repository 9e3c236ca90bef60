//! What operators are told of a plugin: everything, from its state to who decided its limits.
//!
//! Translation into frames; it decides nothing and changes nothing.

use outboard_linux::{Enforced, PidsBy, QuotaBy, UsersBy};
use outboard_proto::admin::{
    EndRecord, Enforcement, Grant, OrderEntry, OrderResponse, PluginStatus, ScheduleStatus,
    Setting, State, Traffic, Waiting,
};
use outboard_proto::common::{Failure, Reason};
use outboard_supervision::State as Machine;
use outboard_supervision::event::Hindrance;
use outboard_supervision::state::{Rest, Running, Starting};
use tonic::Code;

use super::aboard::Aboard;
use super::{Fleet, Harbour};
use crate::clock::micros;
use crate::config::manifest::{Hook, Mode, Need};
use crate::config::scope::Dimension;
use crate::config::spec::Spec;
use crate::debug::Stage;
use crate::plugin::{condition_notes, explain};
use crate::routing::MemberView;

/// End records shown in a status.
const SHOWN_ENDS: usize = 10;

impl Fleet {
    /// Every plugin, by name.
    pub fn list(&self) -> Vec<PluginStatus> {
        let aboard = self.aboard.values().map(|it| status(&self.harbour, it));
        let refused = self.refused.iter().map(|(name, why)| refused(name, why));
        aboard.chain(refused).collect()
    }

    /// One plugin.
    ///
    /// # Errors
    /// It is not loaded.
    pub fn status(&self, name: &str) -> Result<PluginStatus, Failure> {
        match self.refused.get(name) {
            Some(why) => Ok(refused(name, why)),
            None => self.find(name).map(|it| status(&self.harbour, it)),
        }
    }

    /// The order of a hook.
    ///
    /// # Errors
    /// There is no such hook.
    pub fn order(&self, hook: &str) -> Result<OrderResponse, Failure> {
        let hook: Hook = hook.parse().map_err(|problem: crate::config::fault::Problem| {
            Failure::new(Code::NotFound, Reason::Invalid, problem.to_string())
        })?;
        let (entries, ignored) = self.harbour.switchboard.order(&hook);
        let entry = |entry: crate::routing::OrderEntry| OrderEntry {
            state: self.find(&entry.plugin).map_or("", state_word).to_owned(),
            plugin: entry.plugin,
            phase: match entry.interceptor.mode {
                Mode::Path => entry.interceptor.phase.as_str().to_owned(),
                Mode::Shadow => format!("{} (shadow)", entry.interceptor.phase.as_str()),
            },
            priority: entry.interceptor.priority,
            before: entry.interceptor.before,
            after: entry.interceptor.after,
            policy: entry.interceptor.policy.as_str().to_owned(),
            asked_closed: entry.interceptor.asked_closed,
            timeout_us: micros(entry.interceptor.timeout),
        };
        let budget_us = micros(hook.budget());
        Ok(OrderResponse { entries: entries.into_iter().map(entry).collect(), ignored, budget_us })
    }
}

/// A plugin that cannot be used as it is.
fn refused(name: &str, why: &str) -> PluginStatus {
    PluginStatus {
        name: name.to_owned(),
        state: State::Stopped.into(),
        reason: format!("refused: {why}"),
        ..PluginStatus::default()
    }
}

/// What can be told of a plugin that is only looked at.
pub fn unloaded(loaded: &crate::config::manifest::Loaded) -> PluginStatus {
    PluginStatus {
        name: loaded.manifest.name.as_str().to_owned(),
        version: loaded.manifest.version.to_string(),
        description: loaded.manifest.about.description.clone(),
        path: loaded.folder.display().to_string(),
        ..PluginStatus::default()
    }
}

/// Everything about one plugin.
pub fn status(harbour: &Harbour, aboard: &Aboard) -> PluginStatus {
    let manifest = &aboard.loaded.manifest;
    let view = aboard.view.borrow().clone();
    let member = harbour.switchboard.view(aboard.entrance.member);
    let pass = aboard.entrance.door.current();
    let keeper = pass.as_ref().and_then(|pass| pass.keeper_now());
    let usage = keeper.as_ref().map(outboard_linux::Keeper::usage).unwrap_or_default();
    let now = harbour.clock.now();
    let stage = aboard.entrance.desk.stage();
    let stands_in = stage.as_ref().filter(|_| made_room(&view.state)).and_then(Stage::pid);
    PluginStatus {
        name: manifest.name.as_str().to_owned(),
        version: manifest.version.to_string(),
        state: if stands_in.is_some() { State::Debug } else { state(&view.state) }.into(),
        reason: match &stage {
            Some(stage) if stands_in.is_some() => said_of_guest(stage),
            Some(_) | None => explain(&view.state, now),
        },
        generation: view.generation,
        pid: pid(&view.state).or(stands_in).unwrap_or_default(),
        since_us: view.since_us,
        memory_bytes: usage.memory_bytes,
        memory_limit_bytes: pass.map_or(aboard.spec.keys.memory.value.0, |it| it.memory_limit),
        peak_memory_bytes: usage.peak_memory_bytes,
        processes: usage.processes,
        restarts: view.restarts,
        next_try_us: match &view.state {
            Machine::Waiting(waiting) => {
                view.since_us.saturating_add_unsigned(micros(waiting.until.since(view.since)))
            }
            _ => 0,
        },
        conditions: [
            condition_notes(&view.conditions, &member),
            stage.iter().filter_map(|stage| awaited(stage, stands_in)).collect(),
            aboard.entrance.settings.notes(now),
        ]
        .concat(),
        ends: aboard.ends.newest_first().into_iter().take(SHOWN_ENDS).map(end).collect(),
        settings: settings(&aboard.spec),
        enforcement: keeper.map(|it| enforcement(it.enforced())).unwrap_or_default(),
        grants: grants(&aboard.spec),
        enabled: aboard.spec.enabled.value,
        path: aboard.loaded.folder.display().to_string(),
        traffic: Some(traffic(&member, aboard)),
        notes: [unasked_hooks(harbour, aboard), member.shadows.clone()].concat(),
        description: manifest.about.description.clone(),
        gone: false,
        starting_percent: match &view.state {
            Machine::Starting(starting) => starting.percent,
            _ => 0,
        },
        schedules: harbour.timetable.view(&manifest.name).into_iter().map(schedule).collect(),
        waiting: Some(waiting(&member)),
    }
}

fn made_room(state: &Machine) -> bool {
    *state == Machine::Stopped(Rest::Hindered(Hindrance::Debugged))
}

fn state_word(aboard: &Aboard) -> &'static str {
    let view = aboard.view.borrow();
    let debugged = aboard.entrance.desk.stage().is_some() && made_room(&view.state);
    if debugged { "debug" } else { view.state.name() }
}

/// A guest that is there.
fn said_of_guest(stage: &Stage) -> String {
    let Some(pid) = stage.pid() else { return String::new() };
    let how = match stage {
        Stage::Ready(_) => "",
        Stage::Invited | Stage::Arriving(_) | Stage::Attached(_) | Stage::Over(_) => {
            ", which initializes,"
        }
    };
    format!("process {pid}{how} stands in for it: no limit holds, no heartbeat, its hooks are open")
}

/// A guest that is not there yet.
fn awaited(stage: &Stage, stands_in: Option<u32>) -> Option<String> {
    match (stage, stands_in) {
        (Stage::Invited, _) => Some("debug: a process is invited".to_owned()),
        (Stage::Arriving(pid) | Stage::Attached(pid) | Stage::Ready(pid), None) => {
            Some(format!("debug: makes room for process {pid}"))
        }
        (Stage::Arriving(_) | Stage::Attached(_) | Stage::Ready(_) | Stage::Over(_), _) => None,
    }
}

fn waiting(member: &MemberView) -> Waiting {
    let it = member.backlog;
    Waiting {
        events: it.waiting,
        bytes: it.bytes,
        oldest_us: if it.waiting == 0 { 0 } else { it.oldest_us },
        dead_letters: it.dead_letters,
        expired: member.expired,
    }
}

fn state(state: &Machine) -> State {
    match state {
        Machine::Stopped(_) => State::Stopped,
        Machine::Starting(_) => State::Starting,
        Machine::Running(_) => State::Running,
        Machine::Draining(_) => State::Draining,
        Machine::Stopping(_) => State::Stopping,
        Machine::Waiting(_) => State::Waiting,
        Machine::Failed(_) => State::Failed,
    }
}

/// The author's words, and what they are limited to.
fn reason(ask: &crate::config::manifest::asks::Ask) -> String {
    let limits = ask.scope.words();
    match limits[..] {
        [] => ask.reason.clone(),
        [..] => {
            let of = |(dimension, words): &(Dimension, Vec<String>)| {
                format!("{} {}", dimension.as_str(), words.join(", "))
            };
            let limits: Vec<String> = limits.iter().map(of).collect();
            format!("{} ({})", ask.reason, limits.join("; "))
        }
    }
}

fn pid(state: &Machine) -> Option<u32> {
    match state {
        Machine::Starting(Starting { pid, .. }) | Machine::Running(Running { pid, .. }) => *pid,
        Machine::Stopped(_)
        | Machine::Draining(_)
        | Machine::Stopping(_)
        | Machine::Waiting(_)
        | Machine::Failed(_) => None,
    }
}

fn end(end: crate::store::EndRecord) -> EndRecord {
    EndRecord {
        generation: end.generation,
        cause: end.cause,
        detail: end.detail,
        exit: end.exit,
        at_us: end.at.as_microsecond(),
        uptime_us: micros(end.uptime),
        peak_memory_bytes: end.peak_memory_bytes,
        cpu_us: micros(end.cpu),
        stderr: String::from_utf8_lossy(&end.stderr).into_owned(),
    }
}

fn settings(spec: &Spec) -> Vec<Setting> {
    let setting = |row: crate::config::keys::Row| Setting {
        key: row.key,
        value: row.value,
        source: row.source.to_string(),
    };
    spec.rows().into_iter().map(setting).collect()
}

/// What it asks for, and what it has of that.
pub fn grants(spec: &Spec) -> Vec<Grant> {
    let grant = |(permission, ask): (
        &crate::config::permission::Permission,
        &crate::config::manifest::asks::Ask,
    )| Grant {
        permission: permission.as_str().to_owned(),
        granted: spec.grants.granted.holds(*permission),
        optional: ask.need == Need::Optional,
        reason: reason(ask),
        narrowed: spec
            .grants
            .granted
            .limit_of(*permission)
            .map_or(String::new(), |it| it.narrowed.to_string()),
    };
    spec.grants.asked.0.iter().map(grant).collect()
}

fn schedule(schedule: crate::schedule::ScheduleView) -> ScheduleStatus {
    let us = |instant: Option<jiff::Timestamp>| instant.map_or(0, jiff::Timestamp::as_microsecond);
    ScheduleStatus {
        name: schedule.name,
        rule: schedule.rule,
        missed: schedule.missed.as_str().to_owned(),
        next_us: us(schedule.next),
        last_us: us(schedule.last),
    }
}

fn enforcement(enforced: &Enforced) -> Vec<Enforcement> {
    let line = |what: &str, how: String, enforced: bool| Enforcement {
        what: what.to_owned(),
        how,
        enforced,
    };
    let mut lines = vec![
        line("memory", enforced.memory.to_string(), true),
        line("processes", enforced.pids.to_string(), enforced.pids != PidsBy::Nobody),
        line("cpu", enforced.cpu.to_string(), true),
        line("end of the tree", enforced.tree_kill.to_string(), true),
        line("data", "NOT enforced: nobody counts what the data folder holds".to_owned(), false),
        line("user", enforced.users.to_string(), matches!(enforced.users, UsersBy::OwnUser(_))),
    ];
    if enforced.cpu_quota != QuotaBy::NotAsked {
        let held = enforced.cpu_quota != QuotaBy::Nobody;
        lines.push(line("cpu quota", enforced.cpu_quota.to_string(), held));
    }
    lines
}

/// Limits of its running process that nobody holds, but for one.
pub fn not_enforced(aboard: &Aboard, but: &str) -> Vec<String> {
    let keeper = aboard.entrance.door.current().and_then(|pass| pass.keeper_now());
    let lines = keeper.map(|it| enforcement(it.enforced())).unwrap_or_default();
    let unheld = lines.into_iter().filter(|line| !line.enforced && line.what != but);
    unheld.map(|line| format!("{}: {}", line.what, line.how)).collect()
}

fn traffic(member: &MemberView, aboard: &Aboard) -> Traffic {
    let it = member.traffic;
    Traffic {
        calls: it.calls,
        errors: it.errors,
        timeouts: it.timeouts,
        events: it.events,
        events_dropped: it.events_dropped,
        stale_replies: it.stale_replies,
        denied: it.denied,
        sends: it.sends,
        in_flight: member.in_flight,
        log_lines_suppressed: aboard.entrance.log.suppressed(),
        over_limit: it.over_limit,
        breaker_openings: it.breaker_openings,
        loops: it.loops,
        host_over_limit: it.host_over_limit,
    }
}

/// Hooks it answers that no connected app calls.
fn unasked_hooks(harbour: &Harbour, aboard: &Aboard) -> Vec<String> {
    let nodes = harbour.switchboard.nodes();
    if nodes.is_empty() {
        return Vec::new();
    }
    let called = |hook: &Hook| {
        nodes.iter().any(|node| node.hello.hooks.iter().any(|it| it == hook.as_str()))
    };
    let hooks = aboard.spec.hooks.iter().map(|it| &it.decl.hook);
    let unasked = hooks.filter(|hook| !called(hook));
    unasked.map(|hook| format!("no connected app calls {hook}")).collect()
}

impl Fleet {
    /// What all plugins share.
    pub fn harbour(&self) -> &Harbour {
        &self.harbour
    }

    /// The newest lines of one plugin, or of all of them in the order they came.
    pub fn kept_lines(&self, name: &str, count: usize) -> Vec<crate::logs::Line> {
        let of = self.aboard.iter().filter(|(it, _)| name.is_empty() || it.as_str() == name);
        let mut lines: Vec<_> = of.flat_map(|(_, it)| it.entrance.log.tail(count)).collect();
        lines.sort_by_key(|line| line.at_us);
        let skip = if count == 0 { 0 } else { lines.len().saturating_sub(count) };
        lines.split_off(skip)
    }
}
