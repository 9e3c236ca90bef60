//! Hooks: what a plugin is asked before something happens.
//!
//! It refuses to know sessions, and what becomes of a verdict.

mod gates;

use std::time::Duration;

use outboard_proto::common as wire;
use wire::hook_payload::Of;

use crate::body;
use crate::context::Context;
use crate::held::Hold;
use crate::subject::{channel_of, sender_of};
use crate::verdict::{Rejection, Verdict};

pub use gates::{
    BeforeCreate, BeforeJoin, BeforeLogin, BeforeReaction, BeforeRender, BeforeUpload, Custom,
};

/// A message about to be posted.
#[derive(Debug)]
pub struct BeforePost {
    /// Boxed, as it came: the futures it goes through stay small.
    message: Box<wire::Message>,
    ctx: Context,
}

impl BeforePost {
    pub(crate) fn new(message: Box<wire::Message>, ctx: Context) -> Self {
        Self { message, ctx }
    }

    /// What the message says; empty if it is encrypted.
    #[must_use]
    pub fn text(&self) -> &str {
        body::text_of(self.message.body.as_ref())
    }

    /// Everything about the message.
    #[must_use]
    pub fn message(&self) -> &wire::Message {
        &self.message
    }

    /// Where it is about to stand.
    #[must_use]
    pub fn channel(&self) -> &wire::Channel {
        channel_of(self.message.channel.as_ref())
    }

    /// Who wrote it.
    #[must_use]
    pub fn sender(&self) -> &wire::Sender {
        sender_of(self.message.sender.as_ref())
    }

    /// The time that is left, and what a handler may ask of the host.
    #[must_use]
    pub fn ctx(&self) -> &Context {
        &self.ctx
    }

    /// Go on, nothing changed.
    #[must_use]
    pub fn pass(&self) -> Verdict {
        Verdict::pass()
    }

    /// Go on with another text of the same kind. The same text changes nothing.
    #[must_use]
    pub fn rewrite(&self, text: impl Into<String>) -> Verdict {
        let text = text.into();
        if text == self.text() {
            return Verdict::pass();
        }
        let mut message = wire::Message::clone(&self.message);
        message.body = Some(body::with_text(message.body.as_ref(), text));
        Verdict::replace(Of::BeforePost(Box::new(message)))
    }

    /// Stop here, telling the sender why.
    #[must_use]
    pub fn reject(&self, why: impl Into<Rejection>) -> Verdict {
        Verdict::reject(why)
    }

    /// Set it aside in a queue until somebody decides; dropped by itself after `expires`. See
    /// [`Hold`] for more to say of it.
    #[must_use]
    pub fn hold(&self, queue: impl Into<String>, expires: Duration) -> Verdict {
        Verdict::hold(Hold::new(queue, expires))
    }
}

/// A message about to be changed by its author.
#[derive(Debug)]
pub struct BeforeEdit {
    edit: Box<wire::Edit>,
    ctx: Context,
}

impl BeforeEdit {
    pub(crate) fn new(edit: Box<wire::Edit>, ctx: Context) -> Self {
        Self { edit, ctx }
    }

    /// What the message would say; empty if it is encrypted.
    #[must_use]
    pub fn text(&self) -> &str {
        body::text_of(self.edit.message.as_ref().and_then(|message| message.body.as_ref()))
    }

    /// What the message says until now.
    #[must_use]
    pub fn stored_text(&self) -> &str {
        body::text_of(self.edit.stored.as_ref().and_then(|message| message.body.as_ref()))
    }

    /// Everything about the message, as it would become and as it is.
    #[must_use]
    pub fn edit(&self) -> &wire::Edit {
        &self.edit
    }

    /// The time that is left, and what a handler may ask of the host.
    #[must_use]
    pub fn ctx(&self) -> &Context {
        &self.ctx
    }

    /// Go on, nothing changed.
    #[must_use]
    pub fn pass(&self) -> Verdict {
        Verdict::pass()
    }

    /// Go on with another text of the same kind. The same text changes nothing.
    #[must_use]
    pub fn rewrite(&self, text: impl Into<String>) -> Verdict {
        let text = text.into();
        if text == self.text() {
            return Verdict::pass();
        }
        let mut edit = self.edit.clone();
        let message = edit.message.get_or_insert_default();
        message.body = Some(body::with_text(message.body.as_ref(), text));
        Verdict::replace(Of::BeforeEdit(edit))
    }

    /// Leave the message as it is, telling its author why.
    #[must_use]
    pub fn reject(&self, why: impl Into<Rejection>) -> Verdict {
        Verdict::reject(why)
    }

