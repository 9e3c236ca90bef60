//! Starting plugins: one thread that makes leaf, pipes and keeper for one launch after the other.
//! It decides no retry, and what happens after the start is the watch's.
//!
//! The thread starts keepers by posix_spawn and never by fork: a fork copies the page tables of a
//! grown daemon (18 ms at 400 MiB against 0.2 ms).

mod setup;
mod start;

use std::{
    io,
    os::fd::OwnedFd,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

pub(crate) use setup::Means;
pub use setup::{CgroupChoice, DaemonLeaf, Setup};
pub(crate) use start::spawn_keeper_process;
use start::{Begun, Starter};
use tokio::{
    net::unix::pipe::Receiver,
    sync::{mpsc, oneshot},
};

use crate::{
    handle::{Keeper, KeeperEvents},
    keeper::{Begins, LineError},
    launch::Launch,
    machine::Machine,
    own_process, watch,
};

/// Launches waiting for the thread. A daemon starts its plugins all at once, and whoever finds no
/// room waits.
const WAITING_LAUNCHES: usize = 64;

/// Starts plugins. Cheap to clone. When the last clone and the last keeper are gone, its threads
/// end.
#[derive(Clone)]
pub struct Spawner {
    orders: mpsc::Sender<SpawnOrder>,
    means: Arc<Means>,
}

/// The reading ends of a plugin's standard output and error. Their end of file means that nobody of
/// the tree holds them any more.
#[derive(Debug)]
pub struct PluginOutput {
    /// Standard output.
    pub stdout: Receiver,
    /// Standard error.
    pub stderr: Receiver,
}

/// Why a plugin could not be brought as far as its keeper, or the spawner could not begin.
#[derive(Debug, thiserror::Error)]
pub enum SpawnError {
    /// The keeper program is not there.
    #[error("the keeper {} cannot be executed: {cause}", path.display())]
    Keeper {
        /// Where it was looked for.
        path: PathBuf,
        /// The kernel's answer.
        #[source]
        cause: io::Error,
    },
    /// The daemon's cgroup, asked for by path, cannot be used.
    #[error("cgroups: {0}")]
    Cgroup(#[from] crate::cgroup::CgroupError),
    /// The kernel gives no pipe, socket, thread or descriptor.
    #[error("{what}: {cause}")]
    Resource {
        /// What was being made.
        what: &'static str,
        /// The kernel's answer.
        #[source]
        cause: io::Error,
    },
    /// The launch cannot be handed to the keeper.
    #[error("{plugin}: {cause}")]
    HandOver {
        /// The plugin.
        plugin: String,
        /// What is wrong with it.
        #[source]
        cause: LineError,
    },
    /// The plugin's name cannot be part of a path.
    #[error("{0:?} cannot name a plugin: it must be one part of a path")]
    Name(String),
    /// The spawner thread is gone; a promise of ours was broken.
    #[error("the spawner has stopped")]
    Stopped,
}

impl SpawnError {
    pub(crate) fn resource(what: &'static str) -> impl Fn(io::Error) -> SpawnError {
        move |cause| SpawnError::Resource { what, cause }
    }
}

struct SpawnOrder {
    launch: Launch,
    begins: Begins,
    answer: oneshot::Sender<Result<Begun, SpawnError>>,
}

impl Spawner {
    /// Arranges this process and its cgroups as the set-up says, sweeps what an earlier daemon left
    /// and starts the two threads. This process becomes a subreaper: children it does not know,
    /// with no_new_privs set, are taken for orphans of a lost keeper and killed.
    ///
    /// # Errors
    /// When the keeper is missing, a cgroup given by path cannot be used, or threads run out.
    pub fn start(setup: Setup) -> Result<Spawner, SpawnError> {
        let means = Arc::new(Means::establish(setup)?);
        let watch = watch::start(means.watch_total())?;
        let (orders, queue) = mpsc::channel(WAITING_LAUNCHES);
        let starter = Starter::new(means.clone(), watch);
        thread::Builder::new()
            .name("spawner".into())
            .spawn(move || {
                own_process::yield_to_the_data_plane();
                obey(queue, &starter);
            })
            .map_err(SpawnError::resource("start the spawner thread"))?;
        Ok(Spawner { orders, means })
    }

    /// Starts a plugin's keeper; what comes of the plugin is told by the events. Must be called
    /// within a tokio runtime. When this future is dropped half-way, nothing stays running.
    ///
    /// # Errors
    /// When the plugin could not be brought as far as its keeper.
    pub async fn spawn(
        &self,
        launch: Launch,
    ) -> Result<(Keeper, KeeperEvents, PluginOutput), SpawnError> {
        self.begin(launch, Begins::AtOnce).await
    }

    /// The same up to the execution: everything is there but the program, which begins with
    /// [`Keeper::go`]. When the events are dropped before, nothing of it stays.
    ///
    /// # Errors
    /// As [`Spawner::spawn`].
    pub async fn prepare(
        &self,
        launch: Launch,
    ) -> Result<(Keeper, KeeperEvents, PluginOutput), SpawnError> {
        self.begin(launch, Begins::WhenTold).await
    }

    async fn begin(
        &self,
        launch: Launch,
        begins: Begins,
    ) -> Result<(Keeper, KeeperEvents, PluginOutput), SpawnError> {
        let (answer, begun) = oneshot::channel();
        let order = SpawnOrder { launch, begins, answer };
        self.orders.send(order).await.map_err(|_| SpawnError::Stopped)?;
        let begun = begun.await.map_err(|_| SpawnError::Stopped)??;
        let output =
            PluginOutput { stdout: receiver(begun.stdout)?, stderr: receiver(begun.stderr)? };
        Ok((begun.keeper, begun.events, output))
    }

    /// What this machine gives, as it was found at the start.
    pub fn machine(&self) -> Machine {
        self.means.machine()
    }

    /// Whether what is to reach no network is kept from it here.
    pub fn cuts_network(&self) -> bool {
        self.means.cuts_network()
    }

    /// The daemon's own cgroup tree, where there is one.
    pub fn cgroup(&self) -> Option<&Path> {
        self.means.home()
    }
}

fn receiver(fd: OwnedFd) -> Result<Receiver, SpawnError> {
    Receiver::from_owned_fd(fd).map_err(SpawnError::resource("read the plugin's output"))
}

fn obey(mut queue: mpsc::Receiver<SpawnOrder>, starter: &Starter) {
    while let Some(SpawnOrder { launch, begins, answer }) = queue.blocking_recv() {
        // Nobody waits any more: the dropped events kill what was begun.
        let _ = answer.send(starter.begin(&launch, begins));
    }
}
