//! `[[events]]`: what a plugin wants to be told of after it has happened. It knows what one plugin
//! asks for; delivery is the daemon's.

use crate::config::amount::parse_duration;
use crate::config::fault::Problem;
use crate::config::manifest::filter::Filter;
use crate::config::name::PluginName;
use crate::config::nearest::nearest;
use crate::config::permission::Permission;
use crate::config::pushed;
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
pub(super) const KNOWN: [&str; 20] = [
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

    /// What a plugin must be granted to be told of it.
    pub fn permission(&self) -> Option<Permission> {
        permission_for(&self.0)
    }
}

/// What a plugin must be granted to be told of events of a type.
pub fn permission_for(kind: &str) -> Option<Permission> {
    pushed::of_event(kind).needs[0]
}

impl FromStr for EventType {
    type Err = Problem;

    fn from_str(text: &str) -> Result<EventType, Problem> {
        if KNOWN.contains(&text) || is_custom(text) {
            return Ok(EventType(text.into()));
        }
        if text.starts_with("plugin:") {
            return match is_of_plugin(text) {
                true => Ok(EventType(text.into())),
                false => Err(Problem::new(format!("no such event: {text:?}"))
                    .hint("plugin:<name>:<event>, the event of a-z, 0-9, _, - and .")),
            };
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

/// `plugin:<name>:<event>`: a plugin makes it up, and so may the app.
pub fn is_of_plugin(text: &str) -> bool {
    let inner = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || "_-.".contains(it);
    let parts: Vec<&str> = text.split(':').collect();
    let ["plugin", name, event] = parts[..] else { return false };
    let named = name.parse::<PluginName>().is_ok();
    named && !event.is_empty() && event.chars().all(inner) && text.len() <= 255
}

/// What is promised of a subscription's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Guarantee {
    /// The oldest go where too many wait.
    #[default]
    BestEffort,
    /// Each is kept until its handler has returned, and comes again until then.
    AtLeastOnce,
}

impl FromStr for Guarantee {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Guarantee, Problem> {
        match text {
            "best-effort" => Ok(Guarantee::BestEffort),
            "at-least-once" => Ok(Guarantee::AtLeastOnce),
            other => Err(Problem::new(format!("no such delivery: {other:?}"))
                .hint("\"best-effort\" or \"at-least-once\"")),
        }
    }
}

/// Which events of a subscription wait for one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// Those of one channel.
    #[default]
    Channel,
    /// None.
    None,
}

impl FromStr for Order {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Order, Problem> {
        match text {
            "channel" => Ok(Order::Channel),
            "none" => Ok(Order::None),
            other => {
                Err(Problem::new(format!("no such order: {other:?}"))
                    .hint("\"channel\" or \"none\""))
            }
        }
    }
}

/// One subscription of a plugin.
#[derive(Debug, Clone, PartialEq)]
pub struct EventDecl {
    /// What it is told of. Never empty.
    pub types: BTreeSet<EventType>,
    /// How long one handler may take, where it says so.
    pub timeout: Option<Duration>,
    /// Which of them concern it.
    pub filter: Filter,
    /// It asks for its own messages, too.
    pub own: bool,
    /// What is promised.
    pub delivery: Guarantee,
    /// What waits for what.
    pub order: Order,
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
    let delivery = entry.field("delivery").and_then(|it| it.parse(str::parse));
    let order = entry.field("order").and_then(|it| it.parse(str::parse));
    let timeout = entry.field("timeout").and_then(|it| it.parse(read_timeout));
    let filter = entry.section("filter").map(|it| Filter::read(&it)).unwrap_or_default();
    let own = entry.field("own").and_then(|it| it.flag()).unwrap_or(false);
    entry.not_supported(&["key", "retention"]);
    entry.close();
    let (delivery, order) = (delivery.unwrap_or_default(), order.unwrap_or_default());
    EventDecl { types, timeout, filter, own, delivery, order }
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

fn read_timeout(text: &str) -> Result<Duration, Problem> {
    let time = parse_duration(text)?;
    match time.is_zero() || time > LONGEST {
        true => Err(Problem::new("an event's time is above 0 and at most 1h")),
        false => Ok(time),
    }
}
