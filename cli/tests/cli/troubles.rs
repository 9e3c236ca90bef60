//! What goes wrong: exit codes, words, hints.

use insta::assert_snapshot;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use crate::fake::{Fake, Play};
use crate::plugins::{NOON, moderator};
use crate::run::{at, command, run, shown};

fn fake() -> Fake {
    Fake::play(Play::with(vec![moderator(NOON)]))
}

#[test]
fn without_a_daemon_it_says_how_to_start_one() {
    let dir = tempfile::tempdir().unwrap();
    let ran = at(&dir.path().join("admin.sock"), &["list"]);
    assert_eq!((ran.code, ran.out.as_str()), (3, ""));
    assert!(ran.err.starts_with("error: no daemon: there is no socket at "), "{}", ran.err);
    assert!(ran.err.contains("\nhint: start "), "{}", ran.err);
    assert!(ran.err.contains("--socket PATH"), "{}", ran.err);
}

#[test]
fn a_stale_socket_is_no_daemon_either() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("admin.sock");
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    let ran = at(&socket, &["list"]);
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("nobody listens"), "{}", ran.err);
}

#[test]
fn a_listener_that_is_no_daemon_is_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("admin.sock");
    let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let deaf = std::thread::spawn(move || drop(listener.accept()));
    let ran = at(&socket, &["list"]);
    deaf.join().unwrap();
    assert_eq!(ran.code, 3, "{}", ran.err);
}

#[test]
fn a_socket_of_others_names_the_group() {
    if running_as_root() {
        return; // Root may connect to anything; the message has no other way to come about.
    }
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("admin.sock");
    let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o0)).unwrap();
    let ran = at(&socket, &["list"]);
    assert_eq!(ran.code, 5);
    assert!(ran.err.contains("outboard-admin"), "{}", ran.err);
}

fn running_as_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[test]
fn an_unknown_plugin_is_not_found() {
    let ran = fake().run(&["status", "nobody"]);
    assert_eq!(ran.code, 4);
    let wanted = "error: nobody: no such plugin\nhint: `outboard list` shows what is loaded\n";
    assert_eq!(ran.err, wanted);
}

#[test]
fn a_bad_manifest_is_told_fault_by_fault() {
    let fake = fake();
    let folder = fake.folder("broken");
    let ran = fake.run(&["load", &folder]);
    assert_eq!(ran.code, 1);
    assert_snapshot!(shown(&fake, &ran));
}

#[test]
fn a_folder_that_is_not_there_is_not_found() {
    let ran = fake().run(&["load", "/nowhere/at/all"]);
    assert_eq!(ran.code, 4);
    assert!(ran.err.contains("the folder that holds plugin.toml"), "{}", ran.err);
}

#[test]
fn a_daemon_that_does_not_answer_is_a_time_out() {
    let fake = Fake::play(Play { never_answers: true, ..Play::default() });
    let ran = fake.run(&["list", "--timeout", "1"]);
    assert_eq!(ran.code, 6);
    assert!(ran.err.contains("did not answer within 1s"), "{}", ran.err);
}

#[test]
fn a_wrong_command_line_is_a_usage_error() {
    for wrong in [&["sail"][..], &[], &["load", ".", "--grant", "everything"]] {
        let ran = run(command(wrong));
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{wrong:?}: {}", ran.err);
    }
}

#[test]
fn a_reader_that_has_had_enough_is_no_error() {
    let fake = fake();
    let mut command = command(&["logs", "-f", "--socket"]);
    command.arg(fake.socket()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut first = [0; 8];
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut first).unwrap();
    drop(out);
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(0));
    assert_eq!(String::from_utf8(ended.stderr).unwrap(), "");
}

#[test]
fn check_without_any_daemon_program_says_what_is_missing() {
    let dir = tempfile::tempdir().unwrap();
    // Alone in a folder, so that no outboardd stands beside it.
    let alone = dir.path().join("outboard");
    std::fs::copy(env!("CARGO_BIN_EXE_outboard"), &alone).unwrap();
    let mut command = std::process::Command::new(&alone);
    command.env_clear().args(["check", "."]).arg("--socket").arg(dir.path().join("s"));
    let ran = run(command);
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("outboardd"), "{}", ran.err);
}

#[test]
fn check_without_a_daemon_asks_its_program() {
    let dir = tempfile::tempdir().unwrap();
    let alone = dir.path().join("outboard");
    std::fs::copy(env!("CARGO_BIN_EXE_outboard"), &alone).unwrap();
    let program = dir.path().join("outboardd");
    let script = "#!/bin/sh\necho '{\"faults\":[{\"file\":\"'$2'/plugin.toml\",\"line\":7,\
        \"key\":\"name\",\"message\":\"'\"$1 $3 $4\"'\"}]}'\n";
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = std::process::Command::new(&alone);
    command.env_clear().args(["check", "/tmp"]).arg("--socket").arg(dir.path().join("s"));
    let ran = run(command);
    assert_eq!(ran.out, "/tmp/plugin.toml:7: name: check --output json\n", "{}", ran.err);
    assert_eq!(ran.code, 1);
}
