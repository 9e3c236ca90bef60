//! Bringing plugins to rest: one before it is unloaded, all before the daemon ends.
//!
//! Dependants stop before what they depend on. It waits for states, with an end to its patience.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Fleet;
use crate::config::dependencies::check_dependencies;
use crate::config::manifest::Manifest;
use crate::config::name::PluginName;
use crate::plugin::{Mail, at_rest};

/// The daemon's own stop in all; the unit's TimeoutStopSec lies above it.
const PATIENCE: Duration = Duration::from_secs(25);
/// After this much of it, whoever is left is killed.
const POLITE: Duration = Duration::from_secs(22);

impl Fleet {
    /// Stops one plugin and waits until it is at rest.
    pub(super) async fn bring_to_rest(&mut self, name: &PluginName) {
        let Some(aboard) = self.aboard.get_mut(name) else { return };
        let _ = aboard.mail.send(Mail::Shutdown).await;
        let mut view = aboard.view.clone();
        if tokio::time::timeout(POLITE, view.wait_for(|it| at_rest(&it.state))).await.is_err() {
            let _ = aboard.mail.send(Mail::KillNow).await;
            let _ = view.wait_for(|it| at_rest(&it.state)).await;
        }
    }

    /// Stops all plugins, dependants first.
    pub async fn stop(&mut self) {
        self.stopping = true;
        let stop = async {
            for wave in self.waves() {
                for name in &wave {
                    if let Some(aboard) = self.aboard.get(name) {
                        let _ = aboard.mail.send(Mail::Shutdown).await;
                    }
                }
                for name in &wave {
                    self.rested(name).await;
                }
            }
        };
        if tokio::time::timeout(POLITE, stop).await.is_err() {
            tracing::warn!("plugins did not stop in time; killing them");
            let _ = tokio::time::timeout(PATIENCE - POLITE, self.kill()).await;
        }
    }

    /// Kills all plugins and waits until none is left.
    pub async fn kill(&mut self) {
        self.stopping = true;
        for aboard in self.aboard.values() {
            let _ = aboard.mail.send(Mail::KillNow).await;
        }
        for name in self.aboard.keys() {
            self.rested(name).await;
        }
    }

    async fn rested(&self, name: &PluginName) {
        if let Some(aboard) = self.aboard.get(name) {
            let mut view = aboard.view.clone();
            // Its task is gone: then it is at rest for good.
            let _ = view.wait_for(|it| at_rest(&it.state)).await;
        }
    }

    /// Plugins that may stop together; nobody is in an earlier wave than one that needs it.
    fn waves(&self) -> Vec<Vec<PluginName>> {
        let manifests: BTreeMap<PluginName, &Manifest> =
            self.aboard.iter().map(|(name, it)| (name.clone(), &it.loaded.manifest)).collect();
        let Ok(order) = check_dependencies(&manifests) else {
            return vec![self.aboard.keys().cloned().collect()];
        };
        let mut depth: BTreeMap<PluginName, usize> = BTreeMap::new();
        for name in order.stop() {
            let below = order.needed_by(name).filter_map(|by| depth.get(by)).max();
            let own = below.map_or(0, |deepest| deepest + 1);
            depth.insert(name.clone(), own);
        }
        let count = depth.values().max().map_or(0, |deepest| deepest + 1);
        let wave = |at: usize| {
            depth.iter().filter(|(_, own)| **own == at).map(|(name, _)| name.clone()).collect()
        };
        (0..count).map(wave).collect()
    }
}

/// How long an operator's answer may take to be read before the daemon starts itself again.
const ANSWER: Duration = Duration::from_millis(200);

impl Fleet {
    /// Puts a backup in the place of the state: everything stops, the daemon starts itself again.
    ///
    /// # Errors
    /// The backup cannot be used; then the daemon starts again with what it had.
    pub async fn restore(
        &mut self,
        dir: std::path::PathBuf,
        again: tokio_util::sync::CancellationToken,
    ) -> Result<outboard_proto::admin::Done, outboard_proto::common::Failure> {
        let (control, journal) = (&self.harbour.control, &self.harbour.journal);
        let (control, journal) = (control.path().to_owned(), journal.path().to_owned());
        crate::store::verify(&dir, &control, &journal)
            .map_err(|error| crate::status::of_store(&error))?;
        self.stop().await;
        self.harbour.control.close().await;
        self.harbour.journal.close().await;
        let from = dir.clone();
        let restored =
            tokio::task::spawn_blocking(move || crate::store::restore(&from, &control, &journal));
        let restored = restored.await;
        // Whatever came of it, the stores are closed: only a new start opens them. The answer goes
        // out first.
        tokio::spawn(async move {
            tokio::time::sleep(ANSWER).await;
            again.cancel();
        });
        match restored {
            Ok(Ok(())) => {
                let message = format!("restored from {}; starting again", dir.display());
                Ok(outboard_proto::admin::Done { message })
            }
            Ok(Err(error)) => Err(crate::status::of_store(&error)),
            Err(_) => Err(outboard_proto::common::Failure::new(
                tonic::Code::Internal,
                outboard_proto::common::Reason::Internal,
                "restoring failed unexpectedly",
            )),
        }
    }
}
