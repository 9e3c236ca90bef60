//! What a run tells in the end: its outcome and what came of each entry, kept small until it is
//! written to the wire.
//!
//! It refuses to know how the outcome came about.

use std::sync::Arc;

use bytes::{BufMut, Bytes};
use outboard_proto::app::{InterceptResult, intercept_result};
use outboard_proto::common::{
    Continue, HookPayload, Phase as WirePhase, SkipReason, Step, StepResult, Verdict, verdict,
};
use prost::Message as _;
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint};

use crate::config::manifest::Phase;
use crate::routing::pipeline::{Entry, Pipeline, wire_policy};

/// What came of one entry so far.
#[derive(Debug, Clone, Copy)]
pub struct Noted {
    pub result: StepResult,
    pub skipped: SkipReason,
    pub took_us: u64,
}

/// How a run ended.
#[derive(Debug)]
pub enum Outcome {
    /// Nobody changed anything.
    Continued,
    /// The payload as the transforms left it, encoded.
    Replaced(Bytes),
    /// Rejected, held, handled.
    Said(Box<verdict::Outcome>),
}

/// The answer to an app's call of a hook.
#[derive(Debug)]
pub struct VerdictFrame {
    /// The app's id for the call.
    pub id: u64,
    /// How the run ended.
    pub outcome: Outcome,
    /// One per entry, in order.
    pub steps: Vec<Noted>,
    /// The entries.
    pub pipeline: Arc<Pipeline>,
    /// From the app's asking to this answer, microseconds.
    pub took_us: u64,
}

/// A verdict taken apart.
#[derive(Debug, Clone)]
pub struct Told {
    /// How the run ended.
    pub outcome: verdict::Outcome,
    /// Every entry that was asked or skipped, in order.
    pub steps: Vec<Step>,
    /// From the app's asking to this answer, microseconds.
    pub took_us: u64,
}

/// As frames write a phase.
pub fn wire_phase(phase: Phase) -> WirePhase {
    match phase {
        Phase::Transform => WirePhase::Transform,
        Phase::Validate => WirePhase::Validate,
    }
}

/// The fields of a step that are the same in every run.
pub fn step_head(plugin: &str, entry: &crate::routing::Interceptor) -> Bytes {
    let policy = wire_policy(entry.policy).into();
    let phase = wire_phase(entry.phase).into();
    let step = Step { plugin: plugin.to_owned(), policy, phase, ..Step::default() };
    step.encode_to_vec().into()
}

impl VerdictFrame {
    /// Writes the frame for the app: `DaemonFrame{intercepted}`. `scratch` is empty, and anything
    /// afterwards.
    pub fn encode(&self, scratch: &mut Vec<u8>, to: &mut impl BufMut) {
        self.put_verdict(scratch);
        let verdict = scratch.len();
        let id = 1 + encoded_len_varint(self.id);
        let result = id + 1 + encoded_len_varint(verdict as u64) + verdict;
        let at = scratch.len();
        // The frame's beginning is known last; it is written behind and sent first.
        put_key(1, result, scratch);
        scratch.push(1 << 3);
        encode_varint(self.id, scratch);
        put_key(2, verdict, scratch);
        to.put_slice(&scratch[at..]);
        to.put_slice(&scratch[..at]);
    }

    fn put_verdict(&self, to: &mut Vec<u8>) {
        match &self.outcome {
            Outcome::Continued => to.extend_from_slice(&[1 << 3 | 2, 0]),
            Outcome::Replaced(payload) => {
                put_key(2, payload.len(), to);
                to.extend_from_slice(payload);
            }
            Outcome::Said(outcome) => outcome.encode(to),
        }
        for (noted, entry) in self.told() {
            put_step(noted, entry, to);
        }
        if self.took_us != 0 {
            to.push(7 << 3);
            encode_varint(self.took_us, to);
        }
    }

    /// The entries that were asked or skipped; of the others there is nothing to tell.
    fn told(&self) -> impl Iterator<Item = (&Noted, &Entry)> {
        let all = self.steps.iter().zip(&self.pipeline.entries);
        all.filter(|(noted, _)| noted.result != StepResult::Unspecified)
    }

