//! Answers, and what tests read out of them.
//!
//! It refuses to know over which stream they came.

use std::fmt::Debug;

use anyhow::Context as _;
use outboard_proto::app::{
    CommandResult, InterceptResult, Request, command_result, intercept_result, request,
};
use outboard_proto::common::{Failure, Message, Verdict};
use tokio::sync::{oneshot, watch};

use crate::{PATIENCE, values};

/// An answer that will come.
#[derive(Debug)]
pub struct Expected<T> {
    /// The id it will have.
    pub id: u64,
    pub(super) answer: oneshot::Receiver<T>,
}

impl<T> Expected<T> {
    /// The answer.
    ///
    /// # Errors
    /// The session ended first, or it did not come within the patience of a test.
    pub async fn answer(self) -> anyhow::Result<T> {
        let answer = tokio::time::timeout(PATIENCE, self.answer).await;
        answer.context("no answer came")?.context("the session ended before the answer")
    }
}

/// What the request about a hook came to.
///
/// # Errors
/// It was at fault itself.
pub fn verdict(result: InterceptResult) -> anyhow::Result<Verdict> {
    match result.result {
        Some(intercept_result::Result::Verdict(verdict)) => Ok(verdict),
        Some(intercept_result::Result::Failure(failure)) => anyhow::bail!("{failure}"),
        None => anyhow::bail!("neither verdict nor failure"),
    }
}

/// What a command replied.
#[must_use]
pub fn reply_text(result: &CommandResult) -> Option<String> {
    match &result.result {
        Some(command_result::Result::Reply(reply)) => {
            Some(values::text_of(reply.body.as_ref()).to_owned())
        }
        Some(command_result::Result::Failure(_)) | None => None,
    }
}

/// Why a command failed.
#[must_use]
pub fn failure(result: &CommandResult) -> Option<&Failure> {
    match &result.result {
        Some(command_result::Result::Failure(failure)) => Some(failure),
        Some(command_result::Result::Reply(_)) | None => None,
    }
}

/// The message a plugin wants to be sent.
///
/// # Errors
/// It wants something else.
pub fn message_of(request: Request) -> anyhow::Result<Message> {
    let Some(request::Of::Send(send)) = request.of else { anyhow::bail!("it asks for no send") };
    send.message.context("a send without a message")
}

pub(super) async fn wait_for<T: Clone + Debug>(
    mut seen: watch::Receiver<T>,
    what: &str,
    wanted: impl Fn(&T) -> bool,
) -> anyhow::Result<T> {
    let last = seen.clone();
    match tokio::time::timeout(PATIENCE, seen.wait_for(|value| wanted(value))).await {
        Ok(Ok(value)) => Ok(value.clone()),
        Ok(Err(_)) => anyhow::bail!("the session ended before its {what} became so"),
        Err(_) => anyhow::bail!("the {what} never became so; at last: {:?}", *last.borrow()),
    }
}
