//! The settings of all plugins that are loaded, by name. It refuses to know who asks for them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use outboard_proto::common::{Failure, Reason};
use tonic::Code;

use super::ledger::{Ledger, Parts};
use crate::config::name::PluginName;
use crate::config::nearest::nearest;
use crate::store::StoreError;

/// All ledgers. Cheap to clone.
#[derive(Clone)]
pub struct Settings {
    parts: Parts,
    ledgers: Arc<Mutex<BTreeMap<PluginName, Arc<Ledger>>>>,
}

impl Settings {
    /// Of no plugin yet.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self { parts, ledgers: Arc::default() }
    }

    /// The ledger of a plugin that comes aboard, with what was kept of it.
    ///
    /// # Errors
    /// The database failed.
    pub async fn open(&self, plugin: &PluginName) -> Result<Arc<Ledger>, StoreError> {
        if let Some(ledger) = self.ledgers().get(plugin) {
            return Ok(Arc::clone(ledger));
        }
        let rows = self.parts.control.settings(plugin).await?;
        let ledger = Arc::new(Ledger::new(plugin.clone(), self.parts.clone(), rows));
        self.ledgers().insert(plugin.clone(), Arc::clone(&ledger));
        Ok(ledger)
    }

    /// A plugin leaves; what was kept stays. Once this is done nothing more of it is written: who
    /// was saving has been answered.
    pub async fn close(&self, plugin: &PluginName) {
        let ledger = self.ledgers().get(plugin).cloned();
        if let Some(ledger) = ledger {
            ledger.close().await;
            self.ledgers().remove(plugin);
        }
    }

    /// The ledger of a plugin that has settings.
    ///
    /// # Errors
    /// No such plugin is loaded, or it has no settings.
    pub fn find(&self, name: &str) -> Result<Arc<Ledger>, Failure> {
        let ledgers = self.ledgers();
        let found = name.parse::<PluginName>().ok().and_then(|name| ledgers.get(&name).cloned());
        let Some(ledger) = found else {
            let name: String = name.chars().take(64).collect();
            let hint = nearest(&name, ledgers.keys().map(PluginName::as_str));
            let hint = hint.map(|hint| format!("; {hint}")).unwrap_or_default();
            let text = format!("no plugin {name} is loaded{hint}");
            return Err(Failure::new(Code::NotFound, Reason::UnknownPlugin, text));
        };
        drop(ledgers);
        ledger.schema()?;
        Ok(ledger)
    }

    /// All of them, by name.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Ledger>> {
        self.ledgers().values().cloned().collect()
    }

    fn ledgers(&self) -> MutexGuard<'_, BTreeMap<PluginName, Arc<Ledger>>> {
        self.ledgers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
