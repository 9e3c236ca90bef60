//! What plugins ask of the app: composed and attributed here, handed to a node, answered back.
//!
//! It refuses to know how long a plugin waits, and what becomes of a request while no app is
//! connected; that is the outbox's.

use std::collections::HashMap;

use outboard_proto::app::{
    Answer, CancelRequest, DirectMessage, EphemeralMessage, GrowMessage, Request, SendMessage,
    answer, daemon_frame::Kind, grow_message::Step, request::Of,
};
use outboard_proto::common::{
    Body, Channel, Failure, Message, Origin, Reason, Sender, SenderKind, Source, body,
};
use outboard_proto::operations::{self, Keeping, Toward};
use outboard_proto::plugin::SendRequest;
use outboard_supervision::Moment;
use tokio::sync::oneshot;

use super::answered::misfit;
use super::asked::{asker, or_new};
use super::member::Member;
use super::node::NodeId;
use super::subject::Subject;
use super::{Cause, Core, MemberId, Switchboard, loops};
use crate::stable_hash::stable_hash;

/// Files that one message may have.
const ATTACHMENTS: usize = 16;

/// What a plugin wants to say.
#[derive(Debug, Clone)]
pub enum Speech {
    /// All of it.
    Whole(SendRequest),
    /// The beginning; the rest follows piece by piece.
    Growing(SendRequest),
}

/// A request ready to be handed over; its id is given then.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// Complete but for the id.
    pub request: Request,
    /// The node whose call caused it.
    pub(super) prefer: Option<NodeId>,
    /// The one node that can go on with it.
    pub(super) only: Option<NodeId>,
    /// A node may have carried it out already: it is for those alone that do so once.
    pub(super) again: bool,
}

/// What came of a request.
#[allow(clippy::large_enum_variant, reason = "there is one for a request, moved a few times")]
#[derive(Debug)]
pub enum SendOutcome {
    /// A node answered.
    Answered(Answer),
    /// The node went away after it was handed over, and may have carried it out.
    NodeLost {
        /// It may be handed over again, to a node that carries out each key once.
        again: bool,
    },
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
    /// Makes a request of what a plugin wants to send.
    ///
    /// # Errors
    /// The message cannot be sent, or plugins seem to answer each other.
    pub fn compose(
        &self,
        member: MemberId,
        speech: impl Into<Speech>,
        cause: Option<Cause>,
    ) -> Result<Outgoing, Failure> {
        let (speech, cause) = (speech.into(), cause.unwrap_or_default());
        self.with(|core, now| core.compose(member, speech, cause, now))
    }

    /// The node that has a request in hand.
    #[must_use]
    pub fn node_of_request(&self, id: u64) -> Option<NodeId> {
        self.with(|core, _| core.requests.table.get(&id).map(|pending| pending.node))
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
        self.with(|core, now| {
            let Some(pending) = core.requests.table.remove(&answer.id) else { return false };
            if let Some(asker) = &pending.outgoing.request.asker {
                core.learn_bots([(&*asker.bot_username, &*answer.bot_user_id)], now);
            }
            let answer = core.checked(&pending, answer);
            pending.outcome.send(SendOutcome::Answered(answer)).is_ok()
        })
    }
}

impl Outgoing {
    /// A request read back from where it was kept.
    #[must_use]
    pub fn kept(request: Request) -> Self {
        let again = request.attempt > 1;
        Self { request, prefer: None, only: None, again }
    }

    /// Whether it is for now or not at all.
    #[must_use]
    pub fn is_at_once(&self) -> bool {
        let of = self.request.of.as_ref();
        of.is_some_and(|of| operations::of(of).keeping == Keeping::AtOnce)
    }

    /// What follows on a request that a node has answered: for the same plugin, to that node alone.
    #[must_use]
    pub fn following(&self, of: Of, node: NodeId) -> Self {
        let key = or_new(String::new());
        let request = Request { idempotency_key: key, of: Some(of), ..self.request.clone() };
        Self { request, prefer: None, only: Some(node), again: false }
    }
}

