//! A message that grows while a plugin writes it: begun at one node, continued there by pieces,
//! and ended there whatever becomes of the plugin.
//!
//! It refuses to know what is written. How the app shows what broke off is the app's.

use std::sync::Arc;
use std::time::Duration;

use outboard_proto::app::{
    Answer, GrowEnd, GrowMessage, GrowMore, Request, answer, grow_message::Step,
};
use outboard_proto::app::{Sent, request::Of};
use outboard_proto::common::{Channel, Failure, Reason};
use outboard_proto::plugin::{SendRequest, SendResponse, StreamPiece, stream_piece::Kind};
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Code, Status};

use super::listen::Entrance;
use super::places;
use crate::routing::{Cause, NodeId, Outgoing, Speech};

/// How long the plugin may say nothing, and how long the app may take over a piece.
const GAP: Duration = Duration::from_secs(30);
/// Bytes of one piece.
const PIECE: usize = 16 * 1024;
/// Bytes of the whole: as a streamed reply.
const WHOLE: usize = 1 << 20;

/// One message under way. Dropped before its end, it tells the app that it broke off.
struct Growing {
    entrance: Arc<Entrance>,
    begun: Outgoing,
    node: NodeId,
    channel: Option<Channel>,
    message_id: String,
    seq: u64,
    said: usize,
    ended: bool,
}

/// Carries a stream of pieces to the app.
///
/// # Errors
/// Why it broke off: by the plugin's fault, or the app's.
pub async fn grow(
    entrance: &Arc<Entrance>,
    pieces: impl Stream<Item = Result<StreamPiece, Status>> + Unpin,
    cause: Option<Cause>,
) -> Result<SendResponse, Failure> {
    let mut pieces = std::pin::pin!(pieces);
    let begin = match next(&mut pieces).await? {
        Some(Kind::Begin(begin)) => *begin,
        Some(Kind::Text(_) | Kind::Abort(_)) | None => {
            return Err(out_of_order("a stream begins with `begin`"));
        }
    };
    let mut growing = Growing::begin(entrance, begin, cause).await?;
    let ended = growing.carry(&mut pieces).await;
    // Whatever it was, the app's cursor goes.
    growing.end(ended.as_ref().err().cloned().or_else(|| growing.abort(&ended))).await?;
    ended.map(|_| SendResponse { message_id: growing.message_id.clone() })
}

/// How a stream ended that was carried to its end.
enum End {
    /// All is said.
    Whole,
    /// The plugin gave up, and says why.
    GivenUp(String),
}

impl Growing {
    async fn begin(
        entrance: &Arc<Entrance>,
        begin: SendRequest,
        cause: Option<Cause>,
    ) -> Result<Self, Failure> {
        if !begin.only_to.is_empty() || !begin.to_user.is_empty() {
            let text = "what grows is for a whole channel: no only_to, no to_user";
            return Err(Failure::new(Code::InvalidArgument, Reason::Invalid, text));
        }
        let board = &entrance.switchboard;
        let begun = board.compose(entrance.member, Speech::Growing(begin), cause.clone())?;
        places::allowed(entrance, &begun.request, cause.as_ref())?;
        let (answer, node) = entrance.outbox.at_node(&begun, GAP).await?;
        let message_id = id_in(answer)?;
        let channel = channel_of(&begun);
        let entrance = Arc::clone(entrance);
        let (seq, said, ended) = (0, 0, false);
        Ok(Self { entrance, begun, node, channel, message_id, seq, said, ended })
    }

    async fn carry(
        &mut self,
        pieces: &mut (impl Stream<Item = Result<StreamPiece, Status>> + Unpin),
    ) -> Result<End, Failure> {
        loop {
            match next(pieces).await? {
                None => return Ok(End::Whole),
                Some(Kind::Abort(why)) => return Ok(End::GivenUp(why)),
                Some(Kind::Begin(_)) => return Err(out_of_order("a stream begins once")),
                Some(Kind::Text(text)) if text.is_empty() => {}
                Some(Kind::Text(text)) => self.more(text).await?,
            }
        }
    }

