//! What a reload would change: each value old and new, and what must be restarted before it counts.
//! It compares; it changes nothing.

use super::Spec;
use crate::config::keys::{Effect, Row};
use crate::config::name::{EnvName, PluginName};
use crate::config::operator::{OperatorConfig, RootPlugins};
use crate::config::source::Source;
use std::collections::{BTreeMap, BTreeSet};

/// One value that would change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Whose value; none for the daemon's own.
    pub plugin: Option<PluginName>,
    /// The key.
    pub key: String,
    /// What counts now; empty if nothing does.
    pub before: String,
    /// What would count; empty if nothing would.
    pub after: String,
    /// When it would count.
    pub effect: Effect,
}

/// What counts, or would.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'s> {
    /// The operator's files.
    pub config: &'s OperatorConfig,
    /// Every plugin that is loaded.
    pub specs: &'s BTreeMap<PluginName, Spec>,
}

/// Every change from one standing to another: the daemon's first, then plugin by plugin.
pub fn diff(before: Standing<'_>, after: Standing<'_>) -> Vec<Change> {
    let mut changes = compare(None, &config_rows(before.config), &config_rows(after.config));
    let names: BTreeSet<&PluginName> = before.specs.keys().chain(after.specs.keys()).collect();
    for name in names {
        let rows = |specs: &BTreeMap<PluginName, Spec>| {
            specs.get(name).map(plugin_rows).unwrap_or_default()
        };
        changes.extend(compare(Some(name), &rows(before.specs), &rows(after.specs)));
    }
    changes
}

fn compare(plugin: Option<&PluginName>, before: &[Row], after: &[Row]) -> Vec<Change> {
    let value = |rows: &[Row], key: &str| {
        rows.iter().find(|row| row.key == key).map(|row| row.value.clone()).unwrap_or_default()
    };
    let gone = before.iter().filter(|old| !after.iter().any(|new| new.key == old.key));
    let mut changes = Vec::new();
    for row in after.iter().chain(gone) {
        let (old, new) = (value(before, &row.key), value(after, &row.key));
        if old != new {
            let (plugin, key, effect) = (plugin.cloned(), row.key.clone(), row.effect);
            changes.push(Change { plugin, key, before: old, after: new, effect });
        }
    }
    changes
}

/// A plugin's values, and what they rest on that is no value of a key.
fn plugin_rows(spec: &Spec) -> Vec<Row> {
    let env: Vec<&str> = spec.env.iter().map(EnvName::as_str).collect();
    let version = spec.version.to_string();
    let mut rows = vec![
        row("version", version, Effect::PluginRestart),
        row("env", env.join(","), Effect::PluginRestart),
    ];
    rows.extend(spec.rows());
    rows
}

fn config_rows(config: &OperatorConfig) -> Vec<Row> {
    let daemon = &config.daemon;
    let root_plugins = match daemon.root_plugins.value {
        RootPlugins::Allowed => "true",
        RootPlugins::Refused => "false",
    };
    let together = daemon.plugins_memory.as_ref().map_or(String::new(), |it| it.value.to_string());
    let mut rows = vec![
        row("daemon.plugins_memory", together, Effect::DaemonRestart),
        row("daemon.uid_range", daemon.uid_range.value.to_string(), Effect::DaemonRestart),
        row("daemon.allow_root_plugins", root_plugins.to_owned(), Effect::DaemonRestart),
        row("app.group", config.app_group.value.clone(), Effect::DaemonRestart),
        row("debug.enabled", config.debug.value.as_str().to_owned(), Effect::AtOnce),
        row("admin.group", config.admin_group.value.clone(), Effect::DaemonRestart),
    ];
    let reporting = config.reporting.rows().into_iter();
    rows.extend(reporting.map(|(key, value)| row(key, value, Effect::AtOnce)));
    let runtimes = config.runtimes.iter();
    rows.extend(runtimes.map(|(name, path)| {
        row(&format!("runtimes.{name}"), path.display().to_string(), Effect::PluginRestart)
    }));
    rows
}

fn row(key: &str, value: String, effect: Effect) -> Row {
    let source = Source::BuiltIn;
    Row { key: key.to_owned(), value, source, effect }
}
