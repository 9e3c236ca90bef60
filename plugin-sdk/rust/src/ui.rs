//! `Ui`: what a plugin shows in the app, beyond its manifest and from now on.
//!
//! It refuses to know how an app shows it.

mod blocks;
mod component;
mod modal;

use outboard_proto::plugin::{
    UiRegisterRequest, UiRemoveRequest, UiUpdateRequest, ui_update_request,
};

use crate::error::HostError;
use crate::host::Host;

pub use blocks::{Blocks, Button};
pub use component::Component;
pub use modal::{Field, Modal};

/// What a plugin shows in the app. Needs `ui:contribute`. Cheap to clone; may be moved to any task.
///
/// ```
/// use outboard_plugin::{Action, Blocks, Plugin, Reply, Result, test::Harness};
///
/// async fn press(action: Action) -> Result<Reply> {
///     let count = action.ctx().storage().increment("presses", 1).await?;
///     let blocks = Blocks::new().text(format!("{count} so far")).button("More", "press");
///     action.ctx().ui().update("counter", blocks).await?;
///     Ok(Reply::nothing())
/// }
///
/// let mut daemon = Harness::new(Plugin::new("counter", "1.0.0").action("counter", press));
/// daemon.press("counter", "press", "").unwrap();
/// assert!(daemon.shown("counter").unwrap().says("1 so far"));
/// ```
#[derive(Debug, Clone)]
pub struct Ui {
    host: Host,
}

impl Ui {
    pub(crate) fn new(host: Host) -> Self {
        Self { host }
    }

    /// Changes what a component says. Apps are told a few times a second at most, of the latest;
    /// gives the content's revision.
    ///
    /// # Errors
    /// There is no such component, the blocks break a rule, or it is too much at once.
    pub async fn update(
        &self,
        component: impl Into<String>,
        blocks: Blocks,
    ) -> Result<u64, HostError> {
        let of = Some(ui_update_request::Of::Blocks(blocks.into_wire()));
        let request = UiUpdateRequest { id: component.into(), of };
        self.host.link().ui_update(self.host.cause(), request).await
    }

    /// Tells a page of its own something, as JSON: what its `outboard.onUpdate` is called with.
    ///
    /// # Errors
    /// There is no such page, it is no JSON, or it is too much at once.
    pub async fn tell_page(
        &self,
        component: impl Into<String>,
        json: impl Into<String>,
    ) -> Result<u64, HostError> {
        let of = Some(ui_update_request::Of::Data(json.into()));
        let request = UiUpdateRequest { id: component.into(), of };
        self.host.link().ui_update(self.host.cause(), request).await
    }

    /// Shows something more, of a kind and as many as the manifest says under `dynamic = true`.
    /// After a restart it is to be shown again, best in the start handler.
    ///
    /// # Errors
    /// It breaks a rule, or its id is taken.
    pub async fn show(&self, component: Component) -> Result<(), HostError> {
        let (contribution, data) = component.into_wire();
        let request = UiRegisterRequest { contribution: Some(contribution), data };
        self.host.link().ui_register(self.host.cause(), request).await
    }

    /// Takes away what was shown with [`Ui::show`].
    ///
    /// # Errors
    /// There is nothing of this id, or the manifest shows it.
    pub async fn remove(&self, component: impl Into<String>) -> Result<(), HostError> {
        let request = UiRemoveRequest { id: component.into() };
        self.host.link().ui_remove(self.host.cause(), request).await
    }
}
