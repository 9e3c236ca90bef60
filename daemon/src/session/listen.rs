//! The socket of one plugin: accepts, asks who calls, and serves session and host API.
//!
//! The peer check answers who; the token, checked before anything is decoded, answers which
//! generation. It refuses to know frames.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use outboard_proto::common::{Failure, Reason};
use outboard_proto::limits::{DECODE_BYTES, STREAMS, TOKEN_KEY};
use outboard_proto::plugin::events_server::EventsServer;
use outboard_proto::plugin::interactions_server::InteractionsServer;
use outboard_proto::plugin::messages_server::MessagesServer;
use outboard_proto::plugin::plugins_server::PluginsServer;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tonic::service::{Routes, interceptor::InterceptedService};
use tonic::{Code, Request, Status};

use super::door::{Door, Pass};
use super::events::HostEvents;
use super::facts::Facts;
use super::interactions::HostInteractions;
use super::messages::{HostMessages, Outbox};
use super::plugins::HostPlugins;
use super::service::Sessions;
use crate::clock::Clock;
use crate::config::manifest::Handlers;
use crate::interactions::Interactions;
use crate::logs::Log;
use crate::plugin::Mail;
use crate::reflection::Reflection;
use crate::routing::{MemberId, Switchboard};
use crate::{connection, socket, status};

static SERIAL: AtomicU64 = AtomicU64::new(1);

/// All that the socket of one plugin leads to.
pub struct Entrance {
    /// Its place in the tables.
    pub member: MemberId,
    /// The tables.
    pub switchboard: Switchboard,
    /// Who may come in.
    pub door: Door,
    /// Where news goes.
    pub mailbox: mpsc::Sender<Mail>,
    /// Its lines.
    pub log: Arc<Log>,
    /// The time.
    pub clock: Clock,
    /// What waits for an app.
    pub outbox: Outbox,
    /// What was deferred.
    pub interactions: Interactions,
    /// What grpcurl and its like are told.
    pub reflection: Reflection,
    facts: Mutex<Arc<Facts>>,
    registered: Mutex<Option<Handlers>>,
}

/// Where an entrance leads, before there are facts.
pub struct Leads {
    /// Its place in the tables.
    pub member: MemberId,
    /// The tables.
    pub switchboard: Switchboard,
    /// Where news goes.
    pub mailbox: mpsc::Sender<Mail>,
    /// Its lines.
    pub log: Arc<Log>,
    /// The time.
    pub clock: Clock,
    /// What waits for an app.
    pub outbox: Outbox,
    /// What was deferred.
    pub interactions: Interactions,
    /// What grpcurl and its like are told.
    pub reflection: Reflection,
}

impl Entrance {
    /// An entrance whose door is shut.
    #[must_use]
    pub fn new(leads: Leads, facts: Facts) -> Self {
        let Leads { member, switchboard, mailbox, log, clock, outbox, interactions, reflection } =
            leads;
        let facts = Mutex::new(Arc::new(facts));
        Self {
            member,
            switchboard,
            door: Door::default(),
            mailbox,
            log,
            clock,
            outbox,
            interactions,
            reflection,
            facts,
            registered: Mutex::new(None),
        }
    }

