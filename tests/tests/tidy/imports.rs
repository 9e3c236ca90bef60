//! Who may lean on whom, read from the manifests: imports go down only, versions stand in one
//! place, every dependency has its reason written down. It reads no code.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use crate::findings::Findings;
use crate::tree::{required, root};

/// For each of our crates, which of the others it may see. Nothing else is allowed.
const SEES: [(&str, &[&str]); 19] = [
    ("outboard-proto", &[]),
    ("outboard-codegen", &[]),
    ("outboard-supervision", &[]),
    ("outboard-linux", &["outboard-supervision"]),
    ("outboard-exec", &["outboard-linux"]),
    ("outboardd", &["outboard-proto", "outboard-supervision", "outboard-linux"]),
    ("outboard", &["outboard-proto", "outboard-app"]),
    ("outboard-plugin", &["outboard-proto"]),
    ("outboard-app", &["outboard-proto"]),
    ("outboard-tests", &["outboard-proto", "outboard-app", "outboard-plugin"]),
    ("outboard-bench", &["outboard-proto", "outboard-app", "outboard-plugin"]),
    ("outboard-example-chat", &["outboard-proto", "outboard-app", "outboard-plugin"]),
    ("outboard-example-dice", &["outboard-plugin"]),
    ("outboard-example-dictionary", &["outboard-plugin"]),
    ("outboard-example-moderator", &["outboard-plugin"]),
    ("outboard-example-oracle", &["outboard-plugin"]),
    ("outboard-example-poll", &["outboard-plugin"]),
    ("outboard-example-troublemaker", &["outboard-plugin"]),
    ("outboard-example-welcome", &["outboard-plugin"]),
];

/// Everything the pure machine leans on: nothing that reads, writes or tells the time.
const SUPERVISION: [&str; 2] = ["semver", "thiserror"];

/// Crates that were weighed and refused.
const REFUSED: [&str; 14] = [
    "bincode",
    "serde_yaml",
    "serde_yml",
    "backoff",
    "tokio-tar",
    "atty",
    "paste",
    "async-std",
    "users",
    "daemonize",
    "ring",
    "openssl",
    "lazy_static",
    "once_cell",
];

struct Member {
    name: String,
    path: String,
    manifest: Table,
}

impl Member {
    /// Dependencies of every kind: name, and what the manifest says of it.
    fn dependencies(&self) -> Vec<(&str, &Value)> {
        let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
        let tables = kinds.iter().filter_map(|kind| self.manifest.get(*kind)?.as_table());
        tables.flat_map(|table| table.iter().map(|(name, value)| (name.as_str(), value))).collect()
    }
}

// I3
#[test]
fn imports_go_down_only() {
    let mut findings = Findings::of(
        "Imports go down only; the table of who sees whom is in \
        tests/tests/tidy/imports.rs.",
    );
    let members = members();
    let ours: BTreeSet<&str> = members.iter().map(|member| member.name.as_str()).collect();
    for member in &members {
        let sees = SEES.iter().find(|(name, _)| *name == member.name);
        let Some((_, sees)) = sees else {
            findings.about(format!("{}: `{}` has no row in the table", member.path, member.name));
            continue;
        };
        for (name, _) in member.dependencies() {
            if ours.contains(name) && !sees.contains(&name) && name != member.name {
                findings.about(format!("{}: `{}` may not see `{name}`", member.path, member.name));
            }
        }
    }
    findings.none();
}

// I1
#[test]
fn supervision_leans_on_nothing_that_does_anything() {
    let mut findings = Findings::of(
        "The machine is pure: it names no runtime, no clock and no \
        crate that reads or writes.",
    );
    let member = members().into_iter().find(|member| member.name == "outboard-supervision");
    let member = member.expect("the workspace has the supervision crate");
    for name in member.manifest["dependencies"].as_table().unwrap().keys() {
        if !SUPERVISION.contains(&name.as_str()) {
            findings.about(format!("{}: `{name}`", member.path));
        }
    }
    findings.none();
}

#[test]
fn versions_stand_in_one_place() {
    let mut findings = Findings::of(
        "Versions live in [workspace.dependencies]; a member says \
        `name.workspace = true`.",
    );
    for member in members() {
        for (name, value) in member.dependencies() {
            let table = value.as_table();
            let inherited = table.is_some_and(|t| t.contains_key("workspace"));
            let ours = table.is_some_and(|t| t.contains_key("path") && !t.contains_key("version"));
            if !inherited && !ours {
                findings.about(format!("{}: `{name}`", member.path));
            }
        }
    }
    findings.none();
}

