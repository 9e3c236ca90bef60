//! What a load means for a plugin's settings, and an end of what was kept.
//!
//! It refuses to know what is set.

use std::sync::Arc;

use outboard_proto::common::Failure;

use super::Fleet;
use crate::config::manifest::Loaded;
use crate::settings::{About, Declared, Ledger};
use crate::status::of_store;

impl Fleet {
    /// The settings of a plugin that comes aboard, by the schema it comes with.
    pub(super) async fn settle(&self, loaded: &Loaded) -> Result<Arc<Ledger>, Failure> {
        let manifest = &loaded.manifest;
        let opened = self.harbour.settings.open(&manifest.name).await;
        let ledger = opened.map_err(|error| of_store(&error))?;
        let title = match &manifest.bot {
            Some(bot) if !bot.display_name.is_empty() => bot.display_name.clone(),
            Some(_) | None => manifest.name.as_str().to_owned(),
        };
        let about = About { title, description: manifest.about.description.clone() };
        let (schema, dynamic) = (loaded.settings.clone(), manifest.dynamic_settings);
        ledger.go_by(Declared { schema, dynamic }, about).await;
        Ok(ledger)
    }
}
