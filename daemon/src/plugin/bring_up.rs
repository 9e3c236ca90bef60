//! From a decision to start to a process: folders, environment, keeper; then its events as mail.
//!
//! It takes its time off the data plane and refuses to decide anything: what comes of it is news.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use outboard_linux::{
    Ended, FolderError, Keeper, KeeperEvent, KeeperEvents, Launch, Limits, Network, PluginOutput,
    PluginUser, Spawner, chown_to_plugin, private_dir,
};
use outboard_supervision::News;
use outboard_supervision::event::{Death, Exit};

use super::Mail;
use super::install::{InstallPlan, located};
use super::output::follow;
use crate::config::name::PluginName;
use crate::logs::Origin;
use crate::session::{Entrance, Pass};
use crate::store::Control;

/// What is started, as configuration resolved it.
#[derive(Debug, Clone)]
pub struct Program {
    /// The executable.
    pub file: PathBuf,
    /// Its arguments, the first being its own name.
    pub args: Vec<String>,
    /// Its working directory: the plugin's folder.
    pub folder: PathBuf,
    /// Its data folder.
    pub data: PathBuf,
    /// Its socket.
    pub socket: PathBuf,
    /// Variables it is given besides ours.
    pub env: BTreeMap<String, String>,
    /// Its user, where it has one of its own.
    pub user: Option<PluginUser>,
    /// Its limits.
    pub limits: Limits,
    /// What must be done before its first process.
    pub install: Option<Arc<InstallPlan>>,
}

/// How long after its end a plugin's output is still read: a few grandchildren may hold it open.
pub(super) const LAST_OUTPUT: Duration = Duration::from_millis(200);

/// A keeper with its plugin's output.
pub type Held = (Keeper, KeeperEvents, PluginOutput);

/// What is started, for which pass.
#[derive(Clone)]
pub struct Order {
    pub name: PluginName,
    pub control: Control,
    pub spawner: Spawner,
    pub program: Arc<Program>,
    pub pass: Arc<Pass>,
    pub entrance: Arc<Entrance>,
}

impl Order {
    /// Everything that can be done before the plugin may begin.
    ///
    /// # Errors
    /// Why it cannot be started, in words.
    pub async fn prepare(self) -> Result<Held, String> {
        make_ready(Arc::clone(&self.program)).await?;
        let program = located(Arc::clone(&self.program)).await?;
        let launch = launch(&program, &self.pass, &self.entrance);
        self.spawner.prepare(launch).await.map_err(|error| error.to_string())
    }

    async fn start(&self) -> Result<Held, String> {
        let program = located(Arc::clone(&self.program)).await?;
        let launch = launch(&program, &self.pass, &self.entrance);
        self.spawner.spawn(launch).await.map_err(|error| error.to_string())
    }
}

/// Starts one generation and reports what becomes of it, to its end. `prepared` is what was made
/// ready for it, if that went well.
pub async fn bring_up(order: Order, prepared: impl Future<Output = Option<Held>>) {
    let Order { pass, entrance, .. } = &order;
    let generation = pass.generation;
    let news = |news| {
        let mailbox = entrance.mailbox.clone();
        // The task is gone when the plugin has been unloaded; nobody needs to know then.
        async move { mailbox.send(Mail::News(generation, news)).await.unwrap_or(()) }
    };
    let started = match prepared.await {
        Some(held) => {
            held.0.go();
            Ok(held)
        }
        None => {
            let ready = make_ready(Arc::clone(&order.program)).await;
            if let Err(why) = ready {
                return news(News::SpawnFailed(why)).await;
            }
            if let Err(halt) = order.install().await {
                return news(halt.news()).await;
            }
            order.start().await
        }
    };
    let (keeper, events, output) = match started {
        Ok(started) => started,
        Err(why) => return news(News::SpawnFailed(why)).await,
    };
    pass.set_keeper(keeper.clone());
    if pass.until.is_cancelled() {
        keeper.kill();
    }
    let reading = read_output(output, entrance, generation);
    let last = report(keeper, events, entrance, generation).await;
    let reading = async {
        for task in reading {
            // A reader that panicked has nothing more to tell.
            let _ = task.await;
        }
    };
    let _ = tokio::time::timeout(LAST_OUTPUT, reading).await;
    news(last).await;
}

/// Makes the folders a process needs.
async fn make_ready(program: Arc<Program>) -> Result<(), String> {
    let made = tokio::task::spawn_blocking(move || make_folders(&program)).await;
    made.unwrap_or_else(|_| Err("making its folders failed unexpectedly".to_owned()))
}

