//! Calls upon the host API, and knocking at doors that are not for plugins.
//!
//! It refuses to know whether they will be allowed.

use std::path::Path;
use std::time::Duration;

use outboard_proto::admin::ListRequest;
use outboard_proto::admin::admin_client::AdminClient;
use outboard_proto::app::AppHello;
use outboard_proto::app::app_client::AppClient;
use outboard_proto::limits::{CALL_KEY, TOKEN_KEY};
use outboard_proto::plugin::events_client::EventsClient;
use outboard_proto::plugin::messages_client::MessagesClient;
use outboard_proto::plugin::plugins_client::PluginsClient;
use outboard_proto::plugin::{
    CallPluginRequest, EmitRequest, ReplyRequest, SendRequest, SendResponse,
};
use outboard_tests::{Refusal, values, wire};
use tonic::{Request, Response, Status};

use crate::plugin::Plugin;

/// Sends a message; its id, or the refusal.
pub async fn send(plugin: &Plugin, cause: &str, channel: &str, text: &str, key: &str) -> String {
    let request = SendRequest {
        channel_id: channel.to_owned(),
        body: Some(values::plain(text)),
        idempotency_key: key.to_owned(),
        ..SendRequest::default()
    };
    spoken(
        call(plugin, cause, request, async |mut messages, request| messages.send(request).await)
            .await,
    )
}

/// Sends a message that nobody caused; waits no longer than `patience`, or as long as the daemon.
pub async fn send_alone(
    plugin: &Plugin,
    channel: &str,
    text: &str,
    patience: Option<Duration>,
) -> String {
    let body = Some(values::plain(text));
    let request = SendRequest { channel_id: channel.to_owned(), body, ..SendRequest::default() };
    spoken(
        call(plugin, "", request, async |mut messages, mut request| {
            if let Some(patience) = patience {
                request.set_timeout(patience);
            }
            messages.send(request).await
        })
        .await,
    )
}

/// Answers where the cause came from; the message's id, or the refusal.
pub async fn reply(plugin: &Plugin, cause: &str, text: &str) -> String {
    let request = ReplyRequest { body: Some(values::plain(text)), ..ReplyRequest::default() };
    spoken(
        call(plugin, cause, request, async |mut messages, request| messages.reply(request).await)
            .await,
    )
}

/// Calls another plugin's method; its JSON, or the refusal.
pub async fn call_plugin(
    plugin: &Plugin,
    cause: &str,
    to: &str,
    method: &str,
    json: &str,
) -> String {
    let Some(channel) = plugin.channel() else { return "no session".to_owned() };
    let request = CallPluginRequest {
        plugin: to.to_owned(),
        method: method.to_owned(),
        json: json.to_owned(),
    };
    let [token] = plugin.metadata();
    let mut metadata = vec![token];
    if !cause.is_empty() {
        metadata.push((CALL_KEY, cause.to_owned()));
    }
    let answer = match wire::with_metadata(Request::new(request), &metadata) {
        Ok(request) => PluginsClient::new(channel).call(request).await,
        Err(status) => Err(status),
    };
    match answer {
        Ok(answer) => answer.into_inner().json,
        Err(status) => {
            let refusal = Refusal::from(status);
            let mut details: Vec<String> =
                refusal.details.iter().map(|(key, value)| format!("{key}={value}")).collect();
            details.sort();
            format!("{refusal} {}", details.join(" "))
        }
    }
}

/// Tells of an event of its own; its id, or the refusal.
pub async fn emit(plugin: &Plugin, cause: &str, event: &str, json: &str) -> String {
    let Some(channel) = plugin.channel() else { return "no session".to_owned() };
    let [token] = plugin.metadata();
    let metadata = [token, (CALL_KEY, cause.to_owned())];
    let (event, json) = (event.to_owned(), json.to_owned());
    let request = Request::new(EmitRequest { event, json, ..EmitRequest::default() });
    let answer = match wire::with_metadata(request, &metadata) {
        Ok(request) => EventsClient::new(channel).emit(request).await,
        Err(status) => Err(status),
    };
    match answer {
        Ok(answer) => format!("emitted to {}", answer.into_inner().subscriptions),
        Err(status) => Refusal::from(status).to_string(),
    }
}

