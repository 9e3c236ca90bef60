//! What operators ask of plugins' settings, and what apps do, over sockets of their own.
//!
//! It refuses to know what is set.

use std::path::Path;

use outboard_proto::admin::settings_client::SettingsClient;
use outboard_proto::admin::{
    SettingsImportRequest, SettingsSchemaRequest, SettingsSetRequest, SettingsShowRequest,
    SettingsShown, SettingsUnsetRequest,
};
use outboard_proto::app::settings_client::SettingsClient as PagesClient;
use outboard_proto::app::{SaveSettingsRequest, SettingsPage, SettingsPagesRequest};
use outboard_proto::common::{SettingsPlace, SettingsSaved, SettingsScope};
use tonic::transport::Channel;

use super::{Answer, Operator, inner};
use crate::wire;

/// Everywhere.
#[must_use]
pub fn server() -> SettingsPlace {
    SettingsPlace { scope: SettingsScope::Server.into(), ..SettingsPlace::default() }
}

/// One channel of the only workspace.
#[must_use]
pub fn in_channel(id: &str) -> SettingsPlace {
    let scope = SettingsScope::Channel.into();
    SettingsPlace { scope, channel: id.to_owned(), ..SettingsPlace::default() }
}

/// One person of the only workspace.
#[must_use]
pub fn for_user(id: &str) -> SettingsPlace {
    let scope = SettingsScope::User.into();
    SettingsPlace { scope, user: id.to_owned(), ..SettingsPlace::default() }
}

impl Operator {
    fn forms(&self) -> SettingsClient<Channel> {
        SettingsClient::new(self.channel.clone())
    }

    /// What is set for the whole server.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn settings(&self, plugin: &str) -> Answer<SettingsShown> {
        let plugin = plugin.to_owned();
        inner(self.forms().show(SettingsShowRequest { plugin, ..Default::default() }).await)
    }

    /// The schema.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn settings_schema(&self, plugin: &str) -> Answer<String> {
        let plugin = plugin.to_owned();
        Ok(inner(self.forms().schema(SettingsSchemaRequest { plugin }).await)?.json)
    }

    /// Sets one value for the whole server.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn set_setting(&self, plugin: &str, key: &str, value: &str) -> Answer<SettingsSaved> {
        self.set_setting_at(plugin, server(), (key, value)).await
    }

    /// Sets one value.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn set_setting_at(
        &self,
        plugin: &str,
        place: SettingsPlace,
        (key, value): (&str, &str),
    ) -> Answer<SettingsSaved> {
        let (plugin, key, value) = (plugin.to_owned(), key.to_owned(), value.to_owned());
        let request = SettingsSetRequest { plugin, place: Some(place), key, value };
        inner(self.forms().set(request).await)
    }

    /// Takes one value of the whole server away.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn unset_setting(&self, plugin: &str, key: &str) -> Answer<SettingsSaved> {
        let (plugin, key) = (plugin.to_owned(), key.to_owned());
        let request = SettingsUnsetRequest { plugin, place: Some(server()), key };
        inner(self.forms().unset(request).await)
    }

    /// Sets several values for the whole server.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn import_settings(&self, plugin: &str, json: &str) -> Answer<SettingsSaved> {
        let (plugin, values) = (plugin.to_owned(), json.to_owned());
        let request = SettingsImportRequest { plugin, place: Some(server()), values };
        inner(self.forms().import(request).await)
    }
}

/// What an app asks of settings.
pub struct Pages(PagesClient<Channel>);

impl Pages {
    /// Over an app's socket.
    ///
    /// # Errors
    /// Nobody listens.
    pub async fn over(socket: &Path) -> anyhow::Result<Self> {
        Ok(Self(PagesClient::new(wire::dial(socket).await?)))
    }

    /// The pages at a place of the only workspace.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn all(&self, channel: &str, user: &str) -> Answer<Vec<SettingsPage>> {
        let (channel, user) = (channel.to_owned(), user.to_owned());
        let request = SettingsPagesRequest { channel, user, ..Default::default() };
        Ok(inner(self.0.clone().settings_pages(request).await)?.pages)
    }

    /// Saves values.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn save(
        &self,
        plugin: &str,
        place: SettingsPlace,
        json: &str,
    ) -> Answer<SettingsSaved> {
        let request = SaveSettingsRequest {
            plugin: plugin.to_owned(),
            place: Some(place),
            who: Some(crate::values::person("ann")),
            values: json.to_owned(),
        };
        inner(self.0.clone().save_settings(request).await)
    }
}
