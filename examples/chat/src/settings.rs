//! Plugins' settings for the page: what a form is made of, and saving what it says.
//!
//! Whoever comes here may save everything: a real chat server asks first who it is. It refuses to
//! know a plugin.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use outboard_app::common::{SettingsField, SettingsPlace, SettingsSaved, SettingsScope};
use outboard_app::{
    SaveSettingsRequest, SettingsError, SettingsPage, SettingsPagesRequest, message,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::web::Site;

/// Who looks, and where.
#[derive(Debug, Deserialize)]
pub struct Looking {
    name: String,
    channel: String,
}

/// The pages of all plugins, as they are in a channel.
pub async fn pages(State(site): State<Site>, Json(it): Json<Looking>) -> Response {
    let place = SettingsPagesRequest {
        channel: it.channel,
        user: it.name.trim().to_owned(),
        ..SettingsPagesRequest::default()
    };
    match site.app().settings_pages(place).await {
        Ok(pages) => {
            Json(json!({ "pages": pages.iter().map(page).collect::<Vec<_>>() })).into_response()
        }
        Err(error) => failed(&error),
    }
}

fn page(page: &SettingsPage) -> Value {
    let read = |json: &str| serde_json::from_str(json).unwrap_or(Value::Null);
    json!({
        "plugin": page.plugin,
        "title": page.title,
        "description": page.description,
        "schema": read(&page.schema),
        "values": read(&page.values),
        "fields": page.fields.iter().map(field).collect::<Vec<_>>(),
        "pending": page.pending,
        "missing": page.missing,
        "unfit": page.unfit,
    })
}

fn field(field: &SettingsField) -> Value {
    json!({
        "key": field.key,
        "scopes": field.scopes().map(word).collect::<Vec<_>>(),
        "secret": field.secret,
        "required": field.required,
        "is_set": field.is_set,
        "from": word(field.origin()),
    })
}

fn word(scope: SettingsScope) -> &'static str {
    match scope {
        SettingsScope::Unspecified => "default",
        SettingsScope::Server => "server",
        SettingsScope::Workspace => "workspace",
        SettingsScope::Channel => "channel",
        SettingsScope::User => "user",
    }
}

/// What is to be saved, where, by whom.
#[derive(Debug, Deserialize)]
pub struct Saving {
    name: String,
    channel: String,
    plugin: String,
    /// server, channel or user.
    scope: String,
    values: Value,
}

/// Saves values, and says what the plugin says.
pub async fn save(State(site): State<Site>, Json(it): Json<Saving>) -> Response {
    let user = it.name.trim().to_owned();
    let who = Some(message::sender(&user, &user));
    let mut place = SettingsPlace::default();
    match it.scope.as_str() {
        "channel" => {
            place.scope = SettingsScope::Channel.into();
            place.channel = it.channel;
        }
        "user" => {
            place.scope = SettingsScope::User.into();
            place.user = user;
        }
        _ => place.scope = SettingsScope::Server.into(),
    }
    let (plugin, place, values) = (it.plugin, Some(place), it.values.to_string());
    match site.app().save_settings(SaveSettingsRequest { plugin, place, who, values }).await {
        Ok(saved) => Json(told(&saved)).into_response(),
        Err(error) => failed(&error),
    }
}

fn told(saved: &SettingsSaved) -> Value {
    let outcome = saved.outcome().as_str_name().trim_start_matches("SETTINGS_OUTCOME_");
    let faults = saved
        .faults
        .iter()
        .map(|fault| json!({ "path": fault.path, "message": fault.message, "hint": fault.hint }));
    json!({
        "outcome": outcome.to_lowercase(),
        "reason": saved.reason,
        "faults": faults.collect::<Vec<_>>(),
    })
}

fn failed(error: &SettingsError) -> Response {
    (StatusCode::BAD_GATEWAY, Json(json!({ "says": error.to_string() }))).into_response()
}
