//! A guest in the tables: a developer's process that answers for a plugin, for whom nobody waits
//! longer, whom nobody blames, and who is never told to stop.
//!
//! The app's deadlines stand. It refuses to know where the guest came from.

use std::collections::VecDeque;
use std::time::Duration;

use outboard_proto::common::{SkipReason, hook_answer::Answer};
use outboard_proto::plugin::reply;
use outboard_supervision::Moment;

use super::call::{Call, Purpose, Said};
use super::member::{Member, Standing};
use super::{Core, MemberId, Switchboard};

/// What a guest is told to have for a call: a day, in microseconds. Its caller waits no longer for
/// that.
pub const BUDGET_US: u64 = 24 * 3600 * 1_000_000;
/// The same, for its events.
pub const BUDGET: Duration = Duration::from_micros(BUDGET_US);
/// Calls out of time whose answer is still of interest.
const OVERDUE: usize = 256;

/// Where a guest stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guest {
    /// It comes, or initializes: nothing is handed to it.
    Awaited,
    /// It answers.
    Answering,
}

/// Calls that ran out of time in a guest's hands, the oldest first.
#[derive(Debug, Default)]
pub struct Overdue {
    calls: VecDeque<(u64, String, Moment)>,
    /// What is to be said of the last answer to one.
    words: Option<String>,
}

impl Member {
    /// Whether a developer's process stands in for it.
    pub fn is_debugged(&self) -> bool {
        matches!(self.standing, Standing::Debugged(_))
    }

    /// Whether what is handed to it goes to a guest.
    pub fn has_guest(&self) -> bool {
        self.standing == Standing::Debugged(Guest::Answering)
    }

    /// What its absence is called: while it is debugged nothing about it is news.
    pub fn absence(&self, reason: SkipReason) -> SkipReason {
        match reason {
            SkipReason::Timeout
            | SkipReason::Error
            | SkipReason::Protocol
            | SkipReason::Breaker
            | SkipReason::Unavailable
            | SkipReason::Suspended
            | SkipReason::OverLimit
            | SkipReason::NotKept
            | SkipReason::AppUnsupported
                if self.is_debugged() =>
            {
                SkipReason::Debug
            }
            reason => reason,
        }
    }
}

impl Switchboard {
    /// A guest has initialized: calls may be handed to it.
    pub fn guest_answers(&self, member: MemberId) {
        self.with(|core, now| {
            let debugged = core.members.get(member).is_some_and(Member::is_debugged);
            if debugged {
                core.set_standing(member, Standing::Debugged(Guest::Answering), now);
            }
        });
    }

    /// A guest is gone: what it had in hand comes to others, and nobody is blamed for it.
    pub fn guest_left(&self, member: MemberId) {
        self.with(|core, now| {
            core.generation_ended(member, false, now);
            let Some(is) = core.members.get_mut(member) else { return };
            is.overdue = Overdue::default();
            if is.is_debugged() {
                core.set_standing(member, Standing::Debugged(Guest::Awaited), now);
            }
        });
    }

    /// What there is to say of an answer that came after its deadline.
    #[must_use]
    pub fn late_words(&self, member: MemberId) -> Option<String> {
        self.with(|core, _| core.members.get_mut(member)?.overdue.words.take())
    }
}

impl Core {
    /// A guest's call is given up by those who waited. Whether it is a guest's.
    pub fn note_overdue(&mut self, call: &Call, now: Moment) -> bool {
        let what = self.told_of(&call.purpose);
        let Some(member) = self.members.get_mut(call.member).filter(|it| it.has_guest()) else {
            return false;
        };
        if member.overdue.calls.len() >= OVERDUE {
            member.overdue.calls.pop_front();
        }
        member.overdue.calls.push_back((call.id, what, now));
        true
    }

    /// An answer to a call that nobody waits for. Whether a guest's was awaited all the same.
    pub fn answered_late(&mut self, id: MemberId, call: u64, said: &Said, now: Moment) -> bool {
        let Some(member) = self.members.get_mut(id) else { return false };
        let calls = &mut member.overdue.calls;
        let Some(at) = calls.iter().position(|(known, ..)| *known == call) else { return false };
        let Some((_, what, since)) = calls.remove(at) else { return false };
        let late = now.since(since).as_secs_f64();
        let word = word(said);
        member.overdue.words = Some(format!("late by {late:.1} s: {what} would have been {word}"));
        true
    }

    fn told_of(&self, purpose: &Purpose) -> String {
        match purpose {
            Purpose::Intercept { run, .. } => {
                self.runs.get(*run).map_or("a hook".to_owned(), |run| run.hook().to_string())
            }
            Purpose::Shadow(_) => "a hook in shadow".to_owned(),
            Purpose::Command(command) => {
                format!("{} {}", command.kind.as_str(), command.name)
            }
            Purpose::Nested(_) => "a call of another plugin".to_owned(),
            Purpose::Http(_) => "a request".to_owned(),
            Purpose::Autocomplete(_) => "an offer of values".to_owned(),
        }
    }
}

fn word(said: &Said) -> &'static str {
    let result = match said {
        Said::Continue => return "continued",
        Said::Result(result) => result,
    };
    match result {
        Some(reply::Result::Hook(answer)) => match answer.answer {
            Some(Answer::Continued(_)) => "continued",
            Some(Answer::Replace(_)) => "replaced",
            Some(Answer::Reject(_)) => "rejected",
            Some(Answer::Hold(_)) => "held",
            Some(Answer::Handled(_)) => "handled",
            None => "no answer",
        },
        Some(reply::Result::Failure(_)) => "failed",
        Some(
            reply::Result::Interaction(_)
            | reply::Result::Choices(_)
            | reply::Result::Http(_)
            | reply::Result::Json(_),
        )
        | None => "answered",
    }
}
