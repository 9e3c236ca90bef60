//! Loading and unloading: everything is checked against everything else before anything changes.
//!
//! It refuses to start a plugin: once aboard, its conditions do.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use outboard_proto::admin::{Done, GrantChoice, LoadRequest, LoadResponse};
use outboard_proto::common::{Failure, Reason};
use outboard_supervision::order::{Wish, resolve};
use tonic::Code;

use super::aboard::{Aboard, Boarding, Past};
use super::stop::Leaving;
use super::{Fleet, faults, report};
use crate::clock::timestamp;
use crate::config::dependencies::check_dependencies;
use crate::config::manifest::{CommandDecl, Hook, Loaded, Manifest, Phase};
use crate::config::name::PluginName;
use crate::config::overrides::CliOverrides;
use crate::config::spec::Spec;
use crate::config::spec::reservation::check_reservations;
use crate::debug::Parting;
use crate::plugin::{Ends, Mail, Move};
use crate::status::of_store;
use crate::store::PluginRecord;

/// How long a load waits for the plugin's task to have read its conditions.
const SETTLED: std::time::Duration = std::time::Duration::from_secs(1);

impl Fleet {
    /// Loads the folder at a path, or loads it again.
    ///
    /// # Errors
    /// What is wrong with it, all of it at once where that can be said.
    pub async fn load(&mut self, request: LoadRequest) -> Result<LoadResponse, Failure> {
        let loaded = self.read(&request.path).await?;
        let name = loaded.manifest.name.clone();
        self.check_newcomer(&loaded)?;
        let overrides = self.overrides_with(&name, &request)?;
        let spec = self.resolve(&loaded.manifest, &overrides)?;
        self.check_together(&loaded.manifest, &spec)?;
        let fits = self.check_patterns(&loaded.manifest).await;
        fits.map_err(|fault| faults::failure(Reason::BadManifest, &fault.into()))?;
        let asks = report::grants(&spec);
        let cuts = self.harbour.spawner.cuts_network();
        let install = loaded.manifest.install.as_ref().map(|it| it.in_words(cuts));
        let notes = install.into_iter().chain(notes(&spec)).collect();
        if request.dry_run {
            let status = Some(report::unloaded(&loaded));
            return Ok(LoadResponse { status, asks, notes });
        }
        if !spec.grants.missing.is_empty() {
            let missing: Vec<&str> = spec.grants.missing.iter().map(|it| it.as_str()).collect();
            let text = format!("Permission denied: {}", missing.join(", "));
            return Err(Failure::new(Code::PermissionDenied, Reason::NeedsGrants, text)
                .detail("plugin", name.as_str())
                .detail("missing", missing.join(",")));
        }
        self.keep(&loaded, &overrides).await?;
        self.board(loaded, spec).await?;
        self.overrides.insert(name.as_str().to_owned(), overrides);
        self.refused.remove(name.as_str());
        self.tell_conditions().await;
        self.settled(&name).await;
        let status = self.find(name.as_str()).map(|it| report::status(&self.harbour, it))?;
        Ok(LoadResponse { status: Some(status), asks, notes })
    }

    async fn read(&self, path: &str) -> Result<Loaded, Failure> {
        let path = PathBuf::from(path);
        if !path.is_absolute() {
            let text = format!("{}: give an absolute path", path.display());
            return Err(Failure::new(Code::InvalidArgument, Reason::Invalid, text));
        }
        let runtimes = self.config.runtimes.clone();
        let read = tokio::task::spawn_blocking(move || Manifest::load(&path, &runtimes)).await;
        match read {
            Ok(Ok(loaded)) => Ok(loaded),
            Ok(Err(found)) => Err(faults::failure(Reason::BadManifest, &found)),
            Err(_) => Err(internal("reading the manifest failed unexpectedly")),
        }
    }

    /// The name must be free, or this very folder's; its socket must fit.
    fn check_newcomer(&self, loaded: &Loaded) -> Result<(), Failure> {
        let name = &loaded.manifest.name;
        if let Some(other) = self.aboard.get(name).filter(|it| it.loaded.folder != loaded.folder) {
            let folder = other.loaded.folder.display();
            let text = format!("{name} is loaded from {folder}; unload it first");
            return Err(Failure::new(Code::AlreadyExists, Reason::AlreadyLoaded, text));
        }
        self.harbour.paths.check_socket_lengths(name).map_err(|error| {
            Failure::new(Code::InvalidArgument, Reason::BadManifest, error.to_string())
        })
    }

    /// What commands have set for it, this one included.
    fn overrides_with(
        &self,
        name: &PluginName,
        request: &LoadRequest,
    ) -> Result<BTreeMap<String, String>, Failure> {
        let mut overrides = self.overrides.get(name.as_str()).cloned().unwrap_or_default();
        let grants = match request.grant() {
            GrantChoice::Unspecified => None,
            GrantChoice::Asked => Some("asked".to_owned()),
            GrantChoice::None => Some("none".to_owned()),
            GrantChoice::List => Some(request.grants.join(",")),
        };
        overrides.extend(grants.map(|grants| ("grants".to_owned(), grants)));
        let in_files = self.config.plugins.get(name).is_some_and(|it| it.enabled.is_some());
        if !in_files {
            // Who loads a plugin by hand wants it to run.
            overrides.entry("enabled".to_owned()).or_insert_with(|| "true".to_owned());
        }
        Ok(overrides)
    }

