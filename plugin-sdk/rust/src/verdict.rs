//! Verdicts: what a plugin says to a hook.
//!
//! It refuses to judge what a transform may change: the daemon does.

use outboard_proto::common as wire;
use wire::hook_answer::Answer;
use wire::hook_payload::Of;

use crate::body;
use crate::held::Hold;

/// A plugin's answer to a hook.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict(Answer);

impl Verdict {
    /// Go on, nothing changed.
    #[must_use]
    pub fn pass() -> Self {
        Self(Answer::Continued(wire::Continue {}))
    }

    /// Go on with this instead. Only body, attachments and the plugin's own metadata may differ
    /// from what was asked about.
    #[must_use]
    pub fn replace(payload: Of) -> Self {
        Self(Answer::Replace(wire::HookPayload { of: Some(payload) }))
    }

    /// Stop here, telling the sender why.
    pub fn reject(why: impl Into<Rejection>) -> Self {
        Self(Answer::Reject(why.into().0))
    }

    /// The plugin has taken care of it: the app does nothing more.
    #[must_use]
    pub fn handled() -> Self {
        Self(Answer::Handled(wire::Handled {}))
    }

    /// Set it aside until somebody decides.
    #[must_use]
    pub fn hold(hold: Hold) -> Self {
        Self(Answer::Hold(hold.0))
    }

    /// The answer as the wire has it.
    #[must_use]
    pub fn answer(&self) -> &Answer {
        &self.0
    }

    /// The text of the message that goes on instead, if one does.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.0 {
            Answer::Replace(wire::HookPayload { of: Some(of) }) => message_of(of),
            _ => None,
        }
    }

    /// What the sender is told, if the message is rejected.
    #[must_use]
    pub fn rejection(&self) -> Option<&str> {
        match &self.0 {
            Answer::Reject(reject) => Some(reject.reason.as_ref().map_or("", |text| &text.text)),
            _ => None,
        }
    }

    /// The queue in which it is held, if it is.
    #[must_use]
    pub fn queue(&self) -> Option<&str> {
        match &self.0 {
            Answer::Hold(hold) => Some(&hold.queue),
            _ => None,
        }
    }

    pub(crate) fn from_answer(answer: Answer) -> Self {
        Self(answer)
    }

    pub(crate) fn into_answer(self) -> wire::HookAnswer {
        wire::HookAnswer { answer: Some(self.0) }
    }
}

/// Why a message is rejected. A string is the reason that the sender reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Rejection(wire::Reject);

impl Rejection {
    /// A rejection whose `reason` the sender reads.
    pub fn new(reason: impl Into<String>) -> Self {
        let text = wire::Text { text: reason.into(), ..wire::Text::default() };
        Self(wire::Reject { reason: Some(text), ..wire::Reject::default() })
    }

    /// Adds a code for programs, such as `insult`.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.0.code = code.into();
        self
    }

    /// The sender is not told.
    #[must_use]
    pub fn silent(mut self) -> Self {
        self.0.silent = true;
        self
    }
}

impl From<&str> for Rejection {
    fn from(reason: &str) -> Self {
        Self::new(reason)
    }
}

impl From<String> for Rejection {
    fn from(reason: String) -> Self {
        Self::new(reason)
    }
}

fn message_of(of: &Of) -> Option<&str> {
    let message = match of {
        Of::BeforePost(message) => Some(&**message),
        Of::BeforeEdit(edit) => edit.message.as_ref(),
        _ => None,
    };
    message.map(|message| body::text_of(message.body.as_ref()))
}
