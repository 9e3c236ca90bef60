//! Schedules that fired, as handlers see them.
//!
//! It refuses to know when one is due: the manifest says, and the daemon keeps count.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use outboard_proto::common as wire;
use wire::event::Of;

use crate::context::Context;
use crate::event::{Event, FromEvent};

/// A schedule that has come round.
#[derive(Debug)]
pub struct Fired {
    schedule: wire::Schedule,
    event: Event,
}

impl Fired {
    /// The schedule, as the manifest names it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.schedule.name
    }

    /// The instant it was due, however late it is told. One instant of one schedule is told at
    /// most once by the daemon, so this makes a good key for what must not be done twice.
    #[must_use]
    pub fn scheduled_at(&self) -> SystemTime {
        let micros = u64::try_from(self.schedule.scheduled_at_us).unwrap_or(0);
        UNIX_EPOCH + Duration::from_micros(micros)
    }

    /// The same, microseconds since the Unix epoch.
    #[must_use]
    pub fn scheduled_at_us(&self) -> i64 {
        self.schedule.scheduled_at_us
    }

    /// The event around it.
    #[must_use]
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// The time that is left, and what a handler may ask of the host.
    #[must_use]
    pub fn ctx(&self) -> &Context {
        self.event.ctx()
    }
}

impl FromEvent for Fired {
    fn from_event(mut event: Event) -> Result<Self, &'static str> {
        match event.take_content() {
            Some(Of::Schedule(schedule)) => Ok(Self { schedule, event }),
            _ => Err("schedule"),
        }
    }
}
