//! `outboard storage`: what people see of what a plugin keeps, and that an export comes back whole.

use std::io::Write as _;
use std::process::Stdio;

use insta::assert_snapshot;

use crate::fake::{Fake, Play};
use crate::plugins::{dice, present};
use crate::run::{command, shown};

fn fake() -> Fake {
    Fake::play(Play::default())
}

#[test]
fn keys_are_listed_and_secrets_and_control_characters_are_not_shown() {
    let fake = fake();
    assert_snapshot!(shown(&fake, &fake.run(&["storage", "alpha", "ls"])));
}

#[test]
fn usage_says_how_full_it_is_and_what_lies_beside() {
    let fake = fake();
    assert_snapshot!(shown(&fake, &fake.run(&["storage", "alpha", "usage"])));
}

#[test]
fn a_secret_is_shown_only_on_request() {
    let fake = fake();
    let without = fake.run(&["storage", "alpha", "get", "token"]);
    assert_eq!((without.code, without.out.as_str()), (0, ""));
    assert!(without.err.contains("--with-secrets shows it"), "{}", without.err);
    let with = fake.run(&["storage", "alpha", "get", "token", "--with-secrets"]);
    assert_eq!(with.out, "hush\n");
    let raw = fake.run(&["storage", "alpha", "get", "raw"]);
    assert_eq!(raw.out, "/wAB\n");
    assert_eq!(fake.run(&["storage", "alpha", "get", "nothing"]).code, 4);
}

#[test]
fn an_export_leaves_secrets_out_and_an_import_reads_it_back() {
    let fake = fake();
    let exported = fake.run(&["storage", "alpha", "export"]);
    assert_eq!(exported.out.lines().count(), 3, "{}", exported.out);
    assert!(exported.err.contains("1 secret key left out"), "{}", exported.err);
    let all = fake.run(&["storage", "alpha", "export", "--with-secrets"]);
    assert_eq!(all.out.lines().count(), 4);
    let mut import = command(&["storage", "beta", "import", "--socket"]);
    import.arg(fake.socket()).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut import = import.spawn().unwrap();
    import.stdin.take().unwrap().write_all(all.out.as_bytes()).unwrap();
    let done = import.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(done.stderr).unwrap(), "4 keys written\n");
    let again = fake.run(&["storage", "alpha", "export", "--with-secrets"]);
    let without_revisions = |text: &str| -> Vec<String> {
        let cut = |line: &str| line.split("\"revision\"").next().unwrap().to_owned();
        text.lines().map(cut).collect()
    };
    assert_eq!(without_revisions(&again.out), without_revisions(&all.out));
}

#[test]
fn a_line_that_is_none_is_named_and_what_came_before_it_is_told() {
    let fake = fake();
    let file = fake.dir().join("lines");
    std::fs::write(&file, "{\"key\":\"a\",\"text\":\"b\"}\nno json\n").unwrap();
    let ran = fake.run(&["storage", "alpha", "import", file.to_str().unwrap()]);
    assert!(ran.code != 0 && ran.err.contains("line 2: "), "{ran:?}");
}

#[test]
fn unload_drops_what_is_kept_only_where_it_is_told_to() {
    let fake = Fake::play(Play::with(vec![dice(present())]));
    assert_eq!(fake.run(&["unload", "dice"]).err, "dice is unloaded; its data stays\n");
    let ran = fake.run(&["unload", "dice", "--purge"]);
    assert_eq!(ran.err, "dice is unloaded; its data stays; all that dice kept is gone\n");
    // Unloaded before, it may have left something.
    assert_eq!(fake.run(&["unload", "gone", "--purge"]).err, "all that gone kept is gone\n");
}
