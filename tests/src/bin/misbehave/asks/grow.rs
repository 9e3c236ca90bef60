//! A message that grows: `grow CHANNEL PIECE PIECE …`. `!abort` gives up, `!hang` falls silent,
//! `!twice` begins again, `!headless` does not begin.
//!
//! It refuses to know who carries it.

use std::future::pending;

use outboard_proto::plugin::messages_client::MessagesClient;
use outboard_proto::plugin::{SendRequest, StreamPiece, stream_piece::Kind};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::Status;

use super::Asking;

/// Grows it; its id, or the refusal.
pub async fn grow(asking: &Asking<'_>, what: &str) -> Result<String, Status> {
    let mut words = what.split(' ').map(str::to_owned);
    let begin = SendRequest { channel_id: words.next().unwrap_or_default(), ..Default::default() };
    let words: Vec<String> = words.collect();
    let (out, pieces) = mpsc::channel(4);
    tokio::spawn(async move {
        let mut first = vec![Kind::Begin(Box::new(begin.clone()))];
        if words.first().is_some_and(|word| word == "!headless") {
            first.clear();
        }
        for kind in first {
            let _ = out.send(StreamPiece { kind: Some(kind) }).await;
        }
        for word in words {
            let kind = match word.as_str() {
                "!headless" => continue,
                "!abort" => Kind::Abort("changed its mind".to_owned()),
                "!twice" => Kind::Begin(Box::new(begin.clone())),
                "!hang" => pending().await,
                piece => Kind::Text(super::large(piece)),
            };
            if out.send(StreamPiece { kind: Some(kind) }).await.is_err() {
                return;
            }
        }
    });
    let request = asking.request(ReceiverStream::new(pieces))?;
    let answer = MessagesClient::new(asking.channel.clone()).stream(request).await?;
    Ok(super::sent(answer))
}
