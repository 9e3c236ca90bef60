//! What operators follow: statuses and lines, as they come.
//!
//! A follower that reads slowly misses the middle and is told the newest; it holds up nobody.

use std::collections::BTreeMap;
use std::time::Duration;

use outboard_proto::admin::{LogLine, LogsRequest, PluginStatus};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::mpsc;
use tonic::Status;

use crate::fleet::Command;
use crate::logs::Line;
use crate::plugin::something_moved;
use crate::status;

type Statuses = mpsc::Sender<Result<PluginStatus, Status>>;
type Lines = mpsc::Sender<Result<LogLine, Status>>;

/// How often memory and traffic are looked at, which move without a move of the state.
const LOOK: Duration = Duration::from_secs(1);

/// The status of every plugin, or of one, then every change.
pub async fn statuses(command: Command, name: String, sender: Statuses) {
    let mut moves = command.harbour.moves.subscribe();
    let mut told = BTreeMap::new();
    let mut look = tokio::time::interval(LOOK);
    loop {
        // Whatever moved until now is in what is told next.
        moves = moves.resubscribe();
        match changed(&command, &name, &mut told).await {
            Ok(changes) => {
                for change in changes {
                    if sender.send(Ok(change)).await.is_err() {
                        return;
                    }
                }
            }
            Err(status) => {
                // Whoever listened may have gone.
                let _ = sender.send(Err(status)).await;
                return;
            }
        }
        tokio::select! {
            _ = look.tick() => {}
            more = something_moved(&mut moves) => if !more { return },
            () = sender.closed() => return,
        }
    }
}

async fn changed(
    command: &Command,
    name: &str,
    told: &mut BTreeMap<String, PluginStatus>,
) -> Result<Vec<PluginStatus>, Status> {
    let listed = command.ask(|fleet| Box::pin(async move { fleet.list() })).await;
    let mut now = listed.map_err(|failure| status::of(&failure))?;
    now.retain(|it| name.is_empty() || it.name == name);
    let now: BTreeMap<_, _> = now.into_iter().map(|it| (it.name.clone(), it)).collect();
    let gone = told.iter().filter(|(old, _)| !now.contains_key(*old));
    let gone = gone.map(|(_, old)| PluginStatus { gone: true, ..old.clone() });
    let news = now.iter().filter(|(name, it)| told.get(*name) != Some(*it));
    let changes = news.map(|(_, it)| it.clone()).chain(gone).collect();
    *told = now;
    Ok(changes)
}

/// The lines that are kept, then, if asked for, every new one.
pub async fn lines(command: Command, request: LogsRequest, sender: Lines) {
    let mut followed = command.harbour.lines.subscribe();
    let count = usize::try_from(request.tail).unwrap_or(usize::MAX);
    let name = request.name.clone();
    let kept = command.ask(move |fleet| Box::pin(async move { fleet.kept_lines(&name, count) }));
    for line in kept.await.unwrap_or_default() {
        if sender.send(Ok(wire(line))).await.is_err() {
            return;
        }
    }
    if !request.follow {
        return;
    }
    loop {
        let line = tokio::select! {
            line = followed.recv() => line,
            () = sender.closed() => return,
        };
        match line {
            Ok(line) if request.name.is_empty() || *line.plugin == *request.name => {
                if sender.send(Ok(wire(line))).await.is_err() {
                    return;
                }
            }
            Ok(_) => {}
            Err(RecvError::Lagged(missed)) => {
                tracing::debug!(missed, "a follower of logs reads too slowly");
            }
            Err(RecvError::Closed) => return,
        }
    }
}

fn wire(line: Line) -> LogLine {
    LogLine {
        plugin: line.plugin.to_string(),
        generation: line.generation,
        at_us: line.at_us,
        stream: line.origin.as_str().to_owned(),
        line: line.text,
    }
}