    /// Outcome and steps as generated types.
    #[must_use]
    pub fn told_in_full(&self) -> Told {
        let step = |(noted, entry): (&Noted, &Entry)| Step {
            plugin: entry.plugin.to_string(),
            result: noted.result.into(),
            skipped: noted.skipped.into(),
            policy: wire_policy(entry.is.policy).into(),
            took_us: noted.took_us,
            phase: wire_phase(entry.is.phase).into(),
        };
        let outcome = match &self.outcome {
            Outcome::Continued => verdict::Outcome::Continued(Continue {}),
            // It was encoded from a payload.
            Outcome::Replaced(bytes) => {
                verdict::Outcome::Replaced(HookPayload::decode(&bytes[..]).unwrap_or_default())
            }
            Outcome::Said(outcome) => (**outcome).clone(),
        };
        Told { outcome, steps: self.told().map(step).collect(), took_us: self.took_us }
    }

    /// As a generated type.
    #[must_use]
    pub fn into_result(self) -> InterceptResult {
        let Told { outcome, steps, took_us } = self.told_in_full();
        let verdict = Verdict { outcome: Some(outcome), steps, took_us };
        let result = Some(intercept_result::Result::Verdict(verdict));
        InterceptResult { id: self.id, result }
    }
}

fn put_step(noted: &Noted, entry: &Entry, to: &mut Vec<u8>) {
    let fields = [(2, noted.result as u64), (3, noted.skipped as u64), (5, noted.took_us)];
    let set = fields.iter().filter(|(_, value)| *value != 0);
    let length: usize = set.clone().map(|(_, value)| 1 + encoded_len_varint(*value)).sum();
    put_key(6, entry.step_head.len() + length, to);
    to.extend_from_slice(&entry.step_head);
    for (number, value) in set {
        to.push(number << 3);
        encode_varint(*value, to);
    }
}

fn put_key(number: u32, length: usize, to: &mut Vec<u8>) {
    encode_key(number, WireType::LengthDelimited, to);
    encode_varint(length as u64, to);
}

#[cfg(test)]
mod tests {
    use outboard_proto::app::{DaemonFrame, daemon_frame::Kind};
    use outboard_proto::common::{Handled, Rejected};

    use super::*;
    use crate::config::manifest::{Hook, OnFailure};
    use crate::routing::patterns::Patterns;
    use crate::routing::tests::{interceptor, registration};

    fn pipeline() -> Arc<Pipeline> {
        let entry = |(phase, policy), plugin: &str| {
            let is = interceptor(phase, policy);
            Entry::new(0, &registration(plugin, Vec::new()), is, &Patterns::default())
        };
        let entries = vec![
            entry((Phase::Transform, OnFailure::Open), "one"),
            entry((Phase::Transform, OnFailure::Closed), "two"),
            entry((Phase::Validate, OnFailure::Open), "three"),
        ];
        assert_eq!(entries[0].is.hook, Hook::BeforePost);
        Arc::new(Pipeline { entries, ..Pipeline::default() })
    }

    fn frame(outcome: Outcome) -> VerdictFrame {
        let noted = |result, skipped, took_us| Noted { result, skipped, took_us };
        let steps = vec![
            noted(StepResult::Continued, SkipReason::Unspecified, 70_000),
            noted(StepResult::Skipped, SkipReason::Timeout, 0),
            noted(StepResult::Unspecified, SkipReason::Unspecified, 0),
        ];
        VerdictFrame { id: 1 << 40, outcome, steps, pipeline: pipeline(), took_us: 71_000 }
    }

    fn claim(outcome: fn() -> Outcome) {
        let mut bytes = Vec::new();
        frame(outcome()).encode(&mut Vec::new(), &mut bytes);
        let kind = Some(Kind::Intercepted(frame(outcome()).into_result()));
        assert_eq!(DaemonFrame::decode(&bytes[..]).unwrap(), DaemonFrame { kind });
    }

    #[test]
    fn a_verdict_reads_as_the_frame_it_stands_for() {
        claim(|| Outcome::Continued);
        claim(|| {
            let payload = HookPayload { of: Some(crate::routing::tests::post("x").of.unwrap()) };
            Outcome::Replaced(payload.encode_to_vec().into())
        });
        claim(|| {
            let rejected = Rejected { code: "no".into(), ..Rejected::default() };
            Outcome::Said(Box::new(verdict::Outcome::Rejected(rejected)))
        });
        claim(|| Outcome::Said(Box::new(verdict::Outcome::Handled(Handled {}))));
    }
}
