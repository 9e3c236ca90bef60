//! Hello: is this the plugin that its manifest says it is?
//!
//! Pure comparison. What a refusal leads to is decided elsewhere.

use std::collections::BTreeSet;

use outboard_proto::PROTOCOL;
use outboard_proto::common::{Failure, Reason};
use outboard_proto::plugin::{Handler, HandlerKind, Hello};
use tonic::Code;

use super::facts::Facts;
use crate::config::manifest::{EventType, Handlers, Hook};
use crate::config::name::CommandName;

/// Optional parts of the protocol that this daemon understands.
pub const FEATURES: [&str; 7] = ["progress", "partial", "defer", "log", CHUNKS, SETTINGS, GRANTS];
const CHUNKS: &str = "chunks";
const SETTINGS: &str = "settings";
const GRANTS: &str = "grants";

/// Compares a hello with the manifest.
///
/// # Errors
/// The first difference that matters, with both sides of it.
pub fn check(hello: &Hello, facts: &Facts) -> Result<(), Failure> {
    let refuse = |reason, text| Err(Failure::new(Code::FailedPrecondition, reason, text));
    if hello.protocol != PROTOCOL {
        let text = format!("speaks protocol {:?}; this daemon speaks {PROTOCOL:?}", hello.protocol);
        return refuse(Reason::ProtocolVersion, text);
    }
    if hello.name != *facts.name {
        let text = format!("says it is {:?}; its manifest says {:?}", hello.name, facts.name);
        return refuse(Reason::NameMismatch, text);
    }
    if hello.version != facts.version {
        let (says, is) = (&hello.version, &facts.version);
        let text = format!("says it is version {says:?}; its manifest says {is:?}");
        return refuse(Reason::NameMismatch, text);
    }
    let (registered, declared) = (registered(&hello.handlers), declared(facts));
    if registered == declared {
        return Ok(());
    }
    refuse(Reason::HandlersDiffer, difference(&registered, &declared))
}

/// The features both sides know.
#[must_use]
pub fn shared_features(hello: &Hello) -> Vec<String> {
    let known = FEATURES.iter().filter(|feature| hello.features.iter().any(|it| it == *feature));
    known.map(|feature| (*feature).to_owned()).collect()
}

/// Whether the plugin takes payloads in chunks.
#[must_use]
pub fn speaks_chunks(hello: &Hello) -> bool {
    hello.features.iter().any(|feature| feature == CHUNKS)
}

/// Whether the plugin answers changes of its settings.
#[must_use]
pub fn answers_settings(hello: &Hello) -> bool {
    hello.features.iter().any(|feature| feature == SETTINGS)
}

/// Whether the plugin wants to be told when its grants change.
#[must_use]
pub fn hears_grants(hello: &Hello) -> bool {
    hello.features.iter().any(|feature| feature == GRANTS)
}

/// What the code registers, as far as this daemon knows the names.
#[must_use]
pub fn handlers(hello: &Hello) -> Handlers {
    let mut found = Handlers::default();
    for handler in &hello.handlers {
        match handler.kind() {
            HandlerKind::Hook => found.hooks.extend(handler.name.parse::<Hook>()),
            HandlerKind::Event => found.events.extend(handler.name.parse::<EventType>()),
            HandlerKind::Command => found.commands.extend(handler.name.parse::<CommandName>()),
            HandlerKind::Schedule => found.schedules.extend([handler.name.clone()]),
            HandlerKind::PluginCall => found.methods.extend([handler.name.clone()]),
            HandlerKind::Http => found.routes.extend([handler.name.clone()]),
            HandlerKind::UiAction | HandlerKind::Unspecified => {}
        }
    }
    found
}

fn registered(handlers: &[Handler]) -> BTreeSet<String> {
    handlers.iter().map(|handler| format!("{} {}", word(handler.kind()), handler.name)).collect()
}

fn declared(facts: &Facts) -> BTreeSet<String> {
    let hooks = facts.handlers.hooks.iter().map(|it| format!("hook {it}"));
    let events = facts.handlers.events.iter().map(|it| format!("event {it}"));
    let commands = facts.handlers.commands.iter().map(|it| format!("command {}", it.as_str()));
    let schedules = facts.handlers.schedules.iter().map(|it| format!("schedule {it}"));
    let methods = facts.handlers.methods.iter().map(|it| format!("plugin call {it}"));
    let routes = facts.handlers.routes.iter().map(|it| format!("http {it}"));
    let more = schedules.chain(methods).chain(routes);
    hooks.chain(events).chain(commands).chain(more).collect()
}

fn word(kind: HandlerKind) -> &'static str {
    match kind {
        HandlerKind::Hook => "hook",
        HandlerKind::Event => "event",
        HandlerKind::Command => "command",
        HandlerKind::UiAction => "ui action",
        HandlerKind::Schedule => "schedule",
        HandlerKind::PluginCall => "plugin call",
        HandlerKind::Http => "http",
        HandlerKind::Unspecified => "unknown kind of handler",
    }
}

fn difference(registered: &BTreeSet<String>, declared: &BTreeSet<String>) -> String {
    let list = |one: &BTreeSet<String>, other: &BTreeSet<String>| {
        let only: Vec<&str> = one.difference(other).map(String::as_str).collect();
        if only.is_empty() { "none".to_owned() } else { only.join(", ") }
    };
    format!(
        "its handlers differ from its manifest: registered but not declared: {}; declared but \
         not registered: {}",
        list(registered, declared),
        list(declared, registered)
    )
}
