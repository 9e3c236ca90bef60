//! Forms that a reply opens.
//!
//! It refuses to check values: the daemon has done that when they arrive.

use outboard_proto::common as wire;
use outboard_proto::common::{ModalField, ModalFieldKind, UiOption};

/// A dialog for the person who acted. What they fill in comes to the handler registered with
/// [`Plugin::modal`](crate::Plugin::modal).
#[derive(Debug, Clone, PartialEq)]
pub struct Modal(wire::Modal);

/// A field of a form.
#[derive(Debug, Clone, PartialEq)]
pub struct Field(ModalField);

impl Modal {
    /// An empty one.
    #[must_use]
    pub fn new(id: impl Into<String>, title: impl Into<String>) -> Self {
        Self(wire::Modal { id: id.into(), title: title.into(), ..wire::Modal::default() })
    }

    /// Says something above the fields.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.0.text = text.into();
        self
    }

    /// Adds a field.
    #[must_use]
    pub fn field(mut self, field: Field) -> Self {
        self.0.fields.push(field.0);
        self
    }

    /// Names the button.
    #[must_use]
    pub fn submit(mut self, submit: impl Into<String>) -> Self {
        self.0.submit = submit.into();
        self
    }

    /// Comes back with the values, at most 4 KiB; people do not see it.
    #[must_use]
    pub fn state(mut self, state: impl Into<String>) -> Self {
        self.0.state = state.into();
        self
    }

    /// Shows a component of the plugin's at position `modal` instead of fields.
    #[must_use]
    pub fn component(mut self, component: impl Into<String>) -> Self {
        self.0.component = component.into();
        self
    }

    /// Its fields' ids, in their order.
    pub fn fields(&self) -> impl Iterator<Item = &str> {
        self.0.fields.iter().map(|field| field.id.as_str())
    }

    /// The plugin's name for it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    pub(crate) fn into_wire(self) -> wire::Modal {
        self.0
    }

    pub(crate) fn from_wire(modal: wire::Modal) -> Self {
        Self(modal)
    }
}

impl Field {
    /// One line of text.
    #[must_use]
    pub fn string(id: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(id, label, ModalFieldKind::String)
    }

    /// Several lines of text.
    #[must_use]
    pub fn text(id: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(id, label, ModalFieldKind::Text)
    }

    /// A whole number.
    #[must_use]
    pub fn integer(id: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(id, label, ModalFieldKind::Integer)
    }

    /// A number.
    #[must_use]
    pub fn number(id: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(id, label, ModalFieldKind::Number)
    }

    /// Yes or no; where it is required, yes.
    #[must_use]
    pub fn boolean(id: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(id, label, ModalFieldKind::Boolean)
    }

    /// A user.
    #[must_use]
    pub fn user(id: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(id, label, ModalFieldKind::User)
    }

    /// A channel.
    #[must_use]
    pub fn channel(id: impl Into<String>, label: impl Into<String>) -> Self {
        Self::new(id, label, ModalFieldKind::Channel)
    }

    /// One of these values.
    #[must_use]
    pub fn select<V: Into<String>>(
        id: impl Into<String>,
        label: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let mut field = Self::new(id, label, ModalFieldKind::Select);
        let option = |value: V| UiOption { value: value.into(), ..UiOption::default() };
        field.0.options = values.into_iter().map(option).collect();
        field
    }

    /// It must be filled in.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.0.required = true;
        self
    }

    /// Of a number the least and the most, of a text its characters.
    #[must_use]
    pub fn between(mut self, min: f64, max: f64) -> Self {
        (self.0.min, self.0.max) = (Some(min), Some(max));
        self
    }

    /// Stands there while it is empty.
    #[must_use]
    pub fn placeholder(mut self, text: impl Into<String>) -> Self {
        self.0.placeholder = text.into();
        self
    }

    /// What it holds at first: a number, `true`, a value, an id.
    #[must_use]
    pub fn initial(mut self, initial: impl Into<String>) -> Self {
        self.0.initial = initial.into();
        self
    }

    /// Says more about it.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.0.description = text.into();
        self
    }

    fn new(id: impl Into<String>, label: impl Into<String>, kind: ModalFieldKind) -> Self {
        let (id, label, kind) = (id.into(), label.into(), kind.into());
        Self(ModalField { id, label, kind, ..ModalField::default() })
    }
}
