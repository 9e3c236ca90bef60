//! What can be counted, and what can come of it. Words only.

use std::str::FromStr;

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An interceptor's call; the hook.
    Hook,
    /// The same beside the path.
    Shadow,
    /// A command; its name.
    Command,
    /// An action on a component; its name.
    Action,
    /// Choices for an argument; the command.
    Autocomplete,
    /// An event's delivery; its type.
    Event,
    /// A schedule's firing; its name.
    Schedule,
    /// A request from outside; its route.
    Http,
    /// A call of another plugin's; the method.
    Method,
    /// A call of the host API; service and method.
    Host,
    /// What the plugin tracks; its action.
    Track,
    /// What the plugin counts; the counter with its labels.
    Counter,
    /// The end of a process; its cause.
    End,
}

/// Kinds.
pub const KINDS: usize = 13;

impl Kind {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; KINDS] = [
        Self::Hook,
        Self::Shadow,
        Self::Command,
        Self::Action,
        Self::Autocomplete,
        Self::Event,
        Self::Schedule,
        Self::Http,
        Self::Method,
        Self::Host,
        Self::Track,
        Self::Counter,
        Self::End,
    ];

    /// As it is written everywhere.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hook => "hook",
            Self::Shadow => "shadow",
            Self::Command => "command",
            Self::Action => "action",
            Self::Autocomplete => "autocomplete",
            Self::Event => "event",
            Self::Schedule => "schedule",
            Self::Http => "http",
            Self::Method => "method",
            Self::Host => "host",
            Self::Track => "track",
            Self::Counter => "counter",
            Self::End => "end",
        }
    }

    /// Whether it is work handed to the plugin, which takes time.
    #[must_use]
    pub fn is_work(self) -> bool {
        match self {
            Self::Hook
            | Self::Shadow
            | Self::Command
            | Self::Action
            | Self::Autocomplete
            | Self::Event
            | Self::Schedule
            | Self::Http
            | Self::Method => true,
            Self::Host | Self::Track | Self::Counter | Self::End => false,
        }
    }

    /// Whether people use it, knowingly.
    #[must_use]
    pub fn is_of_people(self) -> bool {
        match self {
            Self::Command | Self::Action | Self::Http | Self::Track => true,
            Self::Hook
            | Self::Shadow
            | Self::Autocomplete
            | Self::Event
            | Self::Schedule
            | Self::Method
            | Self::Host
            | Self::Counter
            | Self::End => false,
        }
    }
}

impl FromStr for Kind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(())
    }
}

/// What came of one use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It was answered, as it should be.
    Ok,
    /// Its handler failed.
    Failed,
    /// There was no answer in time.
    TimedOut,
    /// The answer broke a rule.
    Protocol,
    /// There was no room for it.
    OverLimit,
    /// The plugin went away with it, or was not there.
    Unavailable,
    /// The grant is missing.
    Denied,
    /// Nobody waited any more.
    Cancelled,
    /// The plugin was not asked: its breaker is open, it does not run, or it is bypassed.
    Skipped,
}

/// Outcomes.
pub const OUTCOMES: usize = 9;

impl Outcome {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; OUTCOMES] = [
        Self::Ok,
        Self::Failed,
        Self::TimedOut,
        Self::Protocol,
        Self::OverLimit,
        Self::Unavailable,
        Self::Denied,
        Self::Cancelled,
        Self::Skipped,
    ];

    /// As it is written everywhere.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::TimedOut => "timed-out",
            Self::Protocol => "protocol",
            Self::OverLimit => "over-limit",
            Self::Unavailable => "unavailable",
            Self::Denied => "denied",
            Self::Cancelled => "cancelled",
            Self::Skipped => "skipped",
        }
    }

    /// Whether the plugin answered, so that its time says something.
    #[must_use]
    pub fn is_answered(self) -> bool {
        match self {
            Self::Ok | Self::Failed | Self::Protocol => true,
            Self::TimedOut
            | Self::OverLimit
            | Self::Unavailable
            | Self::Denied
            | Self::Cancelled
            | Self::Skipped => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_read_back_and_stands_at_its_number() {
        for (number, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(kind as usize, number);
        }
        for (number, outcome) in Outcome::ALL.into_iter().enumerate() {
            assert_eq!(outcome as usize, number);
        }
    }
}
