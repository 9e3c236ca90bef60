//! The gRPC face of the operator's side: each method decodes, asks, encodes. What it asks for is
//! decided elsewhere.

use std::path::{Path, PathBuf};

use outboard_proto::admin::admin_server::Admin;
use outboard_proto::admin::{
    AppNode, BackupRequest, BackupResponse, BypassRequest, CheckRequest, CheckResponse, DaemonInfo,
    DaemonStatusRequest, DeadLetter, DeadLetterIds, DeadLettersRequest, DeadLettersResponse,
    DebugNews, DebugRequest, DiffRequest, DoctorRequest, DoctorResponse, Done, DropHeldRequest,
    GrantChoice, Held, ListHeldRequest, ListHeldResponse, ListRequest, ListResponse, LoadRequest,
    LoadResponse, LogLine, LogsRequest, Named, OrderRequest, OrderResponse, PluginStatus,
    ReleaseHeldRequest, ReloadRequest, ReloadResponse, RestoreRequest, RevertRequest, SetRequest,
    ShowDeadLetterRequest, ShowHeldRequest, State, StatusRequest, TraceRequest, WatchRequest,
};
use outboard_proto::common::Failure;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use super::AdminSide;
use super::noted::{Noted, note};
use super::{debug, held, letters, trace, watch};
use crate::clock::timestamp;
use crate::status;
use crate::store::{BackupReport, Secrets, backup};

/// Frames that wait for an operator who reads slowly.
const STREAM: usize = 64;

/// The service of one connection.
pub struct Calls {
    pub side: AdminSide,
    /// Who asks.
    pub uid: u32,
}

/// Asks the fleet for something that may fail.
macro_rules! ask {
    ($self:ident, |$fleet:ident| $wish:expr) => {
        answer(
            $self
                .side
                .command
                .ask(move |$fleet| Box::pin(async move { $wish }))
                .await
                .and_then(|it| it),
        )
    };
}

impl Calls {
    /// Begins to note what this operator does.
    fn note(&self, act: &'static str) -> Noted<'_> {
        note(&self.side.command.harbour, self.uid, act)
    }
}

fn answer<T>(result: Result<T, Failure>) -> Result<Response<T>, Status> {
    result.map(Response::new).map_err(|failure| status::of(&failure))
}

#[tonic::async_trait]
impl Admin for Calls {
    type WatchStream = ReceiverStream<Result<PluginStatus, Status>>;
    type LogsStream = ReceiverStream<Result<LogLine, Status>>;
    type TraceStream = trace::Records;
    type DebugStream = ReceiverStream<Result<DebugNews, Status>>;

    async fn list(&self, _: Request<ListRequest>) -> Result<Response<ListResponse>, Status> {
        ask!(self, |fleet| Ok(ListResponse { plugins: fleet.list() }))
    }

    async fn status(
        &self,
        request: Request<StatusRequest>,
    ) -> Result<Response<PluginStatus>, Status> {
        let name = request.into_inner().name;
        ask!(self, |fleet| fleet.status(&name))
    }

    async fn watch(
        &self,
        request: Request<WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let (sender, receiver) = mpsc::channel(STREAM);
        let name = request.into_inner().name;
        if !name.is_empty() {
            let name = name.clone();
            ask!(self, |fleet| fleet.status(&name))?;
        }
        tokio::spawn(watch::statuses(self.side.command.clone(), name, sender));
        Ok(Response::new(ReceiverStream::new(receiver)))
    }

    async fn logs(
        &self,
        request: Request<LogsRequest>,
    ) -> Result<Response<Self::LogsStream>, Status> {
        let (sender, receiver) = mpsc::channel(STREAM);
        let request = request.into_inner();
        if !request.name.is_empty() {
            let name = request.name.clone();
            ask!(self, |fleet| fleet.status(&name))?;
        }
        tokio::spawn(watch::lines(self.side.command.clone(), request, sender));
        Ok(Response::new(ReceiverStream::new(receiver)))
    }

    async fn trace(
        &self,
        request: Request<TraceRequest>,
    ) -> Result<Response<Self::TraceStream>, Status> {
        let switchboard = &self.side.command.harbour.switchboard;
        answer(trace::records(switchboard, request.into_inner()))
    }

    async fn debug(
        &self,
        request: Request<DebugRequest>,
    ) -> Result<Response<Self::DebugStream>, Status> {
        let (name, uid) = (request.into_inner().name, self.uid);
        let noted = self.note("debug").of(&name);
        let invited =
            noted.came_to(ask!(self, |fleet| fleet.invite(&name, uid).await))?.into_inner();
        let (sender, receiver) = mpsc::channel(STREAM);
        tokio::spawn(debug::tell(invited, self.side.command.harbour.clock.wall_us(), sender));
        Ok(Response::new(ReceiverStream::new(receiver)))
    }

    async fn end_debug(&self, request: Request<Named>) -> Result<Response<Done>, Status> {
        let name = request.into_inner().name;
        let noted = self.note("end-debug").of(&name);
        noted.came_to(ask!(self, |fleet| fleet.end_debug(&name)))
    }

