//! A daemon of a few lines: it takes sessions and host calls and leaves every decision to the test.
//!
//! It refuses to know what a plugin should do.

use std::thread;
use std::time::Duration;

use outboard_plugin::proto::common::{
    Body, DeleteMessage, Done, EditMessage, GetMessage, HeldItem, HookPayload, ListMessages,
    Message, MessagePage, Ping, ReactToMessage, SearchMessages, SetStatus, ShowTyping, body,
    hook_payload,
};
use outboard_plugin::proto::plugin::daemon_frame::Kind as Down;
use outboard_plugin::proto::plugin::interactions_server::{Interactions, InteractionsServer};
use outboard_plugin::proto::plugin::messages_server::{Messages, MessagesServer};
use outboard_plugin::proto::plugin::plugin_frame::Kind as Up;
use outboard_plugin::proto::plugin::plugin_server::{Plugin as Service, PluginServer};
use outboard_plugin::proto::plugin::{
    Call, DaemonFrame, DropHeldRequest, FollowUpRequest, FollowUpResponse, HeldResponse, Hello,
    Intercept, ListHeldRequest, ListHeldResponse, PluginFrame, ReleaseHeldRequest, ReplyRequest,
    RunCommand, SendRequest, SendResponse, Shutdown, StreamPiece, Welcome, call, reply,
    stream_piece,
};
use outboard_plugin::{Environment, Plugin, RunError};
use tempfile::TempDir;
use tokio::net::UnixListener;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use tokio_stream::wrappers::{ReceiverStream, UnixListenerStream};
use tonic::metadata::MetadataMap;
use tonic::transport::Server;
use tonic::{Request, Response, Status, Streaming};

/// Far longer than anything here takes: a test that waits for it has failed.
const PATIENCE: Duration = Duration::from_secs(20);

pub struct Daemon {
    folder: TempDir,
    sessions: mpsc::Receiver<Session>,
    pub host_calls: mpsc::Receiver<HostCall>,
    server: tokio::task::JoinHandle<()>,
}

/// A host call as the daemon saw it.
#[derive(Debug)]
pub struct HostCall {
    pub token: String,
    pub cause: Option<String>,
    pub channel: Option<String>,
    pub text: String,
}

/// One session, from the daemon's side.
pub struct Session {
    pub hello: Hello,
    pub token: String,
    up: Streaming<PluginFrame>,
    down: mpsc::Sender<Result<DaemonFrame, Status>>,
}

