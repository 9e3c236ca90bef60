//! The host API's Messages: send and reply, as the plugin's bot; and what becomes of things held.
//!
//! What may be sent and how it is attributed is routing's to say; here a plugin waits for what
//! comes of it, or for its deadline.

use std::sync::Arc;
use std::time::Duration;

use outboard_proto::app::{Answer, answer, request::Of};
use outboard_proto::common::{
    DeleteMessage, Done, EditMessage, Failure, GetMessage, ListMessages, Message, MessagePage,
    ReactToMessage, Reason, SearchMessages, SetStatus, ShowTyping,
};
use outboard_proto::limits::CALL_KEY;
use outboard_proto::plugin::messages_server::Messages;
use outboard_proto::plugin::{
    DropHeldRequest, HeldResponse, ListHeldRequest, ListHeldResponse, ReleaseHeldRequest,
    ReplyRequest, SendRequest, SendResponse, StreamPiece,
};
use tonic::{Code, Request, Response, Status, Streaming};

use super::asking::ask;
use super::listen::Entrance;
use super::{growing, held, places};
use crate::config::permission::Permission;
use crate::held::dropping;
use crate::held::stage::Way;
pub use crate::outbox::Outbox;
use crate::routing::Cause;
use crate::status;

/// How long a plugin waits that does not say: the time-out of one call.
const PATIENCE: Duration = Duration::from_secs(5);

const SEND: &str = "/outboard.plugin.v1.Messages/Send";
const REPLY: &str = "/outboard.plugin.v1.Messages/Reply";

/// The service of one connection.
pub struct HostMessages {
    pub entrance: Arc<Entrance>,
}

#[tonic::async_trait]
impl Messages for HostMessages {
    async fn send(&self, request: Request<SendRequest>) -> Result<Response<SendResponse>, Status> {
        let cause = self.cause(&request);
        let patience = patience(&request);
        let send = request.into_inner();
        let sent = match self.check_place(SEND, &send, cause.as_ref()) {
            Ok(()) => self.carry_out(send, cause, patience).await,
            Err(failure) => Err(failure),
        };
        sent.map(Response::new).map_err(|failure| status::of(&failure))
    }

    async fn reply(
        &self,
        request: Request<ReplyRequest>,
    ) -> Result<Response<SendResponse>, Status> {
        let cause = self.cause(&request);
        let patience = patience(&request);
        let addressed = self.addressed(request.into_inner(), cause).and_then(|(send, cause)| {
            self.check_place(REPLY, &send, Some(&cause)).map(|()| (send, cause))
        });
        let sent = match addressed {
            Ok((send, cause)) => self.carry_out(send, Some(cause), patience).await,
            Err(failure) => Err(failure),
        };
        sent.map(Response::new).map_err(|failure| status::of(&failure))
    }

    async fn release_held(
        &self,
        request: Request<ReleaseHeldRequest>,
    ) -> Result<Response<HeldResponse>, Status> {
        let (patience, id) = (patience(&request), &request.get_ref().id);
        let decided = held::decide(&self.entrance, id, Way::Release, patience).await;
        decided.map(Response::new).map_err(|failure| status::of(&failure))
    }

    async fn drop_held(
        &self,
        request: Request<DropHeldRequest>,
    ) -> Result<Response<HeldResponse>, Status> {
        let patience = patience(&request);
        let DropHeldRequest { id, reason } = request.into_inner();
        let decided = match dropping(reason) {
            Ok(way) => held::decide(&self.entrance, &id, way, patience).await,
            Err(failure) => Err(failure),
        };
        decided.map(Response::new).map_err(|failure| status::of(&failure))
    }

    async fn list_held(
        &self,
        request: Request<ListHeldRequest>,
    ) -> Result<Response<ListHeldResponse>, Status> {
        let listed = held::list(&self.entrance, request.into_inner()).await;
        listed.map(Response::new).map_err(|failure| status::of(&failure))
    }

    async fn stream(&self, request: Request<Streaming<StreamPiece>>) -> Answering<SendResponse> {
        let cause = self.cause(&request);
        let grown = growing::grow(&self.entrance, request.into_inner(), cause).await;
        grown.map(Response::new).map_err(|failure| status::of(&failure))
    }

    async fn edit(&self, request: Request<EditMessage>) -> Answering<Done> {
        ask(&self.entrance, request, Of::Edit).await
    }

    async fn delete(&self, request: Request<DeleteMessage>) -> Answering<Done> {
        ask(&self.entrance, request, Of::Delete).await
    }

    async fn react(&self, request: Request<ReactToMessage>) -> Answering<Done> {
        ask(&self.entrance, request, Of::React).await
    }

    async fn unreact(&self, request: Request<ReactToMessage>) -> Answering<Done> {
        ask(&self.entrance, request, Of::Unreact).await
    }

    async fn typing(&self, request: Request<ShowTyping>) -> Answering<Done> {
        ask(&self.entrance, request, Of::Typing).await
    }

    async fn status(&self, request: Request<SetStatus>) -> Answering<Done> {
        ask(&self.entrance, request, Of::Status).await
    }

