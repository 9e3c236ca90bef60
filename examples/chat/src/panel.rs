//! The plugins as the daemon's operator sees them, followed over the admin socket.
//!
//! A real chat server has no business there: this is for the demo's panel. It refuses to know the
//! chat, and changes nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use outboard_proto::admin::admin_client::AdminClient;
use outboard_proto::admin::{EndRecord, ListRequest, PluginStatus, State, WatchRequest};
use serde::Serialize;
use tokio::net::UnixStream;
use tokio::time::{MissedTickBehavior, interval, sleep};
use tonic::transport::{Channel, Endpoint};

use crate::moment::{Moment, Mood};
use crate::room::{Change, Room};

/// How often memory is looked at; states come by themselves.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Before the admin socket is tried again.
const AGAIN_AFTER: Duration = Duration::from_millis(500);

const UNKNOWN: &str = "unknown";

/// A plugin as the page shows it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plugin {
    pub name: String,
    pub version: String,
    pub description: String,
    /// stopped, starting, running, draining, stopping, waiting or failed.
    pub state: String,
    pub reason: String,
    pub conditions: Vec<String>,
    pub generation: u64,
    pub pid: u32,
    pub since_ms: i64,
    pub memory: u64,
    pub memory_limit: u64,
    pub restarts: u32,
    pub next_try_ms: i64,
    pub calls: u64,
    pub timeouts: u64,
    pub memory_held_by: String,
    pub last_end: Option<End>,
}

/// How its last generation ended.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct End {
    pub generation: u64,
    pub cause: String,
    pub detail: String,
    pub exit: String,
    pub at_ms: i64,
    pub uptime_ms: u64,
    pub peak: u64,
    pub stderr: String,
}

/// A client of the admin socket.
///
/// # Errors
/// Nobody listens there.
pub async fn client(socket: &Path) -> Result<AdminClient<Channel>, tonic::transport::Error> {
    let socket = socket.to_owned();
    let connector = tower::service_fn(move |_| {
        let socket = socket.clone();
        async move { UnixStream::connect(socket).await.map(TokioIo::new) }
    });
    let endpoint = Endpoint::from_static("http://localhost");
    Ok(AdminClient::new(endpoint.connect_with_connector(connector).await?))
}

/// Follows the plugins for as long as the chat runs.
pub async fn follow(room: Arc<Room>, socket: PathBuf) {
    loop {
        // Why it ended matters little: the chat's own connection says that the daemon is away.
        let _ = watch(&room, &socket).await;
        room.plugins().into_iter().for_each(|plugin| lose_sight(&room, plugin));
        sleep(AGAIN_AFTER).await;
    }
}

async fn watch(room: &Room, socket: &Path) -> anyhow::Result<()> {
    let mut client = client(socket).await?;
    let mut changes = client.watch(WatchRequest::default()).await?.into_inner();
    let mut looks = interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        tokio::select! {
            change = changes.message() => match change? {
                Some(status) => note(room, status),
                None => return Ok(()),
            },
            _ = looks.tick() => {
                let listed = client.list(ListRequest::default()).await?.into_inner();
                listed.plugins.into_iter().for_each(|status| note(room, status));
            }
        }
    }
}

/// With the daemon away nobody can say how a plugin is.
fn lose_sight(room: &Room, plugin: Plugin) {
    if plugin.state != UNKNOWN {
        let (state, reason) = (UNKNOWN.to_owned(), String::new());
        let nothing = Plugin { state, reason, generation: 0, pid: 0, memory: 0, ..plugin };
        room.tell(Change::Plugin(Box::new(nothing)));
    }
}

fn note(room: &Room, status: PluginStatus) {
    if status.gone {
        return room.tell(Change::Gone(status.name));
    }
    let new = read(status);
    let old = room.plugin(&new.name);
    if old.as_ref() == Some(&new) {
        return;
    }
    // A list may be older than a change that came by itself in between.
    if old.as_ref().is_some_and(|old| new.generation < old.generation) {
        return;
    }
    for moment in moments(old.as_ref(), &new) {
        room.tell(Change::Moment(moment));
    }
    room.tell(Change::Plugin(Box::new(new)));
}

