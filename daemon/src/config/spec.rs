//! What results for one plugin from its manifest, the operator's files and the operator's commands:
//! built-in < manifest < `[plugins."NAME"]` of the files < commands, with `[defaults]` between
//! built-in and manifest. Every value knows who decided it. It runs nothing.

use super::fault::{Fault, Faults, Problem};
use super::granted::Granted;
use super::keys::{Effect, FirstStart, IdleStop, KeyValues, Keys, RestartPolicy, Row};
use super::manifest::{Asks, Hook, HookDecl, Manifest, Mode, OnFailure};
use super::name::{EnvName, PluginName};
use super::operator::{OperatorConfig, PluginPolicy};
use super::overrides::CliOverrides;
use super::pattern::ChannelPattern;
use super::permission::{Grants, Permission};
use super::source::{Source, Sourced};
use outboard_supervision::policy::{self, Heartbeat, Policy, Restart, StartTimes, StopTimes};
use outboard_supervision::{backoff::Backoff, intensity::Intensity};
use semver::Version;
use std::collections::BTreeSet;
use std::time::Duration;

pub mod diff;
pub mod reservation;

/// How often a ping may go unanswered before a plugin counts as hung.
const MISSES: u32 = 3;
/// How long a plugin whose session broke may take to connect again.
const RECONNECT: Duration = Duration::from_secs(2);

/// What counts for one plugin.
#[derive(Debug, Clone, PartialEq)]
pub struct Spec {
    /// Its name.
    pub name: PluginName,
    /// Its version.
    pub version: Version,
    /// Whether it is to run.
    pub enabled: Sourced<bool>,
    /// What it may do.
    pub grants: GrantSpec,
    /// Its hooks, in the manifest's order.
    pub hooks: Vec<HookSpec>,
    /// The channels to which it is limited; empty means all.
    pub channels: Sourced<Vec<ChannelPattern>>,
    /// Variables it is given of the daemon's environment.
    pub env: BTreeSet<EnvName>,
    /// Run and limits keys.
    pub keys: KeyValues,
}

/// What a plugin asked for and what it got.
#[derive(Debug, Clone, PartialEq)]
pub struct GrantSpec {
    /// What it asks for.
    pub asked: Asks,
    /// What of that it has, and within which limits.
    pub granted: Granted,
    /// What it has not and is not started without.
    pub missing: BTreeSet<Permission>,
    /// Who decided it.
    pub source: Source,
}

impl GrantSpec {
    /// The plugins it may call.
    pub fn may_call(&self) -> BTreeSet<PluginName> {
        let permission = Permission::PluginsCall;
        let Some(limit) = self.granted.limit_of(permission) else { return BTreeSet::new() };
        let (asked, narrowed) = (&limit.asked.plugins, &limit.narrowed.plugins);
        let left = asked.iter().filter(|it| narrowed.is_empty() || narrowed.contains(*it));
        left.cloned().collect()
    }
}

/// One hook of one plugin.
#[derive(Debug, Clone, PartialEq)]
pub struct HookSpec {
    /// What the author says.
    pub decl: HookDecl,
    /// How long one answer may take.
    pub timeout: Duration,
    /// Whether its answers count.
    pub mode: Mode,
    /// What happens when it cannot answer; the author's wish counts for nothing here.
    pub on_failure: Sourced<OnFailure>,
}

impl Spec {
    /// Brings together what everyone said of a plugin.
    ///
    /// # Errors
    /// Everything the manifest asks beyond a ceiling, and hooks closed that it does not answer.
    pub fn resolve(
        manifest: &Manifest,
        config: &OperatorConfig,
        overrides: &CliOverrides,
    ) -> Result<Spec, Faults> {
        let files = config.plugins.get(&manifest.name).cloned().unwrap_or_default();
        let policy = overrides.0.clone().over(files);
        let keys = resolve_keys(manifest, &config.defaults, policy.keys.clone());
        let mut faults = keys.above(&config.ceilings);
        faults.extend(unknown_closed(manifest, &policy));
        Faults::check(faults)?;
        let allowed = &config.daemon.env_allow.value;
        Ok(Spec {
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            enabled: policy.enabled.clone().unwrap_or(Sourced::built_in(false)),
            grants: resolve_grants(&manifest.asks, policy.grants.as_ref()),
            hooks: resolve_hooks(&manifest.hooks, &policy, &keys),
            channels: policy.channels.clone().unwrap_or(Sourced::built_in(Vec::new())),
            env: manifest.run.env.intersection(allowed).cloned().collect(),
            keys,
        })
    }

    /// What the supervision machine needs to know.
    pub fn policy(&self) -> Policy {
        let keys = &self.keys;
        Policy {
            restart: match keys.restart.value {
                RestartPolicy::Never => Restart::Never,
                RestartPolicy::OnFailure => Restart::OnFailure,
                RestartPolicy::Always => Restart::Always,
            },
            first: match keys.start.value {
                FirstStart::Boot => policy::FirstStart::AtBoot,
                FirstStart::Lazy => policy::FirstStart::WhenCalled,
            },
            idle_stop: match keys.idle_stop.value {
                IdleStop::After(most) => Some(most),
                IdleStop::Never => None,
            },
            start: StartTimes {
                step: keys.start_timeout.value,
                total: keys.start_timeout_max.value.max(keys.start_timeout.value),
            },
            heartbeat: Heartbeat {
                interval: keys.heartbeat.value,
                due: keys.heartbeat_timeout.value,
                misses: MISSES,
            },
            backoff: Backoff {
                first: keys.backoff_first.value,
                ceiling: keys.backoff_max.value.max(keys.backoff_first.value),
                reset_after: keys.backoff_reset.value,
                ..Backoff::default()
            },
            intensity: Intensity { restarts: keys.intensity.value, period: keys.period.value },
            stop: StopTimes {
                drain: keys.drain_timeout.value,
                shutdown: keys.shutdown_timeout.value,
                term: keys.term_timeout.value,
            },
            reconnect: RECONNECT,
        }
    }