impl Daemon {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("s")).unwrap();
        let (session, sessions) = mpsc::channel(4);
        let (host_call, host_calls) = mpsc::channel(64);
        let serving = Server::builder()
            .add_service(PluginServer::new(Door { session }))
            .add_service(MessagesServer::new(Desk { host_call: host_call.clone() }))
            .add_service(InteractionsServer::new(Desk { host_call }))
            .serve_with_incoming(UnixListenerStream::new(listener));
        let server = tokio::spawn(async { serving.await.unwrap() });
        Self { folder, sessions, host_calls, server }
    }

    pub fn environment(&self) -> Environment {
        Environment {
            socket: self.folder.path().join("s"),
            token: "token-1".to_owned(),
            data_dir: self.folder.path().to_owned(),
        }
    }

    /// Runs a plugin on a thread of its own, as in a process of its own.
    pub fn run(&self, build: impl FnOnce() -> Plugin + Send + 'static) -> Run {
        let environment = self.environment();
        let (end, ended) = oneshot::channel();
        thread::spawn(move || {
            let _ = end.send(build().environment(environment).run().into_result());
        });
        Run { ended }
    }

    /// The next session, whose plugin has said hello.
    pub async fn session(&mut self) -> Session {
        timeout(PATIENCE, self.sessions.recv()).await.expect("no session came").unwrap()
    }

    /// The next session, welcomed and ready.
    pub async fn ready(&mut self) -> Session {
        let mut session = self.session().await;
        session.welcome(1, false).await;
        assert!(matches!(session.next().await, Some(Up::Ready(_))));
        session
    }

    pub async fn host_call(&mut self) -> HostCall {
        timeout(PATIENCE, self.host_calls.recv()).await.expect("no host call came").unwrap()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// A plugin that runs.
pub struct Run {
    ended: oneshot::Receiver<Result<(), RunError>>,
}

impl Run {
    pub async fn end(self) -> Result<(), RunError> {
        timeout(PATIENCE, self.ended).await.expect("the plugin does not end").unwrap()
    }
}

impl Session {
    /// What the plugin says next; none at the end of its stream.
    pub async fn next(&mut self) -> Option<Up> {
        let frame = timeout(PATIENCE, self.up.message()).await.expect("the plugin says nothing");
        frame.ok().flatten().map(|frame| frame.kind.expect("a frame of a known kind"))
    }

    pub async fn say(&self, kind: Down) {
        self.down.send(Ok(DaemonFrame { kind: Some(kind) })).await.unwrap();
    }

    pub async fn refuse(self, status: Status) {
        self.down.send(Err(status)).await.unwrap();
    }

    pub async fn welcome(&self, session: u64, resumed: bool) {
        let features = vec!["progress".to_owned(), "partial".to_owned()];
        let welcome = Welcome { generation: 1, session, resumed, features, ..Welcome::default() };
        self.say(Down::Welcome(welcome)).await;
    }

    pub async fn post(&self, id: u64, text: &str) {
        self.intercept(id, text, Duration::from_secs(5)).await;
    }

    pub async fn intercept(&self, id: u64, text: &str, budget: Duration) {
        let content = Some(body::Content::Plain(text.to_owned()));
        let message = Message { body: Some(Body { content }), ..Message::default() };
        let of = Some(hook_payload::Of::BeforePost(message.into()));
        let intercept = Intercept { payload: Some(HookPayload { of }), ..Intercept::default() };
        self.call(id, call::Of::Intercept(intercept), budget).await;
    }

    pub async fn command(&self, id: u64, name: &str) {
        let run = RunCommand { name: name.to_owned(), ..RunCommand::default() };
        self.call(id, call::Of::Command(Box::new(run)), Duration::from_secs(5)).await;
    }

    pub async fn call(&self, id: u64, of: call::Of, budget: Duration) {
        let budget_us = u64::try_from(budget.as_micros()).unwrap();
        self.say(Down::Call(Call { id, budget_us, of: Some(of), ..Call::default() })).await;
    }

    /// The next frame, which answers `call`.
    pub async fn answer(&mut self, call: u64) -> reply::Result {
        match self.next().await {
            Some(Up::Reply(reply)) if reply.call == call => reply.result.unwrap(),
            other => panic!("no answer to call {call}: {other:?}"),
        }
    }

    /// Pings, and expects nothing but the pong.
    pub async fn ping(&mut self, nonce: u64) {
        self.say(Down::Ping(Ping { nonce })).await;
        match self.next().await {
            Some(Up::Pong(pong)) => assert_eq!(pong.nonce, nonce),
            other => panic!("no pong: {other:?}"),
        }
    }

    pub async fn shut_down(&self) {
        let budget_us = 1_000_000;
        self.say(Down::Shutdown(Shutdown { budget_us, ..Shutdown::default() })).await;
    }
}

struct Door {
    session: mpsc::Sender<Session>,
}

#[tonic::async_trait]
impl Service for Door {
    type SessionStream = ReceiverStream<Result<DaemonFrame, Status>>;

    async fn session(
        &self,
        request: Request<Streaming<PluginFrame>>,
    ) -> Result<Response<Self::SessionStream>, Status> {
        let token = text(request.metadata(), "outboard-token").unwrap_or_default();
        let mut up = request.into_inner();
        let first = up.message().await?.and_then(|frame| frame.kind);
        let Some(Up::Hello(hello)) = first else { panic!("no hello: {first:?}") };
        let (down, sent) = mpsc::channel(1024);
        let session = Session { hello, token, up, down };
        self.session.send(session).await.map_err(|_| Status::unavailable("the test is over"))?;
        Ok(Response::new(ReceiverStream::new(sent)))
    }
}

struct Desk {
    host_call: mpsc::Sender<HostCall>,
}

impl Desk {
    async fn take(
        &self,
        metadata: &MetadataMap,
        channel: Option<String>,
        body: Option<Body>,
    ) -> Result<Response<SendResponse>, Status> {
        let Some(body::Content::Plain(said)) = body.and_then(|body| body.content) else {
            return Err(Status::invalid_argument("no plain body"));
        };
        let call = HostCall {
            token: text(metadata, "outboard-token").unwrap_or_default(),
            cause: text(metadata, "outboard-call"),
            channel,
            text: said,
        };
        self.host_call.send(call).await.unwrap();
        Ok(Response::new(SendResponse { message_id: "m1".to_owned() }))
    }
}

#[tonic::async_trait]
impl Messages for Desk {
    async fn send(&self, request: Request<SendRequest>) -> Result<Response<SendResponse>, Status> {
        let (metadata, _, send) = request.into_parts();
        if send.channel_id == "forbidden" {
            return Err(crate::refusal(tonic::Code::PermissionDenied, "PERMISSION_DENIED"));
        }
        self.take(&metadata, Some(send.channel_id), send.body).await
    }

    async fn reply(
        &self,
        request: Request<ReplyRequest>,
    ) -> Result<Response<SendResponse>, Status> {
        let (metadata, _, reply) = request.into_parts();
        self.take(&metadata, None, reply.body).await
    }

    async fn release_held(
        &self,
        request: Request<ReleaseHeldRequest>,
    ) -> Result<Response<HeldResponse>, Status> {
        let (metadata, _, release) = request.into_parts();
        let said = Some(Body { content: Some(body::Content::Plain("release".to_owned())) });
        self.take(&metadata, Some(release.id), said).await?;
        Ok(Response::new(HeldResponse { message_id: "m1".to_owned(), told: true }))
    }

    async fn drop_held(
        &self,
        request: Request<DropHeldRequest>,
    ) -> Result<Response<HeldResponse>, Status> {
        let (metadata, _, dropping) = request.into_parts();
        let why = dropping.reason.unwrap_or_default().text;
        let said = Some(Body { content: Some(body::Content::Plain(why)) });
        self.take(&metadata, Some(dropping.id), said).await?;
        Ok(Response::new(HeldResponse::default()))
    }

    async fn list_held(
        &self,
        request: Request<ListHeldRequest>,
    ) -> Result<Response<ListHeldResponse>, Status> {
        let ListHeldRequest { queue, after } = request.into_inner();
        let item = |number: i64| HeldItem {
            id: format!("{queue}-{number}"),
            number,
            ..HeldItem::default()
        };
        // Two pages and an end.
        let items = (after + 1..=4).take(2).map(item).collect();
        Ok(Response::new(ListHeldResponse { items }))
    }

    /// Says what was said, in the order of its pieces.
    async fn stream(
        &self,
        request: Request<tonic::Streaming<StreamPiece>>,
    ) -> Result<Response<SendResponse>, Status> {
        let (metadata, _, mut pieces) = request.into_parts();
        let (mut channel, mut said) = (None, String::new());
        while let Some(piece) = pieces.message().await? {
            match piece.kind {
                Some(stream_piece::Kind::Begin(begin)) => channel = Some(begin.channel_id),
                Some(stream_piece::Kind::Text(text)) => said.push_str(&text),
                Some(stream_piece::Kind::Abort(why)) => said.push_str(&format!(" ({why})")),
                None => {}
            }
        }
        self.take(&metadata, channel, Some(Body { content: Some(body::Content::Plain(said)) }))
            .await
    }

    async fn edit(&self, request: Request<EditMessage>) -> Result<Response<Done>, Status> {
        let (metadata, _, edit) = request.into_parts();
        self.take(&metadata, Some(edit.channel_id), edit.body).await?;
        Ok(Response::new(Done {}))
    }

    async fn delete(&self, _: Request<DeleteMessage>) -> Result<Response<Done>, Status> {
        Err(Status::unimplemented("nothing here asks for it"))
    }

    async fn react(&self, _: Request<ReactToMessage>) -> Result<Response<Done>, Status> {
        Err(Status::unimplemented("nothing here asks for it"))
    }

    async fn unreact(&self, _: Request<ReactToMessage>) -> Result<Response<Done>, Status> {
        Err(Status::unimplemented("nothing here asks for it"))
    }

    async fn typing(&self, _: Request<ShowTyping>) -> Result<Response<Done>, Status> {
        Err(Status::unimplemented("nothing here asks for it"))
    }

    async fn status(&self, _: Request<SetStatus>) -> Result<Response<Done>, Status> {
        Err(Status::unimplemented("nothing here asks for it"))
    }

    async fn get(&self, _: Request<GetMessage>) -> Result<Response<Message>, Status> {
        Err(Status::unimplemented("nothing here asks for it"))
    }

    async fn list(&self, _: Request<ListMessages>) -> Result<Response<MessagePage>, Status> {
        Err(Status::unimplemented("nothing here asks for it"))
    }

    async fn search(&self, _: Request<SearchMessages>) -> Result<Response<MessagePage>, Status> {
        Err(Status::unimplemented("nothing here asks for it"))
    }
}

#[tonic::async_trait]
impl Interactions for Desk {
    async fn follow_up(
        &self,
        request: Request<FollowUpRequest>,
    ) -> Result<Response<FollowUpResponse>, Status> {
        let (metadata, _, said) = request.into_parts();
        let FollowUpRequest { interaction_id, seq, reply, last } = said;
        let channel = Some(format!("{interaction_id} {seq} {last}"));
        self.take(&metadata, channel, reply.and_then(|reply| reply.body)).await?;
        Ok(Response::new(FollowUpResponse { message_id: "m1".to_owned() }))
    }
}

fn text(metadata: &MetadataMap, key: &str) -> Option<String> {
    metadata.get(key).map(|value| value.to_str().unwrap().to_owned())
}
