//! Dead letters as operators see them: what the journal keeps, in frames. What an event says is
//! shown only where it was asked for.

use outboard_proto::admin::{DeadLetter, DeadLettersRequest, DeadLettersResponse, Done};
use outboard_proto::common::{Event, Failure, Reason};
use prost::Message as _;
use tonic::Code;

use crate::delivery::journal::{self, EventJournal as _};
use crate::fleet::Harbour;
use crate::status::of_store;

/// Letters of one answer, where nobody says how many.
const MOST: u32 = 1000;
/// How long the journal may take over what was ordered before.
const ORDERS: std::time::Duration = std::time::Duration::from_secs(1);

/// Letters of one plugin or of all.
///
/// # Errors
/// The journal failed.
pub async fn list(
    harbour: &Harbour,
    request: DeadLettersRequest,
) -> Result<DeadLettersResponse, Failure> {
    let plugin = Some(request.plugin).filter(|name| !name.is_empty());
    let most = if request.most == 0 { MOST } else { request.most.min(MOST) };
    current(harbour).await;
    let found = harbour.journal.dead_letters(plugin, request.before, most).await;
    let letters = found.map_err(|error| of_store(&error))?;
    Ok(DeadLettersResponse { letters: letters.into_iter().map(wire).collect() })
}

/// One letter, with what it says only where `content` asks for it.
///
/// # Errors
/// There is none with this number, or the journal failed.
pub async fn show(harbour: &Harbour, id: i64, content: bool) -> Result<DeadLetter, Failure> {
    current(harbour).await;
    let found = harbour.journal.dead_letter(id).await.map_err(|error| of_store(&error))?;
    let letter = found.ok_or_else(|| {
        let text = format!("no dead letter {id}");
        Failure::new(Code::NotFound, Reason::UnknownDeadLetter, text)
    })?;
    let said = if content { as_text(&letter.body) } else { String::new() };
    Ok(DeadLetter { content: said, ..wire(letter) })
}

/// Has letters delivered again.
///
/// # Errors
/// One is unknown, or the journal failed; then nothing was done.
pub async fn replay(harbour: &Harbour, ids: Vec<i64>) -> Result<Done, Failure> {
    let count = harbour.switchboard.replay_dead_letters(named(ids)?).await?;
    Ok(Done { message: format!("{} again", waiting(count)) })
}

/// Drops letters.
///
/// # Errors
/// One is unknown, or the journal failed; then nothing was done.
pub async fn drop(harbour: &Harbour, ids: Vec<i64>) -> Result<Done, Failure> {
    let count = harbour.switchboard.drop_dead_letters(named(ids)?).await?;
    Ok(Done { message: format!("dropped {count}") })
}

/// What has happened is to be shown, even where the journal was not told yet; but a journal that
/// does not answer hides nothing of what it has.
async fn current(harbour: &Harbour) {
    let _ = tokio::time::timeout(ORDERS, harbour.switchboard.orders_idle()).await;
}

fn waiting(count: usize) -> String {
    if count == 1 { "1 event waits".to_owned() } else { format!("{count} events wait") }
}

fn named(mut ids: Vec<i64>) -> Result<Vec<i64>, Failure> {
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        let text = "name at least one dead letter";
        return Err(Failure::new(Code::InvalidArgument, Reason::Invalid, text));
    }
    Ok(ids)
}

fn wire(letter: journal::DeadLetter) -> DeadLetter {
    DeadLetter {
        id: letter.id,
        plugin: letter.key.plugin.to_string(),
        event_id: letter.event_id,
        r#type: letter.kind,
        // The part before is the workspace; people know the channel.
        lane: letter.lane.replace('\u{1f}', "/"),
        cause: letter.cause,
        detail: letter.detail,
        attempts: letter.attempts,
        size_bytes: letter.size,
        published_us: letter.published_us,
        at_us: letter.at_us,
        content: String::new(),
    }
}

fn as_text(body: &[u8]) -> String {
    match Event::decode(body) {
        Ok(event) => format!("{event:#?}"),
        Err(error) => format!("it cannot be read: {error}"),
    }
}