    async fn more(&mut self, text: String) -> Result<(), Failure> {
        self.said += text.len();
        if text.len() > PIECE || self.said > WHOLE {
            let text = format!("a piece has at most {PIECE} bytes, and all of them {WHOLE}");
            return Err(Failure::new(Code::ResourceExhausted, Reason::StreamTooLarge, text));
        }
        self.still_allowed()?;
        let (channel, message_id) = (self.channel.clone(), self.message_id.clone());
        let more = GrowMore { channel, message_id, seq: self.seq, text };
        self.seq += 1;
        let step = self.begun.following(step(Step::More(more)), self.node);
        id_in(self.entrance.outbox.at_once(&step, GAP).await?).map(|_| ())
    }

    /// The grant may be gone since the piece before.
    fn still_allowed(&self) -> Result<(), Failure> {
        let Request { of, workspace, .. } = &self.begun.request;
        let Some(of) = of else { return Ok(()) };
        let channel = self.channel.clone().unwrap_or_default();
        places::place_allowed(&self.entrance, of, workspace, &channel)
    }

    async fn end(&mut self, abort: Option<Failure>) -> Result<(), Failure> {
        let broke_off = abort.is_some();
        self.ended = true;
        let step = self.last(abort);
        let ended = self.entrance.outbox.at_once(&step, GAP).await.and_then(id_in);
        // Of what broke off the plugin hears why, not whether the app could still be told.
        if broke_off { Ok(()) } else { ended.map(|_| ()) }
    }

    fn abort(&self, ended: &Result<End, Failure>) -> Option<Failure> {
        match ended {
            Ok(End::GivenUp(why)) => {
                let why: String = why.chars().take(255).collect();
                Some(Failure::new(Code::Cancelled, Reason::HandlerFailed, why))
            }
            Ok(End::Whole) | Err(_) => None,
        }
    }

    fn last(&self, abort: Option<Failure>) -> Outgoing {
        let (channel, message_id) = (self.channel.clone(), self.message_id.clone());
        let end = GrowEnd { channel, message_id, abort };
        self.begun.following(step(Step::End(end)), self.node)
    }
}

impl Drop for Growing {
    fn drop(&mut self) {
        if self.ended {
            return;
        }
        // Nobody polls the RPC any more: its plugin, or the connection, is gone.
        let text = "the plugin went away before it had said all";
        let gone = Failure::new(Code::Unavailable, Reason::PluginUnavailable, text);
        let (last, outbox) = (self.last(Some(gone)), self.entrance.outbox.clone());
        tokio::spawn(async move {
            if let Err(failure) = outbox.at_once(&last, GAP).await {
                tracing::debug!("nobody could be told that a stream broke off: {failure}");
            }
        });
    }
}

async fn next(
    pieces: &mut (impl Stream<Item = Result<StreamPiece, Status>> + Unpin),
) -> Result<Option<Kind>, Failure> {
    match tokio::time::timeout(GAP, pieces.next()).await {
        Ok(Some(Ok(StreamPiece { kind: Some(kind) }))) => Ok(Some(kind)),
        Ok(Some(Ok(StreamPiece { kind: None }))) => Err(out_of_order("a piece says nothing")),
        Ok(Some(Err(status))) => {
            let text = format!("the plugin's stream broke: {}", status.message());
            Err(Failure::new(Code::Cancelled, Reason::PluginUnavailable, text))
        }
        Ok(None) => Ok(None),
        Err(_) => {
            let text = format!("nothing came for {} s", GAP.as_secs());
            Err(Failure::new(Code::DeadlineExceeded, Reason::Deadline, text))
        }
    }
}

fn step(step: Step) -> Of {
    Of::Grow(GrowMessage { step: Some(step) })
}

fn channel_of(begun: &Outgoing) -> Option<Channel> {
    let Some(Of::Grow(GrowMessage { step: Some(Step::Begin(begin)) })) = &begun.request.of else {
        return None;
    };
    begin.message.as_ref()?.channel.clone()
}

fn id_in(answer: Answer) -> Result<String, Failure> {
    match answer.result {
        Some(answer::Result::Sent(Sent { message_id })) => Ok(message_id),
        Some(answer::Result::Failure(failure)) => Err(failure),
        _ => {
            let text = "the app answered a piece with something else";
            Err(Failure::new(Code::Internal, Reason::BadAnswer, text))
        }
    }
}

fn out_of_order(text: &str) -> Failure {
    Failure::new(Code::InvalidArgument, Reason::OutOfOrder, text)
}
