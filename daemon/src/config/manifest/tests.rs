//! Claims about manifests: what is read, and that everything wrong is said at once, by line.

mod filter;
mod hooks;
mod settings;
mod ui;

use super::*;
use crate::config::amount::Bytes;
use crate::config::manifest::fix::fix;
use crate::config::manifest::program::{Program, Runtimes};
use proptest::prelude::*;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::Duration;

mod beyond;

const WHOLE: &str = r#"
name = "moderator"
version = "1.2.0"
protocol = "1"
min_daemon = "0.1.0"
description = "Keeps the town clean"
authors = ["A. Author"]
license = "MIT"
homepage = "https://example.org"
icon = "icon.svg"
categories = ["moderation"]
keywords = ["insults"]
changelog = "CHANGES.md"

[run]
command = ["./moderator", "--quiet"]
restart = "on-failure"
start_timeout = "10s"
env = ["LANG"]
heartbeat = "2s"

[limits]
memory = "50MiB"
call_timeout = "5s"
pids = 128
in_flight = 64

[bot]
username = "moderator"
display_name = "The Moderator"

[dependencies]
dictionary = "^1.2"
"acme.words" = "*"

[[permissions]]
resource = "messages"
actions = ["read", "intercept", "send"]
reason = "to remove insults"
optional = false

[[permissions]]
resource = "commands"
actions = ["own"]
reason = "to roll dice"

[[hooks]]
on = "message.before_post"
phase = "transform"
priority = 100
after = ["translate"]
timeout = "200ms"
on_failure = "open"
filter = { channels = ["town-*"], regex = "(?i)darn" }

[[events]]
on = ["message.posted"]
delivery = "best-effort"
timeout = "5s"

[[commands]]
name = "roll"
description = "Rolls dice"
allow = ["role:member"]
where = ["channel", "direct"]
args = [{ name = "dice", type = "string" }]

[x-anything]
goes = { "her" = "e" }
"#;

const SMALL: &str = r#"
name = "small"
version = "0.1.0"
[run]
command = ["./small"]
"#;

fn parse(text: &str) -> Result<Manifest, Faults> {
    Manifest::parse(text, Path::new("plugin.toml"))
}

/// The faults of the small manifest with lines added at its end.
fn faults_with(lines: &str) -> String {
    parse(&format!("{SMALL}{lines}")).unwrap_err().to_string()
}

/// The faults of the small manifest with one line of it replaced.
fn faults_after(line: &str, replaced: &str) -> String {
    parse(&SMALL.replace(line, replaced)).unwrap_err().to_string()
}

#[test]
fn a_whole_manifest_is_read() {
    let manifest = parse(WHOLE).unwrap();
    assert_eq!(manifest.name.as_str(), "moderator");
    assert_eq!(manifest.version, Version::new(1, 2, 0));
    assert_eq!(manifest.run.program, Program::OwnFile("./moderator".into()));
    assert_eq!(manifest.run.args, ["--quiet"]);
    assert_eq!(manifest.keys.memory.unwrap().value, Bytes::mib(50));
    assert_eq!(manifest.keys.heartbeat.unwrap().value, Duration::from_secs(2));
    assert_eq!(manifest.bot.unwrap().display_name, "The Moderator");
    assert_eq!(manifest.dependencies.len(), 2);
    assert_eq!(manifest.asks.required().len(), 4);
    let hook = &manifest.hooks[0];
    let place = (&hook.hook, hook.phase, hook.priority);
    assert_eq!(place, (&Hook::BeforePost, Phase::Transform, 100));
    assert_eq!(hook.timeout, Some(Duration::from_millis(200)));
    assert!(hook.filter.text.as_ref().unwrap().matches("DARN it"));
    assert!(manifest.events[0].types.iter().any(|it| it.as_str() == "message.posted"));
    let command = &manifest.commands[0];
    assert_eq!(command.allow, Audience::Roles(["member".to_owned()].into()));
    assert_eq!(command.args_of("").unwrap()[0].kind, ArgKind::String);
}

#[test]
fn a_value_knows_its_line() {
    let manifest = parse(WHOLE).unwrap();
    let memory = manifest.keys.memory.unwrap().source;
    let line = WHOLE.lines().position(|it| it.starts_with("memory")).unwrap() + 1;
    assert_eq!(
        memory,
        crate::config::Source::Manifest(Place {
            file: Path::new("plugin.toml").into(),
            line: u32::try_from(line).unwrap(),
        })
    );
}

