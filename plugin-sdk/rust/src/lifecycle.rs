//! What happens once per version of a plugin, and that the app changed, as handlers see it.
//!
//! The daemon tells a milestone at each start until its handler has returned without an error, so a
//! handler may run more than once. It refuses to know when one is due.

use std::rc::Rc;

use outboard_proto::plugin::{self as wire, AppInfo, LifecycleKind};

use crate::error::Error;
use crate::host::Host;
use crate::outcome::Outcome;
use crate::plugin::Plugin;
use crate::session::running::Local;

/// Something that happens once per version.
#[derive(Debug)]
pub struct Milestone {
    told: wire::Lifecycle,
    host: Host,
}

/// A handler of milestones.
pub(crate) type MilestoneHandler = Box<dyn Fn(Milestone) -> Local<Result<(), Error>>>;
/// A handler of changes of the app.
pub(crate) type AppHandler = Box<dyn Fn(AppInfo) -> Local<()>>;

/// The handlers of milestones and of the app's changes.
#[derive(Default)]
pub(crate) struct Life {
    installed: Option<MilestoneHandler>,
    upgraded: Option<MilestoneHandler>,
    uninstalled: Option<MilestoneHandler>,
    pub(crate) app_changed: Option<AppHandler>,
}

impl Milestone {
    pub(crate) fn new(told: wire::Lifecycle, host: Host) -> Self {
        Self { told, host }
    }

    /// The version before an upgrade, which may be the higher one; empty otherwise.
    #[must_use]
    pub fn from(&self) -> &str {
        &self.told.from
    }

    /// The plugin's version.
    #[must_use]
    pub fn to(&self) -> &str {
        &self.told.to
    }

    /// The host API.
    #[must_use]
    pub fn host(&self) -> Host {
        self.host.clone()
    }
}

impl Life {
    /// The handler's work, if there is one for what was told.
    pub(crate) fn begin(
        &self,
        told: wire::Lifecycle,
        host: Host,
    ) -> Option<Local<Result<(), Error>>> {
        let handler = match told.kind() {
            LifecycleKind::Installed => &self.installed,
            LifecycleKind::Upgraded => &self.upgraded,
            LifecycleKind::Uninstalled => &self.uninstalled,
            // Of a newer daemon.
            LifecycleKind::Unspecified => &None,
        };
        handler.as_ref().map(|handler| handler(Milestone::new(told, host)))
    }
}

impl Plugin {
    /// Runs when the plugin has never run here before, or was unloaded since. It is ready by then:
    /// calls may come meanwhile. After an error it runs again at the next start.
    pub fn on_installed<R: Outcome<()> + 'static>(
        mut self,
        handler: impl AsyncFn(Milestone) -> R + 'static,
    ) -> Self {
        self.handlers.life.installed = Some(milestone_handler(handler));
        self
    }

    /// Runs when another version ran here before: [`Milestone::from`] says which. As with
    /// [`Plugin::on_installed`], calls come meanwhile, and after an error it runs again.
    pub fn on_upgraded<R: Outcome<()> + 'static>(
        mut self,
        handler: impl AsyncFn(Milestone) -> R + 'static,
    ) -> Self {
        self.handlers.life.upgraded = Some(milestone_handler(handler));
        self
    }

    /// Runs before the plugin is unloaded, if it runs then; it has 5 s. What it keeps stays unless
    /// the operator drops it.
    pub fn on_uninstalled<R: Outcome<()> + 'static>(
        mut self,
        handler: impl AsyncFn(Milestone) -> R + 'static,
    ) -> Self {
        self.handlers.life.uninstalled = Some(milestone_handler(handler));
        self
    }

    /// Runs when the connected app is another than before, carries out other operations, or is
    /// gone: then all of it is empty.
    pub fn on_app_changed(mut self, handler: impl AsyncFn(AppInfo) + 'static) -> Self {
        let handler = Rc::new(handler);
        self.handlers.life.app_changed = Some(Box::new(move |app| {
            let handler = Rc::clone(&handler);
            Box::pin(async move { handler(app).await })
        }));
        self
    }
}

fn milestone_handler<R: Outcome<()> + 'static>(
    handler: impl AsyncFn(Milestone) -> R + 'static,
) -> MilestoneHandler {
    let handler = Rc::new(handler);
    Box::new(move |milestone| {
        let handler = Rc::clone(&handler);
        Box::pin(async move { handler(milestone).await.outcome() })
    })
}
