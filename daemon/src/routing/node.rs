//! The app's processes: what each calls, carries out and is told.
//!
//! It refuses to know whether a node holds a stream or polls; both are an egress to it.

use std::collections::BTreeSet;

use outboard_proto::app::{AppHello, Catalogue, DaemonFrame, Policies, daemon_frame::Kind};
use outboard_proto::common::{Event, Failure, Reason};
use outboard_proto::limits::CREDIT_BYTES;
use outboard_proto::plugin::AppInfo;
use outboard_supervision::Moment;
use prost::Message as _;
use slab::Slab;
use tokio::sync::watch;

use super::ui::{self, Renders};
use super::{Core, Switchboard};
use crate::egress::{Egress, Urgency};
use crate::frame::ToApp;

/// Calls one node may have under way. 64 Ki-byte messages at this many would be half a gibibyte; at
/// the usual size they are a few megabytes.
const CALLS: usize = 8192;

/// A node, and which connection of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct NodeId {
    key: usize,
    serial: u64,
}

#[cfg(test)]
impl NodeId {
    /// One that nobody has.
    pub fn numbered(serial: u64) -> Self {
        Self { key: 0, serial }
    }
}

/// One connected node.
pub struct Node {
    serial: u64,
    pub hello: AppHello,
    egress: Egress<ToApp>,
    in_hand: usize,
    /// Bytes of events and bodies that may still go out before the node returns some.
    credit: u64,
    /// It has only `Requests` open and calls unary.
    unary: bool,
    told: Policies,
    listed: Catalogue,
    /// Answers of it that did not fit what it was asked.
    bad_answers: u64,
}

/// What status shows of a node.
#[derive(Debug, Clone)]
pub struct NodeView {
    /// As it introduced itself.
    pub hello: AppHello,
    /// Whether it calls unary.
    pub unary: bool,
    /// Answers of it that did not fit what it was asked.
    pub bad_answers: u64,
}

/// All connected nodes.
#[derive(Default)]
pub struct Nodes {
    table: Slab<Node>,
    serial: u64,
}

/// What a node hears that has too many calls under way.
pub fn busy() -> Failure {
    let text = format!("more than {CALLS} calls of this node are under way");
    Failure::new(tonic::Code::ResourceExhausted, Reason::OverLimit, text)
}

impl Nodes {
    pub fn get(&self, id: NodeId) -> Option<&Node> {
        self.table.get(id.key).filter(|node| node.serial == id.serial)
    }

    fn get_mut(&mut self, id: NodeId) -> Option<&mut Node> {
        self.table.get_mut(id.key).filter(|node| node.serial == id.serial)
    }

    pub fn ids(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        self.table.iter().map(|(key, node)| (NodeId { key, serial: node.serial }, node))
    }

    fn find(&self, app: &str, name: &str) -> Option<NodeId> {
        let same = |node: &Node| node.hello.app == app && node.hello.node == name;
        self.ids().find(|(_, node)| same(node)).map(|(id, _)| id)
    }

    /// Takes room for one more call; whether there was any.
    pub fn begin_call(&mut self, id: NodeId) -> bool {
        self.get_mut(id).is_some_and(|node| {
            let room = node.in_hand < CALLS;
            node.in_hand += usize::from(room);
            room
        })
    }

    /// A call has been answered, or its caller no longer waits.
    pub fn answered(&mut self, id: NodeId) {
        if let Some(node) = self.get_mut(id) {
            node.in_hand = node.in_hand.saturating_sub(1);
        }
    }

    /// Queues a frame; whether the node took it.
    pub fn tell(&mut self, id: NodeId, frame: impl Into<ToApp>, now: Moment) -> bool {
        let Some(node) = self.get(id) else { return false };
        node.egress.push(Urgency::Call, frame.into(), now).is_ok()
    }

    /// Queues a frame that nobody waits for; whether the node took it.
    pub fn tell_later(&mut self, id: NodeId, frame: impl Into<ToApp>, now: Moment) -> bool {
        let Some(node) = self.get(id) else { return false };
        node.egress.push(Urgency::Event, frame.into(), now).is_ok()
    }

    /// Queues a piece of a body, at the cost of the node's credit.
    pub fn tell_bulk(&mut self, id: NodeId, kind: Kind, now: Moment) {
        let Some(node) = self.get_mut(id) else { return };
        let frame = DaemonFrame { kind: Some(kind) };
        node.credit = node.credit.saturating_sub(frame.encoded_len() as u64);
        // A node that takes nothing will be gone soon.
        let _ = node.egress.push(Urgency::Chunk, ToApp::Frame(Box::new(frame)), now);
    }

    /// Whether a node has so much credit.
    pub fn has_credit(&self, id: NodeId, bytes: u64) -> bool {
        self.get(id).is_some_and(|node| node.credit >= bytes)
    }