    pub(super) fn resolve(
        &self,
        manifest: &Manifest,
        overrides: &BTreeMap<String, String>,
    ) -> Result<Spec, Failure> {
        let rows = overrides.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let overrides = CliOverrides::parse(rows)
            .map_err(|found| faults::failure(Reason::BadConfig, &found))?;
        Spec::resolve(manifest, &self.config, &overrides)
            .map_err(|found| faults::failure(Reason::BadManifest, &found))
    }

    /// Whether it fits together with all that are aboard.
    pub(super) fn check_together(&self, manifest: &Manifest, spec: &Spec) -> Result<(), Failure> {
        let mut manifests: BTreeMap<PluginName, &Manifest> =
            self.aboard.iter().map(|(name, it)| (name.clone(), &it.loaded.manifest)).collect();
        manifests.insert(manifest.name.clone(), manifest);
        check_dependencies(&manifests)
            .map_err(|found| faults::failure(Reason::Dependency, &found))?;
        self.check_commands(manifest)?;
        check_hook_order(&manifests)?;
        let others = self.aboard.iter().filter(|(name, _)| **name != manifest.name);
        let specs = others.map(|(_, it)| &it.spec).filter(|it| it.enabled.value).chain([spec]);
        check_reservations(specs).map_err(|found| faults::failure(Reason::BadConfig, &found))
    }

    fn check_commands(&self, manifest: &Manifest) -> Result<(), Failure> {
        let names: BTreeSet<&str> = manifest.commands.iter().flat_map(CommandDecl::names).collect();
        for other in self.aboard.values().filter(|it| it.loaded.manifest.name != manifest.name) {
            let mut owned = other.loaded.manifest.commands.iter().flat_map(CommandDecl::names);
            if let Some(taken) = owned.find(|name| names.contains(name)) {
                let owner = other.loaded.manifest.name.as_str();
                let text = format!("the command {taken} belongs to {owner}");
                return Err(Failure::new(Code::AlreadyExists, Reason::CommandTaken, text)
                    .detail("owner", owner)
                    .detail("command", taken));
            }
        }
        Ok(())
    }

    async fn keep(
        &self,
        loaded: &Loaded,
        overrides: &BTreeMap<String, String>,
    ) -> Result<(), Failure> {
        let name = &loaded.manifest.name;
        let record = PluginRecord {
            name: name.as_str().to_owned(),
            folder: loaded.folder.clone(),
            version: loaded.manifest.version.to_string(),
            manifest: loaded.text.clone(),
            settings_schema: loaded.settings_text.clone(),
            hash: loaded.hash.clone(),
            loaded: timestamp(),
        };
        let control = &self.harbour.control;
        control.save_plugin(record).await.map_err(|error| of_store(&error))?;
        for (key, value) in overrides {
            control.set_override(name, key, value).await.map_err(|error| of_store(&error))?;
        }
        Ok(())
    }

    /// Takes it aboard, or exchanges what is known of it and restarts it.
    pub(super) async fn board(&mut self, loaded: Loaded, spec: Spec) -> Result<(), Failure> {
        let name = loaded.manifest.name.clone();
        if self.aboard.contains_key(&name) {
            return Box::pin(self.exchange(&name, loaded, spec)).await;
        }
        let cannot = |text: String| cannot(&name, &text);
        let past = self.past(&name).await?;
        let user = self.users.give(&name).map_err(cannot)?;
        let settings = self.settle(&loaded).await?;
        let boarding = Boarding { loaded, spec, user, past, settings };
        match Aboard::take(&self.harbour, &self.config, boarding) {
            Ok(aboard) => drop(self.aboard.insert(name, Box::new(aboard))),
            Err(text) => {
                self.harbour.settings.close(&name).await;
                return Err(cannot(text));
            }
        }
        Ok(())
    }

    async fn exchange(
        &mut self,
        name: &PluginName,
        loaded: Loaded,
        spec: Spec,
    ) -> Result<(), Failure> {
        if let Some(aboard) = self.aboard.get_mut(name) {
            let exchanged = aboard.exchange(&self.harbour, &self.config, loaded.clone(), spec);
            exchanged.await.map_err(|text| cannot(name, &text))?;
        }
        // Not before: what cannot be exchanged goes on by what it has.
        self.settle(&loaded).await?;
        if let Some(aboard) = self.aboard.get(name) {
            aboard.entrance.desk.end(Parting::LoadedAnew);
            // One that sleeps need not start for it.
            if !aboard.view.borrow().state.is_asleep() {
                let _ = aboard.mail.send(Mail::Restart).await;
            }
        }
        Ok(())
    }

