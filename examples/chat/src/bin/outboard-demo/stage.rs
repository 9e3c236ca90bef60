//! The whole cast: daemon, plugins, chat. Set up in order, cleared away in the opposite one.
//!
//! It refuses to know the story.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use crate::folder::{Folder, PLUGINS};
use crate::server::Server;

const READY_WITHIN: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Everything that runs.
pub struct Stage {
    folder: Folder,
    daemon: Server,
    chat: Server,
    url: String,
    /// Pids of plugins seen on the way; all must be gone in the end.
    pub seen: Vec<u32>,
}

impl Stage {
    /// Starts everything.
    pub async fn set(port: u16, keep: bool) -> anyhow::Result<Self> {
        let folder = Folder::make(keep)?;
        if keep {
            println!("demo: everything lies in {}", folder.path("").display());
        }
        let mut daemon = start_daemon(&folder).await?;
        for plugin in PLUGINS {
            if let Err(error) = load(&folder, plugin).await {
                bail!("{error:#}\n--- outboardd says:\n{}", daemon.last_words());
            }
        }
        let (chat, url) = start_chat(&folder, port).await?;
        if daemon.is_over() {
            bail!("outboardd ended:\n{}", daemon.last_words());
        }
        Ok(Self { folder, daemon, chat, url, seen: Vec::new() })
    }

    /// Where the page is.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// Waits until a server ends by itself, which it should not.
    pub async fn ended(&mut self) -> String {
        tokio::select! {
            ended = self.daemon.ended() => ended,
            ended = self.chat.ended() => ended,
        }
    }

    /// Runs the CLI on the daemon and gives what it prints.
    pub async fn outboard(&self, arguments: &[&str]) -> anyhow::Result<String> {
        outboard(&self.folder, arguments).await
    }

    /// Kills the daemon without warning.
    pub async fn kill_daemon(&mut self) -> anyhow::Result<()> {
        self.daemon.kill().await
    }

    /// Starts the daemon again on what the last one left.
    pub async fn restart_daemon(&mut self) -> anyhow::Result<()> {
        self.daemon = start_daemon(&self.folder).await?;
        Ok(())
    }

    /// Stops everything; names what is still there afterwards.
    pub async fn clear(&mut self) -> anyhow::Result<String> {
        let servers = [self.chat.pid(), self.daemon.pid()];
        self.chat.stop().await?;
        self.daemon.stop().await?;
        let seen = self.seen.iter().copied().chain(servers.into_iter().flatten());
        let left: Vec<_> = seen.filter(|pid| lives(*pid)).map(|pid| format!("pid {pid}")).collect();
        Ok(left.join(", "))
    }
}

fn lives(pid: u32) -> bool {
    std::path::Path::new(&format!("/proc/{pid}")).exists()
}

async fn start_daemon(folder: &Folder) -> anyhow::Result<Server> {
    let mut command = Command::new(folder.program("outboardd")?);
    for option in ["config", "state", "runtime"] {
        command.arg(format!("--{option}")).arg(folder.path(option));
    }
    folder.program("outboard-exec")?;
    let mut daemon = Server::start("outboardd", &mut command, &folder.path("outboardd.log"))?;
    let until = Instant::now() + READY_WITHIN;
    while outboard(folder, &["list"]).await.is_err() {
        if daemon.is_over() || Instant::now() > until {
            bail!("outboardd does not answer. Its last words:\n{}", daemon.last_words());
        }
        sleep(LOOK_EVERY).await;
    }
    Ok(daemon)
}

async fn load(folder: &Folder, plugin: &str) -> anyhow::Result<()> {
    let path = folder.plugin(plugin);
    let path = path.to_str().context("the temporary folder's path is not UTF-8")?;
    outboard(folder, &["load", path, "--grant", "asked"]).await?;
    println!("demo: {plugin} is loaded");
    Ok(())
}

async fn outboard(folder: &Folder, arguments: &[&str]) -> anyhow::Result<String> {
    let socket: PathBuf = folder.path("runtime/admin.sock");
    let mut command = Command::new(folder.program("outboard")?);
    command.arg("--socket").arg(socket).args(arguments).kill_on_drop(true);
    let output = command.output().await?;
    if !output.status.success() {
        let says = String::from_utf8_lossy(&output.stderr);
        bail!("`outboard {}`: {}", arguments.join(" "), says.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

async fn start_chat(folder: &Folder, port: u16) -> anyhow::Result<(Server, String)> {
    let mut command = Command::new(folder.program("outboard-chat")?);
    command.arg("--app-socket").arg(folder.path("runtime/app.sock"));
    command.arg("--admin-socket").arg(folder.path("runtime/admin.sock"));
    command.arg("--listen").arg(format!("127.0.0.1:{port}"));
    let mut chat = Server::start("outboard-chat", &mut command, &folder.path("chat.log"))?;
    let until = Instant::now() + READY_WITHIN;
    loop {
        let log = chat.log();
        if let Some(url) = log.lines().find_map(|line| line.strip_prefix("listening on ")) {
            return Ok((chat, url.to_owned()));
        }
        if chat.is_over() || Instant::now() > until {
            bail!("the chat server does not start. Its last words:\n{}", chat.last_words());
        }
        sleep(LOOK_EVERY).await;
    }
}
