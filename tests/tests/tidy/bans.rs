//! What may be called where: clocks, processes, `unsafe`, sleeping, channels without a size. Each
//! ban says where the thing belongs. It reads words and not meaning; clippy.toml sees through
//! aliases.

use crate::findings::Findings;
use crate::tree::{RustFile, rust_files, text_files};

/// Where `unsafe` may stand.
const UNSAFE: [&str; 4] =
    ["daemon/linux/", "daemon/exec/", "plugin-sdk/c/", "tests/src/bin/misbehave"];

/// The daemon's crates: what is true of the daemon is true of all of them.
const DAEMON: &str = "daemon/";

/// The modules of the daemon that may ask what time it is; everyone else is told.
const CLOCKS: [&str; 3] = ["daemon/linux/", "daemon/exec/src/hold.rs", "daemon/src/clock.rs"];

/// Where a new variant must lead to every place that has to think about it.
const NO_CATCH_ALL: [&str; 1] = ["daemon/supervision/src/"];

/// Where an error may be of any kind: at the edge where a person reads it.
const ANY_ERROR: [&str; 7] = [
    "cli/",
    "tests/",
    "bench/",
    "examples/",
    "proto/codegen/",
    "daemon/src/main.rs",
    "daemon/exec/src/main.rs",
];

// I35
#[test]
fn every_channel_has_a_size() {
    const UNSIZED: [&str; 4] =
        ["unbounded_channel", "unbounded(", "mpsc::channel()", "UnboundedSender"];
    let mut findings = Findings::of("Every channel has a size, every size a reason beside it.");
    for file in rust_files() {
        ban(&mut findings, &file, file.code(), &UNSIZED);
    }
    findings.none();
}

#[test]
fn nothing_sleeps_a_thread() {
    let mut findings = Findings::of(
        "Nothing blocks a thread to let time pass: wait for a state, \
        or use the runtime's timer.",
    );
    for file in rust_files() {
        ban(&mut findings, &file, file.code(), &["thread::sleep"]);
    }
    findings.none();
}

// I2
#[test]
fn the_machine_answers_every_pair() {
    const CATCH_ALL: [&str; 4] = ["_ =>", "_ if ", "(_, _) =>", "| _ =>"];
    let mut findings = Findings::of(
        "No catch-all arm in the machine or the status table: a new \
        variant must walk to every place that has to think about it.",
    );
    for file in rust_files() {
        if !within(&file, &NO_CATCH_ALL) {
            continue;
        }
        for (line, code) in file.code_outside_tests() {
            if CATCH_ALL.iter().any(|arm| code.trim().starts_with(arm)) {
                findings.at(&file.path, line, code.trim());
            }
        }
    }
    findings.none();
}

// I19
#[test]
fn unsafe_lives_where_syscalls_do() {
    let mut findings = Findings::of(
        "`unsafe` stands in daemon/linux, daemon/exec, plugin-sdk/c \
        and the misbehave plugin only.",
    );
    for file in rust_files() {
        let misplaced = |code: &str| word(code, "unsafe") || code.contains("(unsafe_code)");
        for (line, code) in file.code().filter(|(_, code)| misplaced(code)) {
            if !within(&file, &UNSAFE) {
                findings.at(&file.path, line, code.trim());
            }
        }
    }
    findings.none();
}

// I19
#[test]
fn every_unsafe_block_argues_its_case() {
    let mut findings = Findings::of(
        "A `// SAFETY:` comment right above every unsafe block says \
        why it is sound.",
    );
    for file in rust_files() {
        let comments: Vec<&str> = file.masked.comments.lines().collect();
        for (line, code) in file.code() {
            let block = word(code, "unsafe") && (code.contains('{') || code.contains("impl"));
            if block && !argued(&file, &comments, line - 1) {
                findings.at(&file.path, line, code.trim());
            }
        }
    }
    findings.none();
}

// I20
#[test]
fn only_linux_starts_processes() {
    const STARTS: [&str; 4] = ["process::Command", "Command::new", "posix_spawn", "fork("];
    let mut findings = Findings::of(
        "In the daemon's crates only daemon/linux starts a process \
        and only the keeper forks.",
    );
    for file in rust_files() {
        let starter = within(&file, &["daemon/linux/", "daemon/exec/"]);
        if file.path.starts_with(DAEMON) && !starter {
            ban(&mut findings, &file, file.code_outside_tests(), &STARTS);
        }
    }
    findings.none();
}

#[test]
fn the_keeper_starts_nothing_but_its_plugin() {
    let mut findings = Findings::of(
        "The keeper forks and executes by itself, without the \
        standard library's Command.",
    );
    for file in rust_files() {
        if file.path.starts_with("daemon/exec/") {
            ban(&mut findings, &file, file.code_outside_tests(), &["Command::new"]);
        }
    }
    findings.none();
}

// I4
#[test]
fn the_daemon_reads_the_clock_in_named_places() {
    const NOW: [&str; 4] = ["Instant::now", "SystemTime::now", "Timestamp::now", "Zoned::now"];
    let mut findings = Findings::of(
        "Time comes from outside: a function that needs the hour takes \
        it as a parameter. The modules that may ask are listed in tests/tests/tidy/bans.rs.",
    );
    for file in rust_files() {
        if file.path.starts_with(DAEMON) && !within(&file, &CLOCKS) {
            ban(&mut findings, &file, file.code_outside_tests(), &NOW);
        }
    }
    findings.none();
}

#[test]
fn errors_have_a_type_until_a_person_reads_them() {
    let mut findings = Findings::of(
        "An error type per boundary; `anyhow` only in `main`, the CLI, \
        tests, bench and examples.",
    );
    for file in rust_files() {
        if !within(&file, &ANY_ERROR) {
            ban(&mut findings, &file, file.code_outside_tests(), &["anyhow"]);
        }
    }
    findings.none();
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    // In halves, so that this file does not name them.
    const PLACES: [&str; 3] =
        [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/.carg", "o/")];
    let mut findings = Findings::of("No path of a developer's machine in any file.");
    for (path, text) in text_files() {
        for (line, text) in text.lines().enumerate() {
            if PLACES.iter().any(|place| text.contains(place)) {
                findings.at(&path, line + 1, text.trim());
            }
        }
    }
    findings.none();
}

fn within(file: &RustFile, places: &[&str]) -> bool {
    places.iter().any(|place| file.path.starts_with(place))
}

fn ban<'a>(
    findings: &mut Findings,
    file: &RustFile,
    lines: impl Iterator<Item = (usize, &'a str)>,
    banned: &[&str],
) {
    for (line, code) in lines {
        if banned.iter().any(|name| code.contains(name)) {
            findings.at(&file.path, line, code.trim());
        }
    }
}

/// Whether `name` stands in `code` as a word of its own.
fn word(code: &str, name: &str) -> bool {
    code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|part| part == name)
}

/// Whether an argument touches the statement which holds `line` (from 0): on the line itself or in
/// the comment and code lines right above it, back to the last blank line.
fn argued(file: &RustFile, comments: &[&str], line: usize) -> bool {
    const REACH: usize = 12;
    let text: Vec<&str> = file.text.lines().collect();
    let above = (line.saturating_sub(REACH)..=line).rev();
    above.take_while(|at| !text[*at].trim().is_empty()).any(|at| comments[at].contains("SAFETY"))
}
