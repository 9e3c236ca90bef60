//! Settings of the double: pages that a test lays down, and what becomes of what is saved.
//!
//! It refuses to know schemas.

use std::sync::Arc;

use outboard_proto::app::{SaveSettingsRequest, SettingsPage};
use outboard_proto::common::{SettingsOutcome, SettingsSaved};

use super::Daemon;
use super::script::Double;

pub(super) type Saver = Arc<dyn Fn(&SaveSettingsRequest) -> SettingsSaved + Send + Sync>;

impl Daemon {
    /// The settings pages there are.
    #[must_use]
    pub fn settings_pages(self, pages: impl IntoIterator<Item = SettingsPage>) -> Self {
        self.script().pages = pages.into_iter().collect();
        self
    }

    /// Says what becomes of settings that are saved; without it they are acknowledged.
    #[must_use]
    pub fn on_save_settings(
        self,
        save: impl Fn(&SaveSettingsRequest) -> SettingsSaved + Send + Sync + 'static,
    ) -> Self {
        self.script().saver = Some(Arc::new(save));
        self
    }
}

impl Double {
    pub(crate) fn settings_pages(&self) -> Vec<SettingsPage> {
        self.script().pages.clone()
    }

    pub(crate) fn save_settings(&self, save: &SaveSettingsRequest) -> SettingsSaved {
        let saver = self.script().saver.clone();
        let acknowledged = SettingsSaved {
            outcome: SettingsOutcome::Acknowledged.into(),
            ..SettingsSaved::default()
        };
        saver.map_or(acknowledged, |saver| saver(save))
    }
}
