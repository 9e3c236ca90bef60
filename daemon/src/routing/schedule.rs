//! Schedules on their way to the plugin that declared them.
//!
//! It refuses to know when one is due, and that there may be others who would like to hear of it.

use outboard_proto::app::Published;
use outboard_proto::common::{Event, Schedule, event::Of};
use tokio::sync::oneshot;

use super::Switchboard;

/// The type of the event.
pub const FIRED: &str = "schedule.fired";

impl Switchboard {
    /// Promises one plugin to tell it that its schedule `name` has fired with the key
    /// `scheduled_at_us`; what became of the promise comes back. `None` if there is no such plugin.
    ///
    /// The event's id is the key, so that no firing counts twice.
    pub fn deliver_schedule(
        &self,
        plugin: &str,
        name: &str,
        scheduled_at_us: i64,
    ) -> Option<oneshot::Receiver<Published>> {
        let (member, at_us) =
            self.with(|core, _| Some((*core.names.get(plugin)?, core.clock.wall_us())))?;
        let schedule = Schedule { name: name.to_owned(), scheduled_at_us };
        let event = Event {
            id: format!("schedule:{plugin}:{name}:{scheduled_at_us}"),
            r#type: FIRED.to_owned(),
            at_us,
            of: Some(Of::Schedule(schedule)),
            ..Event::default()
        };
        Some(self.publish_to(member, event))
    }
}
