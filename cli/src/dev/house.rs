//! A daemon of this command's own: its folders, its start, its end. Nothing of it outlives this
//! command. It refuses to know what the daemon runs.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::net::UnixDatagram;
use tokio::process::{Child, ChildStdin, Command};
use tokio::time::timeout;

use crate::check_offline;
use crate::exit::Exit;
use crate::project::quoted;
use crate::trouble::{Stop, Trouble};

/// How long a daemon may take to be ready.
const START: Duration = Duration::from_secs(30);

/// How long it may take to stop its plugin and itself: longer than a plugin that does not listen.
const END: Duration = Duration::from_secs(20);

/// Bytes of a folder's path. Sockets lie below it, and their whole paths may have 107.
const LONGEST: usize = 40;

/// Plugins that fail are given up quickly: somebody sits there who will mend them. One that does
/// not listen when it should end is not waited for either.
const CONFIG: &str = "\
[defaults]
backoff_first = \"200ms\"
backoff_max = \"1s\"
intensity = 2
drain_timeout = \"1s\"
shutdown_timeout = \"1s\"
";

/// A daemon, and everything it keeps.
pub struct House {
    root: TempDir,
    child: Child,
    /// Its standard input is the leash: when this process ends, however it does, the daemon ends.
    leash: Option<ChildStdin>,
}

impl House {
    /// Starts a daemon that knows these runtimes.
    ///
    /// # Errors
    /// There is none, or it does not start; with what it said.
    pub async fn start(runtimes: &BTreeMap<String, PathBuf>) -> Result<House, Stop> {
        let program = check_offline::find().ok_or_else(missing)?;
        let root = folders(runtimes)?;
        let notice = root.path().join("n");
        let notices = UnixDatagram::bind(&notice)?;
        let log = std::fs::File::create(root.path().join("log"))?;
        let mut command = Command::new(&program);
        for (flag, folder) in [("--config", "c"), ("--state", "s"), ("--runtime", "r")] {
            command.arg(flag).arg(root.path().join(folder));
        }
        command.arg("--leash").env("NOTIFY_SOCKET", &notice).env_remove("JOURNAL_STREAM");
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(log);
        // Ctrl-C is for this command, which then ends the daemon.
        let child = command.process_group(0).kill_on_drop(true).spawn();
        let mut child = child.map_err(|error| broken(&program, &error.to_string()))?;
        // Taken out, for whoever waits for a child closes what it still has.
        let leash = child.stdin.take();
        let mut house = House { root, child, leash };
        house.ready(&program, &notices).await?;
        Ok(house)
    }

    async fn ready(&mut self, program: &Path, notices: &UnixDatagram) -> Result<(), Stop> {
        let said = async {
            let mut buffer = [0; 4096];
            loop {
                let length = notices.recv(&mut buffer).await?;
                if buffer[..length].split(|it| *it == b'\n').any(|it| it == b"READY=1") {
                    return Ok::<_, std::io::Error>(());
                }
            }
        };
        let why = tokio::select! {
            said = timeout(START, said) => match said {
                Ok(Ok(())) => return Ok(()),
                Ok(Err(error)) => error.to_string(),
                Err(_) => format!("it was not ready after {START:?}"),
            },
            status = self.child.wait() => status?.to_string(),
        };
        Err(broken(program, &format!("{why}\n{}", self.last_words())).into())
    }

    /// Where operators speak.
    pub fn admin_socket(&self) -> PathBuf {
        self.root.path().join("r/admin.sock")
    }

    /// Where the chat speaks.
    pub fn app_socket(&self) -> PathBuf {
        self.root.path().join("r/app.sock")
    }

    /// Where plugins' folders are made.
    pub fn folder(&self) -> PathBuf {
        self.root.path().join("f")
    }

    /// The end of what the daemon wrote.
    pub fn last_words(&self) -> String {
        let log = std::fs::read_to_string(self.root.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(10)..].join("\n")
    }

    /// Waits for an end that nobody here wanted.
    pub async fn gone(&mut self) -> std::io::Result<ExitStatus> {
        self.child.wait().await
    }

    /// Ends the daemon, its plugin and its folders.
    pub async fn end(mut self) {
        drop(self.leash.take());
        if let Some(pid) = pid(&self.child) {
            let _ = kill_process(pid, Signal::TERM);
        }
        if timeout(END, self.child.wait()).await.is_err() {
            let _ = self.child.kill().await;
        }
        // What cannot be removed is temporary all the same.
        let _ = self.root.close();
    }
}

fn pid(child: &Child) -> Option<Pid> {
    Pid::from_raw(i32::try_from(child.id()?).ok()?)
}

fn folders(runtimes: &BTreeMap<String, PathBuf>) -> Result<TempDir, Stop> {
    let usual = std::env::temp_dir();
    let long = usual.as_os_str().len() > LONGEST;
    let place = if long { Path::new("/tmp") } else { &usual };
    let root = tempfile::Builder::new().prefix("outboard-dev-").tempdir_in(place)?;
    // Plugins may have users of their own, and must get to their folders.
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(root.path(), open.clone())?;
    for folder in ["c", "f"] {
        let folder = root.path().join(folder);
        std::fs::create_dir(&folder)?;
        std::fs::set_permissions(&folder, open.clone())?;
    }
    let mut config = CONFIG.to_owned();
    if !runtimes.is_empty() {
        config.push_str("\n[runtimes]\n");
    }
    for (name, path) in runtimes {
        let (name, path) = (quoted(name), quoted(&path.display().to_string()));
        let _ = writeln!(config, "{name} = {path}");
    }
    std::fs::write(root.path().join("c/outboard.toml"), config)?;
    Ok(root)
}

fn missing() -> Stop {
    Trouble::new(Exit::NotFound, "outboardd is neither beside `outboard` nor in PATH")
        .hint("`cargo build -p outboardd -p outboard-exec` in a clone of Outboard builds it")
        .into()
}

fn broken(program: &Path, why: &str) -> Trouble {
    Trouble::new(Exit::Refused, format!("{} does not start: {why}", program.display()))
}
