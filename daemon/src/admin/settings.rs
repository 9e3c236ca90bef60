//! What is set for plugins, for operators: decodes, asks the ledgers, encodes. It refuses to show
//! secrets.

use outboard_proto::admin::settings_server::Settings as Service;
use outboard_proto::admin::{
    SettingsImportRequest, SettingsSchemaRequest, SettingsSchemaResponse, SettingsSetRequest,
    SettingsShowRequest, SettingsShown, SettingsUnsetRequest,
};
use outboard_proto::common::{Failure, SettingsPlace, SettingsSaved};
use serde_json::{Map, Value};
use tonic::{Request, Response, Status};

use crate::audit::Who;
use crate::settings::{Change, Outcome, Place, Saving, Scope, Settings, object};
use crate::status;

/// The service of one connection.
pub struct Forms {
    pub settings: Settings,
    /// Who asks.
    pub uid: u32,
}

#[tonic::async_trait]
impl Service for Forms {
    async fn show(
        &self,
        request: Request<SettingsShowRequest>,
    ) -> Result<Response<SettingsShown>, Status> {
        let SettingsShowRequest { plugin, workspace, channel, user } = request.into_inner();
        let place = Place::named(&workspace, &channel, &user);
        answer(self.settings.find(&plugin).map(|ledger| ledger.shown(&place)))
    }

    async fn schema(
        &self,
        request: Request<SettingsSchemaRequest>,
    ) -> Result<Response<SettingsSchemaResponse>, Status> {
        let found = self.settings.find(&request.into_inner().plugin);
        let schema = found.and_then(|ledger| ledger.schema());
        answer(schema.map(|it| SettingsSchemaResponse { json: it.json().to_owned() }))
    }

    async fn set(
        &self,
        request: Request<SettingsSetRequest>,
    ) -> Result<Response<SettingsSaved>, Status> {
        let SettingsSetRequest { plugin, place, key, value } = request.into_inner();
        let schema = self.settings.find(&plugin).and_then(|ledger| ledger.schema());
        let typed = schema.map(|schema| schema.typed(&key, &value));
        let values = typed.map(|value| Map::from_iter([(key, value)]));
        answer(self.save(plugin, place, values).await)
    }

    async fn unset(
        &self,
        request: Request<SettingsUnsetRequest>,
    ) -> Result<Response<SettingsSaved>, Status> {
        let SettingsUnsetRequest { plugin, place, key } = request.into_inner();
        let values = Map::from_iter([(key, Value::Null)]);
        answer(self.save(plugin, place, Ok(values)).await)
    }

    async fn import(
        &self,
        request: Request<SettingsImportRequest>,
    ) -> Result<Response<SettingsSaved>, Status> {
        let SettingsImportRequest { plugin, place, values } = request.into_inner();
        answer(self.save(plugin, place, object(&values)).await)
    }
}

impl Forms {
    async fn save(
        &self,
        plugin: String,
        place: Option<SettingsPlace>,
        values: Result<Map<String, Value>, Failure>,
    ) -> Result<SettingsSaved, Failure> {
        let ledger = self.settings.find(&plugin)?;
        let change = Change { scope: Scope::named(place)?, values: values? };
        let by = Who::Operator(self.uid);
        ledger.save(Saving { change, by }).await.map(Outcome::wire)
    }
}

fn answer<T>(result: Result<T, Failure>) -> Result<Response<T>, Status> {
    result.map(Response::new).map_err(|failure| status::of(&failure))
}
