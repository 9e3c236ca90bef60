//! The host API's Usage: what a plugin tracks and counts of itself.
//!
//! It decodes and encodes; what is taken is decided where it is counted.

use std::sync::Arc;

use outboard_proto::plugin::usage_server::Usage;
use outboard_proto::plugin::{CountRequest, TrackRequest, UsageTaken};
use tonic::{Request, Response, Status};

use super::listen::Entrance;

/// The service of one connection.
pub struct HostUsage {
    pub entrance: Arc<Entrance>,
}

#[tonic::async_trait]
impl Usage for HostUsage {
    async fn track(&self, request: Request<TrackRequest>) -> Result<Response<UsageTaken>, Status> {
        let Entrance { switchboard, member, .. } = &*self.entrance;
        Ok(Response::new(switchboard.track(*member, request.into_inner().uses)))
    }

    async fn count(&self, request: Request<CountRequest>) -> Result<Response<UsageTaken>, Status> {
        let Entrance { switchboard, member, .. } = &*self.entrance;
        Ok(Response::new(switchboard.count_own(*member, &request.into_inner().counts)))
    }
}