#[test]
fn several_faults_come_at_once_each_with_its_line() {
    let text = "name = \"../up\"\nversion = \"1.2\"\nflavour = 1\n[run]\ncommand = []\n\
                env = [\"LD_PRELOAD\"]\n[limits]\nmemory = \"lots\"\n";
    let faults = parse(text).unwrap_err();
    let lines: Vec<u32> = faults.iter().map(|fault| fault.line).collect();
    assert_eq!(lines, [1, 2, 3, 5, 6, 8], "{faults}");
}

#[test]
fn every_breach_of_the_grammar_is_named_with_its_line() {
    let faults = parse("name = \nversion = \"1\n[run\n").unwrap_err();
    assert!(faults.iter().count() >= 3, "{faults}");
    assert_eq!(faults.iter().next().unwrap().line, 1);
}

#[test]
fn endless_nesting_is_a_fault_not_a_crash() {
    let lists = format!("x-a = {}", "[".repeat(100_000));
    assert!(parse(&lists).is_err());
    let tables = format!("x-a = {}", "{ a = ".repeat(100_000));
    assert!(parse(&tables).is_err());
    assert!(parse(&format!("{}a = 1", "a.".repeat(20_000))).is_err());
    let faults = faults_with(&format!(
        "[[hooks]]\non = \"message.before_post\"\nfilter = {{ regex = \"{}\" }}\n",
        "(".repeat(4_000)
    ));
    assert!(faults.contains("hooks[0].filter.regex"), "{faults}");
}

#[test]
fn an_empty_manifest_misses_name_version_and_program() {
    let faults = parse("").unwrap_err();
    let keys: Vec<&str> = faults.iter().map(|fault| fault.key.as_str()).collect();
    assert_eq!(keys, ["name", "version", "run"]);
}

#[test]
fn an_unknown_key_is_refused_with_the_nearest_known_one() {
    let faults = faults_with("restrat = \"never\"\n");
    assert_eq!(faults, "plugin.toml:6: run.restrat: unknown key (hint: did you mean restart?)");
    assert!(faults_with("[limitz]\n").contains("did you mean limits?"));
}

#[test]
fn a_short_version_is_refused_with_the_long_one() {
    let faults = faults_after("\"0.1.0\"", "\"1.2\"");
    assert!(faults.contains("plugin.toml:3: version:"), "{faults}");
    assert!(faults.contains("(hint: \"1.2.0\")"), "{faults}");
    assert!(faults_after("\"0.1.0\"", "\"v1.2.3\"").contains("(hint: \"1.2.3\")"));
    assert!(faults_after("\"0.1.0\"", "\"new\"").contains("three numbers"));
}

#[test]
fn names_that_lead_somewhere_are_refused() {
    for name in ["../small", "a/b", "/etc", "x", "latest", "Small"] {
        let faults = faults_after("\"small\"", &format!("{name:?}"));
        assert!(faults.starts_with("plugin.toml:2: name:"), "{name}: {faults}");
    }
}

#[test]
fn a_program_outside_the_folder_is_refused() {
    for command in ["/bin/sh", "../other/run", "./a/../../b", "..", ""] {
        let faults = faults_after("\"./small\"", &format!("{command:?}"));
        assert!(faults.starts_with("plugin.toml:5: run.command[0]:"), "{command}: {faults}");
    }
}

#[test]
fn forbidden_variables_are_refused_with_the_reason() {
    let faults = faults_with("env = [\"LANG\", \"LD_PRELOAD\", \"OUTBOARD_TOKEN\"]\n");
    assert!(faults.contains("run.env[1]: LD_PRELOAD never reaches a plugin"), "{faults}");
    assert!(faults.contains("run.env[2]: OUTBOARD_TOKEN"), "{faults}");
}

#[test]
fn what_later_daemons_know_is_named_as_not_supported() {
    let later = [
        "[locales.de]\n",
        "[sandbox]\n",
        "[[events]]\non = [\"message.posted\"]\nretention = \"1h\"\n",
    ];
    for lines in later {
        let faults = faults_with(lines);
        assert!(faults.contains("not supported by this daemon"), "{lines}: {faults}");
    }
}

