//! What has to hold for each plugin to run, worked out over all of them.
//!
//! Told to a plugin's task only where it changed. It refuses to start or stop anything itself.

use outboard_supervision::event::Hindrance;
use outboard_supervision::{Conditions, State};

use super::Fleet;
use super::aboard::Aboard;
use crate::config::name::PluginName;
use crate::plugin::Mail;
use crate::routing::Guest;

impl Fleet {
    /// Tells every plugin's task what holds now.
    pub(super) async fn tell_conditions(&mut self) {
        if self.stopping {
            return;
        }
        let names: Vec<PluginName> = self.aboard.keys().cloned().collect();
        for name in names {
            self.see_guest_off(&self.aboard[&name]);
            let conditions = self.conditions(&self.aboard[&name]);
            let Some(aboard) = self.aboard.get_mut(&name) else { continue };
            if aboard.told.as_ref() != Some(&conditions) {
                aboard.told = Some(conditions.clone());
                // The task lives as long as the plugin is aboard.
                let _ = aboard.mail.send(Mail::Conditions(conditions)).await;
            }
        }
    }

    fn conditions(&self, aboard: &Aboard) -> Conditions {
        Conditions {
            hindrance: self.hindrance(aboard),
            suspended_by: self.needed(aboard, |it| it.view.borrow().ready_once && !is_up(it)),
        }
    }

    fn hindrance(&self, aboard: &Aboard) -> Option<Hindrance> {
        let debugged = aboard.entrance.desk.stage().is_some_and(|it| it.guest().is_some());
        self.obstacle(aboard).or_else(|| debugged.then_some(Hindrance::Debugged))
    }

    /// What keeps it from running, whoever would run it.
    pub(super) fn obstacle(&self, aboard: &Aboard) -> Option<Hindrance> {
        let spec = &aboard.spec;
        if !spec.enabled.value {
            return Some(Hindrance::Disabled);
        }
        if !spec.grants.missing.is_empty() {
            let missing = spec.grants.missing.iter().map(|it| it.as_str().to_owned());
            return Some(Hindrance::NeedsGrants(missing.collect()));
        }
        let missing = aboard.entrance.settings.missing();
        if !missing.is_empty() {
            return Some(Hindrance::NeedsSettings(missing));
        }
        let mut waiting = self.needed(aboard, |it| !it.view.borrow().ready_once);
        waiting.extend(self.absent(aboard));
        (!waiting.is_empty()).then_some(Hindrance::WaitingFor(waiting))
    }

    /// Dependencies for which something holds, with what they are doing.
    fn needed(&self, aboard: &Aboard, holds: impl Fn(&Aboard) -> bool) -> Vec<String> {
        let needs = aboard.loaded.manifest.dependencies.keys();
        let found = needs.filter_map(|name| self.aboard.get(name)).filter(|it| holds(it));
        found.map(|it| it.loaded.manifest.name.as_str().to_owned()).collect()
    }

    fn absent(&self, aboard: &Aboard) -> Vec<String> {
        let needs = aboard.loaded.manifest.dependencies.keys();
        let absent = needs.filter(|name| !self.aboard.contains_key(*name));
        absent.map(|name| format!("{} (not loaded)", name.as_str())).collect()
    }
}

/// Whether it answers, by itself or through a guest.
fn is_up(aboard: &Aboard) -> bool {
    let guest = aboard.entrance.desk.stage().and_then(|stage| stage.guest());
    matches!(aboard.view.borrow().state, State::Running(_)) || guest == Some(Guest::Answering)
}
