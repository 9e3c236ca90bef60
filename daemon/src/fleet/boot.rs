//! The fleet as it was: read from the control database and the plugin folders at the start.
//!
//! A plugin that cannot be used as it is keeps nobody else from starting; it is shown with what is
//! wrong.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::load::folder_name;
use super::users::{Means, Users};
use super::{Fleet, Harbour};
use crate::clock::timestamp;
use crate::config::manifest::Manifest;
use crate::config::operator::OperatorConfig;
use crate::store::{EndRecord, PluginRecord, StoreError};

impl Fleet {
    /// Everything that was loaded before, and what lies in the plugin folders.
    pub(super) async fn from_store(
        harbour: Arc<Harbour>,
        config: OperatorConfig,
    ) -> Result<Self, StoreError> {
        let (range, root) = (config.daemon.uid_range.value, config.daemon.root_plugins.value);
        let is_root = harbour.trees.daemon_uid() == 0;
        let means = Means::of(outboard_linux::may_change_users(), is_root, range, root);
        let records = harbour.control.plugins().await?;
        let overrides = harbour.control.overrides().await?;
        let mut fleet = Self {
            harbour,
            config,
            overrides,
            aboard: BTreeMap::new(),
            refused: BTreeMap::new(),
            users: Users::new(means),
            stopping: false,
        };
        for record in records {
            Box::pin(fleet.board_again(record)).await;
        }
        Box::pin(fleet.board_packages()).await;
        Ok(fleet)
    }

    async fn board_again(&mut self, record: PluginRecord) {
        let (name, folder) = (record.name, record.folder);
        let runtimes = &self.config.runtimes;
        let texts = (record.manifest, record.settings_schema);
        let result = match Manifest::load_text(&folder, texts, runtimes) {
            Ok(loaded) => {
                let name = loaded.manifest.name.clone();
                self.note_lost_generation(&name).await;
                let overrides = self.overrides.get(name.as_str()).cloned().unwrap_or_default();
                match self.resolve(&loaded.manifest, &overrides) {
                    Ok(spec) => self.board(loaded, spec).await.map_err(|it| it.message),
                    Err(failure) => Err(failure.message),
                }
            }
            Err(found) => Err(found.to_string()),
        };
        if let Err(why) = result {
            tracing::error!(plugin = name, "cannot be used: {why}");
            self.refused.insert(name, why);
        }
    }

    /// A generation without an end was running when the daemon died.
    async fn note_lost_generation(&self, name: &crate::config::name::PluginName) {
        let control = &self.harbour.control;
        let (Ok(generation), Ok(ends)) = (control.generation(name).await, control.ends(name).await)
        else {
            return;
        };
        if generation == 0 || ends.first().is_some_and(|end| end.generation >= generation) {
            return;
        }
        let end = EndRecord {
            generation,
            at: timestamp(),
            cause: "daemon-lost".to_owned(),
            detail: "the daemon ended without stopping it".to_owned(),
            exit: String::new(),
            uptime: Duration::ZERO,
            peak_memory_bytes: 0,
            cpu: Duration::ZERO,
            stderr: Vec::new(),
        };
        if let Err(error) = control.record_end(name, end).await {
            tracing::error!(plugin = %name, "its end cannot be kept: {error}");
        }
    }

    /// Plugins in the folders of packages: enabled by configuration or command only.
    async fn board_packages(&mut self) {
        for folder in self.harbour.paths.plugin_folders() {
            let Ok(entries) = std::fs::read_dir(&folder) else { continue };
            let mut found: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
            found.sort();
            for path in found.iter().filter(|path| path.join("plugin.toml").is_file()) {
                Box::pin(self.board_package(path)).await;
            }
        }
    }

    async fn board_package(&mut self, path: &Path) {
        let result = match Manifest::load(path, &self.config.runtimes) {
            Ok(loaded) if self.aboard.contains_key(&loaded.manifest.name) => Ok(()),
            Ok(loaded) => {
                let name = loaded.manifest.name.as_str();
                let overrides = self.overrides.get(name).cloned().unwrap_or_default();
                match self.resolve(&loaded.manifest, &overrides) {
                    Ok(spec) => self.board(loaded, spec).await.map_err(|it| it.message),
                    Err(failure) => Err(failure.message),
                }
            }
            Err(found) => Err(found.to_string()),
        };
        if let Err(why) = result {
            tracing::error!(path = %path.display(), "cannot be used: {why}");
            self.refused.insert(folder_name(path), why);
        }
    }
}
