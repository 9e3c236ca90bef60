//! What people see, word by word, as snapshots. What goes wrong is told in `troubles`.
//! Times are relative to the present, in the middle of a unit.

use insta::assert_snapshot;
use outboard_proto::admin::{Change, DeadLetter, Fault, Finding, Severity};
use outboard_proto::common::{Channel, HeldItem, HeldStage, Sender, Text};

use crate::fake::{Fake, Play};
use crate::plugins::{SECOND, crasher, dice, moderator, present};
use crate::run::{command, run, shown};

fn three() -> Fake {
    let now = present();
    Fake::play(Play::with(vec![moderator(now), dice(now), crasher(now)]))
}

fn snapshot_of(fake: &Fake, arguments: &[&str]) -> String {
    shown(fake, &fake.run(arguments))
}

#[test]
fn list_shows_each_plugin_on_a_line() {
    assert_snapshot!(snapshot_of(&three(), &["list"]));
}

#[test]
fn a_verdict_shows_each_plugins_part() {
    assert_snapshot!(snapshot_of(&three(), &["trace", "--content", "--count", "2"]));
}

#[test]
fn debugging_prints_what_to_paste_and_then_every_step() {
    assert_snapshot!(snapshot_of(&three(), &["debug", "moderator"]));
}

#[test]
fn a_command_under_debug_has_its_environment_and_the_shell_its_exit_code() {
    let fake = three();
    let debug = |program: &[&str]| {
        let mut command = command(&["debug", "moderator", "--"]);
        command.args(program).env("OUTBOARD_ADMIN_SOCKET", fake.socket());
        run(command)
    };
    let ran = debug(&["/bin/sh", "-c", "echo $OUTBOARD_PLUGIN $OUTBOARD_TOKEN; exit 9"]);
    assert_eq!((ran.code, ran.out.as_str()), (9, "moderator 0123\n"), "{ran:?}");
    assert!(ran.err.contains("stands in for moderator"), "{ran:?}");
    let missing = debug(&["/no/such/program"]);
    assert_eq!(missing.code, 4, "{missing:?}");
}

#[test]
fn an_empty_list_says_how_to_load() {
    assert_snapshot!(snapshot_of(&Fake::play(Play::default()), &["list"]));
}

#[test]
fn status_reads_like_a_page() {
    assert_snapshot!(snapshot_of(&three(), &["status", "moderator"]));
}

