//! What a running plugin is told of its settings, and what it says to that.
//!
//! A change waits for the word of the session that was told of it, and for no other. It refuses to
//! know what a change is about.

use std::sync::Arc;
use std::time::Duration;

use outboard_proto::common::SettingsPlace;
use outboard_proto::plugin::{DaemonFrame, SettingsAck, SettingsChanged, daemon_frame};
use tokio::sync::oneshot;

use super::ledger::{Ledger, Pending};
use super::scope::Scope;
use super::standing::Standing;
use crate::clock::micros;
use crate::egress::{Egress, Urgency};
use crate::frame::ToPlugin;

/// Characters of a plugin's reason that are passed on.
const REASON: usize = 1_000;

/// The session that hears of changes.
pub(super) struct Listener {
    serial: u64,
    egress: Egress<ToPlugin>,
    /// It understands changes and answers them.
    answers: bool,
    /// What it was last told that counts.
    pub(super) knows: Arc<Standing>,
}

/// What came of telling a plugin.
#[derive(Debug, PartialEq, Eq)]
pub enum Word {
    /// It goes by it.
    Accepted,
    /// It does not want it.
    Refused(String),
    /// Nothing was heard of it, and why.
    Nothing(String),
    /// There is nobody to ask.
    NotAsked,
}

/// What a session is told when it begins.
pub struct Told {
    /// What counts on the whole server.
    pub json: String,
    /// Whether something counts for less than that.
    pub narrowed: bool,
    standing: Arc<Standing>,
}

/// A change on its way to the plugin.
pub(super) struct Telling<'a> {
    pub scope: &'a Scope,
    pub before: &'a Arc<Standing>,
    pub after: &'a Arc<Standing>,
    pub secrets: Vec<String>,
}

impl Ledger {
    /// A session has begun, and was told what counts. From here on it hears of changes, if it
    /// answers them.
    pub fn attach(&self, serial: u64, egress: Egress<ToPlugin>, answers: bool, told: Told) {
        let mut inner = self.inner();
        inner.listener = Some(Listener { serial, egress, answers, knows: told.standing });
        // Whoever was asked before has gone.
        give_up(&mut inner.pending, |pending| pending.serial != serial);
    }

    /// What a session is told when it begins.
    pub fn told(&self) -> Told {
        let standing = Arc::clone(&self.inner().standing);
        Told { json: standing.server.clone(), narrowed: standing.is_narrowed(), standing }
    }

    /// A session is over.
    pub fn detach(&self, serial: u64) {
        let mut inner = self.inner();
        if inner.listener.as_ref().is_some_and(|it| it.serial == serial) {
            inner.listener = None;
        }
        give_up(&mut inner.pending, |pending| pending.serial == serial);
    }

    /// The plugin said something to a change. Whether it was asked.
    pub fn acknowledged(&self, serial: u64, ack: &SettingsAck) -> bool {
        let mut inner = self.inner();
        let asked = |it: &Pending| (it.change, it.serial) == (ack.change, serial);
        if !inner.pending.as_ref().is_some_and(asked) {
            // Too late, or to a change that was taken back: it was asked all the same.
            return ack.change <= inner.changes;
        }
        if let Some(pending) = inner.pending.take() {
            let reason = ack.reason.chars().take(REASON).collect();
            let word = if ack.refused { Word::Refused(reason) } else { Word::Accepted };
            if let Some(listener) = inner.listener.as_mut().filter(|_| word == Word::Accepted) {
                listener.knows = pending.proposed;
            }
            // Who saved it may have gone; the word counts for nobody then.
            let _ = pending.answer.send(word);
        }
        true
    }

