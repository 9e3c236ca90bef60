//! Settings of plugins: what their authors declare, what was saved for whom, and how a running
//! plugin comes to go by it.
//!
//! Schemas and overlays are pure; a [`Ledger`] keeps one plugin's and asks it; all of them are in
//! [`Settings`]. It refuses to know who may save what, and how a form looks.

mod caps;
mod change;
mod ledger;
mod overlay;
mod pages;
mod queue;
mod registered;
mod registry;
mod rules;
mod save;
mod schema;
mod scope;
mod secret;
mod standing;
mod told;

pub use caps::SCHEMA_BYTES;
pub use change::{Change, MOST_ROWS, VALUE_BYTES};
pub use ledger::{About, Declared, Ledger, Parts};
pub use overlay::{Held, Rows};
pub use pages::object;
pub use registry::Settings;
pub use save::{Outcome, Saving};
pub use schema::{Field, MOST_FIELDS, Schema};
pub use scope::{Place, Scope, ScopeKind};
pub use told::Told;

/// Why a value or a schema cannot stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The setting, and what is in it: `limits.most`. Empty for the whole.
    pub path: String,
    /// What was found and why it cannot stand.
    pub message: String,
    /// What to write instead, where that can be said.
    pub hint: Option<String>,
}

impl Fault {
    /// A fault without advice.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into(), hint: None }
    }

    /// The same with advice.
    #[must_use]
    pub fn hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, " (hint: {hint})"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests;
