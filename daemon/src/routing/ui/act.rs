//! What somebody did to what a plugin shows: whether they may, and whether it can be done.
//!
//! It knows what is shown and who says so; it refuses to know how the plugin is asked.

use outboard_proto::app::UiAction;
use outboard_proto::common::Failure;
use outboard_proto::plugin;
use outboard_supervision::Moment;

use super::change::unknown;
use crate::routing::command::enabled_in;
use crate::routing::{Core, MemberId};
use crate::ui::{Content, Place, check_values, is_id};

/// Values that a page may send along.
const VALUES: usize = 64;

impl Core {
    /// What a plugin is told of an action, if it is one that can be done.
    ///
    /// # Errors
    /// Why not, for the person.
    pub fn meant(
        &self,
        id: MemberId,
        action: &UiAction,
        now: Moment,
    ) -> Result<plugin::UiAction, Failure> {
        enabled_in(&self.members[id].is, action.channel.as_ref())?;
        let told = plugin::UiAction {
            interaction_id: action.interaction_id.clone(),
            channel: action.channel.clone(),
            sender: action.sender.clone(),
            values: action.values.clone(),
            message_id: action.message_id.clone(),
            ..plugin::UiAction::default()
        };
        match action.modal.as_str() {
            "" => self.done_to_component(id, action, told),
            token => self.filled_in(id, token, told, now),
        }
    }

    fn done_to_component(
        &self,
        id: MemberId,
        action: &UiAction,
        told: plugin::UiAction,
    ) -> Result<plugin::UiAction, Failure> {
        let shown = self.ui.find(id, &action.component);
        let shown = shown.ok_or_else(|| unknown(&action.component))?;
        let (channel, sender) = (action.channel.as_ref(), action.sender.as_ref());
        shown.when.allows(Place { channel, sender })?;
        if !shown.acts(&action.action, &action.value) {
            let what = format!("{}: {} {}", action.component, action.action, action.value);
            return Err(unknown(what.trim_end()));
        }
        match &shown.content {
            Content::Blocks(blocks) => check_values(&blocks.fields, &action.values)?,
            Content::Nothing => check_values(&std::collections::BTreeMap::new(), &action.values)?,
            Content::Data(_) => {
                let fits =
                    action.values.len() <= VALUES && action.values.keys().all(|it| is_id(it));
                if !fits {
                    return Err(unknown("one of these values"));
                }
            }
        }
        Ok(plugin::UiAction {
            component: action.component.clone(),
            action: action.action.clone(),
            json: action.json.clone(),
            value: action.value.clone(),
            ..told
        })
    }

    fn filled_in(
        &self,
        id: MemberId,
        token: &str,
        told: plugin::UiAction,
        now: Moment,
    ) -> Result<plugin::UiAction, Failure> {
        let user = told.sender.as_ref().map(|it| it.id.as_str()).unwrap_or_default();
        let form = self.ui.forms.find(id, token, user, now)?;
        check_values(&form.fields, &told.values)?;
        Ok(plugin::UiAction { modal: form.wire.id.clone(), state: form.state.clone(), ..told })
    }
}
