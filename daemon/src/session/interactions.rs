//! The host API's Interactions: follow-ups to what a plugin deferred.
//!
//! It decodes, calls and encodes; what may be said is decided elsewhere.

use std::sync::Arc;

use outboard_proto::app::{FollowUp, request::Of};
use outboard_proto::common::{Failure, Reason};
use outboard_proto::plugin::interactions_server;
use outboard_proto::plugin::{FollowUpRequest, FollowUpResponse};
use tonic::{Code, Request, Response, Status};

use super::listen::Entrance;
use super::messages::{patience, sent};
use super::places;
use crate::routing::needed_first;
use crate::status;

/// The service of one connection.
pub struct HostInteractions {
    pub entrance: Arc<Entrance>,
}

#[tonic::async_trait]
impl interactions_server::Interactions for HostInteractions {
    async fn follow_up(
        &self,
        request: Request<FollowUpRequest>,
    ) -> Result<Response<FollowUpResponse>, Status> {
        let (entrance, patience) = (Arc::clone(&self.entrance), patience(&request));
        let request = request.into_inner();
        // To its end, even if the plugin goes away meanwhile: the last word closes what it closes.
        let said = tokio::spawn(async move {
            let name = entrance.facts().name.clone();
            // The grant may have been narrowed, or withdrawn, since it was deferred.
            let may = |workspace: &str, said: &FollowUp| may(&entrance, workspace, said);
            let who = (entrance.member, &*name);
            entrance.interactions.follow_up(who, request, patience, may).await
        });
        let said = said.await.unwrap_or_else(|_| Err(broken()));
        let sent = said.and_then(sent).map_err(|failure| status::of(&failure))?;
        Ok(Response::new(FollowUpResponse { message_id: sent.message_id }))
    }
}

fn may(entrance: &Arc<Entrance>, workspace: &str, said: &FollowUp) -> Result<(), Failure> {
    let of = Of::FollowUp(FollowUp { action: said.action, ..FollowUp::default() });
    let (rpc, needed) = needed_first(&of);
    entrance.permit(rpc, needed)?;
    let channel = said.channel.clone().unwrap_or_default();
    places::place_allowed(entrance, &of, workspace, &channel)
}

fn broken() -> Failure {
    Failure::new(Code::Internal, Reason::Internal, "saying it failed unexpectedly")
}
