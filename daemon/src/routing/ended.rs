//! Ended calls for whoever exports them: told without waiting, or dropped. Built with the feature
//! `otel` only; it refuses to know what becomes of them.
//!
//! Each call is a place of its own in the trace of what caused it, and the plugin is told that
//! place: whatever it asks for while it handles the call stands below it. The place is worked out
//! of the call's number whenever it is needed; nothing is kept.

use std::collections::hash_map::RandomState;
use std::sync::Arc;
use std::time::Duration;

use outboard_proto::common::{Event, Trace};
use outboard_supervision::Moment;
use tokio::sync::mpsc;

use super::call::{Call, Purpose};
use super::cause::Cause;
use super::{Core, MemberId, Switchboard};
use crate::frame::CallBody;
use crate::otel;
use crate::statistics::{Kind, Outcome};

/// A call that has ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// Who was called; of a call of the host API, who called.
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
    /// What caused it.
    pub parent: Option<Trace>,
    /// Its own place, where others may stand below it.
    pub own: Option<Trace>,
}

/// Whom ended calls are told to.
pub struct Telling {
    to: mpsc::Sender<Ended>,
    /// Makes the places of one daemon other than those of the next.
    seed: RandomState,
}

/// What has a place.
#[derive(Debug, Clone, Copy, Hash)]
pub enum Spot {
    /// The call of this id.
    Call(u64),
    /// A plugin's delivery of this number.
    Delivery(MemberId, u64),
}

impl Switchboard {
    /// Tells of calls that end from now on.
    pub fn tell_ended_calls(&self, to: mpsc::Sender<Ended>) {
        let seed = RandomState::new();
        self.with(|core, _| core.ended = Some(Telling { to, seed }));
    }

    /// A call of the host API has ended, made while a plugin handled what it named.
    pub fn tell_host_call(
        &self,
        member: MemberId,
        rpc: &str,
        (outcome, took): (Outcome, Duration),
        parent: Option<Trace>,
    ) {
        self.with(|core, _| {
            let (Some(telling), Some(is)) = (&core.ended, core.members.get(member)) else { return };
            let ended = Ended {
                plugin: Arc::clone(&is.is.name),
                kind: Kind::Host,
                name: rpc.into(),
                outcome,
                ended_us: core.clock.wall_us(),
                took,
                parent,
                own: None,
            };
            let _ = telling.to.try_send(ended);
        });
    }
}

impl Core {
    /// The place of a spot below its cause; the cause itself where nobody is told.
    pub(super) fn own_trace(&self, parent: Option<Trace>, spot: Spot) -> Option<Trace> {
        match &self.ended {
            Some(telling) => Some(otel::below(parent.as_ref(), &telling.seed, spot)),
            None => parent,
        }
    }

    /// What a plugin is handed, with the call's own place in it.
    pub(super) fn with_own_trace(&self, id: u64, purpose: &Purpose, body: CallBody) -> CallBody {
        if self.ended.is_none() {
            return body;
        }
        let own = self.own_trace(self.trace_of(purpose), Spot::Call(id));
        own.map_or(body.clone(), |own| body.traced(&own))
    }

    /// What a plugin causes stands below what it is handling.
    pub(super) fn below_its_own(&self, mut cause: Cause, id: MemberId, named: &str) -> Cause {
        let spot = match (cause.call, named.strip_prefix('e').and_then(|it| it.parse().ok())) {
            (Some(call), _) => Spot::Call(call),
            (None, Some(delivery)) => Spot::Delivery(id, delivery),
            (None, None) => return cause,
        };
        cause.trace = self.own_trace(cause.trace.take(), spot);
        cause
    }

    fn trace_of(&self, purpose: &Purpose) -> Option<Trace> {
        match purpose {
            Purpose::Intercept { run, .. } => self.runs.get(*run).and_then(super::run::Run::trace),
            Purpose::Command(command) => command.trace.clone(),
            Purpose::Nested(nested) => nested.cause.trace.clone(),
            Purpose::Http(exchange) => self.http.trace(*exchange),
            Purpose::Autocomplete(_) | Purpose::Shadow(_) => None,
        }
    }

    /// A call has ended; nothing is made of it where nobody is told.
    pub(super) fn tell_ended(
        &self,
        call: &Call,
        (kind, name): (Kind, &str),
        outcome: Outcome,
        now: Moment,
    ) {
        if self.ended.is_some() {
            let parent = self.trace_of(&call.purpose);
            let ended = (kind, name, outcome, now.since(call.began));
            self.tell(call.member, Spot::Call(call.id), ended, parent);
        }
    }

    /// A delivery has ended.
    pub(super) fn tell_ended_delivery(
        &self,
        (id, delivery): (MemberId, u64),
        event: &Event,
        (kind, name): (Kind, &str),
        (outcome, took): (Outcome, Duration),
    ) {
        if self.ended.is_some() {
            let ended = (kind, name, outcome, took);
            self.tell(id, Spot::Delivery(id, delivery), ended, event.trace.clone());
        }
    }

    fn tell(
        &self,
        member: MemberId,
        spot: Spot,
        (kind, name, outcome, took): (Kind, &str, Outcome, Duration),
        parent: Option<Trace>,
    ) {
        let (Some(telling), Some(member)) = (&self.ended, self.members.get(member)) else { return };
        let own = Some(otel::below(parent.as_ref(), &telling.seed, spot));
        let ended = Ended {
            plugin: Arc::clone(&member.is.name),
            kind,
            name: name.into(),
            outcome,
            ended_us: self.clock.wall_us(),
            took,
            parent,
            own,
        };
        // An exporter that is behind misses some.
        let _ = telling.to.try_send(ended);
    }
}
