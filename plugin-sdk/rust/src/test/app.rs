//! The chat server behind the harness: it has what a test gave it, notes what it is asked for, and
//! does as told.
//!
//! It refuses to judge who may do what: that is the daemon's and a real app's.

use outboard_proto::common::{
    Attachment, Channel, ChannelInfo, ChannelPage, CreateChannel, DeleteMessage, Done, EditMessage,
    FileInfo, FindChannel, FindUser, GetMessage, InviteToChannel, ListChannels, ListMessages,
    Message, MessagePage, ModerateUser, PinMessage, ReactToMessage, Reason, SearchMessages,
    SetStatus, SetTopic, ShowTyping, StatFile, UploadBegin, User, find_channel, find_user,
};
use outboard_proto::plugin::SendRequest;

use super::{Draft, Harness};
use crate::body::text_of;
use crate::error::HostError;

/// Something the plugin asked the app for, besides sending and replying.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "each is called as what it carries")]
pub enum Act {
    Edit(EditMessage),
    Delete(DeleteMessage),
    React(ReactToMessage),
    Unreact(ReactToMessage),
    Typing(ShowTyping),
    Status(SetStatus),
    Moderate(ModerateUser),
    CreateChannel(CreateChannel),
    Invite(InviteToChannel),
    SetTopic(SetTopic),
    Pin(PinMessage),
    Unpin(PinMessage),
    /// A message that grew: where, its whole text, and why it was given up.
    Grown(String, String, Option<String>),
}

/// What it has, and what it was asked for. Looking something up is not noted.
#[derive(Debug, Default)]
pub(crate) struct App {
    /// The oldest first.
    messages: Vec<Message>,
    users: Vec<User>,
    channels: Vec<ChannelInfo>,
    files: Vec<(FileInfo, Vec<u8>)>,
    acts: Vec<Act>,
}

type Answer<T> = Result<T, HostError>;

macro_rules! notes {
    ($($method:ident($what:ty) = $act:ident;)*) => {
        impl App {
            $(
                pub(crate) fn $method(&mut self, what: $what) -> Answer<Done> {
                    self.acts.push(Act::$act(what));
                    Ok(Done {})
                }
            )*
        }
    };
}

notes! {
    react(ReactToMessage) = React;
    unreact(ReactToMessage) = Unreact;
    typing(ShowTyping) = Typing;
    status(SetStatus) = Status;
    moderate(ModerateUser) = Moderate;
    invite(InviteToChannel) = Invite;
    set_topic(SetTopic) = SetTopic;
    pin(PinMessage) = Pin;
    unpin(PinMessage) = Unpin;
}

impl App {
    pub(crate) fn stat_file(&self, file: &StatFile) -> Answer<FileInfo> {
        let found = self.files.iter().find(|(info, _)| id_of(info) == file.file_id);
        found.map(|(info, _)| info.clone()).ok_or_else(|| HostError::Refused {
            reason: Reason::NotFound,
            message: format!("there is no file {}", file.file_id),
            retry_after: None,
        })
    }

    pub(crate) fn file(&self, id: &str) -> Option<Vec<u8>> {
        let found = self.files.iter().find(|(info, _)| id_of(info) == id);
        found.map(|(_, content)| content.clone())
    }

    pub(crate) fn stored_file(&mut self, begin: &UploadBegin, content: &[u8]) -> Answer<FileInfo> {
        let file = Attachment {
            id: format!("file-{}", self.files.len() + 1),
            name: begin.name.clone(),
            mime: begin.mime.clone(),
            size_bytes: content.len() as u64,
            sha256: begin.sha256.clone(),
        };
        let info = FileInfo { file: Some(file), ..FileInfo::default() };
        self.files.push((info.clone(), content.to_vec()));
        Ok(info)
    }
}

fn id_of(info: &FileInfo) -> &str {
    info.file.as_ref().map_or("", |file| &file.id)
}

impl App {
    pub(crate) fn edit(&mut self, edit: EditMessage) -> Answer<Done> {
        let message = self.at(&edit.channel_id, &edit.message_id)?;
        message.body.clone_from(&edit.body);
        self.acts.push(Act::Edit(edit));
        Ok(Done {})
    }

    pub(crate) fn delete(&mut self, delete: DeleteMessage) -> Answer<Done> {
        self.at(&delete.channel_id, &delete.message_id)?;
        self.messages.retain(|message| message.id != delete.message_id);
        self.acts.push(Act::Delete(delete));
        Ok(Done {})
    }

    pub(crate) fn get_message(&mut self, get: GetMessage) -> Answer<Message> {
        let GetMessage { channel_id, message_id, .. } = get;
        self.at(&channel_id, &message_id).cloned()
    }

    pub(crate) fn list_messages(&mut self, list: ListMessages) -> Answer<MessagePage> {
        let ListMessages { channel_id, thread_root, before, most, .. } = list;
        Ok(self.page((&before, most), |message| {
            let threaded = message.thread_root == thread_root || message.id == thread_root;
            is_in(message, &channel_id) && (thread_root.is_empty() || threaded)
        }))
    }

