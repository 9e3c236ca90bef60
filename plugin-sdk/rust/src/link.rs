//! `Link`: the way to the daemon that every handler of one process shares.
//!
//! It carries the host API's calls and remembers what the daemon said of itself. It refuses to
//! know the session's stream.

mod asks;
mod files;
mod settings;
mod storage;
mod ui;
mod usage;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use outboard_proto::limits::{CALL_KEY, DECODE_BYTES, TOKEN_KEY};
use outboard_proto::plugin::channels_client::ChannelsClient;
use outboard_proto::plugin::events_client::EventsClient;
use outboard_proto::plugin::files_client::FilesClient;
use outboard_proto::plugin::interactions_client::InteractionsClient;
use outboard_proto::plugin::messages_client::MessagesClient;
use outboard_proto::plugin::plugins_client::PluginsClient;
use outboard_proto::plugin::settings_client::SettingsClient;
use outboard_proto::plugin::storage_client::StorageClient;
use outboard_proto::plugin::ui_client::UiClient;
use outboard_proto::plugin::usage_client::UsageClient;
use outboard_proto::plugin::users_client::UsersClient;
use outboard_proto::plugin::{
    CallPluginRequest, DropHeldRequest, EmitRequest, FollowUpRequest, HeldResponse,
    ListHeldRequest, ListHeldResponse, ReleaseHeldRequest, ReplyRequest, SendRequest, Welcome,
};
use tokio_util::sync::CancellationToken;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::Channel;
use tonic::{Request, Response, Status};

use crate::call::CallError;
use crate::error::HostError;
use crate::settings::known::Known;
use crate::test::Recorder;
use crate::usage::Usage;

/// How long a call without a cause may take. One with a cause ends with it.
const OWN_CALL: Duration = Duration::from_secs(30);

/// The shared way to the daemon.
#[derive(Debug)]
pub(crate) struct Link {
    way: Way,
    session: AtomicU64,
    welcome: Mutex<Arc<Welcome>>,
    /// Settings of places.
    pub(crate) known: Known,
    /// Deferred interactions that are being worked on, and by how many, to be ended when the app
    /// cancels one.
    interactions: Mutex<HashMap<String, (CancellationToken, usize)>>,
    /// What the plugin tracks and counts, until it is told.
    usage: Usage,
}

#[derive(Debug)]
enum Way {
    Wire(Box<Wire>),
    Recorded(Arc<Recorder>),
}

/// The host API over the plugin's socket.
#[derive(Debug)]
struct Wire {
    messages: MessagesClient<Channel>,
    interactions: InteractionsClient<Channel>,
    plugins: PluginsClient<Channel>,
    events: EventsClient<Channel>,
    storage: StorageClient<Channel>,
    usage: UsageClient<Channel>,
    users: UsersClient<Channel>,
    channels: ChannelsClient<Channel>,
    settings: SettingsClient<Channel>,
    files: FilesClient<Channel>,
    ui: UiClient<Channel>,
    token: MetadataValue<Ascii>,
}

/// What a host call is made on behalf of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The plugin's own idea.
    Own,
    /// A call; its id means nothing outside its session.
    Call { session: u64, id: u64 },
    /// An event's delivery.
    Event(u64),
}

impl Link {
    pub(crate) fn wire(channel: Channel, token: MetadataValue<Ascii>) -> Self {
        let plugins = PluginsClient::new(channel.clone()).max_decoding_message_size(DECODE_BYTES);
        let messages = MessagesClient::new(channel.clone()).max_decoding_message_size(DECODE_BYTES);
        let interactions = InteractionsClient::new(channel.clone());
        // A page of a list may have a little more than a frame.
        let storage =
            StorageClient::new(channel.clone()).max_decoding_message_size(2 * DECODE_BYTES);
        let usage = UsageClient::new(channel.clone());
        let users = UsersClient::new(channel.clone()).max_decoding_message_size(DECODE_BYTES);
        let channels = ChannelsClient::new(channel.clone()).max_decoding_message_size(DECODE_BYTES);
        let ui = UiClient::new(channel.clone());
        let settings = SettingsClient::new(channel.clone()).max_decoding_message_size(DECODE_BYTES);
        let files = FilesClient::new(channel.clone()).max_decoding_message_size(DECODE_BYTES);
        let events = EventsClient::new(channel).max_decoding_message_size(DECODE_BYTES);
        let wire = Wire {
            messages,
            interactions,
            plugins,
            events,
            storage,
            usage,
            users,
            channels,
            settings,
            files,
            ui,
            token,
        };
        Self::over(Way::Wire(Box::new(wire)))
    }

