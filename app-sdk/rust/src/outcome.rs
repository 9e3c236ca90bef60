//! What the app hears when it asks a hook: a decision, and who made it.
//!
//! There is no error in here on purpose: whatever happens to the daemon or a plugin, the app gets
//! something it can act on. It refuses to know how the answer travelled.

use std::time::Duration;

use outboard_proto::common::{
    Failure, FailurePolicy, Handled, Hold, Rejected, Step, Text, Verdict, verdict,
};

use crate::hook::Subject;

/// The answer to a hook. Never an error, never later than the budget.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome<T> {
    /// What the app should do now.
    pub decision: Decision<T>,
    /// Who decided.
    pub by: By,
    /// Each interceptor's part, in order. Empty unless the daemon decided.
    pub steps: Vec<Step>,
    /// How long the app waited.
    pub took: Duration,
}

/// What to do with the subject of a hook.
#[derive(Debug, Clone, PartialEq)]
pub enum Decision<T> {
    /// Go on with what was given, unchanged.
    Continued(T),
    /// Go on with this instead.
    Replaced(T),
    /// Do not do it; tell the person why, unless silent.
    Rejected(Rejected),
    /// Set it aside: [`Builder::on_decided`](crate::Builder::on_decided) is told what becomes of
    /// it, under this id.
    Held(Hold),
    /// A plugin has taken care of it; do nothing more.
    Handled,
}

/// Who made a decision.
#[derive(Debug, Clone, PartialEq)]
pub enum By {
    /// The daemon, from the plugins' answers.
    Daemon,
    /// Nobody was asked: the daemon had said that no plugin intercepts this hook.
    Nobody,
    /// The app's side alone, by the policy the daemon last told it for this hook.
    Fallback(Policy, Why),
}

/// What happens to the app's act when nobody can answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// It goes on.
    #[default]
    Open,
    /// It is rejected.
    Closed,
}

/// Why the daemon's verdict was not there to be followed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Why {
    /// No session with the daemon when the hook was called.
    #[error("the daemon cannot be reached")]
    Away,
    /// The session ended while the call was under way.
    #[error("the daemon went away while it was deciding")]
    Lost,
    /// No verdict within the budget.
    #[error("no verdict within the budget")]
    Late,
    /// Connected, but the daemon has been missing budgets without a sign of life.
    #[error("the daemon is connected but silent")]
    Silent,
    /// More calls or bytes are waiting than this side keeps.
    #[error("too many calls are waiting for the daemon")]
    OverLimit,
    /// The subject does not fit a frame.
    #[error("the subject is too large for one frame ({0} bytes)")]
    TooLarge(usize),
    /// The daemon could not take the request.
    #[error("the daemon refused the call: {0}")]
    Refused(Failure),
    /// The verdict made no sense for this hook.
    #[error("the verdict does not fit the hook")]
    Unfit,
}

impl<T> Outcome<T> {
    /// The subject to go on with, as it was or as plugins left it; nothing if the act ends here.
    pub fn proceed(self) -> Option<T> {
        match self.decision {
            Decision::Continued(subject) | Decision::Replaced(subject) => Some(subject),
            Decision::Rejected(_) | Decision::Held(_) | Decision::Handled => None,
        }
    }

    /// Whether the act was refused.
    pub fn is_rejected(&self) -> bool {
        matches!(self.decision, Decision::Rejected(_))
    }
}

impl Policy {
    pub(crate) fn from_wire(policy: FailurePolicy) -> Self {
        match policy {
            FailurePolicy::Closed => Policy::Closed,
            FailurePolicy::Open | FailurePolicy::Unspecified => Policy::Open,
        }
    }

    /// What this policy makes of a subject that nobody could look at.
    pub(crate) fn apply<T>(self, subject: T, why: Why) -> Outcome<T> {
        let decision = match self {
            Policy::Open => Decision::Continued(subject),
            Policy::Closed => Decision::Rejected(unavailable(&why)),
        };
        Outcome { decision, by: By::Fallback(self, why), steps: Vec::new(), took: Duration::ZERO }
    }
}

/// The rejection that stands in for a plugin's while nobody can be asked.
fn unavailable(why: &Why) -> Rejected {
    let text = format!("This cannot be checked right now: {why}. Please try again in a moment.");
    Rejected {
        reason: Some(Text { code: "unavailable".into(), text, ..Text::default() }),
        code: "unavailable".into(),
        retry_after_us: 1_000_000,
        ..Rejected::default()
    }
}

/// What the daemon's verdict makes of a subject; the policy's word where it does not fit the hook.
pub(crate) fn follow<T: Subject>(verdict: Verdict, subject: T, policy: Policy) -> Outcome<T> {
    let decision = match verdict.outcome {
        Some(verdict::Outcome::Continued(_)) => Decision::Continued(subject),
        Some(verdict::Outcome::Replaced(new)) => match T::from_payload(new) {
            Some(new) => Decision::Replaced(new),
            None => return policy.apply(subject, Why::Unfit),
        },
        Some(verdict::Outcome::Rejected(rejected)) => Decision::Rejected(rejected),
        Some(verdict::Outcome::Held(hold)) => Decision::Held(hold),
        Some(verdict::Outcome::Handled(Handled {})) => Decision::Handled,
        None => return policy.apply(subject, Why::Unfit),
    };
    Outcome { decision, by: By::Daemon, steps: verdict.steps, took: Duration::ZERO }
}
