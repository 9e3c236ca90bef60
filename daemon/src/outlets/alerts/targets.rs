//! Who is told: a program, an address, a channel. Each has a queue and a task of its own, so that
//! one that hangs holds up neither the others nor the daemon.
//!
//! It refuses to judge what is news.

use std::path::PathBuf;
use std::time::Duration;

use outboard_proto::app::answer;
use serde_json::json;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::desk::{Notice, Turn};
use crate::clock::timestamp;
use crate::config::operator::Alerts;
use crate::fleet::Command;
use crate::outlets::Outlets;
use crate::outlets::webhook::{OF_FEW, OF_MANY, Poster};
use crate::routing::{BOT, Outgoing};

/// Notices that wait for one target; more are dropped and counted.
const WAITING: usize = 64;
/// How long a program may take.
const PROGRAM: Duration = Duration::from_secs(30);
/// How long the app may take; after that the message is kept, if no app is there.
const APP: Duration = Duration::from_secs(10);

/// One way to tell somebody.
#[derive(Debug, Clone, PartialEq)]
enum Way {
    Program(Vec<String>),
    Webhook(Poster),
    Channel { workspace: String, id: String },
}

/// Everybody who is told.
pub struct Targets {
    command: Command,
    outlets: Outlets,
    open: Vec<Target>,
}

struct Target {
    way: Way,
    queue: mpsc::Sender<Notice>,
    task: AbortHandle,
}

/// What came of telling one target.
pub type Told = (&'static str, Result<(), String>);

impl Way {
    fn all(alerts: &Alerts) -> Vec<Self> {
        let program = alerts.command.iter().map(|it| Self::Program(it.value.clone()));
        let webhook = alerts.post().map(|it| Self::Webhook(Poster::new(it)));
        let workspace = alerts.workspace.as_ref().map(|it| it.value.clone()).unwrap_or_default();
        let channel = alerts
            .channel
            .iter()
            .map(|it| Self::Channel { workspace: workspace.clone(), id: it.value.clone() });
        program.chain(webhook).chain(channel).collect()
    }

    /// As doctor names it.
    fn name(&self) -> &'static str {
        match self {
            Self::Program(_) => "alerts command",
            Self::Webhook(_) => "alerts webhook",
            Self::Channel { .. } => "alerts channel",
        }
    }

    fn to(&self) -> String {
        match self {
            Self::Program(words) => words.join(" "),
            Self::Webhook(webhook) => webhook.place(),
            Self::Channel { id, .. } => format!("id:{id}"),
        }
    }

    /// What must be there before anything can be told.
    async fn prepare(&self) -> Result<(), String> {
        match self {
            Self::Webhook(webhook) => webhook.prepare().await,
            Self::Program(_) | Self::Channel { .. } => Ok(()),
        }
    }

    async fn tell(
        &self,
        command: &Command,
        notice: &Notice,
        waits: &[Duration],
    ) -> Result<(), String> {
        let failing = |why: &str| command.harbour.outlets.failing(self.name(), why);
        match self {
            Self::Program(words) => run(words.clone(), notice).await,
            Self::Webhook(webhook) => webhook.post(&document(notice), waits, failing).await,
            Self::Channel { workspace, id } => {
                say(command, (workspace, id), &sentence(notice)).await
            }
        }
    }
}

impl Targets {
    /// Nobody yet.
    pub fn new(command: Command, outlets: Outlets) -> Self {
        Self { command, outlets, open: Vec::new() }
    }

    /// Tells whoever is named there from now on.
    pub fn follow(&mut self, alerts: &Alerts) {
        let ways = Way::all(alerts);
        let outlets = &self.outlets;
        self.open.retain(|target| {
            let stays = ways.contains(&target.way);
            if !stays {
                target.task.abort();
                outlets.close(target.way.name());
            }
            stays
        });
        for way in ways {
            if !self.open.iter().any(|target| target.way == way) {
                self.open(way);
            }
        }
    }

    fn open(&mut self, way: Way) {
        let (queue, mut notices) = mpsc::channel::<Notice>(WAITING);
        let (command, outlets, telling) = (self.command.clone(), self.outlets.clone(), way.clone());
        outlets.open(way.name(), &way.to());
        let task = tokio::spawn(async move {
            if let Err(why) = telling.prepare().await {
                outlets.failing(telling.name(), &why);
            }
            while let Some(notice) = notices.recv().await {
                match telling.tell(&command, &notice, OF_FEW).await {
                    Ok(()) => outlets.told(telling.name(), 1),
                    Err(why) => outlets.dropped(telling.name(), 1, &why),
                }
            }
        });
        self.open.push(Target { way, queue, task: task.abort_handle() });
    }

