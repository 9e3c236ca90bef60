//! Who is asked at a hook, in which order, and how much of the budget is reserved for whom.
//!
//! Built when registrations change, shared by every run that began under it. It refuses to know
//! whether anyone is ready.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use outboard_proto::{app, common};
use outboard_supervision::order::{Wish, resolve};

use super::concern::Concern;
use super::patterns::Patterns;
use super::run::step_head;
use super::{Core, Interceptor, MemberId, Registration};
use crate::clock::micros;
use crate::config::manifest::{Hook, Mode, OnFailure, Phase};

/// The interceptors of one hook, in order: transforms, then validators.
#[derive(Debug, Default)]
pub struct Pipeline {
    pub entries: Vec<Entry>,
    /// Interceptors beside the path: asked too, and never waited for.
    pub shadows: Vec<Entry>,
    /// Names in before/after that are not there.
    pub ignored: BTreeSet<String>,
}

/// One interceptor in its place.
#[derive(Debug)]
pub struct Entry {
    pub member: MemberId,
    pub plugin: Arc<str>,
    pub is: Interceptor,
    /// What concerns it.
    pub concern: Concern,
    /// Time that closed hooks after this one are sure of; open ones leave it to them.
    pub reserved_after: Duration,
    /// What every verdict says of it, encoded.
    pub step_head: Bytes,
}

/// One line of `outboard order`.
#[derive(Debug, Clone)]
pub struct OrderEntry {
    /// The plugin.
    pub plugin: String,
    /// Its place as declared.
    pub interceptor: Interceptor,
}

/// Those who may stand in a pipeline, by name.
type Members<'a> = BTreeMap<Arc<str>, (MemberId, &'a Registration)>;

/// One of them, with what it says of the hook.
type Candidate<'a> = (MemberId, &'a Registration, &'a Interceptor);

impl Entry {
    pub fn new(member: MemberId, of: &Registration, is: Interceptor, patterns: &Patterns) -> Self {
        let plugin = Arc::clone(&of.name);
        let concern = Concern::new(of, &is.filter, is.own, patterns);
        let step_head = step_head(&plugin, &is);
        Self { member, plugin, is, concern, reserved_after: Duration::ZERO, step_head }
    }

    /// Whether it still belongs to this plugin: places in the table are used again.
    pub fn is_of(&self, member: &super::member::Member) -> bool {
        Arc::ptr_eq(&self.plugin, &member.is.name) || self.plugin == member.is.name
    }
}

impl Pipeline {
    fn build(hook: &Hook, members: &Members<'_>, patterns: &Patterns) -> Self {
        let mut pipeline = Self::default();
        for phase in [Phase::Transform, Phase::Validate] {
            let of_phase = members.values().flat_map(|(member, is)| {
                let matching =
                    is.interceptors.iter().filter(|it| it.hook == *hook && it.phase == phase);
                matching.map(move |it| (*member, *is, it))
            });
            let found: Vec<Candidate<'_>> = of_phase.collect();
            pipeline.note_absent(&found, members);
            let sorted = sorted(&found).into_iter();
            let entry = |(id, of, is): Candidate<'_>| Entry::new(id, of, is.clone(), patterns);
            let on_path = |entry: &Entry| entry.is.mode == Mode::Path;
            let (entries, shadows): (Vec<_>, Vec<_>) = sorted.map(entry).partition(on_path);
            pipeline.entries.extend(entries);
            pipeline.shadows.extend(shadows);
        }
        pipeline.reserve();
        pipeline
    }

