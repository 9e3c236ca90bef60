//! Which plugins need which, over all that are loaded: in what order they start, and what can never
//! start. Pure: it sees declarations, never a state.

use super::fault::{Fault, Faults, Problem};
use super::manifest::{Dependency, Manifest};
use super::name::PluginName;
use std::collections::{BTreeMap, BTreeSet};

/// An order in which every plugin comes after all it needs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Order {
    start: Vec<PluginName>,
    needs: BTreeMap<PluginName, BTreeSet<PluginName>>,
}

impl Order {
    /// From the first to start to the last. Neighbours that do not need each other may start at the
    /// same time.
    pub fn start(&self) -> &[PluginName] {
        &self.start
    }

    /// From the first to stop to the last.
    pub fn stop(&self) -> impl Iterator<Item = &PluginName> {
        self.start.iter().rev()
    }

    /// What a plugin needs itself, not what those need in turn.
    pub fn needs(&self, name: &PluginName) -> impl Iterator<Item = &PluginName> {
        self.needs.get(name).into_iter().flatten()
    }

    /// The plugins that need this one themselves.
    pub fn needed_by<'o>(&'o self, name: &'o PluginName) -> impl Iterator<Item = &'o PluginName> {
        self.needs.iter().filter(|(_, needs)| needs.contains(name)).map(|(by, _)| by)
    }
}

/// Orders plugins by their dependencies.
///
/// # Errors
/// Every dependency that is missing or whose version is out of range, and every cycle with its
/// path.
pub fn check_dependencies(manifests: &BTreeMap<PluginName, &Manifest>) -> Result<Order, Faults> {
    let mut faults = Vec::new();
    for manifest in manifests.values() {
        for (name, dependency) in &manifest.dependencies {
            faults.extend(unmet(name, dependency, manifests));
        }
    }
    let mut walk = Walk { manifests, done: BTreeSet::new(), order: Vec::new(), faults };
    for name in manifests.keys() {
        walk.visit(name, &mut Vec::new());
    }
    Faults::check(walk.faults)?;
    let needs = |manifest: &&Manifest| manifest.dependencies.keys().cloned().collect();
    let needs = manifests.iter().map(|(name, it)| (name.clone(), needs(it))).collect();
    Ok(Order { start: walk.order, needs })
}

fn unmet(
    name: &PluginName,
    wanted: &Dependency,
    manifests: &BTreeMap<PluginName, &Manifest>,
) -> Option<Fault> {
    let range = &wanted.range;
    let problem = match manifests.get(name) {
        None => Problem::new(format!("{name} is not loaded"))
            .hint(format!("load a {name} of version {range} first")),
        Some(found) if !range.matches(&found.version) => {
            let version = &found.version;
            Problem::new(format!("{name} {version} is loaded, {range} is needed"))
        }
        Some(_) => return None,
    };
    Some(Fault::at(&wanted.place, format!("dependencies.{name}"), problem))
}

/// A walk in depth: whoever is left behind last is ordered first.
struct Walk<'m> {
    manifests: &'m BTreeMap<PluginName, &'m Manifest>,
    done: BTreeSet<&'m PluginName>,
    order: Vec<PluginName>,
    faults: Vec<Fault>,
}

impl<'m> Walk<'m> {
    fn visit(&mut self, name: &'m PluginName, path: &mut Vec<&'m PluginName>) {
        let Some(manifest) = self.manifests.get(name).filter(|_| !self.done.contains(name)) else {
            return;
        };
        path.push(name);
        for (needed, dependency) in &manifest.dependencies {
            match path.iter().position(|it| *it == needed) {
                Some(start) => self.faults.push(cycle(&path[start..], needed, dependency)),
                None => self.visit(needed, path),
            }
        }
        path.pop();
        if self.done.insert(name) {
            self.order.push(name.clone());
        }
    }
}

fn cycle(path: &[&PluginName], back_to: &PluginName, dependency: &Dependency) -> Fault {
    let names: Vec<&str> = path.iter().map(|it| it.as_str()).chain([back_to.as_str()]).collect();
    let problem = Problem::new(format!("a cycle: {}", names.join(" → ")));
    Fault::at(&dependency.place, format!("dependencies.{back_to}"), problem)
}

#[cfg(test)]
mod tests;
