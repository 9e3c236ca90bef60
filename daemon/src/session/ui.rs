//! The host API's Ui: what a plugin shows beyond its manifest, and what it shows now.
//!
//! It decodes, calls and encodes; what may be shown is decided elsewhere.

use std::sync::Arc;

use outboard_proto::common::{Failure, ui_content};
use outboard_proto::plugin::ui_server::Ui;
use outboard_proto::plugin::{
    UiRegisterRequest, UiRegistered, UiRemoveRequest, UiRemoved, UiUpdateRequest, UiUpdated,
    ui_update_request,
};
use tonic::{Request, Response, Status};

use super::listen::Entrance;
use crate::status;

/// The service of one connection.
pub struct HostUi {
    pub entrance: Arc<Entrance>,
}

#[tonic::async_trait]
impl Ui for HostUi {
    async fn register(
        &self,
        request: Request<UiRegisterRequest>,
    ) -> Result<Response<UiRegistered>, Status> {
        let UiRegisterRequest { contribution, data } = request.into_inner();
        let Entrance { member, switchboard, .. } = &*self.entrance;
        let registered = switchboard.ui_register(*member, contribution.unwrap_or_default(), &data);
        answer(registered.map(|()| UiRegistered {}))
    }

    async fn update(
        &self,
        request: Request<UiUpdateRequest>,
    ) -> Result<Response<UiUpdated>, Status> {
        let UiUpdateRequest { id, of } = request.into_inner();
        let said = of.map(|of| match of {
            ui_update_request::Of::Blocks(blocks) => ui_content::Of::Blocks(blocks),
            ui_update_request::Of::Data(data) => ui_content::Of::Data(data),
        });
        let Entrance { member, switchboard, .. } = &*self.entrance;
        let updated = switchboard.ui_update(*member, &id, said.as_ref());
        answer(updated.map(|revision| UiUpdated { revision }))
    }

    async fn remove(
        &self,
        request: Request<UiRemoveRequest>,
    ) -> Result<Response<UiRemoved>, Status> {
        let Entrance { member, switchboard, .. } = &*self.entrance;
        let removed = switchboard.ui_remove(*member, &request.into_inner().id);
        answer(removed.map(|()| UiRemoved {}))
    }
}

fn answer<T>(result: Result<T, Failure>) -> Result<Response<T>, Status> {
    result.map(Response::new).map_err(|failure| status::of(&failure))
}
