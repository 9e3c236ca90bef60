//! Settings for apps: pages of all plugins, and saving. It decodes, asks the ledgers, encodes.

use outboard_proto::app::settings_server::Settings as Service;
use outboard_proto::app::{SaveSettingsRequest, SettingsPagesRequest, SettingsPagesResponse};
use outboard_proto::common::{Failure, SettingsSaved};
use tonic::{Request, Response, Status};

use crate::audit::Who;
use crate::settings::{Change, Outcome, Place, Saving, Scope, Settings, object};
use crate::status;

/// The service of one connection.
pub struct Pages {
    pub settings: Settings,
}

#[tonic::async_trait]
impl Service for Pages {
    async fn settings_pages(
        &self,
        request: Request<SettingsPagesRequest>,
    ) -> Result<Response<SettingsPagesResponse>, Status> {
        let SettingsPagesRequest { workspace, channel, user } = request.into_inner();
        let place = Place::named(&workspace, &channel, &user);
        let pages = self.settings.all().iter().filter_map(|it| it.page(&place)).collect();
        Ok(Response::new(SettingsPagesResponse { pages }))
    }

    async fn save_settings(
        &self,
        request: Request<SaveSettingsRequest>,
    ) -> Result<Response<SettingsSaved>, Status> {
        let saved = self.save(request.into_inner()).await;
        saved.map(Response::new).map_err(|failure| status::of(&failure))
    }
}

impl Pages {
    async fn save(&self, request: SaveSettingsRequest) -> Result<SettingsSaved, Failure> {
        let SaveSettingsRequest { plugin, place, who, values } = request;
        let ledger = self.settings.find(&plugin)?;
        let change = Change { scope: Scope::named(place)?, values: object(&values)? };
        let who = who.unwrap_or_default();
        let by = Who::Person { id: who.id, name: who.name };
        ledger.save(Saving { change, by }).await.map(Outcome::wire)
    }
}
