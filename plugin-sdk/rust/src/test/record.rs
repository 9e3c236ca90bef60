//! What the plugin under test sent, kept instead of carried out.
//!
//! It refuses to judge what is sent, unless a test told it to.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use outboard_proto::common::{Failure, HeldItem, Hold, Reason};
use outboard_proto::plugin::{
    CallPluginRequest, DropHeldRequest, EmitRequest, FollowUpRequest, HeldResponse,
    ListHeldRequest, ListHeldResponse, ReleaseHeldRequest, ReplyRequest, SendRequest,
    SettingsRegisterResponse, TrackedUse,
};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tonic::Code;

use super::app::App;
use super::shelf::Shelf;
use super::shown::Shown;
use crate::body::Body;
use crate::call::CallError;
use crate::error::HostError;
use crate::reply::Reply;
use crate::settings::at::At;

/// A message that the plugin sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Sent {
    /// The channel's id; none where the plugin replied to what it was handling.
    pub channel: Option<String>,
    /// What it says.
    pub body: Body,
    /// Who alone sees it; everyone if nobody is named.
    pub only_to: Option<String>,
    /// Whom it tells in private, instead of a channel.
    pub to_user: Option<String>,
}

/// What the plugin said to a command that it deferred.
#[derive(Debug, Clone, PartialEq)]
pub struct FollowUp {
    /// The command.
    pub interaction_id: String,
    /// Its number.
    pub seq: u64,
    /// What it says.
    pub reply: Reply,
    /// Nothing follows it.
    pub last: bool,
}

/// An event of its own that the plugin told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emitted {
    /// Its name, without `plugin:<name>:`.
    pub event: String,
    /// What it says.
    pub json: String,
}

/// Something that the plugin noted as used.
#[derive(Debug, Clone, PartialEq)]
pub struct Tracked {
    /// What was used.
    pub action: String,
    /// What else was said of it.
    pub metadata: BTreeMap<String, String>,
    /// What it was worth.
    pub value: Option<f64>,
}

/// A decision of the plugin about something held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decided {
    /// What has this id goes on.
    Released(String),
    /// What has this id does not, for this reason.
    Dropped(String, String),
}

/// What the host API was asked to do.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    kept: Mutex<Kept>,
    more: Notify,
}

#[derive(Debug, Default)]
struct Kept {
    sent: Vec<Sent>,
    followed_up: Vec<FollowUp>,
    emitted: Vec<Emitted>,
    tracked: Vec<Tracked>,
    counted: BTreeMap<String, u64>,
    held: Vec<HeldItem>,
    decided: Vec<Decided>,
    refusal: Option<HostError>,
    shelf: Shelf,
    app: App,
    settings: Vec<(At, String)>,
    secrets: BTreeMap<String, String>,
    registered: Option<String>,
    shown: Shown,
    /// By plugin and method.
    answers: BTreeMap<(String, String), Result<String, Failure>>,
}

impl Recorder {
    pub(crate) fn send(&self, request: SendRequest) -> Result<String, HostError> {
        let body = Body(request.body.unwrap_or_default());
        let named = |id: String| Some(id).filter(|id| !id.is_empty());
        let (only_to, to_user) = (named(request.only_to), named(request.to_user));
        self.keep(Sent { channel: named(request.channel_id), body, only_to, to_user })
    }

    pub(crate) fn reply(&self, request: ReplyRequest) -> Result<String, HostError> {
        let body = Body(request.body.unwrap_or_default());
        let only_to = Some(request.only_to).filter(|id| !id.is_empty());
        self.keep(Sent { channel: None, body, only_to, to_user: None })
    }

    pub(crate) fn call(&self, call: &CallPluginRequest) -> Result<String, CallError> {
        let key = (call.plugin.clone(), call.method.clone());
        let answer = self.lock().answers.get(&key).cloned();
        let unknown = || {
            let text = format!("no plugin {} is loaded", call.plugin);
            Err(Failure::new(Code::NotFound, Reason::UnknownPlugin, text))
        };
        answer.unwrap_or_else(unknown).map_err(CallError::Failed)
    }

    pub(super) fn answer_call(&self, plugin: &str, method: &str, answer: Result<String, Failure>) {
        self.lock().answers.insert((plugin.to_owned(), method.to_owned()), answer);
    }

