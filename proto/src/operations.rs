//! What plugins may ask of an app, by name: the one table, for the daemon that routes and checks,
//! for app SDKs that say what they carry out, for those who read which apps can do what.
//!
//! It knows words and shapes; it refuses to know who may ask, and who carries it out.

use crate::app::request::Of;
use crate::app::{answer, grow_message::Step, upload_file};
use crate::common::{Channel, Message, ModerationAct};

/// One thing an app may carry out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// As `AppHello.operations` names it.
    pub name: &'static str,
    /// Whether it waits for an app.
    pub keeping: Keeping,
    /// To which node of several it goes.
    pub toward: Toward,
    /// What it is answered with.
    pub answered: Answered,
}

/// What becomes of a request while no app is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeping {
    /// It is kept and carried out later, once for its key.
    Kept,
    /// It fails: later nobody would want it.
    AtOnce,
}

/// Which node is the right one, where no call of a node caused it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Toward {
    /// One by channel, so that its order holds.
    Channel,
    /// The one through which the person it is for was last seen, before all others.
    Person,
}

/// The branch of `Answer.result` that is the right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// `sent`.
    Sent,
    /// `done`.
    Done,
    /// `message`.
    Message,
    /// `messages`.
    Messages,
    /// `user`.
    User,
    /// `channel`.
    Channel,
    /// `channels`.
    Channels,
    /// `file`.
    File,
    /// `file_piece`.
    FilePiece,
    /// `uploaded`.
    Uploaded,
}

impl Operation {
    /// Whether it changes nothing, so that it may be asked again.
    #[must_use]
    pub fn looks_up(&self) -> bool {
        let changes = matches!(self.answered, Answered::Sent | Answered::Done | Answered::Uploaded);
        self.keeping == Keeping::AtOnce && !changes
    }
}

const fn kept(name: &'static str, answered: Answered) -> Operation {
    Operation { name, keeping: Keeping::Kept, toward: Toward::Channel, answered }
}

const fn at_once(name: &'static str, answered: Answered) -> Operation {
    Operation { name, keeping: Keeping::AtOnce, toward: Toward::Channel, answered }
}

const fn to_person(operation: Operation) -> Operation {
    Operation { toward: Toward::Person, ..operation }
}

/// All of them.
pub const OPERATIONS: &[Operation] = &[
    kept("messages.send", Answered::Sent),
    kept("interactions.follow_up", Answered::Sent),
    kept("held.decide", Answered::Sent),
    // Whoever is not there any more has missed it.
    to_person(at_once("messages.ephemeral", Answered::Sent)),
    kept("messages.direct", Answered::Sent),
    at_once("messages.stream", Answered::Sent),
    kept("messages.edit", Answered::Done),
    kept("messages.delete", Answered::Done),
    kept("messages.react", Answered::Done),
    kept("messages.unreact", Answered::Done),
    to_person(at_once("messages.typing", Answered::Done)),
    at_once("messages.status", Answered::Done),
    at_once("messages.get", Answered::Message),
    at_once("messages.list", Answered::Messages),
    at_once("messages.search", Answered::Messages),
    at_once("users.get", Answered::User),
    kept("users.warn", Answered::Done),
    kept("users.mute", Answered::Done),
    kept("users.unmute", Answered::Done),
    kept("users.kick", Answered::Done),
    kept("users.ban", Answered::Done),
    kept("users.unban", Answered::Done),
    at_once("channels.get", Answered::Channel),
    at_once("channels.list", Answered::Channels),
    kept("channels.create", Answered::Channel),
    kept("channels.invite", Answered::Done),
    kept("channels.set_topic", Answered::Done),
    kept("channels.pin", Answered::Done),
    kept("channels.unpin", Answered::Done),
    at_once("files.stat", Answered::File),
    at_once("files.download", Answered::FilePiece),
    at_once("files.upload", Answered::Uploaded),
];

