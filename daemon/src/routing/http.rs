//! Requests from outside that the app passes on, and the plugins that answer them.
//!
//! An exchange lives from the request to the end of both bodies, and never longer than its
//! deadline. It refuses to know how a body is cut into frames on the way (`bodies`), and what it
//! means.

mod bodies;
mod end;
mod entry;
mod flow;
mod headers;

use std::collections::HashMap;
use std::time::Duration;

use outboard_proto::app::{HttpRequest, HttpResponse, daemon_frame::Kind};
use outboard_proto::common::{Failure, Reason, Trace};
use outboard_proto::plugin::{self, reply};
use outboard_supervision::Moment;
use slab::Slab;
use tokio::sync::oneshot;
use tonic::Code;

use super::call::{NewCall, Purpose};
use super::deadline::Due;
use super::nested::fitting;
use super::node::NodeId;
use super::{Core, MemberId, Switchboard};
use entry::{Prepared, too_large};
use flow::Flow;

/// Who wants the answer to a request.
pub enum HttpCaller {
    /// A session's call.
    Session {
        /// The node.
        node: NodeId,
        /// Its id for the call.
        id: u64,
    },
    /// A unary call, of the node it named.
    Unary(oneshot::Sender<HttpResponse>, Option<NodeId>),
}

/// All exchanges.
#[derive(Default)]
pub struct Exchanges {
    table: Slab<Exchange>,
    /// Bodies that nodes send, by node and the node's number.
    uploads: HashMap<(NodeId, u64), usize>,
    /// Bodies that plugins send, by plugin and the plugin's number.
    downloads: HashMap<(MemberId, u64), usize>,
    streams: u64,
}

/// One request and its answer.
struct Exchange {
    caller: Option<HttpCaller>,
    member: MemberId,
    workspace: String,
    /// As the manifest has it.
    route: String,
    trace: Option<Trace>,
    limit: u64,
    deadline: Moment,
    stage: Stage,
    request: Option<Flow>,
    response: Option<Flow>,
}

/// How far an exchange has come.
enum Stage {
    /// The plugin has not answered; its call stands at this place.
    Asked(usize),
    /// The plugin has answered the call with this id, and its body follows.
    Answering(u64),
    /// As before, and the body is collected for a caller that takes it in one piece.
    Collecting(u64, Box<HttpResponse>),
}

impl HttpCaller {
    fn node(&self) -> Option<NodeId> {
        match self {
            Self::Session { node, .. } => Some(*node),
            Self::Unary(_, node) => *node,
        }
    }

    fn is_call(&self, of: NodeId, call: u64) -> bool {
        matches!(self, Self::Session { node, id } if *node == of && *id == call)
    }

    fn is_gone(&self) -> bool {
        match self {
            Self::Session { .. } => false,
            Self::Unary(sender, _) => sender.is_closed(),
        }
    }
}

impl Exchange {
    fn node(&self) -> Option<NodeId> {
        self.caller.as_ref().and_then(HttpCaller::node)
    }

    fn session(&self) -> Option<NodeId> {
        match self.caller {
            Some(HttpCaller::Session { node, .. }) => Some(node),
            Some(HttpCaller::Unary(..)) | None => None,
        }
    }

    fn is_answering(&self) -> bool {
        match self.stage {
            Stage::Asked(_) => false,
            Stage::Answering(_) | Stage::Collecting(..) => true,
        }
    }
}

impl Exchanges {
    /// The node that an exchange is for.
    pub fn node_of(&self, key: usize) -> Option<NodeId> {
        self.table.get(key).and_then(Exchange::node)
    }

    fn next_stream(&mut self) -> u64 {
        self.streams += 1;
        self.streams
    }

    /// How many things are kept: none once nothing is under way.
    #[cfg(test)]
    pub fn leftovers(&self) -> usize {
        self.table.len() + self.uploads.len() + self.downloads.len()
    }

    /// Whether a node sends a body under this number already.
    fn is_sending(&self, node: NodeId, stream: u64) -> bool {
        stream != 0 && self.uploads.contains_key(&(node, stream))
    }

    fn keys_where(&self, matches: impl Fn(&Exchange) -> bool) -> Vec<usize> {
        self.table.iter().filter(|(_, it)| matches(it)).map(|(key, _)| key).collect()
    }

    /// Answers of a plugin whose bodies are under way.
    pub fn answering(&self, member: MemberId) -> usize {
        self.table.iter().filter(|(_, it)| it.member == member && it.is_answering()).count()
    }

    /// The route that an exchange is about.
    pub fn route(&self, key: usize) -> Option<&str> {
        self.table.get(key).map(|it| &*it.route)
    }

    /// The trace that an exchange belongs to.
    pub fn trace(&self, key: usize) -> Option<Trace> {
        self.table.get(key)?.trace.clone()
    }

    /// Where and for whom an exchange takes place.
    pub fn place(&self, key: usize) -> Option<(String, Option<NodeId>)> {
        self.table.get(key).map(|it| (it.workspace.clone(), it.node()))
    }
}

impl Switchboard {
    /// Passes a request on; the answer goes to `caller`.
    pub fn http(&self, caller: HttpCaller, request: HttpRequest) {
        self.with(|core, now| core.http(caller, request, now));
    }

    /// The caller of a request no longer waits.
    pub fn cancel_http(&self, node: NodeId, id: u64) {
        self.with(|core, now| {
            let is_call = |it: &HttpCaller| it.is_call(node, id);
            let found = core.http.keys_where(|it| it.caller.as_ref().is_some_and(is_call));
            found
                .into_iter()
                .for_each(|key| core.drop_exchange(key, "the caller no longer waits", now));
        });
    }

