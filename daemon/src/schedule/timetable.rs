//! The timetable: watches the schedules of all plugins that are in service and fires them.
//!
//! A key is kept in the control database before its event is handed on, so that no crash can make
//! it fire twice. It refuses to decide what is due; `due` does.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;

use super::due::{Due, Missed, Past};
use crate::clock;
use crate::config::manifest::ScheduleDecl;
use crate::config::name::PluginName;
use crate::routing::Switchboard;
use crate::store::{Control, StoreError};

/// The longest sleep: the wall's clock may be set meanwhile, and nobody tells.
const LOOK: Duration = Duration::from_secs(20);
/// How soon a store that failed is tried again.
const AGAIN: Duration = Duration::from_secs(5);

/// All schedules; cheap to clone.
#[derive(Clone)]
pub struct Timetable {
    shared: Arc<Shared>,
    control: Control,
    switchboard: Switchboard,
}

struct Shared {
    table: Mutex<BTreeMap<PluginName, Plugin>>,
    changed: Notify,
}

/// The schedules of one plugin.
struct Plugin {
    watched: Timestamp,
    in_service: bool,
    entries: Vec<Entry>,
}

/// One schedule.
#[derive(Clone)]
struct Entry {
    decl: ScheduleDecl,
    /// Nothing until it was read.
    past: Option<Past>,
    next: Option<Timestamp>,
}

/// What status shows of a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScheduleView {
    /// Its name.
    pub name: String,
    /// Its rule, for people.
    pub rule: String,
    /// What becomes of missed instants.
    pub missed: Missed,
    /// When it fires next, while it is watched.
    pub next: Option<Timestamp>,
    /// Its last key.
    pub last: Option<Timestamp>,
}

impl Timetable {
    /// An empty one.
    #[must_use]
    pub fn new(control: Control, switchboard: Switchboard) -> Self {
        let shared = Shared { table: Mutex::default(), changed: Notify::new() };
        Self { shared: Arc::new(shared), control, switchboard }
    }

    /// A plugin has these schedules from now on. They are watched while it is in service.
    pub fn set(&self, plugin: &PluginName, decls: &[ScheduleDecl], in_service: bool) {
        let mut table = self.table();
        let before = table.remove(plugin);
        let kept = |decl: &ScheduleDecl| {
            let known = before.iter().flat_map(|it| &it.entries);
            known.into_iter().find(|it| it.decl.name == decl.name && it.decl.rule == decl.rule)
        };
        let entry = |decl: &ScheduleDecl| Entry {
            past: kept(decl).and_then(|it| it.past),
            next: None,
            decl: decl.clone(),
        };
        let entries: Vec<Entry> = decls.iter().map(entry).collect();
        let watched = match &before {
            Some(before) if before.in_service => before.watched,
            Some(_) | None => clock::timestamp(),
        };
        if !entries.is_empty() {
            table.insert(plugin.clone(), Plugin { watched, in_service, entries });
        }
        drop(table);
        self.shared.changed.notify_one();
    }

    /// A plugin is gone.
    pub fn remove(&self, plugin: &PluginName) {
        self.table().remove(plugin);
    }

    /// Nothing fires any more: the daemon stops.
    pub fn stop(&self) {
        self.table().values_mut().for_each(|plugin| plugin.in_service = false);
    }

    /// What status shows of a plugin.
    #[must_use]
    pub fn view(&self, plugin: &PluginName) -> Vec<ScheduleView> {
        let table = self.table();
        let Some(plugin) = table.get(plugin) else { return Vec::new() };
        let view = |entry: &Entry| ScheduleView {
            name: entry.decl.name.clone(),
            rule: entry.decl.rule.to_string(),
            missed: entry.decl.missed,
            next: entry.next.filter(|_| plugin.in_service),
            last: entry.past.and_then(|past| past.last),
        };
        plugin.entries.iter().map(view).collect()
    }