#[test]
fn the_last_words_of_a_failed_plugin_cannot_touch_the_terminal() {
    let ran = three().run(&["status", "crasher"]);
    assert!(!ran.out.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{}", ran.out);
    assert_snapshot!(format!("{}--- stderr\n{}", ran.out, ran.err));
}

#[test]
fn a_plugin_that_is_not_enabled_comes_with_the_command_that_does_it() {
    assert_snapshot!(snapshot_of(&three(), &["status", "dice"]));
}

#[test]
fn logs_are_escaped_line_by_line() {
    assert_snapshot!(snapshot_of(&three(), &["logs", "moderator", "--tail", "3"]));
}

#[test]
fn order_says_who_answers_when() {
    assert_snapshot!(snapshot_of(&three(), &["order", "message.before_post"]));
}

#[test]
fn doctor_puts_the_worst_first_and_fails() {
    let finding = |severity: Severity, check: &str, says: &str, hint: &str| Finding {
        severity: severity.into(),
        check: check.into(),
        says: says.into(),
        hint: hint.into(),
    };
    let findings = vec![
        finding(Severity::Ok, "tree kill", "cgroup.kill", ""),
        finding(Severity::Weak, "memory", "held by watching every 100 ms", "delegate a cgroup"),
        finding(Severity::Problem, "users", "uid_range is not readable", ""),
    ];
    let fake = Fake::play(Play { findings, ..Play::default() });
    assert_snapshot!(snapshot_of(&fake, &["doctor"]));
}

fn with_letters() -> Fake {
    let now = present();
    let letter = |id, cause: &str, detail: &str| DeadLetter {
        id,
        plugin: "moderator".into(),
        event_id: format!("0189-{id}"),
        r#type: "message.posted".into(),
        lane: "c-town".into(),
        cause: cause.into(),
        detail: detail.into(),
        attempts: 5,
        size_bytes: 300,
        published_us: now - 7_500 * SECOND,
        at_us: now - 90 * SECOND,
        content: String::new(),
    };
    let letters = vec![letter(9, "poison", ""), letter(7, "failed", "no such user \u{1b}[31m")];
    Fake::play(Play { letters, ..Play::default() })
}

#[test]
fn dead_letters_are_listed_and_shown_and_their_content_only_on_request() {
    let fake = with_letters();
    let commands: [&[&str]; 6] = [
        &["dead-letters", "list"],
        &["dead-letters", "show", "7"],
        &["dead-letters", "show", "7", "--content"],
        &["dead-letters", "replay", "7", "9"],
        &["dead-letters", "drop", "9"],
        &["dead-letters", "show", "8"],
    ];
    let shown: Vec<String> = commands
        .iter()
        .map(|arguments| format!("$ {}\n{}", arguments.join(" "), snapshot_of(&fake, arguments)))
        .collect();
    assert_snapshot!(shown.join("\n"));
}

fn with_held() -> Fake {
    let now = present();
    let item = |number, queue: &str, stage: HeldStage| HeldItem {
        id: format!("0190-{number}"),
        plugin: "moderator".into(),
        queue: queue.into(),
        hook: "message.before_post".into(),
        channel: Some(Channel { name: "town".into(), ..Channel::default() }),
        sender: Some(Sender { id: "ann\u{1b}[2J".into(), ..Sender::default() }),
        reason: Some(Text { text: "looks like spam".into(), ..Text::default() }),
        held_at_us: now - 90 * SECOND,
        expires_at_us: now + 7_530 * SECOND,
        size_bytes: 300,
        stage: stage.into(),
        number,
        app: "town-chat".into(),
        ..HeldItem::default()
    };
    let by = "plugin:welcome".to_owned();
    let releasing = HeldItem { by, ..item(9, "reports", HeldStage::Releasing) };
    let held = vec![item(7, "review", HeldStage::Held), releasing];
    Fake::play(Play { held, ..Play::default() })
}

#[test]
fn what_is_held_is_listed_and_shown_and_its_content_only_on_request() {
    let fake = with_held();
    let commands: [&[&str]; 7] = [
        &["held", "list"],
        &["held", "list", "--queue", "other"],
        &["held", "show", "0190-9"],
        &["held", "show", "0190-7", "--content"],
        &["held", "release", "0190-7"],
        &["held", "drop", "0190-7", "--reason", "spam"],
        &["held", "show", "0190-8"],
    ];
    let shown: Vec<String> = commands
        .iter()
        .map(|arguments| format!("$ {}\n{}", arguments.join(" "), snapshot_of(&fake, arguments)))
        .collect();
    assert_snapshot!(shown.join("\n"));
}

#[test]
fn what_is_held_is_a_document_for_programs() {
    let ran = with_held().run(&["held", "list", "--output", "json"]);
    let document: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let first = &document["held"][0];
    assert_eq!((&first["id"], &first["stage"]), (&"0190-7".into(), &"held".into()));
    assert_eq!(first["content"], serde_json::Value::Null);
}

#[test]
fn check_names_file_line_and_key() {
    let fault = |line, key: &str, message: &str, hint: &str| Fault {
        file: "/p/plugin.toml".into(),
        line,
        key: key.into(),
        message: message.into(),
        hint: hint.into(),
    };
    let faults = vec![
        fault(3, "version", "\"1.2\" is not a version", "\"1.2.0\""),
        fault(0, "", "there is no executable ./moderator", ""),
    ];
    let fake = Fake::play(Play { faults, ..Play::default() });
    let folder = fake.folder("moderator");
    assert_snapshot!(snapshot_of(&fake, &["check", &folder]));
}

#[test]
fn reload_names_the_restarts_it_needs() {
    let change = |plugin: &str, key: &str, after: &str, restart: &str| Change {
        plugin: plugin.into(),
        key: key.into(),
        before: String::new(),
        after: after.into(),
        restart: restart.into(),
    };
    let changes = vec![
        change("moderator", "memory", "80MiB", "plugin"),
        change("moderator", "call_timeout", "2s", ""),
        change("", "uid_range", "200000-200999", "daemon"),
    ];
    let fake = Fake::play(Play { changes, ..Play::default() });
    assert_snapshot!(snapshot_of(&fake, &["reload"]));
}

#[test]
fn version_names_both_ends_and_who_is_connected() {
    assert_snapshot!(snapshot_of(&three(), &["version"]));
}

#[test]
fn backup_lists_what_it_wrote() {
    let fake = three();
    let folder = fake.folder("copy");
    assert_snapshot!(snapshot_of(&fake, &["backup", &folder]));
}

#[test]
fn help_ends_with_the_exit_codes() {
    let ran = run(command(&["--help"]));
    assert_eq!(ran.code, 0);
    assert_snapshot!(ran.out);
}

#[test]
fn colours_come_only_where_they_are_wanted() {
    let fake = three();
    let coloured = |arguments: &[&str]| {
        let mut command = command(arguments);
        command.arg("--socket").arg(fake.socket()).env("CLICOLOR_FORCE", "1");
        run(command).out.contains('\u{1b}')
    };
    assert!(coloured(&["list"]));
    assert!(!coloured(&["list", "--no-color"]));
    assert!(!fake.run(&["list"]).out.contains('\u{1b}'));
}