/// The row of a request.
///
/// # Panics
/// Never: a test finds every name in the table.
#[must_use]
pub fn of(of: &Of) -> &'static Operation {
    let name = name_of(of);
    let row = OPERATIONS.iter().find(|row| row.name == name);
    row.expect("a test finds every name in the table")
}

/// The name under which an app declares that it carries this out.
#[must_use]
pub fn name_of(of: &Of) -> &'static str {
    match of {
        Of::Send(_) => "messages.send",
        Of::FollowUp(_) => "interactions.follow_up",
        Of::Decided(_) => "held.decide",
        Of::Ephemeral(_) => "messages.ephemeral",
        Of::Direct(_) => "messages.direct",
        Of::Grow(_) => "messages.stream",
        Of::Edit(_) => "messages.edit",
        Of::Delete(_) => "messages.delete",
        Of::React(_) => "messages.react",
        Of::Unreact(_) => "messages.unreact",
        Of::Typing(_) => "messages.typing",
        Of::Status(_) => "messages.status",
        Of::GetMessage(_) => "messages.get",
        Of::ListMessages(_) => "messages.list",
        Of::SearchMessages(_) => "messages.search",
        Of::FindUser(_) => "users.get",
        Of::Moderate(it) => name_of_act(it.act()),
        Of::FindChannel(_) => "channels.get",
        Of::ListChannels(_) => "channels.list",
        Of::CreateChannel(_) => "channels.create",
        Of::Invite(_) => "channels.invite",
        Of::SetTopic(_) => "channels.set_topic",
        Of::Pin(_) => "channels.pin",
        Of::Unpin(_) => "channels.unpin",
        Of::StatFile(_) => "files.stat",
        Of::ReadFile(_) => "files.download",
        Of::UploadFile(_) => "files.upload",
    }
}

/// The name of what is done to a person.
#[must_use]
pub fn name_of_act(act: ModerationAct) -> &'static str {
    match act {
        // What nobody knows is taken for the mildest; the daemon lets none of them pass.
        ModerationAct::Unspecified | ModerationAct::Warn => "users.warn",
        ModerationAct::Mute => "users.mute",
        ModerationAct::Unmute => "users.unmute",
        ModerationAct::Kick => "users.kick",
        ModerationAct::Ban => "users.ban",
        ModerationAct::Unban => "users.unban",
    }
}

/// Whether an answer is of the kind that was asked for; a failure always is.
#[must_use]
pub fn fits(answered: Answered, result: &answer::Result) -> bool {
    match result {
        answer::Result::Failure(_) => true,
        answer::Result::Sent(_) => answered == Answered::Sent,
        answer::Result::Done(_) => answered == Answered::Done,
        answer::Result::Message(_) => answered == Answered::Message,
        answer::Result::Messages(_) => answered == Answered::Messages,
        answer::Result::User(_) => answered == Answered::User,
        answer::Result::Channel(_) => answered == Answered::Channel,
        answer::Result::Channels(_) => answered == Answered::Channels,
        answer::Result::File(_) => answered == Answered::File,
        answer::Result::FilePiece(_) => answered == Answered::FilePiece,
        answer::Result::Uploaded(_) => answered == Answered::Uploaded,
    }
}

