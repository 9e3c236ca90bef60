//! What plugins ask of the app: composed and attributed here, handed to a node, answered back.
//!
//! It refuses to know how long a plugin waits, and what becomes of a request while no app is
//! connected; that is the outbox's.

use std::collections::HashMap;

use outboard_proto::app::{Answer, Asker, CancelRequest, Request, daemon_frame::Kind};
use outboard_proto::common::{
    Channel, Failure, Message, Origin, Reason, Sender, SenderKind, Source, Trace, event,
};
use outboard_proto::plugin::SendRequest;
use outboard_supervision::Moment;
use tokio::sync::oneshot;

use super::call::Purpose;
use super::member::Member;
use super::node::NodeId;
use super::subject::Subject;
use super::{Core, MemberId, Switchboard, loops};
use crate::stable_hash::stable_hash;

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
    /// The node whose call it is.
    node: Option<NodeId>,
    /// When what is being handled must be done.
    pub deadline: Option<Moment>,
    /// The live call, where it is one.
    pub call: Option<u64>,
}

/// A request ready to be handed over; its id is given then.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// Complete but for the id.
    pub request: Request,
    /// The node whose call caused it.
    pub(super) prefer: Option<NodeId>,
}

/// What came of a request.
#[derive(Debug)]
pub enum SendOutcome {
    /// A node answered.
    Answered(Answer),
    /// The node went away after it was handed over, and may have carried it out.
    NodeLost,
}

/// Where a request went.
pub enum Handing {
    /// To a node; its outcome comes here. The id withdraws it.
    Handed(u64, oneshot::Receiver<SendOutcome>),
    /// No app is connected.
    NoApp,
    /// None of those connected carries it out.
    Unsupported,
}

/// Requests that nodes have in hand.
#[derive(Default)]
pub struct Requests {
    table: HashMap<u64, Pending>,
    serial: u64,
}

struct Pending {
    node: NodeId,
    outgoing: Outgoing,
    outcome: oneshot::Sender<SendOutcome>,
}

impl Switchboard {
    /// What a plugin refers to as its cause, if it is its own and still counts.
    #[must_use]
    pub fn cause(&self, member: MemberId, named: &str) -> Option<Cause> {
        self.with(|core, now| core.cause(member, named, now))
    }

    /// Makes a request of what a plugin wants to send.
    ///
    /// # Errors
    /// The message cannot be sent, or plugins seem to answer each other.
    pub fn compose(
        &self,
        member: MemberId,
        send: SendRequest,
        cause: Option<Cause>,
    ) -> Result<Outgoing, Failure> {
        self.with(|core, now| core.compose(member, send, cause.unwrap_or_default(), now))
    }

    /// Hands a request to a node.
    #[must_use]
    pub fn hand_request(&self, outgoing: &Outgoing) -> Handing {
        self.with(|core, now| core.hand_request(outgoing.clone(), now))
    }

    /// Whether some node would take a request.
    #[must_use]
    pub fn can_hand(&self, outgoing: &Outgoing) -> bool {
        self.with(|core, _| core.choose(outgoing).is_some())
    }

    /// Nobody waits for this request any more.
    pub fn withdraw_request(&self, id: u64) {
        self.with(|core, now| {
            if let Some(pending) = core.requests.table.remove(&id) {
                core.nodes.tell(pending.node, Kind::Cancel(CancelRequest { id }), now);
            }
        });
    }

    /// A node answered a request. Whether anyone waited for it.
    pub fn answer(&self, answer: Answer) -> bool {
        self.with(|core, _| {
            let Some(pending) = core.requests.table.remove(&answer.id) else { return false };
            pending.outcome.send(SendOutcome::Answered(answer)).is_ok()
        })
    }
}

impl Outgoing {
    /// A request read back from where it was kept.
    #[must_use]
    pub fn kept(request: Request) -> Self {
        Self { request, prefer: None }
    }
}

