//! The settings of one plugin: what stands, who listens, what waits for the plugin's word.
//!
//! All of it is read under a lock that spans no wait; what takes time (looking through everything
//! that was saved by a new schema) is done elsewhere and comes in whole.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use outboard_proto::common::{Failure, Reason};
use outboard_supervision::Moment;
use tokio::sync::{Notify, broadcast, oneshot};
use tonic::Code;

use super::overlay::Rows;
use super::queue::Queue;
use super::registered::Registered;
use super::schema::Schema;
use super::scope::Place;
use super::standing::{Judge, Standing};
use super::told::{Listener, Word};
use crate::audit::Audit;
use crate::clock::Clock;
use crate::config::name::PluginName;
use crate::plugin::Move;
use crate::secrets::Keyring;
use crate::store::Control;

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

/// What a plugin's manifest declares.
#[derive(Debug, Clone, Default)]
pub struct Declared {
    /// Its settings, where it has some.
    pub schema: Option<Arc<Schema>>,
    /// How many more it may register while it runs.
    pub dynamic: usize,
}

/// One plugin's settings.
pub struct Ledger {
    pub(super) plugin: PluginName,
    pub(super) parts: Parts,
    /// Told whenever nobody saves anything any more.
    pub(super) idle: Notify,
    /// Who registers settings, one after the other.
    pub(super) registering: tokio::sync::Mutex<()>,
    inner: Mutex<Inner>,
}

pub(super) struct Inner {
    pub(super) about: About,
    /// What the manifest says, and what was registered since.
    pub(super) declared: Declared,
    pub(super) registered: Registered,
    /// Who waits to save.
    pub(super) queue: Queue,
    /// Why the last change could not be kept, though nobody refused it.
    pub(super) unkept: Option<String>,
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
            declared: Declared::default(),
            registered: Registered::default(),
            queue: Queue::default(),
            unkept: None,
            answer_within: ANSWER,
            standing: Arc::new(Standing::of(Judge::default(), rows)),
            listener: None,
            pending: None,
            changes: 0,
        };
        let (idle, registering) = (Notify::new(), tokio::sync::Mutex::new(()));
        Self { plugin, parts, idle, registering, inner: Mutex::new(inner) }
    }

    /// Goes by what another manifest declares from now on; what was saved stays, and counts where
    /// it fits. What was registered is no more.
    pub async fn go_by(&self, declared: Declared, about: About) {
        let judge = declared.judge();
        {
            let mut inner = self.inner();
            (inner.about, inner.declared) = (about, declared);
            inner.registered.forget();
        }
        self.stand_by(judge, |_| true).await;
    }

    /// Looks at everything by another schema. Whatever is declared or saved meanwhile is looked at
    /// too. `in_time` says in the end whether it may still count; whether it does.
    pub(super) async fn stand_by(
        &self,
        judge: Judge,
        in_time: impl Fn(&mut Inner) -> bool,
    ) -> bool {
        loop {
            let before = Arc::clone(&self.inner().standing);
            let standing = stand(judge.clone(), before.rows.clone()).await;
            let mut inner = self.inner();
            if Arc::ptr_eq(&inner.standing, &before) {
                let counts = in_time(&mut inner);
                if counts {
                    inner.standing = standing;
                }
                return counts;
            }
        }
    }

    /// Everything that was saved counts as `standing` says, unless the schema is another one by
    /// now: then it is looked at by that.
    pub(super) async fn settle(&self, standing: Arc<Standing>) {
        let mut settled = standing;
        loop {
            let judge = {
                let mut inner = self.inner();
                let judge = inner.standing.judge.clone();
                if judge.is(&settled.judge) {
                    inner.standing = settled;
                    break;
                }
                judge
            };
            settled = stand(judge, settled.rows.clone()).await;
        }
        self.inform();
    }

    /// Nothing is saved any more; waits until what is being saved has come to its end, so that it
    /// stands before whatever is done to all of it next.
    pub async fn close(&self) {
        self.inner().queue.close();
        loop {
            let mut idle = std::pin::pin!(self.idle.notified());
            idle.as_mut().enable();
            if self.inner().queue.is_idle() {
                return;
            }
            idle.await;
        }
    }

    /// How long the plugin may take over a change.
    pub fn set_patience(&self, answer_within: Duration) {
        self.inner().answer_within = answer_within;
    }

    /// Settings that the plugin is not started without, and which nobody has set. What it registers
    /// itself stops nobody.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        let inner = self.inner();
        let of_manifest = |key: &&String| {
            let schema = inner.declared.schema.as_ref();
            schema.is_some_and(|schema| schema.field(key).is_some_and(|it| it.required))
        };
        inner.standing.missing.iter().filter(of_manifest).cloned().collect()
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
        let unfit = inner.standing.unfit();
        let unfit =
            (!unfit.is_empty()).then(|| format!("settings do not fit: {}", unfit.join("; ")));
        let gone = inner.standing.keys.iter().filter(|(key, _)| !self.parts.keys.has(**key));
        let gone = gone.map(|(version, secret)| {
            format!("a secret cannot be read: {secret} is kept under key {version}, which is gone")
        });
        let gone: Vec<String> = gone.collect();
        let unkept = inner.unkept.as_ref();
        let unkept = unkept.map(|why| format!("a change of its settings was not kept: {why}"));
        pending.into_iter().chain(unfit).chain(unkept).chain(gone).collect()
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
        self.inner().standing.schema().cloned().ok_or_else(|| {
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
async fn stand(judge: Judge, rows: Rows) -> Arc<Standing> {
    let (fallback, judges) = (rows.clone(), judge.clone());
    let looked = tokio::task::spawn_blocking(move || Standing::of(judges, rows)).await;
    // It panicked: then nothing of it counts, and nothing is lost.
    Arc::new(looked.unwrap_or_else(|_| Standing::of_nothing(judge, fallback)))
}
