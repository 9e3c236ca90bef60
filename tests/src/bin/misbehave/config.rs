//! What an obedient plugin makes of its settings: goes by them, refuses them, or says nothing.
//!
//! It refuses to know what they mean.

use std::sync::{Arc, Mutex, PoisonError};

use outboard_proto::common::SettingsScope;
use outboard_proto::plugin::settings_client::SettingsClient;
use outboard_proto::plugin::{
    SettingsAck, SettingsChanged, SettingsGetRequest, SettingsGetSecretRequest,
    SettingsRegisterRequest, plugin_frame,
};
use outboard_tests::{Refusal, wire};
use tonic::{Request, Status};

use crate::plugin::Plugin;

/// What it will say to the next change.
#[derive(Debug, Clone, Default)]
enum Mood {
    #[default]
    Willing,
    Unwilling(String),
    Silent,
    /// Ends its process.
    Deadly,
}

/// What it goes by.
#[derive(Debug, Default)]
pub struct Config {
    now: Mutex<String>,
    mood: Mutex<Mood>,
}

impl Config {
    /// What the session was told when it began.
    pub fn begin(&self, json: &str) {
        json.clone_into(&mut self.now.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn mood(&self) -> Mood {
        self.mood.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Somebody has saved something.
pub async fn changed(plugin: Arc<Plugin>, changed: SettingsChanged) {
    let SettingsChanged { change, before, after, place, secrets, .. } = changed;
    let scope = place.clone().unwrap_or_default().scope();
    plugin.note(format!("settings {scope:?} {before} -> {after} secrets={}", secrets.join(",")));
    for key in &secrets {
        let place = place.clone().unwrap_or_default();
        let (workspace, channel, user) = (place.workspace, place.channel, place.user);
        let request =
            SettingsGetSecretRequest { key: key.clone(), workspace, channel, user, change };
        plugin.note(format!("new {key}: {}", secret(&plugin, request).await));
    }
    let (refused, reason) = match plugin.config.mood() {
        Mood::Willing => (false, String::new()),
        Mood::Unwilling(reason) => (true, reason),
        Mood::Silent => return,
        Mood::Deadly => std::process::exit(3),
    };
    if !refused && scope == SettingsScope::Server {
        plugin.config.begin(&after);
    }
    let ack = SettingsAck { change, refused, reason };
    plugin.send(plugin_frame::Kind::Settings(ack)).await;
}

/// `settings VERB …`.
pub async fn answer(plugin: &Plugin, what: &str) -> String {
    let (verb, rest) = what.split_once(' ').unwrap_or((what, ""));
    let mood = match verb {
        "now" => return plugin.config.now.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        "at" => return at(plugin, rest).await,
        "secret" => {
            let (key, change) = rest.split_once(' ').unwrap_or((rest, "0"));
            let (key, change) = (key.to_owned(), change.parse().unwrap_or(0));
            let request = SettingsGetSecretRequest { key, change, ..Default::default() };
            return secret(plugin, request).await;
        }
        "register" => return register(plugin, rest).await,
        "refuse" => Mood::Unwilling(rest.to_owned()),
        "hang" => Mood::Silent,
        "die" => Mood::Deadly,
        _ => Mood::Willing,
    };
    *plugin.config.mood.lock().unwrap_or_else(PoisonError::into_inner) = mood;
    verb.to_owned()
}

/// `at WORKSPACE CHANNEL USER`; `-` = none.
async fn at(plugin: &Plugin, rest: &str) -> String {
    let mut words = rest.split(' ').map(|it| if it == "-" { "" } else { it }.to_owned());
    let mut next = || words.next().unwrap_or_default();
    let request = SettingsGetRequest { workspace: next(), channel: next(), user: next() };
    let asked = async {
        let channel = plugin.channel().ok_or_else(|| Status::unavailable("no session"))?;
        let request = wire::with_metadata(Request::new(request), &plugin.metadata())?;
        Ok::<_, Status>(SettingsClient::new(channel).get(request).await?.into_inner().json)
    };
    asked.await.unwrap_or_else(|status| Refusal::from(status).to_string())
}

/// Registers a schema; what counts then, and what does not fit.
async fn register(plugin: &Plugin, schema: &str) -> String {
    let asked = async {
        let channel = plugin.channel().ok_or_else(|| Status::unavailable("no session"))?;
        let request = SettingsRegisterRequest { schema: schema.to_owned() };
        let request = wire::with_metadata(Request::new(request), &plugin.metadata())?;
        let registered = SettingsClient::new(channel).register(request).await?.into_inner();
        plugin.config.begin(&registered.settings);
        let (missing, unfit) = (registered.missing.join(","), registered.unfit.join(","));
        Ok::<_, Status>(format!("{} missing={missing} unfit={unfit}", registered.settings))
    };
    asked.await.unwrap_or_else(|status| Refusal::from(status).to_string())
}

async fn secret(plugin: &Plugin, request: SettingsGetSecretRequest) -> String {
    let asked = async {
        let channel = plugin.channel().ok_or_else(|| Status::unavailable("no session"))?;
        let request = wire::with_metadata(Request::new(request), &plugin.metadata())?;
        Ok::<_, Status>(SettingsClient::new(channel).get_secret(request).await?.into_inner().value)
    };
    asked.await.unwrap_or_else(|status| Refusal::from(status).to_string())
}
