//! Bodies in pieces: from a session's stream into the exchange they belong to, and on to the reader
//! as its credit allows.
//!
//! What waits is bounded: by each route's limit, and for each session by what it may have under way
//! at all. It refuses to let a body hold up calls: pieces are the least urgent of all frames, and
//! leave room in the credit for events.

use outboard_proto::app::{HttpResponse, daemon_frame::Kind};
use outboard_proto::common::{Chunk, Failure, Reason};
use outboard_proto::limits::{FRAME_BYTES, REASSEMBLY_BYTES};
use outboard_proto::plugin::{DaemonFrame, daemon_frame};
use outboard_supervision::Moment;
use prost::Message as _;
use tonic::Code;

use super::super::call::Stage as CallStage;
use super::super::node::NodeId;
use super::super::{Core, MemberId, Switchboard};
use super::entry::too_large;
use super::flow::{Flow, Taken};
use super::{Exchange, Stage};
use crate::egress::Urgency;

/// Credit that bodies leave to events: one of them always fits.
const FOR_EVENTS: u64 = FRAME_BYTES as u64;

/// Which of an exchange's two bodies.
#[derive(Debug, Clone, Copy)]
enum Way {
    Request,
    Response,
}

impl Switchboard {
    /// A piece of a body from a node. Pieces of bodies that are over are dropped.
    pub fn chunk_of_node(&self, node: NodeId, chunk: Chunk) {
        self.with(|core, now| {
            let Some(&key) = core.http.uploads.get(&(node, chunk.stream)) else { return };
            core.take_piece(key, Way::Request, chunk, now);
        });
    }

    /// A piece of a body from a plugin. Whether it belongs to anything.
    pub fn chunk_of_plugin(&self, member: MemberId, serial: u64, chunk: Chunk) -> bool {
        self.with(|core, now| {
            let seat = core.members.get(member).and_then(|it| it.seat.as_ref());
            let current = seat.is_some_and(|seat| seat.serial == serial);
            let found = core.http.downloads.get(&(member, chunk.stream)).copied();
            let Some(key) = found.filter(|_| current) else {
                if let Some(member) = core.members.get_mut(member) {
                    member.traffic.stale_replies += 1;
                }
                return false;
            };
            core.take_piece(key, Way::Response, chunk, now);
            true
        })
    }

    /// A node returned credit.
    pub fn credit_of_node(&self, node: NodeId, bytes: u64) {
        self.with(|core, now| {
            core.nodes.add_credit(node, bytes);
            core.pump_to_node(node, now);
        });
    }
}

impl Exchange {
    fn flow_mut(&mut self, way: Way) -> Option<&mut Flow> {
        match way {
            Way::Request => self.request.as_mut(),
            Way::Response => self.response.as_mut(),
        }
    }

    fn waiting(&self) -> usize {
        let flows = [&self.request, &self.response];
        flows.into_iter().flatten().map(Flow::waiting_bytes).sum()
    }
}

impl Core {
    fn take_piece(&mut self, key: usize, way: Way, chunk: Chunk, now: Moment) {
        let Some(exchange) = self.http.table.get_mut(key) else { return };
        let (member, limit) = (exchange.member, exchange.limit);
        let Some(flow) = exchange.flow_mut(way) else { return };
        match flow.put(chunk) {
            Taken::Kept if self.is_too_much(key, way) => {
                let text = "too many bodies are under way";
                let failure = Failure::new(Code::ResourceExhausted, Reason::OverLimit, text);
                self.members[member].traffic.over_limit += 1;
                self.fail_exchange(key, failure, now);
            }
            Taken::Kept => self.pass_piece_on(key, way, now),
            Taken::TooLarge => self.fail_exchange(key, too_large(limit), now),
            Taken::Abandoned(why) => {
                let text = format!("the sender gave the body up: {why}");
                let failure = Failure::new(Code::Aborted, Reason::BodyAbandoned, text);
                self.fail_exchange(key, failure, now);
            }
        }
    }

    /// Whether a session has more under way than it may.
    fn is_too_much(&self, key: usize, way: Way) -> bool {
        let exchange = &self.http.table[key];
        let table = self.http.table.iter().map(|(_, it)| it);
        let bytes: u64 = match way {
            // What the plugin may have to hold until its handlers read it.
            Way::Request => table
                .filter(|it| it.member == exchange.member)
                .filter_map(|it| it.request.as_ref().map(Flow::received))
                .sum(),
            // What we hold for the app.
            Way::Response => {
                table.filter(|it| it.node() == exchange.node()).map(|it| it.waiting() as u64).sum()
            }
        };
        bytes > REASSEMBLY_BYTES
    }

