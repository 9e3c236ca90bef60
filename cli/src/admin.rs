//! The daemon as the commands see it: one method per question, answers as reports, refusals as
//! trouble. It knows how long to wait, not what is done with an answer.

mod permissions;
mod privacy;
mod settings;
mod statistics;
mod storage;

use std::path::Path;
use std::time::Duration;

use outboard_proto::admin as wire;
use outboard_proto::admin::admin_client::AdminClient;
use outboard_proto::admin::alerts_client::AlertsClient;
use outboard_proto::admin::permissions_client::PermissionsClient;
use outboard_proto::admin::privacy_client::PrivacyClient;
use outboard_proto::admin::settings_client::SettingsClient;
use outboard_proto::admin::statistics_client::StatisticsClient;
use outboard_proto::admin::storage_client::StorageClient;
use tokio_stream::{Stream, StreamExt};
use tonic::transport::Channel;
use tonic::{Response, Status, Streaming};

use crate::refusal;
use crate::report::{
    Backup, Changes, Checked, Daemon, DeadLetter, DebugNews, Findings, Loaded, LogLine, Order,
    Plugin, SetAside, TraceRecord,
};
use crate::socket;
use crate::trouble::Stop;

/// How long an answer may take unless the operator says otherwise.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a backup or a restore may take: they read or write whole databases.
const PATIENCE_FOR_DISKS: Duration = Duration::from_secs(3_600);

/// Bytes of one answer. 200 plugins with long last words stay well below.
const ANSWER_BYTES: usize = 256 * 1024 * 1024;

/// A connection to the daemon. Clones share it.
#[derive(Clone)]
pub struct Admin {
    client: AdminClient<Channel>,
    shelves: StorageClient<Channel>,
    permissions: PermissionsClient<Channel>,
    counts: StatisticsClient<Channel>,
    bell: AlertsClient<Channel>,
    forms: SettingsClient<Channel>,
    privacy: PrivacyClient<Channel>,
    patience: Option<Duration>,
}

/// An action on a plugin that is named and needs nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Unload,
    Enable,
    Disable,
    Restart,
    Reset,
}

impl Admin {
    /// Connects to the socket. `patience` is the operator's; without one, each call has its own.
    ///
    /// # Errors
    /// Nobody listens, or this user may not connect.
    pub async fn connect(socket: &Path, patience: Option<Duration>) -> Result<Admin, Stop> {
        let channel = socket::connect(socket).await?;
        let shelves = StorageClient::new(channel.clone());
        let counts = StatisticsClient::new(channel.clone());
        let counts = counts.max_decoding_message_size(ANSWER_BYTES);
        let bell = AlertsClient::new(channel.clone());
        let forms = SettingsClient::new(channel.clone());
        let permissions = PermissionsClient::new(channel.clone());
        let privacy = PrivacyClient::new(channel.clone());
        let client = AdminClient::new(channel).max_decoding_message_size(ANSWER_BYTES);
        Ok(Admin { client, shelves, counts, bell, forms, permissions, privacy, patience })
    }

    /// Every plugin.
    pub async fn list(&mut self) -> Result<Vec<Plugin>, Stop> {
        let wait = self.wait(PATIENCE);
        let listed = answer(wait, self.client.list(wire::ListRequest {})).await?;
        Ok(listed.plugins.into_iter().map(Plugin::from).collect())
    }

    /// One plugin.
    pub async fn status(&mut self, name: &str) -> Result<Plugin, Stop> {
        let request = wire::StatusRequest { name: name.to_owned() };
        let wait = self.wait(PATIENCE);
        answer(wait, self.client.status(request)).await.map(Plugin::from)
    }

    /// The present state and every change; an empty name means every plugin.
    pub async fn watch(&mut self, name: &str) -> Result<Changing<Plugin>, Stop> {
        let request = wire::WatchRequest { name: name.to_owned() };
        let wait = self.wait(PATIENCE);
        answer(wait, self.client.watch(request)).await.map(Changing::of)
    }

    /// Lines that plugins wrote.
    pub async fn logs(&mut self, request: wire::LogsRequest) -> Result<Changing<LogLine>, Stop> {
        let wait = self.wait(PATIENCE);
        answer(wait, self.client.logs(request)).await.map(Changing::of)
    }

    /// What becomes of messages, commands and events.
    pub async fn trace(
        &mut self,
        request: wire::TraceRequest,
    ) -> Result<Changing<TraceRecord>, Stop> {
        let wait = self.wait(PATIENCE);
        answer(wait, self.client.trace(request)).await.map(Changing::of)
    }

