//! What plugins ask of the app, carried out: at once where an app is connected, kept in the journal
//! and replayed in order where none is.
//!
//! It refuses to know what a request says, and which node is right for it.

mod replay;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use outboard_proto::app::{Answer, Request};
use outboard_proto::common::{Failure, Reason};
use prost::Message as _;
use tokio::sync::{Notify, oneshot};
use tonic::Code;

use crate::audit::Audit;
use crate::config::name::PluginName;
use crate::routing::{Handing, NodeId, Outgoing, SendOutcome, Switchboard};
use crate::store::{Claim, Enqueued, Journal, NewRequest};
use crate::{clock, status};

/// The way to the app; cheap to clone.
#[derive(Clone)]
pub struct Outbox(Arc<Inner>);

struct Inner {
    switchboard: Switchboard,
    journal: Journal,
    audit: Audit,
    kept: Mutex<Kept>,
    more: Notify,
}

#[derive(Default)]
struct Kept {
    /// Requests in the journal, by plugin: a later one must not overtake them.
    backlog: HashMap<String, usize>,
    /// Plugins that wait for a kept request.
    waiting: HashMap<i64, oneshot::Sender<Result<Answer, Failure>>>,
}

impl Outbox {
    /// An outbox over a journal; what comes late of acts of moderation is recorded.
    #[must_use]
    pub fn new(switchboard: Switchboard, journal: Journal, audit: Audit) -> Self {
        let (kept, more) = (Mutex::default(), Notify::new());
        Self(Arc::new(Inner { switchboard, journal, audit, kept, more }))
    }

    /// Has a request carried out and waits for the answer, as long as `patience` lasts. `keyed`:
    /// the plugin chose the idempotency key, and may choose it again.
    ///
    /// # Errors
    /// What the app answered, or why there is no answer, with its `outcome`.
    pub async fn carry_out(
        &self,
        plugin: &str,
        outgoing: Outgoing,
        keyed: bool,
        patience: Duration,
    ) -> Result<Answer, Failure> {
        let name: PluginName = plugin.parse().map_err(|_| internal("a plugin without a name"))?;
        let kept = self.has_backlog(plugin) || !self.0.switchboard.has_app();
        if !kept && !keyed {
            return self.hand(&outgoing, patience).await;
        }
        if kept {
            // Before anything else can be asked: the next one must not overtake it.
            self.add_to_backlog(plugin, 1);
        }
        // To its end, even if the plugin goes away meanwhile: its next generation hears under the
        // same key what came of it, and nothing is counted as waiting that does not.
        let outbox = self.clone();
        let carried = tokio::spawn(async move {
            match kept {
                true => outbox.keep(name, &outgoing.request, patience).await,
                false => outbox.hand_once(name, &outgoing, patience).await,
            }
        });
        carried.await.unwrap_or_else(|_| Err(internal("carrying a request out failed")))
    }

    async fn hand_once(
        &self,
        name: PluginName,
        outgoing: &Outgoing,
        patience: Duration,
    ) -> Result<Answer, Failure> {
        let key = &outgoing.request.idempotency_key;
        if let Some(answer) = self.claim(&name, key).await? {
            return Ok(answer);
        }
        let result = self.hand(outgoing, patience).await;
        self.settle(&name, key, &result).await;
        result
    }

    /// Has a request carried out now or not at all, and waits for the answer, as long as `patience`
    /// lasts.
    ///
    /// # Errors
    /// What the app answered, or why there is no answer, with its `outcome`.
    pub async fn at_once(
        &self,
        outgoing: &Outgoing,
        patience: Duration,
    ) -> Result<Answer, Failure> {
        self.hand(outgoing, patience).await
    }

    /// As [`Outbox::at_once`]; with the node that had it in hand, for what follows on it.
    ///
    /// # Errors
    /// As [`Outbox::at_once`].
    pub async fn at_node(
        &self,
        outgoing: &Outgoing,
        patience: Duration,
    ) -> Result<(Answer, NodeId), Failure> {
        let handing = self.0.switchboard.hand_request(outgoing);
        let node = match &handing {
            Handing::Handed(id, _) => self.0.switchboard.node_of_request(*id),
            Handing::NoApp | Handing::Unsupported => None,
        };
        let answer = self.hear(handing, patience).await?;
        Ok((answer, node.ok_or_else(node_lost)?))
    }

    async fn claim(&self, name: &PluginName, key: &str) -> Result<Option<Answer>, Failure> {
        let now = clock::timestamp();
        match self
            .0
            .journal
            .claim(name, key, now)
            .await
            .map_err(|error| status::of_store(&error))?
        {
            Claim::First => Ok(None),
            Claim::Again(answer) => answered_before(answer).map(Some),
        }
    }

    /// Keeps the answer under its key; where there is none, the key may be used again.
    async fn settle(&self, name: &PluginName, key: &str, result: &Result<Answer, Failure>) {
        let done = match result {
            Ok(answer) => self.0.journal.conclude(name, key, answer.encode_to_vec()).await,
            Err(_) => self.0.journal.release(name, key).await,
        };
        if let Err(error) = done {
            tracing::error!(plugin = %name, "the journal cannot keep an answer: {error}");
        }
    }