impl Core {
    fn cause(&self, id: MemberId, named: &str, now: Moment) -> Option<Cause> {
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
                    Subject::Batch(_) | Subject::Other(_) => Cause { channel, ..Cause::default() },
                };
                let (workspace, node, trace) = (run.workspace.clone(), run.node(), run.trace());
                Some(Cause { workspace, trace, node, deadline, call: live, ..cause })
            }
            Purpose::Command(command) => Some(Cause {
                workspace: command.workspace.clone(),
                channel: command.channel.clone(),
                trace: command.trace.clone(),
                thread_root: command.thread_root.clone(),
                node: command.node(),
                deadline,
                call: live,
                ..Cause::default()
            }),
            // Nothing has happened yet: somebody is typing, or only watched.
            Purpose::Autocomplete(_) | Purpose::Shadow(_) => None,
        }
    }

    fn compose(
        &mut self,
        id: MemberId,
        send: SendRequest,
        cause: Cause,
        now: Moment,
    ) -> Result<Outgoing, Failure> {
        let wall = self.clock.wall_us();
        let Some(member) = self.members.get_mut(id) else {
            let text = "the plugin is being unloaded";
            return Err(Failure::new(tonic::Code::Unavailable, Reason::Stopping, text));
        };
        check(&send)?;
        member.traffic.sends += 1;
        let origin = cause.next(member).and_then(|origin| {
            let speaks = self.loops.plugin_speaks(&send.channel_id, now);
            speaks.map_err(|after| loops::suspected(&send.channel_id, after)).map(|()| origin)
        });
        let origin = origin.inspect_err(|_| member.traffic.loops += 1)?;
        let key = match send.idempotency_key.as_str() {
            "" => uuid::Uuid::now_v7().to_string(),
            key => key.to_owned(),
        };
        let workspace =
            if send.workspace.is_empty() { cause.workspace } else { send.workspace.clone() };
        let message = message(member, send, origin, cause.channel, wall);
        let asker = Asker {
            plugin: member.is.name.to_string(),
            version: member.is.version.clone(),
            bot_username: member.is.bot.username.clone(),
            bot_display_name: member.is.bot.display_name.clone(),
        };
        let send = outboard_proto::app::SendMessage { message: Some(message) };
        let request = Request {
            id: 0,
            idempotency_key: key,
            attempt: 1,
            asker: Some(asker),
            workspace,
            trace: cause.trace,
            of: Some(outboard_proto::app::request::Of::Send(send)),
        };
        Ok(Outgoing { request, prefer: cause.node })
    }

    fn hand_request(&mut self, outgoing: Outgoing, now: Moment) -> Handing {
        match self.choose(&outgoing) {
            Some(node) => {
                let (outcome, receiver) = oneshot::channel();
                let id = self.hand_to(node, outgoing, outcome, now);
                Handing::Handed(id, receiver)
            }
            None if self.nodes.ids().next().is_none() => Handing::NoApp,
            None => Handing::Unsupported,
        }
    }

    fn hand_to(
        &mut self,
        node: NodeId,
        mut outgoing: Outgoing,
        outcome: oneshot::Sender<SendOutcome>,
        now: Moment,
    ) -> u64 {
        self.requests.serial += 1;
        let id = self.requests.serial;
        outgoing.request.id = id;
        self.nodes.tell(node, Kind::Request(Box::new(outgoing.request.clone())), now);
        self.requests.table.insert(id, Pending { node, outgoing, outcome });
        id
    }

    /// The node that caused it, else one by channel, so that a channel's order holds.
    fn choose(&self, outgoing: &Outgoing) -> Option<NodeId> {
        let operation = operation(&outgoing.request);
        let app = app_of(&outgoing.request);
        let mut able: Vec<(NodeId, &str)> = self
            .nodes
            .ids()
            .filter(|(_, node)| app.is_empty() || node.hello.app == app)
            .filter(|(_, node)| node.hello.operations.iter().any(|it| it == operation))
            .map(|(id, node)| (id, node.hello.node.as_str()))
            .collect();
        if let Some(prefer) = outgoing.prefer
            && able.iter().any(|(id, _)| *id == prefer)
        {
            return Some(prefer);
        }
        able.sort_by_key(|(_, name)| *name);
        let count = u64::try_from(able.len()).ok().filter(|count| *count > 0)?;
        let at = usize::try_from(stable_hash(channel_id(&outgoing.request)) % count).ok()?;
        able.get(at).map(|(id, _)| *id)
    }

    /// A node went away with requests in hand: one that promised to carry out each key once may
    /// have another do it; for the rest nobody knows.
    pub fn requests_of_lost_node(&mut self, node: NodeId, now: Moment) {
        let lost: Vec<u64> = self
            .requests
            .table
            .iter()
            .filter(|(_, pending)| pending.node == node)
            .map(|(id, _)| *id)
            .collect();
        for id in lost {
            let Some(pending) = self.requests.table.remove(&id) else { continue };
            let mut outgoing = pending.outgoing;
            outgoing.request.attempt += 1;
            let other = self.choose(&outgoing);
            let dedupes = |id: NodeId| self.nodes.get(id).is_some_and(|it| it.hello.dedupe);
            match other.filter(|other| dedupes(*other)) {
                Some(other) => {
                    self.hand_to(other, outgoing, pending.outcome, now);
                }
                None => {
                    // The plugin may have gone as well.
                    let _ = pending.outcome.send(SendOutcome::NodeLost);
                }
            }
        }
    }
}