    pub(crate) fn search_messages(&mut self, search: SearchMessages) -> Answer<MessagePage> {
        let SearchMessages { channel_id, text, before, most, .. } = search;
        Ok(self.page((&before, most), |message| {
            text_of(message.body.as_ref()).contains(&text)
                && (channel_id.is_empty() || is_in(message, &channel_id))
        }))
    }

    pub(crate) fn find_user(&mut self, find: FindUser) -> Answer<User> {
        let by = find.by;
        let is = |user: &&User| {
            let sender = user.sender.clone().unwrap_or_default();
            match &by {
                Some(find_user::By::Id(id)) => sender.id == *id,
                Some(find_user::By::Name(name)) => sender.name == *name,
                None => false,
            }
        };
        self.users.iter().find(is).cloned().ok_or_else(|| unknown("person"))
    }

    pub(crate) fn find_channel(&mut self, find: FindChannel) -> Answer<ChannelInfo> {
        let by = find.by;
        let is = |info: &&ChannelInfo| {
            let channel = info.channel.clone().unwrap_or_default();
            match &by {
                Some(find_channel::By::Id(id)) => channel.id == *id,
                Some(find_channel::By::Name(name)) => channel.name == *name,
                None => false,
            }
        };
        self.channels.iter().find(is).cloned().ok_or_else(|| unknown("channel"))
    }

    pub(crate) fn list_channels(&mut self, _: ListChannels) -> Answer<ChannelPage> {
        Ok(ChannelPage { channels: self.channels.clone(), more: false })
    }

    pub(crate) fn create_channel(&mut self, create: CreateChannel) -> Answer<ChannelInfo> {
        let (id, name, kind) = (create.name.clone(), create.name.clone(), create.kind);
        let channel = Some(Channel { id, name, kind });
        let topic = create.topic.clone();
        let info = ChannelInfo { channel, topic, ..ChannelInfo::default() };
        self.channels.push(info.clone());
        self.acts.push(Act::CreateChannel(create));
        Ok(info)
    }

    pub(crate) fn grown(
        &mut self,
        begin: &SendRequest,
        text: &str,
        abort: Option<String>,
    ) -> Answer<String> {
        self.acts.push(Act::Grown(begin.channel_id.clone(), text.to_owned(), abort));
        Ok(format!("grown-{}", self.acts.len()))
    }

    fn at(&mut self, channel: &str, id: &str) -> Answer<&mut Message> {
        let mut all = self.messages.iter_mut();
        let found = all.find(|message| message.id == id && is_in(message, channel));
        found.ok_or_else(|| unknown("message"))
    }

    /// As a real one: the newest first, before a message, at most so many.
    fn page(&self, (before, most): (&str, u32), is: impl Fn(&Message) -> bool) -> MessagePage {
        let most = if most == 0 { 50 } else { most as usize };
        let older =
            self.messages.iter().rev().skip_while(|it| !before.is_empty() && it.id != before);
        let older = older.skip(usize::from(!before.is_empty())).filter(|it| is(it));
        let mut messages: Vec<Message> = older.take(most + 1).cloned().collect();
        let more = messages.len() > most;
        messages.truncate(most);
        MessagePage { messages, more }
    }
}

impl Harness {
    /// Gives the app a file; its id.
    pub fn has_file(&mut self, name: &str, content: impl Into<Vec<u8>>) -> String {
        let begin = UploadBegin { name: name.to_owned(), ..UploadBegin::default() };
        let content = content.into();
        let stored = self.recorder.at_app(|app| app.stored_file(&begin, &content));
        stored.map(|info| id_of(&info).to_owned()).unwrap_or_default()
    }

    /// The content of a file that the app has, such as one that the plugin uploaded.
    #[must_use]
    pub fn file(&self, id: &str) -> Option<Vec<u8>> {
        self.recorder.at_app(|app| app.file(id))
    }

    /// The app has this message, and gives its id. A string is a plain message of `ada` in
    /// `town-square`.
    pub fn has_message(&mut self, message: impl Into<Draft>) -> String {
        let Draft(mut message) = message.into();
        self.recorder.at_app(|app| {
            if message.id.is_empty() {
                message.id = format!("message-{}", app.messages.len() + 1);
            }
            app.messages.push(message.clone());
        });
        message.id
    }

    /// The app knows this person.
    pub fn has_user(&mut self, user: User) {
        self.recorder.at_app(|app| app.users.push(user));
    }

    /// The app has this channel.
    pub fn has_channel(&mut self, channel: ChannelInfo) {
        self.recorder.at_app(|app| app.channels.push(channel));
    }

    /// What the app was asked to do so far besides posting, the oldest first.
    #[must_use]
    pub fn acts(&self) -> Vec<Act> {
        self.recorder.at_app(|app| app.acts.clone())
    }
}

fn is_in(message: &Message, channel: &str) -> bool {
    message.channel.as_ref().is_some_and(|it| it.id == channel)
}

fn unknown(what: &str) -> HostError {
    let message = format!("the harness's app has no such {what}");
    HostError::Refused { reason: Reason::NotFound, message, retry_after: None }
}
