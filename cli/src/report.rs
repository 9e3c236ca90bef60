//! What the daemon answered, in the form that programs get as JSON and pages are made of. The field
//! names are a promise: they may become more, never others. It knows nothing of the wire; `convert`
//! makes these from it. Times are microseconds since the Unix epoch (`_us`), spans microseconds,
//! sizes bytes; every field is always there, `null` where it does not apply.

mod alerts;
mod convert;
mod debug;
mod events;
mod held;
mod permissions;
mod privacy;
mod settings;
mod statistics;
mod storage;

use serde::{Deserialize, Serialize};

pub use alerts::Alerts;
pub use debug::{DebugNews, What};
pub use events::{DeadLetter, Waiting};
pub use held::SetAside;
pub use permissions::{AuditRecord, GrantRow, GrantsTable};
pub use privacy::Forgotten;
pub use settings::{PluginSetting, Settings};
pub use statistics::{Counted, CountedLine, Used};
pub use storage::{StorageEntry, StorageUsage};

/// Everything about one plugin.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plugin {
    pub name: String,
    pub version: String,
    pub description: String,
    pub state: State,
    /// Why it is in this state; empty where nothing needs saying.
    pub reason: String,
    /// Conditions beside the state: suspended, unresponsive, breaker open.
    pub conditions: Vec<String>,
    pub enabled: bool,
    pub path: String,
    pub generation: u64,
    pub pid: Option<u32>,
    pub processes: u32,
    /// Since when it is in this state.
    pub since_us: Option<i64>,
    pub next_try_us: Option<i64>,
    pub starting_percent: Option<u32>,
    pub restarts: u32,
    pub memory_bytes: u64,
    pub memory_limit_bytes: u64,
    pub peak_memory_bytes: u64,
    /// The newest first.
    pub ends: Vec<End>,
    pub settings: Vec<Setting>,
    pub enforcement: Vec<Held>,
    pub grants: Vec<Grant>,
    pub traffic: Traffic,
    /// At-least-once events.
    pub waiting: Waiting,
    pub notes: Vec<String>,
    /// It rests, and starts as soon as something is wanted of it.
    pub asleep: bool,
    pub schedules: Vec<Schedule>,
    /// Unloaded; said by `watch` only.
    pub gone: bool,
}

impl Plugin {
    /// The reason, without the countdown of a back-off: what is worth telling anew when it changes.
    pub fn standing_reason(&self) -> &str {
        match self.state {
            State::Waiting => self.reason.split(", next try in").next().unwrap_or_default(),
            State::Unknown
            | State::Stopped
            | State::Starting
            | State::Running
            | State::Draining
            | State::Stopping
            | State::Failed
            | State::Debug => &self.reason,
        }
    }
}

/// The states of a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// From a daemon that knows more states than this command.
    Unknown,
    Stopped,
    Starting,
    Running,
    Draining,
    Stopping,
    Waiting,
    Failed,
    /// A developer's process stands in for it.
    Debug,
}

impl State {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            State::Unknown => "unknown",
            State::Stopped => "stopped",
            State::Starting => "starting",
            State::Running => "running",
            State::Draining => "draining",
            State::Stopping => "stopping",
            State::Waiting => "waiting",
            State::Failed => "failed",
            State::Debug => "debug",
        }
    }
}

/// A schedule of a plugin's.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Schedule {
    pub name: String,
    pub rule: String,
    /// `skip` or `once`.
    pub missed: String,
    pub next_us: Option<i64>,
    pub last_us: Option<i64>,
}

/// How one generation ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct End {
    pub generation: u64,
    pub cause: String,
    pub detail: String,
    pub exit: String,
    pub at_us: i64,
    pub uptime_us: u64,
    pub peak_memory_bytes: u64,
    pub cpu_us: u64,
    pub stderr: String,
}

/// One value in force and who set it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Setting {
    pub key: String,
    pub value: String,
    pub source: String,
}

/// How a limit is held on this machine.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Held {
    pub what: String,
    pub how: String,
    pub enforced: bool,
}

/// A permission that is asked for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Grant {
    pub permission: String,
    pub granted: bool,
    pub optional: bool,
    /// The author's words.
    pub reason: String,
}

/// Counted since the daemon started.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Traffic {
    pub calls: u64,
    pub errors: u64,
    pub timeouts: u64,
    pub events: u64,
    pub events_dropped: u64,
    pub stale_replies: u64,
    pub denied: u64,
    pub sends: u64,
    pub in_flight: u32,
    pub log_lines_suppressed: u64,
    pub over_limit: u64,
    pub breaker_openings: u64,
    pub loops: u64,
    /// Times it was started because something was wanted of it.
    pub lazy_starts: u64,
    /// Calls that waited for such a start.
    pub waits: u64,
}

/// One line that a plugin wrote.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LogLine {
    pub plugin: String,
    pub generation: u64,
    pub at_us: i64,
    pub stream: String,
    pub line: String,
}

