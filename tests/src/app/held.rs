//! What became of things held, as an app hears of it.
//!
//! It refuses to know who decided, and when.

use outboard_proto::app::{HeldDecided, Request, Sent, answer, held_decided::Decision, request};
use outboard_proto::common::{Hold, Verdict, verdict};

use super::App;

impl App {
    /// The next decision about something held, done as told; it became message `id`.
    ///
    /// # Errors
    /// As [`App::request`].
    pub async fn do_as_decided(&self, id: &str) -> anyhow::Result<HeldDecided> {
        let asked = self.request().await?;
        let sent = answer::Result::Sent(Sent { message_id: id.to_owned() });
        self.answer(asked.id, sent).await?;
        decided(asked)
    }
}

/// The decision that a request tells of.
///
/// # Errors
/// It asks for something else.
pub fn decided(request: Request) -> anyhow::Result<HeldDecided> {
    match request.of {
        Some(request::Of::Decided(decided)) => Ok(*decided),
        other => anyhow::bail!("it tells of no decision: {other:?}"),
    }
}

/// `released by BY`, `dropped by BY: CODE TEXT`.
#[must_use]
pub fn said(decided: &HeldDecided) -> String {
    let by = &decided.by;
    match &decided.decision {
        Some(Decision::Released(_)) => format!("released by {by}"),
        Some(Decision::Dropped(dropped)) => {
            let why = dropped.reason.clone().unwrap_or_default();
            format!("dropped by {by}: {} {}", why.code, why.text)
        }
        None => "nothing".to_owned(),
    }
}

/// What is held.
///
/// # Errors
/// Nothing is.
pub fn hold_of(verdict: &Verdict) -> anyhow::Result<Hold> {
    match &verdict.outcome {
        Some(verdict::Outcome::Held(hold)) => Ok(hold.clone()),
        other => anyhow::bail!("it is not held: {other:?}"),
    }
}
