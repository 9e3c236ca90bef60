//! What one plugin brings to the switchboard: its declared handlers as the operator allows them.
//!
//! Made from manifest and configuration elsewhere; here it is only data.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use outboard_proto::common::Channel;

use super::nested::Reach;
use crate::config::granted::Granted;
use crate::config::manifest::event::{Guarantee, Order};
use crate::config::manifest::filter::Filter;
use crate::config::manifest::{CommandDecl, EventType, Hook, Mode, OnFailure, Phase};
use crate::config::pattern::ChannelPattern;
use crate::ui::Contributed;

/// A plugin, as routing knows it.
#[derive(Debug, Clone)]
pub struct Registration {
    /// Its name.
    pub name: Arc<str>,
    /// Its version.
    pub version: String,
    /// The account it speaks as.
    pub bot: Bot,
    /// What it answers.
    pub interceptors: Vec<Interceptor>,
    /// What it is told of.
    pub subscriptions: Vec<Subscription>,
    /// The channels to which the operator limits it; empty means all.
    pub channels: Vec<ChannelPattern>,
    /// What it owns.
    pub commands: Vec<CommandDecl>,
    /// What else it answers, and whom it may call.
    pub reach: Reach,
    /// What it shows in apps.
    pub ui: Arc<Contributed>,
    /// What it may do, and where.
    pub grants: Granted,
    /// How long a command may take without a sign of life.
    pub call_timeout: Duration,
    /// How long follow-ups to what it deferred may come.
    pub interaction_timeout: Duration,
    /// Host calls it may make in a second.
    pub host_calls: u32,
    /// Calls it may have in hand at once.
    pub in_flight: u32,
    /// The operator wants it to run: events are kept for it, whatever state it is in.
    pub enabled: bool,
}

impl Registration {
    /// Whether the operator lets it work there.
    #[must_use]
    pub fn is_enabled_in(&self, channel: Option<&Channel>) -> bool {
        is_in(&self.channels, channel)
    }

    /// Whether the operator lets it act there. An empty channel is none, and what is done in none
    /// is no matter of channels.
    #[must_use]
    pub fn may_act_in(&self, channel: &Channel) -> bool {
        let nowhere = channel.id.is_empty() && channel.name.is_empty();
        nowhere || self.is_enabled_in(Some(channel))
    }
}

/// Whether a channel is among those meant; no patterns mean all, and what happens in no channel is
/// in none of them.
pub fn is_in(patterns: &[ChannelPattern], channel: Option<&Channel>) -> bool {
    patterns.is_empty()
        || channel.is_some_and(|it| patterns.iter().any(|p| p.matches(&it.id, &it.name)))
}

/// The account a plugin speaks as.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bot {
    /// Unique in the app.
    pub username: String,
    /// What people see.
    pub display_name: String,
    /// By which the app names it; empty until the app has said so, which is routing's to know.
    pub user_id: String,
}

/// One place in a pipeline.
#[derive(Debug, Clone)]
pub struct Interceptor {
    /// The hook.
    pub hook: Hook,
    /// Its part of the pipeline.
    pub phase: Phase,
    /// Lower goes first.
    pub priority: i32,
    /// Goes before these.
    pub before: Vec<String>,
    /// Goes after these.
    pub after: Vec<String>,
    /// How long one answer may take.
    pub timeout: Duration,
    /// What its absence means, as granted.
    pub policy: OnFailure,
    /// The author asked for closed; the operator has not granted it.
    pub asked_closed: bool,
    /// Whether its answers count.
    pub mode: Mode,
    /// Which messages concern it.
    pub filter: Filter,
    /// It wants to be asked about its own messages, too.
    pub own: bool,
}

/// One subscription.
#[derive(Debug, Clone)]
pub struct Subscription {
    /// Types it wants.
    pub types: BTreeSet<EventType>,
    /// Which of them concern it.
    pub filter: Filter,
    /// How long a handler may take.
    pub timeout: Duration,
    /// What is promised of its events.
    pub delivery: Guarantee,
    /// Which of its events wait for one another.
    pub order: Order,
    /// It wants to be told of its own messages, too.
    pub own: bool,
}
