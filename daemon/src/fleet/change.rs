//! What operators change while everything runs: on, off, again, values, files.
//!
//! A reload is all or nothing. Whatever needs a restart is named, not restarted.

use std::collections::BTreeMap;

use outboard_proto::admin::{Change, Done, ReloadResponse};
use outboard_proto::common::{Failure, Reason};
use outboard_supervision::State;
use outboard_supervision::state::Rest;
use tonic::Code;

use super::{Fleet, faults};
use crate::config::fault::Faults;
use crate::config::keys::Effect;
use crate::config::name::PluginName;
use crate::config::operator::{DebugMode, OperatorConfig};
use crate::config::overrides::CliOverrides;
use crate::config::spec::Spec;
use crate::config::spec::diff::{Standing, diff};
use crate::config::spec::reservation::check_reservations;
use crate::debug::Parting;
use crate::plugin::{Mail, Move};
use crate::status::of_store;

/// Keys that a load sets: they are reverted by name only.
const LOADED: [&str; 2] = ["enabled", "grants"];

/// What the files say, and what that would mean for every plugin.
struct Proposal {
    config: OperatorConfig,
    specs: BTreeMap<PluginName, Spec>,
}

impl Fleet {
    /// Has a plugin started again.
    ///
    /// # Errors
    /// It is not loaded, or may not run.
    pub async fn restart(&mut self, name: &str) -> Result<Done, Failure> {
        self.wish(name, Mail::Restart, "restarting").await
    }

    /// Lets a failed plugin try again.
    ///
    /// # Errors
    /// It is not loaded, or may not run.
    pub async fn reset(&mut self, name: &str) -> Result<Done, Failure> {
        self.wish(name, Mail::Reset, "its failures are forgotten").await
    }

    async fn wish(&mut self, name: &str, mail: Mail, what: &str) -> Result<Done, Failure> {
        let aboard = self.find(name)?;
        let state = aboard.view.borrow().state.clone();
        if let State::Stopped(Rest::Hindered(_)) = state {
            let why = crate::plugin::explain(&state, self.harbour.clock.now());
            let text = format!("{name} may not run: {why}");
            return Err(Failure::new(Code::FailedPrecondition, Reason::PluginUnavailable, text));
        }
        let _ = aboard.mail.send(mail).await;
        Ok(Done { message: format!("{name}: {what}") })
    }

    /// Puts a plugin into or out of service.
    ///
    /// # Errors
    /// It is not loaded, or the database failed.
    pub async fn enable(&mut self, name: &str, on: bool) -> Result<Done, Failure> {
        self.set(name, "enabled", if on { "true" } else { "false" }).await?;
        Ok(Done { message: format!("{name} is {}", if on { "enabled" } else { "disabled" }) })
    }

    /// Sets one value above the files.
    ///
    /// # Errors
    /// The key or value is wrong, or the database failed; then nothing changes.
    pub async fn set(&mut self, name: &str, key: &str, value: &str) -> Result<Done, Failure> {
        let plugin = self.find(name)?.loaded.manifest.name.clone();
        let mut overrides = self.overrides.get(name).cloned().unwrap_or_default();
        overrides.insert(key.to_owned(), value.to_owned());
        let spec = self.resolve(&self.aboard[&plugin].loaded.manifest, &overrides)?;
        self.check_together(&self.aboard[&plugin].loaded.manifest, &spec)?;
        let control = &self.harbour.control;
        control.set_override(&plugin, key, value).await.map_err(|error| of_store(&error))?;
        self.overrides.insert(name.to_owned(), overrides);
        self.apply(&plugin, spec).await?;
        Ok(Done { message: format!("{name}: {key} = {value}") })
    }

    /// Drops what commands set.
    ///
    /// # Errors
    /// Nothing was set, or the database failed.
    pub async fn revert(&mut self, name: &str, key: &str) -> Result<Done, Failure> {
        let plugin = self.find(name)?.loaded.manifest.name.clone();
        let mut overrides = self.overrides.get(name).cloned().unwrap_or_default();
        let dropped: Vec<String> = match key {
            // What a load decided is not undone in passing.
            "" => overrides.keys().filter(|it| !LOADED.contains(&it.as_str())).cloned().collect(),
            key if overrides.contains_key(key) => vec![key.to_owned()],
            key => {
                let text = format!("{name}: {key} was not set by a command");
                return Err(Failure::new(Code::NotFound, Reason::Invalid, text));
            }
        };
        overrides.retain(|key, _| !dropped.contains(key));
        let spec = self.resolve(&self.aboard[&plugin].loaded.manifest, &overrides)?;
        for key in &dropped {
            let control = &self.harbour.control;
            control.drop_override(&plugin, Some(key)).await.map_err(|error| of_store(&error))?;
        }
        self.overrides.insert(name.to_owned(), overrides);
        self.apply(&plugin, spec).await?;
        let what = if dropped.is_empty() { "nothing".to_owned() } else { dropped.join(", ") };
        Ok(Done { message: format!("{name}: {what} reverted") })
    }