    pub(crate) fn follow_up(&self, request: FollowUpRequest) -> Result<String, HostError> {
        let mut kept = self.lock();
        if let Some(refusal) = &kept.refusal {
            return Err(refusal.clone());
        }
        let FollowUpRequest { interaction_id, seq, reply, last } = request;
        let known = |it: &FollowUp| it.interaction_id == interaction_id && it.seq == seq;
        if !kept.followed_up.iter().any(known) {
            let reply = Reply::from_wire(reply.unwrap_or_default());
            kept.followed_up.push(FollowUp { interaction_id, seq, reply, last });
        }
        drop(kept);
        self.more.notify_waiters();
        Ok(format!("follow-up-{seq}"))
    }

    /// The follow-ups, once there are so many.
    pub(super) async fn followed_up(&self, count: usize) -> Vec<FollowUp> {
        loop {
            let more = self.more.notified();
            let said = self.lock().followed_up.clone();
            if said.len() >= count {
                return said;
            }
            more.await;
        }
    }

    pub(crate) fn emit(&self, request: EmitRequest) -> Result<String, HostError> {
        let mut kept = self.lock();
        if let Some(refusal) = &kept.refusal {
            return Err(refusal.clone());
        }
        kept.emitted.push(Emitted { event: request.event, json: request.json });
        Ok(format!("event-{}", kept.emitted.len()))
    }

    pub(crate) fn track(&self, it: TrackedUse) {
        let TrackedUse { action, metadata, value, .. } = it;
        self.lock().tracked.push(Tracked { action, metadata, value });
    }

    pub(crate) fn count(&self, name: String, labels: &BTreeMap<String, String>, by: u64) {
        let labels: Vec<String> =
            labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let name = if labels.is_empty() { name } else { format!("{name}{{{}}}", labels.join(",")) };
        *self.lock().counted.entry(name).or_default() += by;
    }

    pub(super) fn tracked(&self) -> Vec<Tracked> {
        self.lock().tracked.clone()
    }

    pub(super) fn counted(&self, name: &str) -> u64 {
        self.lock().counted.get(name).copied().unwrap_or(0)
    }

    pub(crate) fn release(&self, request: ReleaseHeldRequest) -> Result<HeldResponse, HostError> {
        self.decide(Decided::Released(request.id))
    }

    pub(crate) fn drop_held(&self, request: DropHeldRequest) -> Result<HeldResponse, HostError> {
        self.decide(Decided::Dropped(request.id, request.reason.unwrap_or_default().text))
    }

    fn decide(&self, decided: Decided) -> Result<HeldResponse, HostError> {
        let mut kept = self.lock();
        if let Some(refusal) = &kept.refusal {
            return Err(refusal.clone());
        }
        let (Decided::Released(id) | Decided::Dropped(id, _)) = &decided;
        kept.held.retain(|item| item.id != *id);
        kept.decided.push(decided);
        Ok(HeldResponse { message_id: String::new(), told: true })
    }

    pub(crate) fn list_held(&self, request: &ListHeldRequest) -> ListHeldResponse {
        let ListHeldRequest { queue, after } = request;
        let listed =
            |item: &&HeldItem| item.number > *after && (queue.is_empty() || item.queue == *queue);
        ListHeldResponse { items: self.lock().held.iter().filter(listed).cloned().collect() }
    }

    /// Keeps what the plugin under test holds, as the daemon would list it.
    pub(super) fn hold(&self, hold: &Hold) {
        let mut kept = self.lock();
        let number = kept.held.last().map_or(1, |last| last.number + 1);
        let id = if hold.id.is_empty() { format!("held-{number}") } else { hold.id.clone() };
        let (queue, reason, expires_at_us) =
            (hold.queue.clone(), hold.reason.clone(), hold.expires_at_us);
        let item = HeldItem { id, queue, reason, expires_at_us, number, ..HeldItem::default() };
        kept.held.push(item);
    }

    pub(super) fn decided(&self) -> Vec<Decided> {
        self.lock().decided.clone()
    }

    /// Asks the storage in memory, unless everything is refused.
    pub(crate) fn storage<T>(
        &self,
        ask: impl FnOnce(&mut Shelf) -> Result<T, HostError>,
    ) -> Result<T, HostError> {
        let mut kept = self.lock();
        match &kept.refusal {
            Some(refusal) => Err(refusal.clone()),
            None => ask(&mut kept.shelf),
        }
    }

