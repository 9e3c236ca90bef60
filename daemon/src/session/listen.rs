//! The socket of one plugin: accepts, asks who calls, and serves session and host API.
//!
//! The peer check answers who. It refuses to know services and frames.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use outboard_proto::common::{Failure, Reason};
use outboard_proto::limits::STREAMS;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tonic::Code;

use super::door::{Door, Pass};
use super::facts::Facts;
use super::files::Transfers;
use super::messages::Outbox;
use super::service::{Inside, Who};
use crate::audit::refusals::Refusals;
use crate::clock::Clock;
use crate::config::manifest::Handlers;
use crate::connection::Terms;
use crate::debug::Desk;
use crate::held::Held;
use crate::interactions::Interactions;
use crate::lifecycle::Lifecycle;
use crate::logs::Log;
use crate::plugin::Mail;
use crate::reflection::Reflection;
use crate::routing::{MemberId, Switchboard};
use crate::settings::Ledger;
use crate::storage::Room;
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
    /// Who stands in for it while it is debugged.
    pub desk: Desk,
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
    /// What is held.
    pub held: Held,
    /// What it keeps.
    pub room: Room,
    /// What it is refused.
    pub refusals: Refusals,
    /// What was set for it.
    pub settings: Arc<Ledger>,
    /// What happens to it once per version.
    pub lifecycle: Lifecycle,
    /// Files on their way to it and from it.
    pub transfers: Transfers,
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
    /// What is held.
    pub held: Held,
    /// What it keeps.
    pub room: Room,
    /// What it is refused.
    pub refusals: Refusals,
    /// What was set for it.
    pub settings: Arc<Ledger>,
    /// What happens to it once per version.
    pub lifecycle: Lifecycle,
    /// What grpcurl and its like are told.
    pub reflection: Reflection,
}

impl Entrance {
    /// An entrance whose door is shut.
    #[must_use]
    pub fn new(leads: Leads, facts: Facts) -> Self {
        let Leads { member, switchboard, mailbox, log, clock, .. } = leads;
        let Leads { outbox, interactions, held, room, refusals, settings, .. } = leads;
        let Leads { lifecycle, reflection, .. } = leads;
        let facts = Mutex::new(Arc::new(facts));
        Self {
            member,
            switchboard,
            door: Door::default(),
            desk: Desk::default(),
            mailbox,
            log,
            clock,
            outbox,
            interactions,
            held,
            room,
            refusals,
            lifecycle,
            settings,
            transfers: Transfers::default(),
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
            let reflection = entrance.reflection.clone();
            let terms = Terms { reflection, streams: STREAMS, until };
            connection::serve(stream, Inside { who: Who::Own(pass), entrance }, terms).await;
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
    // Nearly always it is the plugin's main process, whose number the keeper has told.
    if keeper.pid() == Some(peer.pid) {
        return Ok(());
    }
    // It reads /proc, which the data plane does not.
    let inside = tokio::task::spawn_blocking(move || keeper.contains(peer.pid)).await;
    match inside {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => {
            denied(format!("process {} is not of this plugin's process tree", peer.pid))
        }
    }
}