    /// A node returned credit; nobody has more than was given.
    pub fn add_credit(&mut self, id: NodeId, bytes: u64) {
        if let Some(node) = self.get_mut(id) {
            node.credit = node.credit.saturating_add(bytes).min(CREDIT_BYTES);
        }
    }

    /// Whether a node takes payloads in chunks.
    pub fn speaks_chunks(&self, id: NodeId) -> bool {
        self.get(id).is_some_and(|node| node.hello.features.iter().any(|it| it == "chunks"))
    }

    /// Whether any of them carries this out.
    pub fn carry_out(&self, operation: &str) -> bool {
        self.table.iter().any(|(_, node)| node.hello.operations.iter().any(|it| it == operation))
    }

    /// Tells an event to every node that subscribes to its type and has credit for it. Nodes
    /// without a session return none, and so are told nothing.
    pub fn tell_event(&mut self, event: &Event, frame: impl Fn(&Event) -> Kind, now: Moment) {
        let size = event.encoded_len() as u64;
        for (_, node) in &mut self.table {
            let wants = node.hello.subscriptions.contains(&event.r#type);
            if wants && !node.unary && node.credit >= size {
                node.credit -= size;
                // A node that takes nothing loses no more than the event.
                let _ = node.egress.push(Urgency::Event, frame(event).into(), now);
            }
        }
    }

    /// Whether there is a choice.
    pub fn are_several(&self) -> bool {
        self.table.len() > 1
    }

    /// Notes an answer that does not fit; gives the node's name.
    pub fn answered_badly(&mut self, id: NodeId) -> String {
        let Some(node) = self.get_mut(id) else { return String::new() };
        node.bad_answers += 1;
        node.hello.node.clone()
    }

    /// What plugins are told of the connected apps together.
    pub fn app_info(&self) -> AppInfo {
        let operations: BTreeSet<&String> =
            self.table.iter().flat_map(|(_, node)| &node.hello.operations).collect();
        let workspaces: BTreeSet<&String> =
            self.table.iter().flat_map(|(_, node)| &node.hello.workspaces).collect();
        let newest = self.table.iter().map(|(_, node)| node).max_by_key(|node| node.serial);
        AppInfo {
            name: newest.map(|node| node.hello.app.clone()).unwrap_or_default(),
            version: newest.map(|node| node.hello.version.clone()).unwrap_or_default(),
            operations: operations.into_iter().cloned().collect(),
            public_url: newest.map(|node| node.hello.public_url.clone()).unwrap_or_default(),
            workspaces: workspaces.into_iter().cloned().collect(),
            locale: newest.map(|node| node.hello.locale.clone()).unwrap_or_default(),
        }
    }
}

impl Switchboard {
    /// Enters a node; the same node with an older epoch makes room.
    ///
    /// # Errors
    /// A newer one of the same name is connected.
    pub fn attach_node(
        &self,
        hello: AppHello,
        egress: Egress<ToApp>,
        unary: bool,
    ) -> Result<(NodeId, Policies, Catalogue), Failure> {
        let attached = self.with(|core, now| core.attach_node(hello, egress, unary, now))?;
        self.attached.send_replace(());
        Ok(attached)
    }

    /// Changes whenever a node connects; at first, as if one just had.
    #[must_use]
    pub fn attachments(&self) -> watch::Receiver<()> {
        let mut attachments = self.attached.subscribe();
        attachments.mark_changed();
        attachments
    }

    /// Whether any app is connected.
    #[must_use]
    pub fn has_app(&self) -> bool {
        self.with(|core, _| !core.nodes.table.is_empty())
    }

    /// What plugins are told of the connected apps together.
    #[must_use]
    pub fn app_info(&self) -> AppInfo {
        self.with(|core, _| core.nodes.app_info())
    }

    /// A node's session is over.
    pub fn detach_node(&self, id: NodeId) {
        self.with(|core, now| core.detach_node(id, now));
    }

    /// What status shows of the connected nodes.
    #[must_use]
    pub fn nodes(&self) -> Vec<NodeView> {
        self.with(|core, _| {
            let view = |node: &Node| NodeView {
                hello: node.hello.clone(),
                unary: node.unary,
                bad_answers: node.bad_answers,
            };
            core.nodes.table.iter().map(|(_, node)| view(node)).collect()
        })
    }

    /// The connected node of this name and epoch.
    #[must_use]
    pub fn node(&self, name: &str, epoch: u64) -> Option<NodeId> {
        self.with(|core, _| {
            let same = |node: &Node| node.hello.node == name && node.hello.epoch == epoch;
            core.nodes.ids().find(|(_, node)| same(node)).map(|(id, _)| id)
        })
    }

    /// Takes room for one more call of a node.
    ///
    /// # Errors
    /// Too many are under way.
    pub fn begin_node_call(&self, id: NodeId) -> Result<(), Failure> {
        if self.with(|core, _| core.nodes.begin_call(id)) {
            return Ok(());
        }
        Err(busy())
    }