impl From<SendRequest> for Speech {
    fn from(send: SendRequest) -> Self {
        Self::Whole(send)
    }
}

impl Core {
    fn compose(
        &mut self,
        id: MemberId,
        speech: Speech,
        cause: Cause,
        now: Moment,
    ) -> Result<Outgoing, Failure> {
        let wall = self.clock.wall_us();
        let Some(member) = self.members.get_mut(id) else {
            let text = "the plugin is being unloaded";
            return Err(Failure::new(tonic::Code::Unavailable, Reason::Stopping, text));
        };
        let (mut send, grows) = match speech {
            Speech::Whole(send) => (send, false),
            Speech::Growing(send) => (growing(send), true),
        };
        check(&send)?;
        member.traffic.sends += 1;
        let origin = cause.next(member).and_then(|origin| {
            // What is said to one person in private is no talk of plugins with each other.
            let speaks = match send.channel_id.as_str() {
                "" => Ok(()),
                channel => self.loops.plugin_speaks(channel, now),
            };
            speaks.map_err(|after| loops::suspected(&send.channel_id, after)).map(|()| origin)
        });
        let origin = origin.inspect_err(|_| member.traffic.loops += 1)?;
        let key = or_new(std::mem::take(&mut send.idempotency_key));
        let workspace =
            if send.workspace.is_empty() { cause.workspace } else { send.workspace.clone() };
        let (only_to, to_user) = (send.only_to.clone(), send.to_user.clone());
        let message = Some(message(member, send, origin, cause.channel, wall));
        let of = match (grows, only_to.as_str(), to_user.as_str()) {
            (true, _, _) => {
                Of::Grow(GrowMessage { step: Some(Step::Begin(SendMessage { message })) })
            }
            (false, "", "") => Of::Send(SendMessage { message }),
            (false, "", _) => Of::Direct(DirectMessage { message, to_user }),
            (false, _, _) => Of::Ephemeral(EphemeralMessage { message, only_to }),
        };
        let request = Request {
            id: 0,
            idempotency_key: key,
            attempt: 1,
            asker: Some(asker(member)),
            workspace,
            trace: cause.trace,
            of: Some(of),
            on_behalf_of: cause.user,
        };
        Ok(Outgoing { request, prefer: cause.node, only: None, again: false })
    }

    /// What a node answered, or the failure that it is worth where it does not fit.
    fn checked(&mut self, pending: &Pending, answer: Answer) -> Answer {
        let asked = pending.outgoing.request.of.as_ref();
        let Some(why) = asked.and_then(|asked| misfit(asked, answer.result.as_ref())) else {
            return answer;
        };
        let node = self.nodes.answered_badly(pending.node);
        let name = asked.map_or("", operations::name_of);
        tracing::warn!(node, operation = name, "an app's answer does not fit: {why}");
        let text = format!("the app's answer to {name} cannot be used: {why}");
        let failure = Failure::new(tonic::Code::Internal, Reason::BadAnswer, text);
        let failure = failure.detail("outcome", "unknown");
        Answer { result: Some(answer::Result::Failure(failure)), ..answer }
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

    /// The node that caused it, else one by channel, so that a channel's order holds. For what is
    /// for one person: where they were last seen, before both.
    fn choose(&self, outgoing: &Outgoing) -> Option<NodeId> {
        let of = outgoing.request.of.as_ref()?;
        let (operation, app) = (operations::of(of), app_of(of));
        let mut able: Vec<(NodeId, &str)> = self
            .nodes
            .ids()
            .filter(|(_, node)| app.is_empty() || node.hello.app == app)
            .filter(|(_, node)| !outgoing.again || node.hello.dedupe)
            .filter(|(_, node)| node.hello.operations.iter().any(|it| it == operation.name))
            .map(|(id, node)| (id, node.hello.node.as_str()))
            .collect();
        let can = |wanted: NodeId| able.iter().any(|(id, _)| *id == wanted);
        if let Some(only) = outgoing.only {
            return can(only).then_some(only);
        }
        let person = match operation.toward {
            Toward::Person => self.whereabouts.of(person_of(of, &outgoing.request)),
            Toward::Channel => None,
        };
        if let Some(wanted) = [person, outgoing.prefer].into_iter().flatten().find(|it| can(*it)) {
            return Some(wanted);
        }
        able.sort_by_key(|(_, name)| *name);
        let count = u64::try_from(able.len()).ok().filter(|count| *count > 0)?;
        let at = usize::try_from(stable_hash(channel_id(of)) % count).ok()?;
        able.get(at).map(|(id, _)| *id)
    }

    /// A node went away with requests in hand: one that promised to carry out each key once may
    /// have another do it; for the rest nobody knows.
    pub fn requests_of_lost_node(&mut self, (node, dedupes): (NodeId, bool), now: Moment) {
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
            // Looking something up twice does nothing twice.
            let looks =
                outgoing.request.of.as_ref().is_some_and(|of| operations::of(of).looks_up());
            outgoing.again = !looks;
            match self.choose(&outgoing) {
                Some(other) => {
                    self.hand_to(other, outgoing, pending.outcome, now);
                }
                None => {
                    // The plugin may have gone as well.
                    let lost = SendOutcome::NodeLost { again: dedupes || looks };
                    let _ = pending.outcome.send(lost);
                }
            }
        }
    }
}