/// One thing that happened and what came of it: a hook, a command, an action, a follow-up, an event
/// or a delivery.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TraceRecord {
    pub at_us: i64,
    /// hook, command, action, follow-up, event, delivery or denial.
    pub kind: String,
    /// The hook's, the command's, the action's; the event's type.
    pub name: String,
    /// The interaction's or the event's.
    pub id: String,
    /// Who answered, or was told.
    pub plugin: String,
    /// Of a delivery: from 1.
    pub attempt: u32,
    /// Of a delivery: at-least-once or best-effort.
    pub delivery: String,
    /// Of an event: to how many it goes.
    pub subscriptions: u32,
    pub hook: String,
    pub node: String,
    pub outcome: String,
    pub reason: String,
    pub steps: Vec<Part>,
    pub took_us: u64,
    pub workspace: String,
    pub channel: String,
    pub channel_id: String,
    pub sender: String,
    pub message_id: String,
    pub draft_id: String,
    /// Only with `--content`.
    pub text: String,
    /// Only with `--content`.
    pub answer: String,
    pub missed: u64,
}

/// One plugin's part in a verdict.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    pub plugin: String,
    pub phase: String,
    pub result: String,
    /// Why it was skipped; empty if it was not.
    pub skipped: String,
    pub policy: String,
    /// From the app's asking to its answer.
    pub took_us: u64,
}

/// What a load came to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Loaded {
    pub status: Option<Plugin>,
    pub asks: Vec<Grant>,
    pub notes: Vec<String>,
}

/// A hook's interceptors.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Order {
    pub entries: Vec<Interceptor>,
    /// Names in before and after that are not there.
    pub ignored: Vec<String>,
    pub budget_us: u64,
}

/// One interceptor, in its place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Interceptor {
    pub plugin: String,
    pub phase: String,
    pub priority: i32,
    pub before: Vec<String>,
    pub after: Vec<String>,
    pub policy: String,
    pub asked_closed: bool,
    pub timeout_us: u64,
    pub state: String,
}

/// What doctor found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Findings {
    pub findings: Vec<Finding>,
}

/// One thing doctor looked at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    pub severity: Severity,
    pub check: String,
    pub says: String,
    pub hint: String,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Problem,
    Weak,
    Ok,
}

/// What a check came to; `outboardd check` prints the same.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Checked {
    pub faults: Vec<Fault>,
    pub fixed: Vec<String>,
    pub notes: Vec<String>,
}

/// A mistake in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fault {
    pub file: String,
    /// 0 where no single line is to blame.
    pub line: u32,
    pub key: String,
    pub message: String,
    pub hint: String,
}

impl Fault {
    /// Reads a fault back from the line that the daemon writes of it:
    /// `file:line: key: message (hint: advice)`. What does not look like that is all message.
    pub fn read(written: &str) -> Fault {
        let (said, hint) = match written.strip_suffix(')').map(|it| it.rsplit_once(" (hint: ")) {
            Some(Some((said, hint))) => (said, hint),
            Some(None) | None => (written, ""),
        };
        let (place, said) = said.split_once(": ").unwrap_or(("", said));
        let (key, message) = match said.split_once(": ") {
            Some((key, message)) if !key.contains(char::is_whitespace) => (key, message),
            Some(_) | None => ("", said),
        };
        let numbered =
            place.rsplit_once(':').and_then(|(file, line)| Some((file, line.parse().ok()?)));
        let (file, line) = numbered.unwrap_or((place, 0));
        let [file, key, message, hint] = [file, key, message, hint].map(str::to_owned);
        Fault { file, line, key, message, hint }
    }
}

/// What a reload changed, or would change.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Changes {
    pub changes: Vec<Change>,
    pub faults: Vec<Fault>,
}

/// One changed value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Empty = the daemon itself.
    pub plugin: String,
    pub key: String,
    pub before: String,
    pub after: String,
    /// What must be restarted before it holds: "", "plugin" or "daemon".
    pub restart: String,
}

/// What a backup wrote.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Backup {
    pub files: Vec<String>,
    pub bytes: u64,
    pub notes: Vec<String>,
}

/// The daemon itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Daemon {
    pub version: String,
    pub pid: u32,
    pub started_us: i64,
    pub resident_bytes: u64,
    pub plugins: u32,
    pub running: u32,
    /// Requests of plugins that wait for an app.
    pub outbox: u32,
    pub config: String,
    pub state: String,
    pub runtime: String,
    pub apps: Vec<App>,
    /// What an operator should know.
    pub notes: Vec<String>,
}

/// One connected node of a chat server.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct App {
    pub app: String,
    pub version: String,
    pub node: String,
    pub epoch: u64,
    pub hooks: Vec<String>,
    pub operations: Vec<String>,
    pub unary: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_fault_reads_back() {
        let read = Fault::read("/p/plugin.toml:12: hooks[0].timeout: \"5\" is: odd (hint: \"5s\")");
        assert_eq!((read.file.as_str(), read.line), ("/p/plugin.toml", 12));
        assert_eq!(
            (read.key.as_str(), read.message.as_str()),
            ("hooks[0].timeout", "\"5\" is: odd")
        );
        assert_eq!(read.hint, "\"5s\"");
    }

    #[test]
    fn a_fault_without_line_key_or_hint_keeps_its_words() {
        let read = Fault::read("/p: it is no folder: what is it");
        assert_eq!((read.file.as_str(), read.line, read.key.as_str()), ("/p", 0, ""));
        assert_eq!(read.message, "it is no folder: what is it");
        assert_eq!(Fault::read("nothing but words").message, "nothing but words");
    }
}
