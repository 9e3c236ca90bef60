//! How a run goes on: who is asked next, what an answer or its absence means, how it ends.
//!
//! It refuses to know how a call reaches a plugin, and what a payload says.

use std::sync::Arc;

use outboard_proto::common::{Rejected, SkipReason, StepResult, hook_answer, verdict};
use outboard_proto::plugin::reply;
use outboard_proto::{app, common};
use outboard_supervision::Moment;

use super::verdict::{Outcome, VerdictFrame};
use super::{Act, Asked, Asking, Final, Judged, Run, hook_of, unable};
use crate::clock::micros;
use crate::config::manifest::{Hook, OnFailure, Phase};
use crate::frame::ToApp;
use crate::payload::Payload;
use crate::routing::call::{NewCall, OverLimit, Purpose, Said};
use crate::routing::member::Standing;
use crate::routing::node::{NodeId, busy};
use crate::routing::patterns::Found;
use crate::routing::pipeline::Entry;
use crate::routing::subject::Subject;
use crate::routing::{Core, change, command};

impl Core {
    pub(super) fn intercept(&mut self, asked: Asked, act: Act, now: Moment) -> Option<usize> {
        if let Asked::Session { node, .. } = &asked
            && !self.nodes.begin_call(*node)
        {
            return self.refuse_busy(&asked, now);
        }
        let Act { payload, budget_us, workspace, around } = act;
        let Some(hook) = hook_of(&payload) else {
            let text = "this hook is not supported by this daemon";
            self.fail_asked(asked, common::Reason::NotSupported, text, now);
            return None;
        };
        if let Err(text) = self.check_made_up(&asked, &hook, &payload) {
            self.fail_asked(asked, common::Reason::Invalid, text, now);
            return None;
        }
        if hook == Hook::BeforePost {
            self.heard_at_hook(&payload);
        }
        if self.permits.names_wanted {
            self.permits.names.note(&workspace, Subject::of(payload.get()).channel());
        }
        let pipeline = self.pipelines.get(&hook).map(Arc::clone).unwrap_or_default();
        let budget = match budget_us {
            0 => hook.budget(),
            asked => std::time::Duration::from_micros(asked).min(command::LONGEST),
        };
        // The verdict must reach the app before the app's own fallback does.
        let margin = (budget / 10).min(std::time::Duration::from_millis(50));
        let key = self.runs.insert(Run {
            asked,
            hook,
            steps: Vec::with_capacity(pipeline.entries.len()),
            pipeline,
            payload,
            found: Found::default(),
            workspace,
            around,
            replaced: false,
            began: now,
            deadline: now + budget.saturating_sub(margin),
            pending: Vec::new(),
            turn: None,
            watched: Vec::new(),
            holds: Vec::new(),
            keeping: None,
        });
        if self.runs[key].pipeline.shadows.is_empty() {
            self.advance(key, now);
        } else {
            let beside = self.watch(key);
            self.advance(key, now);
            self.ask_shadows(beside, now);
        }
        self.runs.contains(key).then_some(key)
    }

    /// Goes on with the next entry until someone has to be waited for.
    fn advance(&mut self, key: usize, now: Moment) {
        let pipeline = Arc::clone(&self.runs[key].pipeline);
        loop {
            let at = self.runs[key].steps.len();
            let Some(entry) = pipeline.entries.get(at) else {
                return self.finish(key, None, now);
            };
            if entry.is.phase == Phase::Validate {
                return self.validate(key, at, now);
            }
            match self.ask(key, at, entry, now) {
                Asking::Pending(call) => {
                    self.runs[key].turn = Some(call);
                    return;
                }
                Asking::NotConcerned => {
                    self.runs[key].step(StepResult::NotConcerned, now);
                }
                Asking::Skip(reason) => {
                    let reason = self.absence(entry, reason);
                    let refused = self.skip(entry, reason);
                    self.skipped(key, entry, reason, now);
                    if refused.is_some() {
                        return self.finish(key, refused, now);
                    }
                }
            }
        }
    }

    fn skipped(&mut self, key: usize, entry: &Entry, reason: SkipReason, now: Moment) {
        self.runs[key].skipped(reason);
        self.count_skip(entry.member, &entry.is.hook, reason, now);
    }

