//! What is wrong with a file, said so that an operator or author can mend it: which file, line and
//! key, what was found, what to write instead. It knows nothing of TOML and nothing of plugins.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A line of a file. Line 0 means the file as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file, as the daemon was told to find it.
    pub file: Arc<Path>,
    /// Counted from 1; 0 where no single line is to blame.
    pub line: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}", self.file.display()),
            line => write!(f, "{}:{line}", self.file.display()),
        }
    }
}

/// What is wrong with one value, before anyone has said where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What was found and why it cannot stand.
    pub message: String,
    /// What to write instead, where that can be said.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem without advice.
    pub fn new(message: impl Into<String>) -> Problem {
        Problem { message: message.into(), hint: None }
    }

    /// The same problem with advice.
    pub fn hint(mut self, hint: impl Into<String>) -> Problem {
        self.hint = Some(hint.into());
        self
    }

    /// What a section, key or value gets that a later daemon will understand.
    pub fn not_supported() -> Problem {
        Problem::new("not supported by this daemon")
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.hint {
            Some(hint) => write!(f, "{} ({hint})", self.message),
            None => f.write_str(&self.message),
        }
    }
}

/// One mistake and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file it was found in.
    pub file: PathBuf,
    /// Counted from 1; 0 where no single line is to blame.
    pub line: u32,
    /// Counted in characters from 1; 0 where no single column is to blame.
    pub column: u32,
    /// The dotted key, such as `hooks[0].timeout`; empty for the file as a whole.
    pub key: String,
    /// What was found and why it cannot stand.
    pub message: String,
    /// What to write instead, where that can be said.
    pub hint: Option<String>,
}

impl Fault {
    /// A fault at a line whose column no longer matters.
    pub fn at(place: &Place, key: impl Into<String>, problem: Problem) -> Fault {
        Fault {
            file: place.file.to_path_buf(),
            line: place.line,
            column: 0,
            key: key.into(),
            message: problem.message,
            hint: problem.hint,
        }
    }

    /// A fault of a whole file, or of a folder where a file was expected.
    pub fn of_file(file: &Path, problem: Problem) -> Fault {
        Fault::at(&Place { file: file.into(), line: 0 }, "", problem)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        if !self.key.is_empty() {
            write!(f, ": {}", self.key)?;
        }
        write!(f, ": {}", self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " (hint: {hint})"),
            None => Ok(()),
        }
    }
}

/// Every fault found in one look, in the order of the files and their lines. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// `Ok` when nothing was found, otherwise everything that was.
    pub fn check(mut found: Vec<Fault>) -> Result<(), Faults> {
        if found.is_empty() {
            return Ok(());
        }
        found.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        Err(Faults(found))
    }

    /// The faults, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Fault> {
        self.0.iter()
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Faults {
        Faults(vec![fault])
    }
}

impl IntoIterator for Faults {
    type Item = Fault;
    type IntoIter = std::vec::IntoIter<Fault>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'f> IntoIterator for &'f Faults {
    type Item = &'f Fault;
    type IntoIter = std::slice::Iter<'f, Fault>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                writeln!(f)?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Faults {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_reads_as_one_line_with_its_advice() {
        let place = Place { file: Path::new("plugin.toml").into(), line: 12 };
        let fault = Fault::at(&place, "run.restart", Problem::new("no such policy").hint("never"));
        assert_eq!(fault.to_string(), "plugin.toml:12: run.restart: no such policy (hint: never)");
    }

    #[test]
    fn faults_come_in_the_order_of_the_lines() {
        let at =
            |line| Fault::at(&Place { file: Path::new("a").into(), line }, "k", Problem::new("m"));
        let faults = Faults::check(vec![at(9), at(2)]).unwrap_err();
        assert_eq!(faults.to_string(), "a:2: k: m\na:9: k: m");
    }
}
