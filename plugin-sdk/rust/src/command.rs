//! Commands: what somebody typed or chose, its arguments, and the ways to answer.
//!
//! It refuses to parse: the daemon has done that by the manifest's `args`.

use outboard_proto::common as wire;
use outboard_proto::plugin::RunCommand;

use crate::argument::{ArgumentError, FromValue};
use crate::body::Body;
use crate::context::Context;
use crate::error::HostError;
use crate::exchange::{Exchange, ReplyStream};
use crate::follow_up::Later;
use crate::outcome::Outcome;
use crate::reply::Reply;
use crate::subject::{channel_of, sender_of};

/// A command that somebody ran.
#[derive(Debug)]
pub struct Command {
    run: RunCommand,
    exchange: Exchange,
}

impl Command {
    pub(crate) fn new(run: RunCommand, exchange: Exchange) -> Self {
        Self { run, exchange }
    }

    /// The command's name, without the slash.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.run.name
    }

    /// Which of its subcommands; empty where it has none.
    #[must_use]
    pub fn subcommand(&self) -> &str {
        &self.run.subcommand
    }

    /// The message whose menu it was chosen from, of a command with `kind = "message"`.
    #[must_use]
    pub fn target_message(&self) -> Option<&wire::Message> {
        self.run.target_message.as_deref()
    }

    /// The user whose menu it was chosen from, of a command with `kind = "user"`.
    #[must_use]
    pub fn target_user(&self) -> Option<&wire::Sender> {
        self.run.target_user.as_ref()
    }

    /// What was typed after the name.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.run.text
    }

    /// Where it was typed.
    #[must_use]
    pub fn channel(&self) -> &wire::Channel {
        channel_of(self.run.channel.as_ref())
    }

    /// Who typed it.
    #[must_use]
    pub fn sender(&self) -> &wire::Sender {
        sender_of(self.run.sender.as_ref())
    }

    /// Everything about it.
    #[must_use]
    pub fn run(&self) -> &RunCommand {
        &self.run
    }

    /// The time that is left, and what a handler may ask of the host.
    #[must_use]
    pub fn ctx(&self) -> &Context {
        &self.exchange.ctx
    }

    /// The argument `name`: a `String` (also for users, channels and choices), `i64`, `f64` or
    /// `bool`, or an `Option` of one for an optional argument.
    ///
    /// # Errors
    /// The argument is missing or of another type, which means that the manifest says otherwise.
    pub fn arg<T: FromValue>(&self, name: &str) -> Result<T, ArgumentError> {
        let value = self.run.args.get(name).and_then(|value| value.of.as_ref());
        T::from_value(value).map_err(|expected| ArgumentError {
            command: self.run.name.clone(),
            argument: name.to_owned(),
            expected,
        })
    }

    /// Says `body` to everyone in the channel.
    pub fn reply(&self, body: impl Into<Body>) -> Reply {
        Reply::new(body)
    }

    /// Says `body` to the person who ran the command.
    pub fn whisper(&self, body: impl Into<Body>) -> Reply {
        Reply::whisper(body)
    }

    /// Tells the person what is wrong with what they typed.
    pub fn refuse(&self, why: impl Into<String>) -> Reply {
        Reply::refuse(why)
    }

    /// Shows how far the work is, and keeps the command from timing out for 30 s more, 15 minutes
    /// in all.
    ///
    /// # Errors
    /// The session is lost.
    pub async fn progress(&self, percent: u32, text: impl Into<String>) -> Result<(), HostError> {
        self.exchange.progress(percent, text.into()).await
    }

    /// Begins a reply that appears piece by piece.
    #[must_use]
    pub fn stream(&self) -> ReplyStream<'_> {
        self.exchange.stream()
    }

    /// Answers later: returns at once the reply that says so, and goes on with `work`, whose reply
    /// is the last follow-up. There are 15 minutes, whatever the call's time; what is said on the
    /// way goes through `later`. When the app cancels it, `work` is dropped.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use outboard_plugin::{Exit, Later, Plugin};
    ///
    /// fn main() -> Exit {
    ///     Plugin::new("fortune", "1.0.0")
    ///         .command("fortune", async |cmd| {
    ///             let who = cmd.sender().name.clone();
    ///             cmd.defer(async move |_: &mut Later| {
    ///                 tokio::time::sleep(Duration::from_secs(60)).await;
    ///                 format!("{who} will find a coin.")
    ///             })
    ///         })
    ///         .run()
    /// }
    /// ```
    ///
    /// # Panics
    /// In a [`blocking`](crate::blocking) handler: return [`Reply::deferred`] there and say what
    /// follows through [`Command::later`].
    pub fn defer<R: Outcome<Reply> + 'static>(
        &self,
        work: impl AsyncFnOnce(&mut Later) -> R + 'static,
    ) -> Reply {
        self.exchange.defer(work)
    }

    /// The way to say more once the handler has returned [`Reply::deferred`].
    #[must_use]
    pub fn later(&self) -> Later {
        self.exchange.later()
    }
}
