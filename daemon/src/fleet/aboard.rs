//! One loaded plugin: what it declares, what holds for it, and the handles of its task.
//!
//! It refuses to decide; it is built, exchanged and taken apart here.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use outboard_linux::{Limits, PluginUser, folder_for_plugin, private_dir};
use outboard_proto::plugin;
use outboard_supervision::{Conditions, Machine};
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::AbortHandle;

use super::Harbour;
use crate::clock::micros;
use crate::config::keys::key_value::CpuQuota;
use crate::config::manifest::{Loaded, Manifest};
use crate::config::operator::OperatorConfig;
use crate::config::spec::{HookSpec, Spec};
use crate::debug::Parting;
use crate::lifecycle::Lifecycle;
use crate::plugin::{
    Ends, InstallPlan, LinuxHost, LinuxHostParts, MAILBOX, Mail, Program, Task, View,
};
use crate::routing::{Bot, Interceptor, Reach, Registration, Subscription, grant_words};
use crate::session::{Entrance, Facts, Leads, listen};
use crate::settings::Ledger;
use crate::socket;
use crate::storage::Room;

/// What a plugin's state starts from.
pub struct Past {
    /// Its newest generation so far.
    pub generation: u64,
    /// How its generations ended.
    pub ends: Ends,
}

/// One loaded plugin.
pub struct Aboard {
    /// Folder and manifest as loaded.
    pub loaded: Loaded,
    /// What holds for it.
    pub spec: Spec,
    /// Its task.
    pub mail: mpsc::Sender<Mail>,
    /// What its task publishes.
    pub view: watch::Receiver<View>,
    /// Its socket's side.
    pub entrance: Arc<Entrance>,
    /// How its generations ended.
    pub ends: Ends,
    /// What was last told to its task.
    pub told: Option<Conditions>,
    program: Arc<Mutex<Arc<Program>>>,
    listener: AbortHandle,
    /// Passes on that something is wanted of it.
    bell: AbortHandle,
}

/// What is needed to take a plugin aboard.
pub struct Boarding {
    pub loaded: Loaded,
    pub spec: Spec,
    pub user: Option<PluginUser>,
    pub past: Past,
    pub settings: Arc<Ledger>,
}

impl Aboard {
    /// Opens the plugin's socket and starts its task, at rest.
    pub fn take(harbour: &Harbour, config: &OperatorConfig, it: Boarding) -> Result<Self, String> {
        let Boarding { loaded, spec, user, past, settings } = it;
        settings.set_patience(spec.keys.call_timeout.value);
        let program = Arc::new(program(harbour, config, &loaded, &spec, user)?);
        let listener = open_socket(harbour, &loaded.manifest, user)?;
        let name = loaded.manifest.name.clone();
        let text: Arc<str> = name.as_str().into();
        let log = harbour.lines.open(Arc::clone(&text));
        let (mail, mailbox) = mpsc::channel(MAILBOX);
        let leads = Leads {
            member: harbour.switchboard.register(registration(&loaded, &spec)),
            switchboard: harbour.switchboard.clone(),
            mailbox: mail.clone(),
            log,
            clock: harbour.clock,
            outbox: harbour.outbox.clone(),
            interactions: harbour.interactions.clone(),
            held: harbour.held.clone(),
            refusals: harbour.refusals.clone(),
            reflection: harbour.reflection.clone(),
            lifecycle: Lifecycle::new(name.clone(), harbour.control.clone(), harbour.moves.clone()),
            room: Room::new(harbour.depot.clone(), name.clone()),
            settings,
        };
        let known = facts(harbour, &loaded.manifest, &spec, &past.ends);
        let entrance = Arc::new(Entrance::new(leads, known));
        harbour.trees.add(&entrance);
        harbour.outbox.look_again();
        let program = Arc::new(Mutex::new(program));
        let host = LinuxHost::new(LinuxHostParts {
            name,
            spawner: harbour.spawner.clone(),
            program: Arc::clone(&program),
            entrance: Arc::clone(&entrance),
            control: harbour.control.clone(),
            ends: past.ends.clone(),
            moves: harbour.moves.clone(),
            writes: harbour.writes.clone(),
        });
        let machine = Machine::new(spec.policy(), past.generation);
        let (publish, view) =
            watch::channel(View::new(&machine, harbour.clock.now(), harbour.clock.wall_us()));
        tokio::spawn(Task::new(harbour.clock, machine, host, mailbox, publish).run());
        let listener = tokio::spawn(listen(listener, Arc::clone(&entrance))).abort_handle();
        harbour.timetable.set(&spec.name, &loaded.manifest.schedules, spec.enabled.value);
        let bell = harbour.switchboard.bell(entrance.member);
        let bell = tokio::spawn(pass_on(bell, mail.clone())).abort_handle();
        let (ends, told) = (past.ends, None);
        Ok(Self { loaded, spec, mail, view, entrance, ends, told, program, listener, bell })
    }

