//! What a plugin asks of the app besides sending, on its way to the app's own code; and what that
//! code answers, on its way back.
//!
//! It refuses to know what a chat server does about any of it.

use std::ops::Deref;

use outboard_proto::app::{Asker, FilePiece, Request, Sent, Uploaded, answer, request::Of};
use outboard_proto::common::{
    ChannelInfo, ChannelPage, Done, FileInfo, Message, MessagePage, Sender, User,
};
use outboard_proto::limits::FRAME_BYTES;
use outboard_proto::operations;

/// Room that a frame needs around a page.
const ROOM: usize = 1024;

/// Something that a plugin wants carried out: what, for whom, by whom.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked<T> {
    /// Which plugin asks, and the bot account it acts as. Others' messages it may change only where
    /// `manages_messages` says so.
    pub asker: Asker,
    /// Empty where the app has one workspace.
    pub workspace: String,
    /// The person whose act made the plugin ask, where one did.
    pub on_behalf_of: Option<Sender>,
    /// What is asked.
    pub what: T,
    /// The same for every attempt at this request.
    pub idempotency_key: String,
    /// 1 at first.
    pub attempt: u32,
}

impl<T> Deref for Asked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.what
    }
}

impl Asked<Of> {
    pub(crate) fn read(request: Request) -> Option<Self> {
        let Request { idempotency_key, attempt, asker, workspace, of, on_behalf_of, .. } = request;
        let (asker, what) = (asker.unwrap_or_default(), of?);
        Some(Self { asker, workspace, on_behalf_of, what, idempotency_key, attempt })
    }

    pub(crate) fn name(&self) -> &'static str {
        operations::name_of(&self.what)
    }

    /// The same, about something of one kind.
    pub(crate) fn narrow<T>(self, take: impl FnOnce(Of) -> Option<T>) -> Option<Asked<T>> {
        let Self { asker, workspace, on_behalf_of, what, idempotency_key, attempt } = self;
        let what = take(what)?;
        Some(Asked { asker, workspace, on_behalf_of, what, idempotency_key, attempt })
    }
}

/// What the app's code may answer with.
pub trait Answers: Send + 'static {
    /// As it goes over the wire.
    #[doc(hidden)]
    fn into_result(self) -> answer::Result;
}

impl Answers for () {
    fn into_result(self) -> answer::Result {
        answer::Result::Done(Done {})
    }
}

/// The id of the message it became.
impl Answers for String {
    fn into_result(self) -> answer::Result {
        answer::Result::Sent(Sent { message_id: self })
    }
}

impl Answers for Message {
    fn into_result(self) -> answer::Result {
        answer::Result::Message(Box::new(self))
    }
}

impl Answers for User {
    fn into_result(self) -> answer::Result {
        answer::Result::User(Box::new(self))
    }
}

impl Answers for ChannelInfo {
    fn into_result(self) -> answer::Result {
        answer::Result::Channel(Box::new(self))
    }
}

impl Answers for FileInfo {
    fn into_result(self) -> answer::Result {
        answer::Result::File(Box::new(self))
    }
}

impl Answers for FilePiece {
    fn into_result(self) -> answer::Result {
        answer::Result::FilePiece(self)
    }
}

impl Answers for Uploaded {
    fn into_result(self) -> answer::Result {
        answer::Result::Uploaded(self)
    }
}

/// What does not fit a frame is left for the next page.
impl Answers for MessagePage {
    fn into_result(mut self) -> answer::Result {
        let fit = fitting(self.messages.iter().map(prost::Message::encoded_len));
        self.more |= fit < self.messages.len();
        self.messages.truncate(fit);
        answer::Result::Messages(self)
    }
}

/// What does not fit a frame is left for the next page.
impl Answers for ChannelPage {
    fn into_result(mut self) -> answer::Result {
        let fit = fitting(self.channels.iter().map(prost::Message::encoded_len));
        self.more |= fit < self.channels.len();
        self.channels.truncate(fit);
        answer::Result::Channels(self)
    }
}

/// How many of these sizes fit a frame together.
fn fitting(sizes: impl Iterator<Item = usize>) -> usize {
    let mut room = FRAME_BYTES - ROOM;
    let taken = sizes.take_while(|size| {
        // A tag and a length stand before each.
        let whole = size + 8;
        let fits = whole <= room;
        room = room.saturating_sub(whole);
        fits
    });
    taken.count()
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::message;

    #[test]
    fn a_page_too_large_for_a_frame_is_cut_and_says_that_there_is_more() {
        let long = |n: u32| Message {
            id: format!("m-{n}"),
            ..message::message("lobby", "ada", "x".repeat(3000))
        };
        let page = MessagePage { messages: (0..100).map(long).collect(), more: false };
        let answer::Result::Messages(page) = page.into_result() else { panic!() };
        assert!(page.more && page.messages.len() > 10 && page.encoded_len() < FRAME_BYTES);
        let short = MessagePage { messages: vec![long(1)], more: false };
        let answer::Result::Messages(page) = short.into_result() else { panic!() };
        assert!(!page.more && page.messages.len() == 1);
    }
}
