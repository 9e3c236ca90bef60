//! What plugins hold, as operators see it and decide about it. What it says is shown only where
//! that was asked for.

use std::time::Duration;

use outboard_proto::admin::{
    Done, DropHeldRequest, Held, ListHeldRequest, ListHeldResponse, ReleaseHeldRequest,
    ShowHeldRequest,
};
use outboard_proto::common::{Failure, HookPayload, Text};
use prost::Message as _;

use crate::fleet::Harbour;
use crate::held::port::Wanted;
use crate::held::stage::{By, Way};
use crate::held::{Told, dropping};
use crate::routing::item_of;

/// Items of one answer.
const MOST: u32 = 200;
/// How long an operator waits for the app.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is held, and what is decided but not told.
///
/// # Errors
/// The store failed.
pub async fn list(
    harbour: &Harbour,
    request: ListHeldRequest,
) -> Result<ListHeldResponse, Failure> {
    let ListHeldRequest { queue, after, most } = request;
    let queue = Some(queue).filter(|queue| !queue.is_empty());
    let most = if most == 0 { MOST } else { most.min(MOST) };
    let found = harbour.held.list(Wanted { plugin: None, queue, after, most }).await?;
    Ok(ListHeldResponse { items: found.iter().map(item_of).collect() })
}

/// One of them, with what it says only where `content` asks for it.
///
/// # Errors
/// There is none, or the store failed.
pub async fn show(harbour: &Harbour, request: ShowHeldRequest) -> Result<Held, Failure> {
    let kept = harbour.held.find(&request.id).await?;
    let content = match request.content && !kept.is.payload.is_empty() {
        true => as_text(&kept.is.payload),
        false => String::new(),
    };
    Ok(Held { item: Some(item_of(&kept)), content })
}

/// Has the app go on with it.
///
/// # Errors
/// Somebody else was first, the app will not, or the store failed.
pub async fn release(harbour: &Harbour, request: ReleaseHeldRequest) -> Result<Done, Failure> {
    decide(harbour, &request.id, Way::Release, "released").await
}

/// Has the app drop it.
///
/// # Errors
/// As [`release`].
pub async fn drop(harbour: &Harbour, request: DropHeldRequest) -> Result<Done, Failure> {
    let reason = Text { text: request.reason, ..Text::default() };
    decide(harbour, &request.id, dropping(Some(reason))?, "dropped").await
}

async fn decide(harbour: &Harbour, id: &str, way: Way, done: &str) -> Result<Done, Failure> {
    let message = match harbour.held.decide(id, (way, By::Operator), PATIENCE).await? {
        Told::Done(became) if became.is_empty() => format!("{done} {id}"),
        Told::Done(became) => format!("{done} {id}: message {became}"),
        Told::Later => format!("{done} {id}; the app will be told when it can be"),
    };
    Ok(Done { message })
}

fn as_text(payload: &[u8]) -> String {
    match HookPayload::decode(payload) {
        Ok(payload) => format!("{:#?}", payload.of),
        Err(error) => format!("it cannot be read: {error}"),
    }
}
