//! The commands that go on until they are stopped: watch, logs and trace. JSON: one document per
//! line.

use outboard_proto::admin::{LogsRequest, TraceRequest};

use super::Desk;
use crate::arguments::{Logs, Trace};
use crate::exit::Exit;
use crate::page::{self, News};
use crate::screen::Format;
use crate::trouble::{Stop, Trouble};

/// JSON: the plugin, whenever the daemon has news of it.
pub async fn watch(desk: &Desk<'_>, name: Option<String>) -> Result<Exit, Stop> {
    let mut admin = desk.admin().await?;
    let name = name.unwrap_or_default();
    if !name.is_empty() {
        // Nobody wants to wait for news of a misspelt name.
        admin.status(&name).await?;
    }
    let mut news = admin.watch(&name).await?;
    let mut told = News::default();
    while let Some(plugin) = news.next().await? {
        let line = told.line(&plugin);
        if line.is_some() || desk.screen.format() == Format::Json {
            desk.screen.show_line(&line.unwrap_or_default(), &plugin)?;
        }
    }
    Err(ended().into())
}

/// JSON: `{"plugin", "generation", "at_us", "stream", "line"}`.
pub async fn logs(desk: &Desk<'_>, logs: Logs) -> Result<Exit, Stop> {
    let request = LogsRequest {
        name: logs.name.unwrap_or_default(),
        follow: logs.follow,
        tail: logs.tail.unwrap_or(0),
    };
    let mut lines = desk.admin().await?.logs(request).await?;
    while let Some(line) = lines.next().await? {
        desk.screen.show_line(&page::log_line(&line), &line)?;
    }
    if logs.follow { Err(ended().into()) } else { Ok(Exit::Ok) }
}

/// JSON: one record; of a hook, every plugin's part in `steps`.
pub async fn trace(desk: &Desk<'_>, trace: Trace) -> Result<Exit, Stop> {
    let request = TraceRequest {
        hook: trace.hook.unwrap_or_default(),
        plugin: trace.plugin.unwrap_or_default(),
        channel: trace.channel.unwrap_or_default(),
        message: trace.message.unwrap_or_default(),
        sample: trace.sample.unwrap_or_default(),
        content: trace.content,
        kind: trace.kind.unwrap_or_default(),
        name: trace.name.unwrap_or_default(),
        id: trace.id.unwrap_or_default(),
    };
    let mut records = desk.admin().await?.trace(request).await?;
    let mut left = trace.count;
    while left != Some(0) {
        let Some(record) = records.next().await? else { return Err(ended().into()) };
        desk.screen.show_line(&page::trace(&record), &record)?;
        left = left.map(|left| left - 1);
    }
    Ok(Exit::Ok)
}

fn ended() -> Trouble {
    Trouble::new(Exit::NoDaemon, "the daemon ended the stream: it is probably stopping")
        .hint("`systemctl status outboard`")
}
