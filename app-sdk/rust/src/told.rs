//! Events of plugins on their way to the app's own code.
//!
//! The reader hands them on and never waits: where the app is slower than they come, the newest
//! are dropped. It refuses to know what they say.

use std::pin::Pin;

use outboard_proto::common::Event;
use tokio::sync::mpsc;

/// Events that wait for the app's code. The daemon's credit keeps them at 256 KiB in all.
const WAITING: usize = 1024;

/// The app's own code for an event of a plugin.
pub(crate) type OnEvent =
    Box<dyn Fn(Event) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// Where the reader puts events.
#[derive(Debug, Clone)]
pub(crate) struct Told(Option<mpsc::Sender<Event>>);

impl Told {
    /// Hands events to `handler`, one after another, until the last clone is gone.
    pub(crate) fn to(handler: Option<OnEvent>) -> Self {
        let Some(handler) = handler else { return Self(None) };
        let (sender, mut waiting) = mpsc::channel(WAITING);
        tokio::spawn(async move {
            while let Some(event) = waiting.recv().await {
                handler(event).await;
            }
        });
        Self(Some(sender))
    }

    pub(crate) fn take(&self, event: Event) {
        if let Some(sender) = &self.0
            && let Err(mpsc::error::TrySendError::Full(event)) = sender.try_send(event)
        {
            tracing::warn!(event = event.r#type, "dropped an event of a plugin: too many wait");
        }
    }
}
