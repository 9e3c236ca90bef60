//! The host API's Interactions: follow-ups to what a plugin deferred.
//!
//! It decodes, calls and encodes; what may be said is decided elsewhere.

use std::sync::Arc;

use outboard_proto::app::{FollowUp, request::Of};
use outboard_proto::common::Failure;
use outboard_proto::plugin::interactions_server;
use outboard_proto::plugin::{FollowUpRequest, FollowUpResponse};
use tonic::{Request, Response, Status};

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
        let patience = patience(&request);
        let Entrance { member, interactions, .. } = &*self.entrance;
        let name = self.entrance.facts().name.clone();
        let who = (*member, &*name);
        // The grant may have been narrowed, or withdrawn, since it was deferred.
        let may = |workspace: &str, said: &FollowUp| self.may(workspace, said);
        let said = interactions.follow_up(who, request.into_inner(), patience, may).await;
        let sent = said.and_then(sent).map_err(|failure| status::of(&failure))?;
        Ok(Response::new(FollowUpResponse { message_id: sent.message_id }))
    }
}

impl HostInteractions {
    fn may(&self, workspace: &str, said: &FollowUp) -> Result<(), Failure> {
        let of = Of::FollowUp(FollowUp { action: said.action, ..FollowUp::default() });
        let (rpc, needed) = needed_first(&of);
        self.entrance.permit(rpc, needed)?;
        let channel = said.channel.clone().unwrap_or_default();
        places::place_allowed(&self.entrance, &of, workspace, &channel)
    }
}
