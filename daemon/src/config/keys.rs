//! The run and limits keys: one row each, with its default, its range and its ceiling. Manifest,
//! `[defaults]`, `[plugins."NAME"]`, `[ceilings]` and the command line all read these rows, so
//! that a key means the same wherever it stands. Who wins over whom is `spec`'s to say.

use super::amount::Bytes;
use super::fault::{Fault, Problem};
use super::section::Section;
use super::source::{Source, Sourced};
use key_value::KeyValue;
use std::time::Duration;

pub mod key_value;

pub use key_value::{CpuQuota, RestartPolicy};

/// Which of the manifest's tables a key stands in. Operators write it without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// `[run]`: how a plugin lives and dies.
    Run,
    /// `[limits]`: what it may use.
    Limits,
}

/// Who may set a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setter {
    /// The author, up to the ceiling, and the operator.
    Author,
    /// The operator alone: an author could otherwise wear the machine down.
    Operator,
}

/// When a changed value begins to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// With the reload.
    AtOnce,
    /// When the plugin is started the next time.
    PluginRestart,
    /// When the daemon is started the next time.
    DaemonRestart,
}

/// Everything fixed about one key.
#[derive(Debug, Clone, Copy)]
pub struct Rule<T> {
    /// As it is written.
    pub name: &'static str,
    /// Where a manifest writes it.
    pub table: Table,
    /// Who may set it.
    pub setter: Setter,
    /// When a change counts.
    pub effect: Effect,
    /// What counts when nobody says anything.
    pub built_in: T,
    /// The least and the most anyone may say.
    pub range: (T, T),
    /// The most a manifest may say unless `[ceilings]` says otherwise.
    pub ceiling: T,
}

/// One key of a resolved plugin, for tables shown to people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// As it is written.
    pub key: String,
    /// As it would be written.
    pub value: String,
    /// Who decided it.
    pub source: Source,
    /// When a change of it counts.
    pub effect: Effect,
}

macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident: $type:ty = $rule:expr;)*) => {
        /// What one place says: only the keys that stand there.
        #[derive(Debug, Clone, PartialEq, Default)]
        pub struct Keys { $($(#[$doc])* pub $name: Option<Sourced<$type>>,)* }

        /// What counts for one plugin: every key, with who decided it.
        #[derive(Debug, Clone, PartialEq)]
        pub struct KeyValues { $($(#[$doc])* pub $name: Sourced<$type>,)* }

        /// The rows themselves.
        pub mod rules {
            use super::*;
            $(#[doc = concat!("The rule of `", stringify!($name), "`.")]
            pub const fn $name() -> Rule<$type> { $rule })*
        }

        impl Keys {
            /// Every key's name.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name),)*];

            /// Reads the keys that stand in a table; those of the other table stay unknown there.
            pub fn read(section: &Section<'_>, reader: Reader) -> Keys {
                Keys { $($name: reader.read(section, rules::$name()),)* }
            }

            /// These keys, and where they are silent, the lower ones.
            pub fn over(self, lower: &Keys) -> Keys {
                Keys { $($name: self.$name.or_else(|| lower.$name.clone()),)* }
            }

            /// Every key, silent ones at their built-in value.
            pub fn or_built_in(self) -> KeyValues {
                KeyValues {
                    $($name: self.$name.unwrap_or(Sourced::built_in(rules::$name().built_in)),)*
                }
            }

            /// Every key, silent ones at their built-in ceiling.
            pub fn or_ceiling(self) -> KeyValues {
                KeyValues {
                    $($name: self.$name.unwrap_or(Sourced::built_in(rules::$name().ceiling)),)*
                }
            }
        }

        impl KeyValues {
            /// The values as rows.
            pub fn rows(&self) -> Vec<Row> {
                vec![$(row(&rules::$name(), &self.$name),)*]
            }

            /// Faults for what a manifest asks beyond the ceilings.
            pub fn above(&self, ceilings: &KeyValues) -> Vec<Fault> {
                let found = [$(above(&rules::$name(), &self.$name, &ceilings.$name),)*];
                found.into_iter().flatten().collect()
            }
        }
    };
}

keys! {
    /// Whether an ended plugin is started again.
    restart: RestartPolicy = run("restart", RestartPolicy::OnFailure,
        (RestartPolicy::Never, RestartPolicy::Always), RestartPolicy::Always);
    /// From the spawn to ready.
    start_timeout: Duration = run("start_timeout", secs(10), (millis(10), secs(3600)), secs(120));
    /// How far a plugin that reports progress may extend its start.
    start_timeout_max: Duration =
        operators(run("start_timeout_max", secs(120), (millis(10), secs(3600)), secs(120)));
    /// How long a session may be silent before it is pinged.
    heartbeat: Duration = run("heartbeat", secs(2), (millis(50), secs(300)), secs(60));
    /// How long a ping may stay unanswered.
    heartbeat_timeout: Duration =
        operators(run("heartbeat_timeout", secs(1), (millis(50), secs(300)), secs(60)));
    /// The first wait before a restart.
    backoff_first: Duration =
        operators(run("backoff_first", millis(100), (millis(1), secs(3600)), secs(3600)));
    /// The longest wait before a restart.
    backoff_max: Duration =
        operators(run("backoff_max", secs(30), (millis(1), secs(86_400)), secs(86_400)));
    /// How long a plugin must be healthy until the waits begin anew.
    backoff_reset: Duration =
        operators(run("backoff_reset", secs(60), (millis(1), secs(86_400)), secs(86_400)));
    /// Restarts allowed within the period; the next end means failed.
    intensity: u32 = operators(run("intensity", 5, (0, 1_000_000), 1_000_000));
    /// The time within which restarts are counted.
    period: Duration = operators(run("period", secs(60), (millis(1), secs(86_400)), secs(86_400)));
    /// How long a plugin that stops may finish what it has taken.
    drain_timeout: Duration = run("drain_timeout", secs(5), (Duration::ZERO, secs(3600)), secs(5));
    /// From the shutdown frame to SIGTERM.
    shutdown_timeout: Duration =
        run("shutdown_timeout", secs(5), (Duration::ZERO, secs(3600)), secs(5));
    /// From SIGTERM to the kill of the whole tree.
    term_timeout: Duration =
        operators(run("term_timeout", secs(2), (Duration::ZERO, secs(3600)), secs(3600)));
    /// Resident memory of the whole tree.
    memory: Bytes =
        limit("memory", Bytes::mib(50), (Bytes::mib(1), Bytes::mib(1 << 20)), Bytes::mib(256));
    /// One call, where the hook or event says nothing of its own.
    call_timeout: Duration =
        at_once(limit("call_timeout", secs(5), (millis(1), secs(3600)), secs(60)));
    /// How long follow-ups to a deferred command may come.
    interaction_timeout: Duration =
        at_once(limit("interaction_timeout", secs(900), (millis(1), secs(900)), secs(900)));
    /// Processes and threads of the whole tree.
    pids: u32 = limit("pids", 128, (1, 1 << 22), 1024);
    /// Calls a plugin works on at once; more wait.
    in_flight: u32 = limit("in_flight", 64, (1, 65_536), 1024);
    /// Open files of each process.
    open_files: u32 = limit("open_files", 1024, (16, 1 << 20), 4096);
    /// Share of the processor against other plugins, as cgroups count it.
    cpu_weight: u32 = limit("cpu_weight", 50, (1, 10_000), 100);
    /// Hard cap of processor time.
    cpu_quota: CpuQuota = operators(limit("cpu_quota", CpuQuota::None,
        (CpuQuota::Percent(1), CpuQuota::None), CpuQuota::None));
    /// The data folder.
    data: Bytes =
        limit("data", Bytes::mib(1024), (Bytes::mib(1), Bytes::mib(1 << 20)), Bytes::mib(1024));
    /// Host calls a second; so many may come at once after a rest of a second.
    host_calls: u32 =
        at_once(operators(limit("host_calls", 30_000, (1, 1_000_000), 1_000_000)));
    /// What it keeps in the daemon's storage.
    storage: Bytes = at_once(
        limit("storage", Bytes::mib(64), (Bytes::mib(1), Bytes::mib(1 << 20)), Bytes::mib(1024)));
}

/// Who reads, and from which table.
#[derive(Debug, Clone, Copy)]
pub enum Reader {
    /// A manifest's `[run]` or `[limits]`.
    Author(Table),
    /// A table of the operator's, where all keys stand side by side.
    Operator,
    /// `[ceilings]`: only what a manifest may set has one.
    Ceilings,
}

impl Reader {
    fn read<T: KeyValue>(self, section: &Section<'_>, rule: Rule<T>) -> Option<Sourced<T>> {
        if self.skips(&rule) {
            return None;
        }
        let field = section.field(rule.name)?;
        if matches!((self, rule.setter), (Reader::Author(_), Setter::Operator)) {
            let key = rule.name;
            let hint = format!("{key} under [plugins.\"NAME\"] in outboard.toml");
            field.fault(Problem::new("only the operator sets this").hint(hint));
            return None;
        }
        let value = T::read(&field)?;
        field.settle(within(&rule, value)).map(|value| field.sourced(value))
    }

    /// Whether a key is none of this table's: it stays unknown there.
    fn skips<T>(self, rule: &Rule<T>) -> bool {
        match self {
            Reader::Author(table) => table != rule.table,
            Reader::Operator => false,
            Reader::Ceilings => rule.setter == Setter::Operator,
        }
    }
}

fn within<T: KeyValue>(rule: &Rule<T>, value: T) -> Result<T, Problem> {
    let (least, most) = &rule.range;
    if value < *least || value > *most {
        let (value, least, most) = (value.show(), least.show(), most.show());
        return Err(Problem::new(format!("{value} is not between {least} and {most}")));
    }
    Ok(value)
}

fn above<T: KeyValue>(rule: &Rule<T>, asked: &Sourced<T>, ceiling: &Sourced<T>) -> Option<Fault> {
    let Source::Manifest(place) = &asked.source else {
        return None; // What an operator says of one plugin is the operator's decision.
    };
    if asked.value <= ceiling.value {
        return None;
    }
    let (key, wanted, most) = (rule.name, asked.value.write(), ceiling.value.show());
    let message = format!("{} is above this daemon's ceiling of {most}", asked.value.show());
    let hint =
        format!("put {key} = {wanted} under [ceilings] in outboard.toml, then run outboard reload");
    let table = match rule.table {
        Table::Run => "run",
        Table::Limits => "limits",
    };
    Some(Fault::at(place, format!("{table}.{key}"), Problem::new(message).hint(hint)))
}

fn row<T: KeyValue>(rule: &Rule<T>, value: &Sourced<T>) -> Row {
    Row {
        key: rule.name.to_owned(),
        value: value.value.show(),
        source: value.source.clone(),
        effect: rule.effect,
    }
}

const fn secs(count: u64) -> Duration {
    Duration::from_secs(count)
}

const fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

const fn run<T: Copy>(name: &'static str, built_in: T, range: (T, T), ceiling: T) -> Rule<T> {
    let (table, setter, effect) = (Table::Run, Setter::Author, Effect::AtOnce);
    Rule { name, table, setter, effect, built_in, range, ceiling }
}

const fn limit<T: Copy>(name: &'static str, built_in: T, range: (T, T), ceiling: T) -> Rule<T> {
    let (table, setter, effect) = (Table::Limits, Setter::Author, Effect::PluginRestart);
    Rule { name, table, setter, effect, built_in, range, ceiling }
}

const fn operators<T: Copy>(rule: Rule<T>) -> Rule<T> {
    Rule { setter: Setter::Operator, ..rule }
}

const fn at_once<T: Copy>(rule: Rule<T>) -> Rule<T> {
    Rule { effect: Effect::AtOnce, ..rule }
}
