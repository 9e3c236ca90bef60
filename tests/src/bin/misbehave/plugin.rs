//! The plugin itself: what it is told, how it feels, what it has seen.
//!
//! It refuses to know what a frame asks of it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use outboard_proto::common::{Body, InteractionReply, body};
use outboard_proto::plugin::{AppInfo, Bot, Hello, PluginFrame, Reply, plugin_frame, reply};
use outboard_tests::values;
use tokio::sync::{mpsc, watch};
use tonic::transport::Channel;

use crate::arguments::{Arguments, Surroundings};
use crate::config::Config;
use crate::life;
use crate::web::Web;

/// Which duties it still fulfils.
#[derive(Debug, Clone, Copy)]
pub struct Mood {
    /// Answers pings.
    pub pongs: bool,
    /// Answers calls and acknowledges events.
    pub works: bool,
    /// Takes frames off its stream.
    pub reads: bool,
    /// Dials again when its session ends.
    pub reconnects: bool,
    /// Ends when told to, by frame or by SIGTERM.
    pub ends: bool,
}

/// One process of it.
pub struct Plugin {
    /// What the test said.
    pub arguments: Arguments,
    /// What the daemon said.
    pub surroundings: Surroundings,
    mood: Mutex<Mood>,
    out: Mutex<Option<mpsc::Sender<Bytes>>>,
    channel: Mutex<Option<Channel>>,
    seen: Mutex<Vec<String>>,
    /// Bodies under way.
    pub web: Web,
    /// Its settings.
    pub config: Config,
    served: watch::Sender<bool>,
}

impl Plugin {
    /// A dutiful one.
    pub fn new(arguments: Arguments, surroundings: Surroundings) -> Self {
        let mood = Mood { pongs: true, works: true, reads: true, reconnects: true, ends: true };
        Self {
            arguments,
            surroundings,
            mood: Mutex::new(mood),
            out: Mutex::new(None),
            channel: Mutex::new(None),
            seen: Mutex::new(Vec::new()),
            web: Web::default(),
            config: Config::default(),
            served: watch::Sender::new(true),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.surroundings.name
    }

    /// How it feels.
    pub fn mood(&self) -> Mood {
        *lock(&self.mood)
    }

    /// Changes how it feels.
    pub fn feel(&self, change: impl FnOnce(&mut Mood)) {
        change(&mut lock(&self.mood));
    }

    /// Notes something, for a test to ask about.
    pub fn note(&self, line: String) {
        lock(&self.seen).push(line);
    }

    /// All notes.
    pub fn notes(&self) -> String {
        lock(&self.seen).join("\n")
    }

    /// The account it speaks as, as far as it was told.
    pub fn speaks_as(&self, bot: &Bot) {
        self.note(format!("bot {} {:?}", bot.username, bot.user_id));
    }

    /// What the connected apps carry out, from now on.
    pub fn served_by(&self, app: &AppInfo) {
        self.note(format!("app {} {}", app.name, app.operations.join(" ")));
        self.note(format!("public {}", app.public_url));
        self.served.send_replace(!app.operations.is_empty());
    }

    /// Waits until no app carries out anything.
    pub async fn alone(&self) {
        // The sender lives as long as the plugin.
        let _ = self.served.subscribe().wait_for(|served| !served).await;
    }

    /// The session in use from now on.
    pub fn use_session(&self, channel: Channel, out: mpsc::Sender<Bytes>) {
        *lock(&self.channel) = Some(channel);
        *lock(&self.out) = Some(out);
    }

    /// Ends this side of the session in use.
    pub fn drop_session(&self) {
        *lock(&self.out) = None;
    }

    /// The connection in use.
    pub fn channel(&self) -> Option<Channel> {
        lock(&self.channel).clone()
    }

    /// The metadata every RPC carries.
    pub fn metadata(&self) -> [(&'static str, String); 1] {
        [(outboard_proto::limits::TOKEN_KEY, self.surroundings.token.clone())]
    }

    /// Sends bytes as one frame of the session in use.
    pub async fn send_raw(&self, frame: Bytes) {
        let out = lock(&self.out).clone();
        if let Some(out) = out {
            // The session may be over; whoever waits for the frame knows.
            let _ = out.send(frame).await;
        }
    }

    /// Sends a frame.
    pub async fn send(&self, kind: plugin_frame::Kind) {
        self.send_raw(frame(kind)).await;
    }

    /// Answers a call.
    pub async fn reply(&self, call: u64, result: reply::Result) {
        self.send(plugin_frame::Kind::Reply(Reply { call, result: Some(result) })).await;
    }

    /// Answers a command.
    pub async fn say(&self, call: u64, text: String) {
        self.reply(call, interaction(text)).await;
    }

    /// The hello of an honest plugin.
    pub fn hello(&self) -> Hello {
        Hello {
            protocol: outboard_proto::PROTOCOL.to_owned(),
            features: life::features(&self.arguments.rest),
            name: self.name().to_owned(),
            version: self.arguments.version.clone(),
            sdk: "none/0".to_owned(),
            handlers: self.arguments.handlers.clone(),
        }
    }
}

/// A frame's bytes.
pub fn frame(kind: plugin_frame::Kind) -> Bytes {
    values::frame(&PluginFrame { kind: Some(kind) })
}

/// A command's answer that all may read.
pub fn interaction(text: String) -> reply::Result {
    let body = Some(Body { content: Some(body::Content::Plain(text)) });
    reply::Result::Interaction(InteractionReply { body, ..InteractionReply::default() })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
