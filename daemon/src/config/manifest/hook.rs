//! `[[hooks]]`: the points where a plugin may change the outcome. It knows what one plugin says of
//! one hook; the order among plugins is the pipeline's to find.

use crate::config::amount::parse_duration;
use crate::config::fault::Problem;
use crate::config::manifest::filter::Filter;
use crate::config::name::PluginName;
use crate::config::section::{Field, Section};
use std::collections::BTreeSet;
use std::time::Duration;

mod kind;

pub use kind::{CustomHook, Deed, Hook};

/// Which part of a pipeline an interceptor belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// One after another, each seeing what the one before made of it.
    Transform,
    /// All at once, after the transforms; they may only refuse.
    Validate,
}

impl Phase {
    /// As manifests write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Phase::Transform => "transform",
            Phase::Validate => "validate",
        }
    }
}

/// What happens to the app's act when an interceptor cannot answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OnFailure {
    /// The plugin is skipped.
    Open,
    /// The act is refused.
    Closed,
}

impl OnFailure {
    /// As manifests write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            OnFailure::Open => "open",
            OnFailure::Closed => "closed",
        }
    }
}

/// Whether an interceptor's answers count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// They do.
    Path,
    /// It stands beside the path: its answers are only compared with what was decided.
    Shadow,
}

impl Mode {
    /// As manifests write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Mode::Path => "path",
            Mode::Shadow => "shadow",
        }
    }
}

/// What one plugin says of one hook.
#[derive(Debug, Clone, PartialEq)]
pub struct HookDecl {
    /// The hook.
    pub hook: Hook,
    /// When in the pipeline.
    pub phase: Phase,
    /// Lower comes first.
    pub priority: i32,
    /// Plugins it must come before, where they are there.
    pub before: BTreeSet<PluginName>,
    /// Plugins it must come after, where they are there.
    pub after: BTreeSet<PluginName>,
    /// How long one answer may take, where it says so.
    pub timeout: Option<Duration>,
    /// Whether its answers count.
    pub mode: Mode,
    /// What the author asks for; only an operator grants `Closed`.
    pub on_failure: OnFailure,
    /// Which messages concern it.
    pub filter: Filter,
    /// It asks for its own messages, too.
    pub own: bool,
}

/// Where a plugin stands that names no priority.
const PRIORITY: i32 = 100;
/// The longest any hook may wait; the pipeline's budget cuts most of them far shorter.
const LONGEST: Duration = Duration::from_secs(10);

/// Reads `[[hooks]]`.
pub fn read_all(root: &Section<'_>, own: Option<&PluginName>) -> Vec<HookDecl> {
    let mut hooks: Vec<HookDecl> = Vec::new();
    for entry in root.sections("hooks") {
        let Some(hook) = read(&entry, own) else { continue };
        if hooks.iter().any(|it| (&it.hook, it.phase) == (&hook.hook, hook.phase)) {
            let (name, phase) = (&hook.hook, hook.phase.as_str());
            entry.fault("on", Problem::new(format!("{name} is declared twice in phase {phase}")));
        }
        hooks.push(hook);
    }
    hooks
}

fn read(entry: &Section<'_>, own: Option<&PluginName>) -> Option<HookDecl> {
    let on = entry.needed("on", "\"message.before_post\"");
    let hook = on.and_then(|it| it.parse(str::parse));
    let phase = entry.field("phase").and_then(|it| it.parse(phase)).unwrap_or(Phase::Transform);
    let priority = entry.field("priority").and_then(|it| priority(&it)).unwrap_or(PRIORITY);
    let before = neighbours(entry, "before", own);
    let after = neighbours(entry, "after", own);
    if let Some(both) = before.intersection(&after).next() {
        entry.fault("before", Problem::new(format!("{both} stands in both before and after")));
    }
    let mode = entry.field("mode").and_then(|it| it.parse(mode)).unwrap_or(Mode::Path);
    let timeout = entry.field("timeout").and_then(|it| it.parse(timeout));
    let on_failure = entry.field("on_failure").and_then(|it| it.parse(on_failure));
    let on_failure = on_failure.unwrap_or(OnFailure::Open);
    let filter = entry.section("filter").map(|it| read_filter(&it, hook.as_ref()));
    let filter = filter.unwrap_or_default();
    let own = entry.field("own").and_then(|it| it.flag()).unwrap_or(false);
    entry.close();
    let hook = hook?;
    Some(HookDecl { hook, phase, priority, before, after, timeout, mode, on_failure, filter, own })
}

/// Nothing can pass a filter on what its hook does not have.
fn read_filter(table: &Section<'_>, hook: Option<&Hook>) -> Filter {
    let filter = Filter::read(table);
    let Some(hook) = hook else { return filter };
    let cannot = |keys: &[&str], what: &str| {
        for key in keys.iter().filter(|key| table.has(key)) {
            table.fault(key, Problem::new(format!("{hook} has no {what} to look at")));
        }
    };
    if !hook.has_channel() {
        cannot(&["channels"], "channel");
    }
    if !hook.has_text() {
        cannot(&["prefix", "regex", "mentions"], "text");
    }
    if !hook.has_sender() {
        cannot(&["sender", "role"], "sender");
    }
    filter
}

fn neighbours(
    entry: &Section<'_>,
    key: &'static str,
    own: Option<&PluginName>,
) -> BTreeSet<PluginName> {
    let name = |text: &str| match text.parse::<PluginName>()? {
        name if own == Some(&name) => Err(Problem::new("a plugin cannot stand beside itself")),
        name => Ok(name),
    };
    let list = entry.field(key).map(|it| it.parse_list(name)).unwrap_or_default();
    list.into_iter().collect()
}

fn priority(field: &Field<'_>) -> Option<i32> {
    let number = field.integer()?;
    field.settle(i32::try_from(number).map_err(|_| Problem::new("out of range")))
}

fn phase(text: &str) -> Result<Phase, Problem> {
    let phases = [Phase::Transform, Phase::Validate];
    let refused = || Problem::new(format!("no such phase: {text:?}")).hint("transform or validate");
    phases.into_iter().find(|it| it.as_str() == text).ok_or_else(refused)
}

fn on_failure(text: &str) -> Result<OnFailure, Problem> {
    let policies = [OnFailure::Open, OnFailure::Closed];
    let refused = || Problem::new(format!("no such policy: {text:?}")).hint("open or closed");
    policies.into_iter().find(|it| it.as_str() == text).ok_or_else(refused)
}

fn mode(text: &str) -> Result<Mode, Problem> {
    let modes = [Mode::Path, Mode::Shadow];
    let refused = || Problem::new(format!("no such mode: {text:?}")).hint("path or shadow");
    modes.into_iter().find(|it| it.as_str() == text).ok_or_else(refused)
}

fn timeout(text: &str) -> Result<Duration, Problem> {
    let time = parse_duration(text)?;
    match time.is_zero() || time > LONGEST {
        true => Err(Problem::new("a hook's time is above 0 and at most 10s")),
        false => Ok(time),
    }
}
