//! What the operator set by commands: texts by key, as the control database keeps them. They count
//! above every file.

use super::document::Document;
use super::fault::Faults;
use super::operator::PluginPolicy;
use super::source::Layer;
use std::path::Path;
use toml_edit::{DocumentMut, value};

/// One plugin's overrides.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CliOverrides(pub PluginPolicy);

impl CliOverrides {
    /// Reads overrides: `enabled`, `grants`, `closed`, `shadow`, `channels` and every run and
    /// limits key, texts (`memory` `300MiB`, `pids` `64`, `grants` `messages:read,messages:send`).
    ///
    /// # Errors
    /// Every unknown key and unreadable value; the file named is `cli`.
    pub fn parse<'r>(
        rows: impl IntoIterator<Item = (&'r str, &'r str)>,
    ) -> Result<CliOverrides, Faults> {
        let mut document = DocumentMut::new();
        for (key, text) in rows {
            document[key] = value(text);
        }
        let text = document.to_string();
        let document = Document::parse(&text, Path::new("cli"), Layer::Cli)?;
        let policy = PluginPolicy::read(&document.root());
        document.finish(Some(CliOverrides(policy)))
    }
}
