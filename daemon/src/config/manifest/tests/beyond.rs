//! Claims about schedules, methods and routes in a manifest.

use super::*;
use crate::schedule::{Missed, Rule};

const SERVE: &str =
    "[[permissions]]\nresource = \"http\"\nactions = [\"serve\"]\nreason = \"to be called\"\n";

#[test]
fn schedules_are_read_in_each_of_their_forms() {
    let manifest = parse(&format!(
        "{SMALL}[[schedules]]\nname = \"nightly\"\ncron = \"30 2 * * *\"\n\
         zone = \"Europe/Vienna\"\nmissed = \"once\"\n\
         [[schedules]]\nname = \"often\"\nevery = \"5m\"\n\
         [[schedules]]\nname = \"once\"\nat = \"2027-01-01T09:00:00\"\nzone = \"Europe/Vienna\"\n"
    ))
    .unwrap();
    let shown: Vec<String> = manifest.schedules.iter().map(|it| it.rule.to_string()).collect();
    assert_eq!(shown, ["30 2 * * * Europe/Vienna", "every 5m", "at 2027-01-01T08:00:00Z"]);
    let missed: Vec<Missed> = manifest.schedules.iter().map(|it| it.missed).collect();
    assert_eq!(missed, [Missed::Once, Missed::Skip, Missed::Skip]);
    assert!(matches!(manifest.schedules[1].rule, Rule::Every(span) if span.as_secs() == 300));
    assert!(manifest.handlers().schedules.contains("nightly"));
}

#[test]
fn everything_wrong_with_schedules_is_told_at_once_by_line() {
    let lines = "[[schedules]]\nname = \"a\"\ncron = \"61 * * * *\"\nzone = \"Europe/Vinna\"\n\
                 [[schedules]]\nname = \"b\"\nevery = \"1m\"\nat = \"2027-01-01T00:00:00Z\"\n\
                 [[schedules]]\nname = \"b\"\nevery = \"1ms\"\nmissed = \"twice\"\n\
                 [[schedules]]\nname = \"d\"\n[[schedules]]\nname = \"e\"\nevery = \"1m\"\n\
                 zone = \"UTC\"\n";
    let faults = parse(&format!("{SMALL}{lines}")).unwrap_err();
    let found: Vec<(u32, &str)> = faults.iter().map(|it| (it.line, it.key.as_str())).collect();
    let expected = [
        (8, "schedules[0].cron"),
        (9, "schedules[0].zone"),
        (13, "schedules[1].at"),
        (15, "schedules[2].name"),
        (16, "schedules[2].every"),
        (17, "schedules[2].missed"),
        (18, "schedules[3]"),
        (23, "schedules[4].zone"),
    ];
    assert_eq!(found, expected, "{faults}");
    let text = faults.to_string();
    assert!(text.contains("this system knows no zone \"Europe/Vinna\""), "{text}");
    assert!(text.contains("only one of cron, every and at"), "{text}");
    assert!(text.contains("b is declared twice"), "{text}");
}

#[test]
fn a_plugin_says_whom_it_calls() {
    let ask = |plugins: &str| {
        format!(
            "[[permissions]]\nresource = \"plugins\"\nactions = [\"call\"]\n\
             reason = \"to look words up\"\n{plugins}"
        )
    };
    let named = parse(&format!("{SMALL}{}", ask("plugins = [\"dictionary\"]\n"))).unwrap();
    let asked = &named.asks.0[&Permission::PluginsCall];
    assert!(asked.scope.plugins.iter().any(|it| it.as_str() == "dictionary"));
    let unnamed = faults_with(&ask(""));
    assert!(unnamed.contains("says not which plugins it calls"), "{unnamed}");
    assert!(faults_with(&ask("plugins = []\n")).contains("names no plugin"));
    assert!(faults_with(&ask("plugins = [\"No Name\"]\n")).contains("is not a plugin name"));
}

#[test]
fn a_plugin_says_what_it_asks_to_be_limited_to() {
    let ask = |actions: &str, more: &str| {
        format!(
            "[[permissions]]\nresource = \"messages\"\nactions = [{actions}]\n\
             reason = \"to answer\"\n{more}"
        )
    };
    let limits = "channels = [\"town-*\", \"id:C1\"]\nworkspaces = [\"acme\"]\n\
                  operations = [\"reply\"]\n";
    let manifest = parse(&format!("{SMALL}{}", ask("\"send\", \"history\"", limits))).unwrap();
    let words = |it: Permission| format!("{it}{}", manifest.asks.0[&it].scope);
    let places = "@workspaces=acme@channels=town-*|id:C1";
    let send = format!("messages:send{places}@operations=reply");
    assert_eq!(words(Permission::MessagesSend), send);
    assert_eq!(words(Permission::MessagesHistory), format!("messages:history{places}"));
    for (limit, said) in [
        ("channels = [\"*\"]\n", "matches every channel"),
        ("channels = []\n", "names no channel"),
        ("plugins = [\"beta\"]\n", "messages:send cannot be limited to plugins"),
        ("operations = [\"shout\"]\n", "messages:send allows no operation"),
        ("hosts = [\"example.org\"]\n", "not supported by this daemon"),
    ] {
        let found = faults_with(&ask("\"send\"", limit));
        assert!(found.contains(said), "{limit}: {found}");
    }
}

#[test]
fn methods_have_names_of_their_own() {
    let methods = "[[methods]]\nname = \"define\"\ndescription = \"says what a word means\"\n\
                   timeout = \"2s\"\n";
    let manifest = parse(&format!("{SMALL}{methods}")).unwrap();
    assert_eq!(manifest.methods[0].timeout, Some(Duration::from_secs(2)));
    let twice = faults_with(&format!("{methods}{methods}"));
    assert!(twice.contains("define is declared twice"), "{twice}");
    assert!(faults_with("[[methods]]\nname = \"Define it\"\n").contains("is not a name"));
}

#[test]
fn routes_say_who_may_use_them() {
    let routes = "[[http]]\npath = \"/hook\"\nmethods = [\"POST\"]\naccess = \"public\"\n\
                  [[http]]\npath = \"/files/*\"\nmethods = [\"GET\", \"PUT\"]\n\
                  access = \"signed-in\"\nmax_body = \"1MiB\"\n";
    let manifest = parse(&format!("{SMALL}{SERVE}{routes}")).unwrap();
    assert_eq!(manifest.routes[0].access, Access::Public);
    assert_eq!(manifest.routes[0].body, Bytes::mib(4));
    assert_eq!(manifest.routes[1].path.to_string(), "/files/*");
    assert_eq!(manifest.routes[1].path.fit("/files/a/b"), Some("/files/".len()));
    assert_eq!(manifest.routes[0].path.fit("/hook/more"), None);
    assert!(faults_with(routes).contains("needs the permission http:serve"));
}

#[test]
fn routes_that_could_be_misread_are_refused() {
    for path in ["hook", "/a//b", "/../etc", "/a/./b", "/a*", "/%2e%2e/b", "/a b", "/a?b=1", ""] {
        let route =
            format!("{SERVE}[[http]]\npath = {path:?}\nmethods = [\"GET\"]\naccess = \"public\"\n");
        let faults = faults_with(&route);
        assert!(faults.contains("is not a route"), "{path}: {faults}");
    }
    let unsaid = faults_with(&format!("{SERVE}[[http]]\npath = \"/a\"\nmethods = [\"BREW\"]\n"));
    assert!(
        unsaid.contains("no such method: \"BREW\"") && unsaid.contains("http[0].access: missing")
    );
}
