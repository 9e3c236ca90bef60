//! A daemon of a test's own: its folders, its start, its end.
//!
//! It refuses to know what plugins or apps do with it.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::Context as _;
use outboard_proto::admin::PluginStatus;
use rustix::process::{Signal, WaitId, WaitIdOptions, waitid};
use tempfile::TempDir;
use tokio::net::UnixDatagram;
use tokio::process::{Child, Command};
use tokio::sync::watch;

use crate::{App, AppDraft, Draft, Operator, Outcome, PATIENCE, binaries, process, wire};

/// The folders of one daemon; they outlive it, so that another can take them over.
#[derive(Debug)]
pub struct House {
    root: TempDir,
    /// What daemons here find in their environment.
    surroundings: Vec<(String, String)>,
}

impl House {
    /// Empty folders with this outboard.toml.
    ///
    /// # Errors
    /// The disk's.
    pub fn new(config: &str) -> anyhow::Result<Arc<Self>> {
        Self::surrounded(config, &[])
    }

    /// The same, where daemons find this in their environment too.
    ///
    /// # Errors
    /// The disk's.
    pub fn surrounded(config: &str, surroundings: &[(&str, &str)]) -> anyhow::Result<Arc<Self>> {
        // Socket paths must stay within 107 bytes, so every name here is short; plugins of another
        // user must be able to pass.
        let root = tempfile::Builder::new().prefix("ob").rand_bytes(5).tempdir()?;
        std::fs::set_permissions(root.path(), std::fs::Permissions::from_mode(0o755))?;
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let house = Self { root, surroundings: surroundings.iter().map(owned).collect() };
        for folder in [house.config().join("conf.d"), house.folders()] {
            std::fs::create_dir_all(folder)?;
        }
        house.configure(config)?;
        house.add_config("00-users.toml", &users())?;
        Ok(Arc::new(house))
    }

    /// Writes outboard.toml anew.
    ///
    /// # Errors
    /// The disk's.
    pub fn configure(&self, config: &str) -> std::io::Result<()> {
        std::fs::write(self.config_file(), config)
    }

    /// Writes one file of conf.d.
    ///
    /// # Errors
    /// The disk's.
    pub fn add_config(&self, file: &str, config: &str) -> std::io::Result<()> {
        std::fs::write(self.config().join("conf.d").join(file), config)
    }

    /// Everything of this house.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    /// Where outboard.toml and conf.d lie.
    #[must_use]
    pub fn config(&self) -> PathBuf {
        self.root().join("c")
    }

    /// outboard.toml.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.config().join("outboard.toml")
    }

    /// The daemon's state.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.root().join("s")
    }

    /// The daemon's sockets.
    #[must_use]
    pub fn runtime(&self) -> PathBuf {
        self.root().join("r")
    }

    /// Where plugin folders are made.
    #[must_use]
    pub fn folders(&self) -> PathBuf {
        self.root().join("f")
    }

    /// The operators' socket.
    #[must_use]
    pub fn admin_socket(&self) -> PathBuf {
        self.runtime().join("admin.sock")
    }

    /// The chat servers' socket.
    #[must_use]
    pub fn app_socket(&self) -> PathBuf {
        self.runtime().join("app.sock")
    }

    /// One plugin's socket.
    #[must_use]
    pub fn plugin_socket(&self, name: &str) -> PathBuf {
        self.runtime().join("p").join(name).join("s")
    }

    /// Where a service manager would lay credentials; daemons are told of it once it is there.
    #[must_use]
    pub fn credentials(&self) -> PathBuf {
        self.root().join("cred")
    }

    /// What daemons wrote.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.root().join("log")
    }

    /// The command line of a daemon in this house.
    ///
    /// # Errors
    /// The log cannot be opened.
    pub fn command(&self) -> std::io::Result<Command> {
        let log = std::fs::File::options().create(true).append(true).open(self.log_file())?;
        let mut command = Command::new(binaries::daemon());
        command.arg("--config").arg(self.config());
        command.arg("--state").arg(self.state()).arg("--runtime").arg(self.runtime());
        command.envs(["TEST_BOTH", "TEST_ASKED", "TEST_ALLOWED"].map(|name| (name, "set")));
        command.envs(self.surroundings.iter().map(|(name, value)| (name, value)));
        // As the service manager's LoadCredential= would.
        if self.credentials().is_dir() {
            command.env("CREDENTIALS_DIRECTORY", self.credentials());
        }
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).kill_on_drop(true);
        Ok(command)
    }
}

/// Uids that no other daemon of this test binary uses: limits of one user's processes would count
/// another's. Whoever may not become another user says nothing.
fn users() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    if !is_root() {
        return String::new();
    }
    let first = 200_000 + NEXT.fetch_add(1, Ordering::Relaxed) * 50;
    format!("[daemon]\nuid_range = \"{first}-{}\"\n", first + 49)
}

/// Whether this test may become other users.
#[must_use]
pub fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Says loudly that a test, or a part of one, cannot be had here. Written past the test harness,
/// which would keep it to itself.
pub fn skipped(test: &str, why: &str) {
    use std::io::Write as _;
    let line = format!("SKIPPED {test}: {why}\n");
    std::io::stderr().write_all(line.as_bytes()).expect("standard error takes a line");
}

/// A running daemon. Dropped, it is killed by its pid and its plugins with it.
#[derive(Debug)]
pub struct Daemon {
    child: Child,
    pid: u32,
    house: Arc<House>,
    operator: Operator,
    notices: watch::Receiver<Vec<String>>,
    tells: bool,
}