    async fn get(&self, request: Request<GetMessage>) -> Answering<Message> {
        ask(&self.entrance, request, Of::GetMessage).await
    }

    async fn list(&self, request: Request<ListMessages>) -> Answering<MessagePage> {
        ask(&self.entrance, request, Of::ListMessages).await
    }

    async fn search(&self, request: Request<SearchMessages>) -> Answering<MessagePage> {
        ask(&self.entrance, request, Of::SearchMessages).await
    }
}

type Answering<T> = Result<Response<T>, Status>;

impl HostMessages {
    fn cause<T>(&self, request: &Request<T>) -> Option<Cause> {
        cause(&self.entrance, request)
    }

    /// A reply goes where its cause happened.
    fn addressed(
        &self,
        reply: ReplyRequest,
        cause: Option<Cause>,
    ) -> Result<(SendRequest, Cause), Failure> {
        let nowhere = || {
            let text = format!(
                "nothing is being handled that could be replied to: send metadata {CALL_KEY}"
            );
            Failure::new(Code::FailedPrecondition, Reason::Invalid, text)
        };
        let cause = cause.ok_or_else(nowhere)?;
        let channel = cause.channel.clone().ok_or_else(nowhere)?;
        let send = SendRequest {
            workspace: cause.workspace.clone(),
            channel_id: channel.id,
            body: reply.body,
            thread_root: cause.thread_root.clone(),
            role: reply.role,
            idempotency_key: reply.idempotency_key,
            metadata: reply.metadata,
            only_to: reply.only_to,
            attachments: reply.attachments,
            ..SendRequest::default()
        };
        Ok((send, cause))
    }

    /// Whether it may write there.
    fn check_place(
        &self,
        rpc: &'static str,
        send: &SendRequest,
        cause: Option<&Cause>,
    ) -> Result<(), Failure> {
        let workspace = match (send.workspace.as_str(), cause) {
            ("", Some(cause)) => &cause.workspace,
            (named, _) => named,
        };
        let channel = places::named(&send.channel_id, cause);
        if !send.attachments.is_empty() {
            let files = (rpc, Permission::FilesWrite);
            places::permitted(&self.entrance, files, workspace, &channel)?;
        }
        places::permitted(&self.entrance, (rpc, Permission::MessagesSend), workspace, &channel)
    }

    async fn carry_out(
        &self,
        send: SendRequest,
        cause: Option<Cause>,
        patience: Duration,
    ) -> Result<SendResponse, Failure> {
        let keyed = !send.idempotency_key.is_empty();
        let outgoing = self.entrance.switchboard.compose(self.entrance.member, send, cause)?;
        if outgoing.is_at_once() {
            return sent(self.entrance.outbox.at_once(&outgoing, patience).await?);
        }
        let name = self.entrance.facts().name.clone();
        sent(self.entrance.outbox.carry_out(&name, outgoing, keyed, patience).await?)
    }
}

pub(super) fn sent(answer: Answer) -> Result<SendResponse, Failure> {
    match answer.result {
        Some(answer::Result::Sent(sent)) => Ok(SendResponse { message_id: sent.message_id }),
        Some(answer::Result::Failure(failure)) => Err(failure),
        _ => {
            let text = "the app answered something else than it was asked for";
            Err(Failure::new(Code::Internal, Reason::BadAnswer, text))
        }
    }
}

/// What the plugin is handling while it asks for something, if it says so.
pub fn cause<T>(entrance: &Entrance, request: &Request<T>) -> Option<Cause> {
    let named = request.metadata().get(CALL_KEY)?.to_str().ok()?;
    entrance.switchboard.cause(entrance.member, named)
}

/// How long the plugin waits: what it says in `grpc-timeout`, within reason.
pub(super) fn patience<T>(request: &Request<T>) -> Duration {
    let said = said_timeout(request).unwrap_or(PATIENCE).min(Duration::from_secs(60));
    // The answer must reach the plugin before its own deadline does.
    said.saturating_sub((said / 10).min(Duration::from_millis(50)))
}

/// What `grpc-timeout` says, if anything.
pub(super) fn said_timeout<T>(request: &Request<T>) -> Option<Duration> {
    let said = request.metadata().get("grpc-timeout").and_then(|value| value.to_str().ok());
    said.and_then(parse_timeout)
}

/// gRPC's own notation: up to eight digits and a unit.
fn parse_timeout(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let count: u64 = digits.parse().ok().filter(|_| digits.len() <= 8)?;
    match unit {
        "H" => Some(Duration::from_secs(count * 3600)),
        "M" => Some(Duration::from_secs(count * 60)),
        "S" => Some(Duration::from_secs(count)),
        "m" => Some(Duration::from_millis(count)),
        "u" => Some(Duration::from_micros(count)),
        "n" => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grpcs_timeouts_are_understood() {
        assert_eq!(parse_timeout("250m"), Some(Duration::from_millis(250)));
        assert_eq!(parse_timeout("5S"), Some(Duration::from_secs(5)));
        assert_eq!(parse_timeout("123456789S"), None);
        assert_eq!(parse_timeout(""), None);
        assert_eq!(parse_timeout("5x"), None);
    }
}
