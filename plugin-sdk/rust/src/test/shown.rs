//! What the plugin under test shows, and what a test does to it.
//!
//! It refuses to know manifests: whatever is updated was shown before.

use std::collections::BTreeMap;

use outboard_proto::common::{Failure, UiBlocks, Value, ui_contribution};
use outboard_proto::plugin::{
    UiAction, UiRegisterRequest, UiUpdateRequest, call, ui_update_request,
};

use super::Harness;
use super::arrange::{Argument, person, place};
use crate::error::HostError;
use crate::reply::Reply;
use crate::ui::Blocks;

/// What is shown, by component.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    revision: u64,
    blocks: BTreeMap<String, UiBlocks>,
    data: BTreeMap<String, String>,
}

impl Shown {
    pub(crate) fn register(&mut self, request: UiRegisterRequest) -> Result<(), HostError> {
        let it = request.contribution.unwrap_or_default();
        match it.of {
            Some(ui_contribution::Of::Blocks(blocks)) => drop(self.blocks.insert(it.id, blocks)),
            _ => drop(self.data.insert(it.id, request.data)),
        }
        Ok(())
    }

    pub(crate) fn update(&mut self, request: UiUpdateRequest) -> Result<u64, HostError> {
        match request.of {
            Some(ui_update_request::Of::Blocks(blocks)) => {
                self.blocks.insert(request.id, blocks);
            }
            Some(ui_update_request::Of::Data(data)) => drop(self.data.insert(request.id, data)),
            None => {}
        }
        self.revision += 1;
        Ok(self.revision)
    }

    pub(crate) fn remove(&mut self, id: &str) -> Result<(), HostError> {
        self.blocks.remove(id);
        self.data.remove(id);
        Ok(())
    }
}

impl Harness {
    /// What a component says, as the plugin last said it.
    #[must_use]
    pub fn shown(&self, component: &str) -> Option<Blocks> {
        self.recorder.shown(|shown| shown.blocks.get(component).cloned()).map(Blocks::from_wire)
    }

    /// What a page was last told, JSON.
    #[must_use]
    pub fn page(&self, component: &str) -> Option<String> {
        self.recorder.shown(|shown| shown.data.get(component).cloned())
    }

    /// Presses a button of a component, or chooses an entry of a menu, as `ada` in `town-square`.
    ///
    /// # Errors
    /// The handler failed, panicked, or there is none.
    pub fn press(&mut self, component: &str, action: &str, value: &str) -> Result<Reply, Failure> {
        let (component, action) = (component.to_owned(), action.to_owned());
        self.did(UiAction { component, action, value: value.to_owned(), ..UiAction::default() })
    }

    /// Sends the form `modal`, filled in, as `ada` in `town-square`; `state` is what the plugin
    /// gave it.
    ///
    /// # Errors
    /// The handler failed, panicked, or there is none.
    pub fn submit<A: Into<Argument>>(
        &mut self,
        modal: &str,
        state: &str,
        values: impl IntoIterator<Item = (&'static str, A)>,
    ) -> Result<Reply, Failure> {
        let value = |(id, value): (&str, A)| (id.to_owned(), Value { of: Some(value.into().0) });
        let values = values.into_iter().map(value).collect();
        let (modal, state) = (modal.to_owned(), state.to_owned());
        self.did(UiAction { modal, state, values, ..UiAction::default() })
    }

    fn did(&mut self, action: UiAction) -> Result<Reply, Failure> {
        let asked = UiAction {
            interaction_id: format!("interaction-{}", self.last_id + 1),
            sender: Some(person("ada")),
            channel: Some(place("town-square")),
            ..action
        };
        self.interact(call::Of::Ui(Box::new(asked)))
    }
}
