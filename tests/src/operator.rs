//! The person behind the admin socket: typed calls, and waiting for what a plugin becomes.
//!
//! It refuses to know how often the daemon looks: it waits for states that Watch tells of.

use std::path::Path;

use outboard_proto::admin::admin_client::AdminClient;
use outboard_proto::admin::{
    BackupRequest, BackupResponse, BypassRequest, CheckRequest, CheckResponse, DaemonInfo,
    DaemonStatusRequest, DeadLetter, DeadLetterIds, DeadLettersRequest, DebugNews, DebugRequest,
    DiffRequest, DoctorRequest, EndRecord, Finding, GrantChoice, ListRequest, LoadRequest,
    LoadResponse, LogLine, LogsRequest, Named, OrderRequest, OrderResponse, PluginStatus,
    ReloadRequest, ReloadResponse, RevertRequest, SetRequest, ShowDeadLetterRequest, State,
    StatusRequest, TraceRecord, TraceRequest, WatchRequest,
};
use tonic::transport::Channel;
use tonic::{Response, Status, Streaming};

use crate::{PATIENCE, Refusal};

mod held;
mod permissions;
mod privacy;
pub mod settings;
mod statistics;
mod storage;

/// What an RPC comes to.
pub type Answer<T> = Result<T, Refusal>;

/// A client of admin.sock.
#[derive(Debug, Clone)]
pub struct Operator {
    client: AdminClient<Channel>,
    channel: Channel,
}

impl Operator {
    /// Speaks over a channel to admin.sock.
    #[must_use]
    pub fn over(channel: Channel) -> Self {
        Self { client: AdminClient::new(channel.clone()), channel }
    }

