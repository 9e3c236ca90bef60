//! The page's view of the room as server-sent events: everything first, then each change.
//!
//! It refuses to know what the changes mean.

use std::convert::Infallible;
use std::sync::Arc;

use axum::response::sse::{Event, KeepAlive, Sse};
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::room::Room;

/// Events on their way to one page. A page that reads slower waits, and catches up by snapshot.
const ON_THE_WAY: usize = 64;

type Live = Sse<axum::response::sse::KeepAliveStream<ReceiverStream<Result<Event, Infallible>>>>;

/// A stream for one page.
pub fn stream(room: Arc<Room>) -> Live {
    let (page, events) = mpsc::channel(ON_THE_WAY);
    tokio::spawn(tell(room, page));
    Sse::new(ReceiverStream::new(events)).keep_alive(KeepAlive::default())
}

async fn tell(room: Arc<Room>, page: mpsc::Sender<Result<Event, Infallible>>) {
    loop {
        let (everything, mut changes) = room.watch();
        if page.send(Ok(event("everything", &everything))).await.is_err() {
            return;
        }
        loop {
            match changes.recv().await {
                Ok(change) if page.send(Ok(event("change", &change))).await.is_err() => return,
                Ok(_) => {}
                // Too far behind: everything anew.
                Err(RecvError::Lagged(_)) => break,
                Err(RecvError::Closed) => return,
            }
        }
    }
}

fn event(name: &str, what: &impl Serialize) -> Event {
    let json = serde_json::to_string(what).unwrap_or_else(|_| "null".into());
    Event::default().event(name).data(json)
}
