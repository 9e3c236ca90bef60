//! Saving: held against the schema, told to the plugin, kept once the plugin agrees. What it
//! refuses or leaves unanswered is as if nobody had saved it.
//!
//! One plugin's changes take turns; a handler that hangs holds up nobody else's. Each runs in a
//! task of its own, so that who hangs up leaves nothing half done.

use std::collections::BTreeSet;
use std::sync::Arc;

use outboard_proto::common::{Failure, Reason};
use tonic::Code;

use super::change::{Change, Checked};
use super::ledger::Ledger;
use super::overlay::Held;
use super::queue::{Fate, Place, Shut, Start};
use super::schema::MOST_FIELDS;
use super::secret;
use super::standing::Standing;
use super::told::{Telling, Word};
use super::{Fault, Scope};
use crate::audit::{Act, Who};
use crate::config::name::PluginName;
use crate::secrets::{Keyring, SecretError};
use crate::status::of_store;
use crate::store::StoreError;

/// Characters of a key that go on record: a longer one is none.
const KEY: usize = 64;

/// What is to be saved, by whom.
#[derive(Debug, Clone)]
pub struct Saving {
    /// What.
    pub change: Change,
    /// By whom.
    pub by: Who,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The plugin goes by it.
    Acknowledged,
    /// It is kept, and nobody was there to be asked.
    Kept,
    /// It was so before.
    Unchanged,
    /// It does not fit the schema.
    Invalid(Vec<Fault>),
    /// The plugin refused it.
    Refused(String),
    /// The plugin said nothing.
    Unanswered(String),
    /// A newer one that says all of it again took its place, and what became of that.
    Overtaken(String),
}

/// What is kept once the plugin agrees.
struct Prepared {
    rows: Vec<(String, Option<Held>)>,
    secrets: Vec<String>,
    standing: Arc<Standing>,
}

enum Hindered {
    Faults(Vec<Fault>),
    Unchanged,
    Secret(SecretError),
}

/// Somebody's turn, or wait for it: over when this is dropped.
struct Turn(Arc<Ledger>, u64);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.inner().queue.over(self.1);
        self.0.idle.notify_waiters();
    }
}

impl Ledger {
    /// Saves all of it or nothing, and waits for the plugin's word.
    ///
    /// # Errors
    /// The plugin has no settings or is being unloaded, too many wait already, a secret cannot be
    /// encrypted, or the disk's. What does not fit is an outcome.
    pub async fn save(self: &Arc<Self>, saving: Saving) -> Result<Outcome, Failure> {
        self.schema()?;
        let keys: BTreeSet<String> = saving.change.values.keys().cloned().collect();
        let joined = self.inner().queue.join(&saving.change.scope, keys);
        let place = joined.map_err(|shut| match shut {
            Shut::Full => busy(&self.plugin),
            Shut::Closed => leaving(&self.plugin),
        })?;
        let ledger = Arc::clone(self);
        let saving = tokio::spawn(async move { ledger.wait_and_save(saving, place).await });
        saving.await.map_err(|_| unexpected("saving"))?
    }

    async fn wait_and_save(
        self: Arc<Self>,
        saving: Saving,
        place: Place,
    ) -> Result<Outcome, Failure> {
        let Saving { change, by } = saving;
        let keys = change.values.keys().take(MOST_FIELDS);
        let keys: Vec<String> = keys.map(|key| key.chars().take(KEY).collect()).collect();
        let scope = change.scope.clone();
        let Place { number, start, fate } = place;
        let turn = Turn(Arc::clone(&self), number);
        let faults = self.faults_alone(&change).await?;
        let outcome = if faults.is_empty() {
            self.inner().queue.fits(number);
            match start.await {
                Ok(Start::Now) => self.in_turn(change).await,
                Ok(Start::Overtaken(newer)) => Ok(overtaken(newer).await),
                Ok(Start::Closed) | Err(_) => Err(leaving(&self.plugin)),
            }
        } else {
            Ok(Outcome::Invalid(faults))
        };
        drop(turn);
        fate.send_replace(Some(in_words(&outcome)));
        self.record((&by, &scope, &keys), &outcome);
        outcome
    }

    /// What is wrong with the values, each by itself. It takes time, and holds up nobody's turn.
    async fn faults_alone(&self, change: &Change) -> Result<Vec<Fault>, Failure> {
        let (schema, change) = (self.schema()?, change.clone());
        let looked = tokio::task::spawn_blocking(move || change.alone(&schema).1);
        looked.await.map_err(|_| unexpected("looking at the values"))
    }

    async fn in_turn(&self, change: Change) -> Result<Outcome, Failure> {
        self.schema()?;
        let before = Arc::clone(&self.inner().standing);
        let scope = change.scope.clone();
        let prepared = match self.prepare(Arc::clone(&before), change).await? {
            Ok(prepared) => prepared,
            Err(Hindered::Unchanged) => return Ok(Outcome::Unchanged),
            Err(Hindered::Faults(faults)) => return Ok(Outcome::Invalid(faults)),
            Err(Hindered::Secret(error)) => return Err(secret::failure(&error)),
        };
        let Prepared { rows, secrets, standing } = prepared;
        let telling = || Telling {
            scope: &scope,
            before: &before,
            after: &standing,
            secrets: secrets.clone(),
        };
        let word = self.ask(telling()).await;
        let outcome = match word {
            Word::Accepted => Outcome::Acknowledged,
            Word::NotAsked => Outcome::Kept,
            Word::Refused(why) => Outcome::Refused(why),
            Word::Nothing(why) => Outcome::Unanswered(why),
        };
        if matches!(outcome, Outcome::Acknowledged | Outcome::Kept) {
            let kept = self.parts.control.save_settings(&self.plugin, &scope, rows).await;
            self.note_kept(kept.as_ref().err());
            if let Err(error) = kept {
                self.take_back(&telling());
                self.moved();
                return Err(of_store(&error));
            }
            self.settle(Arc::clone(&standing)).await;
        }
        self.moved();
        Ok(outcome)
    }

