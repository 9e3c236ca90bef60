//! `[plugins."NAME"]`: what the operator says of one plugin, in a file or by a command. It counts
//! above the manifest.

use crate::config::fault::Problem;
use crate::config::keys::{Keys, Reader};
use crate::config::manifest::Hook;
use crate::config::name::PluginName;
use crate::config::pattern::ChannelPattern;
use crate::config::permission::Grants;
use crate::config::scope::parse_scoped;
use crate::config::section::{Field, Section};
use crate::config::source::Sourced;
use std::collections::{BTreeMap, BTreeSet};

/// What the operator says of one plugin.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PluginPolicy {
    /// Whether it is to run.
    pub enabled: Option<Sourced<bool>>,
    /// What it may do.
    pub grants: Option<Sourced<Grants>>,
    /// Hooks whose acts are refused while it cannot answer.
    pub closed: Option<Sourced<BTreeSet<Hook>>>,
    /// Hooks that it only watches, whatever its manifest says.
    pub shadow: Option<Sourced<BTreeSet<Hook>>>,
    /// The channels to which it is limited; empty means all.
    pub channels: Option<Sourced<Vec<ChannelPattern>>>,
    /// Run and limits keys.
    pub keys: Keys,
}

impl PluginPolicy {
    /// These words, and where they are silent, the lower ones.
    pub fn over(self, lower: PluginPolicy) -> PluginPolicy {
        PluginPolicy {
            enabled: self.enabled.or(lower.enabled),
            grants: self.grants.or(lower.grants),
            closed: self.closed.or(lower.closed),
            shadow: self.shadow.or(lower.shadow),
            channels: self.channels.or(lower.channels),
            keys: self.keys.over(&lower.keys),
        }
    }

    /// Reads a table of it; unknown keys are noted.
    pub fn read(table: &Section<'_>) -> PluginPolicy {
        let enabled = table.field("enabled").and_then(|it| Some(it.sourced(it.flag()?)));
        let grants = table.field("grants").and_then(|it| Some(it.sourced(read_grants(&it)?)));
        let closed = table.field("closed").map(|it| it.sourced(read_list(&it)));
        let shadow = table.field("shadow").map(|it| it.sourced(read_list(&it)));
        let channels = table.field("channels").map(|it| it.sourced(read_channels(&it)));
        let keys = Keys::read(table, Reader::Operator);
        table.close();
        PluginPolicy { enabled, grants, closed, shadow, channels, keys }
    }
}

/// Reads every `[plugins."NAME"]`.
pub fn read_all(root: &Section<'_>) -> BTreeMap<PluginName, PluginPolicy> {
    let Some(table) = root.section("plugins") else { return BTreeMap::new() };
    let mut policies = BTreeMap::new();
    for entry in table.entries() {
        let name: Option<PluginName> = entry.settle(entry.name().parse());
        let policy = entry.section().map(|it| PluginPolicy::read(&it));
        policies.extend(name.zip(policy));
    }
    policies
}

/// `"asked"`, `"none"`, or a list.
fn read_grants(field: &Field<'_>) -> Option<Grants> {
    match field.value().is_array() {
        true => field.settle(Grants::list(field.parse_list(parse_scoped))),
        false => field.parse(|text| {
            let hint = "\"asked\", \"none\" or [\"messages:send\"]";
            text.parse().map_err(|problem: Problem| match problem.hint {
                Some(_) => problem,
                None => problem.hint(hint),
            })
        }),
    }
}

/// A list; on the command line one text with commas.
fn read_list(field: &Field<'_>) -> BTreeSet<Hook> {
    if field.value().is_array() {
        return field.parse_list(str::parse).into_iter().collect();
    }
    let hooks = |text: &str| {
        let names = text.split(',').map(str::trim).filter(|it| !it.is_empty());
        names.map(str::parse).collect::<Result<BTreeSet<Hook>, Problem>>()
    };
    field.parse(hooks).unwrap_or_default()
}

/// Likewise.
fn read_channels(field: &Field<'_>) -> Vec<ChannelPattern> {
    if field.value().is_array() {
        return field.parse_list(ChannelPattern::parse);
    }
    let patterns = |text: &str| {
        let patterns = text.split(',').map(str::trim).filter(|it| !it.is_empty());
        patterns.map(ChannelPattern::parse).collect::<Result<Vec<_>, Problem>>()
    };
    field.parse(patterns).unwrap_or_default()
}