    pub(crate) fn recorded(recorder: Arc<Recorder>) -> Self {
        Self::over(Way::Recorded(recorder))
    }

    fn over(way: Way) -> Self {
        let (session, welcome) = (AtomicU64::new(0), Mutex::default());
        let (interactions, usage) = (Mutex::default(), Usage::default());
        Self { way, session, welcome, known: Known::default(), interactions, usage }
    }

    /// What the plugin tracks and counts.
    pub(crate) fn usage(&self) -> &Usage {
        &self.usage
    }

    /// The harness's memory, where there is one.
    pub(crate) fn recorder(&self) -> Option<&Recorder> {
        match &self.way {
            Way::Recorded(recorder) => Some(recorder),
            Way::Wire(_) => None,
        }
    }

    /// What the daemon last said of itself and of this plugin.
    pub(crate) fn welcome(&self) -> Arc<Welcome> {
        Arc::clone(&self.welcome.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Begins to know `welcome`; calls of earlier sessions are no cause any more.
    pub(crate) fn begin(&self, session: u64, welcome: Welcome) {
        self.session.store(session, Ordering::Release);
        self.known.forget(welcome.settings_narrowed);
        self.update(|known| *known = welcome);
    }

    /// Ends the session: its calls are no cause any more.
    pub(crate) fn end(&self) {
        self.session.store(0, Ordering::Release);
    }

    /// Changes what is known.
    pub(crate) fn update(&self, change: impl FnOnce(&mut Welcome)) {
        let mut known = self.welcome.lock().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut known));
    }

    pub(crate) async fn send(&self, cause: Cause, send: SendRequest) -> Result<String, HostError> {
        match &self.way {
            Way::Recorded(recorder) => recorder.send(send),
            Way::Wire(wire) => {
                let Wire { messages, token, .. } = &**wire;
                let request = self.request(cause, token, send)?;
                let sent = messages.clone().send(request).await;
                sent.map(|sent| sent.into_inner().message_id)
                    .map_err(|status| HostError::from_status(&status))
            }
        }
    }

    pub(crate) async fn reply(
        &self,
        cause: Cause,
        reply: ReplyRequest,
    ) -> Result<String, HostError> {
        match &self.way {
            Way::Recorded(recorder) => recorder.reply(reply),
            Way::Wire(wire) => {
                let Wire { messages, token, .. } = &**wire;
                let request = self.request(cause, token, reply)?;
                let sent = messages.clone().reply(request).await;
                sent.map(|sent| sent.into_inner().message_id)
                    .map_err(|status| HostError::from_status(&status))
            }
        }
    }

    pub(crate) async fn call_plugin(
        &self,
        cause: Cause,
        call: CallPluginRequest,
    ) -> Result<String, CallError> {
        match &self.way {
            Way::Recorded(recorder) => recorder.call(&call),
            Way::Wire(wire) => {
                let request = self.request(cause, &wire.token, call);
                let request = request.map_err(|_| CallError::SessionLost)?;
                let answer = wire.plugins.clone().call(request).await;
                answer
                    .map(|answer| answer.into_inner().json)
                    .map_err(|status| CallError::from_status(&status))
            }
        }
    }

    pub(crate) async fn follow_up(&self, request: FollowUpRequest) -> Result<String, HostError> {
        match &self.way {
            Way::Recorded(recorder) => recorder.follow_up(request),
            Way::Wire(wire) => {
                let Wire { interactions, token, .. } = &**wire;
                let request = self.request(Cause::Own, token, request)?;
                let said = interactions.clone().follow_up(request).await;
                said.map(|said| said.into_inner().message_id)
                    .map_err(|status| HostError::from_status(&status))
            }
        }
    }