/// Calls any RPC with an empty request; `let in` whatever else it comes to, or the refusal.
pub async fn any(plugin: &Plugin, path: &str) -> String {
    let Some(channel) = plugin.channel() else { return "no session".to_owned() };
    let request = match path {
        // Whom it may call is looked at, too.
        "/outboard.plugin.v1.Plugins/Call" => {
            let request = CallPluginRequest { plugin: "beta".to_owned(), ..Default::default() };
            prost::Message::encode_to_vec(&request)
        }
        _ => Vec::new(),
    };
    match wire::call(&channel, path, &plugin.metadata(), request.into()).await {
        Ok(()) => "let in".to_owned(),
        Err(status) => match Refusal::from(status) {
            refusal if refusal.reason == "PERMISSION_DENIED" => refusal.to_string(),
            // Then it was passed on to whoever might have carried it out.
            refusal if refusal.reason == "APP_UNSUPPORTED" => "let in".to_owned(),
            refusal if refusal.code == tonic::Code::Unimplemented => refusal.to_string(),
            _ => "let in".to_owned(),
        },
    }
}

/// Sends with a token that is not its own.
pub async fn with_wrong_token(plugin: &Plugin) -> String {
    let Some(channel) = plugin.channel() else { return "no session".to_owned() };
    let metadata = [(TOKEN_KEY, "wrong".to_owned())];
    let request = wire::with_metadata(Request::new(SendRequest::default()), &metadata);
    match request {
        Ok(request) => spoken(MessagesClient::new(channel).send(request).await),
        Err(status) => spoken(Err(status)),
    }
}

type Messages = MessagesClient<tonic::transport::Channel>;

async fn call<T>(
    plugin: &Plugin,
    cause: &str,
    request: T,
    rpc: impl AsyncFnOnce(Messages, Request<T>) -> Result<Response<SendResponse>, Status>,
) -> Result<Response<SendResponse>, Status> {
    let channel = plugin.channel().ok_or_else(|| Status::unavailable("no session"))?;
    let [token] = plugin.metadata();
    let mut metadata = vec![token];
    if !cause.is_empty() {
        metadata.push((CALL_KEY, cause.to_owned()));
    }
    rpc(MessagesClient::new(channel), wire::with_metadata(Request::new(request), &metadata)?).await
}

fn spoken(answer: Result<Response<SendResponse>, Status>) -> String {
    match answer {
        Ok(answer) => format!("sent {}", answer.into_inner().message_id),
        Err(status) => {
            let refusal = Refusal::from(status);
            let outcome = refusal.details.get("outcome").map_or("", String::as_str);
            format!("{refusal} outcome={outcome}")
        }
    }
}

/// `admin PATH`, `app PATH` or `session PATH TOKEN`: `let in`, or why not. `metrics PATH`: what is
/// answered to whoever speaks HTTP/1.1.
pub async fn try_socket(what: &str) -> String {
    let mut words = what.split_whitespace();
    let (Some(service), Some(path)) = (words.next(), words.next()) else {
        return "which service, which path?".to_owned();
    };
    if service == "metrics" {
        let answer = outboard_tests::catcher::fetch_at(Path::new(path), "/metrics").await;
        return answer.unwrap_or_else(|error| format!("no connection: {error:?}"));
    }
    match wire::dial(Path::new(path)).await {
        Ok(channel) => knock(service, channel, words.next().unwrap_or_default()).await,
        Err(error) => format!("no connection: {error:?}"),
    }
}

async fn knock(service: &str, channel: tonic::transport::Channel, token: &str) -> String {
    let answer = match service {
        "admin" => AdminClient::new(channel).list(ListRequest {}).await.map(drop),
        "app" => AppClient::new(channel).requests(AppHello::default()).await.map(drop),
        _ => {
            let metadata = [(TOKEN_KEY, token.to_owned())];
            let request = wire::with_metadata(Request::new(SendRequest::default()), &metadata);
            match request {
                Ok(request) => MessagesClient::new(channel).send(request).await.map(drop),
                Err(status) => Err(status),
            }
        }
    };
    match answer {
        Ok(()) => "let in".to_owned(),
        Err(status) => Refusal::from(status).to_string(),
    }
}