    /// Every value with who decided it, for `status` and for a diff.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows = vec![self.enabled_row(), self.grants_row()];
        rows.extend(self.channels_row());
        rows.extend(self.hooks.iter().map(hook_row));
        rows.extend(self.hooks.iter().filter(|it| it.mode == Mode::Shadow).map(shadow_row));
        rows.extend(self.keys.rows());
        rows
    }

    fn enabled_row(&self) -> Row {
        Row {
            key: "enabled".to_owned(),
            value: self.enabled.value.to_string(),
            source: self.enabled.source.clone(),
            effect: Effect::AtOnce,
        }
    }

    /// Only where there is a limit.
    fn channels_row(&self) -> Option<Row> {
        let patterns: Vec<String> =
            self.channels.value.iter().map(ChannelPattern::as_written).collect();
        (!patterns.is_empty()).then(|| Row {
            key: "channels".to_owned(),
            value: patterns.join(","),
            source: self.channels.source.clone(),
            effect: Effect::AtOnce,
        })
    }

    fn grants_row(&self) -> Row {
        Row {
            key: "grants".to_owned(),
            value: self.grants.granted.as_grants().to_string(),
            source: self.grants.source.clone(),
            effect: Effect::AtOnce,
        }
    }
}

fn hook_row(hook: &HookSpec) -> Row {
    Row {
        key: format!("on_failure.{}.{}", hook.decl.hook, hook.decl.phase.as_str()),
        value: hook.on_failure.value.as_str().to_owned(),
        source: hook.on_failure.source.clone(),
        effect: Effect::AtOnce,
    }
}

fn shadow_row(hook: &HookSpec) -> Row {
    Row {
        key: format!("mode.{}.{}", hook.decl.hook, hook.decl.phase.as_str()),
        value: hook.mode.as_str().to_owned(),
        source: hook.on_failure.source.clone(),
        effect: Effect::AtOnce,
    }
}

fn resolve_keys(manifest: &Manifest, defaults: &Keys, operator: Keys) -> KeyValues {
    operator.over(&manifest.keys).over(defaults).or_built_in()
}

fn resolve_grants(asked: &Asks, said: Option<&Sourced<Grants>>) -> GrantSpec {
    let said = said.cloned().unwrap_or(Sourced::built_in(Grants::None));
    let granted = Granted::of(asked, &said.value);
    let missing = asked.required().into_iter().filter(|it| !granted.holds(*it)).collect();
    GrantSpec { asked: asked.clone(), granted, missing, source: said.source }
}

fn resolve_hooks(hooks: &[HookDecl], policy: &PluginPolicy, keys: &KeyValues) -> Vec<HookSpec> {
    let closed = policy.closed.as_ref();
    let on_failure = |hook: &Hook| match closed.filter(|it| it.value.contains(hook)) {
        Some(closed) => Sourced { value: OnFailure::Closed, source: closed.source.clone() },
        None => Sourced::built_in(OnFailure::Open),
    };
    let shadowed = policy.shadow.as_ref();
    let spec = |decl: &HookDecl| {
        // Nothing depends on the answer of one that stands beside the path: nothing can be closed.
        let open = |source: Source| (Mode::Shadow, Sourced { value: OnFailure::Open, source });
        let (mode, on_failure) = match shadowed.filter(|it| it.value.contains(&decl.hook)) {
            Some(shadowed) => open(shadowed.source.clone()),
            None if decl.mode == Mode::Shadow => open(Source::BuiltIn),
            None => (Mode::Path, on_failure(&decl.hook)),
        };
        hook_spec(decl, mode, on_failure, keys)
    };
    hooks.iter().map(spec).collect()
}

fn hook_spec(
    decl: &HookDecl,
    mode: Mode,
    on_failure: Sourced<OnFailure>,
    keys: &KeyValues,
) -> HookSpec {
    HookSpec {
        decl: decl.clone(),
        mode,
        timeout: decl.timeout.unwrap_or(decl.hook.timeout()).min(keys.call_timeout.value),
        on_failure,
    }
}

/// A hook closed that the plugin does not answer: the operator believes in a guard that is not
/// there.
fn unknown_closed(manifest: &Manifest, policy: &PluginPolicy) -> Vec<Fault> {
    let Some(closed) = &policy.closed else { return Vec::new() };
    let declared: BTreeSet<Hook> = manifest.hooks.iter().map(|it| it.hook.clone()).collect();
    let fault = |hook: &Hook| {
        let name = &manifest.name;
        let problem = Problem::new(format!("{name} does not answer {hook}: nothing to close"));
        closed.source.fault(format!("plugins.\"{name}\".closed"), problem)
    };
    closed.value.difference(&declared).map(fault).collect()
}

#[cfg(test)]
mod tests;
