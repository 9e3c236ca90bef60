//! The load: events published on the app SDK, channel by channel in order, as fast as the daemon
//! takes them, but never further ahead of the next death than a little.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use outboard_app::{App, PublishError};
use outboard_proto::common::Event;
use outboard_tests::values;
use tokio::sync::watch;

use crate::name;

/// Channels of each plugin.
const CHANNELS: usize = 5;
/// How far publishing may be ahead of the next death.
const AHEAD: usize = 200;

/// Names of channels; a plugin hears those that begin with its name.
pub struct Channels(Vec<String>);

impl Channels {
    pub fn new(plugins: usize) -> Self {
        let of = |plugin| (0..CHANNELS).map(move |n| format!("{}-{n}", name(plugin)));
        Self((0..plugins).flat_map(of).collect())
    }
}

/// An event that the daemon has acknowledged.
#[derive(Debug, Clone)]
pub struct Published {
    pub id: String,
    pub channel: String,
    /// Its place in its channel.
    pub number: usize,
}

/// How far the load has come and may go.
pub struct Load {
    events: usize,
    acknowledged: watch::Sender<usize>,
    allowed: watch::Sender<usize>,
    next: AtomicUsize,
}

impl Load {
    pub fn new(events: usize) -> Self {
        let (acknowledged, allowed) = (watch::Sender::new(0), watch::Sender::new(AHEAD));
        Self { events, acknowledged, allowed, next: AtomicUsize::new(0) }
    }

    /// Lets publishing come so far, and waits until it has.
    pub async fn reach(&self, events: usize) {
        self.allowed.send_modify(|allowed| *allowed = (*allowed).max(events + AHEAD));
        let reached = |done: &usize| *done >= events;
        // The sender lives as long as this does.
        let _ = self.acknowledged.subscribe().wait_for(reached).await;
    }

    /// Lets publishing come to its end.
    pub fn let_go(&self) {
        self.allowed.send_replace(usize::MAX);
    }

    /// Publishes everything; each channel's events one after the other.
    pub async fn publish(
        self: Arc<Self>,
        app: App,
        channels: Channels,
    ) -> anyhow::Result<Vec<Published>> {
        let mut publishing = tokio::task::JoinSet::new();
        for channel in channels.0 {
            publishing.spawn(Arc::clone(&self).publish_in(app.clone(), channel));
        }
        let mut published = Vec::new();
        while let Some(channel) = publishing.join_next().await {
            published.extend(channel??);
        }
        Ok(published)
    }

    async fn publish_in(
        self: Arc<Self>,
        app: App,
        channel: String,
    ) -> anyhow::Result<Vec<Published>> {
        let mut published = Vec::new();
        loop {
            let place = self.next.fetch_add(1, Ordering::Relaxed);
            if place >= self.events {
                return Ok(published);
            }
            let _ = self.allowed.subscribe().wait_for(|allowed| place < *allowed).await;
            let number = published.len();
            // Handlers take a while, so that something is in hand whenever death comes.
            let text = format!("all:record {channel} {number} all:sleep={}", number * 7 % 20);
            let id = insist(&app, values::posted(&channel, &text)).await?;
            published.push(Published { id, channel: channel.clone(), number });
            self.acknowledged.send_modify(|done| *done += 1);
        }
    }
}

/// Publishes under one id until the daemon has it.
async fn insist(app: &App, mut event: Event) -> anyhow::Result<String> {
    loop {
        match app.publish(event.clone()).await {
            Ok(published) => return Ok(published.event_id),
            Err(PublishError::NotAcknowledged { event_id, .. }) => event.id = event_id,
            Err(refused @ PublishError::Refused(_)) => return Err(refused.into()),
        }
    }
}