#[test]
fn what_touches_messages_must_be_asked_for() {
    let hooks = faults_with("[[hooks]]\non = \"message.before_post\"\n");
    assert!(hooks.contains("plugin.toml:6: hooks: needs the permission messages:intercept"));
    assert!(hooks.contains("add [[permissions]] resource = \"messages\""), "{hooks}");
    assert!(faults_with("[[events]]\non = \"message.posted\"\n").contains("messages:read"));
    assert!(faults_with("[[commands]]\nname = \"roll\"\n").contains("commands:own"));
    assert!(faults_with("[[events]]\non = \"member.joined\"\n").contains("users:read"));
    assert!(faults_with("[[events]]\non = \"channel.created\"\n").contains("channels:read"));
    assert!(faults_with("[[events]]\non = \"file.uploaded\"\n").contains("files:read"));
    let others = ["app.started", "x.shop.order_paid", "plugin:moderator:case_opened"];
    assert!(parse(&format!("{SMALL}[[events]]\non = {others:?}\n")).is_ok());
}

#[test]
fn delivery_and_order_of_events_are_read() {
    use super::event::{Guarantee, Order};
    let plain = "[[events]]\non = \"app.started\"\n";
    let kept = "[[events]]\non = \"x.a.b\"\ndelivery = \"at-least-once\"\norder = \"none\"\n";
    let manifest = parse(&format!("{SMALL}{plain}{kept}")).unwrap();
    let read: Vec<_> = manifest.events.iter().map(|it| (it.delivery, it.order)).collect();
    assert_eq!(
        read,
        [(Guarantee::BestEffort, Order::Channel), (Guarantee::AtLeastOnce, Order::None)]
    );
    let faults =
        faults_with("[[events]]\non = \"app.started\"\ndelivery = \"twice\"\norder = \"x\"\n");
    assert!(faults.contains("no such delivery") && faults.contains("no such order"), "{faults}");
    for wrong in ["plugin:", "plugin:a:b", "plugin:mod:", "plugin:mod:Case", "plugin:mod:a:b"] {
        let faults = faults_with(&format!("[[events]]\non = {wrong:?}\n"));
        assert!(faults.contains("no such event"), "{wrong}: {faults}");
    }
}

#[test]
fn an_unknown_permission_is_refused() {
    let asks = |resource: &str, action: &str| {
        faults_with(&format!(
            "[[permissions]]\nresource = {resource:?}\nactions = [{action:?}]\nreason = \"r\"\n"
        ))
    };
    assert!(asks("mesages", "read").contains("did you mean messages?"));
    assert!(asks("messages", "sned").contains("did you mean messages:send?"));
}

#[test]
fn a_newer_protocol_or_daemon_is_refused() {
    let protocol = parse(&format!("protocol = \"2\"\n{SMALL}")).unwrap_err().to_string();
    assert!(protocol.contains("speaks protocol 1, not 2"), "{protocol}");
    let daemon = parse(&format!("min_daemon = \"99.0.0\"\n{SMALL}")).unwrap_err().to_string();
    assert!(daemon.contains("needs outboardd 99.0.0"), "{daemon}");
}

#[test]
fn keys_outside_their_range_or_of_the_operator_are_refused() {
    assert!(faults_with("start_timeout = \"0s\"\n").contains("is not between"));
    assert!(faults_with("intensity = 1000\n").contains("only the operator sets this"));
    assert!(faults_with("[limits]\npids = -1\n").contains("out of range"));
    assert!(faults_with("[limits]\nrestart = \"never\"\n").contains("unknown key"));
    assert!(faults_with("restart = \"often\"\n").contains("never, on-failure or always"));
    assert!(faults_with("[limits]\nmemory = 50\n").contains("expected text in quotes"));
}

#[test]
fn hooks_refuse_what_cannot_be_meant() {
    let hook =
        |lines: &str| faults_with(&format!("[[hooks]]\non = \"message.before_post\"\n{lines}\n"));
    assert!(hook("timeout = \"0s\"").contains("above 0"));
    assert!(hook("phase = \"early\"").contains("transform or validate"));
    assert!(hook("on_failure = \"maybe\"").contains("open or closed"));
    assert!(hook("before = [\"small\"]").contains("beside itself"));
    assert!(hook("before = [\"aa\"]\nafter = [\"aa\"]").contains("both before and after"));
    assert!(hook("filter = { regex = \"(\" }").contains("hooks[0].filter.regex"));
    assert!(hook("filter = { channels = [\"[\"] }").contains("hooks[0].filter.channels[0]"));
    assert!(hook("[[hooks]]\non = \"message.before_post\"").contains("declared twice"));
    assert!(hook("[[hooks]]\non = \"message.before_pots\"").contains("did you mean"));
}

