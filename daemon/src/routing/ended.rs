//! Ended calls for whoever exports them: told without waiting, or dropped. Built with the feature
//! `otel` only; it refuses to know what becomes of them.

use std::sync::Arc;
use std::time::Duration;

use outboard_proto::common::Trace;
use outboard_supervision::Moment;
use tokio::sync::mpsc;

use super::call::{Call, Purpose};
use super::{Core, Switchboard};
use crate::statistics::{Kind, Outcome};

/// A call that has ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// Who was called.
    pub plugin: Arc<str>,
    /// What it was about.
    pub kind: Kind,
    /// Its name within the kind.
    pub name: Box<str>,
    /// What came of it, at a first look: that an answer broke a rule is found later.
    pub outcome: Outcome,
    /// When it ended, microseconds since the Unix epoch.
    pub ended_us: i64,
    /// How long it took.
    pub took: Duration,
    /// What the app was doing.
    pub trace: Option<Trace>,
}

impl Switchboard {
    /// Tells of calls that end from now on.
    pub fn tell_ended_calls(&self, to: mpsc::Sender<Ended>) {
        self.with(|core, _| core.ended = Some(to));
    }
}

impl Core {
    /// A call has ended; nothing is made of it where nobody is told.
    pub(super) fn tell_ended(
        &self,
        call: &Call,
        (kind, name): (Kind, &str),
        outcome: Outcome,
        now: Moment,
    ) {
        let (Some(to), Some(member)) = (&self.ended, self.members.get(call.member)) else { return };
        let trace = match &call.purpose {
            Purpose::Intercept { run, .. } => self.runs.get(*run).and_then(super::run::Run::trace),
            Purpose::Command(command) => command.trace.clone(),
            Purpose::Nested(nested) => nested.cause.trace.clone(),
            Purpose::Http(exchange) => self.http.trace(*exchange),
            Purpose::Autocomplete(_) | Purpose::Shadow(_) => None,
        };
        let ended = Ended {
            plugin: Arc::clone(&member.is.name),
            kind,
            name: name.into(),
            outcome,
            ended_us: self.clock.wall_us(),
            took: now.since(call.began),
            trace,
        };
        // An exporter that is behind misses some.
        let _ = to.try_send(ended);
    }
}
