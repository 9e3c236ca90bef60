//! The daemon from its start to its end: folders, locks, stores, sockets, then signals.
//!
//! One thread carries everything that waits; it refuses to do anything that blocks once plugins
//! run.

mod error;
mod folders;
mod service;

pub use error::StartError;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use outboard_linux::{CgroupChoice, DaemonLeaf, LockFile, Setup, Spawner, group_id, own_process};
use tokio::net::UnixListener;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::admin::AdminSide;
use crate::app::AppSide;
use crate::audit::Audit;
use crate::audit::refusals::Refusals;
use crate::clock::{Clock, timestamp};
use crate::config::operator::OperatorConfig;
use crate::config::paths::Paths;
use crate::delivery::journal::EventJournal as _;
use crate::fleet::{Command, Fleet, Harbour};
use crate::gate::{Gate, Trees};
use crate::held::Held;
use crate::interactions::Interactions;
use crate::logs::Logs;
use crate::outbox::Outbox;
use crate::outlets::{self, Outlets};
use crate::reflection::Reflection;
use crate::routing::Switchboard;
use crate::schedule::Timetable;
use crate::secrets::Keyring;
use crate::settings::{Parts, Settings};
use crate::statistics::Recorder;
use crate::storage::{Depot, Files};
use crate::store::{Control, HourBook, Journal, OpenedBook, Quarantine};
use crate::{courier, socket};

/// What a daemon is started with.
#[derive(Debug, Clone)]
pub struct Options {
    /// Its folders.
    pub paths: Paths,
    /// The keeper program.
    pub keeper: PathBuf,
    /// The daemon's own user.
    pub uid: u32,
}

/// How a daemon ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It was told to.
    Stopped,
    /// Its state was exchanged: it is to be started again.
    Again,
}

/// What must exist before anything waits.
struct Ground {
    config: OperatorConfig,
    control: Control,
    journal: Journal,
    quarantine: Option<Quarantine>,
    depot: Depot,
    audit: Audit,
    book: OpenedBook,
    keys: Keyring,
    spawner: Spawner,
    app: UnixListener,
    admin: UnixListener,
    app_group: Option<u32>,
    admin_group: Option<u32>,
    _locks: [LockFile; 2],
}

/// Runs until told to stop.
///
/// # Errors
/// What keeps it from starting, in an operator's words.
pub async fn run(options: Options) -> Result<End, StartError> {
    let ground = lay_ground(&options)?;
    let until = CancellationToken::new();
    let again = CancellationToken::new();
    let (command, trees) = Box::pin(open(&options, &ground)).await?;
    let board = command.harbour.switchboard.clone();
    tokio::spawn(board.clone().keep_time());
    tokio::spawn(command.harbour.timetable.clone().run());
    tokio::spawn(board.clone().keep_patterns());
    tokio::spawn(command.harbour.outbox.clone().replay());
    tokio::spawn(command.harbour.outbox.clone().expire());
    tokio::spawn(command.harbour.interactions.clone().keep());
    tokio::spawn(command.harbour.held.clone().keep());
    tokio::spawn(command.harbour.held.clone().tell());
    tokio::spawn(command.harbour.held.clone().expire());
    tokio::spawn(command.harbour.depot.clone().keep_time(timestamp));
    tokio::spawn(command.harbour.recorder.clone().run());
    open_outlets(&command);
    #[cfg(feature = "otel")]
    let exporting = crate::otel::begin(&board).unwrap_or_else(|why| {
        tracing::error!("spans are not exported: {why}");
        None
    });
    tokio::spawn(courier::carry(board.clone(), command.harbour.journal.clone()));
    tokio::spawn(courier::tidy(board.clone(), command.harbour.journal.clone()));
    let app_group = ground.config.app_group.value.clone();
    let app = AppSide {
        switchboard: board,
        settings: command.harbour.settings.clone(),
        gate: Gate::new(trees.clone(), "app", app_group, ground.app_group),
        reflection: command.harbour.reflection.clone(),
        until: until.clone(),
    };
    let admin_group = ground.config.admin_group.value.clone();
    let admin = AdminSide {
        command: command.clone(),
        gate: Gate::new(trees, "admin", admin_group, ground.admin_group),
        until: until.clone(),
        again: again.clone(),
    };
    tokio::spawn(app.listen(ground.app));
    tokio::spawn(admin.listen(ground.admin));
    let harbour = std::sync::Arc::clone(&command.harbour);
    let end = service::serve(command, again).await?;
    until.cancel();
    harbour.put_to_rest().await;
    #[cfg(feature = "otel")]
    if let Some(exporting) = exporting {
        // It blocks, and needs this thread to write.
        let _ = tokio::task::spawn_blocking(|| exporting.end()).await;
    }
    Ok(end)
}

/// Those whom the daemon tells by itself; nothing waits for them.
fn open_outlets(command: &Command) {
    let (harbour, outlets) = (&command.harbour, || command.harbour.outlets.clone());
    let config = || harbour.reporting.subscribe();
    tokio::spawn(outlets::usage::run(harbour.switchboard.clone(), outlets(), config()));
    tokio::spawn(outlets::port::run(command.clone(), outlets(), config()));
    tokio::spawn(outlets::alerts::run(command.clone(), outlets(), config()));
}

