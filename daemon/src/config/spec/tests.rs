//! Claims about what counts for a plugin: who wins over whom, ceilings, grants, closed hooks.

use super::diff::{Standing, diff};
use super::reservation::check_reservations;
use super::*;
use crate::config::amount::Bytes;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const PLUGIN: &str = r#"
name = "aa"
version = "1.0.0"
[run]
command = ["./x"]
env = ["LANG", "SECRET"]
[limits]
memory = "60MiB"
[[permissions]]
resource = "messages"
actions = ["intercept"]
reason = "r"
[[permissions]]
resource = "messages"
actions = ["send"]
reason = "r"
optional = true
[[hooks]]
on = "message.before_post"
timeout = "400ms"
on_failure = "closed"
"#;

fn manifest(text: &str) -> Manifest {
    Manifest::parse(text, Path::new("plugin.toml")).unwrap()
}

fn config(texts: &[&str]) -> OperatorConfig {
    let file = |index| PathBuf::from(format!("{index}.toml"));
    let texts: Vec<_> =
        texts.iter().enumerate().map(|(index, text)| (file(index), (*text).to_owned())).collect();
    OperatorConfig::parse(&texts).unwrap()
}

fn resolve(files: &[&str], cli: &[(&str, &str)]) -> Result<Spec, Faults> {
    let overrides = CliOverrides::parse(cli.iter().copied()).unwrap();
    Spec::resolve(&manifest(PLUGIN), &config(files), &overrides)
}

#[test]
fn whoever_speaks_last_wins_and_is_named() {
    let memory = |files: &[&str], cli: &[(&str, &str)]| {
        let spec = resolve(files, cli).unwrap();
        (spec.keys.memory.value, spec.keys.memory.source.to_string())
    };
    let (first, second) =
        ("[plugins.aa]\nmemory = \"70MiB\"\n", "[plugins.aa]\nmemory = \"80MiB\"\n");
    let cli = [("memory", "90MiB")];
    assert_eq!(
        memory(&["[defaults]\nmemory = \"1MiB\"\n"], &[]),
        (Bytes::mib(60), "manifest".into())
    );
    assert_eq!(memory(&[first], &[]), (Bytes::mib(70), "0.toml:2".into()));
    assert_eq!(memory(&[first, second], &[]), (Bytes::mib(80), "1.toml:2".into()));
    assert_eq!(memory(&[first, second], &cli), (Bytes::mib(90), "cli".into()));
    let spec = resolve(&["[defaults]\npids = 7\n"], &[]).unwrap();
    assert_eq!((spec.keys.pids.value, spec.keys.pids.source.to_string()), (7, "0.toml:2".into()));
    assert_eq!(spec.keys.in_flight.source, Source::BuiltIn);
}

#[test]
fn a_manifest_above_a_ceiling_is_refused_with_the_way_out() {
    let faults = resolve(&["[ceilings]\nmemory = \"55MiB\"\n"], &[]).unwrap_err().to_string();
    assert_eq!(
        faults,
        "plugin.toml:8: limits.memory: 60MiB is above this daemon's ceiling of 55MiB (hint: put \
         memory = \"60MiB\" under [ceilings] in outboard.toml, then run outboard reload)"
    );
    let operators = "[ceilings]\nmemory = \"55MiB\"\n[plugins.aa]\nmemory = \"900MiB\"\n";
    assert!(resolve(&[operators], &[]).is_ok());
}

#[test]
fn grants_are_denied_until_somebody_grants() {
    let spec = resolve(&[], &[]).unwrap();
    assert_eq!(spec.grants.missing, [Permission::MessagesIntercept].into());
    let asked = resolve(&["[plugins.aa]\ngrants = \"asked\"\n"], &[]).unwrap();
    assert_eq!(asked.grants.granted.permissions().len(), 2);
    let narrowed = resolve(
        &["[plugins.aa]\ngrants = \"asked\"\n"],
        &[("grants", "messages:intercept,users:moderate")],
    )
    .unwrap();
    assert_eq!(narrowed.grants.granted.permissions(), [Permission::MessagesIntercept].into());
    assert!(narrowed.grants.missing.is_empty());
    assert_eq!(narrowed.grants.source, Source::Cli);
}

// I29
#[test]
fn only_an_operator_closes_a_hook() {
    let open = resolve(&[], &[]).unwrap();
    assert_eq!(open.hooks[0].on_failure.value, OnFailure::Open);
    assert_eq!(open.hooks[0].decl.on_failure, OnFailure::Closed);
    let closed = resolve(&["[plugins.aa]\nclosed = [\"message.before_post\"]\n"], &[]).unwrap();
    assert_eq!(closed.hooks[0].on_failure.value, OnFailure::Closed);
    let stranger = resolve(&["[plugins.aa]\nclosed = [\"message.before_edit\"]\n"], &[]);
    let faults = stranger.unwrap_err().to_string();
    assert!(faults.starts_with("0.toml:2: plugins.\"aa\".closed: aa does not answer"), "{faults}");
}

