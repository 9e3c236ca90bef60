//! What the double does with each frame of the app, as its script says.
//!
//! It refuses to know tests; they speak to [`super::Daemon`].

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use outboard_proto::app::app_frame::Kind as Up;
use outboard_proto::app::daemon_frame::Kind as Down;
use outboard_proto::app::{
    self, AppFrame, AppHello, AppWelcome, Asker, Autocomplete, Choices, CommandResult, DaemonFrame,
    HookPolicy, HttpRequest, HttpResponse, InterceptResult, Policies, Published, Request,
    RunCommand, SettingsPage, StreamDelta, answer, command_result, intercept_result, request,
};
use outboard_proto::common::{
    CommandInfo, Credit, Event, Failure, FailurePolicy, HookPayload, InteractionReply, Reason,
    UiContribution, Verdict,
};
use prost::Message as _;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_stream::StreamExt;
use tonic::Status;

use super::Daemon;
use super::settings::Saver;
use super::shown::Actor;
use crate::app::Asset;
use crate::exchange::Outbound;

/// Frames on their way to the app; a test that has more under way waits.
const FRAMES: usize = 256;

/// What dialling reaches.
#[derive(Debug)]
pub(crate) struct Double {
    pub(super) script: Mutex<Script>,
    pub(super) published: watch::Sender<Vec<Event>>,
}

pub(super) type Judge = Arc<dyn Fn(&HookPayload) -> Verdict + Send + Sync>;
pub(super) type Runner =
    Arc<dyn Fn(&RunCommand) -> Result<InteractionReply, Failure> + Send + Sync>;

pub(super) type Server = Arc<dyn Fn(&HttpRequest) -> Result<HttpResponse, Failure> + Send + Sync>;
pub(super) type Offer = Arc<dyn Fn(&Autocomplete) -> Vec<String> + Send + Sync>;

#[derive(Default)]
pub(crate) struct Script {
    pub(super) presence: Presence,
    pub(super) judge: Option<Judge>,
    pub(super) runner: Option<Runner>,
    pub(super) server: Option<Server>,
    pub(super) pieces: Vec<String>,
    pub(super) offer: Option<Offer>,
    pub(super) cancelled: Vec<String>,
    pub(super) closed: Vec<String>,
    pub(super) skipped: Vec<String>,
    pub(super) commands: Vec<CommandInfo>,
    pub(super) pages: Vec<SettingsPage>,
    pub(super) saver: Option<Saver>,
    pub(super) shown: Vec<UiContribution>,
    pub(super) actor: Option<Actor>,
    pub(super) assets: BTreeMap<String, Asset>,
    /// The way to the app while a session is open.
    pub(super) session: Option<mpsc::Sender<DaemonFrame>>,
    pub(super) asked: Vec<(u64, oneshot::Sender<answer::Result>)>,
    pub(super) hello: Option<AppHello>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Presence {
    #[default]
    Here,
    Mute,
    Away,
}

impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Script").field("presence", &self.presence).finish_non_exhaustive()
    }
}

impl Double {
    pub(super) fn script(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a session, as the daemon's socket would.
    pub(crate) fn accept(
        self: &Arc<Self>,
        outbound: Outbound,
    ) -> Result<mpsc::Receiver<DaemonFrame>, Status> {
        let (down, frames) = mpsc::channel(FRAMES);
        let mut script = self.script();
        if script.presence == Presence::Away {
            return Err(Status::unavailable("the double was told to be away"));
        }
        script.session = Some(down.clone());
        script.asked.clear();
        tokio::spawn(Arc::clone(self).serve(outbound, down.downgrade()));
        Ok(frames)
    }

    async fn serve(self: Arc<Self>, mut up: Outbound, down: mpsc::WeakSender<DaemonFrame>) {
        while let Some(frame) = up.next().await {
            let weight = frame.len() as u64;
            let Ok(AppFrame { kind: Some(kind) }) = AppFrame::decode(frame) else { continue };
            // The script holds the only strong sender: once it is dropped, the session is over.
            let Some(down) = down.upgrade() else { return };
            let credit =
                matches!(kind, Up::Publish(_)).then_some(Down::Credit(Credit { bytes: weight }));
            for kind in self.answer(kind).into_iter().chain(credit) {
                let _ = down.send(DaemonFrame { kind: Some(kind) }).await;
            }
        }
    }

    fn answer(&self, kind: Up) -> Vec<Down> {
        let mut script = self.script();
        if script.presence == Presence::Mute {
            return Vec::new();
        }
        match kind {
            Up::Hello(hello) => vec![Down::Welcome(script.welcome(hello))],
            Up::Intercept(call) => vec![Down::Intercepted(script.judge(call))],
            Up::Command(command) => script.run(command),
            Up::Autocomplete(typed) => vec![Down::Choices(script.offer(&typed))],
            Up::Publish(publish) => vec![Down::Published(self.publish(publish))],
            Up::Answer(answer) => {
                script.answered(answer);
                Vec::new()
            }
            Up::Cancel(cancel) => {
                script.cancelled.extend(Some(cancel.interaction_id).filter(|id| !id.is_empty()));
                Vec::new()
            }
            Up::Http(request) => vec![Down::Http(script.serve(&request))],
            Up::Ui(action) => vec![Down::Command(script.act(action))],
            Up::Pong(_) | Up::Credit(_) | Up::Chunk(_) => Vec::new(),
        }
    }

    fn publish(&self, publish: app::Publish) -> Published {
        let event = publish.event.unwrap_or_default();
        let event_id = event.id.clone();
        let mut duplicate = false;
        self.published.send_modify(|events| {
            duplicate = events.iter().any(|known| known.id == event.id);
            if !duplicate {
                events.push(event);
            }
        });
        Published { id: publish.id, event_id, duplicate, ..Published::default() }
    }
}

impl Script {
    fn welcome(&mut self, hello: AppHello) -> AppWelcome {
        let hooks = hello.hooks.iter().map(|hook| self.policy(hook)).collect();
        let catalogue = Some(self.catalogue());
        self.hello = Some(hello);
        AppWelcome {
            daemon_version: "double".into(),
            policies: Some(Policies { hooks }),
            catalogue,
            ..AppWelcome::default()
        }
    }

