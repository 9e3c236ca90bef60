//! Commands that wait for a plugin, and what they ask the daemon for. What is printed besides is
//! told in `tables`.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use outboard_proto::admin::State::{Failed, Running, Starting, Stopped, Stopping, Waiting};

use crate::fake::{Fake, Play};
use crate::plugins::{NOON, crasher, dice, moderator};
use crate::run::command;

fn fake() -> Fake {
    let play = Play::with(vec![moderator(NOON), crasher(NOON), dice(NOON)])
        .story(
            "moderator",
            vec![(Stopping, 0, ""), (Stopped, 0, ""), (Starting, 1, ""), (Running, 0, "")],
        )
        .story(
            "crasher",
            vec![
                (Starting, 1, ""),
                (Waiting, 0, "back-off 100 ms"),
                (Failed, 0, "it failed again"),
            ],
        )
        .story("dice", vec![(Starting, 1, "loading a model")]);
    Fake::play(play)
}

#[test]
fn a_restart_waits_for_the_next_generation() {
    let ran = fake().run(&["restart", "moderator"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let wanted = "moderator 1.2.0 is running (generation 4, pid 4242), but breaker open\n";
    assert_eq!((ran.err.as_str(), ran.out.as_str()), (wanted, ""));
}

#[test]
fn a_reset_that_ends_failed_again_is_a_failure_with_hints() {
    let ran = fake().run(&["reset", "crasher"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("error: crasher has failed: it failed again\n"), "{}", ran.err);
    assert!(ran.err.contains("`outboard logs crasher`"), "{}", ran.err);
    assert!(ran.err.contains("`outboard reset crasher`"), "{}", ran.err);
}

#[test]
fn a_start_that_takes_too_long_is_a_time_out_and_says_how_far_it_is() {
    let ran = fake().run(&["enable", "dice", "--timeout", "3"]);
    assert_eq!(ran.code, 6);
    assert!(ran.err.starts_with("dice is starting: loading a model\n"), "{}", ran.err);
    assert!(ran.err.contains("dice is still starting after 3s"), "{}", ran.err);
}

#[test]
fn enabling_what_runs_already_does_not_wait() {
    let play = Play::with(vec![moderator(NOON)]);
    assert_eq!(Fake::play(play).run(&["enable", "moderator"]).code, 0);
}

#[test]
fn a_plugin_that_stays_stopped_has_not_started() {
    let play = Play::with(vec![dice(NOON)]);
    let ran = Fake::play(play).run(&["enable", "dice"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("dice is stopped"), "{}", ran.err);
}

#[test]
fn the_wait_ends_where_no_wait_is_wanted() {
    let fake = fake();
    let ran = fake.run(&["enable", "dice", "--no-wait"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, "dice was asked\n"));
    assert_eq!(fake.asked(), ["Named { name: \"dice\" }"]);
}

#[test]
fn load_passes_on_what_is_granted() {
    let cases: [(&[&str], &str); 5] = [
        (&[], "grant: Unspecified, grants: []"),
        (&["--yes"], "grant: Asked, grants: []"),
        (&["--grant", "asked"], "grant: Asked, grants: []"),
        (&["--grant", "none"], "grant: None, grants: []"),
        (&["--grant", "a:b,c:d"], "grant: List, grants: [\"a:b\", \"c:d\"]"),
    ];
    for (flags, wanted) in cases {
        let fake = fake();
        let folder = fake.folder("moderator");
        let ran = fake.run(&[&["load", &folder], flags].concat());
        assert_eq!(ran.code, 0, "{flags:?}: {}", ran.err);
        let first = &load_request(&fake);
        assert!(first.contains(wanted) && first.contains(&folder), "{flags:?}: {first}");
        assert!(first.contains("dry_run: false"), "{first}");
    }
}

fn load_request(fake: &Fake) -> String {
    fake.asked().into_iter().find(|asked| asked.starts_with("LoadRequest")).unwrap()
}

#[test]
fn load_takes_the_manifest_for_its_folder() {
    let fake = fake();
    let folder = fake.folder("moderator");
    let manifest = format!("{folder}/plugin.toml");
    assert_eq!(fake.run(&["load", &manifest]).code, 0);
    assert!(load_request(&fake).contains(&format!("path: \"{folder}\"")));
}

#[test]
fn loaded_but_stopped_is_done_with_a_warning() {
    let fake = Fake::play(Play::with(vec![dice(NOON)]));
    let folder = fake.folder("dice");
    let ran = fake.run(&["load", &folder]);
    assert_eq!(ran.code, 0);
    assert!(ran.err.contains("warning: loaded, but dice is stopped"), "{}", ran.err);
    assert!(ran.err.contains("hint: `outboard enable dice`"), "{}", ran.err);
}

#[test]
fn the_daemons_requests_carry_every_argument() {
    let fake = fake();
    fake.run(&["set", "moderator", "memory", "-1"]);
    fake.run(&["revert", "moderator", "memory"]);
    fake.run(&["logs", "moderator", "--tail", "5"]);
    fake.run(&["unload", "moderator"]);
    assert_eq!(
        fake.asked(),
        [
            "SetRequest { name: \"moderator\", key: \"memory\", value: \"-1\" }",
            "RevertRequest { name: \"moderator\", key: \"memory\" }",
            "LogsRequest { name: \"moderator\", follow: false, tail: 5 }",
            "Named { name: \"moderator\" }",
        ]
    );
}

#[test]
fn a_restore_is_over_when_the_daemon_is_back() {
    let fake = fake();
    let folder = fake.folder("copy");
    let ran = fake.run(&["restore", &folder]);
    let wanted = "Restored; the daemon is back with 3 plugins.\n";
    assert_eq!((ran.code, ran.err.as_str()), (0, wanted));
}

#[test]
fn watch_tells_each_change_once_and_ends_with_the_daemon() {
    let fake = fake();
    let mut watch = command(&["watch", "moderator", "--socket"]);
    watch.arg(fake.socket()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut watch = watch.spawn().unwrap();
    let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines().map(Result::unwrap);
    let first = lines.next().unwrap();
    assert!(
        first.ends_with("moderator[3]  running, breaker open  (ended: oom signal 9 (SIGKILL))")
    );
    fake.run(&["restart", "moderator", "--no-wait"]);
    let states: Vec<String> = lines.by_ref().take(4).collect();
    let wanted = ["[3]  stopping", "[3]  stopped", "[4]  starting", "[4]  running"];
    for (line, wanted) in states.iter().zip(wanted) {
        assert!(line.contains(wanted), "{line}");
    }
    drop(fake);
    assert_eq!(lines.next(), None);
    let ended = watch.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(3));
}

#[test]
fn enabling_in_some_channels_limits_it_before_it_starts() {
    let play = Play::with(vec![moderator(NOON)]);
    let ran = Fake::play(play).run(&["enable", "moderator", "--channels", "town-*,id:C1"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.starts_with("moderator: channels = town-*,id:C1\n"), "{}", ran.err);
}

#[test]
fn a_bypass_names_its_target_and_its_time_or_its_end() {
    let fake = fake();
    let ran = fake.run(&["bypass", "moderator", "--for", "10m"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, "off the path\n"));
    assert_eq!(fake.run(&["bypass", "--end"]).code, 0);
    assert_eq!(fake.run(&["bypass", "moderator"]).code, 2, "for how long?");
    let asked = fake.asked();
    assert!(asked[0].contains("target: \"moderator\", period: \"10m\", end: false"), "{asked:?}");
    assert!(asked[1].contains("target: \"\", period: \"\", end: true"), "{asked:?}");
}