    async fn load(&self, request: Request<LoadRequest>) -> Result<Response<LoadResponse>, Status> {
        let request = request.into_inner();
        if request.dry_run {
            return ask!(self, |fleet| Box::pin(fleet.load(request)).await);
        }
        let grants = match request.grant() {
            GrantChoice::Unspecified => "grants as before".to_owned(),
            GrantChoice::Asked => "grants all it asks".to_owned(),
            GrantChoice::None => "grants nothing".to_owned(),
            GrantChoice::List => format!("grants {}", request.grants.join(",")),
        };
        let noted = self.note("load").on(&request.path).why(&grants);
        let loaded = ask!(self, |fleet| Box::pin(fleet.load(request)).await);
        let status = loaded.as_ref().ok().and_then(|it| it.get_ref().status.as_ref());
        let name = status.map_or(String::new(), |it| it.name.clone());
        noted.of(&name).came_to(loaded)
    }

    async fn unload(&self, request: Request<Named>) -> Result<Response<Done>, Status> {
        let name = request.into_inner().name;
        let noted = self.note("unload").of(&name);
        noted.came_to(answer(self.side.command.unload(name).await))
    }

    async fn enable(&self, request: Request<Named>) -> Result<Response<Done>, Status> {
        let name = request.into_inner().name;
        let noted = self.note("enable").of(&name);
        noted.came_to(ask!(self, |fleet| fleet.enable(&name, true).await))
    }

    async fn disable(&self, request: Request<Named>) -> Result<Response<Done>, Status> {
        let name = request.into_inner().name;
        let noted = self.note("disable").of(&name);
        noted.came_to(ask!(self, |fleet| fleet.enable(&name, false).await))
    }

    async fn restart(&self, request: Request<Named>) -> Result<Response<Done>, Status> {
        let name = request.into_inner().name;
        let noted = self.note("restart").of(&name);
        noted.came_to(ask!(self, |fleet| fleet.restart(&name).await))
    }

    async fn reset(&self, request: Request<Named>) -> Result<Response<Done>, Status> {
        let name = request.into_inner().name;
        let noted = self.note("reset").of(&name);
        noted.came_to(ask!(self, |fleet| fleet.reset(&name).await))
    }

    async fn order(
        &self,
        request: Request<OrderRequest>,
    ) -> Result<Response<OrderResponse>, Status> {
        let hook = request.into_inner().hook;
        ask!(self, |fleet| fleet.order(&hook))
    }

    async fn bypass(&self, request: Request<BypassRequest>) -> Result<Response<Done>, Status> {
        let request = request.into_inner();
        let act = if request.end { "end-bypass" } else { "bypass" };
        let noted = self.note(act).on(&request.target).why(&request.period);
        noted.came_to(ask!(self, |fleet| fleet.bypass(&request)))
    }

    async fn doctor(&self, _: Request<DoctorRequest>) -> Result<Response<DoctorResponse>, Status> {
        ask!(self, |fleet| Ok(DoctorResponse { findings: fleet.doctor() }))
    }

    async fn check(
        &self,
        request: Request<CheckRequest>,
    ) -> Result<Response<CheckResponse>, Status> {
        let request = request.into_inner();
        ask!(self, |fleet| fleet.check(request).await)
    }

    async fn reload(&self, _: Request<ReloadRequest>) -> Result<Response<ReloadResponse>, Status> {
        let noted = self.note("reload");
        let reloaded = ask!(self, |fleet| Ok(fleet.reload().await));
        let why = match &reloaded {
            Ok(told) if !told.get_ref().faults.is_empty() => {
                format!("refused, {} faults", told.get_ref().faults.len())
            }
            Ok(told) => format!("{} changes", told.get_ref().changes.len()),
            Err(_) => String::new(),
        };
        noted.why(&why).came_to(reloaded)
    }

    async fn diff(&self, _: Request<DiffRequest>) -> Result<Response<ReloadResponse>, Status> {
        ask!(self, |fleet| Ok(fleet.diff().await))
    }

    async fn set(&self, request: Request<SetRequest>) -> Result<Response<Done>, Status> {
        let SetRequest { name, key, value } = request.into_inner();
        let noted = self.note(act_of(&key)).of(&name).on(&key).why(&value);
        noted.came_to(ask!(self, |fleet| fleet.set(&name, &key, &value).await))
    }

    async fn revert(&self, request: Request<RevertRequest>) -> Result<Response<Done>, Status> {
        let RevertRequest { name, key } = request.into_inner();
        let noted = self.note("revert").of(&name).on(&key);
        noted.came_to(ask!(self, |fleet| fleet.revert(&name, &key).await))
    }

    async fn backup(
        &self,
        request: Request<BackupRequest>,
    ) -> Result<Response<BackupResponse>, Status> {
        let BackupRequest { dir, with_secrets } = request.into_inner();
        let whole = self.side.command.harbour.whole();
        let secrets = if with_secrets { Secrets::With } else { Secrets::Without };
        let act = if with_secrets { "backup-with-secrets" } else { "backup" };
        let noted = self.note(act).on(&dir);
        self.side.command.harbour.recorder.flush().await;
        let report = backup(whole, Path::new(&dir), secrets, timestamp()).await;
        let report = noted.came_to(answer(report.map_err(|error| status::of_store(&error))))?;
        let report = report.into_inner();
        let files = report.files.iter().map(|file| file.display().to_string()).collect();
        let BackupReport { bytes, notes, .. } = report;
        Ok(Response::new(BackupResponse { files, bytes, notes }))
    }

