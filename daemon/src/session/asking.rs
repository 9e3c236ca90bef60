//! What a plugin asks of the app besides sending a message, from its RPC to the app's answer: one
//! way for all of it.
//!
//! What may be asked stands in tables, and where a request goes is routing's to say; here a plugin
//! waits for what comes of it, or for its deadline.

use std::sync::Arc;
use std::time::Duration;

use outboard_proto::app::{Request as Asked, answer, request::Of};
use outboard_proto::common::{
    ChannelInfo, ChannelPage, Done, Failure, Message, MessagePage, ModerationAct, Reason, Sender,
    User,
};
use outboard_proto::operations::{self, Keeping};
use tonic::{Code, Request, Response, Status};

use super::listen::Entrance;
use super::messages::{cause, patience};
use super::places;
use crate::routing::{Cause, check, is_keyed};
use crate::status;

/// A branch of an answer.
pub trait Taken: Sized {
    /// What stands in this branch.
    fn take(result: answer::Result) -> Option<Self>;
}

macro_rules! taken {
    ($($type:ty = $branch:ident),* $(,)?) => {$(
        impl Taken for $type {
            fn take(result: answer::Result) -> Option<Self> {
                match result {
                    answer::Result::$branch(it) => Some(it.into()),
                    _ => None,
                }
            }
        }
    )*};
}

impl Taken for Message {
    fn take(result: answer::Result) -> Option<Self> {
        match result {
            answer::Result::Message(message) => Some(*message),
            _ => None,
        }
    }
}

impl Taken for User {
    fn take(result: answer::Result) -> Option<Self> {
        match result {
            answer::Result::User(user) => Some(*user),
            _ => None,
        }
    }
}

impl Taken for ChannelInfo {
    fn take(result: answer::Result) -> Option<Self> {
        match result {
            answer::Result::Channel(channel) => Some(*channel),
            _ => None,
        }
    }
}

taken! { Done = Done, MessagePage = Messages, ChannelPage = Channels }

/// Has the app carry something out and answers with what it said.
///
/// # Errors
/// Why nothing came of it.
pub async fn ask<T, U: Taken>(
    entrance: &Arc<Entrance>,
    request: Request<T>,
    of: impl FnOnce(T) -> Of,
) -> Result<Response<U>, Status> {
    let (cause, patience) = (cause(entrance, &request), patience(&request));
    let result = carry_out(entrance, of(request.into_inner()), cause, patience).await;
    let taken = result.and_then(|result| U::take(result).ok_or_else(another_kind));
    taken.map(Response::new).map_err(|failure| status::of(&failure))
}

async fn carry_out(
    entrance: &Arc<Entrance>,
    mut of: Of,
    cause: Option<Cause>,
    patience: Duration,
) -> Result<answer::Result, Failure> {
    check(&mut of)?;
    places::allowed(entrance, &of, cause.as_ref())?;
    let (row, keyed) = (operations::of(&of), is_keyed(&of));
    let outgoing = entrance.switchboard.compose_asked(entrance.member, of, cause.clone())?;
    let answered = match row.keeping {
        Keeping::AtOnce => entrance.outbox.at_once(&outgoing, patience).await,
        Keeping::Kept => {
            let name = entrance.facts().name.clone();
            entrance.outbox.carry_out(&name, outgoing.clone(), keyed, patience).await
        }
    };
    let result = answered.and_then(|answer| match answer.result {
        Some(answer::Result::Failure(failure)) => Err(failure),
        Some(result) => Ok(result),
        None => Err(another_kind()),
    });
    record(entrance, &outgoing.request, &result);
    let of = outgoing.request.of.as_ref();
    // Where a channel was named, the answer has been held to it.
    if of.is_some_and(|of| operations::channel_of(of).is_empty()) {
        return result.and_then(|result| places::seen(entrance, result));
    }
    result
}

/// Every act of moderation is on record: who, on whom, why, for whom, and what came of it.
fn record(entrance: &Entrance, asked: &Asked, result: &Result<answer::Result, Failure>) {
    let Some(Of::Moderate(act)) = &asked.of else { return };
    let plugin = entrance.facts().name.clone();
    let word = operations::name_of_act(ModerationAct::try_from(act.act).unwrap_or_default());
    let behind = asked.on_behalf_of.as_ref().map_or("", |Sender { id, .. }| id);
    let outcome = match result {
        Ok(_) => "done".to_owned(),
        Err(failure) => failure.to_string(),
    };
    let (on, reason, place) = (&act.user_id, &act.reason, &act.channel_id);
    tracing::info!(%plugin, act = word, on, reason, behind, place, outcome, "moderation");
}

fn another_kind() -> Failure {
    let text = "the app answered something else than it was asked for";
    Failure::new(Code::Internal, Reason::BadAnswer, text)
}