/// The beginning of a message that grows may say nothing yet.
fn growing(send: SendRequest) -> SendRequest {
    let nothing = || Body { content: Some(body::Content::Plain(String::new())) };
    let body = send.body.filter(|body| body.content.is_some()).or_else(|| Some(nothing()));
    SendRequest { body, ..send }
}

fn check(send: &SendRequest) -> Result<(), Failure> {
    let invalid =
        |text: &str| Err(Failure::new(tonic::Code::InvalidArgument, Reason::Invalid, text));
    let ids = [&send.channel_id, &send.thread_root, &send.reply_to, &send.idempotency_key];
    let ids = ids.into_iter().chain([&send.only_to, &send.to_user]);
    match (send.channel_id.is_empty(), send.to_user.is_empty()) {
        (true, true) => return invalid("a message needs a channel_id, or a to_user"),
        (false, false) => return invalid("a message goes to a channel_id or a to_user, not both"),
        (true, false) if !send.only_to.is_empty() => {
            return invalid("what goes to a to_user is seen by nobody else: no only_to");
        }
        (true, false) | (false, true) => {}
    }
    if ids.clone().any(|id| id.len() > 255) {
        return invalid("an id is longer than 255 bytes");
    }
    if send.body.as_ref().is_none_or(|body| body.content.is_none()) {
        return invalid("a message needs a body");
    }
    if send.attachments.len() > ATTACHMENTS {
        return invalid("a message has 16 attachments at most");
    }
    if send.attachments.iter().any(|it| it.id.is_empty() || it.id.len() > 255) {
        return invalid("an attachment is a file that the app has: it needs its id");
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
    let channel = (!send.channel_id.is_empty()).then(|| {
        let known = channel.filter(|channel| channel.id == send.channel_id);
        known.unwrap_or(Channel { id: send.channel_id, ..Channel::default() })
    });
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
        channel,
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
        attachments: send.attachments,
        metadata: own,
        origin: Some(origin),
        ..Message::default()
    }
}

/// The app whose nodes alone it is for; empty where any will do.
fn app_of(of: &Of) -> &str {
    match of {
        Of::Decided(decided) => &decided.app,
        _ => "",
    }
}

/// Whom it is for: the one it names, or whoever made the plugin ask.
fn person_of<'a>(of: &'a Of, request: &'a Request) -> &'a str {
    match operations::person_of(of) {
        "" => request.on_behalf_of.as_ref().map_or("", |person| &person.id),
        person => person,
    }
}

fn channel_id(of: &Of) -> &str {
    match of {
        Of::Decided(decided) => {
            let channel = decided.payload.as_ref().and_then(|it| Subject::of(it).channel());
            channel.map_or("", |channel| &channel.id)
        }
        // So that what is said to one person keeps its order.
        Of::Direct(direct) => &direct.to_user,
        other => operations::channel_of(other),
    }
}
