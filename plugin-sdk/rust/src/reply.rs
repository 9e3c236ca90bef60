//! `Reply`: what a command or an action says back.
//!
//! It refuses to know who asked, and over which way it is sent.

use outboard_proto::common as wire;

use crate::body::Body;
use crate::ui::Modal;

/// What a command says back.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply(wire::InteractionReply);

impl Reply {
    /// Says `body` to everyone in the channel.
    pub fn new(body: impl Into<Body>) -> Self {
        Self::shown_to(wire::Visibility::All, body.into())
    }

    /// Says `body` to the person who ran the command.
    pub fn whisper(body: impl Into<Body>) -> Self {
        Self::shown_to(wire::Visibility::One, body.into())
    }

    /// Tells the person what is wrong with what they typed.
    pub fn refuse(why: impl Into<String>) -> Self {
        let text = wire::Text { text: why.into(), ..wire::Text::default() };
        Self(wire::InteractionReply {
            error: Some(text),
            visibility: wire::Visibility::One.into(),
            ..wire::InteractionReply::default()
        })
    }

    /// Says that the answer follows. Made by [`Command::defer`](crate::Command::defer), or by hand
    /// where another process of this plugin will say it; see [`Host::later`](crate::Host::later).
    #[must_use]
    pub fn deferred() -> Self {
        Self(wire::InteractionReply {
            deferred: true,
            visibility: wire::Visibility::All.into(),
            ..wire::InteractionReply::default()
        })
    }

    /// The same, seen by the person who ran the command alone. Of a deferred reply: the word that
    /// it is being worked on.
    #[must_use]
    pub fn for_one(mut self) -> Self {
        self.0.visibility = wire::Visibility::One.into();
        self
    }

    /// Says nothing: what happened shows itself.
    #[must_use]
    pub fn nothing() -> Self {
        Self(wire::InteractionReply::default())
    }

    /// Opens a form for the person who acted. Needs `ui:contribute`.
    pub fn modal(modal: Modal) -> Self {
        Self::nothing().and_modal(modal)
    }

    /// The same, and opens a form. Where the app shows none, what is said is all there is.
    #[must_use]
    pub fn and_modal(mut self, modal: Modal) -> Self {
        self.0.modal = Some(Box::new(modal.into_wire()));
        self
    }

    /// The form that it opens.
    #[must_use]
    pub fn opened(&self) -> Option<Modal> {
        self.0.modal.as_deref().cloned().map(Modal::from_wire)
    }

    /// What is said, or what was wrong.
    #[must_use]
    pub fn text(&self) -> &str {
        match &self.0.error {
            Some(error) => &error.text,
            None => crate::body::text_of(self.0.body.as_ref()),
        }
    }

    /// Whether it tells what is wrong.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        self.0.error.is_some()
    }

    /// Whether only the person who ran the command sees it.
    #[must_use]
    pub fn is_whisper(&self) -> bool {
        self.0.visibility() == wire::Visibility::One
    }

    /// Whether the answer follows.
    #[must_use]
    pub fn is_deferred(&self) -> bool {
        self.0.deferred
    }

    /// The pieces were all there is to say.
    pub(crate) fn said_in_pieces(visibility: wire::Visibility) -> Self {
        Self(wire::InteractionReply {
            streamed: true,
            visibility: visibility.into(),
            ..wire::InteractionReply::default()
        })
    }

    fn shown_to(visibility: wire::Visibility, body: Body) -> Self {
        Self(wire::InteractionReply {
            body: Some(body.0),
            visibility: visibility.into(),
            ..wire::InteractionReply::default()
        })
    }

    pub(crate) fn into_wire(self) -> wire::InteractionReply {
        self.0
    }

    pub(crate) fn from_wire(reply: wire::InteractionReply) -> Self {
        Self(reply)
    }
}
