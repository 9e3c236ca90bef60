//! The project's files as the rules see them: what there is, which of it is Rust, which part of
//! that is a test. It holds no opinion about any of it.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::mask::{Masked, mask};

/// Folders that hold nothing people wrote: build output, other people's packages, generated code.
/// So do hidden ones (environments, caches, version control), except `.ci`.
const NOT_OURS: [&str; 4] = ["target", "node_modules", "__pycache__", "gen"];

/// One file of Rust.
pub struct RustFile {
    /// Relative to the project's root, with forward slashes.
    pub path: String,
    /// As it stands.
    pub text: String,
    /// Its code and its comments apart.
    pub masked: Masked,
    /// The lines (from 0) of its `#[cfg(test)]` modules.
    inline_tests: Vec<Range<usize>>,
}

impl RustFile {
    fn read(root: &Path, file: &Path) -> Self {
        let text = fs::read_to_string(file).unwrap();
        let masked = mask(&text);
        let inline_tests = inline_tests(&masked.code);
        Self { path: relative(root, file), text, masked, inline_tests }
    }

    /// Whether the whole file is a test's: in a `tests` folder or named `tests.rs`.
    pub fn is_test(&self) -> bool {
        self.path.starts_with("tests/")
            || self.path.contains("/tests/")
            || self.path.ends_with("/tests.rs")
    }

    /// Whether a line, from 0, belongs to a test.
    pub fn in_test(&self, line: usize) -> bool {
        self.is_test() || self.inline_tests.iter().any(|lines| lines.contains(&line))
    }

    /// The inline test modules' lines, from 0.
    pub fn inline_tests(&self) -> &[Range<usize>] {
        &self.inline_tests
    }

    /// Lines of code outside tests, numbered from 1.
    pub fn code_outside_tests(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code().filter(|(number, _)| !self.in_test(number - 1))
    }

    /// Lines of code, tests included, numbered from 1.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.masked.code.lines().enumerate().map(|(line, code)| (line + 1, code))
    }

    /// Lines with only their comments left, numbered from 1.
    pub fn comments(&self) -> impl Iterator<Item = (usize, &str)> {
        self.masked.comments.lines().enumerate().map(|(line, comment)| (line + 1, comment))
    }
}

/// The folder of the workspace's manifest.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// Every Rust file that people wrote.
pub fn rust_files() -> Vec<RustFile> {
    let root = root();
    let rust = |file: &PathBuf| file.extension().is_some_and(|ending| ending == "rs");
    files(&root).iter().filter(|file| rust(file)).map(|file| RustFile::read(&root, file)).collect()
}

/// Every text file that people wrote, by its path from the root.
pub fn text_files() -> Vec<(String, String)> {
    let root = root();
    let read = |file: &PathBuf| Some((relative(&root, file), fs::read_to_string(file).ok()?));
    files(&root).iter().filter_map(read).collect()
}

/// One file that a rule cannot do without.
pub fn required(path: &str) -> String {
    fs::read_to_string(root().join(path))
        .unwrap_or_else(|error| panic!("{path} is missing or unreadable: {error}"))
}

fn relative(root: &Path, file: &Path) -> String {
    file.strip_prefix(root).unwrap().to_string_lossy().into_owned()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap().flatten() {
            let kind = entry.file_type().unwrap();
            let ours = ours(&entry.file_name().to_string_lossy());
            if kind.is_dir() && ours {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    found
}

fn ours(folder: &str) -> bool {
    folder == ".ci" || !(folder.starts_with('.') || NOT_OURS.contains(&folder))
}

fn inline_tests(code: &str) -> Vec<Range<usize>> {
    let lines: Vec<&str> = code.lines().collect();
    let starts = lines.iter().enumerate().filter(|(_, line)| line.contains("#[cfg(test)]"));
    starts.filter_map(|(start, _)| Some(start..block_end(&lines, start)?)).collect()
}

/// The line after the one that closes the block which opens at or after `start`; none where a `;`
/// ends the item first (`mod tests;`).
pub fn block_end(lines: &[&str], start: usize) -> Option<usize> {
    let mut depth = 0usize;
    let mut brackets = 0usize;
    for (number, line) in lines.iter().enumerate().skip(start) {
        for c in line.chars() {
            match c {
                '{' => depth += 1,
                '}' if depth <= 1 => return Some(number + 1),
                '}' => depth -= 1,
                '(' | '[' => brackets += 1,
                ')' | ']' => brackets = brackets.saturating_sub(1),
                ';' if depth == 0 && brackets == 0 => return None,
                _ => {}
            }
        }
    }
    None
}
