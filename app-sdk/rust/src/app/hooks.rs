//! Asking hooks: what the app gets back is an outcome, whatever happens to the daemon.
//!
//! It refuses to know the session; it asks the exchange and applies policies.

use std::time::{Duration, Instant};

use bytes::Bytes;
use outboard_proto::app::daemon_frame::Kind;
use outboard_proto::app::{DaemonFrame, Intercept, intercept_result};
use outboard_proto::common::{Delete, Edit, HookPayload, Message, Trace, Verdict};

use crate::app::{App, Call, micros};
use crate::egress::Class;
use crate::exchange::Begin;
use crate::frame;
use crate::hook::{self, Subject};
use crate::outcome::{self, By, Decision, Outcome, Policy, Why};
use crate::policy::HookPolicy;

/// How to ask a hook, where the defaults will not do.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// A budget shorter than the hook's own.
    pub budget: Option<Duration>,
    /// Empty where the app has one workspace.
    pub workspace: String,
    /// BCP 47; the language in which the person reads reasons.
    pub locale: String,
    /// W3C trace context of the act.
    pub trace: Option<Trace>,
}

impl App {
    /// Asks what becomes of a message about to be posted.
    pub fn before_post(&self, message: Message) -> impl Future<Output = Outcome<Message>> {
        self.intercept(message)
    }

    /// Asks what becomes of an edit.
    pub fn before_edit(&self, edit: Edit) -> impl Future<Output = Outcome<Edit>> {
        self.intercept(edit)
    }

    /// Asks what becomes of a deletion.
    pub fn before_delete(&self, delete: Delete) -> impl Future<Output = Outcome<Delete>> {
        self.intercept(delete)
    }

    /// Asks a hook, named by the type of its subject. Never fails, never takes longer than the
    /// hook's budget: with nobody to ask, or no answer in time, the last policy heard decides.
    pub fn intercept<T: Subject>(&self, subject: T) -> impl Future<Output = Outcome<T>> {
        self.ask(subject, Ask::default())
    }

    /// [`App::intercept`] with a budget, workspace, locale or trace of its own.
    pub fn ask<T: Subject>(&self, subject: T, ask: Ask) -> impl Future<Output = Outcome<T>> {
        // Before anything is awaited: a payload is a pointer, a subject is moved at every turn.
        self.put(subject.into_payload(), ask)
    }

    async fn put<T: Subject>(&self, payload: HookPayload, ask: Ask) -> Outcome<T> {
        let started = Instant::now();
        let mut outcome = match self.exchange().begin(hook::name_of(&payload), started) {
            Begin::Skip => nobody(payload),
            Begin::Fallback(known, why) => known.policy.apply(taken_back(payload), why),
            Begin::Ask(known, id) => {
                let budget = ask.budget.unwrap_or(known.budget).min(known.budget);
                let (frame, payload) = encode(id, budget, payload, ask);
                let call = Call { id, class: Class::Call(id), frame, deadline: started + budget };
                self.verdict(call, payload, known.policy).await
            }
        };
        outcome.took = started.elapsed();
        outcome
    }

    async fn verdict<T: Subject>(
        &self,
        call: Call,
        payload: HookPayload,
        policy: Policy,
    ) -> Outcome<T> {
        match self.call(call).await.and_then(|answer| read_verdict(*answer)) {
            Ok(verdict) => outcome::follow(verdict, taken_back(payload), policy),
            Err(why) => policy.apply(taken_back(payload), why),
        }
    }

    /// What is known of a hook: whether anyone intercepts it, its policy and budget.
    #[must_use]
    pub fn policy(&self, hook: &str) -> HookPolicy {
        self.exchange().policy(hook)
    }
}

/// Encodes the call; gives the payload back, for the case that it goes on unchanged.
fn encode(id: u64, budget: Duration, payload: HookPayload, ask: Ask) -> (Bytes, HookPayload) {
    let Ask { workspace, locale, trace, .. } = ask;
    let budget_us = micros(budget);
    let payload = Some(payload);
    let call = Intercept { id, budget_us, payload, workspace, locale, trace };
    (frame::intercept(&call), call.payload.unwrap_or_default())
}

fn read_verdict(answer: DaemonFrame) -> Result<Verdict, Why> {
    match answer.kind {
        Some(Kind::Intercepted(told)) => match told.result {
            Some(intercept_result::Result::Verdict(verdict)) => Ok(verdict),
            Some(intercept_result::Result::Failure(failure)) => Err(Why::Refused(failure)),
            None => Err(Why::Unfit),
        },
        _ => Err(Why::Unfit),
    }
}

fn nobody<T: Subject>(payload: HookPayload) -> Outcome<T> {
    let decision = Decision::Continued(taken_back(payload));
    Outcome { decision, by: By::Nobody, steps: Vec::new(), took: Duration::ZERO }
}

fn taken_back<T: Subject>(payload: HookPayload) -> T {
    T::from_payload(payload).expect("the payload was made from this type")
}
