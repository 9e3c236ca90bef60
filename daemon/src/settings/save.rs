//! Saving: held against the schema, told to the plugin, kept once the plugin agrees. What it
//! refuses or leaves unanswered is as if nobody had saved it.
//!
//! One plugin's changes take turns; a handler that hangs holds up nobody else's.

use std::sync::Arc;

use outboard_proto::common::{Failure, Reason};
use tonic::Code;

use super::change::{Change, Checked};
use super::ledger::Ledger;
use super::overlay::Held;
use super::secret;
use super::standing::Standing;
use super::told::{Telling, Word};
use super::{Fault, Scope};
use crate::audit::{Act, Who};
use crate::config::name::PluginName;
use crate::secrets::{Keyring, SecretError};
use crate::status::of_store;

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

impl Ledger {
    /// Saves all of it or nothing, and waits for the plugin's word.
    ///
    /// # Errors
    /// The plugin has no settings, too many wait already, a secret cannot be encrypted, or the
    /// disk's. What does not fit is an outcome.
    pub async fn save(self: &Arc<Self>, saving: Saving) -> Result<Outcome, Failure> {
        let _place = self.places.try_acquire().map_err(|_| busy(&self.plugin))?;
        let _turn = self.turn.lock().await;
        let Saving { change, by } = saving;
        let keys: Vec<String> = change.values.keys().cloned().collect();
        let scope = change.scope.clone();
        let outcome = self.in_turn(change).await;
        self.record((&by, &scope, &keys), &outcome);
        outcome
    }

    async fn in_turn(self: &Arc<Self>, change: Change) -> Result<Outcome, Failure> {
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
            let control = &self.parts.control;
            if let Err(error) = control.save_settings(&self.plugin, &scope, rows).await {
                self.take_back(&telling());
                self.moved();
                return Err(of_store(&error));
            }
            self.settle(Arc::clone(&standing)).await;
        }
        self.moved();
        Ok(outcome)
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
        prepared.await.map_err(|_| {
            let text = "looking at the values failed unexpectedly";
            Failure::new(Code::Internal, Reason::Internal, text)
        })
    }
}

fn prepare(
    before: &Standing,
    change: &Change,
    (plugin, keys): (&PluginName, &Keyring),
) -> Result<Prepared, Hindered> {
    let Some(schema) = &before.schema else { return Err(Hindered::Unchanged) };
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
    let standing = Arc::new(Standing::of(Some(Arc::clone(schema)), all));
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
