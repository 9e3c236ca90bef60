//! `outboard settings`: what people see of what is set, and how a save ends for the shell.

use std::io::Write as _;
use std::process::Stdio;

use insta::assert_snapshot;

use crate::fake::{Fake, Play};
use crate::run::{command, shown};

fn fake() -> Fake {
    Fake::play(Play::default())
}

#[test]
fn settings_are_listed_with_where_they_come_from_and_no_secret() {
    let fake = fake();
    assert_snapshot!(shown(&fake, &fake.run(&["settings", "alpha"])));
}

#[test]
fn every_fault_of_a_value_is_told() {
    let fake = fake();
    assert_snapshot!(shown(&fake, &fake.run(&["settings", "alpha", "set", "wrong", "12"])));
}

#[test]
fn what_the_plugin_says_is_the_exit_code() {
    let fake = fake();
    let set = |key: &str| fake.run(&["settings", "alpha", "set", key, "1", "--channel", "C1"]);
    let agreed = set("most");
    assert_eq!((agreed.code, agreed.err.as_str()), (0, "saved; alpha goes by it\n"));
    assert!(fake.asked().iter().any(|it| it.contains("channel: \"C1\"")), "{:?}", fake.asked());
    let refused = set("refused");
    assert!(refused.code == 1 && refused.err.contains("too nautical"), "{refused:?}");
    assert_eq!(set("hung").code, 6);
    let newer = set("newer");
    let told = "a newer change of the same settings took its place: the plugin goes by it\n";
    assert_eq!((newer.code, newer.err.as_str()), (0, told));
    let gone = fake.run(&["settings", "alpha", "unset", "most"]);
    assert_eq!(gone.err, "saved; alpha goes by it from its next start\n");
}

#[test]
fn a_secret_is_read_from_standard_input_and_never_taken_from_the_command_line() {
    let fake = fake();
    let told = fake.run(&["settings", "alpha", "set", "api_key", "hush"]);
    assert!(told.code == 1 && told.err.contains("--stdin"), "{told:?}");
    assert!(!fake.asked().iter().any(|it| it.contains("hush")), "it was not sent");
    let mut set = command(&["settings", "alpha", "set", "api_key", "--stdin", "--socket"]);
    set.arg(fake.socket()).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut set = set.spawn().unwrap();
    set.stdin.take().unwrap().write_all(b"hush hush\n").unwrap();
    let done = set.wait_with_output().unwrap();
    assert!(done.status.success(), "{done:?}");
    assert!(!String::from_utf8_lossy(&done.stdout).contains("hush"));
    assert!(
        fake.asked().iter().any(|it| it.contains("value: \"hush hush\"")),
        "{:?}",
        fake.asked()
    );
    let nothing = fake.run(&["settings", "alpha", "set", "api_key"]);
    assert_eq!(nothing.code, 2, "nobody is there to be asked: {nothing:?}");
}

#[test]
fn one_value_is_shown_as_it_is() {
    let fake = fake();
    assert_eq!(fake.run(&["settings", "alpha", "get", "most"]).out, "3\n");
    let secret = fake.run(&["settings", "alpha", "get", "api_key"]);
    assert_eq!(secret.out, "");
    assert!(secret.err.contains("It is set"), "{secret:?}");
    assert_eq!(fake.run(&["settings", "alpha", "get", "no"]).code, 4);
    let schema = fake.run(&["settings", "alpha", "schema"]).out;
    assert_eq!(schema, "{\n  \"type\": \"object\"\n}\n");
}