    /// One plugin goes by another spec.
    async fn apply(&mut self, name: &PluginName, spec: Spec) -> Result<(), Failure> {
        let (harbour, config) = (&self.harbour, &self.config);
        if let Some(aboard) = self.aboard.get_mut(name) {
            let loaded = aboard.loaded.clone();
            aboard
                .exchange(harbour, config, loaded, spec)
                .await
                .map_err(|text| Failure::new(Code::FailedPrecondition, Reason::BadConfig, text))?;
        }
        self.tell_conditions().await;
        let _ = self.harbour.moves.send(Move::State(name.clone()));
        Ok(())
    }

    /// What a reload would change.
    pub async fn diff(&mut self) -> ReloadResponse {
        match self.propose().await {
            Ok(proposal) => ReloadResponse { changes: self.changes(&proposal), faults: Vec::new() },
            Err(found) => ReloadResponse { changes: Vec::new(), faults: faults::wire(&found) },
        }
    }

    /// Reads the files again; everything counts, or nothing.
    pub async fn reload(&mut self) -> ReloadResponse {
        let proposal = match self.propose().await {
            Ok(proposal) => proposal,
            Err(found) => {
                tracing::error!("reload refused, nothing changed:\n{found}");
                return ReloadResponse { changes: Vec::new(), faults: faults::wire(&found) };
            }
        };
        let changes = self.changes(&proposal);
        self.config = proposal.config;
        let reporting = &self.config.reporting;
        // What says the same as before, be it on another line, disturbs nobody.
        self.harbour.reporting.send_if_modified(|known| {
            let differs = known.rows() != reporting.rows();
            known.clone_from(reporting);
            differs
        });
        if self.config.debug.value == DebugMode::Refused {
            self.see_all_guests_off(&Parting::Forbidden);
        }
        for (name, spec) in proposal.specs {
            if self.aboard.get(&name).is_some_and(|it| it.spec != spec)
                && let Err(failure) = self.apply(&name, spec).await
            {
                tracing::error!(plugin = %name, "cannot go by its new values: {}", failure.message);
            }
        }
        tracing::info!(changes = changes.len(), "configuration reloaded");
        ReloadResponse { changes, faults: Vec::new() }
    }

    async fn propose(&self) -> Result<Proposal, Faults> {
        let paths = self.harbour.paths.clone();
        let read = tokio::task::spawn_blocking(move || OperatorConfig::load(&paths)).await;
        let config = match read {
            Ok(read) => read?,
            // Reading panicked: nothing to go by, so nothing changes.
            Err(_) => self.config.clone(),
        };
        let mut found = Vec::new();
        let mut specs = BTreeMap::new();
        for (name, aboard) in &self.aboard {
            let rows = self.overrides.get(name.as_str()).into_iter().flatten();
            let rows = rows.map(|(key, value)| (key.as_str(), value.as_str()));
            let spec = CliOverrides::parse(rows)
                .and_then(|set| Spec::resolve(&aboard.loaded.manifest, &config, &set));
            match spec {
                Ok(spec) => {
                    specs.insert(name.clone(), spec);
                }
                Err(faults) => found.extend(faults),
            }
        }
        let enabled = specs.values().filter(|spec| spec.enabled.value);
        found.extend(check_reservations(enabled).err().into_iter().flatten());
        Faults::check(found)?;
        Ok(Proposal { config, specs })
    }

    fn changes(&self, proposal: &Proposal) -> Vec<Change> {
        let specs: BTreeMap<PluginName, Spec> =
            self.aboard.iter().map(|(name, it)| (name.clone(), it.spec.clone())).collect();
        let before = Standing { config: &self.config, specs: &specs };
        let after = Standing { config: &proposal.config, specs: &proposal.specs };
        diff(before, after).into_iter().map(wire).collect()
    }
}

fn wire(change: crate::config::spec::diff::Change) -> Change {
    Change {
        plugin: change.plugin.map(|name| name.as_str().to_owned()).unwrap_or_default(),
        key: change.key,
        before: change.before,
        after: change.after,
        restart: match change.effect {
            Effect::AtOnce => "",
            Effect::PluginRestart => "plugin",
            Effect::DaemonRestart => "daemon",
        }
        .to_owned(),
    }
}