    /// Watches, for ever. Runs as a task of its own.
    pub async fn run(self) {
        loop {
            let sleep = self.turn(clock::timestamp()).await;
            let timer = async {
                match sleep {
                    Some(sleep) => tokio::time::sleep(sleep).await,
                    // Nothing will ever be due: an idle daemon stays idle.
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = timer => {}
                () = self.shared.changed.notified() => {}
            }
        }
    }

    /// Does what is due, and says how long nothing will be.
    async fn turn(&self, now: Timestamp) -> Option<Duration> {
        let mut soonest: Option<Duration> = None;
        for (plugin, watched, entry) in self.watched() {
            let wait = match self.tend(&plugin, watched, &entry, now).await {
                Ok(next) => next.map(|next| until(next, now)),
                Err(StoreError::Closed { .. }) => return None,
                Err(error) => {
                    let schedule = &entry.decl.name;
                    tracing::error!(%plugin, schedule, "cannot be fired now: {error}");
                    Some(AGAIN)
                }
            };
            soonest = [soonest, wait].into_iter().flatten().min();
        }
        soonest
    }

    fn watched(&self) -> Vec<(PluginName, Timestamp, Entry)> {
        let table = self.table();
        let in_service = table.iter().filter(|(_, plugin)| plugin.in_service);
        let entries = in_service.flat_map(|(name, plugin)| {
            plugin.entries.iter().map(|entry| (name.clone(), plugin.watched, entry.clone()))
        });
        entries.collect()
    }

    /// Brings one schedule up to now; returns when it is due next.
    async fn tend(
        &self,
        plugin: &PluginName,
        watched: Timestamp,
        entry: &Entry,
        now: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let (decl, rule) = (&entry.decl, &entry.decl.rule);
        let mut past = match entry.past {
            Some(past) => past,
            None => self.control.schedule(plugin, &decl.name, &rule.to_string(), now).await?,
        };
        match past.due(rule, decl.missed, watched, now) {
            Due::Never | Due::At(_) => {}
            Due::Fire(key) => {
                past.last = Some(key);
                if self.control.pass_schedule(plugin, &decl.name, key).await? {
                    self.fire(plugin, &decl.name, key).await;
                }
            }
            Due::PassOver(key) => {
                past.last = Some(key);
                self.control.pass_schedule(plugin, &decl.name, key).await?;
                let name = &decl.name;
                tracing::info!(%plugin, schedule = name, "missed up to {key}, skipped");
            }
        }
        let next = past.next(rule);
        self.note(plugin, decl, past, next);
        Ok(next)
    }

    async fn fire(&self, plugin: &PluginName, name: &str, key: Timestamp) {
        let told = self.switchboard.deliver_schedule(plugin.as_str(), name, key.as_microsecond());
        let Some(told) = told else {
            return tracing::warn!(%plugin, schedule = name, "fired, but the plugin is gone");
        };
        // The journal's thread answers; on a full disk this firing is lost, and that is told.
        if let Ok(published) = told.await
            && let Some(failure) = published.failure
        {
            let why = failure.message;
            tracing::error!(%plugin, schedule = name, "fired, but could not be kept: {why}");
        }
    }

    fn note(&self, plugin: &PluginName, decl: &ScheduleDecl, past: Past, next: Option<Timestamp>) {
        let mut table = self.table();
        let entries = table.get_mut(plugin).into_iter().flat_map(|it| &mut it.entries);
        // It may have been exchanged meanwhile; then what was read is not its past.
        for entry in entries.filter(|it| it.decl.name == decl.name && it.decl.rule == decl.rule) {
            (entry.past, entry.next) = (Some(past), next);
        }
    }

    fn table(&self) -> MutexGuard<'_, BTreeMap<PluginName, Plugin>> {
        self.shared.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long to sleep for an instant of the wall's clock.
fn until(next: Timestamp, now: Timestamp) -> Duration {
    let wait = Duration::try_from(next.duration_since(now)).unwrap_or_default();
    wait.min(LOOK)
}

#[cfg(test)]
mod tests;