    /// What is known of the plugin now.
    #[must_use]
    pub fn facts(&self) -> Arc<Facts> {
        Arc::clone(&self.facts.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Knows something else from now on.
    pub fn set_facts(&self, facts: Facts) {
        *self.facts.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(facts);
    }

    /// What the code registered when it last said hello.
    #[must_use]
    pub fn registered(&self) -> Option<Handlers> {
        self.registered.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set_registered(&self, handlers: Handlers) {
        *self.registered.lock().unwrap_or_else(PoisonError::into_inner) = Some(handlers);
    }

    pub(super) fn next_serial(&self) -> u64 {
        SERIAL.fetch_add(1, Ordering::Relaxed)
    }
}

/// Accepts connections until the task is aborted.
pub async fn listen(listener: UnixListener, entrance: Arc<Entrance>) {
    loop {
        let stream = socket::accept(&listener).await;
        match entrance.door.current() {
            Some(pass) => {
                tokio::spawn(receive(stream, pass, Arc::clone(&entrance)));
            }
            // Nobody of this plugin can be alive; whoever it is gets no word.
            None => drop(stream),
        }
    }
}

async fn receive(stream: UnixStream, pass: Arc<Pass>, entrance: Arc<Entrance>) {
    let until = pass.until.clone();
    match belongs(&stream, &pass).await {
        Ok(()) => {
            let routes = routes(&pass, &entrance);
            connection::serve(stream, routes, STREAMS, until).await;
        }
        Err(failure) => {
            let (plugin, why) = (entrance.facts().name.clone(), &failure.message);
            tracing::warn!(%plugin, "turned away at the plugin's socket: {why}");
            connection::refuse(stream, status::of(&failure), until).await;
        }
    }
}

/// Whether the peer is of this generation's process tree.
async fn belongs(stream: &UnixStream, pass: &Pass) -> Result<(), Failure> {
    let denied =
        |text: String| Err(Failure::new(Code::PermissionDenied, Reason::NotThisPlugin, text));
    let peer = match outboard_linux::peer(stream) {
        Ok(peer) => peer,
        Err(error) => return denied(format!("cannot tell who calls: {error}")),
    };
    let Some(keeper) = pass.keeper().await else {
        return denied("the generation is over".to_owned());
    };
    // It reads /proc, which the data plane does not.
    let inside = tokio::task::spawn_blocking(move || keeper.contains(peer.pid)).await;
    match inside {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => {
            denied(format!("process {} is not of this plugin's process tree", peer.pid))
        }
    }
}

fn routes(pass: &Arc<Pass>, entrance: &Arc<Entrance>) -> Routes {
    let checked = Arc::clone(pass);
    // A plain fn type would not do: each connection checks for its own generation.
    let check = move |request: Request<()>| check_token(&checked, request);
    let sessions = Sessions { pass: Arc::clone(pass), entrance: Arc::clone(entrance) };
    let messages = HostMessages { entrance: Arc::clone(entrance) };
    let events = EventsServer::new(HostEvents { entrance: Arc::clone(entrance) })
        .max_decoding_message_size(DECODE_BYTES);
    let messages = MessagesServer::new(messages).max_decoding_message_size(DECODE_BYTES);
    let plugins = HostPlugins { entrance: Arc::clone(entrance) };
    let plugins = PluginsServer::new(plugins).max_decoding_message_size(DECODE_BYTES);
    let interactions = HostInteractions { entrance: Arc::clone(entrance) };
    let interactions =
        InteractionsServer::new(interactions).max_decoding_message_size(DECODE_BYTES);
    let routes = Routes::new(InterceptedService::new(sessions, check.clone()))
        .add_service(InterceptedService::new(messages, check.clone()))
        .add_service(InterceptedService::new(plugins, check.clone()))
        .add_service(InterceptedService::new(interactions, check.clone()))
        .add_service(InterceptedService::new(events, check));
    entrance.reflection.add_to(routes)
}

#[allow(clippy::result_large_err, reason = "the signature is tonic's")]
fn check_token(pass: &Pass, request: Request<()>) -> Result<Request<()>, Status> {
    let token = request.metadata().get(TOKEN_KEY).map(tonic::metadata::MetadataValue::as_bytes);
    if token.is_some_and(|token| pass.admits(token)) {
        return Ok(request);
    }
    let text = match token {
        None => format!("metadata {TOKEN_KEY} is missing: send the value of OUTBOARD_TOKEN"),
        Some(_) => "the token is not this generation's".to_owned(),
    };
    Err(status::of(&Failure::new(Code::Unauthenticated, Reason::BadToken, text)))
}
