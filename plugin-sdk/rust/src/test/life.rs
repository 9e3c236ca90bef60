//! Milestones and changes of the app, for a test.
//!
//! It refuses to know what is due: what is told here is handled.

use std::sync::Arc;

use outboard_proto::plugin::{AppInfo, Lifecycle, LifecycleKind};

use super::Harness;
use crate::error::Error;
use crate::host::Host;
use crate::link::Cause;

impl Harness {
    /// Tells the plugin that it is installed.
    ///
    /// # Errors
    /// What its handler returned.
    pub fn installed(&mut self) -> Result<(), Error> {
        self.milestone(LifecycleKind::Installed, "")
    }

    /// Tells the plugin that version `from` ran before.
    ///
    /// # Errors
    /// What its handler returned.
    pub fn upgraded(&mut self, from: &str) -> Result<(), Error> {
        self.milestone(LifecycleKind::Upgraded, from)
    }

    /// Tells the plugin that it is being unloaded.
    ///
    /// # Errors
    /// What its handler returned.
    pub fn uninstalled(&mut self) -> Result<(), Error> {
        self.milestone(LifecycleKind::Uninstalled, "")
    }

    /// Tells the plugin that the app changed.
    pub fn app_changed(&mut self, app: AppInfo) {
        self.around.link.update(|welcome| welcome.app = Some(app.clone()));
        if let Some(handler) = &self.handlers.life.app_changed {
            self.runtime.block_on(handler(app));
        }
    }

    fn milestone(&mut self, kind: LifecycleKind, from: &str) -> Result<(), Error> {
        let (kind, from) = (kind.into(), from.to_owned());
        let told = Lifecycle { id: 1, kind, from, ..Lifecycle::default() };
        let host = Host::new(Arc::clone(&self.around.link), Cause::Own);
        match self.handlers.life.begin(told, host) {
            Some(work) => self.runtime.block_on(work),
            None => Ok(()),
        }
    }
}
