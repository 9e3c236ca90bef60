//! The app's side of the daemon: its socket, sessions and unary calls.
//!
//! Frames are handed to the switchboard and answers come out of an egress. It refuses to know
//! plugins.

mod connect;
mod files;
mod front;
mod service;
mod settings;

use tokio::net::{UnixListener, UnixStream};
use tokio_util::sync::CancellationToken;

use crate::connection::Terms;
use crate::gate::Gate;
use crate::reflection::Reflection;
use crate::routing::Switchboard;
use crate::settings::Settings;
use crate::{connection, socket, status};

/// Concurrent streams of one app connection: unary calls of a busy node.
const STREAMS: u32 = 1024;

/// What the app's socket leads to.
#[derive(Clone)]
pub struct AppSide {
    /// Routes.
    pub switchboard: Switchboard,
    /// What was set for plugins.
    pub settings: Settings,
    /// Who may come in.
    pub gate: Gate,
    /// Health and reflection.
    pub reflection: Reflection,
    /// Cut when the daemon ends.
    pub until: CancellationToken,
}

impl AppSide {
    /// Accepts connections until the task is aborted.
    pub async fn listen(self, listener: UnixListener) {
        loop {
            let stream = socket::accept(&listener).await;
            tokio::spawn(self.clone().receive(stream));
        }
    }

    async fn receive(self, stream: UnixStream) {
        match self.gate.admit(&stream).await {
            Ok(_) => {
                let front = front::Front(self.switchboard, self.settings);
                let Self { reflection, until, .. } = self;
                let terms = Terms { reflection, streams: STREAMS, until };
                connection::serve(stream, front, terms).await;
            }
            Err(failure) => {
                tracing::warn!("turned away at the app's socket: {}", failure.message);
                connection::refuse(stream, status::of(&failure), self.until).await;
            }
        }
    }
}