    /// Set it aside in a queue until somebody decides; dropped by itself after `expires`. See
    /// [`Hold`] for more to say of it.
    #[must_use]
    pub fn hold(&self, queue: impl Into<String>, expires: Duration) -> Verdict {
        Verdict::hold(Hold::new(queue, expires))
    }
}

/// A message about to be deleted.
#[derive(Debug)]
pub struct BeforeDelete {
    delete: Box<wire::Delete>,
    ctx: Context,
}

impl BeforeDelete {
    pub(crate) fn new(delete: Box<wire::Delete>, ctx: Context) -> Self {
        Self { delete, ctx }
    }

    /// What the message says; empty if it is encrypted.
    #[must_use]
    pub fn text(&self) -> &str {
        body::text_of(self.delete.stored.as_ref().and_then(|message| message.body.as_ref()))
    }

    /// Who is about to delete it.
    #[must_use]
    pub fn by(&self) -> &wire::Sender {
        sender_of(self.delete.by.as_ref())
    }

    /// Everything about it.
    #[must_use]
    pub fn delete(&self) -> &wire::Delete {
        &self.delete
    }

    /// The time that is left, and what a handler may ask of the host.
    #[must_use]
    pub fn ctx(&self) -> &Context {
        &self.ctx
    }

    /// Let it be deleted.
    #[must_use]
    pub fn pass(&self) -> Verdict {
        Verdict::pass()
    }

    /// Keep it, telling why.
    #[must_use]
    pub fn reject(&self, why: impl Into<Rejection>) -> Verdict {
        Verdict::reject(why)
    }

    /// Set it aside in a queue until somebody decides; dropped by itself after `expires`. See
    /// [`Hold`] for more to say of it.
    #[must_use]
    pub fn hold(&self, queue: impl Into<String>, expires: Duration) -> Verdict {
        Verdict::hold(Hold::new(queue, expires))
    }
}

/// Any hook, as the wire has it: for hooks that this SDK is older than, or many at once.
#[derive(Debug)]
pub struct Hook {
    payload: wire::HookPayload,
    ctx: Context,
}

impl Hook {
    pub(crate) fn new(payload: wire::HookPayload, ctx: Context) -> Self {
        Self { payload, ctx }
    }

    /// The hook's name, such as `message.before_post`.
    #[must_use]
    pub fn name(&self) -> &str {
        name_of(&self.payload)
    }

    /// What is asked about.
    #[must_use]
    pub fn payload(&self) -> &wire::HookPayload {
        &self.payload
    }

    /// The time that is left, and what a handler may ask of the host.
    #[must_use]
    pub fn ctx(&self) -> &Context {
        &self.ctx
    }
}

/// The name of the hook that a payload belongs to; empty if this SDK is older than the hook.
pub(crate) fn name_of(payload: &wire::HookPayload) -> &str {
    match &payload.of {
        Some(Of::BeforePost(_)) => BEFORE_POST,
        Some(Of::BeforeEdit(_)) => BEFORE_EDIT,
        Some(Of::BeforeDelete(_)) => BEFORE_DELETE,
        Some(Of::BeforeRender(_)) => BEFORE_RENDER,
        Some(Of::BeforeReaction(_)) => BEFORE_REACTION,
        Some(Of::BeforeUpload(_)) => BEFORE_UPLOAD,
        Some(Of::BeforeJoin(_)) => BEFORE_JOIN,
        Some(Of::BeforeLogin(_)) => BEFORE_LOGIN,
        Some(Of::BeforeCreate(_)) => BEFORE_CREATE,
        Some(Of::Custom(custom)) => &custom.name,
        None => "",
    }
}

/// The hook that every message passes before it is posted.
pub(crate) const BEFORE_POST: &str = "message.before_post";

/// The hook that an author's change of a message passes.
pub(crate) const BEFORE_EDIT: &str = "message.before_edit";

/// The hook that a deletion passes.
pub(crate) const BEFORE_DELETE: &str = "message.before_delete";

/// The hook that messages pass before one reader sees them.
pub(crate) const BEFORE_RENDER: &str = "message.before_render";

/// The hook that a reaction passes.
pub(crate) const BEFORE_REACTION: &str = "reaction.before_add";

/// The hook that a file passes before it is stored.
pub(crate) const BEFORE_UPLOAD: &str = "file.before_upload";

/// The hook that joining a channel passes.
pub(crate) const BEFORE_JOIN: &str = "user.before_join";

/// The hook that a login passes.
pub(crate) const BEFORE_LOGIN: &str = "user.before_login";

/// The hook that a new channel passes.
pub(crate) const BEFORE_CREATE: &str = "channel.before_create";