fn read(status: PluginStatus) -> Plugin {
    let traffic = status.traffic.unwrap_or_default();
    let held = status.enforcement.iter().find(|held| held.what.contains("memory"));
    Plugin {
        state: state_word(status.state()).into(),
        memory_held_by: held.map(|held| held.how.clone()).unwrap_or_default(),
        last_end: newest(status.ends),
        name: status.name,
        version: status.version,
        description: status.description,
        reason: status.reason,
        conditions: status.conditions,
        generation: status.generation,
        pid: status.pid,
        since_ms: status.since_us / 1_000,
        memory: status.memory_bytes,
        memory_limit: status.memory_limit_bytes,
        restarts: status.restarts,
        next_try_ms: status.next_try_us / 1_000,
        calls: traffic.calls,
        timeouts: traffic.timeouts,
    }
}

fn newest(ends: Vec<EndRecord>) -> Option<End> {
    let end = ends.into_iter().max_by_key(|end| end.generation)?;
    Some(End {
        generation: end.generation,
        cause: end.cause,
        detail: end.detail,
        exit: end.exit,
        at_ms: end.at_us / 1_000,
        uptime_ms: end.uptime_us / 1_000,
        peak: end.peak_memory_bytes,
        stderr: end.stderr,
    })
}

fn state_word(state: State) -> &'static str {
    match state {
        State::Unspecified => UNKNOWN,
        State::Stopped => "stopped",
        State::Starting => "starting",
        State::Running => "running",
        State::Draining => "draining",
        State::Stopping => "stopping",
        State::Waiting => "waiting",
        State::Failed => "failed",
        State::Debug => "debug",
    }
}

/// What the timeline says of a change: ends, first starts, returns, and being given up.
fn moments(old: Option<&Plugin>, new: &Plugin) -> Vec<Moment> {
    let mut moments = Vec::new();
    let ended = old.and_then(|old| old.last_end.as_ref()).map(|end| end.generation);
    if let Some(end) = &new.last_end
        && old.is_some()
        && ended != Some(end.generation)
    {
        moments.push(Moment::now(&new.name, Mood::Bad, end_sentence(end)));
    }
    if old.map(|old| old.state.as_str()) != Some(new.state.as_str()) {
        moments.extend(state_moment(old, new));
    }
    moments
}

fn state_moment(old: Option<&Plugin>, new: &Plugin) -> Option<Moment> {
    let moment = |mood, says: String| Some(Moment::now(&new.name, mood, says));
    match new.state.as_str() {
        "running" if new.restarts == 0 => moment(Mood::Good, "is running".into()),
        "running" => moment(Mood::Good, back_sentence(new)),
        "failed" => moment(Mood::Bad, format!("was given up: {}", new.reason)),
        "stopped" if old.is_some() => moment(Mood::Plain, "is stopped".into()),
        _ => None,
    }
}

fn end_sentence(end: &End) -> String {
    let how = match end.cause.as_str() {
        "exited" => format!("crashed ({})", end.exit),
        "signal" => format!("was killed by {}", end.exit),
        "oom" => "ate more memory than it may, and was ended".into(),
        "hung" => "stopped answering, and was ended as hung".into(),
        other => format!("ended: {other}"),
    };
    match end.detail.is_empty() {
        true => how,
        false => format!("{how}: {}", end.detail),
    }
}

fn back_sentence(new: &Plugin) -> String {
    let ended = new.last_end.as_ref().map_or(new.since_ms, |end| end.at_ms);
    match new.since_ms - ended {
        ms if ms > 0 => format!("is back after {ms} ms, as generation {}", new.generation),
        _ => format!("is back, as generation {}", new.generation),
    }
}
