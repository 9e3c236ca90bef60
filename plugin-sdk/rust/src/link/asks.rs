//! What the app is asked for over the link: of the daemon, or of the harness's app.
//!
//! It refuses to know what any of it means.

use std::sync::Arc;
use std::time::Duration;

use outboard_proto::common::{
    ChannelInfo, ChannelPage, CreateChannel, DeleteMessage, Done, EditMessage, FindChannel,
    FindUser, GetMessage, InviteToChannel, ListChannels, ListMessages, Message, MessagePage,
    ModerateUser, PinMessage, ReactToMessage, SearchMessages, SetStatus, SetTopic, ShowTyping,
    User,
};
use outboard_proto::plugin::{SendRequest, StreamPiece, stream_piece::Kind};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::{Cause, Link, Way, inner};
use crate::error::HostError;
use crate::messages::Growing;
use crate::messages::growing::UNDER_WAY;

/// How long a message may grow: as long as a handler may work.
const GROWS: Duration = Duration::from_secs(15 * 60);

macro_rules! asks {
    ($($method:ident($request:ty) -> $answer:ty = $client:ident.$rpc:ident;)*) => {
        impl Link {
            $(
                pub(crate) async fn $method(
                    &self,
                    cause: Cause,
                    request: $request,
                ) -> Result<$answer, HostError> {
                    match &self.way {
                        Way::Recorded(recorder) => recorder.app(|app| app.$method(request)),
                        Way::Wire(wire) => {
                            let request = self.request(cause, &wire.token, request)?;
                            inner(wire.$client.clone().$rpc(request).await)
                        }
                    }
                }
            )*
        }
    };
}

asks! {
    edit(EditMessage) -> Done = messages.edit;
    delete(DeleteMessage) -> Done = messages.delete;
    react(ReactToMessage) -> Done = messages.react;
    unreact(ReactToMessage) -> Done = messages.unreact;
    typing(ShowTyping) -> Done = messages.typing;
    status(SetStatus) -> Done = messages.status;
    get_message(GetMessage) -> Message = messages.get;
    list_messages(ListMessages) -> MessagePage = messages.list;
    search_messages(SearchMessages) -> MessagePage = messages.search;
    find_user(FindUser) -> User = users.get;
    moderate(ModerateUser) -> Done = users.moderate;
    find_channel(FindChannel) -> ChannelInfo = channels.get;
    list_channels(ListChannels) -> ChannelPage = channels.list;
    create_channel(CreateChannel) -> ChannelInfo = channels.create;
    invite(InviteToChannel) -> Done = channels.invite;
    set_topic(SetTopic) -> Done = channels.set_topic;
    pin(PinMessage) -> Done = channels.pin;
    unpin(PinMessage) -> Done = channels.unpin;
}

impl Link {
    pub(crate) fn grow(&self, cause: Cause, begin: SendRequest) -> Growing {
        let wire = match &self.way {
            Way::Recorded(recorder) => return Growing::recorded(Arc::clone(recorder), begin),
            Way::Wire(wire) => wire,
        };
        let (out, pieces) = mpsc::channel(UNDER_WAY);
        let begin = StreamPiece { kind: Some(Kind::Begin(Box::new(begin))) };
        out.try_send(begin).expect("the channel has room for the first");
        match self.request(cause, &wire.token, ReceiverStream::new(pieces)) {
            Ok(mut request) => {
                request.set_timeout(GROWS);
                let mut messages = wire.messages.clone();
                let carried = async move { inner(messages.stream(request).await) };
                Growing::wire(out, tokio::spawn(carried))
            }
            Err(why) => Growing::refused(why),
        }
    }
}