#[test]
fn variables_need_both_the_manifest_and_the_operator() {
    let spec = resolve(&["[daemon]\nenv_allow = [\"LANG\", \"HOME\"]\n"], &[]).unwrap();
    assert_eq!(spec.env.iter().map(EnvName::as_str).collect::<Vec<_>>(), ["LANG"]);
}

#[test]
fn the_built_in_values_are_those_of_the_machine() {
    let spec = resolve(&[], &[]).unwrap();
    assert_eq!(spec.policy(), Policy::default());
}

#[test]
fn commands_set_every_kind_of_value() {
    let set = [
        ("enabled", "true"),
        ("pids", "12"),
        ("restart", "never"),
        ("cpu_quota", "50%"),
        ("closed", "message.before_post"),
    ];
    let spec = resolve(&[], &set).unwrap();
    assert!(spec.enabled.value);
    assert_eq!((spec.keys.pids.value, spec.keys.restart.value), (12, RestartPolicy::Never));
    assert_eq!(spec.hooks[0].on_failure.value, OnFailure::Closed);
}

#[test]
fn a_command_that_sets_nonsense_is_refused() {
    let refused = |key, value| CliOverrides::parse([(key, value)]).unwrap_err().to_string();
    assert_eq!(
        refused("memroy", "1MiB"),
        "cli:1: memroy: unknown key (hint: did you mean memory?)"
    );
    assert!(refused("memory", "50").contains("has no unit"));
    assert!(refused("pids", "many").contains("expected a whole number"));
    assert!(refused("a b.c\n\"", "x").contains("unknown key"));
}

fn closed_spec(name: &str, timeout: &str, phase: &str) -> Spec {
    let text = PLUGIN
        .replace("\"aa\"", &format!("{name:?}"))
        .replace("\"400ms\"", &format!("{timeout:?}"));
    let text = format!("{text}phase = {phase:?}\n");
    let file = format!("[plugins.{name}]\nclosed = [\"message.before_post\"]\n");
    Spec::resolve(&manifest(&text), &config(&[&file]), &CliOverrides::default()).unwrap()
}

#[test]
fn reservations_beyond_the_budget_are_refused() {
    let transform = |name, timeout| closed_spec(name, timeout, "transform");
    assert!(check_reservations(&[transform("aa", "600ms"), transform("bb", "400ms")]).is_ok());
    let over = [transform("aa", "600ms"), transform("bb", "401ms")];
    let faults = check_reservations(&over).unwrap_err().to_string();
    assert!(faults.contains("reserve 1001ms of message.before_post's 1s: aa 600ms, bb 401ms"));
    assert!(faults.starts_with("0.toml:2: plugins.\"aa\".closed"), "{faults}");
}

#[test]
fn validators_reserve_the_slowest_not_the_sum() {
    let validate = |name| closed_spec(name, "900ms", "validate");
    assert!(check_reservations(&[validate("aa"), validate("bb"), validate("cc")]).is_ok());
    let with_transform = [validate("aa"), closed_spec("bb", "200ms", "transform")];
    assert!(check_reservations(&with_transform).is_err());
}

#[test]
fn a_diff_names_every_change_and_when_it_counts() {
    let specs = |files: &[&str]| {
        let spec = resolve(files, &[]).unwrap();
        BTreeMap::from([(spec.name.clone(), spec)])
    };
    let after_files =
        ["[app]\ngroup = \"chat\"\n[plugins.aa]\nmemory = \"70MiB\"\nheartbeat = \"3s\"\n"];
    let (before, after) = (config(&[]), config(&after_files));
    let (old, new) = (specs(&[]), specs(&after_files));
    let changes =
        diff(Standing { config: &before, specs: &old }, Standing { config: &after, specs: &new });
    let seen: Vec<_> = changes
        .iter()
        .map(|it| (it.key.as_str(), it.before.as_str(), it.after.as_str(), it.effect))
        .collect();
    assert_eq!(
        seen,
        [
            ("app.group", "outboard-app", "chat", Effect::DaemonRestart),
            ("heartbeat", "2s", "3s", Effect::AtOnce),
            ("memory", "60MiB", "70MiB", Effect::PluginRestart),
        ]
    );
    let same = Standing { config: &after, specs: &new };
    assert_eq!(diff(same, same), []);
}