    /// What an entry's absence is called.
    fn absence(&self, entry: &Entry, reason: SkipReason) -> SkipReason {
        let member = self.members.get(entry.member).filter(|it| entry.is_of(it));
        member.map_or(reason, |member| member.absence(reason))
    }

    /// Asks every validator at once.
    fn validate(&mut self, key: usize, first: usize, now: Moment) {
        let pipeline = Arc::clone(&self.runs[key].pipeline);
        for (at, entry) in pipeline.entries.iter().enumerate().skip(first) {
            match self.ask(key, at, entry, now) {
                Asking::Pending(call) => {
                    let run = &mut self.runs[key];
                    run.step(StepResult::Unspecified, now);
                    run.pending.push((at, call));
                }
                Asking::NotConcerned => {
                    self.runs[key].step(StepResult::NotConcerned, now);
                }
                Asking::Skip(reason) => {
                    let reason = self.absence(entry, reason);
                    let refused = self.skip(entry, reason);
                    self.skipped(key, entry, reason, now);
                    if refused.is_some() {
                        return self.finish(key, refused, now);
                    }
                }
            }
        }
        if self.runs[key].pending.is_empty() {
            self.finish(key, None, now);
        }
    }

    /// Hands the payload to one entry, unless something speaks against it.
    fn ask(&mut self, key: usize, at: usize, entry: &Entry, now: Moment) -> Asking {
        let run = &self.runs[key];
        if let Some(answer) = run.needs_no_asking(entry) {
            return answer;
        }
        let Some(member) = self.members.get_mut(entry.member).filter(|it| entry.is_of(it)) else {
            // It was unloaded after this run began.
            return Asking::Skip(SkipReason::Unavailable);
        };
        if !self.permits.lets_hook(member, &run.hook, (&run.payload, &run.workspace)) {
            return Asking::Skip(SkipReason::NotGranted);
        }
        if !member.bypassed.is_empty() && member.bypassed.contains(&run.hook) {
            return Asking::Skip(SkipReason::Bypassed);
        }
        if let Some(reason) = unable(&member.standing, entry.is.policy) {
            return Asking::Skip(reason);
        }
        if !member.admits(&run.hook, now) {
            return Asking::Skip(SkipReason::Breaker);
        }
        let Some(deadline) = run.deadline_of(entry, now) else {
            return Asking::Skip(SkipReason::Timeout);
        };
        let call = NewCall {
            member: entry.member,
            purpose: Purpose::Intercept { run: key, at },
            deadline,
            body: run.call_body(entry),
        };
        member.used(run.hook.pushed(), now);
        match self.begin_call(call, now) {
            Ok(call) => Asking::Pending(call),
            Err(OverLimit) => Asking::Skip(SkipReason::OverLimit),
        }
    }

    /// The rejection that a closed entry's absence means; `None` where the policy is open.
    fn skip(&self, entry: &Entry, reason: SkipReason) -> Option<Final> {
        // Without a grant there is nobody whose absence could matter; a bypass is the operator's
        // word that it shall not; and debugged, every hook is open.
        let allowed =
            matches!(reason, SkipReason::NotGranted | SkipReason::Bypassed | SkipReason::Debug);
        if entry.is.policy == OnFailure::Open || allowed {
            return None;
        }
        let member = self.members.get(entry.member).filter(|it| entry.is_of(it));
        let (state, retry_after) = match member.map_or(&Standing::Unlisted, |it| &it.standing) {
            Standing::Ready => ("running".to_owned(), None),
            Standing::Suspended(by) => (format!("suspended by {by}"), None),
            Standing::Unavailable { state, reason, retry_after } => {
                (format!("{state}: {reason}"), *retry_after)
            }
            Standing::Debugged(_) => ("debugged".to_owned(), None),
            Standing::Unlisted => ("not in service".to_owned(), None),
        };
        let what = reason.as_str_name().trim_start_matches("SKIP_REASON_").to_lowercase();
        let text = format!("{} could not check this ({what}; {state})", entry.plugin);
        let params = [("plugin", entry.plugin.as_ref()), ("why", &what), ("state", &state)];
        Some(Final::Rejected(Rejected {
            reason: Some(common::Text {
                code: "outboard.closed".to_owned(),
                params: params.map(|(key, value)| (key.to_owned(), value.to_owned())).into(),
                text,
            }),
            code: "unavailable".to_owned(),
            silent: false,
            plugin: entry.plugin.to_string(),
            retry_after_us: retry_after.map_or(0, micros),
        }))
    }