    fn policy(&self, hook: &str) -> HookPolicy {
        let policy = match self.closed.iter().any(|closed| closed == hook) {
            true => FailurePolicy::Closed,
            false => FailurePolicy::Open,
        };
        HookPolicy {
            hook: hook.into(),
            intercepted: !self.skipped.iter().any(|skipped| skipped == hook),
            policy: policy.into(),
            budget_us: u64::try_from(Duration::from_secs(1).as_micros()).unwrap_or(u64::MAX),
        }
    }

    fn judge(&self, call: app::Intercept) -> InterceptResult {
        let payload = call.payload.unwrap_or_default();
        let verdict = self.judge.as_ref().map_or_else(Daemon::pass, |judge| judge(&payload));
        let result = Some(intercept_result::Result::Verdict(verdict));
        InterceptResult { id: call.id, result }
    }

    fn offer(&self, typed: &Autocomplete) -> Choices {
        let choices = self.offer.as_ref().map(|offer| offer(typed)).unwrap_or_default();
        Choices { id: typed.id, choices, failure: None }
    }

    /// The pieces, then the result.
    fn run(&self, command: RunCommand) -> Vec<Down> {
        let id = command.interaction_id.clone();
        let piece = |(seq, delta): (u64, &String)| {
            let (interaction_id, delta) = (id.clone(), delta.clone());
            Down::Delta(StreamDelta { interaction_id, seq, delta, ..StreamDelta::default() })
        };
        let pieces = (0..).zip(&self.pieces).map(piece);
        pieces.chain([Down::Command(self.result(command))]).collect()
    }

    fn result(&self, command: RunCommand) -> CommandResult {
        let result = match &self.runner {
            Some(run) => run(&command),
            None => Err(Failure::new(
                tonic::Code::NotFound,
                Reason::UnknownCommand,
                format!("no plugin owns /{}", command.name),
            )),
        };
        let result = match result {
            Ok(reply) => command_result::Result::Reply(reply),
            Err(failure) => command_result::Result::Failure(failure),
        };
        CommandResult {
            id: command.id,
            interaction_id: command.interaction_id,
            plugin: "double".into(),
            result: Some(result),
        }
    }

    fn serve(&self, request: &HttpRequest) -> HttpResponse {
        let served = match &self.server {
            Some(serve) => serve(request),
            None => Err(Failure::new(
                tonic::Code::NotFound,
                Reason::UnknownPlugin,
                format!("no plugin {} is loaded", request.plugin),
            )),
        };
        let response = served.unwrap_or_else(|failure| HttpResponse {
            failure: Some(failure),
            ..Default::default()
        });
        HttpResponse { id: request.id, ..response }
    }

    pub(super) fn request(
        &mut self,
        plugin: &str,
        key: &str,
        of: request::Of,
        tell: oneshot::Sender<answer::Result>,
    ) -> (Option<mpsc::Sender<DaemonFrame>>, DaemonFrame) {
        let id = fastrand::u64(1..);
        self.asked.push((id, tell));
        let plugin = plugin.to_owned();
        let asker = Asker { bot_username: plugin.clone(), plugin, ..Asker::default() };
        let request = Request {
            id,
            idempotency_key: key.into(),
            attempt: 1,
            asker: Some(asker),
            of: Some(of),
            ..Request::default()
        };
        (self.session.clone(), DaemonFrame { kind: Some(Down::Request(Box::new(request))) })
    }

    fn answered(&mut self, answer: app::Answer) {
        let asked = self.asked.iter().position(|(id, _)| *id == answer.id);
        if let (Some(asked), Some(result)) = (asked, answer.result) {
            let _ = self.asked.swap_remove(asked).1.send(result);
        }
    }
}
