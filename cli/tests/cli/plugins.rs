//! The plugins that the played daemon runs. Times are relative to a moment that the test chooses.

use outboard_proto::admin as wire;
use outboard_proto::admin::{
    EndRecord, Enforcement, Grant, PluginStatus, ScheduleStatus, Setting, State, Traffic, Waiting,
};

pub const SECOND: i64 = 1_000_000;
pub const MIB: u64 = 1 << 20;

/// Noon of the first of January 2026, for output that shows times as they are.
pub const NOON: i64 = 1_767_268_800 * SECOND;

/// The present, for output that shows how long ago something was. Half a minute is added so that
/// a slow machine does not reach the next minute.
pub fn present() -> i64 {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap();
    i64::try_from(since.as_micros()).unwrap()
}

/// One that has everything to show.
pub fn moderator(now: i64) -> PluginStatus {
    PluginStatus {
        name: "moderator".into(),
        version: "1.2.0".into(),
        description: "Keeps insults out".into(),
        state: State::Running.into(),
        generation: 3,
        pid: 4242,
        since_us: now - 3 * 3600 * SECOND - 90 * SECOND,
        memory_bytes: 12 * MIB + MIB / 2,
        memory_limit_bytes: 50 * MIB,
        peak_memory_bytes: 18 * MIB,
        processes: 2,
        restarts: 2,
        conditions: vec!["breaker open".into()],
        ends: vec![end(1, now - 86_400 * SECOND, ("exited", "code 1")), oom(now)],
        settings: vec![
            setting("memory", "50MiB", "built-in"),
            setting("call_timeout", "2s", "/etc/outboard/outboard.toml:12"),
            setting("pids", "64", "manifest"),
        ],
        enforcement: vec![
            held("memory", "memory.max of its cgroup", true),
            held("pids", "", false),
            held("tree kill", "cgroup.kill", true),
        ],
        grants: vec![
            grant("messages:intercept", true, false, "to remove insults"),
            grant("messages:send", false, true, ""),
        ],
        enabled: true,
        path: "/srv/plugins/moderator".into(),
        waiting: Some(Waiting {
            events: 3,
            bytes: 900,
            oldest_us: now - 90 * SECOND,
            dead_letters: 2,
            expired: 0,
        }),
        traffic: Some(Traffic { calls: 120_437, timeouts: 3, sends: 17, ..Traffic::default() }),
        notes: vec!["message.before_post is open though closed was asked for".into()],
        schedules: vec![nightly(now)],
        ..PluginStatus::default()
    }
}

fn nightly(now: i64) -> ScheduleStatus {
    ScheduleStatus {
        name: "nightly".into(),
        rule: "30 2 * * * Europe/Vienna".into(),
        missed: "once".into(),
        next_us: now + 5 * 3600 * SECOND + 90 * SECOND,
        last_us: now - 19 * 3600 * SECOND,
    }
}

/// One that was given up, and whose last words would clear a terminal.
pub fn crasher(now: i64) -> PluginStatus {
    PluginStatus {
        name: "crasher".into(),
        version: "0.3.1".into(),
        state: State::Failed.into(),
        reason: "6 ends in 60 s".into(),
        generation: 6,
        since_us: now - 42 * 60 * SECOND - 30 * SECOND,
        memory_limit_bytes: 50 * MIB,
        restarts: 5,
        ends: vec![EndRecord {
            stderr: "\u{1b}[2J\u{1b}[31mpanic\u{7}\nat line 3\u{202e}\n".into(),
            detail: "said hello, then left".into(),
            ..end(6, now - 42 * 60 * SECOND - 30 * SECOND, ("exited", "code 101"))
        }],
        enabled: true,
        path: "/srv/plugins/crasher".into(),
        ..PluginStatus::default()
    }
}

/// One that is not wanted now.
pub fn dice(now: i64) -> PluginStatus {
    PluginStatus {
        name: "dice".into(),
        version: "1.0.0".into(),
        state: State::Stopped.into(),
        since_us: now - 2 * 86_400 * SECOND - 7_300 * SECOND,
        memory_limit_bytes: 50 * MIB,
        path: "/srv/plugins/dice".into(),
        ..PluginStatus::default()
    }
}

fn oom(now: i64) -> EndRecord {
    let peak_memory_bytes = 50 * MIB + 4096;
    let at = now - 3 * 3600 * SECOND - 90 * SECOND;
    EndRecord { peak_memory_bytes, ..end(2, at, ("oom", "signal 9 (SIGKILL)")) }
}

fn end(generation: u64, at_us: i64, (cause, exit): (&str, &str)) -> EndRecord {
    EndRecord {
        generation,
        cause: cause.into(),
        exit: exit.into(),
        at_us,
        uptime_us: 192_000_000,
        peak_memory_bytes: 9 * MIB,
        cpu_us: 830_000,
        ..EndRecord::default()
    }
}

fn setting(key: &str, value: &str, source: &str) -> Setting {
    Setting { key: key.into(), value: value.into(), source: source.into() }
}

fn held(what: &str, how: &str, enforced: bool) -> Enforcement {
    Enforcement { what: what.into(), how: how.into(), enforced }
}

pub fn grant(permission: &str, granted: bool, optional: bool, reason: &str) -> Grant {
    Grant {
        permission: permission.into(),
        granted,
        optional,
        reason: reason.into(),
        narrowed: String::new(),
    }
}

/// Who answers a hook, in order.
pub fn order() -> Vec<wire::OrderEntry> {
    let translate = wire::OrderEntry {
        plugin: "translate".into(),
        phase: "transform".into(),
        priority: 50,
        before: vec!["moderator".into()],
        policy: "open".into(),
        timeout_us: 500_000,
        state: "running".into(),
        ..Default::default()
    };
    let moderator = wire::OrderEntry {
        plugin: "moderator".into(),
        phase: "validate".into(),
        priority: 100,
        after: vec!["translate".into(), "spellcheck".into()],
        policy: "open".into(),
        asked_closed: true,
        timeout_us: 200_000,
        state: "waiting".into(),
        ..Default::default()
    };
    vec![translate, moderator]
}
