//! Interactions whose answer follows later: kept in the journal, and said through the outbox.
//!
//! It outlives the plugin, the daemon and the app's node that began one. It refuses to know
//! what is said, and which node shows it.

use std::pin::pin;
use std::time::Duration;

use jiff::Timestamp;
use outboard_proto::app::{Answer, FollowUp};
use outboard_proto::common::{Failure, Reason};
use outboard_proto::limits::FRAME_BYTES;
use outboard_proto::plugin::FollowUpRequest;
use prost::Message as _;
use tokio::task::JoinSet;
use tonic::Code;

use crate::config::name::PluginName;
use crate::held::port::Whose;
use crate::logs::Logs;
use crate::outbox::{Outbox, answered_before};
use crate::routing::{
    Deferral, KeepWish, MemberId, Switchboard, is_deferred_for, is_request_about,
};
use crate::store::journal::{FOLLOW_UP, IsAbout, IsOf};
use crate::store::{Deferred, Journal, Lookup, StoreError};
use crate::{clock, status};

/// Wishes that share a commit: as many as the journal's thread groups.
const TOGETHER: usize = 256;

/// Room that a frame needs around what is said: where, who asked, who answers.
const AROUND: usize = 4 * 1024;

/// The way to deferred interactions; cheap to clone.
#[derive(Clone)]
pub struct Interactions {
    switchboard: Switchboard,
    journal: Journal,
    outbox: Outbox,
    logs: Logs,
}

/// What was erased of a user.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Erased {
    /// Interactions that plugins had deferred.
    pub interactions: u64,
    /// Requests that waited for an app.
    pub requests: u64,
    /// Lines of plugins that named them.
    pub log_lines: u64,
}

impl Interactions {
    /// Over a journal.
    #[must_use]
    pub fn new(switchboard: Switchboard, journal: Journal, outbox: Outbox, logs: Logs) -> Self {
        Self { switchboard, journal, outbox, logs }
    }

    /// Keeps what plugins defer and ends what the app cancels, for ever. What is wished for
    /// together shares a commit of the journal.
    pub async fn keep(self) {
        let Some(mut wishes) = self.switchboard.keep_wishes() else { return };
        let mut together = Vec::new();
        while wishes.recv_many(&mut together, TOGETHER).await > 0 {
            // Tasks of one thread begin in the order they were made, and each begins by queueing
            // its write: a cancellation still comes after what it cancels.
            let granted: JoinSet<()> =
                together.drain(..).map(|wish| self.clone().grant(wish)).collect();
            granted.join_all().await;
        }
    }

    async fn grant(self, wish: KeepWish) {
        match wish {
            KeepWish::Keep(deferral) => self.keep_one(*deferral).await,
            KeepWish::Cancel(id) => self.cancel(&id).await,
            KeepWish::Forgotten(whose) => {
                if let Err(error) = self.forget_user(whose).await {
                    tracing::error!("the journal cannot forget a user: {error}");
                }
            }
        }
    }

    /// Erases a user from what was deferred for them, drops what waits for an app and concerns
    /// them, and plugins' lines that name them.
    ///
    /// # Errors
    /// The journal failed; then nothing is erased in it.
    pub async fn forget_user(&self, whose: Whose) -> Result<Erased, StoreError> {
        // A line does not say in which workspace it was: all of them go.
        let log_lines = self.logs.drop_lines_with(&whose.user);
        let known = (is_deferred_for as IsOf, is_request_about as IsAbout);
        let forgotten = self.journal.forget_user(whose, known, clock::timestamp()).await?;
        for (plugin, id) in &forgotten.interactions {
            self.switchboard.deferral_over(plugin, id);
        }
        self.outbox.forgotten(&forgotten.requests);
        Ok(Erased {
            interactions: forgotten.interactions.len() as u64,
            requests: forgotten.requests.len() as u64,
            log_lines,
        })
    }

    async fn keep_one(&self, deferral: Deferral) {
        let Deferral { key, plugin, interaction_id, workspace, node, origin, within } = deferral;
        let now = clock::timestamp();
        let expires = now.checked_add(within).unwrap_or(Timestamp::MAX);
        let deferred = Deferred {
            plugin: plugin.to_string(),
            id: interaction_id,
            workspace,
            node,
            origin: origin.encode_to_vec(),
            expires,
        };
        let kept = self.journal.defer(deferred, now).await;
        let kept = kept.map(|()| expires.as_microsecond());
        self.switchboard.deferral_kept(key, kept.map_err(|error| status::of_store(&error)));
    }

    async fn cancel(&self, id: &str) {
        match self.journal.cancel_interaction(id, clock::timestamp()).await {
            Ok(plugins) => {
                for plugin in plugins {
                    self.switchboard.deferral_over(&plugin, id);
                    self.switchboard.tell_cancelled_interaction(&plugin, id);
                }
            }
            Err(error) => tracing::error!("the journal cannot cancel an interaction: {error}"),
        }
    }

