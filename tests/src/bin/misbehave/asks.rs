//! What an obedient plugin asks of the app beside sending: `ask VERB …`, in words a test can read.
//!
//! It refuses to know what the daemon allows and the app carries out.

mod files;
mod grow;

use std::time::Duration;

use outboard_proto::common::{
    ChannelInfo, ChannelPage, CreateChannel, DeleteMessage, Done, EditMessage, FindChannel,
    FindUser, GetMessage, InviteToChannel, ListChannels, ListMessages, Message, MessagePage,
    ModerateUser, ModerationAct, PinMessage, ReactToMessage, SearchMessages, SetStatus, SetTopic,
    ShowTyping, User, find_channel, find_user,
};
use outboard_proto::limits::CALL_KEY;
use outboard_proto::plugin::channels_client::ChannelsClient;
use outboard_proto::plugin::messages_client::MessagesClient;
use outboard_proto::plugin::users_client::UsersClient;
use outboard_proto::plugin::{ReplyRequest, SendRequest, SendResponse};
use outboard_tests::{Refusal, values, wire};
use tonic::transport::Channel;
use tonic::{Request, Response, Status};

use crate::plugin::Plugin;

/// Whoever asks, and why.
pub struct Asking<'a> {
    plugin: &'a Plugin,
    cause: String,
    patience: Option<Duration>,
    channel: Channel,
}

/// Asks for one thing; what came of it, or the refusal.
pub async fn answer(
    plugin: &Plugin,
    (cause, patience): (&str, Option<Duration>),
    what: &str,
) -> String {
    let Some(channel) = plugin.channel() else { return "no session".to_owned() };
    let asking = Asking { plugin, cause: cause.to_owned(), patience, channel };
    let words: Vec<&str> = what.splitn(4, ' ').collect();
    let word = |at: usize| words.get(at).copied().unwrap_or_default().to_owned();
    let rest = |at: usize| words.get(at..).unwrap_or_default().join(" ");
    let (verb, words) = (word(0), [word(1), word(2), word(3)]);
    let done = match verb.as_str() {
        "grow" => grow::grow(&asking, &rest(1)).await,
        "stat" | "fetch" | "attach" | "put" => files::file(&asking, &verb, &rest(1)).await,
        "user" | "named" | "warn" | "mute" | "unmute" | "kick" | "ban" | "unban" => {
            asking.of_person(&verb, words).await
        }
        "channel" | "channels" | "create" | "invite" | "topic" | "pin" | "unpin" => {
            asking.of_channel(&verb, words, rest(2)).await
        }
        _ => asking.of_message(&verb, words, rest(2)).await,
    };
    done.unwrap_or_else(|status| {
        let refusal = Refusal::from(status);
        let outcome = refusal.details.get("outcome").map_or("", String::as_str);
        format!("{refusal} outcome={outcome}")
    })
}

/// Text, or as many letters as `*NUMBER` says.
fn large(text: &str) -> String {
    let many = text.strip_prefix('*').and_then(|count| count.parse().ok());
    many.map_or(text.to_owned(), |count| "x".repeat(count))
}

/// `-` stands for nothing.
fn or_none(word: &str) -> String {
    if word == "-" { String::new() } else { large(word) }
}

