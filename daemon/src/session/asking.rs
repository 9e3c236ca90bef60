//! What a plugin asks of the app besides sending a message, from its RPC to the app's answer: one
//! way for all of it.
//!
//! What may be asked stands in tables, and where a request goes is routing's to say; here a plugin
//! waits for what comes of it, or for its deadline.

use std::sync::Arc;
use std::time::Duration;

use outboard_proto::app::{Request as Asked, answer, request::Of};
use outboard_proto::common::{
    ChannelInfo, ChannelPage, Done, Failure, Message, MessagePage, Reason, User,
};
use outboard_proto::operations::{self, Keeping};
use tonic::{Code, Request, Response, Status};

use super::listen::Entrance;
use super::messages::{cause, patience};
use super::places;
use crate::audit::moderation;
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
    let result = match of(request.into_inner()) {
        act @ Of::Moderate(_) => to_its_end(entrance, act, cause, patience).await,
        other => carry_out(entrance, other, cause, patience).await,
    };
    let taken = result.and_then(|result| U::take(result).ok_or_else(another_kind));
    taken.map(Response::new).map_err(|failure| status::of(&failure))
}

/// As [`carry_out`], and on record, even if the plugin goes away meanwhile.
async fn to_its_end(
    entrance: &Arc<Entrance>,
    of: Of,
    cause: Option<Cause>,
    patience: Duration,
) -> Result<answer::Result, Failure> {
    let entrance = Arc::clone(entrance);
    let done = tokio::spawn(async move { carry_out(&entrance, of, cause, patience).await });
    done.await.unwrap_or_else(|_| Err(another_kind()))
}

async fn carry_out(
    entrance: &Arc<Entrance>,
    mut of: Of,
    cause: Option<Cause>,
    patience: Duration,
) -> Result<answer::Result, Failure> {
    check(&mut of)?;
    let (row, keyed) = (operations::of(&of), is_keyed(&of));
    let outgoing = entrance.switchboard.compose_asked(entrance.member, of, cause.clone())?;
    places::allowed(entrance, &outgoing.request, cause.as_ref())?;
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
    result.and_then(|result| places::seen(entrance, &outgoing.request, result))
}

/// Every act of moderation is on record: who, on whom, why, for whom, and what came of it. Of one
/// that is queued the outbox records that when it knows.
fn record(entrance: &Entrance, asked: &Asked, result: &Result<answer::Result, Failure>) {
    if let Some(act) = moderation::of(&entrance.facts().name, asked) {
        entrance.refusals.audit().record(act.came_to(result));
    }
}

fn another_kind() -> Failure {
    let text = "the app answered something else than it was asked for";
    Failure::new(Code::Internal, Reason::BadAnswer, text)
}
