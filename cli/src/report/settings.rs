//! A plugin's settings, as commands show them. It knows JSON, refuses to know a schema.

use outboard_proto::admin as wire;
use outboard_proto::common::{SettingsField, SettingsScope};
use serde::Serialize;
use serde_json::Value;

/// All settings of one plugin at one place.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Settings {
    pub plugin: String,
    pub settings: Vec<PluginSetting>,
    /// A change waits for the plugin's word.
    pub pending: bool,
    /// What the plugin is not started without.
    pub missing: Vec<String>,
    /// What is kept and does not count.
    pub unfit: Vec<String>,
}

/// One setting.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PluginSetting {
    pub key: String,
    /// Null where there is none, or it is secret.
    pub value: Value,
    /// `default`, or how far the value reaches; empty where there is none.
    pub from: &'static str,
    /// Where it may be set.
    pub scopes: Vec<&'static str>,
    pub secret: bool,
    pub required: bool,
    pub is_set: bool,
}

impl Settings {
    /// What the daemon said of a plugin.
    pub fn of(plugin: String, shown: wire::SettingsShown) -> Settings {
        let wire::SettingsShown { fields, pending, missing, unfit } = shown;
        let settings = fields.into_iter().map(PluginSetting::from).collect();
        Settings { plugin, settings, pending, missing, unfit }
    }
}

impl From<SettingsField> for PluginSetting {
    fn from(field: SettingsField) -> PluginSetting {
        let scopes = field.scopes().map(word).collect();
        let from = match field.origin() {
            SettingsScope::Unspecified if field.value.is_empty() => "",
            SettingsScope::Unspecified => "default",
            scope => word(scope),
        };
        let SettingsField { key, secret, required, is_set, value, .. } = field;
        let value = serde_json::from_str(&value).unwrap_or(Value::Null);
        PluginSetting { key, value, from, scopes, secret, required, is_set }
    }
}

fn word(scope: SettingsScope) -> &'static str {
    match scope {
        SettingsScope::Unspecified => "",
        SettingsScope::Server => "server",
        SettingsScope::Workspace => "workspace",
        SettingsScope::Channel => "channel",
        SettingsScope::User => "user",
    }
}
