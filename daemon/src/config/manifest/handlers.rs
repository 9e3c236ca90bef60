//! What a plugin answers: as its manifest declares it, and as its code registers it. The two must
//! be equal; this says how they differ. It knows names only.

use super::event::EventType;
use super::hook::Hook;
use crate::config::name::CommandName;
use std::collections::BTreeSet;
use std::fmt;

/// A set of handlers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Handlers {
    /// Hooks, whatever their phase.
    pub hooks: BTreeSet<Hook>,
    /// Event types.
    pub events: BTreeSet<EventType>,
    /// Commands.
    pub commands: BTreeSet<CommandName>,
    /// Schedules.
    pub schedules: BTreeSet<String>,
    /// Methods for other plugins.
    pub methods: BTreeSet<String>,
    /// HTTP routes, as the manifest writes their paths.
    pub routes: BTreeSet<String>,
}

impl Handlers {
    /// Those of these that the other set lacks.
    pub fn without(&self, other: &Handlers) -> Handlers {
        Handlers {
            hooks: self.hooks.difference(&other.hooks).cloned().collect(),
            events: self.events.difference(&other.events).cloned().collect(),
            commands: self.commands.difference(&other.commands).cloned().collect(),
            schedules: self.schedules.difference(&other.schedules).cloned().collect(),
            methods: self.methods.difference(&other.methods).cloned().collect(),
            routes: self.routes.difference(&other.routes).cloned().collect(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        let pushed = self.hooks.is_empty() && self.events.is_empty() && self.commands.is_empty();
        let more = self.schedules.is_empty() && self.methods.is_empty() && self.routes.is_empty();
        pushed && more
    }
}

impl fmt::Display for Handlers {
    /// `hook message.before_post, command /roll`, or `none`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hooks = self.hooks.iter().map(|it| format!("hook {it}"));
        let events = self.events.iter().map(|it| format!("event {it}"));
        let commands = self.commands.iter().map(|it| format!("command /{it}"));
        let schedules = self.schedules.iter().map(|it| format!("schedule {it}"));
        let methods = self.methods.iter().map(|it| format!("method {it}"));
        let routes = self.routes.iter().map(|it| format!("http {it}"));
        let more = schedules.chain(methods).chain(routes);
        let all: Vec<String> = hooks.chain(events).chain(commands).chain(more).collect();
        f.write_str(if all.is_empty() { "none".to_owned() } else { all.join(", ") }.as_str())
    }
}