    fn note_absent(&mut self, found: &[Candidate<'_>], members: &Members<'_>) {
        let named = found.iter().flat_map(|(_, _, it)| it.before.iter().chain(&it.after));
        let absent = named.filter(|name| !members.contains_key(name.as_str()));
        self.ignored.extend(absent.cloned());
    }

    /// Sums up, from the back, what closed interceptors are sure of. Validators are asked all at
    /// once, so together they need what the slowest of them needs.
    fn reserve(&mut self) {
        let closed = |entry: &Entry| match entry.is.policy {
            OnFailure::Closed => entry.is.timeout,
            OnFailure::Open => Duration::ZERO,
        };
        let validators = self.entries.iter().filter(|entry| entry.is.phase == Phase::Validate);
        let mut reserved = validators.map(closed).max().unwrap_or(Duration::ZERO);
        for entry in self.entries.iter_mut().rev() {
            match entry.is.phase {
                Phase::Validate => entry.reserved_after = Duration::ZERO,
                Phase::Transform => {
                    entry.reserved_after = reserved;
                    reserved += closed(entry);
                }
            }
        }
    }

    fn policy(&self, hook: &Hook) -> app::HookPolicy {
        let closed = self.entries.iter().any(|entry| entry.is.policy == OnFailure::Closed);
        let policy = if closed { OnFailure::Closed } else { OnFailure::Open };
        app::HookPolicy {
            hook: hook.as_str().to_owned(),
            intercepted: !self.entries.is_empty() || !self.shadows.is_empty(),
            policy: wire_policy(policy).into(),
            budget_us: micros(hook.budget()),
        }
    }
}

/// Sorted by wishes; a cycle was refused at load, so priority and name are only a fallback for it.
fn sorted<'a>(found: &[Candidate<'a>]) -> Vec<Candidate<'a>> {
    let wishes: Vec<Wish> = found
        .iter()
        .map(|(_, is, it)| Wish {
            name: is.name.to_string(),
            priority: it.priority,
            before: it.before.clone(),
            after: it.after.clone(),
        })
        .collect();
    let order = resolve(&wishes).unwrap_or_else(|_| (0..wishes.len()).collect());
    order.into_iter().filter_map(|at| found.get(at).copied()).collect()
}

/// As frames write it.
pub fn wire_policy(policy: OnFailure) -> common::FailurePolicy {
    match policy {
        OnFailure::Open => common::FailurePolicy::Open,
        OnFailure::Closed => common::FailurePolicy::Closed,
    }
}

impl Core {
    /// Builds every pipeline anew and tells the apps what changed.
    pub fn rebuild_pipelines(&mut self) {
        let members: Members<'_> = self
            .members
            .iter()
            .filter(|(_, member)| member.listed())
            .map(|(id, member)| (Arc::clone(&member.is.name), (id, &member.is)))
            .collect();
        // Hooks that apps made up have a pipeline while somebody answers them.
        let interceptors = members.values().flat_map(|(_, it)| &it.interceptors);
        let made_up = interceptors.map(|it| it.hook.clone());
        let hooks: BTreeSet<Hook> = Hook::KNOWN.into_iter().chain(made_up).collect();
        let built = |hook: Hook| {
            let pipeline = Arc::new(Pipeline::build(&hook, &members, &self.patterns));
            (hook, pipeline)
        };
        self.pipelines = hooks.into_iter().map(built).collect();
        self.announce_policies();
    }

    /// What an app that calls these hooks needs to know.
    pub fn policies(&self, hooks: &[String]) -> app::Policies {
        let of_name = |name: &String| name.parse::<Hook>().ok();
        let policy = |hook: Hook| match self.pipelines.get(&hook) {
            Some(pipeline) => pipeline.policy(&hook),
            None => Pipeline::default().policy(&hook),
        };
        let known = hooks.iter().filter_map(of_name).map(policy).collect();
        app::Policies { hooks: known }
    }
}

impl super::Switchboard {
    /// The order of a hook, and the names in before/after that are not there.
    #[must_use]
    pub fn order(&self, hook: &Hook) -> (Vec<OrderEntry>, Vec<String>) {
        self.with(|core, _| {
            let Some(pipeline) = core.pipelines.get(hook) else { return Default::default() };
            let entry = |entry: &Entry| OrderEntry {
                plugin: entry.plugin.to_string(),
                interceptor: entry.is.clone(),
            };
            let entries = pipeline.entries.iter().chain(&pipeline.shadows).map(entry).collect();
            (entries, pipeline.ignored.iter().cloned().collect())
        })
    }
}
