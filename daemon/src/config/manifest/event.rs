//! `[[events]]`: what a plugin wants to be told of after it has happened. It knows what one plugin
//! asks for; delivery is the daemon's.

use crate::config::amount::parse_duration;
use crate::config::fault::Problem;
use crate::config::nearest::nearest;
use crate::config::pattern::ChannelPattern;
use crate::config::section::Section;
use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

/// The type of an event, such as `message.posted`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventType(Arc<str>);

/// What can happen in any app; `x.<app>.<name>` besides.
const KNOWN: [&str; 20] = [
    "message.posted",
    "message.edited",
    "message.deleted",
    "message.pinned",
    "message.reported",
    "reaction.added",
    "reaction.removed",
    "member.joined",
    "member.left",
    "member.role_changed",
    "user.created",
    "user.deactivated",
    "user.logged_in",
    "user.presence",
    "user.forgotten",
    "channel.created",
    "channel.archived",
    "channel.renamed",
    "file.uploaded",
    "app.started",
];

impl EventType {
    /// The type as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether its payload is a message or shows one: then it takes `messages:read`.
    pub fn is_about_messages(&self) -> bool {
        self.0.starts_with("message.") || self.0.starts_with("reaction.")
    }
}

impl FromStr for EventType {
    type Err = Problem;

    fn from_str(text: &str) -> Result<EventType, Problem> {
        if KNOWN.contains(&text) || is_custom(text) {
            return Ok(EventType(text.into()));
        }
        if text.starts_with("plugin:") {
            return Err(Problem::new("events of plugins are not supported by this daemon"));
        }
        let problem = Problem::new(format!("no such event: {text:?}"));
        Err(match nearest(text, KNOWN) {
            Some(hint) => problem.hint(hint),
            None => problem,
        })
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `x.<app>.<name>`: the app declares it, the daemon only carries it.
fn is_custom(text: &str) -> bool {
    let word = |part: &str| {
        let inner = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || "_-".contains(it);
        !part.is_empty() && part.chars().all(inner)
    };
    let parts: Vec<&str> = text.split('.').collect();
    matches!(parts[..], ["x", app, name] if word(app) && word(name)) && text.len() <= 255
}

/// One subscription of a plugin.
#[derive(Debug, Clone, PartialEq)]
pub struct EventDecl {
    /// What it is told of. Never empty.
    pub types: BTreeSet<EventType>,
    /// How long one handler may take, where it says so.
    pub timeout: Option<Duration>,
    /// Any of these channels; empty means all, and events without a channel.
    pub channels: Vec<ChannelPattern>,
}

/// The longest a handler may take without reporting progress.
const LONGEST: Duration = Duration::from_secs(3600);

/// Reads `[[events]]`.
pub fn read_all(root: &Section<'_>) -> Vec<EventDecl> {
    let mut seen = BTreeSet::new();
    let mut events = Vec::new();
    for entry in root.sections("events") {
        let event = read(&entry);
        for kind in &event.types {
            if !seen.insert(kind.clone()) {
                entry.fault("on", Problem::new(format!("{kind} is subscribed to twice")));
            }
        }
        events.push(event);
    }
    events
}

fn read(entry: &Section<'_>) -> EventDecl {
    let types = read_types(entry);
    if let Some(delivery) = entry.field("delivery") {
        delivery.parse(check_delivery);
    }
    let timeout = entry.field("timeout").and_then(|it| it.parse(read_timeout));
    let channels = entry.section("filter").map(|it| read_filter(&it)).unwrap_or_default();
    entry.not_supported(&["order", "key", "retention"]);
    entry.close();
    EventDecl { types, timeout, channels }
}

/// A list, or one type without brackets.
fn read_types(entry: &Section<'_>) -> BTreeSet<EventType> {
    let Some(on) = entry.needed("on", "[\"message.posted\"]") else { return BTreeSet::new() };
    if on.value().is_str() {
        return on.parse(str::parse).into_iter().collect();
    }
    let types: BTreeSet<EventType> = on.parse_list(str::parse).into_iter().collect();
    if on.value().as_array().is_some_and(|list| list.is_empty()) {
        on.fault(Problem::new("names no event"));
    }
    types
}

fn read_filter(table: &Section<'_>) -> Vec<ChannelPattern> {
    let channels = table.field("channels").map(|it| it.parse_list(ChannelPattern::parse));
    table.not_supported(&["workspaces", "prefix", "regex", "mentions", "sender", "role"]);
    table.close();
    channels.unwrap_or_default()
}

fn check_delivery(text: &str) -> Result<(), Problem> {
    match text {
        "best-effort" => Ok(()),
        "at-least-once" => {
            Err(Problem::new("at-least-once is not supported by this daemon")
                .hint("\"best-effort\""))
        }
        other => Err(Problem::new(format!("no such delivery: {other:?}")).hint("\"best-effort\"")),
    }
}

fn read_timeout(text: &str) -> Result<Duration, Problem> {
    let time = parse_duration(text)?;
    match time.is_zero() || time > LONGEST {
        true => Err(Problem::new("an event's time is above 0 and at most 1h")),
        false => Ok(time),
    }
}
