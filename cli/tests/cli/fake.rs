//! A daemon played by the test: it answers on a real socket with what the test put in, and writes
//! down what it was asked. It supervises nothing.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use outboard_proto::admin as wire;
use outboard_proto::admin::admin_server::{Admin, AdminServer};
use outboard_proto::admin::settings_server::SettingsServer;
use outboard_proto::admin::storage_server::StorageServer;
use outboard_proto::admin::{PluginStatus, State};
use outboard_proto::common::HeldItem;
use tokio::sync::broadcast;
use tokio_stream::wrappers::{BroadcastStream, UnixListenerStream};
use tokio_stream::{Stream, StreamExt};
use tonic::{Code, Request, Response, Status};
use tonic_types::{ErrorDetails, StatusExt};

use crate::forms::Forms;
use crate::plugins::{self, MIB, NOON, SECOND, grant};
use crate::shelf::Shelf;
use crate::{traces, visits};

/// What a plugin goes through when it is started: state, generations further, reason.
pub type Story = Vec<(State, u64, &'static str)>;

/// The whole play.
#[derive(Default)]
pub struct Play {
    pub plugins: Vec<PluginStatus>,
    pub stories: HashMap<&'static str, Story>,
    pub faults: Vec<wire::Fault>,
    pub changes: Vec<wire::Change>,
    pub findings: Vec<wire::Finding>,
    pub letters: Vec<wire::DeadLetter>,
    pub held: Vec<HeldItem>,
    pub never_answers: bool,
}

impl Play {
    pub fn with(plugins: Vec<PluginStatus>) -> Play {
        Play { plugins, ..Play::default() }
    }

    pub fn story(mut self, name: &'static str, story: Story) -> Play {
        self.stories.insert(name, story);
        self
    }
}

/// The daemon while it is played; it leaves the stage when dropped.
pub struct Fake {
    dir: tempfile::TempDir,
    asked: Arc<Mutex<Vec<String>>>,
    _runtime: tokio::runtime::Runtime,
}

impl Fake {
    pub fn play(play: Play) -> Fake {
        let dir = tempfile::tempdir().unwrap();
        let asked = Arc::default();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let actor = Actor {
            plugins: Mutex::new(play.plugins.clone()),
            play,
            asked: Arc::clone(&asked),
            news: broadcast::channel(64).0,
            began: plugins::present(),
            restored: AtomicBool::new(false),
        };
        let listener = {
            let _inside = runtime.enter();
            tokio::net::UnixListener::bind(dir.path().join("admin.sock")).unwrap()
        };
        let server = tonic::transport::Server::builder()
            .add_service(AdminServer::new(actor))
            .add_service(SettingsServer::new(Forms::new(Arc::clone(&asked))))
            .add_service(StorageServer::new(Shelf::new(Arc::clone(&asked))))
            .serve_with_incoming(UnixListenerStream::new(listener));
        runtime.spawn(server);
        Fake { dir, asked, _runtime: runtime }
    }

    pub fn socket(&self) -> PathBuf {
        self.dir.path().join("admin.sock")
    }

    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Every request, as text, in order.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

struct Actor {
    play: Play,
    plugins: Mutex<Vec<PluginStatus>>,
    asked: Arc<Mutex<Vec<String>>>,
    news: broadcast::Sender<PluginStatus>,
    began: i64,
    restored: AtomicBool,
}

impl Actor {
    async fn hear<R: std::fmt::Debug>(&self, request: Request<R>) -> R {
        let request = request.into_inner();
        self.asked.lock().unwrap().push(format!("{request:?}"));
        if self.play.never_answers {
            std::future::pending::<()>().await;
        }
        request
    }

    fn find(&self, name: &str) -> Result<PluginStatus, Status> {
        let plugins = self.plugins.lock().unwrap();
        plugins.iter().find(|each| each.name == name).cloned().ok_or_else(|| {
            let info = ErrorDetails::with_error_info("UNKNOWN_PLUGIN", "outboard", HashMap::new());
            Status::with_error_details(Code::NotFound, format!("{name}: no such plugin"), info)
        })
    }

    fn letter(&self, id: i64) -> Result<wire::DeadLetter, Status> {
        self.play.letters.iter().find(|it| it.id == id).cloned().ok_or_else(|| {
            let code = "UNKNOWN_DEAD_LETTER";
            let info = ErrorDetails::with_error_info(code, "outboard", HashMap::new());
            Status::with_error_details(Code::NotFound, format!("no dead letter {id}"), info)
        })
    }

    fn held(&self, id: &str) -> Result<HeldItem, Status> {
        self.play.held.iter().find(|it| it.id == id).cloned().ok_or_else(|| {
            let info = ErrorDetails::with_error_info("UNKNOWN_HELD", "outboard", HashMap::new());
            Status::with_error_details(Code::NotFound, format!("nothing is held as {id}"), info)
        })
    }

    /// Plays the plugin's story to whoever watches.
    fn start(&self, name: &str) -> Result<Response<wire::Done>, Status> {
        let mut plugin = self.find(name)?;
        for (state, further, reason) in self.play.stories.get(name).into_iter().flatten() {
            plugin.set_state(*state);
            plugin.generation += further;
            plugin.since_us += SECOND;
            plugin.reason = (*reason).into();
            let _ = self.news.send(plugin.clone());
        }
        let mut plugins = self.plugins.lock().unwrap();
        plugins.iter_mut().filter(|each| each.name == name).for_each(|each| *each = plugin.clone());
        drop(plugins);
        done(&format!("{name} was asked"))
    }
}

fn done(message: &str) -> Result<Response<wire::Done>, Status> {
    Ok(Response::new(wire::Done { message: message.into() }))
}

type News<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[tonic::async_trait]
impl Admin for Actor {
    type WatchStream = News<PluginStatus>;
    type LogsStream = News<wire::LogLine>;
    type TraceStream = News<wire::TraceRecord>;
    type DebugStream = News<wire::DebugNews>;

    async fn debug(
        &self,
        request: Request<wire::DebugRequest>,
    ) -> Result<Response<Self::DebugStream>, Status> {
        let name = self.find(&self.hear(request).await.name)?.name;
        Ok(Response::new(Box::pin(tokio_stream::iter(visits::steps(&name).map(Ok)))))
    }

    async fn end_debug(
        &self,
        request: Request<wire::Named>,
    ) -> Result<Response<wire::Done>, Status> {
        let name = self.find(&self.hear(request).await.name)?.name;
        done(&format!("{name}: debugging ended"))
    }

    async fn list(
        &self,
        request: Request<wire::ListRequest>,
    ) -> Result<Response<wire::ListResponse>, Status> {
        self.hear(request).await;
        Ok(Response::new(wire::ListResponse { plugins: self.plugins.lock().unwrap().clone() }))
    }

    async fn status(
        &self,
        request: Request<wire::StatusRequest>,
    ) -> Result<Response<PluginStatus>, Status> {
        let name = self.hear(request).await.name;
        self.find(&name).map(Response::new)
    }

    async fn watch(
        &self,
        request: Request<wire::WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let name = self.hear(request).await.name;
        let changes = BroadcastStream::new(self.news.subscribe()).filter_map(Result::ok);
        let present = self.plugins.lock().unwrap().clone();
        let wanted = move |each: &PluginStatus| name.is_empty() || each.name == name;
        let news = tokio_stream::iter(present).chain(changes).filter(wanted);
        Ok(Response::new(Box::pin(news.map(Ok))))
    }

    async fn trace(
        &self,
        request: Request<wire::TraceRequest>,
    ) -> Result<Response<Self::TraceStream>, Status> {
        self.hear(request).await;
        let records = tokio_stream::iter([Ok(traces::verdict()), Ok(traces::delivery())]);
        Ok(Response::new(Box::pin(records)))
    }

    async fn logs(
        &self,
        request: Request<wire::LogsRequest>,
    ) -> Result<Response<Self::LogsStream>, Status> {
        let request = self.hear(request).await;
        let line = |index: i64, stream: &str, line: &str| wire::LogLine {
            plugin: "moderator".into(),
            generation: 3,
            at_us: NOON + index * 1_500_000,
            stream: stream.into(),
            line: line.into(),
        };
        let lines = vec![
            line(0, "stdout", "ready"),
            line(1, "stderr", "\u{1b}[31mred\u{1b}[0m\tand\rback"),
            line(2, "log", "naïve 日本"),
        ];
        let lines = tokio_stream::iter(lines).map(Ok);
        // A follower gets more than any reader of the test wants.
        let more = std::iter::repeat_with(move || Ok(line(3, "stdout", "more")));
        let more = tokio_stream::iter(more.take(if request.follow { 100_000 } else { 0 }));
        Ok(Response::new(Box::pin(lines.chain(more))))
    }

    async fn load(
        &self,
        request: Request<wire::LoadRequest>,
    ) -> Result<Response<wire::LoadResponse>, Status> {
        let request = self.hear(request).await;
        if request.path.ends_with("broken") {
            let first = "/p/plugin.toml:12: hooks[0].on: no such hook";
            let second = "/p/plugin.toml:14: hooks[0].timeout: it has no unit (hint: \"5s\")";
            let faults = [("fault.0", first), ("fault.1", second)];
            let faults = faults.map(|(key, fault)| (key.to_owned(), fault.to_owned()));
            let faults = HashMap::from(faults);
            let details = ErrorDetails::with_error_info("BAD_MANIFEST", "outboard", faults);
            let said = format!("{first}\n{second}");
            return Err(Status::with_error_details(Code::InvalidArgument, said, details));
        }
        let asks = vec![grant("messages:send", false, false, "to say hello")];
        let name = request.path.rsplit('/').next().unwrap_or_default();
        let status = self.find(name)?;
        let story = self.start(name)?;
        drop(story);
        let notes = vec!["no connected app calls message.before_edit".into()];
        Ok(Response::new(wire::LoadResponse { status: Some(status), asks, notes }))
    }

    async fn unload(&self, request: Request<wire::Named>) -> Result<Response<wire::Done>, Status> {
        let name = self.find(&self.hear(request).await.name)?.name;
        done(&format!("{name} is unloaded; its data stays"))
    }

    async fn enable(&self, request: Request<wire::Named>) -> Result<Response<wire::Done>, Status> {
        self.start(&self.hear(request).await.name)
    }

    async fn disable(&self, request: Request<wire::Named>) -> Result<Response<wire::Done>, Status> {
        let name = self.find(&self.hear(request).await.name)?.name;
        done(&format!("{name} is disabled"))
    }

    async fn restart(&self, request: Request<wire::Named>) -> Result<Response<wire::Done>, Status> {
        self.start(&self.hear(request).await.name)
    }

    async fn reset(&self, request: Request<wire::Named>) -> Result<Response<wire::Done>, Status> {
        self.start(&self.hear(request).await.name)
    }

    async fn order(
        &self,
        request: Request<wire::OrderRequest>,
    ) -> Result<Response<wire::OrderResponse>, Status> {
        self.hear(request).await;
        let entries = plugins::order();
        let ignored = vec!["spellcheck".into()];
        Ok(Response::new(wire::OrderResponse { entries, ignored, budget_us: 1_000_000 }))
    }

    async fn bypass(
        &self,
        request: Request<wire::BypassRequest>,
    ) -> Result<Response<wire::Done>, Status> {
        self.hear(request).await;
        done("off the path")
    }

    async fn doctor(
        &self,
        request: Request<wire::DoctorRequest>,
    ) -> Result<Response<wire::DoctorResponse>, Status> {
        self.hear(request).await;
        Ok(Response::new(wire::DoctorResponse { findings: self.play.findings.clone() }))
    }

    async fn check(
        &self,
        request: Request<wire::CheckRequest>,
    ) -> Result<Response<wire::CheckResponse>, Status> {
        self.hear(request).await;
        let faults = self.play.faults.clone();
        Ok(Response::new(wire::CheckResponse { faults, ..Default::default() }))
    }

    async fn reload(
        &self,
        request: Request<wire::ReloadRequest>,
    ) -> Result<Response<wire::ReloadResponse>, Status> {
        self.hear(request).await;
        let (changes, faults) = (self.play.changes.clone(), self.play.faults.clone());
        Ok(Response::new(wire::ReloadResponse { changes, faults }))
    }

    async fn diff(
        &self,
        request: Request<wire::DiffRequest>,
    ) -> Result<Response<wire::ReloadResponse>, Status> {
        self.hear(request).await;
        let (changes, faults) = (self.play.changes.clone(), self.play.faults.clone());
        Ok(Response::new(wire::ReloadResponse { changes, faults }))
    }

    async fn set(
        &self,
        request: Request<wire::SetRequest>,
    ) -> Result<Response<wire::Done>, Status> {
        let wire::SetRequest { name, key, value } = self.hear(request).await;
        done(&format!("{name}: {key} = {value}"))
    }

    async fn revert(
        &self,
        request: Request<wire::RevertRequest>,
    ) -> Result<Response<wire::Done>, Status> {
        let name = self.hear(request).await.name;
        done(&format!("{name}: the files count again"))
    }

    async fn backup(
        &self,
        request: Request<wire::BackupRequest>,
    ) -> Result<Response<wire::BackupResponse>, Status> {
        self.hear(request).await;
        let files = vec!["control.db".into(), "journal.db".into()];
        Ok(Response::new(wire::BackupResponse { files, bytes: 3 * MIB, notes: Vec::new() }))
    }

    async fn restore(
        &self,
        request: Request<wire::RestoreRequest>,
    ) -> Result<Response<wire::Done>, Status> {
        self.hear(request).await;
        self.restored.store(true, Ordering::Relaxed);
        done("restored")
    }

    async fn daemon_status(
        &self,
        request: Request<wire::DaemonStatusRequest>,
    ) -> Result<Response<wire::DaemonInfo>, Status> {
        self.hear(request).await;
        let days = if self.restored.load(Ordering::Relaxed) { 0 } else { 3 };
        let started = self.began - days * 86_400 * SECOND - 7_300 * SECOND;
        let app = wire::AppNode {
            app: "chat".into(),
            version: "2.1.0".into(),
            node: "a".into(),
            epoch: 7,
            hooks: vec!["message.before_post".into()],
            operations: vec!["messages.send".into()],
            unary: true,
        };
        Ok(Response::new(wire::DaemonInfo {
            version: "0.1.0".into(),
            pid: 77,
            started_us: started,
            resident_bytes: 21 * MIB,
            apps: vec![app],
            plugins: 3,
            running: 1,
            config: "/etc/outboard".into(),
            state: "/var/lib/outboard".into(),
            runtime: "/run/outboard".into(),
            outbox: 0,
            notes: Vec::new(),
        }))
    }

    async fn dead_letters(
        &self,
        request: Request<wire::DeadLettersRequest>,
    ) -> Result<Response<wire::DeadLettersResponse>, Status> {
        let before = self.hear(request).await.before;
        let letters = self.play.letters.iter().filter(|it| before == 0 || it.id < before);
        Ok(Response::new(wire::DeadLettersResponse { letters: letters.cloned().collect() }))
    }

    async fn show_dead_letter(
        &self,
        request: Request<wire::ShowDeadLetterRequest>,
    ) -> Result<Response<wire::DeadLetter>, Status> {
        let wire::ShowDeadLetterRequest { id, content } = self.hear(request).await;
        let mut letter = self.letter(id)?;
        if content {
            letter.content = "Event {\n    text: \"\u{1b}[2Jhi\",\n}".into();
        }
        Ok(Response::new(letter))
    }

    async fn replay_dead_letters(
        &self,
        request: Request<wire::DeadLetterIds>,
    ) -> Result<Response<wire::Done>, Status> {
        let ids = self.hear(request).await.ids;
        ids.iter().try_for_each(|id| self.letter(*id).map(drop))?;
        done(&format!("{} events wait again", ids.len()))
    }

    async fn drop_dead_letters(
        &self,
        request: Request<wire::DeadLetterIds>,
    ) -> Result<Response<wire::Done>, Status> {
        done(&format!("dropped {}", self.hear(request).await.ids.len()))
    }

    async fn list_held(
        &self,
        request: Request<wire::ListHeldRequest>,
    ) -> Result<Response<wire::ListHeldResponse>, Status> {
        let wire::ListHeldRequest { queue, after, .. } = self.hear(request).await;
        let listed = |it: &&HeldItem| it.number > after && (queue.is_empty() || it.queue == queue);
        let items = self.play.held.iter().filter(listed).cloned().collect();
        Ok(Response::new(wire::ListHeldResponse { items }))
    }

    async fn show_held(
        &self,
        request: Request<wire::ShowHeldRequest>,
    ) -> Result<Response<wire::Held>, Status> {
        let wire::ShowHeldRequest { id, content } = self.hear(request).await;
        let item = Some(self.held(&id)?);
        let content = if content { "text: \"\u{1b}[2Jhi\"".into() } else { String::new() };
        Ok(Response::new(wire::Held { item, content }))
    }

    async fn release_held(
        &self,
        request: Request<wire::ReleaseHeldRequest>,
    ) -> Result<Response<wire::Done>, Status> {
        let id = self.hear(request).await.id;
        self.held(&id)?;
        done(&format!("released {id}: message m-1"))
    }

    async fn drop_held(
        &self,
        request: Request<wire::DropHeldRequest>,
    ) -> Result<Response<wire::Done>, Status> {
        done(&format!("dropped {}", self.hear(request).await.id))
    }
}
