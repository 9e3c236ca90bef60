//! From the wire to reports: the one place that knows the admin API's generated types. It drops
//! nothing and adds nothing but `null` where a zero means "does not apply".

use outboard_proto::admin as wire;
use outboard_proto::common::{HeldItem, HeldStage, SkipReason, Step};

use super::{
    App, Backup, Change, Changes, Checked, Daemon, DeadLetter, End, Fault, Finding, Findings,
    Grant, Held, Interceptor, Loaded, LogLine, Order, Part, Plugin, Schedule, SetAside, Setting,
    Severity, State, TraceRecord, Traffic, Waiting,
};

fn all<W, R: From<W>>(wire: Vec<W>) -> Vec<R> {
    wire.into_iter().map(R::from).collect()
}

/// Plain messages whose fields have the same names and meanings on both sides.
macro_rules! same {
    ($($wire:ident => $report:ident { $($field:ident),* })*) => {$(
        impl From<wire::$wire> for $report {
            fn from(wire: wire::$wire) -> $report {
                $report { $($field: wire.$field),* }
            }
        }
    )*};
}

same! {
    EndRecord => End {
        generation, cause, detail, exit, at_us, uptime_us, peak_memory_bytes, cpu_us, stderr
    }
    Setting => Setting { key, value, source }
    Enforcement => Held { what, how, enforced }
    Grant => Grant { permission, granted, optional, reason }
    Traffic => Traffic {
        calls, errors, timeouts, events, events_dropped, stale_replies, denied, sends, in_flight,
        log_lines_suppressed, over_limit, breaker_openings, loops,
        lazy_starts, waits
    }
    LogLine => LogLine { plugin, generation, at_us, stream, line }
    OrderEntry => Interceptor {
        plugin, phase, priority, before, after, policy, asked_closed, timeout_us, state
    }
    Fault => Fault { file, line, key, message, hint }
    Change => Change { plugin, key, before, after, restart }
    BackupResponse => Backup { files, bytes, notes }
    AppNode => App { app, version, node, epoch, hooks, operations, unary }
}

impl From<wire::TraceRecord> for TraceRecord {
    fn from(wire: wire::TraceRecord) -> TraceRecord {
        TraceRecord {
            at_us: wire.at_us,
            kind: wire.kind,
            name: wire.name,
            id: wire.id,
            plugin: wire.plugin,
            attempt: wire.attempt,
            delivery: wire.delivery,
            subscriptions: wire.subscriptions,
            answer: wire.answer,
            hook: wire.hook,
            node: wire.node,
            outcome: wire.outcome,
            reason: wire.reason,
            steps: all(wire.steps),
            took_us: wire.took_us,
            workspace: wire.workspace,
            channel: wire.channel,
            channel_id: wire.channel_id,
            sender: wire.sender,
            message_id: wire.message_id,
            draft_id: wire.draft_id,
            text: wire.text,
            missed: wire.missed,
        }
    }
}

impl From<Step> for Part {
    fn from(step: Step) -> Part {
        let word = |name: &str, prefix: &str| name.trim_start_matches(prefix).to_lowercase();
        let skipped = match step.skipped() {
            SkipReason::Unspecified => String::new(),
            reason => word(reason.as_str_name(), "SKIP_REASON_"),
        };
        Part {
            phase: word(step.phase().as_str_name(), "PHASE_"),
            result: word(step.result().as_str_name(), "STEP_RESULT_"),
            policy: word(step.policy().as_str_name(), "FAILURE_POLICY_"),
            skipped,
            plugin: step.plugin,
            took_us: step.took_us,
        }
    }
}

impl From<wire::ScheduleStatus> for Schedule {
    fn from(wire: wire::ScheduleStatus) -> Schedule {
        Schedule {
            name: wire.name,
            rule: wire.rule,
            missed: wire.missed,
            next_us: (wire.next_us > 0).then_some(wire.next_us),
            last_us: (wire.last_us > 0).then_some(wire.last_us),
        }
    }
}

impl From<wire::PluginStatus> for Plugin {
    fn from(wire: wire::PluginStatus) -> Plugin {
        let state = State::from(wire.state());
        let mut ends: Vec<End> = all(wire.ends);
        ends.sort_by_key(|end| std::cmp::Reverse((end.at_us, end.generation)));
        Plugin {
            name: wire.name,
            version: wire.version,
            description: wire.description,
            state,
            reason: wire.reason,
            conditions: wire.conditions,
            enabled: wire.enabled,
            path: wire.path,
            generation: wire.generation,
            pid: (wire.pid > 0).then_some(wire.pid),
            processes: wire.processes,
            since_us: (wire.since_us > 0).then_some(wire.since_us),
            next_try_us: (wire.next_try_us > 0).then_some(wire.next_try_us),
            starting_percent: (state == State::Starting).then_some(wire.starting_percent),
            restarts: wire.restarts,
            memory_bytes: wire.memory_bytes,
            memory_limit_bytes: wire.memory_limit_bytes,
            peak_memory_bytes: wire.peak_memory_bytes,
            ends,
            settings: all(wire.settings),
            enforcement: all(wire.enforcement),
            grants: all(wire.grants),
            traffic: wire.traffic.map(Traffic::from).unwrap_or_default(),
            asleep: wire.asleep,
            waiting: wire.waiting.map(Waiting::from).unwrap_or_default(),
            notes: wire.notes,
            schedules: all(wire.schedules),
            gone: wire.gone,
        }
    }
}