impl Asking<'_> {
    fn request<T>(&self, request: T) -> Result<Request<T>, Status> {
        let [token] = self.plugin.metadata();
        let mut metadata = vec![token];
        if !self.cause.is_empty() {
            metadata.push((CALL_KEY, self.cause.clone()));
        }
        let mut request = wire::with_metadata(Request::new(request), &metadata)?;
        if let Some(patience) = self.patience {
            request.set_timeout(patience);
        }
        Ok(request)
    }

    /// `edit CHANNEL MESSAGE TEXT`, `edit-as KEY CHANNEL/MESSAGE TEXT`…
    async fn of_message(
        &self,
        verb: &str,
        [first, second, third]: [String; 3],
        rest: String,
    ) -> Result<String, Status> {
        let mut messages = MessagesClient::new(self.channel.clone());
        let (channel_id, message_id) = (or_none(&first), or_none(&second));
        match verb {
            "edit" | "edit-as" => {
                let mut edit = EditMessage {
                    channel_id,
                    message_id,
                    body: Some(values::plain(&large(&third))),
                    ..EditMessage::default()
                };
                if let ("edit-as", Some((channel, message))) = (verb, second.split_once('/')) {
                    edit.idempotency_key = first;
                    (edit.channel_id, edit.message_id) = (channel.to_owned(), message.to_owned());
                }
                Ok(done(messages.edit(self.request(edit)?).await?))
            }
            "delete" => {
                let delete = DeleteMessage {
                    channel_id,
                    message_id,
                    reason: third,
                    ..DeleteMessage::default()
                };
                Ok(done(messages.delete(self.request(delete)?).await?))
            }
            "react" | "unreact" => {
                let reaction = large(&third);
                let react =
                    ReactToMessage { channel_id, message_id, reaction, ..Default::default() };
                let react = self.request(react)?;
                Ok(done(match verb {
                    "react" => messages.react(react).await?,
                    _ => messages.unreact(react).await?,
                }))
            }
            "get" => {
                let get = GetMessage { channel_id, message_id, ..GetMessage::default() };
                Ok(shown(messages.get(self.request(get)?).await?.get_ref()))
            }
            _ => self.of_talk(verb, [first, second, third], rest).await,
        }
    }

    /// `list CHANNEL MOST BEFORE`, `search CHANNEL TEXT`, `whisper CHANNEL USER TEXT`…
    async fn of_talk(
        &self,
        verb: &str,
        [first, second, third]: [String; 3],
        rest: String,
    ) -> Result<String, Status> {
        let mut messages = MessagesClient::new(self.channel.clone());
        let channel_id = or_none(&first);
        match verb {
            "list" => {
                let (most, before) = (second.parse().unwrap_or(0), third);
                let list = ListMessages { channel_id, most, before, ..ListMessages::default() };
                Ok(page(messages.list(self.request(list)?).await?))
            }
            "search" => {
                let search = SearchMessages { channel_id, text: rest, ..SearchMessages::default() };
                Ok(page(messages.search(self.request(search)?).await?))
            }
            "typing" => {
                let (only_to, ttl_us) = (or_none(&second), third.parse().unwrap_or(5_000_000));
                let typing = ShowTyping { channel_id, only_to, ttl_us, ..ShowTyping::default() };
                Ok(done(messages.typing(self.request(typing)?).await?))
            }
            "status" => {
                let status = SetStatus { text: large(&first), ..SetStatus::default() };
                Ok(done(messages.status(self.request(status)?).await?))
            }
            "whisper" | "direct" => {
                let (only_to, to_user) = match verb {
                    "whisper" => (second, String::new()),
                    _ => (String::new(), second),
                };
                let body = Some(values::plain(&third));
                let send = SendRequest { channel_id, only_to, to_user, body, ..Default::default() };
                Ok(sent(messages.send(self.request(send)?).await?))
            }
            "reply-only" => {
                let body = Some(values::plain(&rest));
                let reply = ReplyRequest { body, only_to: first, ..ReplyRequest::default() };
                Ok(sent(messages.reply(self.request(reply)?).await?))
            }
            _ => Ok(format!("no such verb: {verb}")),
        }
    }

    /// `user ID`, `named NAME`, `mute USER MS CHANNEL/REASON`…
    async fn of_person(
        &self,
        verb: &str,
        [first, second, third]: [String; 3],
    ) -> Result<String, Status> {
        let mut users = UsersClient::new(self.channel.clone());
        let by = match verb {
            "user" => Some(find_user::By::Id(first.clone())),
            "named" => Some(find_user::By::Name(first.clone())),
            _ => None,
        };
        if by.is_some() {
            let find = FindUser { by, ..FindUser::default() };
            return Ok(person(users.get(self.request(find)?).await?));
        }
        let act = match verb {
            "warn" => ModerationAct::Warn,
            "mute" => ModerationAct::Mute,
            "unmute" => ModerationAct::Unmute,
            "kick" => ModerationAct::Kick,
            "ban" => ModerationAct::Ban,
            _ => ModerationAct::Unban,
        };
        let (channel, reason) = third.split_once('/').unwrap_or(("", &third));
        // A negative number becomes what it becomes on the wire.
        let ms: i64 = second.parse().unwrap_or(0);
        let moderate = ModerateUser {
            user_id: first,
            act: act.into(),
            reason: large(reason),
            duration_us: ms.wrapping_mul(1000).cast_unsigned(),
            channel_id: channel.to_owned(),
            ..ModerateUser::default()
        };
        Ok(done(users.moderate(self.request(moderate)?).await?))
    }

    /// `channel ID`, `channels`, `create NAME`, `topic CHANNEL TEXT`, `pin CHANNEL MESSAGE`…
    async fn of_channel(
        &self,
        verb: &str,
        [first, second, _]: [String; 3],
        rest: String,
    ) -> Result<String, Status> {
        let mut channels = ChannelsClient::new(self.channel.clone());
        let (channel_id, message_id) = (first.clone(), second.clone());
        match verb {
            "channel" => {
                let by = Some(find_channel::By::Id(first));
                let find = FindChannel { by, ..FindChannel::default() };
                Ok(place(channels.get(self.request(find)?).await?.get_ref()))
            }
            "channels" => {
                let list = self.request(ListChannels::default())?;
                Ok(places(channels.list(list).await?))
            }
            "create" => {
                let create = CreateChannel { name: large(&first), ..CreateChannel::default() };
                Ok(place(channels.create(self.request(create)?).await?.get_ref()))
            }
            "invite" => {
                let user_id = second;
                let invite = InviteToChannel { channel_id, user_id, ..InviteToChannel::default() };
                Ok(done(channels.invite(self.request(invite)?).await?))
            }
            "topic" => {
                let topic = SetTopic { channel_id, topic: large(&rest), ..SetTopic::default() };
                Ok(done(channels.set_topic(self.request(topic)?).await?))
            }
            "pin" => {
                let pin = PinMessage { channel_id, message_id, ..PinMessage::default() };
                Ok(done(channels.pin(self.request(pin)?).await?))
            }
            _ => {
                let pin = PinMessage { channel_id, message_id, ..PinMessage::default() };
                Ok(done(channels.unpin(self.request(pin)?).await?))
            }
        }
    }
}

fn done(_: Response<Done>) -> String {
    "done".to_owned()
}

fn sent(answer: Response<SendResponse>) -> String {
    format!("sent {}", answer.into_inner().message_id)
}

fn shown(message: &Message) -> String {
    format!("{}={}", message.id, values::text_of(message.body.as_ref()))
}

fn page(answer: Response<MessagePage>) -> String {
    let page = answer.into_inner();
    let more = if page.more { " and more" } else { "" };
    let all: Vec<String> = page.messages.iter().map(shown).collect();
    format!("[{}]{more}", all.join(", "))
}

fn person(answer: Response<User>) -> String {
    let user = answer.into_inner();
    let sender = user.sender.unwrap_or_default();
    format!("{} {} banned={}", sender.id, sender.name, user.banned)
}

fn place(info: &ChannelInfo) -> String {
    let channel = info.channel.clone().unwrap_or_default();
    format!("{} {} {:?}", channel.id, channel.name, info.topic)
}

fn places(answer: Response<ChannelPage>) -> String {
    let page = answer.into_inner();
    page.channels.iter().map(place).collect::<Vec<_>>().join(", ")
}
