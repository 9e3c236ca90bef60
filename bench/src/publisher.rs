//! A second node of the app that publishes events in the background, evenly.
//!
//! It refuses to know who is told.

use std::path::Path;
use std::time::Duration;

use outboard_app::{App, message};
use tokio::runtime::{Builder, Runtime};

use crate::peer::ours;

/// Channels that events are about in turn; an event waits for the one before it in its channel.
const CHANNELS: u64 = 256;

/// A running one. Dropped, it stops.
pub struct Publisher {
    runtime: Option<Runtime>,
}

impl Publisher {
    /// Starts one that publishes so many events a second.
    pub fn start(folder: &Path, per_second: u64) -> anyhow::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let socket = folder.join("app.sock");
        runtime.spawn(async move {
            let app = App::builder("bench", env!("CARGO_PKG_VERSION"))
                .node("publisher")
                .events(["message.posted"])
                .connect(socket);
            let mut clock = tokio::time::interval(Duration::from_micros(1_000_000 / per_second));
            for number in 0.. {
                clock.tick().await;
                // The daemon counts what it does not take; nobody here could do anything.
                let _ = app.publish(posted(number)).await;
            }
        });
        Ok(Self { runtime: Some(runtime) })
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// The event of a message of the usual size; each channel in turn.
pub fn posted(number: u64) -> outboard_app::common::Event {
    let mut posted = ours::draft();
    posted.channel = Some(message::channel(&format!("c-{}", number % CHANNELS), "town-square"));
    posted.id = format!("m-{number}");
    message::posted(posted)
}