impl From<wire::Waiting> for Waiting {
    fn from(wire: wire::Waiting) -> Waiting {
        Waiting {
            events: wire.events,
            bytes: wire.bytes,
            oldest_us: (wire.oldest_us > 0).then_some(wire.oldest_us),
            dead_letters: wire.dead_letters,
            expired: wire.expired,
        }
    }
}

impl From<wire::DeadLetter> for DeadLetter {
    fn from(wire: wire::DeadLetter) -> DeadLetter {
        DeadLetter {
            id: wire.id,
            plugin: wire.plugin,
            event_id: wire.event_id,
            r#type: wire.r#type,
            lane: wire.lane,
            cause: wire.cause,
            detail: wire.detail,
            attempts: wire.attempts,
            size_bytes: wire.size_bytes,
            published_us: wire.published_us,
            at_us: wire.at_us,
            content: Some(wire.content),
        }
    }
}

impl From<HeldItem> for SetAside {
    fn from(item: HeldItem) -> SetAside {
        let stage = match item.stage() {
            HeldStage::Unspecified => "unknown",
            HeldStage::Held => "held",
            HeldStage::Releasing => "releasing",
            HeldStage::Dropping => "dropping",
            HeldStage::Released => "released",
            HeldStage::Dropped => "dropped",
        };
        let named = |name: String, id: String| if name.is_empty() { id } else { name };
        let (channel, sender) = (item.channel.unwrap_or_default(), item.sender.unwrap_or_default());
        let why = item.why.unwrap_or_default();
        SetAside {
            id: item.id,
            plugin: item.plugin,
            queue: item.queue,
            hook: item.hook,
            app: item.app,
            workspace: item.workspace,
            channel: named(channel.name, channel.id),
            sender: named(sender.name, sender.id),
            reason: item.reason.unwrap_or_default().text,
            held_us: item.held_at_us,
            expires_us: item.expires_at_us,
            size_bytes: item.size_bytes,
            stage: stage.to_owned(),
            by: item.by,
            why: named(why.text, why.code),
            note: item.note,
            content: None,
        }
    }
}

impl From<wire::Held> for SetAside {
    fn from(wire: wire::Held) -> SetAside {
        let held = SetAside::from(wire.item.unwrap_or_default());
        SetAside { content: Some(wire.content), ..held }
    }
}

impl From<wire::State> for State {
    fn from(wire: wire::State) -> State {
        match wire {
            wire::State::Unspecified => State::Unknown,
            wire::State::Stopped => State::Stopped,
            wire::State::Starting => State::Starting,
            wire::State::Running => State::Running,
            wire::State::Draining => State::Draining,
            wire::State::Stopping => State::Stopping,
            wire::State::Waiting => State::Waiting,
            wire::State::Failed => State::Failed,
            wire::State::Debug => State::Debug,
        }
    }
}

impl From<wire::LoadResponse> for Loaded {
    fn from(wire: wire::LoadResponse) -> Loaded {
        Loaded { status: wire.status.map(Plugin::from), asks: all(wire.asks), notes: wire.notes }
    }
}

impl From<wire::OrderResponse> for Order {
    fn from(wire: wire::OrderResponse) -> Order {
        Order { entries: all(wire.entries), ignored: wire.ignored, budget_us: wire.budget_us }
    }
}

impl From<wire::DoctorResponse> for Findings {
    fn from(wire: wire::DoctorResponse) -> Findings {
        Findings { findings: all(wire.findings) }
    }
}

impl From<wire::Finding> for Finding {
    fn from(wire: wire::Finding) -> Finding {
        let severity = match wire.severity() {
            wire::Severity::Ok => Severity::Ok,
            // What this command does not know it does not call well.
            wire::Severity::Weak | wire::Severity::Unspecified => Severity::Weak,
            wire::Severity::Problem => Severity::Problem,
        };
        Finding { severity, check: wire.check, says: wire.says, hint: wire.hint }
    }
}

impl From<wire::CheckResponse> for Checked {
    fn from(wire: wire::CheckResponse) -> Checked {
        Checked { faults: all(wire.faults), fixed: wire.fixed, notes: wire.notes }
    }
}

impl From<wire::ReloadResponse> for Changes {
    fn from(wire: wire::ReloadResponse) -> Changes {
        Changes { changes: all(wire.changes), faults: all(wire.faults) }
    }
}

impl From<wire::DaemonInfo> for Daemon {
    fn from(wire: wire::DaemonInfo) -> Daemon {
        Daemon {
            version: wire.version,
            pid: wire.pid,
            started_us: wire.started_us,
            resident_bytes: wire.resident_bytes,
            plugins: wire.plugins,
            running: wire.running,
            outbox: wire.outbox,
            config: wire.config,
            state: wire.state,
            runtime: wire.runtime,
            apps: all(wire.apps),
            notes: wire.notes,
        }
    }
}
