//! The ends of an exchange, however it ends: answered, lost, late, abandoned, broken off.
//!
//! Whoever waits hears once; whoever works is told to stop; nothing stays in the tables.

use outboard_proto::app::{HttpResponse, daemon_frame::Kind};
use outboard_proto::common::{Failure, Reason};
use outboard_proto::plugin::{CancelCall, DaemonFrame, daemon_frame};
use outboard_supervision::Moment;
use tonic::Code;

use super::super::call::{Call, Lost, Purpose};
use super::super::command::unavailable;
use super::super::deadline::Due;
use super::super::node::NodeId;
use super::super::{Core, MemberId};
use super::{Exchange, HttpCaller, Stage, failed};
use crate::egress::Urgency;

impl Core {
    /// A request ended without an answer.
    pub fn http_lost(&mut self, key: usize, lost: Lost) {
        let now = self.clock.now();
        let Some(member) = self.http.table.get(key).map(|it| it.member) else { return };
        let failure = self.lost_failure(member, lost);
        self.end_exchange(key, failed(failure), now);
    }

    /// The body of an answer did not come in time.
    pub fn exchange_timed_out(&mut self, key: usize, now: Moment) {
        let Some(member) = self.http.table.get(key).map(|it| it.member) else { return };
        self.members[member].traffic.timeouts += 1;
        let text = "the answer's body did not come in time";
        let failure = Failure::new(Code::DeadlineExceeded, Reason::Deadline, text);
        self.fail_exchange(key, failure, now);
    }

    /// A plugin's session is over: bodies that it was sending end.
    pub fn break_exchanges_of(&mut self, member: MemberId, now: Moment) {
        let broken = self.http.keys_where(|it| it.member == member && it.is_answering());
        for key in broken {
            let is = &self.members[member];
            let failure = unavailable(&is.is.name, &is.standing, "unknown");
            self.fail_exchange(key, failure, now);
        }
    }

    /// A node went away: nobody waits for its answers.
    pub fn abandon_exchanges_of(&mut self, node: NodeId, now: Moment) {
        let of_node = self.http.keys_where(|it| it.session() == Some(node));
        of_node.into_iter().for_each(|key| self.drop_exchange(key, "the caller went away", now));
    }

    /// A plugin failed a call that it had answered: what it was saying ends there. Whether it was
    /// saying anything.
    pub fn answer_failed(
        &mut self,
        member: MemberId,
        call: u64,
        failure: &Failure,
        now: Moment,
    ) -> bool {
        let same = |it: &Exchange| match it.stage {
            Stage::Answering(id) | Stage::Collecting(id, _) => it.member == member && id == call,
            Stage::Asked(_) => false,
        };
        let found = self.http.keys_where(same);
        for key in &found {
            self.fail_exchange(*key, failure.clone(), now);
        }
        !found.is_empty()
    }

    /// Ends an exchange under way: its call is cancelled, its reader learns why.
    pub fn fail_exchange(&mut self, key: usize, failure: Failure, now: Moment) {
        self.stop_plugin(key, &failure.message, now);
        let Some(exchange) = self.http.table.get(key) else { return };
        match (&exchange.stage, &exchange.response, exchange.session()) {
            // The head is out: only the body can still say that something is wrong.
            (Stage::Answering(_), Some(flow), Some(node)) if self.nodes.speaks_chunks(node) => {
                let aborted = flow.aborted(&failure.to_string());
                self.nodes.tell_bulk(node, Kind::Chunk(aborted), now);
                self.close_exchange(key);
            }
            _ => self.end_exchange(key, failed(failure), now),
        }
    }

    /// Ends an exchange that nobody waits for.
    pub fn drop_exchange(&mut self, key: usize, why: &str, now: Moment) {
        self.stop_plugin(key, why, now);
        self.close_exchange(key);
    }

    /// The plugin need not go on.
    fn stop_plugin(&mut self, key: usize, why: &str, now: Moment) {
        let Some(exchange) = self.http.table.get(key) else { return };
        match exchange.stage {
            Stage::Asked(call) => {
                let same = |it: &Call| matches!(it.purpose, Purpose::Http(of) if of == key);
                if self.calls.get(call).is_some_and(same) {
                    self.cancel_call(call, why, now);
                }
            }
            Stage::Answering(_) | Stage::Collecting(..)
                if self.members[exchange.member].has_guest() => {}
            Stage::Answering(call) | Stage::Collecting(call, _) => {
                let cancel = CancelCall { call, reason: why.to_owned() };
                let frame = DaemonFrame { kind: Some(daemon_frame::Kind::Cancel(cancel)) };
                if let Some(seat) = &self.members[exchange.member].seat {
                    let _ = seat.egress.push(Urgency::Control, frame.into(), now);
                }
            }
        }
    }

    /// Says the last word to whoever asked.
    pub fn end_exchange(&mut self, key: usize, response: HttpResponse, now: Moment) {
        if let Some(caller) = self.http.table.get_mut(key).and_then(|it| it.caller.take()) {
            self.http_uploads_end(key, caller.node());
            self.tell_asker(caller, response, now);
        }
        self.close_exchange(key);
    }

    fn http_uploads_end(&mut self, key: usize, node: Option<NodeId>) {
        let from = self.http.table.get(key).and_then(|it| it.request.as_ref()).map(|it| it.from);
        if let (Some(node), Some(from)) = (node, from) {
            self.http.uploads.remove(&(node, from));
        }
    }

    /// Takes an exchange out of the tables.
    pub fn close_exchange(&mut self, key: usize) {
        let node = self.http.table.get(key).and_then(Exchange::node);
        self.http_uploads_end(key, node);
        let Some(exchange) = self.http.table.try_remove(key) else { return };
        if let Some(flow) = &exchange.response {
            self.http.downloads.remove(&(exchange.member, flow.from));
        }
        if exchange.is_answering() {
            self.deadlines.remove(exchange.deadline, Due::Exchange(key));
        }
        if let Some(HttpCaller::Session { node, .. }) = exchange.caller {
            self.nodes.answered(node);
        }
    }

    pub fn tell_asker(&mut self, caller: HttpCaller, mut response: HttpResponse, now: Moment) {
        match caller {
            HttpCaller::Session { node, id } => {
                response.id = id;
                self.nodes.answered(node);
                self.nodes.tell(node, Kind::Http(response), now);
            }
            HttpCaller::Unary(sender, _) => {
                // The caller may have gone; then nobody needs the answer.
                let _ = sender.send(response);
            }
        }
    }
}