/// The id of the channel it is about; empty where it is about none. Of what was held, its payload
/// knows.
#[must_use]
pub fn channel_of(of: &Of) -> &str {
    match of {
        Of::Send(it) => of_message(it.message.as_ref()),
        Of::Ephemeral(it) => of_message(it.message.as_ref()),
        Of::FollowUp(it) => of_channel(it.channel.as_ref()),
        Of::Grow(it) => match &it.step {
            Some(Step::Begin(begin)) => of_message(begin.message.as_ref()),
            Some(Step::More(more)) => of_channel(more.channel.as_ref()),
            Some(Step::End(end)) => of_channel(end.channel.as_ref()),
            None => "",
        },
        Of::Edit(it) => &it.channel_id,
        Of::Delete(it) => &it.channel_id,
        Of::React(it) | Of::Unreact(it) => &it.channel_id,
        Of::Typing(it) => &it.channel_id,
        Of::GetMessage(it) => &it.channel_id,
        Of::ListMessages(it) => &it.channel_id,
        Of::SearchMessages(it) => &it.channel_id,
        Of::Moderate(it) => &it.channel_id,
        Of::Invite(it) => &it.channel_id,
        Of::SetTopic(it) => &it.channel_id,
        Of::Pin(it) | Of::Unpin(it) => &it.channel_id,
        Of::FindChannel(it) => match &it.by {
            Some(crate::common::find_channel::By::Id(id)) => id,
            Some(crate::common::find_channel::By::Name(_)) | None => "",
        },
        Of::UploadFile(it) => match &it.step {
            Some(upload_file::Step::Begin(begin)) => of_channel(begin.channel.as_ref()),
            Some(upload_file::Step::More(_) | upload_file::Step::End(_)) | None => "",
        },
        Of::Decided(_)
        | Of::StatFile(_)
        | Of::ReadFile(_)
        | Of::Direct(_)
        | Of::Status(_)
        | Of::FindUser(_)
        | Of::ListChannels(_)
        | Of::CreateChannel(_) => "",
    }
}

fn of_message(message: Option<&Message>) -> &str {
    of_channel(message.and_then(|message| message.channel.as_ref()))
}

fn of_channel(channel: Option<&Channel>) -> &str {
    channel.map_or("", |channel| &channel.id)
}

/// What it must come in order with: its channel, or the one transfer that it is a step of.
#[must_use]
pub fn order_of(of: &Of) -> &str {
    match of {
        Of::ReadFile(it) => &it.file_id,
        Of::UploadFile(it) => match &it.step {
            Some(upload_file::Step::More(more)) => &more.upload_id,
            Some(upload_file::Step::End(end)) => &end.upload_id,
            Some(upload_file::Step::Begin(_)) | None => channel_of(of),
        },
        other => channel_of(other),
    }
}

/// The id of the person it is for, where it is for one alone.
#[must_use]
pub fn person_of(of: &Of) -> &str {
    match of {
        Of::Ephemeral(it) => &it.only_to,
        Of::Typing(it) => &it.only_to,
        Of::Direct(it) => &it.to_user,
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::common::ModerateUser;

    #[test]
    fn every_request_has_one_row() {
        let names: BTreeSet<&str> = OPERATIONS.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), OPERATIONS.len());
        let acts = (0..7).filter_map(|act| ModerationAct::try_from(act).ok());
        let moderate = |act: ModerationAct| {
            Of::Moderate(ModerateUser { act: act.into(), ..ModerateUser::default() })
        };
        let mut all: Vec<Of> = acts.map(moderate).collect();
        all.extend([
            Of::Send(Default::default()),
            Of::FollowUp(Default::default()),
            Of::Decided(Default::default()),
            Of::Ephemeral(Default::default()),
            Of::Direct(Default::default()),
            Of::Grow(Default::default()),
            Of::Edit(Default::default()),
            Of::Delete(Default::default()),
            Of::React(Default::default()),
            Of::Unreact(Default::default()),
            Of::Typing(Default::default()),
            Of::Status(Default::default()),
            Of::GetMessage(Default::default()),
            Of::ListMessages(Default::default()),
            Of::SearchMessages(Default::default()),
            Of::FindUser(Default::default()),
            Of::FindChannel(Default::default()),
            Of::ListChannels(Default::default()),
            Of::CreateChannel(Default::default()),
            Of::Invite(Default::default()),
            Of::SetTopic(Default::default()),
            Of::Pin(Default::default()),
            Of::Unpin(Default::default()),
            Of::StatFile(Default::default()),
            Of::ReadFile(Default::default()),
            Of::UploadFile(Default::default()),
        ]);
        let named: BTreeSet<&str> = all.iter().map(|it| of(it).name).collect();
        assert_eq!(named, names);
    }
}
