//! `[[permissions]]`: what a plugin asks to be allowed, and why. What it is granted, the operator
//! says.

use super::about::plain;
use crate::config::fault::Problem;
use crate::config::nearest::nearest;
use crate::config::permission::Permission;
use crate::config::scope::{Dimension, Scope};
use crate::config::section::{Field, Section};
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
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// Whether the plugin can do without.
    pub need: Need,
    /// The author's words to the operator.
    pub reason: String,
    /// What it is limited to by its own wish. For `plugins:call` it names at least one plugin.
    pub scope: Scope,
}

/// Everything a plugin asks for.
#[derive(Debug, Clone, PartialEq, Default)]
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
        let reason = reason.unwrap_or_default();
        let scopes = read_scopes(&entry, &permissions);
        for (permission, scope) in permissions.into_iter().zip(scopes) {
            let ask = Ask { need, reason: reason.clone(), scope };
            if asks.0.insert(permission, ask).is_some() {
                entry.fault("actions", Problem::new(format!("{permission} is asked for twice")));
            }
        }
        // Nothing here could hold a plugin to hosts: it has the machine's own network.
        entry.not_supported(&["hosts"]);
        entry.close();
    }
    asks
}

/// What each of the permissions is limited to; whom it calls must be said where it asks to call.
fn read_scopes(entry: &Section<'_>, permissions: &[Permission]) -> Vec<Scope> {
    let mut scopes = vec![Scope::default(); permissions.len()];
    for dimension in Dimension::ALL {
        let Some(field) = entry.field(dimension.as_str()) else { continue };
        let items = field.items().unwrap_or_default();
        if items.is_empty() {
            field.fault(dimension.empty());
        }
        for item in items {
            limit(&item, permissions, dimension, &mut scopes);
        }
    }
    let calls = permissions.contains(&Permission::PluginsCall);
    if calls && !entry.has(Dimension::Plugins.as_str()) {
        let problem = Problem::new("says not which plugins it calls");
        entry.fault("plugins", problem.hint("plugins = [\"dictionary\"]"));
    }
    scopes
}

/// One word of a limit holds for each permission of its entry. An operation belongs to one of them.
fn limit(item: &Field<'_>, permissions: &[Permission], dimension: Dimension, scopes: &mut [Scope]) {
    let Some(text) = item.text() else { return };
    let tried: Vec<Result<(), Problem>> = permissions
        .iter()
        .zip(scopes)
        .map(|(permission, scope)| scope.limit(*permission, dimension, text))
        .collect();
    let some = dimension == Dimension::Operations && tried.iter().any(Result::is_ok);
    if let (false, Some(problem)) = (some, tried.into_iter().find_map(Result::err)) {
        item.fault(problem);
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