    /// Asks the harness's app, unless everything is refused.
    pub(crate) fn app<T>(
        &self,
        ask: impl FnOnce(&mut App) -> Result<T, HostError>,
    ) -> Result<T, HostError> {
        let mut kept = self.lock();
        match &kept.refusal {
            Some(refusal) => Err(refusal.clone()),
            None => ask(&mut kept.app),
        }
    }

    /// Looks at the harness's app, whatever is refused.
    pub(super) fn at_app<T>(&self, look: impl FnOnce(&mut App) -> T) -> T {
        look(&mut self.lock().app)
    }

    pub(super) fn set_at(&self, at: At, json: &str) {
        let mut kept = self.lock();
        kept.settings.retain(|(known, _)| *known != at);
        kept.settings.push((at, json.to_owned()));
    }

    pub(super) fn set_secret(&self, key: &str, value: &str) {
        self.lock().secrets.insert(key.to_owned(), value.to_owned());
    }

    /// What was set for a place, or for anywhere that this place is part of.
    pub(crate) fn settings_at(&self, at: &At) -> Result<Option<String>, HostError> {
        let kept = self.lock();
        if let Some(refusal) = &kept.refusal {
            return Err(refusal.clone());
        }
        let is_in = |known: &str, here: &str| known.is_empty() || known == here;
        let fits = |(known, _): &&(At, String)| {
            is_in(&known.channel, &at.channel) && is_in(&known.user, &at.user)
        };
        let narrowness =
            |(known, _): &&(At, String)| (!known.user.is_empty(), !known.channel.is_empty());
        let found = kept.settings.iter().filter(fits).max_by_key(narrowness);
        Ok(found.map(|(_, json)| json.clone()))
    }

    pub(crate) fn secret(&self, key: &str) -> Result<String, HostError> {
        let kept = self.lock();
        match (&kept.refusal, kept.secrets.get(key)) {
            (Some(refusal), _) => Err(refusal.clone()),
            (None, Some(secret)) => Ok(secret.clone()),
            (None, None) => Err(HostError::Refused {
                reason: Reason::SettingNotSet,
                message: format!("the secret {key} is not set"),
                retry_after: None,
            }),
        }
    }

    /// Keeps what was registered; what counts from then on is what a test has set, and its
    /// defaults.
    pub(crate) fn register_settings(
        &self,
        schema: &str,
        set: &str,
    ) -> Result<SettingsRegisterResponse, HostError> {
        let mut kept = self.lock();
        if let Some(refusal) = &kept.refusal {
            return Err(refusal.clone());
        }
        let read = |json: &str| serde_json::from_str(json).unwrap_or_else(|_| json!({}));
        let (document, mut settings): (Value, Value) = (read(schema), read(set));
        for (key, of) in document["properties"].as_object().into_iter().flatten() {
            if let Some(default) = of.get("default").filter(|_| settings.get(key).is_none()) {
                settings[key] = default.clone();
            }
        }
        kept.registered = Some(schema.to_owned());
        let settings = settings.to_string();
        Ok(SettingsRegisterResponse { settings, ..SettingsRegisterResponse::default() })
    }

    pub(super) fn registered(&self) -> Option<String> {
        self.lock().registered.clone()
    }

    /// Changes what is shown, unless everything is refused.
    pub(crate) fn ui<T>(
        &self,
        ask: impl FnOnce(&mut Shown) -> Result<T, HostError>,
    ) -> Result<T, HostError> {
        let mut kept = self.lock();
        match &kept.refusal {
            Some(refusal) => Err(refusal.clone()),
            None => ask(&mut kept.shown),
        }
    }

    pub(super) fn shown<T>(&self, look: impl FnOnce(&Shown) -> T) -> T {
        look(&self.lock().shown)
    }

    /// Looks at it, or lets time pass, whatever is refused.
    pub(super) fn shelf<T>(&self, look: impl FnOnce(&mut Shelf) -> T) -> T {
        look(&mut self.lock().shelf)
    }

    pub(super) fn emitted(&self) -> Vec<Emitted> {
        self.lock().emitted.clone()
    }

    pub(super) fn sent(&self) -> Vec<Sent> {
        self.lock().sent.clone()
    }

    pub(super) fn refuse(&self, refusal: HostError) {
        self.lock().refusal = Some(refusal);
    }

    fn keep(&self, sent: Sent) -> Result<String, HostError> {
        let mut kept = self.lock();
        if let Some(refusal) = &kept.refusal {
            return Err(refusal.clone());
        }
        kept.sent.push(sent);
        Ok(format!("sent-{}", kept.sent.len()))
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
