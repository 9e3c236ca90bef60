//! `[[methods]]`: what other plugins may call. It knows the declaration; who may call is the
//! operator's, and carrying a call is routing's.

use super::about::plain;
use super::schedule::handler_name;
use crate::config::amount::parse_duration;
use crate::config::fault::Problem;
use crate::config::section::Section;
use std::time::Duration;

/// The longest a method may take.
const LONGEST: Duration = Duration::from_secs(60);

/// One method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodDecl {
    /// Its name, unique in the plugin.
    pub name: String,
    /// For people.
    pub description: String,
    /// The most one call may take, where it says so.
    pub timeout: Option<Duration>,
}

/// Reads `[[methods]]`.
pub fn read_all(root: &Section<'_>) -> Vec<MethodDecl> {
    let mut methods: Vec<MethodDecl> = Vec::new();
    for entry in root.sections("methods") {
        let name = entry.needed("name", "\"define\"").and_then(|it| it.parse(handler_name));
        let description = entry.field("description").and_then(|it| it.parse(plain));
        let timeout = entry.field("timeout").and_then(|it| it.parse(read_timeout));
        entry.close();
        let Some(name) = name else { continue };
        if methods.iter().any(|it| it.name == name) {
            entry.fault("name", Problem::new(format!("{name} is declared twice")));
        }
        let description = description.unwrap_or_default();
        methods.push(MethodDecl { name, description, timeout });
    }
    methods
}

/// A time above nothing and at most a minute.
///
/// # Errors
/// It is neither.
pub fn read_timeout(text: &str) -> Result<Duration, Problem> {
    let time = parse_duration(text)?;
    match time.is_zero() || time > LONGEST {
        true => Err(Problem::new("the time of a call is above 0 and at most 1m")),
        false => Ok(time),
    }
}
