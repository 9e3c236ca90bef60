//! What it does with requests from outside and other plugins' calls. A request's path says what.
//!
//! It refuses to know whether the sender may ask.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use outboard_proto::common::{Chunk, Failure, Reason};
use outboard_proto::plugin::{HttpRequest, HttpResponse, PluginCall, plugin_frame, reply};
use tokio::sync::watch;
use tonic::Code;

use crate::host;
use crate::plugin::Plugin;

/// Bytes in one piece of an answer.
const PIECE: usize = 30_000;

/// Bodies under way in either direction.
pub struct Web {
    /// What came of each stream so far, and whether it ended.
    bodies: watch::Sender<HashMap<u64, (Vec<u8>, bool)>>,
    /// Bytes it may still send.
    credit: watch::Sender<u64>,
}

impl Default for Web {
    fn default() -> Self {
        let credit = watch::Sender::new(outboard_proto::limits::CREDIT_BYTES);
        Self { bodies: watch::Sender::new(HashMap::new()), credit }
    }
}

impl Web {
    /// A piece came.
    pub fn put(&self, chunk: &Chunk) {
        self.bodies.send_modify(|bodies| {
            let (body, ended) = bodies.entry(chunk.stream).or_default();
            body.extend(&chunk.data);
            *ended |= chunk.last || !chunk.abort.is_empty();
        });
    }

    /// The daemon returned credit.
    pub fn credit(&self, bytes: u64) {
        self.credit.send_modify(|credit| *credit += bytes);
    }

    async fn body(&self, stream: u64) -> Vec<u8> {
        let mut bodies = self.bodies.subscribe();
        let ended = |bodies: &HashMap<u64, (Vec<u8>, bool)>| {
            bodies.get(&stream).is_some_and(|(_, ended)| *ended)
        };
        match bodies.wait_for(ended).await {
            Ok(bodies) => bodies.get(&stream).map(|(body, _)| body.clone()).unwrap_or_default(),
            Err(_) => Vec::new(),
        }
    }

    async fn pay(&self, bytes: u64) {
        let mut credit = self.credit.subscribe();
        // The sender lives as long as the plugin.
        let _ = credit.wait_for(|credit| *credit >= bytes).await;
        self.credit.send_modify(|credit| *credit -= bytes);
    }
}

/// Answers a request as its path says.
pub async fn serve(plugin: &Arc<Plugin>, call: u64, request: HttpRequest) {
    plugin.note(format!("http {} {} by {}", request.method, request.path, request.user));
    let verb = request.path.rsplit('/').next().unwrap_or_default();
    match verb {
        "echo" => echo(plugin, call, &request).await,
        "half" => half(plugin, call).await,
        "give-up" => {
            half(plugin, call).await;
            say(plugin, Chunk { stream: call, abort: "no more".to_owned(), ..Chunk::default() })
                .await;
        }
        "flood" => pieces(plugin, call, &vec![b'f'; 20 << 20]).await,
        "silent" => {}
        "odd" => plugin.reply(call, reply::Result::Json("{}".to_owned())).await,
        _ => whole(plugin, call, told(&request)).await,
    }
}

/// Who asked for what, with which headers, one a line.
fn told(request: &HttpRequest) -> String {
    let mut lines = vec![
        format!("user {}", request.user),
        format!("route {}", request.route),
        format!("query {}", request.query),
    ];
    lines.extend(request.headers.iter().map(|(name, value)| format!("{name}: {value}")));
    lines.join("\n")
}

async fn whole(plugin: &Plugin, call: u64, text: String) {
    let headers = [("content-type", "text/plain"), ("set-cookie", "stolen=1")];
    let response = HttpResponse {
        status: 200,
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        content: text.into_bytes().into(),
        ..HttpResponse::default()
    };
    plugin.reply(call, reply::Result::Http(response)).await;
}

async fn echo(plugin: &Arc<Plugin>, call: u64, request: &HttpRequest) {
    let body = match request.body {
        0 => request.content.to_vec(),
        stream => plugin.web.body(stream).await,
    };
    pieces(plugin, call, &body).await;
}

/// The head, and the body piece by piece. The stream has the call's number.
async fn pieces(plugin: &Plugin, call: u64, body: &[u8]) {
    head(plugin, call).await;
    for data in body.chunks(PIECE) {
        let chunk = Chunk { stream: call, data: data.to_vec().into(), ..Chunk::default() };
        say(plugin, chunk).await;
    }
    say(plugin, Chunk { stream: call, last: true, ..Chunk::default() }).await;
}

/// Begins an answer and does not go on.
async fn half(plugin: &Plugin, call: u64) {
    head(plugin, call).await;
    say(plugin, Chunk { stream: call, data: "half".into(), ..Chunk::default() }).await;
}

async fn head(plugin: &Plugin, call: u64) {
    let response = HttpResponse { status: 200, body: call, ..HttpResponse::default() };
    plugin.reply(call, reply::Result::Http(response)).await;
}

async fn say(plugin: &Plugin, chunk: Chunk) {
    plugin.web.pay(chunk.data.len() as u64 + 32).await;
    plugin.send(plugin_frame::Kind::Chunk(chunk)).await;
}

/// Answers another plugin's call. `relay` hands on to the plugin named first in the JSON.
pub async fn called(plugin: &Arc<Plugin>, call: u64, asked: PluginCall) {
    plugin.note(format!("called {} by {} hops={}", asked.method, asked.caller, asked.hops));
    let json = asked.json.trim_matches('"').to_owned();
    let answer = match asked.method.as_str() {
        "relay" => {
            let (to, rest) = json.split_once(' ').unwrap_or((&json, ""));
            // A circle goes round with the same words.
            let words =
                if rest.is_empty() { format!("{} ", plugin.name()) } else { rest.to_owned() };
            Ok(host::call_plugin(plugin, &call.to_string(), to, "relay", words.trim()).await)
        }
        // As relay, but it conceals what it is handling.
        "conceal" => Ok(host::call_plugin(plugin, "", &json, "conceal", plugin.name()).await),
        "wait" => {
            tokio::time::sleep(Duration::from_millis(json.parse().unwrap_or(0))).await;
            Ok("waited".to_owned())
        }
        "silent" => return,
        "crash" => std::process::exit(3),
        "fail" => Err(Failure::new(Code::NotFound, Reason::Invalid, "no such word")
            .detail("word", json.clone())),
        _ => Ok(format!("{} says {}", plugin.name(), asked.json)),
    };
    let result = match answer {
        Ok(json) => reply::Result::Json(json),
        Err(failure) => reply::Result::Failure(failure),
    };
    plugin.reply(call, result).await;
}
