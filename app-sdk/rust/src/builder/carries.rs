//! What an app carries out for plugins besides sending: a handler for each, and only what has one
//! is declared.
//!
//! It refuses to know what the handlers do.

use outboard_proto::app::{
    DirectMessage, EphemeralMessage, FilePiece, GrowMessage, ReadFile, UploadFile, Uploaded,
    request::Of,
};
use outboard_proto::common::{
    ChannelInfo, ChannelPage, CreateChannel, DeleteMessage, EditMessage, FileInfo, FindChannel,
    FindUser, GetMessage, InviteToChannel, ListChannels, ListMessages, Message, MessagePage,
    ModerateUser, PinMessage, ReactToMessage, SearchMessages, SetStatus, SetTopic, ShowTyping,
    StatFile, User,
};

use super::Builder;
use crate::asked::{Answers, Asked};
use crate::send::Refusal;

macro_rules! carries {
    ($($(#[$doc:meta])* $method:ident($what:ty) -> $answer:ty = $name:literal, $of:ident;)*) => {
        impl Builder {
            $(
                $(#[$doc])*
                ///
                /// Called as [`Builder::on_send`] is; what it refuses, the plugin hears.
                pub fn $method<F, Fut>(mut self, handler: F) -> Self
                where
                    F: Fn(Asked<$what>) -> Fut + Send + Sync + 'static,
                    Fut: Future<Output = Result<$answer, Refusal>> + Send + 'static,
                {
                    self.operation($name.into());
                    self.handlers.acts.insert($name, Box::new(move |asked| {
                        let asked = asked.narrow(|of| match of {
                            Of::$of(what) => Some(what),
                            _ => None,
                        })?;
                        let working = handler(asked);
                        Some(Box::pin(async move { working.await.map(Answers::into_result) }))
                    }));
                    self
                }
            )*
        }
    };
}

carries! {
    /// Shows a message to one person and stores it nowhere; gives an id, or an empty one.
    on_ephemeral(EphemeralMessage) -> String = "messages.ephemeral", Ephemeral;
    /// Posts into the channel that the bot and one person have for themselves, which it makes where
    /// there is none; gives the message's id.
    on_direct(DirectMessage) -> String = "messages.direct", Direct;
    /// One step of a message that grows while a plugin writes it: begun (gives its id), more, end.
    /// Where the daemon goes away before the end, the end is told all the same, as broken off.
    on_stream(GrowMessage) -> String = "messages.stream", Grow;
    /// Says something else in a message: the bot's own, or with `asker.manages_messages` anybody's.
    on_edit(EditMessage) -> () = "messages.edit", Edit;
    /// Deletes a message: the bot's own, or with `asker.manages_messages` anybody's.
    on_delete(DeleteMessage) -> () = "messages.delete", Delete;
    /// Adds a reaction of the bot's.
    on_react(ReactToMessage) -> () = "messages.react", React;
    /// Takes a reaction of the bot's back.
    on_unreact(ReactToMessage) -> () = "messages.unreact", Unreact;
    /// Shows that the bot is typing, as long as `ttl_us` says.
    on_typing(ShowTyping) -> () = "messages.typing", Typing;
    /// Shows a text beside the bot's name, as long as `ttl_us` says.
    on_status(SetStatus) -> () = "messages.status", Status;
    /// Gives one message. One of another channel than the one named is none.
    on_get_message(GetMessage) -> Message = "messages.get", GetMessage;
    /// Gives messages of a channel, or of a thread in it, the newest first. Where they do not fit a
    /// frame, the oldest are left for the next page.
    on_list_messages(ListMessages) -> MessagePage = "messages.list", ListMessages;
    /// Gives messages that say something, the newest first.
    on_search_messages(SearchMessages) -> MessagePage = "messages.search", SearchMessages;
    /// Gives a person, by id or name.
    on_find_user(FindUser) -> User = "users.get", FindUser;
    /// Warns a person.
    on_warn(ModerateUser) -> () = "users.warn", Moderate;
    /// Lets a person say nothing for a while.
    on_mute(ModerateUser) -> () = "users.mute", Moderate;
    /// Lets a person speak again.
    on_unmute(ModerateUser) -> () = "users.unmute", Moderate;
    /// Takes a person out of a channel.
    on_kick(ModerateUser) -> () = "users.kick", Moderate;
    /// Keeps a person out.
    on_ban(ModerateUser) -> () = "users.ban", Moderate;
    /// Lets a person in again.
    on_unban(ModerateUser) -> () = "users.unban", Moderate;
    /// Gives a channel, by id or name.
    on_find_channel(FindChannel) -> ChannelInfo = "channels.get", FindChannel;
    /// Gives channels, in an order of the app's own.
    on_list_channels(ListChannels) -> ChannelPage = "channels.list", ListChannels;
    /// Makes a channel.
    on_create_channel(CreateChannel) -> ChannelInfo = "channels.create", CreateChannel;
    /// Invites a person into a channel.
    on_invite(InviteToChannel) -> () = "channels.invite", Invite;
    /// Sets a channel's topic.
    on_set_topic(SetTopic) -> () = "channels.set_topic", SetTopic;
    /// Pins a message.
    on_pin(PinMessage) -> () = "channels.pin", Pin;
    /// Takes a pin off.
    on_unpin(PinMessage) -> () = "channels.unpin", Unpin;
    /// Gives what is known of a file besides its content. Where the plugin may read it, its
    /// `channel` decides.
    on_stat_file(StatFile) -> FileInfo = "files.stat", StatFile;
    /// Gives a piece of a file's content: some bytes from `offset` on, `most` at most, and whether
    /// they are the last.
    on_read_file(ReadFile) -> FilePiece = "files.download", ReadFile;
    /// One step of an upload: begun (names it), more, ended (gives the file) or broken off. Where
    /// the daemon goes away before the end, the end is told all the same, as broken off. Keep
    /// nothing of what broke off.
    on_upload_file(UploadFile) -> Uploaded = "files.upload", UploadFile;
}

#[cfg(test)]
mod tests {
    use outboard_proto::operations::OPERATIONS;

    use super::*;
    use crate::App;

    fn refused<T>(_: Asked<T>) -> std::future::Ready<Result<(), Refusal>> {
        std::future::ready(Err(Refusal::new("no")))
    }

    #[test]
    fn only_what_has_a_handler_is_declared() {
        let builder = App::builder("chat", "1").on_edit(refused).on_ban(refused);
        assert_eq!(builder.hello.operations, ["messages.edit", "users.ban"]);
        let known = |name: &String| OPERATIONS.iter().any(|row| row.name == name);
        assert!(builder.hello.operations.iter().all(known));
    }
}
