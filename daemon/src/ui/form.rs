//! Forms: what a plugin opens for a person, and what it takes.
//!
//! Pure. It refuses to know for whom one is open.

use std::collections::BTreeMap;

use outboard_proto::common::Modal;
use prost::Message as _;

use super::field::short;
use super::{COMPONENT_BYTES, Field, Flaws, calm, is_id};

/// Fields of one form.
const FIELDS: usize = 32;
/// Bytes of what comes back with the values.
const STATE: usize = 4 * 1024;

/// A form that may be shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// As apps are told, but for its token.
    pub wire: Modal,
    /// The plugin's own word that comes back with the values.
    pub state: String,
    /// What it takes.
    pub fields: BTreeMap<String, Field>,
}

impl Form {
    /// Reads a form.
    ///
    /// # Errors
    /// Everything that cannot stand.
    pub fn check(mut modal: Modal) -> Result<Self, Flaws> {
        let mut flaws = Flaws::default();
        if !is_id(&modal.id) {
            flaws.add("modal.id", format!("{:?} is no id", modal.id));
        }
        if modal.fields.len() > FIELDS {
            flaws.add("modal.fields", format!("has at most {FIELDS} fields"));
            modal.fields.truncate(FIELDS);
        }
        if modal.state.len() > STATE {
            flaws.add("modal.state", format!("has at most {STATE} bytes"));
        }
        if modal.encoded_len() > COMPONENT_BYTES {
            flaws.add("modal", format!("has at most {COMPONENT_BYTES} bytes"));
        }
        if !modal.component.is_empty() && !modal.fields.is_empty() {
            flaws.add("modal", "shows fields or a component, not both");
        }
        for text in [&mut modal.title, &mut modal.submit] {
            short(text, "modal.title", &mut flaws);
        }
        if modal.title.is_empty() {
            flaws.add("modal.title", "is missing");
        }
        calm(&mut modal.text);
        let mut fields = BTreeMap::new();
        for (number, field) in modal.fields.iter_mut().enumerate() {
            let read = Field::of_modal(field, &format!("modal.fields[{number}]"), &mut flaws);
            if fields.insert(field.id.clone(), read).is_some() {
                flaws.add("modal.fields", format!("two fields are called {}", field.id));
            }
        }
        modal.token.clear();
        let state = std::mem::take(&mut modal.state);
        flaws.or(Self { wire: modal, state, fields })
    }
}