#[test]
fn arguments_can_always_be_told_apart() {
    let args =
        |list: &str| faults_with(&format!("[[commands]]\nname = \"roll\"\nargs = [{list}]\n"));
    let (word, rest) = ("{ name = \"a\", type = \"string\"", "rest = true }");
    assert!(args(&format!("{word}, {rest}, {{ name = \"b\", type = \"user\" }}")).contains("last"));
    let optional = format!("{word}, optional = true }}, {{ name = \"b\", type = \"user\" }}");
    assert!(args(&optional).contains("required argument b after optional a"));
    assert!(args(&format!("{word} }}, {word} }}")).contains("declared twice"));
    assert!(args("{ name = \"a\", type = \"choice\" }").contains("something to choose from"));
    assert!(args(&format!("{{ name = \"a\", type = \"user\", {rest}")).contains("only a string"));
    assert!(args("{ name = \"a\", type = \"date\" }").contains("no such type"));
}

const OWNS: &str =
    "[[permissions]]\nresource = \"commands\"\nactions = [\"own\"]\nreason = \"x\"\n";

#[test]
fn commands_have_aliases_subcommands_and_menus() {
    let text = format!(
        "{SMALL}{OWNS}{}
[[commands]]
name = \"todo\"
aliases = [\"t\", \"list\"]
subcommands = [
  {{ name = \"add\", args = [{{ name = \"what\", type = \"string\", autocomplete = true,
                             suggestions = [\"milk\"] }}] }},
  {{ name = \"clear\" }},
]
[[commands]]
name = \"remember\"
kind = \"message\"
title = \"Remember this\"
",
        OWNS.replace("commands", "messages").replace("own", "read")
    );
    let manifest = parse(&text).unwrap();
    let todo = &manifest.commands[0];
    assert!(todo.answers_to("t") && todo.answers_to("todo") && !todo.answers_to("add"));
    let add = todo.args_of("add").unwrap();
    assert_eq!((add[0].suggestions.len(), add[0].completion), (1, Completion::Plugin));
    assert!(todo.args_of("").is_none());
    let menu = Form::Menu(Target::Message, "Remember this".to_owned());
    assert_eq!(manifest.commands[1].form, menu);
}

#[test]
fn commands_refuse_what_cannot_be_meant() {
    let command =
        |lines: &str| faults_with(&format!("{OWNS}[[commands]]\nname = \"todo\"\n{lines}\n"));
    assert!(command("aliases = [\"todo\"]").contains("is its name already"));
    let twice = "[[commands]]\nname = \"other\"\naliases = [\"todo\"]";
    assert!(command(twice).contains("/todo is declared twice"));
    assert!(command("kind = \"voice\"").contains("slash, message or user"));
    assert!(command("title = \"T\"").contains("only a menu's command"));
    let args = "args = [{ name = \"a\", type = \"string\" }]";
    assert!(command(&format!("kind = \"user\"\n{args}")).contains("takes no arguments"));
    let subs = "subcommands = [{ name = \"add\" }, { name = \"add\" }]";
    assert!(command(&format!("{args}\n{subs}")).contains("give these to those"));
    assert!(command(subs).contains("subcommand add is declared twice"));
    assert!(command("kind = \"user\"\naliases = [\"x\"]").contains("nobody types"));
    assert!(command("kind = \"message\"").contains("messages:read"));
    let choice = "args = [{ name = \"a\", type = \"boolean\", autocomplete = true }]";
    assert!(command(choice).contains("its values are known"));
}

#[test]
fn a_plugin_does_not_depend_on_itself_or_on_nonsense() {
    assert!(faults_with("[dependencies]\nsmall = \"1\"\n").contains("cannot depend on itself"));
    assert!(faults_with("[dependencies]\nother = \"new\"\n").contains("not a range"));
    let list = parse(&format!("dependencies = [\"dictionary\"]\n{SMALL}")).unwrap();
    let any = &list.dependencies["dictionary"].range;
    assert_eq!(*any, VersionReq::STAR);
}

#[test]
fn fixing_adds_what_the_code_registers_and_keeps_the_rest() {
    let text = format!("{SMALL}# my words\n");
    let registered = Handlers {
        hooks: [Hook::BeforePost].into(),
        events: ["message.posted".parse().unwrap()].into(),
        commands: ["roll".parse().unwrap()].into(),
        methods: ["define".to_owned()].into(),
        routes: ["/hook".to_owned()].into(),
        ..Handlers::default()
    };
    let fixed = fix(&text, &registered);
    assert!(fixed.contains("# my words"), "{fixed}");
    assert_eq!(parse(&fixed).unwrap().handlers(), registered, "{fixed}");
    assert_eq!(fix(&fixed, &registered), fixed);
}

#[test]
fn differing_handlers_are_named() {
    let roll = Handlers { commands: ["roll".parse().unwrap()].into(), ..Handlers::default() };
    assert_eq!(roll.without(&Handlers::default()).to_string(), "command /roll");
    assert!(roll.without(&roll).is_empty());
    assert_eq!(Handlers::default().to_string(), "none");
}

/// A folder with the small manifest and a program of that mode.
fn folder(mode: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(FILE_NAME), SMALL).unwrap();
    let program = folder.path().join("small");
    std::fs::write(&program, "#!/bin/sh\n").unwrap();
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(mode)).unwrap();
    folder
}

fn load_faults(folder: &Path) -> String {
    Manifest::load(folder, &Runtimes::new()).unwrap_err().to_string()
}

#[test]
fn a_folder_is_loaded_with_its_hash() {
    let folder = folder(0o755);
    let loaded = Manifest::load(folder.path(), &Runtimes::new()).unwrap();
    assert_eq!(loaded.text, SMALL);
    assert_eq!(loaded.hash.len(), 64);
    std::fs::write(folder.path().join(FILE_NAME), "rubbish").unwrap();
    let texts = (loaded.text.clone(), None);
    assert_eq!(Manifest::load_text(&loaded.folder, texts, &Runtimes::new()).unwrap(), loaded);
}

#[test]
fn a_missing_or_unexecutable_program_is_named_with_its_line() {
    let here = folder(0o644);
    let faults = load_faults(here.path());
    assert!(faults.contains("plugin.toml:5: run.command:"), "{faults}");
    assert!(faults.contains("is not executable"), "{faults}");
    std::fs::remove_file(here.path().join("small")).unwrap();
    assert!(load_faults(here.path()).contains("there is no ./small in"));
    std::fs::create_dir(here.path().join("small")).unwrap();
    assert!(load_faults(here.path()).contains("not a regular file"));
}

#[test]
fn a_link_out_of_the_folder_is_refused() {
    let here = folder(0o755);
    std::fs::remove_file(here.path().join("small")).unwrap();
    symlink("/bin/sh", here.path().join("small")).unwrap();
    let faults = load_faults(here.path());
    assert!(faults.contains("plugin.toml:5: run.command: ./small leads out of"), "{faults}");
}

#[test]
fn a_folder_without_a_manifest_or_with_a_huge_one_is_refused() {
    let empty = tempfile::tempdir().unwrap();
    assert!(load_faults(empty.path()).contains("cannot be read"));
    std::fs::write(empty.path().join(FILE_NAME), "#".repeat(300 * 1024)).unwrap();
    assert!(load_faults(empty.path()).contains("larger than"));
    assert!(load_faults(&empty.path().join("none")).contains("cannot be read"));
}

#[test]
fn a_runtime_is_the_operators_to_name() {
    let here = folder(0o755);
    let text = SMALL.replace("\"./small\"", "\"shell\", \"main.sh\"");
    std::fs::write(here.path().join(FILE_NAME), text).unwrap();
    assert!(load_faults(here.path()).contains("shell is not among the runtimes"));
    let runtimes = [("shell".to_owned(), "/bin/sh".into())].into();
    let loaded = Manifest::load(here.path(), &runtimes).unwrap();
    let path = loaded.manifest.run.locate(&loaded.folder, &runtimes).unwrap();
    assert_eq!(path, Path::new("/bin/sh"));
    assert_eq!(loaded.manifest.run.own_name(), "shell");
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader(text in "[\\[\\]{}=\"'.,#a-z0-9 \n\u{e9}-]{0,200}") {
        let _ = parse(&text);
    }

    /// Whatever single line of a whole manifest is lost or garbled, the rest is still judged.
    #[test]
    fn a_garbled_line_gives_faults_or_a_manifest(
        line in 0..80usize,
        garbage in "[a-z\"=\\[ {}]{0,12}",
    ) {
        let mut lines: Vec<&str> = WHOLE.lines().collect();
        let index = line % lines.len();
        lines[index] = &garbage;
        let _ = parse(&lines.join("\n"));
    }
}