    /// Has something more said to an interaction, and waits until it is, or patience ends. `may` is
    /// asked whether it may be said, now, where the interaction began.
    ///
    /// # Errors
    /// Why it cannot be said, or what the app answered.
    pub async fn follow_up(
        &self,
        (member, plugin): (MemberId, &str),
        request: FollowUpRequest,
        patience: Duration,
        may: impl FnOnce(&str, &FollowUp) -> Result<(), Failure>,
    ) -> Result<Answer, Failure> {
        check(&request)?;
        let name: PluginName =
            plugin.parse().map_err(|_| invalid("a plugin without a name".to_owned()))?;
        let key = key_of(&request);
        let begun = self.switchboard.now();
        let wanted = Wanted { member, name: &name, id: &request.interaction_id, key: &key };
        let found = self.find(&wanted, patience).await?;
        let deferred = match found {
            Lookup::Open(deferred) => deferred,
            Lookup::Said(answer) => return answered_before(answer),
            other => return Err(over(&other, &request.interaction_id)),
        };
        let (id, last) = (request.interaction_id.clone(), request.last);
        let follow_up = addressed(request, &deferred.origin);
        may(&deferred.workspace, &follow_up)?;
        let around = (deferred.workspace, deferred.node.as_str(), key);
        let outgoing = self.switchboard.compose_follow_up(member, follow_up, around)?;
        // Finding it took of the plugin's patience too.
        let left = patience.saturating_sub(self.switchboard.now().since(begun));
        let answer = self.outbox.carry_out(plugin, outgoing, true, left).await;
        if last && is_taken(&answer) {
            self.close(&name, &id).await;
        }
        answer
    }

    /// What is known of the interaction. A follow-up may overtake the reply that defers it: then
    /// it waits for that.
    async fn find(&self, wanted: &Wanted<'_>, patience: Duration) -> Result<Lookup, Failure> {
        let Wanted { member, name, id, key } = *wanted;
        let settled = self.switchboard.deferral_settled();
        let search = async {
            loop {
                // Listens first, so that nothing is missed between looking and waiting.
                let mut changed = pin!(settled.notified());
                changed.as_mut().enable();
                let may_come = self.switchboard.may_defer(member, id);
                let found = self.journal.interaction(name, id, key, clock::timestamp()).await;
                match found.map_err(|error| status::of_store(&error))? {
                    Lookup::Unknown if may_come => changed.await,
                    found => return Ok(found),
                }
            }
        };
        let found = tokio::time::timeout(patience, search).await;
        found.unwrap_or(Ok(Lookup::Unknown))
    }

    async fn close(&self, name: &PluginName, id: &str) {
        self.switchboard.deferral_over(name.as_str(), id);
        if let Err(error) = self.journal.close_interaction(name, id).await {
            tracing::error!(plugin = %name, "the journal cannot close an interaction: {error}");
        }
    }
}

/// Which follow-up of which plugin.
struct Wanted<'a> {
    member: MemberId,
    name: &'a PluginName,
    id: &'a str,
    key: &'a str,
}

/// The idempotency key of a follow-up: one number of one interaction counts once.
fn key_of(request: &FollowUpRequest) -> String {
    format!("{FOLLOW_UP}{}:{}", request.seq, request.interaction_id)
}

fn check(request: &FollowUpRequest) -> Result<(), Failure> {
    if request.interaction_id.is_empty() || request.interaction_id.len() > 255 {
        return Err(invalid("a follow-up needs an interaction_id of at most 255 bytes".to_owned()));
    }
    let Some(reply) = &request.reply else {
        return Err(invalid("a follow-up needs a reply".to_owned()));
    };
    if reply.modal.is_some() {
        return Err(invalid("a follow-up opens no form".to_owned()));
    }
    let size = reply.encoded_len();
    if size > FRAME_BYTES - AROUND {
        let text = format!("the reply has {size} bytes; it may have {}", FRAME_BYTES - AROUND);
        return Err(Failure::new(Code::ResourceExhausted, Reason::FrameTooLarge, text));
    }
    Ok(())
}

fn addressed(request: FollowUpRequest, origin: &[u8]) -> FollowUp {
    let mut reply = request.reply.unwrap_or_default();
    (reply.deferred, reply.streamed, reply.expires_at_us) = (false, false, 0);
    // It was encoded here; should it not be readable, the app knows the interaction by its id.
    let origin = FollowUp::decode(origin).unwrap_or_default();
    FollowUp {
        interaction_id: request.interaction_id,
        seq: request.seq,
        reply: Some(reply),
        last: request.last,
        ..origin
    }
}

/// Whether it reached the app, or will.
fn is_taken(answer: &Result<Answer, Failure>) -> bool {
    use outboard_proto::app::answer::Result::Sent;
    match answer {
        Ok(answer) => matches!(answer.result, Some(Sent(_))),
        Err(failure) => failure.details.get("outcome").is_some_and(|it| it == "queued"),
    }
}

/// Why nothing more can be said.
fn over(found: &Lookup, id: &str) -> Failure {
    let (code, reason, text) = match found {
        Lookup::Expired => {
            let text = format!("interaction {id} was to be answered earlier");
            (Code::DeadlineExceeded, Reason::InteractionExpired, text)
        }
        Lookup::Closed => {
            let text = format!("the last follow-up to interaction {id} has been said");
            (Code::FailedPrecondition, Reason::InteractionClosed, text)
        }
        Lookup::Cancelled => {
            (Code::Cancelled, Reason::Cancelled, format!("the app cancelled interaction {id}"))
        }
        Lookup::Unknown | Lookup::Open(_) | Lookup::Said(_) => {
            let text = format!("this plugin has deferred no interaction {id}");
            (Code::NotFound, Reason::UnknownInteraction, text)
        }
    };
    Failure::new(code, reason, text).detail("outcome", "not_started")
}

fn invalid(text: String) -> Failure {
    Failure::new(Code::InvalidArgument, Reason::Invalid, text)
}