    /// Everything about one plugin.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn status(&self, name: &str) -> Answer<PluginStatus> {
        let request = StatusRequest { name: name.to_owned() };
        inner(self.client.clone().status(request).await)
    }

    /// Every plugin.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn list(&self) -> Answer<Vec<PluginStatus>> {
        Ok(inner(self.client.clone().list(ListRequest {}).await)?.plugins)
    }

    /// Loads a folder and grants as told.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn load_as(&self, path: &Path, grant: GrantChoice) -> Answer<LoadResponse> {
        let path = path.to_string_lossy().into_owned();
        let request = LoadRequest { path, grant: grant.into(), ..LoadRequest::default() };
        inner(self.client.clone().load(request).await)
    }

    /// Loads a folder and grants what it asks for.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn load(&self, path: &Path) -> Answer<LoadResponse> {
        self.load_as(path, GrantChoice::Asked).await
    }

    /// Any load.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn load_with(&self, request: LoadRequest) -> Answer<LoadResponse> {
        inner(self.client.clone().load(request).await)
    }

    /// Stops and forgets a plugin.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn unload(&self, name: &str) -> Answer<String> {
        Ok(inner(self.client.clone().unload(named(name)).await)?.message)
    }

    /// Lets a plugin start.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn enable(&self, name: &str) -> Answer<String> {
        Ok(inner(self.client.clone().enable(named(name)).await)?.message)
    }

    /// Stops a plugin until it is enabled.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn disable(&self, name: &str) -> Answer<String> {
        Ok(inner(self.client.clone().disable(named(name)).await)?.message)
    }

    /// Stops and starts a plugin.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn restart(&self, name: &str) -> Answer<String> {
        Ok(inner(self.client.clone().restart(named(name)).await)?.message)
    }

    /// Lets a failed plugin try again.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn reset(&self, name: &str) -> Answer<String> {
        Ok(inner(self.client.clone().reset(named(name)).await)?.message)
    }

    /// Who is asked at a hook, in order.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn order(&self, hook: &str) -> Answer<OrderResponse> {
        let request = OrderRequest { hook: hook.to_owned() };
        inner(self.client.clone().order(request).await)
    }

    /// Takes interceptors off the path, or puts them back.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn bypass(&self, request: BypassRequest) -> Answer<String> {
        Ok(inner(self.client.clone().bypass(request).await)?.message)
    }

    /// What the daemon thinks of its machine.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn doctor(&self) -> Answer<Vec<Finding>> {
        Ok(inner(self.client.clone().doctor(DoctorRequest {}).await)?.findings)
    }

    /// What is wrong with a plugin folder.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn check(&self, path: &Path, fix: bool) -> Answer<CheckResponse> {
        let path = path.to_string_lossy().into_owned();
        inner(self.client.clone().check(CheckRequest { path, fix }).await)
    }

    /// Reads the configuration files again.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn reload(&self) -> Answer<ReloadResponse> {
        inner(self.client.clone().reload(ReloadRequest {}).await)
    }

    /// What a reload would change.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn diff(&self) -> Answer<ReloadResponse> {
        inner(self.client.clone().diff(DiffRequest {}).await)
    }

    /// Sets one value above the files.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn set(&self, name: &str, key: &str, value: &str) -> Answer<String> {
        let [name, key, value] = [name, key, value].map(str::to_owned);
        Ok(inner(self.client.clone().set(SetRequest { name, key, value }).await)?.message)
    }

    /// Drops what was set.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn revert(&self, name: &str, key: &str) -> Answer<String> {
        let request = RevertRequest { name: name.to_owned(), key: key.to_owned() };
        Ok(inner(self.client.clone().revert(request).await)?.message)
    }

    /// Copies the state.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn backup(&self, dir: &Path) -> Answer<BackupResponse> {
        self.backup_with(dir, false).await
    }

    /// Copies the state, with what is secret or without.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn backup_with(&self, dir: &Path, with_secrets: bool) -> Answer<BackupResponse> {
        let dir = dir.to_string_lossy().into_owned();
        let request = BackupRequest { dir, with_secrets };
        inner(self.client.clone().backup(request).await)
    }

    /// Puts a copy of the state back.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn restore(&self, dir: &Path) -> Answer<String> {
        let dir = dir.to_string_lossy().into_owned();
        let request = outboard_proto::admin::RestoreRequest { dir };
        Ok(inner(self.client.clone().restore(request).await)?.message)
    }

    /// The daemon itself.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn daemon(&self) -> Answer<DaemonInfo> {
        inner(self.client.clone().daemon_status(DaemonStatusRequest {}).await)
    }

    /// Dead letters of a plugin, the newest first.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn dead_letters(&self, plugin: &str) -> Answer<Vec<DeadLetter>> {
        let request = DeadLettersRequest { plugin: plugin.to_owned(), ..Default::default() };
        Ok(inner(self.client.clone().dead_letters(request).await)?.letters)
    }

    /// One dead letter, with or without what it says.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn dead_letter(&self, id: i64, content: bool) -> Answer<DeadLetter> {
        let request = ShowDeadLetterRequest { id, content };
        inner(self.client.clone().show_dead_letter(request).await)
    }

    /// Has dead letters delivered again.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn replay(&self, ids: &[i64]) -> Answer<String> {
        let request = DeadLetterIds { ids: ids.to_vec() };
        Ok(inner(self.client.clone().replay_dead_letters(request).await)?.message)
    }

    /// Drops dead letters.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn drop_letters(&self, ids: &[i64]) -> Answer<String> {
        let request = DeadLetterIds { ids: ids.to_vec() };
        Ok(inner(self.client.clone().drop_dead_letters(request).await)?.message)
    }

    /// The lines a plugin has written and that are kept.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn logs(&self, name: &str) -> Answer<Vec<LogLine>> {
        let request = LogsRequest { name: name.to_owned(), follow: false, tail: 0 };
        let mut stream = inner(self.client.clone().logs(request).await)?;
        let mut lines = Vec::new();
        while let Some(line) = stream.message().await? {
            lines.push(line);
        }
        Ok(lines)
    }

    /// What becomes of calls of hooks, from now on.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn trace(&self, request: TraceRequest) -> Answer<Streaming<TraceRecord>> {
        inner(self.client.clone().trace(request).await)
    }

    /// Invites a process of this test's user to stand in for a plugin.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn debug(&self, name: &str) -> Answer<Streaming<DebugNews>> {
        let request = DebugRequest { name: name.to_owned() };
        inner(self.client.clone().debug(request).await)
    }

    /// Ends the debugging of a plugin.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn end_debug(&self, name: &str) -> Answer<String> {
        Ok(inner(self.client.clone().end_debug(named(name)).await)?.message)
    }

    /// Follows a plugin's lines until one satisfies `wanted`, and returns it.
    ///
    /// # Errors
    /// No such line came within the patience of a test.
    pub async fn wait_for_line(
        &self,
        name: &str,
        wanted: impl Fn(&LogLine) -> bool,
    ) -> anyhow::Result<LogLine> {
        let request = LogsRequest { name: name.to_owned(), follow: true, tail: 0 };
        let mut stream = inner(self.client.clone().logs(request).await)?;
        let search = async {
            while let Some(line) = stream.message().await? {
                if wanted(&line) {
                    return Ok(line);
                }
            }
            anyhow::bail!("the log of {name} ended before the line that was waited for")
        };
        let found = tokio::time::timeout(PATIENCE, search).await;
        found.map_err(|_| anyhow::anyhow!("the line of {name} that was waited for did not come"))?
    }

    /// Waits until Watch shows a plugin as `wanted`, and returns that status; `what` is what was
    /// waited for, in words.
    ///
    /// # Errors
    /// It did not become so within the patience of a test; the last status is told.
    pub async fn wait_until(
        &self,
        name: &str,
        what: &str,
        wanted: impl Fn(&PluginStatus) -> bool,
    ) -> anyhow::Result<PluginStatus> {
        let mut last = None;
        let search = self.search(name, wanted, &mut last);
        let found = tokio::time::timeout(PATIENCE, search).await;
        match found {
            Ok(found) => found,
            Err(_) => anyhow::bail!("{name} never was {what}; at last: {last:#?}"),
        }
    }

    async fn search(
        &self,
        name: &str,
        wanted: impl Fn(&PluginStatus) -> bool,
        last: &mut Option<PluginStatus>,
    ) -> anyhow::Result<PluginStatus> {
        let everyone = WatchRequest { name: String::new() };
        let mut stream = inner(self.client.clone().watch(everyone).await)?;
        while let Some(status) = stream.message().await? {
            if status.name == name && wanted(&status) {
                return Ok(status);
            }
            if status.name == name {
                *last = Some(status);
            }
        }
        anyhow::bail!("the watch ended; {name} at last: {last:#?}")
    }

    /// Waits until a plugin is in a state.
    ///
    /// # Errors
    /// As [`Operator::wait_until`].
    pub async fn wait_state(&self, name: &str, state: State) -> anyhow::Result<PluginStatus> {
        self.wait_until(name, state.as_str_name(), |status| status.state() == state).await
    }

    /// Waits until a plugin runs and its process is known: it can be ready before the news of its
    /// start has come.
    ///
    /// # Errors
    /// As [`Operator::wait_until`].
    pub async fn wait_running(&self, name: &str) -> anyhow::Result<PluginStatus> {
        self.wait_until(name, "running", runs).await
    }

    /// Waits until a plugin runs in a generation above `generation`.
    ///
    /// # Errors
    /// As [`Operator::wait_until`].
    pub async fn wait_back(&self, name: &str, generation: u64) -> anyhow::Result<PluginStatus> {
        let back = |status: &PluginStatus| runs(status) && status.generation > generation;
        self.wait_until(name, "running again", back).await
    }

    /// Waits until a plugin has been given up.
    ///
    /// # Errors
    /// As [`Operator::wait_until`].
    pub async fn wait_failed(&self, name: &str) -> anyhow::Result<PluginStatus> {
        self.wait_state(name, State::Failed).await
    }

    /// Waits for the record of the end of a generation.
    ///
    /// # Errors
    /// As [`Operator::wait_until`].
    pub async fn wait_end(&self, name: &str, generation: u64) -> anyhow::Result<EndRecord> {
        let of = |status: &PluginStatus| {
            status.ends.iter().find(|end| end.generation == generation).cloned()
        };
        let status = self.wait_until(name, "ended", |status| of(status).is_some()).await?;
        of(&status).ok_or_else(|| anyhow::anyhow!("it was there a moment ago"))
    }
}

fn runs(status: &PluginStatus) -> bool {
    status.state() == State::Running && status.pid != 0
}

fn named(name: &str) -> Named {
    Named { name: name.to_owned() }
}

fn inner<T>(answer: Result<Response<T>, Status>) -> Answer<T> {
    Ok(answer?.into_inner())
}
