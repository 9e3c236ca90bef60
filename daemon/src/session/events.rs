//! The host API's Events: a plugin tells what has happened in its own world.
//!
//! Who hears of it is routing's to say; here a plugin waits until the event is taken.

use std::sync::Arc;

use outboard_proto::common::{Failure, Reason};
use outboard_proto::limits::CALL_KEY;
use outboard_proto::plugin::events_server::Events;
use outboard_proto::plugin::{EmitRequest, EmitResponse};
use tonic::{Code, Request, Response, Status};

use super::listen::Entrance;
use crate::status;

/// The service of one connection.
pub struct HostEvents {
    pub entrance: Arc<Entrance>,
}

#[tonic::async_trait]
impl Events for HostEvents {
    async fn emit(&self, request: Request<EmitRequest>) -> Result<Response<EmitResponse>, Status> {
        let (board, member) = (&self.entrance.switchboard, self.entrance.member);
        let named = request.metadata().get(CALL_KEY).and_then(|named| named.to_str().ok());
        let cause = named.and_then(|named| board.cause(member, named));
        let told = board.emit(member, request.into_inner(), cause);
        let told = told.map_err(|failure| status::of(&failure))?;
        let published = told.await.map_err(|_| status::of(&stopping()))?;
        match published.failure {
            Some(failure) => Err(status::of(&failure)),
            None => Ok(Response::new(EmitResponse {
                event_id: published.event_id,
                subscriptions: published.subscriptions,
            })),
        }
    }
}

fn stopping() -> Failure {
    Failure::new(Code::Unavailable, Reason::Stopping, "the daemon is stopping")
}
