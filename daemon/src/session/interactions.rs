//! The host API's Interactions: follow-ups to what a plugin deferred.
//!
//! It decodes, calls and encodes; what may be said is decided elsewhere.

use std::sync::Arc;

use outboard_proto::plugin::interactions_server;
use outboard_proto::plugin::{FollowUpRequest, FollowUpResponse};
use tonic::{Request, Response, Status};

use super::listen::Entrance;
use super::messages::{patience, sent};
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
        let said = interactions.follow_up(*member, &name, request.into_inner(), patience).await;
        let sent = said.and_then(sent).map_err(|failure| status::of(&failure))?;
        Ok(Response::new(FollowUpResponse { message_id: sent.message_id }))
    }
}
