//! Verdicts as a line a test can compare.
//!
//! It refuses to know which verdict is right.

use outboard_proto::common::verdict::Outcome as Decided;
use outboard_proto::common::{HookPayload, Step, StepResult, Verdict, hook_payload};

use crate::values;

/// `continued`, `replaced: TEXT`, `rejected by PLUGIN: REASON`.
#[must_use]
pub fn outcome(verdict: &Verdict) -> String {
    match &verdict.outcome {
        Some(Decided::Continued(_)) => "continued".to_owned(),
        Some(Decided::Replaced(payload)) => format!("replaced: {}", text(payload)),
        Some(Decided::Rejected(rejected)) => {
            let reason = rejected.reason.as_ref().map_or("", |reason| &reason.text);
            format!("rejected by {}: {reason}", rejected.plugin)
        }
        Some(Decided::Held(_)) => "held".to_owned(),
        Some(Decided::Handled(_)) => "handled".to_owned(),
        None => "nothing".to_owned(),
    }
}

/// `alpha continued`, `beta skipped: timeout`, in order.
#[must_use]
pub fn steps(verdict: &Verdict) -> Vec<String> {
    verdict.steps.iter().map(step).collect()
}

fn step(step: &Step) -> String {
    let result = step.result().as_str_name().trim_start_matches("STEP_RESULT_").to_lowercase();
    if step.result() != StepResult::Skipped {
        return format!("{} {result}", step.plugin);
    }
    let why = step.skipped().as_str_name().trim_start_matches("SKIP_REASON_").to_lowercase();
    format!("{} skipped: {why}", step.plugin)
}

fn text(payload: &HookPayload) -> &str {
    let message = match &payload.of {
        Some(hook_payload::Of::BeforePost(message)) => Some(&**message),
        Some(hook_payload::Of::BeforeEdit(edit)) => edit.message.as_ref(),
        Some(_) | None => None,
    };
    values::text_of(message.and_then(|message| message.body.as_ref()))
}
