//! The host API's Settings: what was set for the plugin, at one place, its secrets, and what more
//! can be set while it runs.
//!
//! Being the plugin is enough: it asks for nothing but its own. It decodes, asks, encodes.

use std::sync::Arc;

use outboard_proto::plugin::settings_server::Settings;
use outboard_proto::plugin::{
    SettingsGetRequest, SettingsGetResponse, SettingsGetSecretRequest, SettingsRegisterRequest,
    SettingsRegisterResponse, SettingsSecret,
};
use tonic::{Request, Response, Status};

use super::listen::Entrance;
use crate::settings::Place;
use crate::status;

/// The service of one connection.
pub struct HostSettings {
    pub entrance: Arc<Entrance>,
}

#[tonic::async_trait]
impl Settings for HostSettings {
    async fn get(
        &self,
        request: Request<SettingsGetRequest>,
    ) -> Result<Response<SettingsGetResponse>, Status> {
        let SettingsGetRequest { workspace, channel, user } = request.into_inner();
        let json = self.entrance.settings.json_at(&Place::named(&workspace, &channel, &user));
        Ok(Response::new(SettingsGetResponse { json }))
    }

    async fn get_secret(
        &self,
        request: Request<SettingsGetSecretRequest>,
    ) -> Result<Response<SettingsSecret>, Status> {
        let request = request.into_inner();
        let SettingsGetSecretRequest { key, workspace, channel, user, change } = request;
        let place = match (workspace.as_str(), channel.as_str(), user.as_str()) {
            ("", "", "") => Place::default(),
            (workspace, channel, user) => Place::named(workspace, channel, user),
        };
        let value = self.entrance.settings.secret(&key, &place, change);
        let value = value.map_err(|failure| status::of(&failure))?;
        Ok(Response::new(SettingsSecret { value }))
    }

    async fn register(
        &self,
        request: Request<SettingsRegisterRequest>,
    ) -> Result<Response<SettingsRegisterResponse>, Status> {
        let SettingsRegisterRequest { schema } = request.into_inner();
        let registered = self.entrance.settings.register(schema).await;
        registered.map(Response::new).map_err(|failure| status::of(&failure))
    }
}
