//! Holding, and deciding about what is held.
//!
//! It refuses to know who may, and which decision counts.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use outboard_proto::common::{Hold, Text};
use outboard_proto::plugin::messages_client::MessagesClient;
use outboard_proto::plugin::{DropHeldRequest, HeldResponse, ListHeldRequest, ReleaseHeldRequest};
use outboard_tests::{Refusal, wire};
use tonic::transport::Channel;
use tonic::{Request, Response, Status};

use crate::plugin::Plugin;

/// How long a decision may take; the daemon answers before.
const BRIEFLY: Duration = Duration::from_secs(2);

/// `hold=QUEUE`, `hold-as=ID`, `hold-for=MILLISECONDS`, `hold-until=MICROSECONDS`.
pub fn hold(verb: &str, value: &str) -> Option<Hold> {
    let number = || value.parse::<i64>().unwrap_or(0);
    let hold = Hold {
        queue: "review".to_owned(),
        reason: Some(Text { text: "somebody will look".to_owned(), ..Text::default() }),
        ..Hold::default()
    };
    match verb {
        "hold" if value.is_empty() => Some(hold),
        "hold" => Some(Hold { queue: value.to_owned(), ..hold }),
        "hold-as" => Some(Hold { id: value.to_owned(), ..hold }),
        "hold-for" => Some(Hold { expires_at_us: now_us() + number() * 1000, ..hold }),
        "hold-until" => Some(Hold { expires_at_us: number(), ..hold }),
        _ => None,
    }
}

fn now_us() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// Releases; what came of it, or the refusal.
pub async fn release(plugin: &Plugin, id: &str) -> String {
    let request = ReleaseHeldRequest { id: id.to_owned() };
    spoken(
        call(plugin, request, async |mut messages, request| messages.release_held(request).await)
            .await,
    )
}

/// Drops; what came of it, or the refusal.
pub async fn drop(plugin: &Plugin, id: &str, why: &str) -> String {
    let reason = Some(Text { text: why.to_owned(), code: "spam".to_owned(), ..Text::default() });
    let request = DropHeldRequest { id: id.to_owned(), reason };
    spoken(
        call(plugin, request, async |mut messages, request| messages.drop_held(request).await)
            .await,
    )
}

/// The ids of what it may decide about.
pub async fn list(plugin: &Plugin, queue: &str) -> String {
    let request = ListHeldRequest { queue: queue.to_owned(), after: 0 };
    let listed =
        call(plugin, request, async |mut messages, request| messages.list_held(request).await)
            .await;
    match listed {
        Ok(listed) => {
            let items = listed.into_inner().items.into_iter();
            items.map(|item| format!("{}/{}", item.plugin, item.id)).collect::<Vec<_>>().join(" ")
        }
        Err(status) => Refusal::from(status).to_string(),
    }
}

async fn call<T, R>(
    plugin: &Plugin,
    request: T,
    rpc: impl AsyncFnOnce(MessagesClient<Channel>, Request<T>) -> Result<Response<R>, Status>,
) -> Result<Response<R>, Status> {
    let channel = plugin.channel().ok_or_else(|| Status::unavailable("no session"))?;
    let mut request = wire::with_metadata(Request::new(request), &plugin.metadata())?;
    request.set_timeout(BRIEFLY);
    rpc(MessagesClient::new(channel), request).await
}

fn spoken(answer: Result<Response<HeldResponse>, Status>) -> String {
    match answer.map(Response::into_inner) {
        Ok(HeldResponse { message_id, told: true }) => format!("done {message_id}"),
        Ok(HeldResponse { told: false, .. }) => "the app will be told".to_owned(),
        Err(status) => Refusal::from(status).to_string(),
    }
}
