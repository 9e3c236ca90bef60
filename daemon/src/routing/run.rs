//! One act of the app on its way through a pipeline, until there is a verdict.
//!
//! Transforms one after another, then validators all at once. It refuses to know how a call
//! reaches a plugin; it is told of answers and of their absence.

mod custom;
mod flow;
mod hold;
pub(super) mod shadow;
mod verdict;

use std::sync::Arc;

use outboard_proto::common::{
    Hold, HookPayload, Rejected, SkipReason, StepResult, Trace, hook_answer::Answer,
};
use outboard_supervision::Moment;
use tokio::sync::oneshot;

use super::change;
use super::debug::Guest;
use super::member::Standing;
use super::node::NodeId;
use super::patterns::Found;
use super::pipeline::{Entry, Pipeline};
use super::subject::Subject;
use super::{Act, Switchboard};
use crate::clock::{Clock, micros};
use crate::config::manifest::hook::Deed;
use crate::config::manifest::{Hook, OnFailure, Phase};
use crate::frame::{Around, CallBody, ToApp};
use crate::payload::Payload;

pub use hold::{HoldWish, Holds, subjects};
use verdict::{Noted, wire_phase};
pub use verdict::{Told, VerdictFrame, step_head};

/// One act under way.
pub struct Run {
    asked: Asked,
    hook: Hook,
    pipeline: Arc<Pipeline>,
    pub payload: Payload,
    /// Which patterns match the payload's text.
    found: Found,
    pub workspace: String,
    around: Around,
    replaced: bool,
    began: Moment,
    deadline: Moment,
    /// What came of the entries so far; one per entry, in order.
    steps: Vec<Noted>,
    /// Calls that validators have in hand.
    pending: Vec<(usize, usize)>,
    /// The call that the transform in turn has in hand.
    turn: Option<usize>,
    /// Interceptors beside the path that are asked the same.
    watched: Vec<u64>,
    /// Those that hold it, in order.
    holds: Vec<(usize, Hold)>,
    /// What is being kept of it.
    keeping: Option<u64>,
}

/// Who wants the verdict.
pub enum Asked {
    /// A session's call.
    Session {
        /// The node.
        node: NodeId,
        /// Its id for the call.
        id: u64,
    },
    /// A unary call, of the node it named.
    Unary(oneshot::Sender<ToApp>, Option<NodeId>),
}

/// What came of asking one entry.
enum Asking {
    /// It has the call.
    Pending(usize),
    /// There is no need to ask.
    NotConcerned,
    /// It cannot be asked.
    Skip(SkipReason),
}

/// Answers that end a run before its end.
enum Final {
    Rejected(Rejected),
    Held(Hold),
    Handled,
}

impl Switchboard {
    /// Sends an act through its hook's pipeline; the verdict goes to `asked`. Returns the run's
    /// place while it is under way.
    pub fn intercept(&self, asked: Asked, act: Act) -> Option<usize> {
        self.with(|core, now| core.intercept(asked, act, now))
    }

    /// The caller of a run no longer waits.
    pub fn cancel_intercept(&self, node: NodeId, id: u64) {
        self.with(|core, now| core.cancel_intercept(node, id, now));
    }

    /// A unary caller went away: whatever it waited for ends.
    pub fn sweep_unary(&self) {
        self.with(|core, now| {
            let gone = core.runs.iter().filter(|(_, run)| run.asked.is_gone());
            for key in gone.map(|(key, _)| key).collect::<Vec<_>>() {
                core.abandon(key, now);
            }
            core.abandon_unary_commands(now);
        });
    }
}

impl Asked {
    fn is_call(&self, of: NodeId, call: u64) -> bool {
        match self {
            Self::Session { node, id } => *node == of && *id == call,
            Self::Unary(..) => false,
        }
    }

    /// The app's id for the call; 0 where it needs none.
    fn id(&self) -> u64 {
        match self {
            Self::Session { id, .. } => *id,
            Self::Unary(..) => 0,
        }
    }

    fn is_gone(&self) -> bool {
        match self {
            Self::Session { .. } => false,
            Self::Unary(sender, _) => sender.is_closed(),
        }
    }
}

/// The hook that a payload is for; `None` if this daemon does not know it. Branches of
/// `HookPayload` after these are hooks of later daemons.
pub fn hook_of(payload: &Payload) -> Option<Hook> {
    match payload.branch() {
        1 => Some(Hook::BeforePost),
        2 => Some(Hook::BeforeEdit),
        3 => Some(Hook::BeforeDelete),
        4 => Some(Hook::BeforeRender),
        5 => Some(Hook::BeforeReaction),
        6 => Some(Hook::BeforeUpload),
        7 => Some(Hook::BeforeJoin),
        8 => Some(Hook::BeforeLogin),
        9 => Some(Hook::BeforeCreate),
        10 => custom::hook_of(payload.get()),
        _ => None,
    }
}