    /// Tells everybody, without waiting for anybody.
    pub fn tell(&self, notice: &Notice) {
        for target in &self.open {
            if target.queue.try_send(notice.clone()).is_err() {
                self.outlets.dropped(target.way.name(), 1, "too many wait for it already");
            }
        }
    }
}

/// Tells everybody who is named there, and waits for what comes of it.
pub async fn tell_all(command: &Command, alerts: &Alerts, notice: &Notice) -> Vec<Told> {
    let mut told = Vec::new();
    for way in Way::all(alerts) {
        let came = way.tell(command, notice, OF_MANY).await;
        let outlets = &command.harbour.outlets;
        match &came {
            Ok(()) => outlets.told(way.name(), 1),
            Err(why) => outlets.dropped(way.name(), 1, why),
        }
        told.push((way.name(), came));
    }
    told
}

async fn run(words: Vec<String>, notice: &Notice) -> Result<(), String> {
    let variables = [
        ("OUTBOARD_ALERT_KIND", notice.kind.as_str().to_owned()),
        ("OUTBOARD_ALERT_PLUGIN", notice.plugin.clone()),
        ("OUTBOARD_ALERT_STATE", turn(notice).to_owned()),
        ("OUTBOARD_ALERT_DETAIL", notice.detail.clone()),
        ("OUTBOARD_ALERT_TIMES", notice.times.to_string()),
        ("OUTBOARD_ALERT_AT", timestamp().to_string()),
    ];
    let ran = tokio::task::spawn_blocking(move || {
        let (program, args) = words.split_first().ok_or("no program is named")?;
        let program = PathBuf::from(program);
        let ran = outboard_linux::run_errand(&program, args, &variables, PROGRAM);
        ran.map_err(|error| error.to_string())
    });
    ran.await.unwrap_or_else(|_| Err("running it failed unexpectedly".to_owned()))
}

async fn say(
    command: &Command,
    (workspace, channel): (&str, &str),
    text: &str,
) -> Result<(), String> {
    let harbour = &command.harbour;
    let at_us = harbour.clock.wall_us();
    let outgoing = Outgoing::announcement(BOT, (workspace, channel), text, at_us);
    let answer = harbour.outbox.carry_out(BOT, outgoing, false, APP).await;
    match answer.map_err(|failure| failure.message)?.result {
        Some(answer::Result::Sent(_)) => Ok(()),
        Some(answer::Result::Failure(failure)) => Err(failure.message),
        _ => Err("the app answered something else than it was asked for".to_owned()),
    }
}

fn turn(notice: &Notice) -> &'static str {
    match notice.turn {
        Turn::Raised => "raised",
        Turn::Over => "over",
    }
}

fn document(notice: &Notice) -> String {
    json!({
        "type": "outboard_alert",
        "kind": notice.kind.as_str(),
        "plugin": notice.plugin,
        "state": turn(notice),
        "detail": notice.detail,
        "times": notice.times,
        "at": timestamp().to_string(),
    })
    .to_string()
}

/// "dice: failed: exited (code 3) (3 times)", "dice: failed: over".
fn sentence(notice: &Notice) -> String {
    let who = if notice.plugin.is_empty() { "the daemon" } else { &notice.plugin };
    let times = match notice.times {
        0 | 1 => String::new(),
        times => format!(" ({times} times)"),
    };
    match notice.turn {
        Turn::Raised => format!("{who}: {}: {}{times}", notice.kind.as_str(), notice.detail),
        Turn::Over => format!("{who}: {}: over{times}", notice.kind.as_str()),
    }
}

impl Drop for Targets {
    fn drop(&mut self) {
        self.open.iter().for_each(|target| target.task.abort());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outlets::alerts::Kind;

    fn notice(turn: Turn, times: u32) -> Notice {
        Notice {
            kind: Kind::Failed,
            plugin: "dice".to_owned(),
            detail: "exited \"3\"\n".to_owned(),
            turn,
            times,
        }
    }

    #[test]
    fn a_notice_reads_as_a_sentence_and_as_json() {
        assert_eq!(sentence(&notice(Turn::Raised, 3)), "dice: failed: exited \"3\"\n (3 times)");
        assert_eq!(sentence(&notice(Turn::Over, 0)), "dice: failed: over");
        let read: serde_json::Value =
            serde_json::from_str(&document(&notice(Turn::Over, 0))).unwrap();
        assert_eq!((&read["state"], &read["detail"]), (&json!("over"), &json!("exited \"3\"\n")));
    }
}