    async fn restore(&self, request: Request<RestoreRequest>) -> Result<Response<Done>, Status> {
        let dir = PathBuf::from(request.into_inner().dir);
        let again = self.side.again.clone();
        // Before it is done: then the stores are closed, and this log with them.
        let noted = self.note("restore").on(&dir.display().to_string());
        drop(noted.why("begins").came_to(Ok(Response::new(()))));
        answer(self.side.command.restore(dir, again).await)
    }

    async fn daemon_status(
        &self,
        _: Request<DaemonStatusRequest>,
    ) -> Result<Response<DaemonInfo>, Status> {
        ask!(self, |fleet| Ok(fleet.daemon_info()))
    }

    async fn dead_letters(
        &self,
        request: Request<DeadLettersRequest>,
    ) -> Result<Response<DeadLettersResponse>, Status> {
        answer(letters::list(&self.side.command.harbour, request.into_inner()).await)
    }

    async fn show_dead_letter(
        &self,
        request: Request<ShowDeadLetterRequest>,
    ) -> Result<Response<DeadLetter>, Status> {
        let ShowDeadLetterRequest { id, content } = request.into_inner();
        if content {
            drop(self.note("show-dead-letter").on(&id.to_string()).came_to(Ok(Response::new(()))));
        }
        answer(letters::show(&self.side.command.harbour, id, content).await)
    }

    async fn replay_dead_letters(
        &self,
        request: Request<DeadLetterIds>,
    ) -> Result<Response<Done>, Status> {
        let ids = request.into_inner().ids;
        let noted = self.note("replay-dead-letters").on(&list(&ids));
        noted.came_to(answer(letters::replay(&self.side.command.harbour, ids).await))
    }

    async fn drop_dead_letters(
        &self,
        request: Request<DeadLetterIds>,
    ) -> Result<Response<Done>, Status> {
        let ids = request.into_inner().ids;
        let noted = self.note("drop-dead-letters").on(&list(&ids));
        noted.came_to(answer(letters::drop(&self.side.command.harbour, ids).await))
    }

    async fn list_held(
        &self,
        request: Request<ListHeldRequest>,
    ) -> Result<Response<ListHeldResponse>, Status> {
        answer(held::list(&self.side.command.harbour, request.into_inner()).await)
    }

    async fn show_held(&self, request: Request<ShowHeldRequest>) -> Result<Response<Held>, Status> {
        let request = request.into_inner();
        if request.content {
            drop(self.note("show-held").on(&request.id).came_to(Ok(Response::new(()))));
        }
        answer(held::show(&self.side.command.harbour, request).await)
    }

    async fn release_held(
        &self,
        request: Request<ReleaseHeldRequest>,
    ) -> Result<Response<Done>, Status> {
        let request = request.into_inner();
        let noted = self.note("release-held").on(&request.id);
        noted.came_to(answer(held::release(&self.side.command.harbour, request).await))
    }

    async fn drop_held(&self, request: Request<DropHeldRequest>) -> Result<Response<Done>, Status> {
        let request = request.into_inner();
        let noted = self.note("drop-held").on(&request.id);
        noted.came_to(answer(held::drop(&self.side.command.harbour, request).await))
    }
}

/// What grants is called so, whichever way it is said.
fn act_of(key: &str) -> &'static str {
    if key == "grants" { "grants" } else { "set" }
}

fn list(ids: &[i64]) -> String {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    ids.join(",")
}

impl crate::fleet::Fleet {
    /// The daemon itself.
    pub fn daemon_info(&self) -> DaemonInfo {
        let harbour = self.harbour();
        let plugins = self.list();
        let running = plugins.iter().filter(|it| it.state() == State::Running).count();
        let node = |node: crate::routing::NodeView| AppNode {
            app: node.hello.app,
            version: node.hello.version,
            node: node.hello.node,
            epoch: node.hello.epoch,
            hooks: node.hello.hooks,
            operations: node.hello.operations,
            unary: node.unary,
        };
        let small = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        DaemonInfo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            pid: std::process::id(),
            started_us: harbour.started_us,
            resident_bytes: outboard_linux::own_process::resident_bytes(),
            apps: harbour.switchboard.nodes().into_iter().map(node).collect(),
            plugins: small(plugins.len()),
            running: small(running),
            config: harbour.paths.config.display().to_string(),
            state: harbour.paths.state.display().to_string(),
            runtime: harbour.paths.runtime.display().to_string(),
            outbox: small(harbour.outbox.backlog()),
            notes: {
                let set_aside = harbour.quarantine.iter().map(crate::store::Quarantine::told);
                set_aside.chain(harbour.audit.alarm()).collect()
            },
        }
    }
}