    /// Loads a folder, or says what it would ask for.
    pub async fn load(&mut self, request: wire::LoadRequest) -> Result<Loaded, Stop> {
        let wait = self.wait(PATIENCE);
        answer(wait, self.client.load(request)).await.map(Loaded::from)
    }

    /// Does something with a plugin; answers what was done.
    pub async fn act(&mut self, act: Act, name: &str) -> Result<String, Stop> {
        let named = wire::Named { name: name.to_owned() };
        let wait = self.wait(PATIENCE);
        let client = &mut self.client;
        let done = match act {
            Act::Unload => answer(wait, client.unload(named)).await,
            Act::Enable => answer(wait, client.enable(named)).await,
            Act::Disable => answer(wait, client.disable(named)).await,
            Act::Restart => answer(wait, client.restart(named)).await,
            Act::Reset => answer(wait, client.reset(named)).await,
        };
        done.map(|done| done.message)
    }

    /// A hook's interceptors.
    pub async fn order(&mut self, hook: &str) -> Result<Order, Stop> {
        let request = wire::OrderRequest { hook: hook.to_owned() };
        let wait = self.wait(PATIENCE);
        answer(wait, self.client.order(request)).await.map(Order::from)
    }

    /// Takes interceptors off the path, or puts them back; answers what was done.
    pub async fn bypass(&mut self, request: wire::BypassRequest) -> Result<String, Stop> {
        let wait = self.wait(PATIENCE);
        answer(wait, self.client.bypass(request)).await.map(|done| done.message)
    }

    /// What this machine enforces.
    pub async fn doctor(&mut self) -> Result<Findings, Stop> {
        let wait = self.wait(PATIENCE);
        answer(wait, self.client.doctor(wire::DoctorRequest {})).await.map(Findings::from)
    }

    /// Mistakes in a plugin's folder.
    pub async fn check(&mut self, path: String, fix: bool) -> Result<Checked, Stop> {
        let wait = self.wait(PATIENCE);
        let request = wire::CheckRequest { path, fix };
        answer(wait, self.client.check(request)).await.map(Checked::from)
    }

    /// Reads the configuration again.
    pub async fn reload(&mut self) -> Result<Changes, Stop> {
        let wait = self.wait(PATIENCE);
        answer(wait, self.client.reload(wire::ReloadRequest {})).await.map(Changes::from)
    }

    /// What a reload would change.
    pub async fn diff(&mut self) -> Result<Changes, Stop> {
        let wait = self.wait(PATIENCE);
        answer(wait, self.client.diff(wire::DiffRequest {})).await.map(Changes::from)
    }

    /// Sets one value above the files; answers what was done.
    pub async fn set(&mut self, request: wire::SetRequest) -> Result<String, Stop> {
        let wait = self.wait(PATIENCE);
        answer(wait, self.client.set(request)).await.map(|done| done.message)
    }

    /// Drops what was set above the files; answers what was done.
    pub async fn revert(&mut self, request: wire::RevertRequest) -> Result<String, Stop> {
        let wait = self.wait(PATIENCE);
        answer(wait, self.client.revert(request)).await.map(|done| done.message)
    }

    /// Copies the daemon's state into a folder.
    pub async fn backup(&mut self, dir: String, with_secrets: bool) -> Result<Backup, Stop> {
        let wait = self.wait(PATIENCE_FOR_DISKS);
        let request = wire::BackupRequest { dir, with_secrets };
        answer(wait, self.client.backup(request)).await.map(Backup::from)
    }

    /// Puts a backup back; answers what was done.
    pub async fn restore(&mut self, dir: String) -> Result<String, Stop> {
        let wait = self.wait(PATIENCE_FOR_DISKS);
        let done = answer(wait, self.client.restore(wire::RestoreRequest { dir })).await?;
        Ok(done.message)
    }

    /// Asks to stand in for a plugin; what becomes of it, for as long as somebody listens.
    pub async fn debug(&mut self, name: &str) -> Result<Changing<DebugNews>, Stop> {
        let wait = self.wait(PATIENCE);
        let request = wire::DebugRequest { name: name.to_owned() };
        answer(wait, self.client.debug(request)).await.map(Changing::of)
    }

    /// Ends the debugging of a plugin; answers what was done.
    pub async fn end_debug(&mut self, name: &str) -> Result<String, Stop> {
        let wait = self.wait(PATIENCE);
        let named = wire::Named { name: name.to_owned() };
        answer(wait, self.client.end_debug(named)).await.map(|done| done.message)
    }