    /// A unary caller went away: whatever it waited for ends.
    pub fn sweep_http(&self) {
        self.with(|core, now| {
            let is_gone = |it: &Exchange| it.caller.as_ref().is_some_and(HttpCaller::is_gone);
            let gone = core.http.keys_where(is_gone);
            gone.into_iter().for_each(|key| core.drop_exchange(key, "the caller went away", now));
        });
    }

    /// Whether the plugin's session takes payloads in chunks.
    pub fn set_chunks(&self, member: MemberId, speaks: bool) {
        self.with(|core, _| {
            if let Some(member) = core.members.get_mut(member) {
                member.chunks = speaks;
            }
        });
    }
}

impl Core {
    fn http(&mut self, caller: HttpCaller, request: HttpRequest, now: Moment) {
        let prepared = match self.prepare_http(&caller, &request) {
            Ok(prepared) => prepared,
            Err(failure) => return self.tell_asker(caller, failed(failure), now),
        };
        let Prepared { member, frame, timeout, limit } = prepared;
        let asked = match request.budget_us {
            0 => timeout,
            budget => timeout.min(Duration::from_micros(budget)),
        };
        let route = frame.route.clone();
        let request_flow = (request.body != 0).then(|| Flow::new(request.body, frame.body, limit));
        let call = plugin::Call {
            of: Some(plugin::call::Of::Http(Box::new(frame))),
            attempt: 1,
            trace: request.trace.clone(),
            workspace: request.workspace.clone(),
            ..plugin::Call::default()
        };
        let body = match fitting(&call) {
            Ok(body) => body,
            Err(failure) => return self.tell_asker(caller, failed(failure), now),
        };
        let upload = caller.node().filter(|_| request.body != 0).map(|node| (node, request.body));
        let deadline = now + asked;
        let key = self.http.table.insert(Exchange {
            caller: Some(caller),
            member,
            workspace: request.workspace,
            route,
            trace: request.trace,
            limit,
            deadline,
            stage: Stage::Asked(usize::MAX),
            request: request_flow,
            response: None,
        });
        if let Some(upload) = upload {
            self.http.uploads.insert(upload, key);
        }
        let new = NewCall { member, purpose: Purpose::Http(key), deadline, body };
        match self.begin_call(new, now) {
            Ok(call) => self.http.table[key].stage = Stage::Asked(call),
            Err(_) => {
                let failure = self.too_busy(member);
                self.end_exchange(key, failed(failure), now);
            }
        }
    }

    /// A plugin answered a request.
    pub fn http_replied(
        &mut self,
        key: usize,
        call: u64,
        result: Option<reply::Result>,
        now: Moment,
    ) {
        let Some(exchange) = self.http.table.get(key) else { return };
        let (member, limit) = (exchange.member, exchange.limit);
        match result {
            Some(reply::Result::Http(response))
                if is_answer(&response)
                    && !self.http.downloads.contains_key(&(member, response.body)) =>
            {
                if response.content.len() as u64 > limit {
                    return self.end_exchange(key, failed(too_large(limit)), now);
                }
                self.begin_answer(key, call, response, now);
            }
            Some(reply::Result::Failure(failure)) => {
                self.members[member].traffic.errors += 1;
                self.end_exchange(key, failed(failure), now);
            }
            Some(
                reply::Result::Http(_)
                | reply::Result::Hook(_)
                | reply::Result::Interaction(_)
                | reply::Result::Choices(_)
                | reply::Result::Json(_),
            )
            | None => {
                self.members[member].traffic.rule_breaks += 1;
                let text = "the plugin's answer is no answer to a request";
                let failure = Failure::new(Code::Internal, Reason::ProtocolViolation, text);
                self.end_exchange(key, failed(failure), now);
            }
        }
    }

    /// The head of an answer is there; its body is, too, or follows.
    fn begin_answer(&mut self, key: usize, call: u64, response: plugin::HttpResponse, now: Moment) {
        let head = HttpResponse {
            status: response.status,
            headers: headers::of_response(response.headers),
            content: response.content,
            ..HttpResponse::default()
        };
        if response.body == 0 {
            return self.end_exchange(key, head, now);
        }
        let to = self.http.next_stream();
        let exchange = &mut self.http.table[key];
        exchange.response = Some(Flow::new(response.body, to, exchange.limit));
        let (member, deadline) = (exchange.member, exchange.deadline);
        self.http.downloads.insert((member, response.body), key);
        self.deadlines.insert(deadline, Due::Exchange(key));
        let Some(node) = self.http.table[key].session() else {
            self.http.table[key].stage = Stage::Collecting(call, Box::new(head));
            return;
        };
        self.http.table[key].stage = Stage::Answering(call);
        if !self.nodes.speaks_chunks(node) {
            let text = "the answer's body comes in chunks, which this app does not know";
            let failure = Failure::new(Code::Unimplemented, Reason::NotSupported, text);
            return self.fail_exchange(key, failure, now);
        }
        let id = match &self.http.table[key].caller {
            Some(HttpCaller::Session { id, .. }) => *id,
            Some(HttpCaller::Unary(..)) | None => 0,
        };
        self.nodes.tell(node, Kind::Http(HttpResponse { id, body: to, ..head }), now);
    }
}

/// Whether a plugin's answer can be passed on: a final status, its body in one form only.
fn is_answer(response: &plugin::HttpResponse) -> bool {
    (200..600).contains(&response.status) && (response.body == 0 || response.content.is_empty())
}

fn failed(failure: Failure) -> HttpResponse {
    HttpResponse { failure: Some(failure), ..HttpResponse::default() }
}