impl Cause {
    fn of_message(message: &Message) -> Self {
        let origin = message.origin.clone().unwrap_or_default();
        Self {
            channel: message.channel.clone(),
            thread_root: message.thread_root.clone(),
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
                Self { channel: Subject::of_event(event).channel().cloned(), ..Self::default() }
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

fn check(send: &SendRequest) -> Result<(), Failure> {
    let invalid =
        |text: &str| Err(Failure::new(tonic::Code::InvalidArgument, Reason::Invalid, text));
    let ids = [&send.channel_id, &send.thread_root, &send.reply_to, &send.idempotency_key];
    if send.channel_id.is_empty() {
        return invalid("a message needs a channel_id");
    }
    if ids.iter().any(|id| id.len() > 255) {
        return invalid("an id is longer than 255 bytes");
    }
    if send.body.as_ref().is_none_or(|body| body.content.is_none()) {
        return invalid("a message needs a body");
    }
    Ok(())
}

fn message(
    member: &Member,
    send: SendRequest,
    origin: Origin,
    channel: Option<Channel>,
    wall: i64,
) -> Message {
    let channel = channel
        .filter(|channel| channel.id == send.channel_id)
        .unwrap_or(Channel { id: send.channel_id, ..Channel::default() });
    let name = &member.is.name;
    let sender = Sender {
        name: member.is.bot.display_name.clone(),
        id: member.is.bot.username.clone(),
        kind: SenderKind::Plugin.into(),
        ..Sender::default()
    };
    // Each plugin writes its own key only.
    let own = send.metadata.into_iter().filter(|(key, _)| key.as_str() == &**name).collect();
    Message {
        draft_id: uuid::Uuid::now_v7().to_string(),
        channel: Some(channel),
        sender: Some(sender),
        body: send.body,
        thread_root: send.thread_root,
        reply_to: send.reply_to,
        role: if send.role == 0 {
            outboard_proto::common::Role::Assistant.into()
        } else {
            send.role
        },
        created_at_us: wall,
        source: Source::Local.into(),
        mutable: true,
        metadata: own,
        origin: Some(origin),
        ..Message::default()
    }
}

fn operation(request: &Request) -> &'static str {
    match request.of {
        Some(outboard_proto::app::request::Of::Send(_)) | None => "messages.send",
        Some(outboard_proto::app::request::Of::FollowUp(_)) => super::interaction::FOLLOW_UP,
        Some(outboard_proto::app::request::Of::Decided(_)) => super::held::OPERATION,
    }
}

/// The app whose nodes alone it is for; empty where any will do.
fn app_of(request: &Request) -> &str {
    match &request.of {
        Some(outboard_proto::app::request::Of::Decided(decided)) => &decided.app,
        Some(
            outboard_proto::app::request::Of::Send(_)
            | outboard_proto::app::request::Of::FollowUp(_),
        )
        | None => "",
    }
}

fn channel_id(request: &Request) -> &str {
    match &request.of {
        Some(outboard_proto::app::request::Of::Send(send)) => send
            .message
            .as_ref()
            .and_then(|message| message.channel.as_ref())
            .map_or("", |channel| &channel.id),
        Some(outboard_proto::app::request::Of::FollowUp(said)) => {
            said.channel.as_ref().map_or("", |channel| &channel.id)
        }
        Some(outboard_proto::app::request::Of::Decided(decided)) => {
            let channel = decided.payload.as_ref().and_then(|it| Subject::of(it).channel());
            channel.map_or("", |channel| &channel.id)
        }
        None => "",
    }
}
