//! What commands ask of plugins' settings: a method per question. It refuses to know what is set.

use outboard_proto::admin as wire;
use outboard_proto::common::{SettingsPlace, SettingsSaved};

use super::{Admin, PATIENCE, answer};
use crate::report::Settings;
use crate::trouble::Stop;

impl Admin {
    /// Every setting of a plugin at one place.
    pub async fn settings(&mut self, request: wire::SettingsShowRequest) -> Result<Settings, Stop> {
        let (wait, plugin) = (self.wait(PATIENCE), request.plugin.clone());
        let shown = answer(wait, self.forms.show(request)).await?;
        Ok(Settings::of(plugin, shown))
    }

    /// The schema, JSON.
    pub async fn settings_schema(&mut self, plugin: &str) -> Result<String, Stop> {
        let wait = self.wait(PATIENCE);
        let request = wire::SettingsSchemaRequest { plugin: plugin.to_owned() };
        answer(wait, self.forms.schema(request)).await.map(|schema| schema.json)
    }

    /// Saves one value.
    pub async fn set_setting(
        &mut self,
        request: wire::SettingsSetRequest,
    ) -> Result<SettingsSaved, Stop> {
        let wait = self.wait(PATIENCE);
        answer(wait, self.forms.set(request)).await
    }

    /// Takes one value away.
    pub async fn unset_setting(
        &mut self,
        plugin: &str,
        place: SettingsPlace,
        key: String,
    ) -> Result<SettingsSaved, Stop> {
        let wait = self.wait(PATIENCE);
        let plugin = plugin.to_owned();
        let request = wire::SettingsUnsetRequest { plugin, place: Some(place), key };
        answer(wait, self.forms.unset(request)).await
    }

    /// Saves several.
    pub async fn import_settings(
        &mut self,
        plugin: &str,
        place: SettingsPlace,
        values: String,
    ) -> Result<SettingsSaved, Stop> {
        let wait = self.wait(PATIENCE);
        let plugin = plugin.to_owned();
        let request = wire::SettingsImportRequest { plugin, place: Some(place), values };
        answer(wait, self.forms.import(request)).await
    }
}