    fn pass_piece_on(&mut self, key: usize, way: Way, now: Moment) {
        let exchange = &self.http.table[key];
        match (way, &exchange.stage, exchange.session()) {
            (Way::Request, _, _) => self.pump_to_plugin(exchange.member, now),
            (Way::Response, Stage::Collecting(..), _) => self.collect(key, now),
            (Way::Response, _, Some(node)) => self.pump_to_node(node, now),
            // Nobody reads it.
            (Way::Response, _, None) => {}
        }
    }

    /// Hands pieces to a plugin, one of each body in turn, as far as its credit goes.
    pub fn pump_to_plugin(&mut self, member: MemberId, now: Moment) {
        let ready = |it: &Exchange| it.member == member && it.request.is_some();
        let mut bodies = self.http.keys_where(ready);
        bodies.retain(|key| self.is_handed(*key));
        while !bodies.is_empty() {
            bodies.retain(|key| self.piece_to_plugin(*key, member, now));
        }
    }

    /// Whether the plugin has the head of a request: its body comes after it.
    fn is_handed(&self, key: usize) -> bool {
        match self.http.table[key].stage {
            Stage::Asked(call) => {
                let stage = self.calls.get(call).map(|call| &call.stage);
                matches!(stage, Some(CallStage::Handed))
            }
            Stage::Answering(_) | Stage::Collecting(..) => true,
        }
    }

    /// One piece; whether there may be another.
    fn piece_to_plugin(&mut self, key: usize, member: MemberId, now: Moment) -> bool {
        let Some(seat) = self.members[member].seat.as_mut() else { return false };
        let exchange = &mut self.http.table[key];
        let Some(flow) = exchange.request.as_mut() else { return false };
        if seat.credit < FOR_EVENTS + FRAME_BYTES as u64 {
            return false;
        }
        let Some(chunk) = flow.take() else { return false };
        let frame = DaemonFrame { kind: Some(daemon_frame::Kind::Chunk(chunk)) };
        seat.credit = seat.credit.saturating_sub(frame.encoded_len() as u64);
        // A session that takes nothing is found out by its heartbeat.
        let _ = seat.egress.push(Urgency::Chunk, frame.into(), now);
        !flow.is_over()
    }

    /// Hands pieces to a node, one of each body in turn, as far as its credit goes.
    fn pump_to_node(&mut self, node: NodeId, now: Moment) {
        let ready = |it: &Exchange| it.session() == Some(node) && it.response.is_some();
        let mut bodies = self.http.keys_where(ready);
        while !bodies.is_empty() {
            bodies.retain(|key| self.piece_to_node(*key, node, now));
        }
    }

    fn piece_to_node(&mut self, key: usize, node: NodeId, now: Moment) -> bool {
        if !self.nodes.has_credit(node, FRAME_BYTES as u64) {
            return false;
        }
        let flow = self.http.table.get_mut(key).and_then(|it| it.response.as_mut());
        let Some(flow) = flow else { return false };
        let Some(chunk) = flow.take() else { return false };
        let is_over = flow.is_over();
        self.nodes.tell_bulk(node, Kind::Chunk(chunk), now);
        if is_over {
            self.close_exchange(key);
        }
        !is_over
    }

    /// Gathers the body for a caller that takes no pieces.
    fn collect(&mut self, key: usize, now: Moment) {
        let exchange = &mut self.http.table[key];
        let (Stage::Collecting(_, head), Some(flow)) =
            (&mut exchange.stage, &mut exchange.response)
        else {
            return;
        };
        if flow.received() > FRAME_BYTES as u64 {
            let text = "the answer is too large for a unary call: use Connect";
            let failure = Failure::new(Code::ResourceExhausted, Reason::PayloadTooLarge, text);
            return self.fail_exchange(key, failure, now);
        }
        if flow.is_complete() {
            let content = flow.drain().into();
            let response = HttpResponse { content, ..std::mem::take(&mut **head) };
            self.end_exchange(key, response, now);
        }
    }
}
