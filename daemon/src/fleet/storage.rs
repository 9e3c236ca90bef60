//! What operators may do with what plugins keep, as far as it depends on which are loaded.
//!
//! It refuses to know what is kept.

use outboard_proto::admin::{Done, Finding, Severity};
use outboard_proto::common::{Failure, Reason};
use tonic::Code;

use super::Fleet;
use crate::clock::timestamp;
use crate::config::name::PluginName;
use crate::status::of_store;
use crate::storage::StorageFault;

impl Fleet {
    /// What a plugin's storage may hold, where it is loaded.
    #[must_use]
    pub fn storage_quota(&self, name: &PluginName) -> Option<u64> {
        self.aboard.get(name).map(|aboard| aboard.spec.keys.storage.value.0)
    }

    /// Drops all that a plugin kept. The fleet does nothing else meanwhile, so that it cannot be
    /// loaded.
    ///
    /// # Errors
    /// It is loaded, keeps nothing, or the disk's.
    pub async fn purge(&self, name: &PluginName) -> Result<Done, Failure> {
        if self.aboard.contains_key(name) || self.refused.contains_key(name.as_str()) {
            let text = format!("{name} is loaded; unload it first");
            return Err(Failure::new(Code::FailedPrecondition, Reason::AlreadyLoaded, text));
        }
        // Answers that waited for an app, keys that counted once, interactions that were deferred.
        let journal = &self.harbour.journal;
        journal.forget_plugin(name).await.map_err(|error| of_store(&error))?;
        self.harbour.outbox.purged(name.as_str());
        let depot = &self.harbour.depot;
        let purged = depot.purge(name, timestamp()).await;
        let control = &self.harbour.control;
        let had = control.purge_settings(name).await.map_err(|error| of_store(&error))?;
        match purged {
            // It kept nothing, and had settings.
            Err(StorageFault::NoStorage(_)) if had => {}
            purged => purged.map_err(|fault| fault.failure())?,
        }
        Ok(Done {
            message: format!(
                "all that {name} kept is gone, settings included; its data folder stays"
            ),
        })
    }

    /// Storages that were found damaged since the daemon's start.
    pub(super) fn storage_findings(&self) -> Vec<Finding> {
        let losses = self.harbour.depot.losses();
        let finding = |(plugin, copy): (PluginName, std::path::PathBuf)| Finding {
            severity: Severity::Problem.into(),
            check: "storage".to_owned(),
            says: format!(
                "what {plugin} kept was damaged; it lies at {} and the plugin began anew",
                copy.display()
            ),
            hint: format!("outboard storage {plugin} restore FILE, if there is a snapshot"),
        };
        losses.into_iter().map(finding).collect()
    }
}