/// Everything that may block or fail at the start.
fn lay_ground(options: &Options) -> Result<Ground, StartError> {
    own_process::keep_files_private();
    own_process::refuse_to_be_dumped().map_err(StartError::Process)?;
    let paths = &options.paths;
    paths.check_own_sockets()?;
    folders::prepare(paths)?;
    let locks = [
        LockFile::acquire(&paths.state.join("lock"))?,
        LockFile::acquire(&paths.runtime.join("lock"))?,
    ];
    crate::debug::socket::sweep(&paths.debug_folder());
    let config = OperatorConfig::load(paths)?;
    let fresh_id = uuid::Uuid::now_v7().to_string();
    let control = Control::open(&paths.control_db(), &fresh_id)?;
    let (journal, quarantine) = Journal::open_or_set_aside(&paths.journal_db(), timestamp())?;
    if let Some(quarantine) = &quarantine {
        tracing::error!("{}", quarantine.told());
    }
    let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
    let keys = Keyring::load(&paths.secret_keys(credentials.as_deref()))?;
    let depot = Depot::start(Files::within(&paths.storage()), keys.clone())?;
    let audit = Audit::start(paths.audit_log()).map_err(StartError::Process)?;
    let book = HourBook::open_or_tell(&paths.statistics_db(), timestamp());
    if let Some(trouble) = &book.trouble {
        tracing::error!("{trouble}");
    }
    let spawner = Spawner::start(setup(options, &config))?;
    let app_group = group_id(&config.app_group.value).map_err(StartError::Process)?;
    let admin_group = group_id(&config.admin_group.value).map_err(StartError::Process)?;
    let app = socket::bind(&paths.app_socket(), mode(app_group, options.uid))?;
    let admin = socket::bind(&paths.admin_socket(), mode(admin_group, options.uid))?;
    Ok(Ground {
        config,
        control,
        journal,
        quarantine,
        depot,
        audit,
        book,
        keys,
        spawner,
        app,
        admin,
        app_group,
        admin_group,
        _locks: locks,
    })
}

/// Another user's daemon cannot give a socket to a group it is not in; then it is the owner's.
fn mode(group: Option<u32>, uid: u32) -> socket::Mode {
    let may_give = |gid: u32| {
        uid == 0 || outboard_linux::groups_of(uid).is_ok_and(|groups| groups.contains(&gid))
    };
    match group.filter(|gid| may_give(*gid)) {
        Some(gid) => socket::Mode::Group(gid),
        None => socket::Mode::Owner,
    }
}

fn setup(options: &Options, config: &OperatorConfig) -> Setup {
    Setup {
        keeper: options.keeper.clone(),
        cgroup_root: CgroupChoice::Detect,
        daemon_leaf: DaemonLeaf::Move,
        instance: instance(&options.paths.runtime),
        memory_total: config.daemon.plugins_memory.as_ref().map(|it| it.value.0),
    }
}

/// Tells this daemon's cgroups from those of another one on the same machine.
fn instance(runtime: &Path) -> String {
    let hash = crate::config::manifest::folder::hash(&runtime.display().to_string());
    hash.chars().take(12).collect()
}

async fn open(options: &Options, ground: &Ground) -> Result<(Command, Trees), StartError> {
    // Before anybody can be handed anything.
    let raised = ground.journal.recover().await?;
    if raised > 0 {
        tracing::info!(raised, "events may have been in hand when the daemon ended");
    }
    let clock = Clock::start_exact();
    let switchboard = Switchboard::new(clock);
    let trees = Trees::new(options.uid);
    let refusals = Refusals::new(ground.audit.clone());
    switchboard.tell_refusals_to(refusals.clone());
    let outbox = Outbox::new(switchboard.clone(), ground.journal.clone(), ground.audit.clone());
    let lines = Logs::default();
    let moves = broadcast::Sender::new(1024);
    let settings = Settings::new(Parts {
        control: ground.control.clone(),
        audit: ground.audit.clone(),
        keys: ground.keys.clone(),
        moves: moves.clone(),
        clock,
    });
    let harbour = Harbour {
        paths: options.paths.clone(),
        clock,
        switchboard: switchboard.clone(),
        spawner: ground.spawner.clone(),
        control: ground.control.clone(),
        journal: ground.journal.clone(),
        timetable: Timetable::new(ground.control.clone(), switchboard.clone()),
        held: Held::new(switchboard.clone(), ground.journal.clone()),
        interactions: Interactions::new(
            switchboard.clone(),
            ground.journal.clone(),
            outbox.clone(),
            lines.clone(),
        ),
        quarantine: ground.quarantine.clone(),
        audit: ground.audit.clone(),
        refusals,
        depot: ground.depot.clone(),
        recorder: Recorder::new(switchboard.clone(), clock, ground.book.clone()),
        outbox,
        lines,
        reporting: watch::Sender::new(ground.config.reporting.clone()),
        outlets: Outlets::default(),
        moves,
        settings,
        reflection: Reflection::new(),
        trees: trees.clone(),
        environment: environment(),
        writes: TaskTracker::new(),
        started_us: clock.wall_us(),
    };
    let command = Box::pin(Fleet::launch(harbour, ground.config.clone())).await?;
    Ok((command, trees))
}

/// The environment as text; what is no text can be given to nobody.
fn environment() -> BTreeMap<String, String> {
    let pairs = std::env::vars_os();
    pairs
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}
