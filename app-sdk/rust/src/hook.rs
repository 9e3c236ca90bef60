//! Which Rust type belongs to which hook, both ways.
//!
//! Names and wrapping only: it refuses to know who is asked, how, or what becomes of the answer.

use outboard_proto::common::hook_payload::Of;
use outboard_proto::common::{
    Batch, ChannelDraft, Custom, Delete, Edit, HookPayload, Join, Login, Message, Reaction, Upload,
};

/// Something a hook can be asked about. Implemented for the payload of every hook, and for
/// [`HookPayload`] itself, whose branch names the hook.
pub trait Subject: Sized + Send + sealed::Sealed {
    /// Puts it into the branch of its hook.
    fn into_payload(self) -> HookPayload;
    /// Takes it out again; nothing if the branch is another hook's.
    fn from_payload(payload: HookPayload) -> Option<Self>;
}

mod sealed {
    pub trait Sealed {}
}

impl sealed::Sealed for HookPayload {}

impl Subject for HookPayload {
    fn into_payload(self) -> HookPayload {
        self
    }

    fn from_payload(payload: HookPayload) -> Option<Self> {
        payload.of.is_some().then_some(payload)
    }
}

/// A payload's subject, wherever the bindings keep it.
trait Whole<T> {
    fn whole(self) -> T;
}

impl<T> Whole<T> for T {
    fn whole(self) -> T {
        self
    }
}

impl<T> Whole<T> for Box<T> {
    fn whole(self) -> T {
        *self
    }
}

macro_rules! subjects {
    ($($subject:ty => $branch:ident),* $(,)?) => {$(
        impl sealed::Sealed for $subject {}

        impl Subject for $subject {
            fn into_payload(self) -> HookPayload {
                HookPayload { of: Some(Of::$branch(self.into())) }
            }

            fn from_payload(payload: HookPayload) -> Option<Self> {
                match payload.of {
                    Some(Of::$branch(subject)) => Some(subject.whole()),
                    _ => None,
                }
            }
        }
    )*};
}

subjects! {
    Message => BeforePost,
    Edit => BeforeEdit,
    Delete => BeforeDelete,
    Batch => BeforeRender,
    Reaction => BeforeReaction,
    Upload => BeforeUpload,
    Join => BeforeJoin,
    Login => BeforeLogin,
    ChannelDraft => BeforeCreate,
    Custom => Custom,
}

/// The hook's name, such as `message.before_post`; empty for an empty payload.
pub(crate) fn name_of(payload: &HookPayload) -> &str {
    match &payload.of {
        Some(Of::BeforePost(_)) => "message.before_post",
        Some(Of::BeforeEdit(_)) => "message.before_edit",
        Some(Of::BeforeDelete(_)) => "message.before_delete",
        Some(Of::BeforeRender(_)) => "message.before_render",
        Some(Of::BeforeReaction(_)) => "reaction.before_add",
        Some(Of::BeforeUpload(_)) => "file.before_upload",
        Some(Of::BeforeJoin(_)) => "user.before_join",
        Some(Of::BeforeLogin(_)) => "user.before_login",
        Some(Of::BeforeCreate(_)) => "channel.before_create",
        Some(Of::Custom(custom)) => &custom.name,
        None => "",
    }
}