/// A data folder that is there already may be the plugin's: then it is not ours to enter.
fn make_folders(program: &Program) -> Result<(), String> {
    let is_new = std::fs::symlink_metadata(&program.data).is_err();
    let made = match program.user {
        Some(user) if !is_new => chown_to_plugin(&program.data, user),
        Some(user) => make_data(&program.data).and_then(|()| chown_to_plugin(&program.data, user)),
        None => make_data(&program.data),
    };
    made.map_err(|error| error.to_string())
}

fn make_data(data: &Path) -> Result<(), FolderError> {
    private_dir(data)?;
    private_dir(&data.join("tmp"))
}

fn launch(program: &Program, pass: &Pass, entrance: &Entrance) -> Launch {
    Launch {
        plugin: entrance.facts().name.to_string(),
        generation: pass.generation,
        program: program.file.clone(),
        args: program.args.clone(),
        env: environment(program, pass, entrance),
        working_dir: program.folder.clone(),
        user: program.user,
        limits: program.limits,
        network: Network::Shared,
    }
}

/// What a process needs to know to speak with the daemon as this plugin.
pub fn daemons_variables(
    socket: &Path,
    data: &Path,
    pass: &Pass,
    entrance: &Entrance,
) -> [(&'static str, String); 5] {
    [
        ("OUTBOARD_SOCKET", socket.display().to_string()),
        ("OUTBOARD_TOKEN", pass.token().to_owned()),
        ("OUTBOARD_PLUGIN", entrance.facts().name.to_string()),
        ("OUTBOARD_DATA_DIR", data.display().to_string()),
        ("OUTBOARD_PROTOCOL", outboard_proto::PROTOCOL.to_owned()),
    ]
}

/// Built from nothing: what is not named here does not reach a plugin.
fn environment(program: &Program, pass: &Pass, entrance: &Entrance) -> Vec<(String, String)> {
    let mut env: BTreeMap<String, String> =
        surroundings(program, &entrance.facts().name).into_iter().collect();
    let daemons = daemons_variables(&program.socket, &program.data, pass, entrance);
    env.extend(daemons.map(|(name, value)| (name.to_owned(), value)));
    env.into_iter().collect()
}

/// What surrounds every process of a plugin, whether it may speak to the daemon or not.
pub(super) fn surroundings(program: &Program, name: &str) -> Vec<(String, String)> {
    let data = program.data.display().to_string();
    let own = [
        ("OUTBOARD_PLUGIN", name.to_owned()),
        ("OUTBOARD_DATA_DIR", data.clone()),
        ("HOME", data.clone()),
        ("TMPDIR", format!("{data}/tmp")),
        ("PATH", "/usr/local/bin:/usr/bin:/bin".to_owned()),
        ("LANG", "C.UTF-8".to_owned()),
        ("TZ", "UTC".to_owned()),
    ];
    let mut env = program.env.clone();
    env.extend(own.map(|(name, value)| (name.to_owned(), value)));
    env.into_iter().collect()
}

pub(super) fn read_output(
    output: PluginOutput,
    entrance: &Entrance,
    generation: u64,
) -> [tokio::task::JoinHandle<()>; 2] {
    let PluginOutput { stdout, stderr } = output;
    let (log, clock) = (&entrance.log, entrance.clock);
    [
        tokio::spawn(follow(stdout, Arc::clone(log), (generation, Origin::Stdout), clock)),
        tokio::spawn(follow(stderr, Arc::clone(log), (generation, Origin::Stderr), clock)),
    ]
}

/// Hands on what happens to the process until it is gone; returns the last word.
async fn report(
    keeper: Keeper,
    mut events: KeeperEvents,
    entrance: &Entrance,
    generation: u64,
) -> News {
    loop {
        match events.next().await {
            KeeperEvent::Started { pid } => {
                let started = Mail::News(generation, News::Spawned(pid));
                if entrance.mailbox.send(started).await.is_err() {
                    keeper.kill();
                }
            }
            KeeperEvent::SpawnFailed { step, error } => {
                return News::SpawnFailed(format!("{step}: {error}"));
            }
            KeeperEvent::Ended(ended) => return News::Ended(death(&ended)),
            KeeperEvent::Lost => return News::KeeperLost,
        }
    }
}

fn death(ended: &Ended) -> Death {
    Death {
        exit: match ended.exit {
            outboard_linux::Exit::Code(code) => Exit::Code(code),
            outboard_linux::Exit::Signal(signal) => Exit::Signal(signal),
        },
        oom: ended.oom.is_some(),
        peak_memory: ended.peak_memory_bytes,
        cpu: ended.cpu_time,
    }
}
