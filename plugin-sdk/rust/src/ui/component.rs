//! Something to show that no manifest names.
//!
//! It refuses to check: the daemon does.

use outboard_proto::common::{UiContribution, UiItem, UiPosition, UiWeb, UiWhen, ui_contribution};

use super::Blocks;

/// A component or an entry of a menu, to be shown with [`Ui::show`](crate::Ui::show).
#[derive(Debug, Clone, PartialEq)]
pub struct Component {
    wire: UiContribution,
    data: String,
}

impl Component {
    /// A component of blocks.
    #[must_use]
    pub fn blocks(
        id: impl Into<String>,
        position: UiPosition,
        title: impl Into<String>,
        blocks: Blocks,
    ) -> Self {
        let of = ui_contribution::Of::Blocks(blocks.into_wire());
        Self::new(id.into(), position, title.into(), of)
    }

    /// A page of its own: an HTML file among the plugin's assets, `web/index.html`.
    #[must_use]
    pub fn page(
        id: impl Into<String>,
        position: UiPosition,
        title: impl Into<String>,
        entry: impl Into<String>,
    ) -> Self {
        let web = UiWeb { entry: entry.into(), ..UiWeb::default() };
        Self::new(id.into(), position, title.into(), ui_contribution::Of::Web(web))
    }

    /// An entry of a menu.
    #[must_use]
    pub fn entry(
        id: impl Into<String>,
        position: UiPosition,
        title: impl Into<String>,
        action: impl Into<String>,
    ) -> Self {
        let item = UiItem { action: action.into() };
        Self::new(id.into(), position, title.into(), ui_contribution::Of::Item(item))
    }

    /// Draws it: one or two characters, or `asset:web/icon.png`.
    #[must_use]
    pub fn icon(mut self, icon: impl Into<String>) -> Self {
        self.wire.icon = icon.into();
        self
    }

    /// Who sees it, and where.
    #[must_use]
    pub fn when(mut self, when: UiWhen) -> Self {
        self.wire.when = Some(when);
        self
    }

    /// What a page is told first, JSON.
    #[must_use]
    pub fn data(mut self, json: impl Into<String>) -> Self {
        self.data = json.into();
        self
    }

    fn new(id: String, position: UiPosition, title: String, of: ui_contribution::Of) -> Self {
        let position = position.into();
        let wire =
            UiContribution { id, position, title, of: Some(of), ..UiContribution::default() };
        Self { wire, data: String::new() }
    }

    pub(crate) fn into_wire(self) -> (UiContribution, String) {
        (self.wire, self.data)
    }
}
