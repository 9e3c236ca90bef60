//! What programs get: one document on standard output, whole and harmless. What people see is told
//! in `tables`.

use insta::assert_snapshot;
use serde_json::Value;

use crate::fake::{Fake, Play};
use crate::plugins::{NOON, crasher, moderator};
use crate::run::Ran;

fn fake() -> Fake {
    Fake::play(Play::with(vec![moderator(NOON), crasher(NOON)]))
}

fn document(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|error| panic!("{error}: {ran:?}"))
}

#[test]
fn a_status_has_every_field_every_time() {
    let ran = fake().run(&["--output", "json", "status", "moderator"]);
    assert_eq!(ran.err, "");
    assert_snapshot!(ran.out);
}

#[test]
fn a_list_holds_statuses() {
    let ran = fake().run(&["list", "--output", "json"]);
    let names: Vec<_> = document(&ran)["plugins"]
        .as_array()
        .unwrap()
        .iter()
        .map(|plugin| plugin["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["crasher", "moderator"]);
}

#[test]
fn dangerous_characters_are_escaped_and_come_back_whole() {
    let ran = fake().run(&["--output", "json", "status", "crasher"]);
    assert!(!ran.out.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{}", ran.out);
    let words = document(&ran)["ends"][0]["stderr"].as_str().unwrap().to_owned();
    assert_eq!(words, "\u{1b}[2J\u{1b}[31mpanic\u{7}\nat line 3\u{202e}\n");
}

#[test]
fn logs_are_one_document_per_line() {
    let ran = fake().run(&["--output", "json", "logs"]);
    let lines: Vec<Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3);
    assert_eq!(lines[1]["line"], "\u{1b}[31mred\u{1b}[0m\tand\rback");
}

#[test]
fn every_record_of_a_trace_has_every_field() {
    let ran = fake().run(&["--output", "json", "trace", "--count", "2"]);
    let records: Vec<Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let fields =
        |record: &Value| record.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ");
    assert_eq!(fields(&records[0]), fields(&records[1]));
    assert_snapshot!(fields(&records[0]));
    assert_eq!((&records[1]["kind"], &records[1]["attempt"]), (&"delivery".into(), &2.into()));
}

#[test]
fn an_error_is_a_document_on_standard_error() {
    let ran = fake().run(&["--output", "json", "status", "nobody"]);
    assert_eq!((ran.code, ran.out.as_str()), (4, ""));
    let error: Value = serde_json::from_str(&ran.err).unwrap();
    assert_eq!(error["error"]["reason"], "UNKNOWN_PLUGIN");
    assert_eq!(error["error"]["exit_code"], 4);
}

#[test]
fn a_restart_answers_with_the_plugin_in_the_end() {
    let ran = fake().run(&["--output", "json", "restart", "moderator", "--no-wait"]);
    let wanted = serde_json::json!({ "message": "moderator was asked", "status": null });
    assert_eq!(document(&ran), wanted);
}

#[test]
fn every_other_command_answers_with_one_document() {
    let fake = fake();
    let folder = fake.folder("copy");
    let commands: [&[&str]; 15] = [
        &["order", "message.before_post"],
        &["doctor"],
        &["check", &folder],
        &["reload"],
        &["diff"],
        &["set", "moderator", "memory", "80MiB"],
        &["revert", "moderator"],
        &["backup", &folder],
        &["restore", &folder],
        &["storage", "alpha", "ls"],
        &["storage", "alpha", "get", "count"],
        &["storage", "alpha", "usage"],
        &["storage", "alpha", "snapshot", "copy"],
        &["storage", "alpha", "restore", "copy"],
        &["version"],
    ];
    for arguments in commands {
        let ran = fake.run(&[&["--output", "json"], arguments].concat());
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{arguments:?}");
        assert!(document(&ran).is_object(), "{arguments:?}");
    }
}