    /// Goes by another manifest or other configuration from now on. What a running process was
    /// started with stays as it is until it is started again.
    pub async fn exchange(
        &mut self,
        harbour: &Harbour,
        config: &OperatorConfig,
        loaded: Loaded,
        spec: Spec,
    ) -> Result<(), String> {
        let user = self.program().user;
        let next = Arc::new(program(harbour, config, &loaded, &spec, user)?);
        *self.program.lock().unwrap_or_else(PoisonError::into_inner) = next;
        harbour.switchboard.register(registration(&loaded, &spec));
        self.entrance.settings.set_patience(spec.keys.call_timeout.value);
        self.entrance.set_facts(facts(harbour, &loaded.manifest, &spec, &self.ends));
        harbour.timetable.set(&spec.name, &loaded.manifest.schedules, spec.enabled.value);
        // The task lives as long as this does.
        let _ = self.mail.send(Mail::Policy(Box::new(spec.policy()))).await;
        (self.loaded, self.spec) = (loaded, spec);
        Ok(())
    }

    /// What is started next.
    pub fn program(&self) -> Arc<Program> {
        Arc::clone(&self.program.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes the plugin apart; its process has ended.
    pub fn leave(self, harbour: &Harbour) {
        self.listener.abort();
        self.bell.abort();
        self.entrance.desk.close(Parting::Unloaded);
        harbour.timetable.remove(&self.loaded.manifest.name);
        harbour.switchboard.unregister(self.entrance.member);
        let name = &self.loaded.manifest.name;
        for socket in [harbour.paths.plugin_socket(name), harbour.paths.debug_socket(name)] {
            // It may be gone, or never have been; a later bind removes what is left.
            let _ = std::fs::remove_file(socket);
        }
    }
}

/// Wakes a plugin's task whenever routing rings for it.
async fn pass_on(bell: Arc<Notify>, mail: mpsc::Sender<Mail>) {
    loop {
        bell.notified().await;
        if mail.send(Mail::Wake).await.is_err() {
            return;
        }
    }
}

/// A folder that only the plugin's user can enter, and its socket in it.
fn open_socket(
    harbour: &Harbour,
    manifest: &Manifest,
    user: Option<PluginUser>,
) -> Result<tokio::net::UnixListener, String> {
    let path = harbour.paths.plugin_socket(&manifest.name);
    let folder = path.parent().unwrap_or(&harbour.paths.runtime);
    let (made, mode) = match user {
        None => (private_dir(folder), socket::Mode::Owner),
        Some(user) => (folder_for_plugin(folder, user), socket::Mode::Group(user.gid)),
    };
    made.map_err(|error| error.to_string())?;
    socket::bind(&path, mode).map_err(|error| error.to_string())
}

fn program(
    harbour: &Harbour,
    config: &OperatorConfig,
    loaded: &Loaded,
    spec: &Spec,
    user: Option<PluginUser>,
) -> Result<Program, String> {
    let run = &loaded.manifest.run;
    let install = install_plan(config, loaded)?;
    let file = match install.is_some() && run.is_missing(&loaded.folder) {
        // It is looked for again when everything is installed.
        true => loaded.folder.join(run.own_name()),
        false => run.locate(&loaded.folder, &config.runtimes).map_err(|f| f.to_string())?,
    };
    let mut args = vec![run.called(&loaded.folder, &file)];
    args.extend(run.args.iter().cloned());
    let env: BTreeMap<String, String> = spec
        .env
        .iter()
        .filter_map(|name| {
            let value = harbour.environment.get(name.as_str())?;
            Some((name.as_str().to_owned(), value.clone()))
        })
        .collect();
    Ok(Program {
        file,
        args,
        folder: loaded.folder.clone(),
        data: harbour.paths.data(&loaded.manifest.name),
        socket: harbour.paths.plugin_socket(&loaded.manifest.name),
        env,
        user,
        limits: limits(spec),
        install,
    })
}

fn install_plan(
    config: &OperatorConfig,
    loaded: &Loaded,
) -> Result<Option<Arc<InstallPlan>>, String> {
    let Some(install) = loaded.manifest.install.clone() else { return Ok(None) };
    let runtimes = config.runtimes.clone();
    let file = install.run.locate_as("install.command", &loaded.folder, &runtimes);
    let file = file.map_err(|fault| fault.to_string())?;
    let (hash, run) = (loaded.hash.clone(), loaded.manifest.run.clone());
    Ok(Some(Arc::new(InstallPlan { install, file, hash, run, runtimes })))
}

fn limits(spec: &Spec) -> Limits {
    let keys = &spec.keys;
    Limits {
        memory_bytes: keys.memory.value.0,
        pids: keys.pids.value,
        cpu_weight: keys.cpu_weight.value,
        cpu_quota_percent: match keys.cpu_quota.value {
            CpuQuota::Percent(percent) => Some(percent),
            CpuQuota::None => None,
        },
        open_files: u64::from(keys.open_files.value),
    }
}

fn bot(manifest: &Manifest) -> Bot {
    match &manifest.bot {
        Some(bot) => Bot {
            username: bot.username.clone(),
            display_name: bot.display_name.clone(),
            ..Bot::default()
        },
        None => {
            let name = manifest.name.as_str().to_owned();
            Bot { username: name.clone(), display_name: name, ..Bot::default() }
        }
    }
}

fn registration(loaded: &Loaded, spec: &Spec) -> Registration {
    let manifest = &loaded.manifest;
    let call_timeout = spec.keys.call_timeout.value;
    Registration {
        name: manifest.name.as_str().into(),
        version: manifest.version.to_string(),
        bot: bot(manifest),
        interceptors: spec.hooks.iter().map(interceptor).collect(),
        channels: spec.channels.value.clone(),
        subscriptions: manifest
            .events
            .iter()
            .map(|event| Subscription {
                types: event.types.clone(),
                filter: event.filter.clone(),
                timeout: event.timeout.unwrap_or(call_timeout),
                delivery: event.delivery,
                order: event.order,
                own: event.own,
            })
            .collect(),
        commands: manifest.commands.clone(),
        reach: reach(manifest, spec),
        ui: Arc::clone(&loaded.ui),
        grants: spec.grants.granted.clone(),
        call_timeout,
        interaction_timeout: spec.keys.interaction_timeout.value,
        host_calls: spec.keys.host_calls.value,
        in_flight: spec.keys.in_flight.value,
        enabled: spec.enabled.value,
    }
}

fn reach(manifest: &Manifest, spec: &Spec) -> Reach {
    Reach {
        may_call: spec.grants.may_call(),
        methods: manifest.methods.clone(),
        routes: manifest.routes.clone(),
    }
}

fn interceptor(hook: &HookSpec) -> Interceptor {
    use crate::config::manifest::OnFailure;
    let names = |list: &std::collections::BTreeSet<crate::config::name::PluginName>| {
        list.iter().map(|name| name.as_str().to_owned()).collect()
    };
    let asked_closed = hook.decl.on_failure == OnFailure::Closed;
    Interceptor {
        hook: hook.decl.hook.clone(),
        phase: hook.decl.phase,
        priority: hook.decl.priority,
        before: names(&hook.decl.before),
        after: names(&hook.decl.after),
        timeout: hook.timeout,
        policy: hook.on_failure.value,
        asked_closed: asked_closed && hook.on_failure.value == OnFailure::Open,
        mode: hook.mode,
        filter: hook.decl.filter.clone(),
        own: hook.decl.own,
    }
}

fn facts(harbour: &Harbour, manifest: &Manifest, spec: &Spec, ends: &Ends) -> Facts {
    let (grants, scoped_grants) = grant_words(&spec.grants.granted);
    Facts {
        name: manifest.name.as_str().into(),
        version: manifest.version.to_string(),
        handlers: manifest.handlers(),
        grants,
        scoped_grants,
        limits: plugin::Limits {
            memory_bytes: spec.keys.memory.value.0,
            call_timeout_us: micros(spec.keys.call_timeout.value),
            in_flight: spec.keys.in_flight.value,
            frame_bytes: outboard_proto::limits::FRAME_BYTES as u64,
            payload_bytes: outboard_proto::limits::PAYLOAD_BYTES,
            credit_bytes: outboard_proto::limits::CREDIT_BYTES,
            storage_bytes: spec.keys.storage.value.0,
        },
        data_dir: harbour.paths.data(&manifest.name),
        start_timeout: spec.keys.start_timeout.value,
        previous_end: ends.last().map(|end| plugin::EndRecord {
            cause: end.cause,
            exit: end.exit,
            uptime_us: micros(end.uptime),
            peak_memory_bytes: end.peak_memory_bytes,
        }),
    }
}
