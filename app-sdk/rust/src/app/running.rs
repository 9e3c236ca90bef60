//! A command or an action under way: what comes of it piece by piece, then its result.
//!
//! It refuses to know what was asked.

use std::future::poll_fn;
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::Bytes;
use outboard_proto::app::daemon_frame::Kind;
use outboard_proto::app::{CommandResult, DaemonFrame, command_result};
use outboard_proto::common::Visibility;
use outboard_proto::limits::FRAME_BYTES;
use tokio::time::timeout_at;

use crate::app::{App, CommandReply};
use crate::calls::Ended;
use crate::egress::Class;
use crate::error::CommandError;
use crate::message;
use crate::outcome::Why;
use crate::signs::Sign;

/// What a sign of progress gives a plugin, and a little for the daemon to say that it was missed.
const LEASE: Duration = Duration::from_millis(30_500);

/// A command or an action under way. Dropped, it is cancelled.
///
/// ```no_run
/// # async fn show(app: outboard_app::App, command: outboard_app::RunCommand) {
/// use outboard_app::Sign;
///
/// let mut running = app.start_command(command);
/// while let Some(sign) = running.next().await {
///     match sign {
///         Sign::Piece(text) => print!("{text}"),
///         Sign::Progress { percent, text } => println!("{percent} % {text}"),
///     }
/// }
/// match running.result().await {
///     Ok(answer) if answer.reply.deferred => println!("working…"),
///     Ok(answer) => println!("{:?}", answer.reply.body),
///     Err(error) => println!("{error}"),
/// }
/// # }
/// ```
#[derive(Debug)]
#[must_use = "dropped, it is cancelled"]
pub struct Running {
    app: App,
    interaction_id: String,
    budget: Duration,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    UnderWay { id: u64, deadline: Instant },
    Ended(Option<Result<CommandReply, CommandError>>),
}

/// What is heard of it next.
enum Heard {
    Sign(Sign),
    Ended(Ended),
}

impl App {
    /// Begins what `frame` asks for under the call `id`.
    pub(crate) fn begin(
        &self,
        opened: Result<(u64, Bytes), Why>,
        interaction_id: String,
        budget: Duration,
    ) -> Running {
        let sent = opened.and_then(|(id, frame)| {
            self.exchange().listen(&interaction_id);
            let sent = match frame.len() {
                size if size > FRAME_BYTES => Err(Why::TooLarge(size)),
                _ => {
                    let sent = self.exchange().send(Class::Call(id), frame);
                    sent.then_some(id).ok_or(Why::OverLimit)
                }
            };
            if sent.is_err() {
                self.exchange().abandon(id);
                self.exchange().stop_listening(&interaction_id);
            }
            sent
        });
        let stage = match sent {
            Ok(id) => Stage::UnderWay { id, deadline: Instant::now() + budget },
            Err(why) => Stage::Ended(Some(Err(CommandError::from_why(why)))),
        };
        Running { app: self.clone(), interaction_id, budget, stage }
    }
}

impl Running {
    /// What the plugin's follow-ups will name, and [`App::cancel`] takes.
    #[must_use]
    pub fn interaction_id(&self) -> &str {
        &self.interaction_id
    }

    /// Who may see the pieces that came so far: everyone in the channel, or whoever ran it.
    #[must_use]
    pub fn visibility(&self) -> Visibility {
        self.app.exchange().visibility(&self.interaction_id)
    }

    /// What comes next of it before its result; nothing once that is there.
    pub async fn next(&mut self) -> Option<Sign> {
        let Stage::UnderWay { id, deadline } = self.stage else { return None };
        let exchange = self.app.exchange();
        let listening = poll_fn(|context| {
            match exchange.poll_running(&self.interaction_id, id, context.waker()) {
                Poll::Ready(Ok(sign)) => Poll::Ready(Heard::Sign(sign)),
                Poll::Ready(Err(ended)) => Poll::Ready(Heard::Ended(ended)),
                Poll::Pending => Poll::Pending,
            }
        });
        match timeout_at(deadline.into(), listening).await {
            Ok(Heard::Sign(sign)) => {
                let more = match sign {
                    Sign::Piece(_) => self.budget,
                    Sign::Progress { .. } => self.budget.max(LEASE),
                };
                let deadline = deadline.max(Instant::now() + more);
                self.stage = Stage::UnderWay { id, deadline };
                Some(sign)
            }
            Ok(Heard::Ended(Ended::Answered(answer))) => {
                let whole = exchange.stop_listening(&self.interaction_id);
                self.stage = Stage::Ended(Some(read(*answer, whole)));
                None
            }
            Ok(Heard::Ended(Ended::Lost)) => self.end(Why::Lost),
            Err(_) => {
                exchange.missed(Instant::now());
                exchange.abandon(id);
                self.end(Why::Late)
            }
        }
    }

    fn end(&mut self, why: Why) -> Option<Sign> {
        self.app.exchange().stop_listening(&self.interaction_id);
        self.stage = Stage::Ended(Some(Err(CommandError::from_why(why))));
        None
    }

    /// Its result; signs that were not taken are passed over.
    ///
    /// # Errors
    /// What the plugin or the daemon said, or that nobody could be asked.
    pub async fn result(mut self) -> Result<CommandReply, CommandError> {
        while self.next().await.is_some() {}
        match &mut self.stage {
            Stage::Ended(result) => result.take(),
            Stage::UnderWay { .. } => None,
        }
        .unwrap_or(Err(CommandError::Unknown(Why::Lost)))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Stage::UnderWay { id, .. } = self.stage {
            self.app.exchange().abandon(id);
            self.app.exchange().stop_listening(&self.interaction_id);
        }
    }
}

fn read(answer: DaemonFrame, whole: String) -> Result<CommandReply, CommandError> {
    let Some(Kind::Command(told)) = answer.kind else {
        return Err(CommandError::from_why(Why::Unfit));
    };
    let CommandResult { plugin, interaction_id, result, .. } = told;
    match result {
        Some(command_result::Result::Reply(mut reply)) => {
            if reply.streamed && reply.body.is_none() && !reply.deferred {
                reply.body = Some(message::plain(whole));
            }
            Ok(CommandReply { plugin, interaction_id, reply })
        }
        Some(command_result::Result::Failure(failure)) => Err(CommandError::Failed(failure)),
        None => Err(CommandError::Failed(outboard_proto::common::Failure::default())),
    }
}
