//! Publishing events, through the daemon's absences.
//!
//! It refuses to know who subscribes.

use std::time::{Duration, Instant};

use outboard_proto::app::daemon_frame::Kind;
use outboard_proto::app::{Publish, app_frame};
use outboard_proto::common::Event;
use tokio::time::{sleep_until, timeout_at};

use crate::app::{App, Call};
use crate::egress::Class;
use crate::error::PublishError;
use crate::frame;
use crate::outcome::Why;

/// What the daemon said of a published event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The event's id.
    pub event_id: String,
    /// Subscriptions it was handed to.
    pub subscriptions: u32,
    /// It had been published before, and counted then.
    pub duplicate: bool,
}

impl App {
    /// Says that something has happened, and waits until the daemon has taken it. While the
    /// daemon is away it is tried again, under the same id, as long as the builder's patience.
    ///
    /// # Errors
    /// When patience ended, or the daemon refused the event itself.
    pub async fn publish(&self, mut event: Event) -> Result<Publication, PublishError> {
        if event.id.is_empty() {
            event.id = uuid::Uuid::now_v7().to_string();
        }
        let until = Instant::now() + self.inner.patience;
        loop {
            match self.publish_once(&event, until).await {
                Err(Why::Lost | Why::Away | Why::Silent) if Instant::now() < until => {
                    self.connected_until(until).await;
                }
                Err(why) => return Err(PublishError::from_why(why, event.id)),
                Ok(published) => return published,
            }
        }
    }

    async fn publish_once(
        &self,
        event: &Event,
        until: Instant,
    ) -> Result<Result<Publication, PublishError>, Why> {
        let id = self.exchange().open(Instant::now())?;
        let publish = Publish { id, event: Some(event.clone()), trace: None };
        let frame = frame::encode(app_frame::Kind::Publish(publish));
        let call = Call { id, class: Class::Event(id), frame, deadline: until };
        match self.call(call).await?.kind {
            Some(Kind::Published(told)) => Ok(match told.failure {
                Some(failure) => Err(PublishError::Refused(failure)),
                None => Ok(Publication {
                    event_id: told.event_id,
                    subscriptions: told.subscriptions,
                    duplicate: told.duplicate,
                }),
            }),
            _ => Err(Why::Unfit),
        }
    }

    /// Waits for a session, and a breath longer where one is there but silent.
    async fn connected_until(&self, until: Instant) {
        let breath = Instant::now() + Duration::from_millis(100);
        sleep_until(breath.min(until).into()).await;
        let _ = timeout_at(until.into(), self.connected()).await;
    }
}
