//! The host API's Plugins: calls from one plugin to another.
//!
//! Who may call whom, and for how long, is routing's to say; here a plugin waits for the answer.

use std::sync::Arc;
use std::time::Duration;

use outboard_proto::plugin::plugins_server::Plugins;
use outboard_proto::plugin::{CallPluginRequest, CallPluginResponse};
use tonic::{Request, Response, Status};

use super::listen::Entrance;
use super::messages::{cause, patience};
use crate::status;

/// How long a call may take whose caller sets no time: as long as the method may.
const LONGEST: Duration = Duration::from_secs(60);

/// The service of one connection.
pub struct HostPlugins {
    pub entrance: Arc<Entrance>,
}

#[tonic::async_trait]
impl Plugins for HostPlugins {
    async fn call(
        &self,
        request: Request<CallPluginRequest>,
    ) -> Result<Response<CallPluginResponse>, Status> {
        let cause = cause(&self.entrance, &request);
        let patience = match request.metadata().contains_key("grpc-timeout") {
            true => patience(&request),
            false => LONGEST,
        };
        let (board, member) = (&self.entrance.switchboard, self.entrance.member);
        let begun = board.call_plugin(member, request.into_inner(), cause, patience);
        let awaited = begun.map_err(|failure| status::of(&failure))?;
        match awaited.answer().await {
            Ok(json) => Ok(Response::new(CallPluginResponse { json })),
            Err(failure) => Err(status::of(&failure)),
        }
    }
}