#[test]
fn every_dependency_has_a_reason_and_a_user() {
    let mut findings = Findings::of(
        "Each dependency has one line of reason in \
        docs/dependencies.md, `| name | …`, and a crate that uses it.",
    );
    let reasons = required("docs/dependencies.md");
    let members = members();
    let used: BTreeSet<&str> =
        members.iter().flat_map(|member| member.dependencies()).map(|(name, _)| name).collect();
    for name in foreign() {
        let row = |line: &str| line.replace('`', "").starts_with(&format!("| {name} |"));
        if !reasons.lines().any(row) {
            findings.about(format!("docs/dependencies.md says nothing of `{name}`"));
        }
        if !used.contains(name.as_str()) {
            findings.about(format!("Cargo.toml: no crate uses `{name}`"));
        }
    }
    findings.none();
}

#[test]
fn the_list_of_reasons_names_nothing_that_is_gone() {
    let mut findings = Findings::of("docs/dependencies.md lists what is used, and only that.");
    let foreign = foreign();
    let text = required("docs/dependencies.md").replace('`', "");
    let names = text.lines().filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    for name in names.map(str::trim).filter(|name| !["name", "crate", "dependency"].contains(name))
    {
        let rust = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if rust && !name.starts_with('-') && !foreign.contains(name) {
            findings.about(format!("docs/dependencies.md: `{name}` is no dependency"));
        }
    }
    findings.none();
}

#[test]
fn no_refused_crate_comes_in() {
    let mut findings = Findings::of(
        "These crates were weighed and refused; see \
        docs/dependencies.md and deny.toml.",
    );
    let lock: Table = required("Cargo.lock").parse().unwrap();
    let direct = foreign();
    for package in lock["package"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let only_direct = ["lazy_static", "once_cell", "paste"].contains(&name);
        let refused = REFUSED.contains(&name) && !is_only_named(name, &lock);
        if refused && (!only_direct || direct.contains(name)) {
            findings.about(format!("Cargo.lock: `{name}`"));
        }
    }
    findings.none();
}

/// Whether a crate stands in Cargo.lock without being built: cargo writes down what a weak feature
/// (`ring?/alloc`) would want of it if somebody else wanted it.
fn is_only_named(name: &str, lock: &Table) -> bool {
    let wants = |package: &&Value| {
        let dependencies = package.get("dependencies").and_then(Value::as_array);
        let named = |it: &Value| it.as_str().and_then(|it| it.split(' ').next()) == Some(name);
        dependencies.is_some_and(|all| all.iter().any(named))
    };
    let by = lock["package"].as_array().unwrap().iter().filter(wants);
    let by: Vec<&str> = by.map(|package| package["name"].as_str().unwrap()).collect();
    name == "ring" && by == ["rustls-webpki"]
}

fn members() -> Vec<Member> {
    let workspace = workspace();
    let paths = workspace["members"].as_array().unwrap();
    paths.iter().map(|path| member(path.as_str().unwrap())).collect()
}

fn member(folder: &str) -> Member {
    let path = format!("{folder}/Cargo.toml");
    let manifest: Table = required(&path).parse().unwrap();
    let name = manifest["package"]["name"].as_str().unwrap().to_owned();
    Member { name, path, manifest }
}

fn workspace() -> Table {
    let manifest: Table = required("Cargo.toml").parse().unwrap();
    manifest["workspace"].as_table().unwrap().clone()
}

/// The workspace's dependencies that are not crates of its own.
fn foreign() -> BTreeSet<String> {
    let workspace = workspace();
    let all: BTreeMap<&String, &Value> =
        workspace["dependencies"].as_table().unwrap().iter().collect();
    let own = |value: &Value| value.as_table().is_some_and(|table| table.contains_key("path"));
    all.into_iter().filter(|(_, value)| !own(value)).map(|(name, _)| name.clone()).collect()
}

#[test]
fn the_table_names_only_crates_that_exist() {
    let members = members();
    let mut findings = Findings::of("A row for every crate and no row for none.");
    for (name, _) in SEES {
        if !members.iter().any(|member| member.name == name) {
            findings.about(format!("{}: no crate is called `{name}`", root().display()));
        }
    }
    findings.none();
}
