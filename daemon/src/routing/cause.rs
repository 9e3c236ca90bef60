//! What a plugin is handling while it asks for something: where that happens, who is behind it,
//! how far it is from a person.
//!
//! It refuses to know what the plugin asks for.

use outboard_proto::common::Trace;
use outboard_proto::common::{
    Channel, Failure, Message, Origin, Reason, Sender, SenderKind, event,
};
use outboard_supervision::Moment;

use super::call::Purpose;
use super::member::Member;
use super::node::NodeId;
use super::subject::{Scene, Subject};
use super::{Core, MemberId, Switchboard};

/// Hops from the last human act that a message may have.
const HOPS: u32 = 4;
/// How long after its delivery an event still counts as the cause of something.
const CAUSE_AGE: std::time::Duration = std::time::Duration::from_secs(15 * 60);

/// What a plugin is handling while it asks for something.
#[derive(Debug, Clone, Default)]
pub struct Cause {
    /// Where it happens.
    pub workspace: String,
    /// Where it happens.
    pub channel: Option<Channel>,
    /// The trace it belongs to.
    pub trace: Option<Trace>,
    /// The thread, if it happens in one.
    pub thread_root: String,
    /// Hops so far.
    hops: u32,
    /// Plugins passed so far.
    chain: Vec<String>,
    /// The person whose act it is, where it is one's.
    pub user: Option<Sender>,
    /// The node whose call it is.
    pub(super) node: Option<NodeId>,
    /// When what is being handled must be done.
    pub deadline: Option<Moment>,
    /// The live call, where it is one.
    pub call: Option<u64>,
}

impl Switchboard {
    /// What a plugin refers to as its cause, if it is its own and still counts.
    #[must_use]
    pub fn cause(&self, member: MemberId, named: &str) -> Option<Cause> {
        self.with(|core, now| core.cause(member, named, now))
    }
}

impl Core {
    fn cause(&self, id: MemberId, named: &str, now: Moment) -> Option<Cause> {
        let cause = self.caused(id, named, now)?;
        #[cfg(feature = "otel")]
        let cause = self.below_its_own(cause, id, named);
        Some(cause)
    }

    fn caused(&self, id: MemberId, named: &str, now: Moment) -> Option<Cause> {
        let member = self.members.get(id)?;
        if let Some(delivery) = named.strip_prefix('e') {
            let (at, event) = member.delivered.get(&delivery.parse().ok()?)?;
            let number = delivery.parse().ok()?;
            let deadline = member.lanes.deadline(number);
            let cause = || Cause { deadline, ..Cause::of_event(event) };
            return (now.since(*at) < CAUSE_AGE).then(cause);
        }
        let key = self.calls.find(named.parse().ok()?)?;
        let call = self.calls.get(key).filter(|call| call.member == id)?;
        let (deadline, live) = (Some(call.deadline), Some(call.id));
        match &call.purpose {
            Purpose::Nested(nested) => Some(Cause { deadline, call: live, ..nested.cause.clone() }),
            Purpose::Http(exchange) => {
                let (workspace, node) = self.http.place(*exchange)?;
                let trace = self.http.trace(*exchange);
                Some(Cause { workspace, trace, node, deadline, call: live, ..Cause::default() })
            }
            Purpose::Intercept { run, .. } => {
                let run = &self.runs[*run];
                let subject = Subject::of(run.payload.get());
                let channel = subject.channel().cloned();
                let cause = match subject {
                    Subject::Message(message) => Cause::of_message(message),
                    Subject::Other(scene) => {
                        Cause { channel, user: person(scene.sender), ..Cause::default() }
                    }
                    Subject::Batch(_) => Cause { channel, ..Cause::default() },
                };
                let (workspace, node, trace) = (run.workspace.clone(), run.node(), run.trace());
                Some(Cause { workspace, trace, node, deadline, call: live, ..cause })
            }
            Purpose::Command(command) => Some(Cause {
                workspace: command.workspace.clone(),
                channel: command.channel.clone(),
                trace: command.trace.clone(),
                thread_root: command.thread_root.clone(),
                user: command.user.clone(),
                node: command.node(),
                deadline,
                call: live,
                ..Cause::default()
            }),
            // Nothing has happened yet: somebody is typing, or only watched.
            Purpose::Autocomplete(_) | Purpose::Shadow(_) => None,
        }
    }
}

impl Cause {
    fn of_message(message: &Message) -> Self {
        let origin = message.origin.clone().unwrap_or_default();
        Self {
            channel: message.channel.clone(),
            thread_root: message.thread_root.clone(),
            user: person(message.sender.as_ref()),
            hops: origin.hops,
            chain: origin.chain,
            ..Self::default()
        }
    }

    fn of_event(event: &outboard_proto::common::Event) -> Self {
        let cause = match event.of.as_ref() {
            Some(event::Of::Message(message)) => Self::of_message(message),
            Some(
                event::Of::Reaction(_)
                | event::Of::Member(_)
                | event::Of::User(_)
                | event::Of::Channel(_)
                | event::Of::File(_)
                | event::Of::App(_)
                | event::Of::Custom(_)
                | event::Of::Schedule(_),
            )
            | None => {
                let subject = Subject::of_event(event);
                let user = match subject {
                    Subject::Other(Scene { sender, .. }) => person(sender),
                    Subject::Message(_) | Subject::Batch(_) => None,
                };
                Self { channel: subject.channel().cloned(), user, ..Self::default() }
            }
        };
        let (workspace, trace) = (event.workspace.clone(), event.trace.clone());
        let cause = Self { workspace, trace, ..cause };
        match &event.origin {
            Some(Origin { hops, chain, .. }) => Self { hops: *hops, chain: chain.clone(), ..cause },
            None => cause,
        }
    }

    /// This cause after one more plugin.
    ///
    /// # Errors
    /// That is one hop too many.
    pub fn through(&self, member: &Member) -> Result<Self, Failure> {
        let origin = self.next(member)?;
        let (deadline, call) = (None, None);
        Ok(Self { hops: origin.hops, chain: origin.chain, deadline, call, ..self.clone() })
    }

    /// How far it is from a person, and nothing else of it.
    pub fn hops_only(&self) -> Self {
        Self { hops: self.hops, chain: self.chain.clone(), ..Self::default() }
    }

    /// Hops, and the plugins passed.
    pub fn way(&self) -> (u32, &[String]) {
        (self.hops, &self.chain)
    }

    /// The origin of what a plugin makes of this cause.
    pub(super) fn next(&self, member: &Member) -> Result<Origin, Failure> {
        let name = member.is.name.to_string();
        let mut chain = self.chain.clone();
        chain.push(name.clone());
        let hops = self.hops + 1;
        if hops > HOPS {
            let text = format!("more than {HOPS} hops without a person: {}", chain.join(" → "));
            return Err(Failure::new(tonic::Code::FailedPrecondition, Reason::HopLimit, text));
        }
        Ok(Origin { plugin: name, version: member.is.version.clone(), hops, chain })
    }
}

/// Whoever acts, where that is a person.
fn person(sender: Option<&Sender>) -> Option<Sender> {
    sender.filter(|it| it.kind() == SenderKind::User).cloned()
}
