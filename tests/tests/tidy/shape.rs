//! How files and functions look: heads, names, lengths. It does not judge what they do.

use crate::findings::Findings;
use crate::tree::{RustFile, block_end, rust_files};

/// Lines of a file, its inline tests apart.
const FILE: usize = 500;
/// Lines of an inline test module; beyond it the tests move to a file of their own.
const INLINE_TESTS: usize = 120;
/// Lines of a function, signature and closing brace included.
const FUNCTION: usize = 70;
/// Columns of a line.
const COLUMNS: usize = 100;

/// Names that say what shape a drawer has and not what is in it.
const DRAWERS: [&str; 9] =
    ["util", "utils", "common", "helper", "helpers", "misc", "manager", "managers", "types"];

/// Names its modules after the wire's packages, of which one is `outboard.common.v1`.
const PACKAGES: &str = "proto/src/lib.rs";

#[test]
fn every_file_opens_by_saying_what_it_is_for_and_what_it_refuses_to_know() {
    let mut findings = Findings::of(
        "A file opens with `//!`: what it is for and, outside tests, what it refuses to know. \
         That takes two clauses.",
    );
    for file in rust_files() {
        let head = file.text.lines().take_while(|line| line.starts_with("//!"));
        let clauses: usize = head.map(|line| line.matches(['.', ';', ':']).count()).sum();
        if clauses < if file.is_test() { 1 } else { 2 } {
            findings.at(&file.path, 1, file.text.lines().next().unwrap_or_default());
        }
    }
    findings.none();
}

#[test]
fn a_file_fits_its_subject() {
    let mut findings = Findings::of("A file stops at 500 lines: split it by subject.");
    for file in rust_files() {
        let tests: usize = file.inline_tests().iter().map(ExactSizeIterator::len).sum();
        let lines = file.text.lines().count() - tests;
        if lines > FILE {
            findings.at(&file.path, FILE + 1, &format!("{lines} lines"));
        }
    }
    findings.none();
}

#[test]
fn long_inline_tests_move_to_a_file_of_their_own() {
    let mut findings = Findings::of(
        "Inline tests stop at about 100 lines: move them to \
        `foo/tests.rs`.",
    );
    for file in rust_files() {
        for lines in file.inline_tests().iter().filter(|lines| lines.len() > INLINE_TESTS) {
            findings.at(&file.path, lines.start + 1, &format!("{} lines of tests", lines.len()));
        }
    }
    findings.none();
}

#[test]
fn a_function_fits_the_screen() {
    let mut findings = Findings::of("A function stops at 70 lines: it is hiding a decision.");
    for file in rust_files() {
        for (line, name, length) in functions(&file) {
            if length > FUNCTION {
                findings.at(&file.path, line, &format!("`{name}` has {length} lines"));
            }
        }
    }
    findings.none();
}

#[test]
fn a_line_fits_a_hundred_columns() {
    let mut findings = Findings::of("A line stops at 100 columns.");
    for file in rust_files() {
        for (line, text) in file.text.lines().enumerate() {
            let columns = text.chars().count();
            if columns > COLUMNS {
                findings.at(&file.path, line + 1, &format!("{columns} columns"));
            }
        }
    }
    findings.none();
}

#[test]
fn no_module_is_a_drawer() {
    let mut findings = Findings::of(
        "A module is named after its subject, not after its shape, \
        and lives in `foo.rs` with `foo/`.",
    );
    for file in rust_files() {
        for part in file.path.trim_end_matches(".rs").split('/') {
            if DRAWERS.contains(&part) || part == "mod" {
                findings.at(&file.path, 1, &format!("`{part}`"));
            }
        }
        for (line, code) in file.code() {
            let module = code.trim().trim_start_matches("pub ").strip_prefix("mod ");
            let name = module.map(|name| name.trim_end_matches([' ', '{', ';']));
            if name.is_some_and(|name| DRAWERS.contains(&name)) && file.path != PACKAGES {
                findings.at(&file.path, line, code.trim());
            }
        }
    }
    findings.none();
}

/// Every function with a body: its line from 1, its name, its length.
fn functions(file: &RustFile) -> Vec<(usize, String, usize)> {
    let lines: Vec<&str> = file.masked.code.lines().collect();
    let starts = lines.iter().enumerate().filter_map(|(line, code)| Some((line, name(code)?)));
    starts
        .filter_map(|(line, name)| Some((line + 1, name, block_end(&lines, line)? - line)))
        .collect()
}

/// The name of the function that a line begins, if it begins one.
fn name(code: &str) -> Option<String> {
    let at = code.find("fn ")?;
    let word_before = code[..at].chars().next_back().is_some_and(char::is_alphanumeric);
    let rest = code[at + 3..].trim_start();
    let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!word_before && !name.is_empty()).then_some(name)
}