    /// Waits until a plugin's task has read what it was told, so that its status is no older.
    pub(super) async fn settled(&self, name: &PluginName) {
        let Some(aboard) = self.aboard.get(name) else { return };
        let mut view = aboard.view.clone();
        let read = view.wait_for(|view| Some(&view.conditions) == aboard.told.as_ref());
        // The task is alive and quick; should it be neither, an older status is no harm.
        let _ = tokio::time::timeout(SETTLED, read).await;
    }

    async fn past(&self, name: &PluginName) -> Result<Past, Failure> {
        let control = &self.harbour.control;
        let ends = control.ends(name).await.map_err(|error| of_store(&error))?;
        let generation = control.generation(name).await.map_err(|error| of_store(&error))?;
        Ok(Past { generation, ends: Ends::kept(ends) })
    }

    /// The first half of an unload: what is to be stopped, if anything is.
    pub(super) fn begin_unload(&mut self, name: &str) -> Result<Option<Leaving>, Failure> {
        if self.refused.contains_key(name) {
            return Ok(None);
        }
        let name = self.find(name)?.loaded.manifest.name.clone();
        let manifests = self.aboard.values().map(|it| &it.loaded.manifest);
        let needing = manifests.filter(|it| it.dependencies.contains_key(&name));
        let needed_by: Vec<&str> = needing.map(|it| it.name.as_str()).collect();
        if !needed_by.is_empty() {
            let text = format!("{name} is needed by {}", needed_by.join(", "));
            return Err(Failure::new(Code::FailedPrecondition, Reason::Dependency, text));
        }
        let aboard = self.aboard.get(&name);
        if let Some(aboard) = aboard {
            aboard.entrance.desk.end(Parting::Unloaded);
        }
        Ok(aboard.map(|it| Leaving::of(it)))
    }

    /// The second half: it is at rest, and forgotten.
    pub(super) async fn finish_unload(&mut self, name: &str) -> Result<Done, Failure> {
        if self.refused.contains_key(name) {
            return self.forget_refused(name).await;
        }
        let name = self.find(name)?.loaded.manifest.name.clone();
        self.harbour.timetable.remove(&name);
        let control = &self.harbour.control;
        control.forget_plugin(&name).await.map_err(|error| of_store(&error))?;
        self.overrides.remove(name.as_str());
        self.users.take_back(&name);
        if let Some(aboard) = self.aboard.remove(&name) {
            aboard.leave(&self.harbour);
        }
        // Who was saving is answered: nothing of it is written from here on.
        self.harbour.settings.close(&name).await;
        let _ = self.harbour.moves.send(Move::State(name.clone()));
        Ok(Done { message: format!("{name} unloaded; its data stays") })
    }
}

impl Fleet {
    /// One that cannot be used has nothing to stop.
    async fn forget_refused(&mut self, name: &str) -> Result<Done, Failure> {
        if let Ok(name) = name.parse::<PluginName>() {
            let control = &self.harbour.control;
            control.forget_plugin(&name).await.map_err(|error| of_store(&error))?;
        }
        self.refused.remove(name);
        self.overrides.remove(name);
        Ok(Done { message: format!("{name} forgotten") })
    }
}

/// Every hook must have an order.
fn check_hook_order(manifests: &BTreeMap<PluginName, &Manifest>) -> Result<(), Failure> {
    let strings =
        |names: &BTreeSet<PluginName>| names.iter().map(|name| name.as_str().to_owned()).collect();
    let hooks: BTreeSet<&Hook> =
        manifests.values().flat_map(|it| &it.hooks).map(|decl| &decl.hook).collect();
    for hook in hooks {
        for phase in [Phase::Transform, Phase::Validate] {
            let wishes: Vec<Wish> = manifests
                .values()
                .flat_map(|it| it.hooks.iter().map(move |decl| (it.name.as_str(), decl)))
                .filter(|(_, decl)| decl.hook == *hook && decl.phase == phase)
                .map(|(name, decl)| Wish {
                    name: name.to_owned(),
                    priority: decl.priority,
                    before: strings(&decl.before),
                    after: strings(&decl.after),
                })
                .collect();
            resolve(&wishes).map_err(|cycle| {
                let text = format!("the order of {hook}: {cycle}");
                Failure::new(Code::InvalidArgument, Reason::BadManifest, text)
            })?;
        }
    }
    Ok(())
}

fn notes(spec: &Spec) -> Vec<String> {
    use crate::config::manifest::OnFailure;
    let asked = spec.hooks.iter().filter(|it| it.decl.on_failure == OnFailure::Closed);
    let open = asked.filter(|it| it.on_failure.value == OnFailure::Open);
    open.map(|it| {
        let (name, hook) = (&spec.name, &it.decl.hook);
        format!(
            "asks for {hook} to be closed; it is open. To grant it: [plugins.\"{name}\"] \
             closed = [\"{hook}\"] in outboard.toml"
        )
    })
    .collect()
}

fn cannot(name: &PluginName, text: &str) -> Failure {
    Failure::new(Code::FailedPrecondition, Reason::Internal, format!("{name}: {text}"))
}

fn internal(text: &str) -> Failure {
    Failure::new(Code::Internal, Reason::Internal, text)
}

/// A folder of the operator's paths, for a record that was never kept.
pub(super) fn folder_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
