//! The real daemon, in folders of its own that go with it.
//!
//! It refuses to know what plugins and apps do there.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

use crate::operator::Operator;
use crate::plugin_folder::{self, Kind};

/// The daemon's own stop takes 25 s at most.
const STOP: Duration = Duration::from_secs(30);

/// Longer than many plugins take to start on a slow machine.
const START: Duration = Duration::from_secs(60);

/// The folders of one daemon.
pub struct House {
    root: TempDir,
    program: PathBuf,
}

/// A running daemon. Dropped, it is stopped, and its plugins with it.
pub struct Daemon {
    child: Child,
    operator: Operator,
    // Last, so that the folders outlive the process.
    house: House,
}

impl House {
    /// Empty folders with this outboard.toml.
    pub fn new(config: &str) -> anyhow::Result<Self> {
        // Sockets' paths may have 107 bytes; another user's plugins pass through.
        let root = tempfile::Builder::new().prefix("ob").rand_bytes(5).tempdir()?;
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755))?;
        fs::create_dir(root.path().join("c"))?;
        fs::write(root.path().join("c/outboard.toml"), config)?;
        let program = root.path().join("program");
        fs::copy(std::env::current_exe()?, &program).context("copying this program")?;
        Ok(Self { root, program })
    }

    /// Makes a plugin that is to be loaded.
    pub fn plugin(&self, name: &str, kind: &Kind) -> anyhow::Result<PathBuf> {
        let folder = self.root.path().join("f").join(name);
        plugin_folder::write(&folder, name, kind, &self.program)?;
        Ok(folder)
    }

    /// Makes a plugin where the daemon looks for packages by itself.
    pub fn package(&self, name: &str, kind: &Kind) -> anyhow::Result<()> {
        let folder = self.root.path().join("s/plugins").join(name);
        plugin_folder::write(&folder, name, kind, &self.program)
    }

    /// A plugin's data folder.
    pub fn data(&self, name: &str) -> PathBuf {
        self.state().join("data").join(name)
    }

    /// Where the daemon keeps its databases.
    pub fn state(&self) -> PathBuf {
        self.root.path().join("s")
    }

    /// What plugins run.
    pub fn program(&self) -> &Path {
        &self.program
    }
}

impl Daemon {
    /// Starts one and waits until it says that it is ready.
    pub fn start(program: &Path, house: House) -> anyhow::Result<Self> {
        let root = house.root.path();
        let notices = UnixDatagram::bind(root.join("n"))?;
        let log = fs::File::create(root.join("log"))?;
        let mut command = Command::new(program);
        command.arg("--config").arg(root.join("c")).arg("--state").arg(root.join("s"));
        command.arg("--runtime").arg(root.join("r")).env("NOTIFY_SOCKET", root.join("n"));
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let mut child = command.spawn().context("starting the daemon")?;
        let connected = wait_ready(&mut child, &notices)
            .and_then(|()| Operator::connect(&root.join("r/admin.sock")));
        match connected {
            Ok(operator) => Ok(Self { child, operator, house }),
            Err(why) => {
                stop(&mut child);
                let log = fs::read_to_string(root.join("log")).unwrap_or_default();
                Err(why.context(format!("the daemon's log:\n{log}")))
            }
        }
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Its folders.
    pub fn house(&self) -> &House {
        &self.house
    }

    /// Loads plugins of a kind and waits until they run; gives their processes.
    pub fn run(&self, names: &[&str], kind: &Kind) -> anyhow::Result<Vec<u32>> {
        for name in names {
            self.operator.load(&self.house.plugin(name, kind)?)?;
        }
        names.iter().map(|name| Ok(self.operator.wait_running(name)?.pid)).collect()
    }

    /// The folder of its sockets.
    pub fn runtime(&self) -> PathBuf {
        self.house.root.path().join("r")
    }

    /// Its operator.
    pub fn operator(&self) -> &Operator {
        &self.operator
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        stop(&mut self.child);
    }
}

fn wait_ready(child: &mut Child, notices: &UnixDatagram) -> anyhow::Result<()> {
    let started = Instant::now();
    // Looks in between whether it still lives.
    notices.set_read_timeout(Some(Duration::from_millis(200)))?;
    let mut notice = [0; 4096];
    loop {
        let length = notices.recv(&mut notice).unwrap_or(0);
        if notice[..length].split(|byte| *byte == b'\n').any(|line| line == b"READY=1") {
            return Ok(());
        }
        if let Some(status) = child.try_wait()? {
            anyhow::bail!("the daemon ended before it was ready: {status}");
        }
        anyhow::ensure!(started.elapsed() < START, "the daemon does not become ready");
    }
}

/// Asks as systemd would, then kills. Its keepers end their plugins in both cases.
fn stop(child: &mut Child) {
    if let Ok(pid) = i32::try_from(child.id()) {
        let _ = kill(Pid::from_raw(pid), Signal::SIGTERM);
    }
    let deadline = Instant::now() + STOP;
    while matches!(child.try_wait(), Ok(None)) && Instant::now() < deadline {
        std::thread::park_timeout(Duration::from_millis(10));
    }
    let _ = child.kill();
    let _ = child.wait();
}
