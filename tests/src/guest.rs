//! A developer's process that stands in for a plugin, and the invitation it comes on.
//!
//! It refuses to know what the plugin does.

use std::process::Stdio;

use anyhow::Context as _;
use outboard_proto::admin::debug_news::Of;
use outboard_proto::admin::{DebugEnd, DebugNews, Variable};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};
use tonic::Streaming;

use crate::{Draft, Operator, PATIENCE, binaries};

/// What an operator was told, and is told further. Dropped, it is withdrawn.
pub struct Invitation {
    /// What the guest needs in its environment.
    pub environment: Vec<Variable>,
    news: Streaming<DebugNews>,
}

/// A process in the place of a plugin's. Dropped, it is killed.
pub struct Guest {
    child: Child,
    errors: Lines<BufReader<ChildStderr>>,
}

impl Invitation {
    /// Asks for one.
    ///
    /// # Errors
    /// The daemon's refusal.
    pub async fn of(operator: &Operator, name: &str) -> anyhow::Result<Self> {
        let mut news = operator.debug(name).await?;
        let first = news.message().await?.and_then(|news| news.of);
        let Some(Of::Invitation(invitation)) = first else {
            anyhow::bail!("the first news are no invitation: {first:?}")
        };
        Ok(Self { environment: invitation.environment, news })
    }

    /// A variable's value.
    #[must_use]
    pub fn variable(&self, name: &str) -> &str {
        let found = self.environment.iter().find(|it| it.name == name);
        found.map_or("", |it| &it.value)
    }

    /// Waits for news that satisfy `wanted`.
    ///
    /// # Errors
    /// None came within the patience of a test.
    pub async fn wait(&mut self, wanted: impl Fn(&Of) -> bool) -> anyhow::Result<Of> {
        let search = async {
            loop {
                let news = self.news.message().await?.context("the news ended")?;
                if let Some(of) = news.of.filter(&wanted) {
                    return Ok(of);
                }
            }
        };
        tokio::time::timeout(PATIENCE, search).await.context("no such news came")?
    }

    /// Waits until its guest answers calls.
    ///
    /// # Errors
    /// It did not within the patience of a test.
    pub async fn ready(&mut self) -> anyhow::Result<()> {
        self.wait(|of| matches!(of, Of::Ready(_))).await.map(drop)
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// It did not end within the patience of a test.
    pub async fn end(&mut self) -> anyhow::Result<DebugEnd> {
        match self.wait(|of| matches!(of, Of::End(_))).await? {
            Of::End(end) => Ok(end),
            other => anyhow::bail!("not waited for: {other:?}"),
        }
    }
}

impl Guest {
    /// Starts the program of `draft` on an invitation.
    ///
    /// # Errors
    /// It cannot be run.
    pub fn come(draft: &Draft, invitation: &Invitation) -> anyhow::Result<Self> {
        let mut command = Command::new(binaries::misbehave());
        command.args(draft.arguments());
        command.envs(invitation.environment.iter().map(|it| (&it.name, &it.value)));
        Self::run(command)
    }

    fn run(mut command: Command) -> anyhow::Result<Self> {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = command.kill_on_drop(true).spawn()?;
        let stderr = child.stderr.take().context("it was asked for")?;
        Ok(Self { child, errors: BufReader::new(stderr).lines() })
    }

    /// Its process.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }

    /// Waits until it writes a line that contains `part`, and returns it.
    ///
    /// # Errors
    /// It did not within the patience of a test.
    pub async fn line(&mut self, part: &str) -> anyhow::Result<String> {
        let search = async {
            loop {
                let line = self.errors.next_line().await?.context("it said no more")?;
                if line.contains(part) {
                    return Ok(line);
                }
            }
        };
        let found = tokio::time::timeout(PATIENCE, search).await;
        found.with_context(|| format!("the guest never said {part:?}"))?
    }

    /// Kills it.
    ///
    /// # Errors
    /// It was gone already.
    pub async fn kill(mut self) -> anyhow::Result<()> {
        Ok(self.child.kill().await?)
    }
}