    /// An interceptor answered.
    pub fn interceptor_replied(&mut self, key: usize, at: usize, said: Said, now: Moment) {
        let pipeline = Arc::clone(&self.runs[key].pipeline);
        let entry = &pipeline.entries[at];
        let answer = match said {
            Said::Continue => Some(hook_answer::Answer::Continued(common::Continue {})),
            Said::Result(Some(reply::Result::Hook(answer))) => answer.answer,
            Said::Result(Some(reply::Result::Failure(_))) => {
                self.members[entry.member].traffic.errors += 1;
                self.answered(entry.member, key, now);
                return self.interceptor_lost(key, at, SkipReason::Error, now);
            }
            Said::Result(
                Some(
                    reply::Result::Interaction(_)
                    | reply::Result::Choices(_)
                    | reply::Result::Http(_)
                    | reply::Result::Json(_),
                )
                | None,
            ) => None,
        };
        match self.runs[key].judge(entry, answer, self.clock) {
            Ok(judged) => {
                self.answered(entry.member, key, now);
                self.settle(key, at, judged, now);
            }
            Err(change::RuleBroken) => {
                self.members[entry.member].traffic.rule_breaks += 1;
                self.miss(entry.member, key, now, now);
                self.interceptor_lost(key, at, SkipReason::Protocol, now);
            }
        }
    }

    /// An interceptor gave an answer that its phase allows.
    fn settle(&mut self, key: usize, at: usize, judged: Judged, now: Moment) {
        let run = &mut self.runs[key];
        let (result, ends) = match judged {
            Judged::Continue => (StepResult::Continued, None),
            Judged::Replace(payload) => {
                run.payload = Payload::of(*payload);
                // Filters see the message as changed so far.
                run.found = Found::default();
                run.replaced = true;
                (StepResult::Replaced, None)
            }
            Judged::Reject(rejected) => (StepResult::Rejected, Some(Final::Rejected(rejected))),
            Judged::Hold(hold) => return self.set_aside(key, at, hold, now),
            Judged::Handled => (StepResult::Handled, Some(Final::Handled)),
        };
        run.note(at, result, None, now);
        self.go_on(key, at, ends, now);
    }

    /// An interceptor did not answer, or not as it should.
    pub fn interceptor_lost(&mut self, key: usize, at: usize, reason: SkipReason, now: Moment) {
        let pipeline = Arc::clone(&self.runs[key].pipeline);
        let reason = self.absence(&pipeline.entries[at], reason);
        let refused = self.skip(&pipeline.entries[at], reason);
        self.runs[key].note(at, StepResult::Skipped, Some(reason), now);
        self.go_on(key, at, refused, now);
    }

    pub(super) fn go_on(&mut self, key: usize, at: usize, ends: Option<Final>, now: Moment) {
        let run = &mut self.runs[key];
        if run.turn.take().is_none() {
            run.pending.retain(|(pending, _)| *pending != at);
        }
        if ends.is_some() {
            return self.finish(key, ends, now);
        }
        let validating = run.pipeline.entries[at].is.phase == Phase::Validate;
        match (validating, run.pending.is_empty()) {
            (false, _) => self.advance(key, now),
            (true, true) => self.conclude(key, now),
            (true, false) => {}
        }
    }