    pub(crate) async fn emit(&self, cause: Cause, emit: EmitRequest) -> Result<String, HostError> {
        match &self.way {
            Way::Recorded(recorder) => recorder.emit(emit),
            Way::Wire(wire) => {
                let request = self.request(cause, &wire.token, emit)?;
                let emitted = wire.events.clone().emit(request).await;
                emitted
                    .map(|emitted| emitted.into_inner().event_id)
                    .map_err(|status| HostError::from_status(&status))
            }
        }
    }

    pub(crate) async fn release_held(
        &self,
        cause: Cause,
        release: ReleaseHeldRequest,
    ) -> Result<HeldResponse, HostError> {
        match &self.way {
            Way::Recorded(recorder) => recorder.release(release),
            Way::Wire(wire) => {
                let request = self.request(cause, &wire.token, release)?;
                inner(wire.messages.clone().release_held(request).await)
            }
        }
    }

    pub(crate) async fn drop_held(
        &self,
        cause: Cause,
        dropping: DropHeldRequest,
    ) -> Result<HeldResponse, HostError> {
        match &self.way {
            Way::Recorded(recorder) => recorder.drop_held(dropping),
            Way::Wire(wire) => {
                let request = self.request(cause, &wire.token, dropping)?;
                inner(wire.messages.clone().drop_held(request).await)
            }
        }
    }

    pub(crate) async fn list_held(
        &self,
        cause: Cause,
        list: ListHeldRequest,
    ) -> Result<ListHeldResponse, HostError> {
        match &self.way {
            Way::Recorded(recorder) => Ok(recorder.list_held(&list)),
            Way::Wire(wire) => {
                let request = self.request(cause, &wire.token, list)?;
                inner(wire.messages.clone().list_held(request).await)
            }
        }
    }

    /// A token that ends with the interaction; to be given back by `leave_interaction`.
    pub(crate) fn join_interaction(&self, id: &str) -> CancellationToken {
        let mut known = self.interactions.lock().unwrap_or_else(PoisonError::into_inner);
        let (token, joined) = known.entry(id.to_owned()).or_default();
        *joined += 1;
        token.clone()
    }

    /// The app wants no more of it.
    pub(crate) fn cancel_interaction(&self, id: &str) {
        let known = self.interactions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((token, _)) = known.get(id) {
            token.cancel();
        }
    }

    /// One that worked on it will say no more.
    pub(crate) fn leave_interaction(&self, id: &str) {
        let mut known = self.interactions.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, joined)) = known.get_mut(id) {
            *joined -= 1;
            if *joined == 0 {
                known.remove(id);
            }
        }
    }

    fn request<T>(
        &self,
        cause: Cause,
        token: &MetadataValue<Ascii>,
        message: T,
    ) -> Result<Request<T>, HostError> {
        let mut request = Request::new(message);
        request.metadata_mut().insert(TOKEN_KEY, token.clone());
        match cause {
            Cause::Own => request.set_timeout(OWN_CALL),
            Cause::Event(delivery) => cause_is(&mut request, &format!("e{delivery}")),
            // Ids start anew in each session: an old one would name a stranger's call.
            Cause::Call { session, .. } if session != self.session.load(Ordering::Acquire) => {
                return Err(HostError::SessionLost);
            }
            Cause::Call { id, .. } => cause_is(&mut request, &id.to_string()),
        }
        Ok(request)
    }
}

fn inner<T>(answer: Result<Response<T>, Status>) -> Result<T, HostError> {
    answer.map(Response::into_inner).map_err(|status| HostError::from_status(&status))
}

fn cause_is<T>(request: &mut Request<T>, cause: &str) {
    let value = cause.parse().expect("digits and one letter are valid metadata");
    request.metadata_mut().insert(CALL_KEY, value);
}
