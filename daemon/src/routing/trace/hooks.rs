//! Records of hooks: one for each call, with every interceptor's part in the verdict.

use outboard_proto::admin::TraceRecord;
use outboard_proto::common::verdict;

use super::{Content, Kind, named};
use crate::routing::Core;
use crate::routing::run::{Run, Told, VerdictFrame};
use crate::routing::subject::{Subject, text};

impl Core {
    /// Tells whoever listens what became of a run.
    pub fn tell_listeners(&mut self, run: &Run, verdict: &VerdictFrame) {
        let told = verdict.told_in_full();
        let subject = Subject::of(run.payload.get());
        let message = subject.message();
        let node = run.node().and_then(|id| self.nodes.get(id));
        let record = TraceRecord {
            at_us: self.clock.wall_us(),
            kind: Kind::Hook.as_str().to_owned(),
            hook: run.hook().as_str().to_owned(),
            name: run.hook().as_str().to_owned(),
            node: node.map(|node| node.hello.node.clone()).unwrap_or_default(),
            workspace: run.workspace.clone(),
            ..about(subject, told)
        };
        let text = message.and_then(text).unwrap_or_default();
        self.listeners.tell(&record, Content { text, answer: "" });
    }
}

fn about(subject: Subject<'_>, told: Told) -> TraceRecord {
    let message = subject.message();
    let (outcome, reason) = outcome(told.outcome);
    let channel = subject.channel().cloned().unwrap_or_default();
    let sender = message.and_then(|it| it.sender.clone()).unwrap_or_default();
    TraceRecord {
        outcome: outcome.to_owned(),
        reason,
        steps: told.steps,
        took_us: told.took_us,
        channel: named(&channel.name, &channel.id),
        channel_id: channel.id,
        sender: named(&sender.name, &sender.id),
        message_id: message.map(|it| it.id.clone()).unwrap_or_default(),
        draft_id: message.map(|it| it.draft_id.clone()).unwrap_or_default(),
        ..TraceRecord::default()
    }
}

fn outcome(outcome: verdict::Outcome) -> (&'static str, String) {
    match outcome {
        verdict::Outcome::Continued(_) => ("continued", String::new()),
        verdict::Outcome::Replaced(_) => ("replaced", String::new()),
        verdict::Outcome::Rejected(rejected) => {
            ("rejected", rejected.reason.map(|it| it.text).unwrap_or_default())
        }
        verdict::Outcome::Held(hold) => ("held", hold.reason.map(|it| it.text).unwrap_or_default()),
        verdict::Outcome::Handled(_) => ("handled", String::new()),
    }
}