    /// Tells the plugin of a change and waits for its word.
    pub(super) async fn ask(&self, telling: Telling<'_>) -> Word {
        let Some((answer, within)) = self.tell(&telling) else { return Word::NotAsked };
        self.moved();
        let word = tokio::time::timeout(within, answer).await;
        self.inner().pending = None;
        match word {
            Ok(Ok(word)) => word,
            Ok(Err(_)) => Word::Nothing("the daemon is stopping".to_owned()),
            Err(_) => {
                // It may come round later: then this is what it goes back to.
                self.take_back(&telling);
                let seconds = within.as_secs_f64();
                Word::Nothing(format!("it did not answer within {seconds} s"))
            }
        }
    }

    /// Tells a plugin what counts where it has last heard of something else: it began while a
    /// change was being written, or other settings are declared by now. It is not asked.
    pub(super) fn inform(&self) {
        let now = self.parts.clock.now();
        let mut inner = self.inner();
        let (after, change) = (Arc::clone(&inner.standing), inner.changes + 1);
        let within = inner.answer_within;
        let Some(listener) = inner.listener.as_mut().filter(|it| it.answers) else { return };
        if Arc::ptr_eq(&listener.knows, &after) {
            return;
        }
        let before = std::mem::replace(&mut listener.knows, Arc::clone(&after));
        let secrets = after.secrets_unlike(&before);
        let telling = Telling { scope: &Scope::Server, before: &before, after: &after, secrets };
        let frame = telling.frame(change, within);
        // A session that takes nothing is found out by its heartbeat.
        let _ = listener.egress.push(Urgency::Control, frame.into(), now);
        inner.changes = change;
    }

    fn tell(&self, telling: &Telling<'_>) -> Option<(oneshot::Receiver<Word>, Duration)> {
        let now = self.parts.clock.now();
        let mut inner = self.inner();
        let within = inner.answer_within;
        let listener = inner.listener.as_ref().filter(|it| it.answers)?;
        let (serial, change) = (listener.serial, inner.changes + 1);
        let frame = telling.frame(change, within);
        listener.egress.push(Urgency::Control, frame.into(), now).ok()?;
        inner.changes = change;
        let (answer, answered) = oneshot::channel();
        let proposed = Arc::clone(telling.after);
        let until = now + within;
        inner.pending = Some(Pending { change, serial, until, proposed, answer });
        Some((answered, within))
    }

    /// Tells the plugin that what it was told does not count after all.
    pub(super) fn take_back(&self, telling: &Telling<'_>) {
        let mut inner = self.inner();
        let (change, within) = (inner.changes + 1, inner.answer_within);
        let Some(listener) = inner.listener.as_mut().filter(|it| it.answers) else { return };
        let mut changed = telling.changed(change, within);
        std::mem::swap(&mut changed.before, &mut changed.after);
        changed.narrowed = telling.before.is_narrowed();
        let frame = DaemonFrame { kind: Some(daemon_frame::Kind::Settings(changed)) };
        // A session that takes nothing is found out by its heartbeat.
        let _ = listener.egress.push(Urgency::Control, frame.into(), self.parts.clock.now());
        listener.knows = Arc::clone(telling.before);
        inner.changes = change;
        drop(inner);
        self.inform();
    }
}

impl Telling<'_> {
    fn frame(&self, change: u64, within: Duration) -> DaemonFrame {
        DaemonFrame { kind: Some(daemon_frame::Kind::Settings(self.changed(change, within))) }
    }

    fn changed(&self, change: u64, within: Duration) -> SettingsChanged {
        let place = self.scope.place();
        let json = |of: &Standing| serde_json::Value::Object(of.effective(&place)).to_string();
        SettingsChanged {
            change,
            before: json(self.before),
            after: json(self.after),
            place: Some(SettingsPlace::from(self.scope)),
            secrets: self.secrets.clone(),
            budget_us: micros(within),
            narrowed: self.after.is_narrowed(),
        }
    }
}

fn give_up(pending: &mut Option<Pending>, gone: impl Fn(&Pending) -> bool) {
    if let Some(pending) = pending.take_if(|it| gone(it)) {
        let why = "its session ended before it answered".to_owned();
        let _ = pending.answer.send(Word::Nothing(why));
    }
}
