//! Bringing plugins to rest: one before it is unloaded, all before the daemon ends.
//!
//! The fleet only hands out the handles; the waiting is done by whoever asked, so that a plugin
//! that takes long to stop holds up no other question. Dependants stop before what they need.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use outboard_proto::admin::Done;
use outboard_proto::common::{Failure, Reason};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tonic::Code;

use super::aboard::Aboard;
use super::{Command, Fleet};
use crate::config::dependencies::check_dependencies;
use crate::config::manifest::Manifest;
use crate::config::name::PluginName;
use crate::debug::Parting;
use crate::plugin::{Mail, View, at_rest};
use crate::session::Entrance;
use crate::status::of_store;

/// The daemon's own stop in all; the unit's TimeoutStopSec lies above it.
const PATIENCE: Duration = Duration::from_secs(25);
/// After this much of it, whoever is left is killed.
const POLITE: Duration = Duration::from_secs(22);
/// How long an operator's answer may take to be read before the daemon starts itself again.
const ANSWER: Duration = Duration::from_millis(200);

/// One plugin that is to come to rest.
pub struct Leaving {
    mail: mpsc::Sender<Mail>,
    view: watch::Receiver<View>,
    entrance: Arc<Entrance>,
}

/// All plugins that are to come to rest, those first that nobody needs any more.
pub struct Departure(Vec<Vec<Leaving>>);

impl Leaving {
    pub(super) fn of(aboard: &Aboard) -> Self {
        let entrance = Arc::clone(&aboard.entrance);
        Self { mail: aboard.mail.clone(), view: aboard.view.clone(), entrance }
    }

    async fn tell(&self, mail: Mail) {
        // Its task is gone: then it is at rest for good.
        let _ = self.mail.send(mail).await;
    }

    /// Tells it that it is uninstalled, if it can be told; else why not.
    async fn farewell(&self) -> Option<String> {
        self.entrance.lifecycle.farewell(&self.entrance).await
    }

    async fn rested(&self) {
        let mut view = self.view.clone();
        let _ = view.wait_for(|it| at_rest(&it.state)).await;
    }
}

impl Departure {
    /// Stops wave after wave; whoever takes too long is killed.
    pub async fn stop(&self) {
        let polite = async {
            for wave in &self.0 {
                for leaving in wave {
                    leaving.tell(Mail::Shutdown).await;
                }
                for leaving in wave {
                    leaving.rested().await;
                }
            }
        };
        if tokio::time::timeout(POLITE, polite).await.is_err() {
            tracing::warn!("plugins did not stop in time; killing them");
            // What the kernel does not let go in time goes with this process.
            let _ = tokio::time::timeout(PATIENCE - POLITE, self.kill()).await;
        }
    }

    /// Kills all of them and waits until none is left.
    pub async fn kill(&self) {
        for leaving in self.0.iter().flatten() {
            leaving.tell(Mail::KillNow).await;
        }
        for leaving in self.0.iter().flatten() {
            leaving.rested().await;
        }
    }
}

impl Fleet {
    /// The daemon is about to stop: nothing is started any more.
    pub fn depart(&mut self) -> Departure {
        self.stopping = true;
        self.see_all_guests_off(&Parting::DaemonStops);
        self.harbour.timetable.stop();
        let handles = |wave: Vec<PluginName>| {
            wave.iter().filter_map(|name| self.aboard.get(name)).map(|it| Leaving::of(it)).collect()
        };
        Departure(self.waves().into_iter().map(handles).collect())
    }

    /// Plugins that may stop together; nobody is in an earlier wave than one that needs it.
    fn waves(&self) -> Vec<Vec<PluginName>> {
        let manifests: BTreeMap<PluginName, &Manifest> =
            self.aboard.iter().map(|(name, it)| (name.clone(), &it.loaded.manifest)).collect();
        let Ok(order) = check_dependencies(&manifests) else {
            return vec![self.aboard.keys().cloned().collect()];
        };
        let mut depth: BTreeMap<PluginName, usize> = BTreeMap::new();
        for name in order.stop() {
            let below = order.needed_by(name).filter_map(|by| depth.get(by)).max();
            let own = below.map_or(0, |deepest| deepest + 1);
            depth.insert(name.clone(), own);
        }
        let count = depth.values().max().map_or(0, |deepest| deepest + 1);
        let wave = |at: usize| {
            depth.iter().filter(|(_, own)| **own == at).map(|(name, _)| name.clone()).collect()
        };
        (0..count).map(wave).collect()
    }
}

impl Command {
    /// Stops a plugin and forgets it; its data stays.
    ///
    /// # Errors
    /// It is not loaded, others need it, or the database failed.
    pub async fn unload(&self, name: String) -> Result<Done, Failure> {
        let command = self.clone();
        // In a task of its own: an operator who hangs up does not leave it half done.
        let unloading = tokio::spawn(async move { command.unload_now(name).await });
        unloading.await.map_err(|_| failed("unloading"))?
    }

    async fn unload_now(&self, name: String) -> Result<Done, Failure> {
        let leaving = {
            let name = name.clone();
            self.ask(move |fleet| Box::pin(async move { fleet.begin_unload(&name) })).await??
        };
        let mut untold = None;
        if let Some(leaving) = leaving {
            untold = leaving.farewell().await;
            Departure(vec![vec![leaving]]).stop().await;
        }
        let done = self.ask(move |fleet| Box::pin(async move { fleet.finish_unload(&name).await }));
        let Done { message } = done.await??;
        Ok(Done { message: [message].into_iter().chain(untold).collect::<Vec<_>>().join("; ") })
    }

    /// Puts a backup in the place of the state: everything stops, the daemon starts itself again.
    ///
    /// # Errors
    /// The backup cannot be used; then nothing is stopped. Or it could not be put in place: then
    /// the daemon starts again with what it had.
    pub async fn restore(&self, dir: PathBuf, again: CancellationToken) -> Result<Done, Failure> {
        let whole = self.harbour.whole();
        let verified = {
            let (dir, whole) = (dir.clone(), whole.clone());
            tokio::task::spawn_blocking(move || crate::store::verify(&dir, &whole))
        };
        verified.await.map_err(|_| failed("looking at it"))?.map_err(|error| of_store(&error))?;
        self.ask(|fleet| Box::pin(async move { fleet.depart() })).await?.stop().await;
        self.harbour.put_to_rest().await;
        let from = dir.clone();
        let restored = tokio::task::spawn_blocking(move || crate::store::restore(&from, &whole));
        let restored = restored.await;
        // Whatever came of it, the stores are closed: only a new start opens them. The answer goes
        // out first.
        tokio::spawn(async move {
            tokio::time::sleep(ANSWER).await;
            again.cancel();
        });
        restored.map_err(|_| failed("restoring"))?.map_err(|error| of_store(&error))?;
        Ok(Done { message: format!("restored from {}; starting again", dir.display()) })
    }
}

fn failed(what: &str) -> Failure {
    Failure::new(Code::Internal, Reason::Internal, format!("{what} failed unexpectedly"))
}
