//! Tells the app what was decided: in the order of decisions, to any of its nodes, again under the
//! same key until it has answered.
//!
//! It refuses to know what is said, and which node is right for it.

use std::collections::HashSet;
use std::time::Duration;

use outboard_proto::app::{Answer, answer};
use outboard_proto::common::{Failure, Reason};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tonic::Code;

use super::Held;
use super::port::{HeldStore, Kept};
use super::stage;
use crate::routing::{Handing, SendOutcome};
use crate::store::StoreError;

/// Decisions that nodes have in hand.
const UNDER_WAY: usize = 64;
/// Decisions read at once.
const BATCH: u32 = 64;
/// How long a node may take over one: a little longer than it gives its own code.
const PATIENCE: Duration = Duration::from_secs(40);
/// The wait before the app is told again, where it does not say.
const AGAIN: Duration = Duration::from_secs(2);
/// The longest such wait.
const LONGEST: Duration = Duration::from_secs(60);
/// Bytes of the app's words that are kept.
const NOTE: usize = 1024;

/// What is being told.
#[derive(Default)]
struct Telling {
    tasks: JoinSet<String>,
    ids: HashSet<String>,
}

impl<S: HeldStore> Held<S> {
    /// Tells what is decided, that of an earlier daemon included; for ever.
    pub async fn tell(self) {
        let mut attached = self.0.switchboard.attachments();
        let mut telling = Telling::default();
        loop {
            tokio::select! {
                () = self.0.decided.notified() => {}
                // The switchboard lives as long as this does.
                _ = attached.changed() => {}
                Some(ended) = telling.tasks.join_next() => match ended {
                    Ok(id) => drop(telling.ids.remove(&id)),
                    Err(error) => tracing::error!("telling what was decided broke off: {error}"),
                },
            }
            if let Err(error) = self.tell_all(&mut telling).await {
                if matches!(error, StoreError::Closed { .. }) {
                    return;
                }
                self.complain("what is decided cannot be told", &error);
                // Its end wakes the loop above.
                telling.tasks.spawn(async {
                    tokio::time::sleep(AGAIN).await;
                    String::new()
                });
            }
        }
    }

    /// Hands over what no node has in hand. What one app cannot be told keeps nothing of another's.
    async fn tell_all(&self, telling: &mut Telling) -> Result<(), StoreError> {
        if !self.0.switchboard.has_app() {
            return Ok(());
        }
        let mut after = 0;
        loop {
            let decided = self.0.store.untold(after, BATCH).await?;
            let Some(last) = decided.last() else { return Ok(()) };
            after = last.turn;
            for kept in decided {
                if telling.ids.len() >= UNDER_WAY {
                    return Ok(());
                }
                if !telling.ids.contains(&kept.is.id) {
                    self.hand(&kept, telling).await?;
                }
            }
        }
    }

    async fn hand(&self, kept: &Kept, telling: &mut Telling) -> Result<(), StoreError> {
        let id = &kept.is.id;
        let mut outgoing = match self.0.switchboard.compose_decided(kept, 0) {
            Ok(outgoing) => outgoing,
            Err(failure) => return self.refused(id, failure).await,
        };
        if !self.0.switchboard.can_hand(&outgoing) {
            return Ok(());
        }
        let Some(attempt) = self.0.store.telling(id.clone()).await? else { return Ok(()) };
        outgoing.request.attempt = attempt;
        match self.0.switchboard.hand_request(&outgoing) {
            Handing::Handed(request, outcome) => {
                telling.ids.insert(id.clone());
                telling.tasks.spawn(self.clone().hear(id.clone(), request, outcome));
            }
            // It left a blink ago; the next one comes by here.
            Handing::NoApp | Handing::Unsupported => {}
        }
        Ok(())
    }

    /// Waits for a node's answer; gives the id back when it may be told again.
    async fn hear(
        self,
        id: String,
        request: u64,
        outcome: oneshot::Receiver<SendOutcome>,
    ) -> String {
        let wait = match tokio::time::timeout(PATIENCE, outcome).await {
            Ok(Ok(SendOutcome::Answered(answer))) => match self.answered(&id, answer).await {
                Ok(wait) => wait,
                Err(error) => {
                    self.complain("the app's answer cannot be kept", &error);
                    AGAIN
                }
            },
            // It may have been carried out: under its key it counts once.
            Ok(Ok(SendOutcome::NodeLost { .. }) | Err(_)) => AGAIN,
            Err(_) => {
                self.0.switchboard.withdraw_request(request);
                AGAIN
            }
        };
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        id
    }

    /// How long to wait before the app is told again; no time where it need not be.
    async fn answered(&self, id: &str, answer: Answer) -> Result<Duration, StoreError> {
        match answer.result {
            Some(answer::Result::Sent(sent)) => {
                let done = stage::Answer::Done;
                self.0.store.app_answered(id.to_owned(), done, String::new()).await?;
                self.0.heard(id, &Ok(sent.message_id));
                Ok(Duration::ZERO)
            }
            Some(answer::Result::Failure(failure)) => match again(&failure) {
                Some(wait) => Ok(wait),
                None => self.refused(id, failure).await.map(|()| Duration::ZERO),
            },
            _ => {
                let text = "the app answered something else than it was asked for";
                let failure = Failure::new(Code::Internal, Reason::BadAnswer, text);
                self.refused(id, failure).await.map(|()| Duration::ZERO)
            }
        }
    }

    async fn refused(&self, id: &str, failure: Failure) -> Result<(), StoreError> {
        tracing::warn!(id, "the app will not have what was decided: {}", failure.message);
        let note = clipped(&failure.message);
        self.0.store.app_answered(id.to_owned(), stage::Answer::Refused, note).await?;
        // It is held again, and may be over by now.
        self.0.sooner.notify_one();
        self.0.heard(id, &Err(failure));
        Ok(())
    }
}

/// When the app may be told again; never, where it would say the same.
fn again(failure: &Failure) -> Option<Duration> {
    if failure.retry_after_us > 0 {
        return Some(Duration::from_micros(failure.retry_after_us).clamp(AGAIN, LONGEST));
    }
    let passes = matches!(
        failure.grpc_code(),
        Code::Unavailable | Code::ResourceExhausted | Code::DeadlineExceeded | Code::Cancelled
    );
    passes.then_some(AGAIN)
}

fn clipped(text: &str) -> String {
    let end = (0..=NOTE.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text[..end].to_owned()
}