    /// An operator should know that nothing can be saved, whoever was told.
    fn note_kept(&self, error: Option<&StoreError>) {
        if let Some(error) = error {
            tracing::error!(plugin = %self.plugin, "cannot keep a change of its settings: {error}");
        }
        self.inner().unkept = error.map(ToString::to_string);
    }

    /// Everything that takes time, off the data plane.
    async fn prepare(
        &self,
        before: Arc<Standing>,
        change: Change,
    ) -> Result<Result<Prepared, Hindered>, Failure> {
        let (keys, plugin) = (self.parts.keys.clone(), self.plugin.clone());
        let prepared =
            tokio::task::spawn_blocking(move || prepare(&before, &change, (&plugin, &keys)));
        prepared.await.map_err(|_| unexpected("looking at the values"))
    }
}

/// Waits for what becomes of the one that took its place.
async fn overtaken(mut newer: Fate) -> Outcome {
    let fate = newer.wait_for(Option::is_some).await;
    let fate = fate.ok().and_then(|it| it.clone());
    Outcome::Overtaken(fate.unwrap_or_else(|| "it is not known what became of that".to_owned()))
}

/// What became of a change, for those whose place it took. No values, and nobody's reasons.
fn in_words(outcome: &Result<Outcome, Failure>) -> String {
    let word = match outcome {
        Ok(Outcome::Acknowledged) => "the plugin goes by it",
        Ok(Outcome::Kept) => "it is kept, and the plugin goes by it from its next start",
        Ok(Outcome::Unchanged) => "nothing was to change",
        Ok(Outcome::Invalid(_)) => "it does not fit, and nothing changed",
        Ok(Outcome::Refused(_)) => "the plugin refused it, and nothing changed",
        Ok(Outcome::Unanswered(_)) => "the plugin did not agree, and nothing changed",
        Ok(Outcome::Overtaken(fate)) => return fate.clone(),
        Err(failure) => return format!("nothing changed: {}", failure.message),
    };
    word.to_owned()
}

fn prepare(
    before: &Standing,
    change: &Change,
    (plugin, keys): (&PluginName, &Keyring),
) -> Result<Prepared, Hindered> {
    let Some(schema) = before.schema() else { return Err(Hindered::Unchanged) };
    let checked = change.check(schema, before).map_err(Hindered::Faults)?;
    if checked.is_so(before, &change.scope) {
        return Err(Hindered::Unchanged);
    }
    let Checked { open, secret } = checked;
    let secrets = secret.keys().cloned().collect();
    let mut rows: Vec<(String, Option<Held>)> =
        open.into_iter().map(|(key, value)| (key, value.map(Held::Open))).collect();
    for (key, clear) in secret {
        let sealed = clear.map(|clear| secret::seal(keys, (plugin, &change.scope, &key), &clear));
        rows.push((key, sealed.transpose().map_err(Hindered::Secret)?.map(Held::Secret)));
    }
    let mut all = before.rows.clone();
    for (key, held) in &rows {
        all.put(&change.scope, key, held.clone());
    }
    let standing = Arc::new(Standing::of(before.judge.clone(), all));
    Ok(Prepared { rows, secrets, standing })
}

impl Ledger {
    /// One line for the record. Keys, never values.
    fn record(
        &self,
        (by, scope, keys): (&Who, &Scope, &[String]),
        outcome: &Result<Outcome, Failure>,
    ) {
        let on = format!("{} ({scope})", keys.join(", "));
        let act = Act::new(by, "settings").of(self.plugin.as_str()).on(&on);
        let act = match outcome {
            Ok(Outcome::Unchanged) => return,
            Ok(Outcome::Acknowledged) => act.ended("acknowledged"),
            Ok(Outcome::Kept) => act.ended("kept; the plugin was not asked"),
            // A plugin's reason may repeat what it was told.
            Ok(Outcome::Refused(_)) => act.ended("the plugin refused it"),
            Ok(Outcome::Unanswered(why)) => act.ended(&format!("nothing changed: {why}")),
            Ok(Outcome::Overtaken(_)) => act.ended("a newer change took its place"),
            Ok(Outcome::Invalid(faults)) => {
                let of = |fault: &Fault| fault.path.split(['.', '[']).next().map(str::to_owned);
                let paths: Vec<String> = faults.iter().filter_map(of).collect();
                act.ended(&format!("does not fit: {}", paths.join(", ")))
            }
            Err(_) => act.came_to(outcome),
        };
        self.parts.audit.record(act);
    }
}

fn busy(plugin: &PluginName) -> Failure {
    let text = format!("too many changes of {plugin}'s settings wait already");
    Failure::new(Code::ResourceExhausted, Reason::OverLimit, text)
        .retry_after(std::time::Duration::from_secs(1))
}

fn leaving(plugin: &PluginName) -> Failure {
    let text = format!("{plugin} is being unloaded; nothing was saved");
    Failure::new(Code::Unavailable, Reason::Stopping, text)
}

fn unexpected(what: &str) -> Failure {
    Failure::new(Code::Internal, Reason::Internal, format!("{what} failed unexpectedly"))
}

#[cfg(test)]
mod tests;
