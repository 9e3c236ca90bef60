//! One session after another: frames in, answers out, pings answered.
//!
//! It refuses to know what the answers are, and never runs one in its loop.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use outboard_proto::common::{Credit, Pong};
use outboard_proto::plugin::{DaemonFrame, Welcome, daemon_frame, plugin_frame};
use outboard_tests::{Refusal, values, wire};
use tonic::{Code, Status};

use crate::plugin::{Plugin, frame};
use crate::{answers, config, deeds, events, life, start};

/// The session's stream.
pub type Frames = wire::Stream<DaemonFrame>;

/// How soon a lost session is dialled again: well within the time a daemon grants.
const AGAIN: Duration = Duration::from_millis(50);

/// Holds a session, and another when it is lost, until one is refused or replaced.
pub async fn keep(plugin: Arc<Plugin>) {
    loop {
        let status = one(&plugin).await;
        tell(&status);
        let lost = matches!(
            status.code(),
            Code::Unavailable
                | Code::Unknown
                | Code::Cancelled
                | Code::Ok
                | Code::ResourceExhausted
        );
        if !lost || !plugin.mood().reconnects {
            return;
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// Writes down how a session ended.
pub fn tell(status: &Status) {
    let refusal = Refusal::from(status.clone());
    eprintln!("session: {refusal}");
}

async fn one(plugin: &Arc<Plugin>) -> Status {
    match open(plugin).await {
        Ok(frames) => read(plugin, frames).await,
        Err(status) => status,
    }
}

async fn open(plugin: &Arc<Plugin>) -> Result<tonic::Streaming<DaemonFrame>, Status> {
    let dialled = wire::dial(&plugin.surroundings.socket).await;
    let channel = dialled.map_err(|error| Status::unavailable(error.to_string()))?;
    let hello = frame(plugin_frame::Kind::Hello(start::hello(plugin)));
    let stream =
        Frames::open(&channel, wire::SESSION, &start::metadata(plugin), vec![hello]).await?;
    plugin.use_session(channel, stream.out);
    Ok(stream.frames)
}

async fn read(plugin: &Arc<Plugin>, mut frames: tonic::Streaming<DaemonFrame>) -> Status {
    loop {
        match frames.message().await {
            Ok(Some(frame)) => take(plugin, frame).await,
            Ok(None) => return Status::ok("ended by the daemon"),
            Err(status) => return status,
        }
        if !plugin.mood().reads {
            return pending().await;
        }
    }
}

async fn take(plugin: &Arc<Plugin>, frame: DaemonFrame) {
    use daemon_frame::Kind;
    let works = plugin.mood().works;
    let size = values::frame(&frame).len();
    match frame.kind {
        Some(Kind::Ping(ping)) => {
            if plugin.mood().pongs {
                plugin.send(plugin_frame::Kind::Pong(Pong { nonce: ping.nonce })).await;
            }
        }
        Some(Kind::Welcome(welcome)) => begin(plugin, &welcome).await,
        Some(Kind::Call(call)) if works => {
            tokio::spawn(answers::answer(plugin.clone(), call));
        }
        Some(Kind::Event(delivery)) => {
            let bytes = size as u64;
            plugin.send(plugin_frame::Kind::Credit(Credit { bytes })).await;
            if works {
                tokio::spawn(events::handle(plugin.clone(), delivery));
            }
        }
        Some(Kind::Chunk(chunk)) => {
            let bytes = size as u64;
            plugin.send(plugin_frame::Kind::Credit(Credit { bytes })).await;
            plugin.web.put(&chunk);
        }
        Some(Kind::Credit(credit)) => plugin.web.credit(credit.bytes),
        Some(Kind::Cancel(cancel)) => plugin.note(format!("cancel: {}", cancel.reason)),
        Some(Kind::CancelInteraction(it)) => {
            plugin.note(format!("cancelled {}", it.interaction_id));
        }
        Some(Kind::Settings(changed)) => {
            tokio::spawn(config::changed(plugin.clone(), changed));
        }
        Some(Kind::Drain(_)) => plugin.note("drain".to_owned()),
        Some(Kind::App(changed)) => {
            plugin.speaks_as(&changed.bot.unwrap_or_default());
            plugin.served_by(&changed.app.unwrap_or_default());
        }
        Some(Kind::Grants(changed)) => {
            plugin.note(format!("grants {}", changed.scoped_grants.join(" ")));
        }
        Some(Kind::Shutdown(_)) => shut_down(plugin),
        Some(Kind::Lifecycle(told)) => life::take(plugin, told).await,
        Some(_) | None => {}
    }
}

async fn begin(plugin: &Arc<Plugin>, welcome: &Welcome) {
    let Welcome { generation, session, resumed, .. } = welcome;
    let ended = welcome.previous_end.as_ref().map_or("", |end| end.cause.as_str());
    plugin.note(format!(
        "welcome generation={generation} session={session} resumed={resumed} previous={ended:?} \
         grants={}",
        welcome.grants.join(" ")
    ));
    plugin.config.begin(&welcome.settings);
    life::note_welcome(plugin, welcome);
    plugin.speaks_as(&welcome.bot.clone().unwrap_or_default());
    plugin.served_by(&welcome.app.clone().unwrap_or_default());
    if *resumed {
        // Initialized before; but only Ready opens this session for calls.
        plugin.send(plugin_frame::Kind::Ready(outboard_proto::plugin::Ready {})).await;
        return;
    }
    start::initialize(plugin).await;
    let deed = plugin.arguments.sin.clone();
    tokio::spawn(deeds::commit(plugin.clone(), deed));
}

fn shut_down(plugin: &Plugin) {
    plugin.note("shutdown".to_owned());
    if plugin.mood().ends {
        std::process::exit(0);
    }
}
