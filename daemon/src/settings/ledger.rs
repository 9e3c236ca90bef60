//! The settings of one plugin: what stands, who listens, what waits for the plugin's word.
//!
//! All of it is read under a lock that spans no wait; what takes time (looking through everything
//! that was saved by a new schema) is done elsewhere and comes in whole.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use outboard_proto::common::{Failure, Reason};
use outboard_supervision::Moment;
use tokio::sync::{Semaphore, broadcast, oneshot};
use tonic::Code;

use super::overlay::Rows;
use super::schema::Schema;
use super::scope::Place;
use super::standing::Standing;
use super::told::{Listener, Word};
use crate::audit::Audit;
use crate::clock::Clock;
use crate::config::name::PluginName;
use crate::plugin::Move;
use crate::secrets::Keyring;
use crate::store::Control;

/// Savings of one plugin that may wait for their turn: people at forms, not messages.
const WAITING: usize = 16;

/// How long a plugin may take over a change unless its configuration says otherwise.
const ANSWER: Duration = Duration::from_secs(5);

/// What ledgers share.
#[derive(Clone)]
pub struct Parts {
    /// Where values are kept.
    pub control: Control,
    /// Who saved what.
    pub audit: Audit,
    /// Encrypts secrets.
    pub keys: Keyring,
    /// Tells that something is different.
    pub moves: broadcast::Sender<Move>,
    /// The time.
    pub clock: Clock,
}

/// What a form says above the fields.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// The plugin, as people know it.
    pub title: String,
    /// What it is for.
    pub description: String,
}

/// One plugin's settings.
pub struct Ledger {
    pub(super) plugin: PluginName,
    pub(super) parts: Parts,
    /// Who may come in, and wait for the turn.
    pub(super) places: Arc<Semaphore>,
    /// Whose change it is: one at a time, in the order they came.
    pub(super) turn: tokio::sync::Mutex<()>,
    inner: Mutex<Inner>,
}

pub(super) struct Inner {
    pub(super) about: About,
    pub(super) answer_within: Duration,
    pub(super) standing: Arc<Standing>,
    pub(super) listener: Option<Listener>,
    pub(super) pending: Option<Pending>,
    /// Changes told so far.
    pub(super) changes: u64,
}

/// A change that waits for the plugin's word.
pub(super) struct Pending {
    pub(super) change: u64,
    /// The session that was told of it.
    pub(super) serial: u64,
    pub(super) until: Moment,
    /// What stands once the plugin agrees.
    pub(super) proposed: Arc<Standing>,
    pub(super) answer: oneshot::Sender<Word>,
}

impl Ledger {
    /// With what was kept, before anything was declared.
    #[must_use]
    pub fn new(plugin: PluginName, parts: Parts, rows: Rows) -> Self {
        let inner = Inner {
            about: About::default(),
            answer_within: ANSWER,
            standing: Arc::new(Standing::of(None, rows)),
            listener: None,
            pending: None,
            changes: 0,
        };
        Self {
            plugin,
            parts,
            places: Arc::new(Semaphore::new(WAITING)),
            turn: tokio::sync::Mutex::new(()),
            inner: Mutex::new(inner),
        }
    }

    /// Goes by another schema from now on; what was saved stays, and counts where it fits.
    pub async fn go_by(&self, schema: Option<Arc<Schema>>, about: About) {
        self.inner().about = about;
        loop {
            let before = Arc::clone(&self.inner().standing);
            let (rows, schema) = (before.rows.clone(), schema.clone());
            let standing = stand(schema, rows).await;
            let mut inner = self.inner();
            // Something was saved meanwhile: it is looked at too.
            if Arc::ptr_eq(&inner.standing, &before) {
                inner.standing = standing;
                return;
            }
        }
    }

    /// Everything that stands now counts as `standing` says, unless the schema is another one by
    /// now.
    pub(super) async fn settle(&self, standing: Arc<Standing>) {
        let schema = self.inner().standing.schema.clone();
        let same = match (&schema, &standing.schema) {
            (Some(now), Some(then)) => Arc::ptr_eq(now, then),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if same {
            self.inner().standing = standing;
            return;
        }
        let standing = stand(schema, standing.rows.clone()).await;
        self.inner().standing = standing;
    }

    /// How long the plugin may take over a change.
    pub fn set_patience(&self, answer_within: Duration) {
        self.inner().answer_within = answer_within;
    }

    /// Settings that the plugin is not started without, and which nobody has set.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        self.inner().standing.missing.clone()
    }

    /// What an operator should know of it.
    #[must_use]
    pub fn notes(&self, now: Moment) -> Vec<String> {
        let inner = self.inner();
        let pending = inner.pending.as_ref().map(|pending| {
            let left = pending.until.since(now).as_secs_f64();
            let change = pending.change;
            format!("config_pending: change {change} waits for its word, {left:.1} s more")
        });
        let unfit = &inner.standing.unfit;
        let unfit =
            (!unfit.is_empty()).then(|| format!("settings do not fit: {}", unfit.join("; ")));
        pending.into_iter().chain(unfit).collect()
    }

    /// What counts at a place, as JSON; secrets are not in it.
    #[must_use]
    pub fn json_at(&self, place: &Place) -> String {
        let standing = Arc::clone(&self.inner().standing);
        serde_json::Value::Object(standing.effective(place)).to_string()
    }

    /// What is declared, where anything is.
    ///
    /// # Errors
    /// The plugin has no settings.
    pub fn schema(&self) -> Result<Arc<Schema>, Failure> {
        self.inner().standing.schema.clone().ok_or_else(|| {
            let text = format!("{} has no settings", self.plugin);
            Failure::new(Code::NotFound, Reason::UnknownSetting, text)
        })
    }

    pub(super) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whoever watches may want to look.
    pub(super) fn moved(&self) {
        // Nobody may be watching.
        let _ = self.parts.moves.send(Move::Detail(self.plugin.clone()));
    }
}

/// Looks through everything, off the data plane.
async fn stand(schema: Option<Arc<Schema>>, rows: Rows) -> Arc<Standing> {
    let fallback = rows.clone();
    let looked = tokio::task::spawn_blocking(move || Standing::of(schema, rows)).await;
    // It panicked: then nothing of it counts, and nothing is lost.
    Arc::new(looked.unwrap_or_else(|_| Standing::of(None, fallback)))
}
