//! `Growing`: a message that people see grow while the plugin writes it.
//!
//! It refuses to know how the app shows it.

use std::sync::Arc;

use outboard_proto::plugin::{SendRequest, SendResponse, StreamPiece, stream_piece::Kind};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::error::HostError;
use crate::host::MessageId;
use crate::test::Recorder;

/// Pieces on their way before [`Growing::push`] waits.
pub(crate) const UNDER_WAY: usize = 8;

/// A message under way. One that is dropped before [`Growing::finish`] is shown as broken off.
///
/// ```
/// # use outboard_plugin::{Command, Reply, Result};
/// async fn tell(cmd: Command) -> Result<Reply> {
///     let mut story = cmd.ctx().messages().stream(&cmd.channel().id);
///     for word in ["Once ", "upon ", "a time."] {
///         story.push(word).await?;
///     }
///     story.finish().await?;
///     Ok(cmd.reply("told"))
/// }
/// ```
#[derive(Debug)]
pub struct Growing(Way);

#[derive(Debug)]
enum Way {
    Wire {
        pieces: Option<mpsc::Sender<StreamPiece>>,
        carried: Option<Carried>,
    },
    Recorded {
        recorder: Arc<Recorder>,
        begin: Box<SendRequest>,
        text: String,
    },
    /// It could not begin, or is over.
    Over(Option<HostError>),
}

type Carried = JoinHandle<Result<SendResponse, HostError>>;

impl Growing {
    pub(crate) fn wire(pieces: mpsc::Sender<StreamPiece>, carried: Carried) -> Self {
        Self(Way::Wire { pieces: Some(pieces), carried: Some(carried) })
    }

    pub(crate) fn recorded(recorder: Arc<Recorder>, begin: SendRequest) -> Self {
        let begin = Box::new(begin);
        Self(Way::Recorded { recorder, begin, text: String::new() })
    }

    pub(crate) fn refused(why: HostError) -> Self {
        Self(Way::Over(Some(why)))
    }

    /// Says more. Waits while much is under way.
    ///
    /// # Errors
    /// Why it broke off: the app will not have it, or the session is lost.
    pub async fn push(&mut self, text: impl Into<String>) -> Result<(), HostError> {
        let text = text.into();
        match &mut self.0 {
            Way::Recorded { text: said, .. } => {
                said.push_str(&text);
                Ok(())
            }
            Way::Wire { .. } => self.say(Kind::Text(text)).await,
            Way::Over(why) => Err(over(why.take())),
        }
    }

    /// Ends it; all is said.
    ///
    /// # Errors
    /// Why it broke off before.
    pub async fn finish(mut self) -> Result<MessageId, HostError> {
        if let Way::Recorded { recorder, begin, text } = &self.0 {
            return recorder.app(|app| app.grown(begin, text, None)).map(MessageId);
        }
        self.end().await
    }

    /// Ends it before all is said, and says why.
    ///
    /// # Errors
    /// Why it broke off before.
    pub async fn give_up(mut self, why: impl Into<String>) -> Result<MessageId, HostError> {
        let why = why.into();
        if let Way::Recorded { recorder, begin, text } = &self.0 {
            return recorder.app(|app| app.grown(begin, text, Some(why))).map(MessageId);
        }
        self.say(Kind::Abort(why)).await?;
        self.end().await
    }

    async fn say(&mut self, kind: Kind) -> Result<(), HostError> {
        let Way::Wire { pieces: Some(pieces), .. } = &self.0 else { return Err(over(None)) };
        match pieces.send(StreamPiece { kind: Some(kind) }).await {
            Ok(()) => Ok(()),
            // The other end has stopped reading, and says why.
            Err(_) => self.end().await.and(Err(over(None))),
        }
    }

    async fn end(&mut self) -> Result<MessageId, HostError> {
        match &mut self.0 {
            Way::Wire { pieces, carried } => {
                drop(pieces.take());
                let Some(carried) = carried.take() else { return Err(over(None)) };
                match carried.await {
                    Ok(answer) => answer.map(|sent| MessageId(sent.message_id)),
                    Err(_) => Err(over(None)),
                }
            }
            Way::Over(why) => Err(over(why.take())),
            Way::Recorded { .. } => Err(over(None)),
        }
    }
}

impl Drop for Growing {
    fn drop(&mut self) {
        if let Way::Wire { carried: Some(carried), .. } = &self.0 {
            // An end in good order would say that this was all.
            carried.abort();
        }
    }
}

fn over(why: Option<HostError>) -> HostError {
    why.unwrap_or_else(|| HostError::Unreachable("the message has ended".to_owned()))
}