/// Why a plugin cannot be asked; a closed hook waits for one that may come back.
fn unable(standing: &Standing, policy: OnFailure) -> Option<SkipReason> {
    match (standing, policy) {
        (Standing::Ready, _) | (Standing::Unavailable { .. }, OnFailure::Closed) => None,
        (Standing::Suspended(_), OnFailure::Closed) => None,
        // It is started for what is asked, which waits as long as it may take anyway.
        (Standing::Asleep | Standing::Waking, _) => None,
        (Standing::Suspended(_), OnFailure::Open) => Some(SkipReason::Suspended),
        (Standing::Debugged(Guest::Answering), _) => None,
        // Debugged, a closed hook is open: nobody waits for a developer.
        (Standing::Debugged(Guest::Awaited), _) => Some(SkipReason::Debug),
        (Standing::Unavailable { .. } | Standing::Unlisted, _) => Some(SkipReason::Unavailable),
    }
}

/// An answer that the phase allows.
enum Judged {
    Continue,
    Replace(Box<HookPayload>),
    Reject(Rejected),
    Hold(Hold),
    Handled,
}

impl Run {
    /// The trace it belongs to.
    pub fn trace(&self) -> Option<Trace> {
        self.around.trace()
    }

    /// The hook that is asked.
    pub fn hook(&self) -> &Hook {
        &self.hook
    }

    /// The node whose call it is.
    pub fn node(&self) -> Option<NodeId> {
        match &self.asked {
            Asked::Session { node, .. } => Some(*node),
            Asked::Unary(_, node) => *node,
        }
    }

    /// What speaks against asking this entry. The payload is taken apart only if it must be.
    fn needs_no_asking(&self, entry: &Entry) -> Option<Asking> {
        let concern = &entry.concern;
        if !concern.is_of(&self.workspace) {
            return Some(Asking::NotConcerned);
        }
        if !self.payload.is_telling() && !concern.looks_inside() {
            return None;
        }
        let subject = Subject::of(self.payload.get());
        if !concern.covers(subject, &self.found) {
            return Some(Asking::NotConcerned);
        }
        subject.is_opaque().then_some(Asking::Skip(SkipReason::NotInspectable))
    }

    /// When this entry must have answered: its own time-out, but never on the time that closed
    /// entries after it are sure of. `None` if there is no time left.
    fn deadline_of(&self, entry: &Entry, now: Moment) -> Option<Moment> {
        let left = self.deadline.since(now);
        let share = match entry.is.policy {
            OnFailure::Open => left.saturating_sub(entry.reserved_after),
            OnFailure::Closed => left,
        };
        let allowed = entry.is.timeout.min(share);
        (!allowed.is_zero()).then_some(now + allowed)
    }

    /// What an entry is told.
    fn call_body(&self, entry: &Entry) -> CallBody {
        CallBody::intercept(&self.payload, wire_phase(entry.is.phase) as u8, &self.around)
    }

    fn judge(
        &self,
        entry: &Entry,
        answer: Option<Answer>,
        clock: Clock,
    ) -> Result<Judged, change::RuleBroken> {
        match (answer, entry.is.phase) {
            (Some(Answer::Continued(_)), _) => Ok(Judged::Continue),
            (Some(Answer::Reject(reject)), _) => Ok(Judged::Reject(Rejected {
                reason: reject.reason,
                code: reject.code,
                silent: reject.silent,
                plugin: entry.plugin.to_string(),
                retry_after_us: 0,
            })),
            (Some(Answer::Replace(payload)), Phase::Transform)
                if self.hook.allows(Deed::Replace) =>
            {
                change::check(self.payload.get(), &payload, &entry.plugin)?;
                Ok(Judged::Replace(Box::new(payload)))
            }
            (Some(Answer::Handled(_)), Phase::Transform) if self.hook.allows(Deed::Handle) => {
                Ok(Judged::Handled)
            }
            (Some(Answer::Hold(hold)), _) if self.hook.allows(Deed::Hold) => {
                hold::check(hold, &entry.plugin, clock.wall_us()).map(Judged::Hold)
            }
            // A validator may only pass, refuse or hold.
            (Some(Answer::Hold(_) | Answer::Replace(_) | Answer::Handled(_)) | None, _) => {
                Err(change::RuleBroken)
            }
        }
    }

    fn step(&mut self, result: StepResult, now: Moment) {
        let took_us = micros(now.since(self.began));
        self.steps.push(Noted { result, skipped: SkipReason::Unspecified, took_us });
    }

    fn skipped(&mut self, reason: SkipReason) {
        let result = StepResult::Skipped;
        self.steps.push(Noted { result, skipped: reason, took_us: 0 });
    }

    /// Writes down what came of an entry that was asked.
    fn note(&mut self, at: usize, result: StepResult, skip: Option<SkipReason>, now: Moment) {
        let skipped = skip.unwrap_or(SkipReason::Unspecified);
        let noted = Noted { result, skipped, took_us: micros(now.since(self.began)) };
        match self.steps.get_mut(at) {
            Some(step) => *step = noted,
            // The transform in turn: it is noted when it has answered.
            None => self.steps.push(noted),
        }
    }
}
