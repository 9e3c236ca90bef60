//! Closed hooks reserve their time of a pipeline first, open ones share the rest. Reservations that
//! no budget could hold are found here, over all plugins, before any message waits for them.

use super::{HookSpec, Spec};
use crate::config::amount::show_duration;
use crate::config::fault::{Fault, Faults, Problem};
use crate::config::manifest::{Hook, OnFailure, Phase};
use crate::config::name::PluginName;
use std::collections::BTreeSet;
use std::time::Duration;

/// Checks every hook's reservations against the pipeline's budget. Plugins that are not enabled
/// reserve nothing: leave them out.
///
/// # Errors
/// One fault per hook that is over, naming every reservation, where the largest was granted.
pub fn check_reservations<'s>(specs: impl IntoIterator<Item = &'s Spec>) -> Result<(), Faults> {
    let specs: Vec<&Spec> = specs.into_iter().collect();
    let declared = specs.iter().flat_map(|it| &it.hooks).map(|it| &it.decl.hook);
    let hooks: BTreeSet<&Hook> = declared.collect();
    Faults::check(hooks.into_iter().filter_map(|hook| over_budget(hook, &specs)).collect())
}

fn over_budget(hook: &Hook, specs: &[&Spec]) -> Option<Fault> {
    let closed = closed_on(hook, specs);
    let needed = needed(&closed);
    if needed <= hook.budget() {
        return None;
    }
    let (largest, spec) = closed.iter().max_by_key(|(_, spec)| spec.timeout)?;
    let each =
        |(name, spec): &(&PluginName, &HookSpec)| format!("{name} {}", show_duration(spec.timeout));
    let list: Vec<String> = closed.iter().map(each).collect();
    let problem = Problem::new(format!(
        "closed hooks reserve {} of {hook}'s {}: {}",
        show_duration(needed),
        show_duration(hook.budget()),
        list.join(", ")
    ));
    let hint = "close fewer, or ask their authors for shorter timeouts";
    let key = format!("plugins.\"{largest}\".closed");
    Some(spec.on_failure.source.fault(key, problem.hint(hint)))
}

fn closed_on<'s>(hook: &Hook, specs: &[&'s Spec]) -> Vec<(&'s PluginName, &'s HookSpec)> {
    let of_plugin = |spec: &&'s Spec| {
        let name = &spec.name;
        spec.hooks.iter().map(move |hook| (name, hook)).collect::<Vec<_>>()
    };
    let all = specs.iter().flat_map(of_plugin);
    all.filter(|(_, it)| it.decl.hook == *hook && it.on_failure.value == OnFailure::Closed)
        .collect()
}

/// Transforms wait for one another; validators run side by side and cost the slowest.
fn needed(closed: &[(&PluginName, &HookSpec)]) -> Duration {
    let of = |phase: Phase| {
        closed.iter().filter(move |(_, it)| it.decl.phase == phase).map(|(_, it)| it.timeout)
    };
    of(Phase::Transform).sum::<Duration>() + of(Phase::Validate).max().unwrap_or_default()
}