    /// Tells the verdict and forgets the run.
    pub(super) fn finish(&mut self, key: usize, ends: Option<Final>, now: Moment) {
        for (_, call) in std::mem::take(&mut self.runs[key].pending) {
            self.cancel_call(call, "decided", now);
        }
        let mut run = self.runs.remove(key);
        let outcome = match ends {
            Some(Final::Rejected(rejected)) => {
                Outcome::Said(Box::new(verdict::Outcome::Rejected(rejected)))
            }
            Some(Final::Held(hold)) => Outcome::Said(Box::new(verdict::Outcome::Held(hold))),
            Some(Final::Handled) => {
                Outcome::Said(Box::new(verdict::Outcome::Handled(common::Handled {})))
            }
            None if run.replaced => Outcome::Replaced(run.payload.bytes().clone()),
            None => Outcome::Continued,
        };
        self.decided(&run.watched, &outcome);
        let verdict = VerdictFrame {
            id: run.asked.id(),
            outcome,
            steps: std::mem::take(&mut run.steps),
            pipeline: Arc::clone(&run.pipeline),
            took_us: micros(now.since(run.began)),
        };
        if !self.listeners.is_empty() {
            self.tell_listeners(&run, &verdict);
        }
        self.tell_asked(run.asked, ToApp::Verdict(verdict), now);
    }

    /// Ends a run nobody waits for.
    pub(super) fn abandon(&mut self, key: usize, now: Moment) {
        let Some(run) = self.runs.get_mut(key) else { return };
        let turn = run.turn.take().into_iter();
        let asked = turn.chain(std::mem::take(&mut run.pending).into_iter().map(|(_, call)| call));
        for call in asked.collect::<Vec<_>>() {
            self.cancel_call(call, "the caller went away", now);
        }
        let run = self.runs.remove(key);
        self.undecided(&run.watched);
        if let Some(serial) = run.keeping {
            self.holds.give_up(serial);
        }
    }

    pub(super) fn cancel_intercept(&mut self, node: NodeId, id: u64, now: Moment) {
        let found =
            self.runs.iter().find(|(_, run)| run.asked.is_call(node, id)).map(|(key, _)| key);
        if let Some(key) = found {
            self.abandon(key, now);
            self.nodes.answered(node);
        }
    }

    /// A node went away: what it waited for ends, and nothing else.
    pub fn abandon_runs_of(&mut self, node: NodeId, now: Moment) {
        let of_node =
            |run: &Run| matches!(&run.asked, Asked::Session { node: of, .. } if *of == node);
        let keys: Vec<usize> =
            self.runs.iter().filter(|(_, run)| of_node(run)).map(|(key, _)| key).collect();
        for key in keys {
            self.abandon(key, now);
        }
    }

    /// The node has too many calls under way; this one does not count among them.
    fn refuse_busy(&mut self, asked: &Asked, now: Moment) -> Option<usize> {
        if let Asked::Session { node, id } = asked {
            let failure = busy();
            self.nodes.tell(*node, failed(*id, failure), now);
        }
        None
    }

    fn fail_asked(&mut self, asked: Asked, reason: common::Reason, text: &str, now: Moment) {
        let failure = common::Failure::new(tonic::Code::InvalidArgument, reason, text);
        let frame = failed(asked.id(), failure);
        self.tell_asked(asked, frame, now);
    }

    fn tell_asked(&mut self, asked: Asked, frame: ToApp, now: Moment) {
        match asked {
            Asked::Session { node, .. } => {
                self.nodes.answered(node);
                self.nodes.tell(node, frame, now);
            }
            Asked::Unary(sender, _) => {
                // The caller may have gone; then nobody needs the verdict.
                let _ = sender.send(frame);
            }
        }
    }

    /// Whether the call belongs to an interceptor whose hook is closed.
    pub fn runs_closed(&self, call: usize) -> bool {
        match self.calls.get(call).map(|call| &call.purpose) {
            Some(Purpose::Intercept { run, at }) => {
                self.runs[*run].pipeline.entries[*at].is.policy == OnFailure::Closed
            }
            Some(
                Purpose::Shadow(_)
                | Purpose::Command(_)
                | Purpose::Autocomplete(_)
                | Purpose::Nested(_)
                | Purpose::Http(_),
            )
            | None => false,
        }
    }
}

fn failed(id: u64, failure: common::Failure) -> ToApp {
    let result = Some(app::intercept_result::Result::Failure(failure));
    app::daemon_frame::Kind::Intercepted(app::InterceptResult { id, result }).into()
}
