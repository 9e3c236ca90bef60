//! Where a value came from, so that `status` can say who decided it. It orders nothing: who wins
//! over whom is `spec`'s to say.

use super::fault::{Fault, Place, Problem};
use std::fmt;
use std::path::Path;

/// Whose words a file's values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// The plugin's author, in `plugin.toml`.
    Manifest,
    /// The operator, in `outboard.toml` or `conf.d`.
    Operator,
    /// The operator, over the admin socket.
    Cli,
}

/// Who decided a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Nobody said anything: the daemon's own default.
    BuiltIn,
    /// The plugin's author.
    Manifest(Place),
    /// A file of the operator's.
    File(Place),
    /// The operator, by a command that is remembered in the control database.
    Cli,
}

impl Source {
    /// The source of a value read from `place` in a file of that layer.
    pub fn of(layer: Layer, place: Place) -> Source {
        match layer {
            Layer::Manifest => Source::Manifest(place),
            Layer::Operator => Source::File(place),
            Layer::Cli => Source::Cli,
        }
    }

    /// A fault of what this source said.
    pub fn fault(&self, key: impl Into<String>, problem: Problem) -> Fault {
        match self {
            Source::Manifest(place) | Source::File(place) => Fault::at(place, key, problem),
            Source::BuiltIn | Source::Cli => {
                let file = Path::new(if *self == Source::Cli { "cli" } else { "built-in" });
                Fault { key: key.into(), ..Fault::of_file(file, problem) }
            }
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::BuiltIn => f.write_str("built-in"),
            Source::Manifest(_) => f.write_str("manifest"),
            Source::File(place) => write!(f, "{place}"),
            Source::Cli => f.write_str("cli"),
        }
    }
}

/// A value and who decided it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sourced<T> {
    /// What counts.
    pub value: T,
    /// Who said so.
    pub source: Source,
}

impl<T> Sourced<T> {
    /// A value nobody had to ask for.
    pub fn built_in(value: T) -> Sourced<T> {
        Sourced { value, source: Source::BuiltIn }
    }
}
