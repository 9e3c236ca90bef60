//! Tells the plugins what happened, in the order it happened. People do not wait for that.
//!
//! It refuses to know what the events say.

use outboard_app::App;
use outboard_app::common::Event;
use tokio::sync::mpsc;

/// Events that wait while the daemon is away; beyond them the newest are dropped, with a word.
const WAITING: usize = 1_024;

/// Publishes one event after another.
#[derive(Debug, Clone)]
pub struct Herald {
    events: mpsc::Sender<Event>,
}

impl Herald {
    /// A herald of an app.
    pub fn of(app: App) -> Self {
        let (events, mut waiting) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            while let Some(event) = waiting.recv().await {
                if let Err(error) = app.publish(event).await {
                    eprintln!("chat: {error}");
                }
            }
        });
        Self { events }
    }

    /// Takes an event. Never waits.
    pub fn tell(&self, event: Event) {
        if self.events.try_send(event).is_err() {
            eprintln!("chat: too many events wait for the daemon, one is dropped");
        }
    }
}
