//! What the project promises in numbers and codes: invariants that a test must hold, reasons that
//! clients switch on. It checks that each is written down once and held somewhere, not whether it
//! is true.

use std::collections::{BTreeMap, BTreeSet};

use crate::findings::Findings;
use crate::tree::{required, rust_files, text_files};

const ARCHITECTURE: &str = "ARCHITECTURE.md";
const REASONS: &str = "proto/outboard/common/v1/common.proto";

#[test]
fn every_invariant_is_held_by_a_test() {
    let mut findings = Findings::of("A test names the invariant it holds in a comment, `// I7`.");
    let cited = cited_in_tests();
    for (invariant, line) in invariants() {
        if !cited.contains(&invariant) {
            findings.at(ARCHITECTURE, line, &format!("no test cites I{invariant}"));
        }
    }
    findings.none();
}

#[test]
fn no_comment_cites_an_invariant_that_does_not_exist() {
    let mut findings = Findings::of("Invariants are numbered in ARCHITECTURE.md.");
    let known = invariants();
    for file in rust_files() {
        for (line, comment) in file.comments() {
            for number in citations(comment).filter(|number| !known.contains_key(number)) {
                findings.at(&file.path, line, &format!("there is no I{number}"));
            }
        }
    }
    findings.none();
}

#[test]
fn invariants_are_numbered_without_a_hole() {
    let known = invariants();
    assert!(!known.is_empty(), "{ARCHITECTURE} numbers no invariant: `**I1**` at a line's start");
    let mut findings = Findings::of("Invariants count up from I1, each stated once.");
    for (number, line) in stated() {
        if known[&number] != line {
            findings.at(ARCHITECTURE, line, &format!("I{number} is stated twice"));
        }
    }
    for number in 1..=known.len() {
        if !known.contains_key(&number) {
            findings.about(format!("{ARCHITECTURE}: I{number} is missing"));
        }
    }
    findings.none();
}

#[test]
fn reason_codes_are_unique_and_never_reused() {
    let mut findings = Findings::of("A reason keeps its name and number for ever.");
    let mut names = BTreeSet::new();
    let mut numbers = BTreeSet::new();
    let reasons = reasons();
    assert!(!reasons.is_empty(), "{REASONS} has no `enum Reason`");
    for (line, name, number) in &reasons {
        if !names.insert(name) || !numbers.insert(number) {
            findings.at(REASONS, *line, &format!("`{name} = {number}` is taken"));
        }
    }
    findings.none();
}

#[test]
fn every_reason_code_is_explained_to_those_who_meet_it() {
    let mut findings = Findings::of("docs/protocol.md explains every reason code.");
    let explained = required("docs/protocol.md");
    for (line, name, number) in reasons() {
        let short = name.trim_start_matches("REASON_");
        if number != 0 && !explained.contains(short) {
            findings.at(REASONS, line, &format!("`{short}` is not in docs/protocol.md"));
        }
    }
    findings.none();
}

/// The invariants of ARCHITECTURE.md and the line, from 1, where each is stated.
fn invariants() -> BTreeMap<usize, usize> {
    stated().into_iter().collect()
}

/// Each statement of an invariant in order, and its line from 1.
fn stated() -> Vec<(usize, usize)> {
    let text = required(ARCHITECTURE);
    let stated = |line: &str| {
        let number = line.trim_start_matches(['-', '*', '|', '#', ' ']).strip_prefix('I')?;
        let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
        let stands_alone = !number[digits.len()..].starts_with(char::is_alphanumeric);
        stands_alone.then(|| digits.parse().ok()).flatten()
    };
    let lines = text.lines().enumerate();
    lines.filter_map(|(line, text)| Some((stated(text)?, line + 1))).collect()
}

/// Every invariant that some test names: a Rust test in a comment, any other in its text.
fn cited_in_tests() -> BTreeSet<usize> {
    let mut cited = BTreeSet::new();
    for file in rust_files() {
        let tests = file.comments().filter(|(line, _)| file.in_test(line - 1));
        cited.extend(tests.flat_map(|(_, comment)| citations(comment)));
    }
    for (path, text) in text_files() {
        let script = path.starts_with("tests/") && !path.ends_with(".rs");
        if script || path.ends_with(".py") {
            cited.extend(text.lines().filter(|line| line.contains('#')).flat_map(citations));
        }
    }
    cited
}

/// The numbers in `I7`, `I12` and the like.
fn citations(text: &str) -> impl Iterator<Item = usize> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.filter_map(|word| word.strip_prefix('I')?.parse().ok())
}

/// The entries of `enum Reason`: line from 1, name, number.
fn reasons() -> Vec<(usize, String, i32)> {
    let text = required(REASONS);
    let lines = text.lines().enumerate().skip_while(|(_, line)| !line.starts_with("enum Reason"));
    let body = lines.skip(1).take_while(|(_, line)| !line.starts_with('}'));
    let entries = body.filter_map(|(line, text)| {
        let (name, number) = text.split("//").next()?.split_once('=')?;
        let number = number.trim().trim_end_matches(';').parse().ok()?;
        Some((line + 1, name.trim().to_owned(), number))
    });
    entries.collect()
}
