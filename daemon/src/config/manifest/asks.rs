//! `[[permissions]]`: what a plugin asks to be allowed, and why. What it is granted, the operator
//! says.

use super::about::plain;
use crate::config::fault::Problem;
use crate::config::name::PluginName;
use crate::config::nearest::nearest;
use crate::config::permission::Permission;
use crate::config::section::Section;
use std::collections::{BTreeMap, BTreeSet};

/// Whether a plugin can do without a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// It is not started without it.
    Required,
    /// It does less without it.
    Optional,
}

/// One permission as the author asks for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// Whether the plugin can do without.
    pub need: Need,
    /// The author's words to the operator.
    pub reason: String,
    /// The plugins it is about; only for `plugins:call`, and then never empty.
    pub plugins: BTreeSet<PluginName>,
}

/// Everything a plugin asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Asks(pub BTreeMap<Permission, Ask>);

impl Asks {
    /// All of them.
    pub fn permissions(&self) -> BTreeSet<Permission> {
        self.0.keys().copied().collect()
    }

    /// Those it is not started without.
    pub fn required(&self) -> BTreeSet<Permission> {
        let required = self.0.iter().filter(|(_, ask)| ask.need == Need::Required);
        required.map(|(permission, _)| *permission).collect()
    }
}

/// What a manifest gets that uses a permission it does not ask for: the lines to add.
pub fn missing(permission: Permission) -> Problem {
    let (resource, action) = halves(permission);
    Problem::new(format!("needs the permission {permission}, which is not asked for")).hint(format!(
        "add [[permissions]] resource = \"{resource}\", actions = [\"{action}\"], reason = \"…\""
    ))
}

/// Reads `[[permissions]]`.
pub fn read(root: &Section<'_>) -> Asks {
    let mut asks = Asks::default();
    for entry in root.sections("permissions") {
        let reason = entry.needed("reason", "\"to …\"").and_then(|it| it.parse(plain));
        let optional = entry.field("optional").and_then(|it| it.flag()).unwrap_or(false);
        let need = if optional { Need::Optional } else { Need::Required };
        let permissions = read_permissions(&entry);
        let plugins = read_plugins(&entry, &permissions);
        let ask = Ask { need, reason: reason.unwrap_or_default(), plugins };
        for permission in permissions {
            if asks.0.insert(permission, ask.clone()).is_some() {
                entry.fault("actions", Problem::new(format!("{permission} is asked for twice")));
            }
        }
        entry.not_supported(&["workspaces", "channels", "hosts", "operations"]);
        entry.close();
    }
    asks
}

/// Whom it wants to call: must be said where calling is asked for, and nowhere else.
fn read_plugins(entry: &Section<'_>, permissions: &[Permission]) -> BTreeSet<PluginName> {
    let calls = permissions.contains(&Permission::PluginsCall);
    match entry.field("plugins") {
        Some(field) if calls => {
            let plugins = field.parse_list(str::parse);
            if field.value().as_array().is_some_and(|list| list.is_empty()) {
                field.fault(Problem::new("names no plugin"));
            }
            plugins.into_iter().collect()
        }
        Some(field) => {
            field.fault(Problem::not_supported());
            BTreeSet::new()
        }
        None => {
            if calls {
                let problem = Problem::new("says not which plugins it calls");
                entry.fault("plugins", problem.hint("plugins = [\"dictionary\"]"));
            }
            BTreeSet::new()
        }
    }
}

fn read_permissions(entry: &Section<'_>) -> Vec<Permission> {
    let resource = entry.needed("resource", "\"messages\"").and_then(|it| it.parse(resource));
    let Some(actions) = entry.needed("actions", "[\"read\"]") else { return Vec::new() };
    let Some(resource) = resource else { return Vec::new() };
    let items = actions.items().unwrap_or_default();
    if items.is_empty() {
        actions.fault(Problem::new("names no action"));
    }
    let permission = |action: &str| format!("{resource}:{action}").parse();
    items.iter().filter_map(|item| item.parse(permission)).collect()
}

fn resource(text: &str) -> Result<String, Problem> {
    let known = || Permission::ALL.iter().map(|it| halves(*it).0);
    if known().any(|it| it == text) {
        return Ok(text.to_owned());
    }
    let problem = Problem::new(format!("no such resource: {text}"));
    Err(match nearest(text, known()) {
        Some(hint) => problem.hint(hint),
        None => problem,
    })
}

fn halves(permission: Permission) -> (&'static str, &'static str) {
    permission.as_str().split_once(':').unwrap_or_default()
}
