//! A daemon on a socket of its own that says what its script says, and can be killed.
//!
//! It refuses to know any rule of the real one.

use std::path::PathBuf;
use std::sync::Arc;

use outboard_proto::app::app_frame::Kind as Up;
use outboard_proto::app::app_server::{self, AppServer};
use outboard_proto::app::daemon_frame::Kind as Down;
use outboard_proto::app::{
    Answer, Answered, AppFrame, AppHello, AppWelcome, Autocomplete, Cancel, Cancelled, Choices,
    CommandResult, DaemonFrame, HookPolicy, HttpRequest, HttpResponse, Intercept, InterceptResult,
    Policies, Publish, Published, RunCommand, UiAction,
};
use outboard_proto::common::FailurePolicy;
use tempfile::TempDir;
use tokio::net::UnixListener;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio_stream::wrappers::{ReceiverStream, UnixListenerStream};
use tonic::{Request, Response, Status, Streaming};

/// What one frame of the app is answered with.
type Script = Arc<dyn Fn(&Up) -> Vec<Down> + Send + Sync>;

type Frames = ReceiverStream<Result<DaemonFrame, Status>>;

/// The daemon.
pub struct Server {
    dir: TempDir,
    script: Script,
    /// Its own runtime: a killed process leaves no connection behind, nor does this.
    runtime: Option<Runtime>,
    send: mpsc::Sender<Up>,
    seen: mpsc::Receiver<Up>,
}

impl Server {
    pub fn start(script: impl Fn(&Up) -> Vec<Down> + Send + Sync + 'static) -> Self {
        let (send, seen) = mpsc::channel(4096);
        let dir = tempfile::tempdir().unwrap();
        let mut server = Self { dir, script: Arc::new(script), runtime: None, send, seen };
        server.come_back();
        server
    }

    pub fn socket(&self) -> PathBuf {
        self.dir.path().join("app.sock")
    }

    pub fn come_back(&mut self) {
        let runtime = Runtime::new().unwrap();
        let fake = Fake { script: Arc::clone(&self.script), send: self.send.clone() };
        let socket = self.socket();
        let listener = {
            let _inside = runtime.enter();
            UnixListener::bind(socket).unwrap()
        };
        runtime.spawn(async move {
            let server = tonic::transport::Server::builder().add_service(AppServer::new(fake));
            server.serve_with_incoming(UnixListenerStream::new(listener)).await.unwrap();
        });
        self.runtime = Some(runtime);
    }

    pub fn die(&mut self) {
        self.runtime.take().unwrap().shutdown_background();
        std::fs::remove_file(self.socket()).unwrap();
    }

    /// Waits for a frame that `pick` recognizes.
    pub async fn saw<T>(&mut self, pick: impl Fn(Up) -> Option<T>) -> T {
        loop {
            if let Some(found) = pick(self.seen.recv().await.unwrap()) {
                return found;
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The welcome with one policy for `message.before_post`.
pub fn welcome(policy: FailurePolicy, budget_us: u64) -> Down {
    let hook = "message.before_post".into();
    let policy = HookPolicy { hook, intercepted: true, policy: policy.into(), budget_us };
    let policies = Some(Policies { hooks: vec![policy] });
    Down::Welcome(AppWelcome { policies, ..AppWelcome::default() })
}

struct Fake {
    script: Script,
    send: mpsc::Sender<Up>,
}

#[tonic::async_trait]
impl app_server::App for Fake {
    type ConnectStream = Frames;
    type RequestsStream = Frames;

    async fn connect(
        &self,
        request: Request<Streaming<AppFrame>>,
    ) -> Result<Response<Frames>, Status> {
        let mut up = request.into_inner();
        let (down, frames) = mpsc::channel(64);
        let (script, seen) = (Arc::clone(&self.script), self.send.clone());
        tokio::spawn(async move {
            while let Ok(Some(AppFrame { kind: Some(kind) })) = up.message().await {
                let answers = script(&kind);
                let _ = seen.try_send(kind);
                for kind in answers {
                    let _ = down.send(Ok(DaemonFrame { kind: Some(kind) })).await;
                }
            }
        });
        Ok(Response::new(ReceiverStream::new(frames)))
    }

    async fn requests(&self, _: Request<AppHello>) -> Result<Response<Frames>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn intercept(&self, _: Request<Intercept>) -> Result<Response<InterceptResult>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn publish(&self, _: Request<Publish>) -> Result<Response<Published>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn run_command(&self, _: Request<RunCommand>) -> Result<Response<CommandResult>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn ui_action(&self, _: Request<UiAction>) -> Result<Response<CommandResult>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn autocomplete(&self, _: Request<Autocomplete>) -> Result<Response<Choices>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn http(&self, _: Request<HttpRequest>) -> Result<Response<HttpResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn answer(&self, _: Request<Answer>) -> Result<Response<Answered>, Status> {
        Err(Status::unimplemented(""))
    }
    async fn cancel(&self, _: Request<Cancel>) -> Result<Response<Cancelled>, Status> {
        Err(Status::unimplemented(""))
    }
}
