//! Records that the played daemon tells of.

use outboard_proto::admin as wire;
use outboard_proto::common::{FailurePolicy, Phase, SkipReason, Step, StepResult};

use crate::plugins::NOON;

/// What became of a message at a hook.
pub fn verdict() -> wire::TraceRecord {
    let step = |plugin: &str, result: StepResult, skipped: SkipReason| Step {
        plugin: plugin.into(),
        result: result.into(),
        skipped: skipped.into(),
        policy: FailurePolicy::Open.into(),
        took_us: if skipped == SkipReason::Unspecified { 850 } else { 0 },
        phase: Phase::Transform.into(),
    };
    wire::TraceRecord {
        at_us: NOON,
        kind: "hook".into(),
        name: "message.before_post".into(),
        hook: "message.before_post".into(),
        outcome: "replaced".into(),
        steps: vec![
            step("moderator", StepResult::Replaced, SkipReason::Unspecified),
            step("slow", StepResult::Skipped, SkipReason::Timeout),
        ],
        took_us: 301_200,
        channel: "town".into(),
        sender: "ann\u{1b}[2J".into(),
        text: "oh d*rn".into(),
        ..wire::TraceRecord::default()
    }
}

/// What became of an event at one subscription.
pub fn delivery() -> wire::TraceRecord {
    wire::TraceRecord {
        at_us: NOON,
        kind: "delivery".into(),
        name: "message.posted".into(),
        id: "0192-e1".into(),
        plugin: "dice".into(),
        outcome: "failed".into(),
        reason: "HANDLER_FAILED".into(),
        attempt: 2,
        delivery: "at-least-once".into(),
        took_us: 1_500,
        channel: "town".into(),
        sender: "ann".into(),
        ..wire::TraceRecord::default()
    }
}
