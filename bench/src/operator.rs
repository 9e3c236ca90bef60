//! The operator's calls that a measurement needs, each waited for.
//!
//! It refuses to know what is measured.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use hyper_util::rt::TokioIo;
use outboard_proto::admin::admin_client::AdminClient;
use outboard_proto::admin::{GrantChoice, LoadRequest, PluginStatus, State, WatchRequest};
use tokio::net::UnixStream;
use tokio::runtime::{Builder, Runtime};
use tonic::Streaming;
use tonic::transport::{Channel, Endpoint};

/// How long anything may take that a person would wait for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Room for the status of a thousand plugins in one answer.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// A connection to a daemon's admin socket.
pub struct Operator {
    runtime: Runtime,
    client: AdminClient<Channel>,
}

/// What becomes of one plugin, or of all.
pub struct Watch<'a> {
    runtime: &'a Runtime,
    changes: Streaming<PluginStatus>,
}

impl Operator {
    /// Connects.
    pub fn connect(socket: &Path) -> anyhow::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let path: PathBuf = socket.to_owned();
        let connector = tower::service_fn(move |_| {
            let path = path.clone();
            async move { UnixStream::connect(path).await.map(TokioIo::new) }
        });
        let endpoint = Endpoint::from_static("http://localhost").timeout(PATIENCE);
        let channel = runtime.block_on(endpoint.connect_with_connector(connector));
        let channel = channel.with_context(|| format!("connecting to {}", socket.display()))?;
        let client = AdminClient::new(channel).max_decoding_message_size(MOST_BYTES);
        Ok(Self { runtime, client })
    }

    /// Loads a plugin with all it asks for.
    pub fn load(&self, folder: &Path) -> anyhow::Result<()> {
        let request = LoadRequest {
            path: folder.display().to_string(),
            grant: GrantChoice::Asked.into(),
            ..LoadRequest::default()
        };
        let answer = self.runtime.block_on(self.client.clone().load(request));
        answer.with_context(|| format!("loading {}", folder.display()))?;
        Ok(())
    }

    /// Watches one plugin, or all where the name is empty.
    pub fn watch(&self, name: &str) -> anyhow::Result<Watch<'_>> {
        let request = WatchRequest { name: name.to_owned() };
        // The patience of a call would end a stream too.
        let mut request = tonic::Request::new(request);
        request.set_timeout(PATIENCE * 60);
        let changes = self.runtime.block_on(self.client.clone().watch(request));
        let changes = changes.context("watching plugins")?.into_inner();
        Ok(Watch { runtime: &self.runtime, changes })
    }

    /// Waits until a plugin runs and its process is known.
    pub fn wait_running(&self, name: &str) -> anyhow::Result<PluginStatus> {
        self.watch(name)?.until(|status| status.state() == State::Running && status.pid != 0)
    }

    /// Lets time pass.
    pub fn pause(&self, span: Duration) {
        self.runtime.block_on(async { tokio::time::sleep(span).await });
    }
}

impl Watch<'_> {
    /// The next change.
    pub fn next(&mut self) -> anyhow::Result<PluginStatus> {
        let next = async { tokio::time::timeout(PATIENCE, self.changes.message()).await };
        let next = self.runtime.block_on(next);
        let next = next.context("no plugin's state changed for a minute")??;
        next.context("the daemon ended the watch")
    }

    /// The first change that is what is waited for. A plugin that has failed never will be.
    pub fn until(
        &mut self,
        wanted: impl Fn(&PluginStatus) -> bool,
    ) -> anyhow::Result<PluginStatus> {
        loop {
            let status = self.next()?;
            if wanted(&status) {
                return Ok(status);
            }
            let failed = status.state() == State::Failed;
            anyhow::ensure!(!failed, "{} has failed: {}", status.name, status.reason);
        }
    }
}