    /// Dead letters of one plugin, or of all where the name is empty; the newest first.
    pub async fn dead_letters(&mut self, plugin: String) -> Result<Vec<DeadLetter>, Stop> {
        let wait = self.wait(PATIENCE);
        let mut letters: Vec<DeadLetter> = Vec::new();
        loop {
            let before = letters.last().map_or(0, |last| last.id);
            let request = wire::DeadLettersRequest { plugin: plugin.clone(), before, most: 0 };
            let page = answer(wait, self.client.dead_letters(request)).await?.letters;
            if page.is_empty() {
                return Ok(letters);
            }
            letters.extend(page.into_iter().map(DeadLetter::from));
        }
    }

    /// One dead letter.
    pub async fn dead_letter(&mut self, id: i64, content: bool) -> Result<DeadLetter, Stop> {
        let wait = self.wait(PATIENCE);
        let request = wire::ShowDeadLetterRequest { id, content };
        answer(wait, self.client.show_dead_letter(request)).await.map(DeadLetter::from)
    }

    /// Has dead letters delivered again; answers what was done.
    pub async fn replay(&mut self, ids: Vec<i64>) -> Result<String, Stop> {
        let wait = self.wait(PATIENCE);
        let request = wire::DeadLetterIds { ids };
        answer(wait, self.client.replay_dead_letters(request)).await.map(|done| done.message)
    }

    /// Drops dead letters; answers what was done.
    pub async fn drop_letters(&mut self, ids: Vec<i64>) -> Result<String, Stop> {
        let wait = self.wait(PATIENCE);
        let request = wire::DeadLetterIds { ids };
        answer(wait, self.client.drop_dead_letters(request)).await.map(|done| done.message)
    }

    /// What is held in a queue, or in all where the name is empty; the oldest first.
    pub async fn held(&mut self, queue: String) -> Result<Vec<SetAside>, Stop> {
        let wait = self.wait(PATIENCE);
        let (mut held, mut after) = (Vec::new(), 0);
        loop {
            let request = wire::ListHeldRequest { queue: queue.clone(), after, most: 0 };
            let page = answer(wait, self.client.list_held(request)).await?.items;
            let Some(last) = page.last() else { return Ok(held) };
            after = last.number;
            held.extend(page.into_iter().map(SetAside::from));
        }
    }

    /// Something held.
    pub async fn held_item(&mut self, id: String, content: bool) -> Result<SetAside, Stop> {
        let wait = self.wait(PATIENCE);
        let request = wire::ShowHeldRequest { id, content };
        answer(wait, self.client.show_held(request)).await.map(SetAside::from)
    }

    /// Has the app go on with something held; answers what was done.
    pub async fn release_held(&mut self, id: String) -> Result<String, Stop> {
        let wait = self.wait(PATIENCE);
        let request = wire::ReleaseHeldRequest { id };
        answer(wait, self.client.release_held(request)).await.map(|done| done.message)
    }

    /// Has the app drop something held; answers what was done.
    pub async fn drop_held(&mut self, id: String, reason: String) -> Result<String, Stop> {
        let wait = self.wait(PATIENCE);
        let request = wire::DropHeldRequest { id, reason };
        answer(wait, self.client.drop_held(request)).await.map(|done| done.message)
    }

    /// The daemon itself.
    pub async fn daemon(&mut self) -> Result<Daemon, Stop> {
        let wait = self.wait(PATIENCE);
        let request = wire::DaemonStatusRequest {};
        answer(wait, self.client.daemon_status(request)).await.map(Daemon::from)
    }

    fn wait(&self, usual: Duration) -> Duration {
        self.patience.unwrap_or(usual)
    }
}

async fn answer<T>(
    wait: Duration,
    call: impl Future<Output = Result<Response<T>, Status>>,
) -> Result<T, Stop> {
    match tokio::time::timeout(wait, call).await {
        Ok(Ok(response)) => Ok(response.into_inner()),
        Ok(Err(status)) => Err(refusal::trouble(&status).into()),
        Err(_) => Err(refusal::late(wait).into()),
    }
}

/// News from the daemon until it ends them.
pub struct Changing<T> {
    news: std::pin::Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>,
}

impl<T: 'static> Changing<T> {
    fn of<W: Into<T> + 'static>(stream: Streaming<W>) -> Changing<T> {
        Changing { news: Box::pin(stream.map(|item| item.map(Into::into))) }
    }

    /// What is new; nothing once the daemon has said all.
    ///
    /// # Errors
    /// The connection broke, or the daemon refuses to go on.
    pub async fn next(&mut self) -> Result<Option<T>, Stop> {
        let news = self.news.next().await.transpose();
        news.map_err(|status| refusal::trouble(&status).into())
    }
}
