//! An author at work: the command line beside cargo, and `outboard dev` with somebody typing.
//!
//! It refuses to know templates and what plugins do.

use std::env;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use rustix::process::Signal;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::{PATIENCE, binaries, process};

/// How long a first build of everything that a plugin leans on may take, on a machine that has
/// other things to do.
const BUILDING: Duration = Duration::from_secs(300);

/// An empty folder where somebody works, and where whatever they start puts temporary things.
pub struct Desk {
    root: TempDir,
    cargo: Option<PathBuf>,
}

impl Desk {
    /// A new one.
    ///
    /// # Errors
    /// The disk's.
    pub fn new() -> anyhow::Result<Self> {
        let root = tempfile::Builder::new().prefix("au").rand_bytes(4).tempdir()?;
        for folder in [root.path().to_owned(), root.path().join("t"), root.path().join("w")] {
            std::fs::create_dir_all(&folder)?;
            std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755))?;
        }
        Ok(Self { root, cargo: cargo() })
    }

    /// Whether Rust can be built here.
    #[must_use]
    pub fn has_cargo(&self) -> bool {
        self.cargo.is_some()
    }

    /// Where the work lies.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        self.root.path().join("w")
    }

    /// What was left behind among temporary things.
    #[must_use]
    pub fn left(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.root.path().join("t")).into_iter().flatten();
        entries.flatten().map(|entry| entry.path()).collect()
    }

    /// A command as it is typed here, with the programs under test first in PATH.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let programs = binaries::cli().parent().map(Path::to_owned).unwrap_or_default();
        let path = env::var_os("PATH").unwrap_or_default();
        let cargo = self.cargo.iter().filter_map(|cargo| cargo.parent()).map(Path::to_owned);
        let path = [programs.clone()].into_iter().chain(cargo).chain(env::split_paths(&path));
        let mut command = Command::new(program);
        command.env("PATH", env::join_paths(path).expect("PATH was one before"));
        command.env("TMPDIR", self.root.path().join("t"));
        // All of these tests lean on the same crates, which are there: no network, one folder.
        let target = programs.parent().unwrap_or(&programs).join("authors");
        command.env("CARGO_TARGET_DIR", target).env("CARGO_NET_OFFLINE", "true");
        command.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_INCREMENTAL", "0");
        let home = self.cargo.as_deref().and_then(Path::parent).and_then(Path::parent);
        if let (Some(home), None) = (home, env::var_os("CARGO_HOME")) {
            command.env("CARGO_HOME", home);
        }
        command.env_remove("OUTBOARD_SDK").current_dir(self.folder());
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Runs a command to its end.
    ///
    /// # Errors
    /// It cannot be run, or takes too long.
    pub async fn run(&self, program: &str, arguments: &[&str]) -> anyhow::Result<Output> {
        let output = self.command(program).args(arguments).output();
        Ok(tokio::time::timeout(BUILDING, output).await??)
    }

    /// Begins `outboard dev`; what is said comes by [`Dev::say`].
    ///
    /// # Errors
    /// It cannot be run.
    pub fn dev(&self, folder: &Path, arguments: &[&str]) -> anyhow::Result<Dev> {
        let mut command = self.command("outboard");
        command.args(["--no-color", "dev"]).arg(folder).args(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let input = child.stdin.take();
        let output = child.stdout.take().context("it is piped")?;
        let patience = if folder.join("Cargo.toml").exists() { BUILDING } else { PATIENCE };
        let lines = BufReader::new(output).lines();
        Ok(Dev { child, input, lines, heard: Vec::new(), patience })
    }
}

/// A running `outboard dev`. Dropped, it is killed.
pub struct Dev {
    child: Child,
    input: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
    heard: Vec<String>,
    patience: Duration,
}

impl Dev {
    /// Types a line.
    ///
    /// # Errors
    /// Nobody reads it.
    pub async fn say(&mut self, line: &str) -> anyhow::Result<()> {
        let input = self.input.as_mut().context("nothing more may be said")?;
        Ok(input.write_all(format!("{line}\n").as_bytes()).await?)
    }

    /// Waits for a line with this in it, from here on.
    ///
    /// # Errors
    /// It ended before, or is late; with all that was heard.
    pub async fn hear(&mut self, wanted: &str) -> anyhow::Result<String> {
        loop {
            let next = tokio::time::timeout(self.patience, self.lines.next_line()).await;
            let Ok(Some(line)) = next.unwrap_or(Ok(None)) else {
                anyhow::bail!("{wanted:?} was not heard:\n{}", self.heard.join("\n"));
            };
            self.heard.push(line.clone());
            if line.contains(wanted) {
                return Ok(line);
            }
        }
    }

    /// All that was heard so far.
    #[must_use]
    pub fn heard(&self) -> String {
        self.heard.join("\n")
    }

    /// Its processes, plugins' and daemon's included.
    #[must_use]
    pub fn processes(&self) -> Vec<u32> {
        let own = self.child.id().unwrap_or_default();
        [own].into_iter().chain(process::below(own)).collect()
    }

    /// Sends it a signal.
    ///
    /// # Errors
    /// It is gone.
    pub fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        process::signal(self.child.id().context("it is gone")?, signal)
    }

    /// Says nothing more, and waits for its end: its exit code, and all that was heard.
    ///
    /// # Errors
    /// It does not end.
    pub async fn end(mut self) -> anyhow::Result<(Option<i32>, String)> {
        drop(self.input.take());
        let rest = async {
            while let Some(line) = self.lines.next_line().await? {
                self.heard.push(line);
            }
            self.child.wait().await
        };
        let status = tokio::time::timeout(self.patience, rest).await??;
        Ok((status.code(), self.heard.join("\n")))
    }
}

/// Cargo, where it works: a user without a home may see it and not be able to run it.
fn cargo() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let named = env::var_os("CARGO").map(PathBuf::from);
    let found = named.into_iter().chain(env::split_paths(&path).map(|dir| dir.join("cargo")));
    let programs = binaries::cli();
    let writable = |folder: &Path| {
        rustix::fs::access(folder, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK)
    };
    let target = programs.parent().and_then(Path::parent).is_some_and(|it| writable(it).is_ok());
    let works = |cargo: &PathBuf| {
        let mut asked = std::process::Command::new(cargo);
        asked.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        asked.status().is_ok_and(|status| status.success())
    };
    found.filter(|_| target).find(works)
}
