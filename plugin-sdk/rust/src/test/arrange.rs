//! Messages, people and commands for a test to start from.
//!
//! It refuses to know the harness's workings; a prepared command hands itself over.

use outboard_proto::common::{self as wire, Failure, value::Of};
use outboard_proto::plugin::RunCommand;

use super::Harness;
use crate::body::Body;
use crate::reply::Reply;

/// A message with `text` by the user `sender` in the channel `channel`.
pub fn message(sender: &str, channel: &str, text: impl Into<Body>) -> wire::Message {
    wire::Message {
        channel: Some(place(channel)),
        sender: Some(person(sender)),
        body: Some(text.into().0),
        role: wire::Role::User.into(),
        mutable: true,
        ..wire::Message::default()
    }
}

pub(super) fn person(name: &str) -> wire::Sender {
    wire::Sender {
        id: name.to_owned(),
        name: name.to_owned(),
        kind: wire::SenderKind::User.into(),
        ..wire::Sender::default()
    }
}

pub(super) fn place(name: &str) -> wire::Channel {
    let kind = wire::ChannelKind::Public.into();
    wire::Channel { id: name.to_owned(), name: name.to_owned(), kind }
}

/// A command that a test is about to run: by `ada` in `town-square`.
#[must_use = "it does nothing until it is run"]
pub struct CommandCall<'a> {
    harness: &'a mut Harness,
    run: RunCommand,
}

impl<'a> CommandCall<'a> {
    pub(super) fn new(harness: &'a mut Harness, name: &str) -> Self {
        let (name, subcommand) = name.split_once(' ').unwrap_or((name, ""));
        let run = RunCommand {
            name: name.to_owned(),
            subcommand: subcommand.to_owned(),
            channel: Some(place("town-square")),
            sender: Some(person("ada")),
            ..RunCommand::default()
        };
        Self { harness, run }
    }

    /// Gives the argument `name`: a string, `i64`, `f64` or `bool`, as the daemon would have
    /// parsed it.
    pub fn arg(mut self, name: &str, value: impl Into<Argument>) -> Self {
        let value = wire::Value { of: Some(value.into().0) };
        self.run.args.insert(name.to_owned(), value);
        self
    }

    /// States what was typed after the name.
    pub fn text(mut self, text: &str) -> Self {
        text.clone_into(&mut self.run.text);
        self
    }

    /// States who typed it.
    pub fn by(mut self, sender: &str) -> Self {
        self.run.sender = Some(person(sender));
        self
    }

    /// States the message whose menu it is chosen from.
    pub fn on_message(mut self, message: wire::Message) -> Self {
        self.run.kind = wire::CommandKind::Message.into();
        self.run.target_message = Some(Box::new(message));
        self
    }

    /// States the user whose menu it is chosen from.
    pub fn on_user(mut self, user: &str) -> Self {
        self.run.kind = wire::CommandKind::User.into();
        self.run.target_user = Some(person(user));
        self
    }

    /// Runs it. Its interaction has the id `interaction-N`, where N counts all calls from 1.
    ///
    /// # Errors
    /// The handler failed, panicked, or there is none.
    pub fn run(self) -> Result<Reply, Failure> {
        self.harness.run_command(self.run)
    }
}

/// An argument's value.
#[derive(Debug, Clone, PartialEq)]
pub struct Argument(pub(super) Of);

impl From<&str> for Argument {
    fn from(text: &str) -> Self {
        Self(Of::String(text.to_owned()))
    }
}

impl From<i64> for Argument {
    fn from(number: i64) -> Self {
        Self(Of::Integer(number))
    }
}

impl From<f64> for Argument {
    fn from(number: f64) -> Self {
        Self(Of::Number(number))
    }
}

impl From<bool> for Argument {
    fn from(truth: bool) -> Self {
        Self(Of::Boolean(truth))
    }
}

impl From<Of> for Argument {
    fn from(value: Of) -> Self {
        Self(value)
    }
}