    /// A call ended without an answer through the switchboard.
    pub fn end_node_call(&self, id: NodeId) {
        self.with(|core, _| core.nodes.answered(id));
    }

    /// Queues a frame for a node.
    pub fn tell_node(&self, id: NodeId, kind: Kind) {
        self.with(|core, now| core.nodes.tell(id, kind, now));
    }
}

impl Core {
    fn attach_node(
        &mut self,
        mut hello: AppHello,
        egress: Egress<ToApp>,
        unary: bool,
        now: Moment,
    ) -> Result<(NodeId, Policies, Catalogue), Failure> {
        if let Some(older) = self.nodes.find(&hello.app, &hello.node) {
            self.make_way(older, &hello, now)?;
        }
        let bots = std::mem::take(&mut hello.bots);
        self.learn_bots(bots.iter().map(|(name, id)| (name.as_str(), id.as_str())), now);
        self.nodes.serial += 1;
        let (told, listed) = (self.policies(&hello.hooks), self.catalogue_for(&hello));
        let serial = self.nodes.serial;
        let node = Node {
            serial,
            hello,
            egress,
            in_hand: 0,
            credit: CREDIT_BYTES,
            unary,
            told: told.clone(),
            listed: listed.clone(),
            bad_answers: 0,
        };
        let key = self.nodes.table.insert(node);
        self.announce_apps(now);
        let id = NodeId { key, serial };
        let mut pieces = ui::pieces(listed).into_iter();
        let first = pieces.next().unwrap_or_default();
        // The welcome goes before them: it is more urgent, and nothing is sent until then.
        for piece in pieces {
            self.nodes.tell(id, Kind::Catalogue(piece), now);
        }
        self.ui_changed(now);
        Ok((id, told, first))
    }

    fn make_way(&mut self, older: NodeId, hello: &AppHello, now: Moment) -> Result<(), Failure> {
        let Some(node) = self.nodes.get(older) else { return Ok(()) };
        if node.hello.epoch > hello.epoch {
            let text = format!("node {} is connected with a newer epoch", hello.node);
            return Err(Failure::new(tonic::Code::Aborted, Reason::NodeReplaced, text));
        }
        let text = format!("node {} connected again", hello.node);
        let failure = Failure::new(tonic::Code::Aborted, Reason::NodeReplaced, text);
        node.egress.close(Some(crate::status::of(&failure)));
        self.detach_node(older, now);
        Ok(())
    }

    fn detach_node(&mut self, id: NodeId, now: Moment) {
        if self.nodes.get(id).is_none() {
            return;
        }
        let gone = self.nodes.table.remove(id.key);
        self.ui.forget_node(id);
        self.abandon_runs_of(id, now);
        self.abandon_commands_of(id, now);
        self.abandon_exchanges_of(id, now);
        self.requests_of_lost_node((id, gone.hello.dedupe), now);
        self.announce_apps(now);
    }

    /// Tells every app what changed about the hooks it calls.
    pub fn announce_policies(&mut self) {
        let now = self.clock.now();
        let ids: Vec<NodeId> = self.nodes.ids().map(|(id, _)| id).collect();
        for id in ids {
            let Some(node) = self.nodes.get(id) else { continue };
            let policies = self.policies(&node.hello.hooks);
            if node.told != policies {
                self.nodes.tell(id, Kind::Policies(policies.clone()), now);
                if let Some(node) = self.nodes.get_mut(id) {
                    node.told = policies;
                }
            }
        }
    }

    /// Tells every app what changed about commands and about what plugins show.
    pub fn announce_catalogue(&mut self) {
        self.relist();
        let now = self.clock.now();
        self.ui_changed(now);
    }

    /// Gives every app another list, where its own is not what it was.
    pub fn relist(&mut self) {
        let now = self.clock.now();
        let lists: Vec<_> =
            self.nodes.ids().map(|(id, node)| (id, self.catalogue_for(&node.hello))).collect();
        let same = |id: NodeId, list: &Catalogue| {
            let known = self.nodes.get(id).map(|node| &node.listed);
            known.is_some_and(|it| it.commands == list.commands && it.ui == list.ui)
        };
        let news: Vec<_> = lists.into_iter().filter(|(id, list)| !same(*id, list)).collect();
        self.catalogue += u64::from(!news.is_empty());
        for (id, mut list) in news {
            list.revision = self.catalogue;
            self.ui_relisted(id, &list);
            for piece in ui::pieces(list.clone()) {
                self.nodes.tell(id, Kind::Catalogue(piece), now);
            }
            if let Some(node) = self.nodes.get_mut(id) {
                node.listed = list;
            }
        }
    }

    fn catalogue_for(&self, hello: &AppHello) -> Catalogue {
        Catalogue { ui: self.shown_to(&Renders::of(hello)), ..self.catalogue() }
    }
}

impl Node {
    /// Since when it has taken nothing although something waits.
    pub fn stalled_since(&self) -> Option<Moment> {
        self.egress.stalled_since()
    }
}