    async fn hand(&self, outgoing: &Outgoing, patience: Duration) -> Result<Answer, Failure> {
        self.hear(self.0.switchboard.hand_request(outgoing), patience).await
    }

    async fn hear(&self, handing: Handing, patience: Duration) -> Result<Answer, Failure> {
        match handing {
            Handing::Handed(id, outcome) => match tokio::time::timeout(patience, outcome).await {
                Ok(Ok(SendOutcome::Answered(answer))) => Ok(answer),
                Ok(Ok(SendOutcome::NodeLost { .. }) | Err(_)) => Err(node_lost()),
                Err(_) => {
                    self.0.switchboard.withdraw_request(id);
                    let text = "the app did not answer in time";
                    Err(Failure::new(Code::DeadlineExceeded, Reason::Deadline, text)
                        .detail("outcome", "unknown"))
                }
            },
            Handing::Unsupported => Err(unsupported()),
            // It left a blink ago; this request was not worth keeping the blink before.
            Handing::NoApp => {
                let text = "no app is connected";
                Err(Failure::new(Code::Unavailable, Reason::NoApp, text)
                    .detail("outcome", "not_started")
                    .retry_after(Duration::from_secs(1)))
            }
        }
    }

    async fn keep(
        &self,
        name: PluginName,
        request: &Request,
        patience: Duration,
    ) -> Result<Answer, Failure> {
        let begun = self.0.switchboard.now();
        let plugin = name.as_str().to_owned();
        let new = NewRequest {
            plugin: name,
            key: request.idempotency_key.clone(),
            request: request.encode_to_vec(),
        };
        let kept = self.0.journal.enqueue(new, clock::timestamp()).await;
        let id = match kept {
            Ok(Enqueued::Waiting(id)) => id,
            Ok(Enqueued::Seen(answer)) => {
                self.take_from_backlog(&plugin);
                return answered_before(answer);
            }
            Err(error) => {
                self.take_from_backlog(&plugin);
                return Err(status::of_store(&error));
            }
        };
        let (sender, answer) = oneshot::channel();
        self.kept().waiting.insert(id, sender);
        self.0.more.notify_one();
        // Keeping it took of the plugin's patience too.
        let left = patience.saturating_sub(self.0.switchboard.now().since(begun));
        match tokio::time::timeout(left, answer).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => {
                self.kept().waiting.remove(&id);
                let text = "no app has carried it out yet; it is kept";
                Err(Failure::new(Code::DeadlineExceeded, Reason::NoApp, text)
                    .detail("outcome", "queued"))
            }
        }
    }

    /// A plugin was loaded: what it left when it was unloaded need not wait any more.
    pub fn look_again(&self) {
        self.0.more.notify_one();
    }

    /// What a plugin had waiting was dropped with all else that it had.
    pub fn purged(&self, plugin: &str) {
        self.kept().backlog.remove(plugin);
    }

    /// Requests that wait for an app.
    #[must_use]
    pub fn backlog(&self) -> usize {
        self.kept().backlog.values().sum()
    }

    fn has_backlog(&self, plugin: &str) -> bool {
        self.kept().backlog.contains_key(plugin)
    }

    fn add_to_backlog(&self, plugin: &str, count: usize) {
        *self.kept().backlog.entry(plugin.to_owned()).or_default() += count;
    }

    fn take_from_backlog(&self, plugin: &str) {
        let mut kept = self.kept();
        if let Some(count) = kept.backlog.get_mut(plugin) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                kept.backlog.remove(plugin);
            }
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a key's second use hears.
pub(crate) fn answered_before(answer: Option<Vec<u8>>) -> Result<Answer, Failure> {
    let Some(bytes) = answer else {
        let text = "a request with this idempotency key is under way";
        return Err(
            Failure::new(Code::Aborted, Reason::OutcomeUnknown, text).detail("outcome", "unknown")
        );
    };
    Answer::decode(&bytes[..]).map_err(|_| internal("a kept answer cannot be read"))
}

fn node_lost() -> Failure {
    let text = "the app went away with the request in hand; it may have carried it out";
    Failure::new(Code::Aborted, Reason::OutcomeUnknown, text).detail("outcome", "unknown")
}

fn unsupported() -> Failure {
    let text = "no connected app carries this out";
    Failure::new(Code::Unimplemented, Reason::AppUnsupported, text).detail("outcome", "not_started")
}

fn expired_failure() -> Failure {
    let text = "no app carried it out within an hour";
    Failure::new(Code::DeadlineExceeded, Reason::NoApp, text).detail("outcome", "not_started")
}

fn forgotten_failure(attempts: u32) -> Failure {
    let text = "it was dropped: the user whom it concerns is forgotten";
    let outcome = if attempts == 0 { "not_started" } else { "unknown" };
    Failure::new(Code::DeadlineExceeded, Reason::NoApp, text).detail("outcome", outcome)
}

fn internal(text: &str) -> Failure {
    Failure::new(Code::Internal, Reason::Internal, text)
}
