//! Schedules, plugins' calls and requests from outside, for a test.
//!
//! It refuses to know rules and routes' patterns: what is named here is handled.

use std::collections::BTreeMap;
use std::sync::Arc;

use outboard_proto::common::{Chunk, Failure, Schedule, event};
use outboard_proto::plugin::plugin_frame::Kind;
use outboard_proto::plugin::reply::Result as Replied;
use outboard_proto::plugin::{Call, HttpRequest, PluginCall, call};
use tokio_stream::StreamExt as _;

use super::{BUDGET, Harness, micros};

/// What a plugin answered to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    /// Such as 200.
    pub status: u32,
    /// By names in lower case.
    pub headers: BTreeMap<String, String>,
    /// All of it.
    pub body: Vec<u8>,
    /// Why the body broke off, if it did.
    pub broken_off: Option<String>,
}

impl HttpAnswer {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Harness {
    /// Fires the schedule `name`, due at this instant (microseconds since the Unix epoch).
    ///
    /// # Errors
    /// The handler failed, panicked, or there is none.
    pub fn fire(&mut self, name: &str, scheduled_at_us: i64) -> Result<(), Failure> {
        let schedule = Schedule { name: name.to_owned(), scheduled_at_us };
        self.event("schedule.fired", event::Of::Schedule(schedule))
    }

    /// Calls a method as the plugin `caller`.
    ///
    /// # Errors
    /// The handler failed, panicked, or there is none.
    ///
    /// # Panics
    /// The handler gave no JSON, which no typed handler can do.
    pub fn plugin_call(
        &mut self,
        caller: &str,
        method: &str,
        json: &str,
    ) -> Result<String, Failure> {
        let asked = PluginCall {
            caller: caller.to_owned(),
            method: method.to_owned(),
            json: json.to_owned(),
            hops: 1,
            chain: vec![caller.to_owned()],
        };
        match self.call(call::Of::Plugin(Box::new(asked)))? {
            Replied::Json(json) => Ok(json),
            other => panic!("no JSON: {other:?}"),
        }
    }

    /// From now on this is the answer when the plugin calls that method of another plugin.
    pub fn answer_call(&mut self, plugin: &str, method: &str, answer: Result<String, Failure>) {
        self.recorder.answer_call(plugin, method, answer);
    }

    /// Prepares an anonymous GET for a route, named as in the manifest.
    pub fn http(&mut self, route: &str) -> HttpCall<'_> {
        let request = HttpRequest {
            method: "GET".to_owned(),
            path: route.trim_end_matches('*').to_owned(),
            route: route.to_owned(),
            user: "anonymous".to_owned(),
            ..HttpRequest::default()
        };
        HttpCall { harness: self, request, pieces: Vec::new() }
    }

    fn run_http(
        &mut self,
        mut request: HttpRequest,
        pieces: Vec<Vec<u8>>,
    ) -> Result<HttpAnswer, Failure> {
        let id = self.next_id();
        if !pieces.is_empty() {
            request.body = id;
        }
        let (of, budget_us) = (Some(call::Of::Http(Box::new(request))), micros(BUDGET));
        let call = Call { id, budget_us, attempt: 1, of, ..Call::default() };
        let running = self.handlers.call(call, &self.around);
        let count = pieces.len();
        for (at, data) in pieces.into_iter().enumerate() {
            let last = at + 1 == count;
            let chunk = Chunk { stream: id, data: data.into(), last, ..Chunk::default() };
            self.around.bodies.put(chunk);
        }
        let head = match self.run(running) {
            Kind::Reply(reply) => match reply.result.expect("the SDK's replies have a result") {
                Replied::Http(head) => head,
                Replied::Failure(failure) => return Err(failure),
                other => panic!("no answer to a request: {other:?}"),
            },
            other => panic!("no reply: {other:?}"),
        };
        let mut answer = HttpAnswer {
            status: head.status,
            headers: head.headers,
            body: head.content.to_vec(),
            broken_off: None,
        };
        if head.body != 0 {
            self.gather(&mut answer);
        }
        Ok(answer)
    }

    fn gather(&mut self, answer: &mut HttpAnswer) {
        let (outgoing, outbox) = (&mut self.outgoing, Arc::clone(&self.around.outbox));
        self.runtime.block_on(async {
            while answer.broken_off.is_none() {
                let frame = outgoing.next().await.expect("the harness never closes its outbox");
                outbox.credit(frame.len() as u64);
                let frame = frame.decode().expect("the SDK's frames can be read");
                let Some(Kind::Chunk(chunk)) = frame.kind else { continue };
                answer.body.extend(&chunk.data);
                answer.broken_off = Some(chunk.abort).filter(|why| !why.is_empty());
                if chunk.last {
                    return;
                }
            }
        });
    }
}

/// A request that a test is about to make.
#[must_use = "it does nothing until it is run"]
pub struct HttpCall<'a> {
    harness: &'a mut Harness,
    request: HttpRequest,
    pieces: Vec<Vec<u8>>,
}

impl HttpCall<'_> {
    /// States the method.
    pub fn method(mut self, method: &str) -> Self {
        method.clone_into(&mut self.request.method);
        self
    }

    /// States the path, where the route stands for several.
    pub fn path(mut self, path: &str) -> Self {
        path.clone_into(&mut self.request.path);
        self
    }

    /// States what stands behind the question mark.
    pub fn query(mut self, query: &str) -> Self {
        query.clone_into(&mut self.request.query);
        self
    }

    /// States who is signed in.
    pub fn user(mut self, user: &str) -> Self {
        user.clone_into(&mut self.request.user);
        self
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request.headers.insert(name.to_ascii_lowercase(), value.to_owned());
        self
    }

    /// Gives a small body.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.request.content = body.into().into();
        self
    }

    /// Gives a body in pieces.
    pub fn pieces(mut self, pieces: impl IntoIterator<Item = Vec<u8>>) -> Self {
        self.pieces = pieces.into_iter().collect();
        self
    }

    /// Makes it.
    ///
    /// # Errors
    /// The handler failed, panicked, or there is none.
    pub fn run(self) -> Result<HttpAnswer, Failure> {
        self.harness.run_http(self.request, self.pieces)
    }
}