impl Daemon {
    /// A daemon with built-in settings.
    ///
    /// # Errors
    /// It did not become ready.
    pub async fn start() -> anyhow::Result<Self> {
        Self::configured("").await
    }

    /// A daemon with this outboard.toml.
    ///
    /// # Errors
    /// It did not become ready.
    pub async fn configured(config: &str) -> anyhow::Result<Self> {
        Self::in_house(House::new(config)?).await
    }

    /// A daemon in a house where one may have lived before.
    ///
    /// # Errors
    /// It did not become ready; its log is told.
    pub async fn in_house(house: Arc<House>) -> anyhow::Result<Self> {
        let notice = house.root().join("n");
        let _ = std::fs::remove_file(&notice);
        let mut notices = Self::listen(UnixDatagram::bind(&notice)?);
        let mut child = house.command()?.env("NOTIFY_SOCKET", &notice).spawn()?;
        let pid = child.id().context("it has just been started")?;
        let ready = notices.wait_for(|all| all.iter().any(|line| line == "READY=1"));
        let waiting = async {
            tokio::select! {
                ready = ready => ready.map(drop).context("nobody listens to it"),
                status = child.wait() => anyhow::bail!("it ended before it was ready: {}", status?),
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waiting).await;
        waited
            .map_err(|_| anyhow::anyhow!("the daemon never said READY=1:\n{}", house.log()))?
            .with_context(|| format!("the daemon's log:\n{}", house.log()))?;
        let operator = Operator::over(wire::dial(&house.admin_socket()).await?);
        Ok(Self { child, pid, house, operator, notices, tells: true })
    }

    /// Collects what the daemon tells its service manager, line by line.
    fn listen(socket: UnixDatagram) -> watch::Receiver<Vec<String>> {
        let (lines, heard) = watch::channel(Vec::new());
        tokio::spawn(async move {
            let mut buffer = [0; 4096];
            while let Ok(length) = socket.recv(&mut buffer).await {
                let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
                lines.send_modify(|lines| lines.extend(text.lines().map(str::to_owned)));
            }
        });
        heard
    }

    /// Waits until the daemon has told its service manager a line so many times.
    ///
    /// # Errors
    /// It did not within the patience of a test.
    pub async fn wait_notices(&self, line: &str, times: usize) -> Outcome {
        let mut notices = self.notices.clone();
        let told = |all: &Vec<String>| all.iter().filter(|told| *told == line).count() >= times;
        let waited = tokio::time::timeout(PATIENCE, notices.wait_for(told)).await;
        waited.map_err(|_| anyhow::anyhow!("the daemon never said {line}"))?.map(drop)?;
        Ok(())
    }

    /// Keeps its log to itself when it is dropped.
    #[must_use]
    pub fn quiet(mut self) -> Self {
        self.tells = false;
        self
    }

    /// Its folders.
    #[must_use]
    pub fn house(&self) -> &Arc<House> {
        &self.house
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Its operator.
    #[must_use]
    pub fn operator(&self) -> &Operator {
        &self.operator
    }

    /// An app that carries out sends.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn app(&self) -> anyhow::Result<App> {
        AppDraft::default().connect(&self.house.app_socket()).await
    }

    /// Makes a plugin's folder, loads it with all it asks for and waits until it runs.
    ///
    /// # Errors
    /// It does not run.
    pub async fn run(&self, draft: &Draft) -> anyhow::Result<PluginStatus> {
        self.load(draft).await?;
        self.operator.wait_running(draft.name()).await
    }

    /// Makes a plugin's folder and loads it with all it asks for.
    ///
    /// # Errors
    /// The load is refused.
    pub async fn load(&self, draft: &Draft) -> anyhow::Result<PathBuf> {
        let folder = draft.write(&self.house.folders())?;
        self.operator.load(&folder).await?;
        Ok(folder)
    }

    /// The folder of a plugin made here.
    #[must_use]
    pub fn folder(&self, name: &str) -> PathBuf {
        self.house.folders().join(name)
    }

    /// Sends the daemon a signal.
    ///
    /// # Errors
    /// It is gone.
    pub fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        process::signal(self.pid, signal)
    }

    /// Kills the daemon as the kernel would and waits for its end, its plugins' not.
    ///
    /// # Errors
    /// It was gone already.
    pub async fn kill(mut self) -> anyhow::Result<Arc<House>> {
        self.child.kill().await?;
        Ok(self.house.clone())
    }

    /// Asks the daemon to stop, as systemd would, and waits for its end.
    ///
    /// # Errors
    /// It does not end within the patience of a test.
    pub async fn stop(mut self) -> anyhow::Result<(ExitStatus, Arc<House>)> {
        self.signal(Signal::TERM)?;
        let ending = tokio::time::timeout(PATIENCE, self.child.wait()).await;
        let status = ending.map_err(|_| anyhow::anyhow!("the daemon does not stop"))??;
        Ok((status, self.house.clone()))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may be gone already, and then its pid may be another's: only Child knows.
        let killed = self.child.start_kill().is_ok();
        if let (true, Some(pid)) = (killed, self.child.id().and_then(process::handle)) {
            // The folders go next; wait until nobody writes there. Child reaps it later.
            let end = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            let _ = waitid(WaitId::Pid(pid), end);
        }
        if self.tells {
            // The harness shows this only where the test failed.
            eprintln!("--- the daemon's log\n{}", self.house.log());
        }
    }
}
