//! The gRPC face of the app's side but for its fast session: the unary twins.
//!
//! Each method decodes, calls and encodes; deciding is the switchboard's.

use std::pin::Pin;
use std::task::{Context, Poll};

use outboard_proto::app::app_server::App;
use outboard_proto::app::{
    Answer, Answered, AppFrame, AppHello, Autocomplete, Cancel, Cancelled, Choices, CommandResult,
    DaemonFrame, HttpRequest, HttpResponse, Intercept, InterceptResult, Publish, Published,
    RunCommand, UiAction, daemon_frame,
};
use outboard_proto::common::{Failure, Reason};
use outboard_proto::limits::NODE_KEY;
use tokio::sync::oneshot;
use tokio_stream::Stream;
use tonic::{Code, Request, Response, Status, Streaming};

use super::connect::{self, enter};
use crate::egress::{EgressStream, egress};
use crate::frame::ToApp;
use crate::routing::{Act, Asked, CommandRun, Completing, HttpCaller, NodeId, Switchboard};
use crate::status;

/// The service of one connection.
pub struct Calls {
    pub switchboard: Switchboard,
}

/// Frames for a node; the node leaves when nobody reads them any more.
pub struct NodeStream {
    frames: EgressStream<ToApp>,
    node: (Switchboard, NodeId),
}

/// Ends what a unary caller waited for, if it leaves before the answer.
struct Waiting(Option<Switchboard>);

#[tonic::async_trait]
impl App for Calls {
    type ConnectStream = NodeStream;
    type RequestsStream = NodeStream;

    async fn connect(
        &self,
        _: Request<Streaming<AppFrame>>,
    ) -> Result<Response<NodeStream>, Status> {
        Err(Status::internal("sessions are opened in front of this service"))
    }

    async fn requests(&self, request: Request<AppHello>) -> Result<Response<NodeStream>, Status> {
        let (sender, frames) = egress();
        let node = enter(&self.switchboard, request.into_inner(), &sender, true);
        let node = node.map_err(|failure| status::of(&failure))?;
        let node = (self.switchboard.clone(), node);
        Ok(Response::new(NodeStream { frames, node }))
    }

    async fn intercept(
        &self,
        request: Request<Intercept>,
    ) -> Result<Response<InterceptResult>, Status> {
        let (sender, result) = oneshot::channel();
        let asked = Asked::Unary(sender, self.node(&request));
        self.switchboard.intercept(asked, Act::of(request.into_inner()));
        match self.waited_for(result).await?.into_inner().into_frame().kind {
            Some(daemon_frame::Kind::Intercepted(result)) => Ok(Response::new(result)),
            // A run is answered with a verdict or a failure.
            Some(_) | None => Err(interrupted()),
        }
    }

    async fn publish(&self, request: Request<Publish>) -> Result<Response<Published>, Status> {
        let Publish { event, trace, .. } = request.into_inner();
        let event = connect::traced(event, trace);
        let told = self.switchboard.publish_and_tell(event);
        told.await.map(Response::new).map_err(|_| interrupted())
    }

    async fn run_command(
        &self,
        request: Request<RunCommand>,
    ) -> Result<Response<CommandResult>, Status> {
        let (sender, result) = oneshot::channel();
        let caller = CommandRun::Unary(sender, self.node(&request));
        self.switchboard.run_command(caller, request.into_inner());
        self.waited_for(result).await
    }

    async fn http(&self, request: Request<HttpRequest>) -> Result<Response<HttpResponse>, Status> {
        let (sender, result) = oneshot::channel();
        let mut waiting = Waiting(Some(self.switchboard.clone()));
        let caller = HttpCaller::Unary(sender, self.node(&request));
        self.switchboard.http(caller, request.into_inner());
        let result = result.await.map_err(|_| interrupted());
        waiting.0 = None;
        result.map(Response::new)
    }

    async fn ui_action(
        &self,
        request: Request<UiAction>,
    ) -> Result<Response<CommandResult>, Status> {
        let (sender, result) = oneshot::channel();
        let caller = CommandRun::Unary(sender, self.node(&request));
        self.switchboard.act(caller, request.into_inner());
        self.waited_for(result).await
    }

    async fn autocomplete(
        &self,
        request: Request<Autocomplete>,
    ) -> Result<Response<Choices>, Status> {
        let (sender, choices) = oneshot::channel();
        self.switchboard.autocomplete(Completing::Unary(sender), request.into_inner());
        self.waited_for(choices).await
    }

    async fn cancel(&self, request: Request<Cancel>) -> Result<Response<Cancelled>, Status> {
        // Unary calls have no ids: who stops waiting for one ends it.
        if self.switchboard.cancel_interaction(&request.into_inner().interaction_id) {
            return Ok(Response::new(Cancelled {}));
        }
        let text = "too much is cancelled at once";
        Err(status::of(&Failure::new(Code::ResourceExhausted, Reason::OverLimit, text)))
    }

    async fn answer(&self, request: Request<Answer>) -> Result<Response<Answered>, Status> {
        if self.switchboard.answer(request.into_inner()) {
            return Ok(Response::new(Answered {}));
        }
        let text = "no request with this id is under way";
        Err(status::of(&Failure::new(Code::NotFound, Reason::Invalid, text)))
    }
}

impl Calls {
    /// The answer of a unary call; if its caller leaves before, what it waited for ends.
    async fn waited_for<T>(&self, answer: oneshot::Receiver<T>) -> Result<Response<T>, Status> {
        let mut waiting = Waiting(Some(self.switchboard.clone()));
        let answer = answer.await.map_err(|_| interrupted());
        waiting.0 = None;
        answer.map(Response::new)
    }

    /// The node that a unary call names: `NODE EPOCH`.
    fn node<T>(&self, request: &Request<T>) -> Option<NodeId> {
        let named = request.metadata().get(NODE_KEY)?.to_str().ok()?;
        let (node, epoch) = named.rsplit_once(' ')?;
        self.switchboard.node(node, epoch.parse().ok()?)
    }
}

fn interrupted() -> Status {
    let text = "the call was given up";
    status::of(&Failure::new(Code::Aborted, Reason::Cancelled, text))
}

impl Stream for NodeStream {
    type Item = Result<DaemonFrame, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = Pin::new(&mut self.frames).poll_next(cx);
        polled.map(|frame| frame.map(|frame| frame.map(ToApp::into_frame)))
    }
}

impl Drop for NodeStream {
    fn drop(&mut self) {
        let (switchboard, node) = &self.node;
        switchboard.detach_node(*node);
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(switchboard) = self.0.take() {
            switchboard.sweep_unary();
            switchboard.sweep_http();
        }
    }
}
