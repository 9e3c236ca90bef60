//! Requests from outside that the app passes on, and the plugins that answer them.
//!
//! An exchange lives from the request to the end of both bodies, and never longer than its
//! deadline. It refuses to know how a body is cut into frames on the way (`bodies`), and what it
//! means.

mod bodies;
mod flow;
mod headers;

use std::collections::HashMap;
use std::time::Duration;

use outboard_proto::app::{HttpRequest, HttpResponse, daemon_frame::Kind};
use outboard_proto::common::{Failure, Reason};
use outboard_proto::plugin::{self, CancelCall, DaemonFrame, daemon_frame, reply};
use outboard_supervision::Moment;
use slab::Slab;
use tokio::sync::oneshot;
use tonic::Code;

use super::call::{Call, Lost, NewCall, Purpose};
use super::command::unavailable;
use super::deadline::Due;
use super::member::Member;
use super::nested::fitting;
use super::node::NodeId;
use super::{Core, MemberId, Switchboard};
use crate::config::manifest::route::is_plain_path;
use crate::config::manifest::{Access, RouteDecl};
use crate::config::permission::Permission;
use crate::egress::Urgency;
use flow::Flow;

/// The user of a request that nobody is known to have sent.
const ANONYMOUS: &str = "anonymous";

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

/// A request that may be handed over.
struct Prepared {
    member: MemberId,
    frame: plugin::HttpRequest,
    timeout: Duration,
    limit: u64,
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
    fn next_stream(&mut self) -> u64 {
        self.streams += 1;
        self.streams
    }

    fn keys_where(&self, matches: impl Fn(&Exchange) -> bool) -> Vec<usize> {
        self.table.iter().filter(|(_, it)| matches(it)).map(|(key, _)| key).collect()
    }

    /// Answers of a plugin whose bodies are under way.
    pub fn answering(&self, member: MemberId) -> usize {
        self.table.iter().filter(|(_, it)| it.member == member && it.is_answering()).count()
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
        let request_flow = (request.body != 0).then(|| Flow::new(request.body, frame.body, limit));
        let call = plugin::Call {
            of: Some(plugin::call::Of::Http(Box::new(frame))),
            attempt: 1,
            trace: request.trace,
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

    /// Finds the route and checks everything that can be checked before the plugin is asked.
    fn prepare_http(
        &mut self,
        caller: &HttpCaller,
        request: &HttpRequest,
    ) -> Result<Prepared, Failure> {
        let Some(&id) = self.names.get(request.plugin.as_str()) else {
            let text = format!("no plugin {} is loaded", request.plugin);
            return Err(Failure::new(Code::NotFound, Reason::UnknownPlugin, text));
        };
        let stream = self.http.next_stream();
        let member = &mut self.members[id];
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let route = route(member, path, &request.method)?;
        let anonymous = request.user.is_empty() || request.user == ANONYMOUS;
        if anonymous && route.access == Access::SignedIn {
            let text = format!("{path} is for signed-in users");
            return Err(Failure::new(Code::Unauthenticated, Reason::SignInNeeded, text));
        }
        if !member.may(Permission::HttpServe) {
            member.traffic.denied += 1;
            let text = format!("Permission denied: {}", Permission::HttpServe);
            return Err(Failure::new(Code::PermissionDenied, Reason::PermissionDenied, text));
        }
        let limit = route.body.0;
        if request.content.len() as u64 > limit {
            return Err(too_large(limit));
        }
        if member.open_seat().is_none() {
            return Err(unavailable(&member.is.name, &member.standing, "not_started"));
        }
        let by_session = matches!(caller, HttpCaller::Session { .. });
        if request.body != 0 && !(member.chunks && by_session) {
            let text = "a body in chunks needs a session on both sides that knows chunks";
            return Err(Failure::new(Code::Unimplemented, Reason::NotSupported, text));
        }
        let user = if anonymous { ANONYMOUS } else { &request.user };
        let frame = plugin::HttpRequest {
            method: request.method.clone(),
            path: path.to_owned(),
            headers: headers::of_request(request.headers.clone(), anonymous),
            user: user.to_owned(),
            body: if request.body == 0 { 0 } else { stream },
            route: route.path.to_string(),
            query: query.to_owned(),
            content: request.content.clone(),
        };
        let timeout = route.timeout.unwrap_or(member.is.call_timeout);
        Ok(Prepared { member: id, frame, timeout, limit })
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
            Some(reply::Result::Http(response)) if is_answer(&response) => {
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
    fn fail_exchange(&mut self, key: usize, failure: Failure, now: Moment) {
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
    fn drop_exchange(&mut self, key: usize, why: &str, now: Moment) {
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
    fn end_exchange(&mut self, key: usize, response: HttpResponse, now: Moment) {
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
    fn close_exchange(&mut self, key: usize) {
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

    fn tell_asker(&mut self, caller: HttpCaller, mut response: HttpResponse, now: Moment) {
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

/// The route that fits a path best, if it takes the method.
fn route(member: &Member, path: &str, method: &str) -> Result<RouteDecl, Failure> {
    if !is_plain_path(path) {
        let text = "a path begins with / and has no empty part, no dots and nothing hidden in it";
        return Err(Failure::new(Code::InvalidArgument, Reason::Invalid, text));
    }
    let routes = &member.is.reach.routes;
    let fitting = routes.iter().filter_map(|it| Some((it.path.fit(path)?, it)));
    let Some((_, route)) = fitting.max_by_key(|(fit, _)| *fit) else {
        let text = format!("{} has no route for {path}", member.is.name);
        return Err(Failure::new(Code::NotFound, Reason::UnknownRoute, text));
    };
    if !route.methods.contains(method) {
        let methods: Vec<&str> = route.methods.iter().copied().collect();
        let text = format!("{path} takes {}", methods.join(", "));
        return Err(Failure::new(Code::Unimplemented, Reason::HttpMethod, text)
            .detail("allow", methods.join(", ")));
    }
    Ok(route.clone())
}

/// Whether a plugin's answer can be passed on: a final status, its body in one form only.
fn is_answer(response: &plugin::HttpResponse) -> bool {
    (200..600).contains(&response.status) && (response.body == 0 || response.content.is_empty())
}

fn failed(failure: Failure) -> HttpResponse {
    HttpResponse { failure: Some(failure), ..HttpResponse::default() }
}

fn too_large(limit: u64) -> Failure {
    let text = format!("the body is larger than the {limit} bytes its route allows");
    Failure::new(Code::ResourceExhausted, Reason::PayloadTooLarge, text)
}
