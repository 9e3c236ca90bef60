//! Schedules on their way to the plugin that declared them.
//!
//! It refuses to know when one is due, and that there may be others who would like to hear of it.

use std::sync::Arc;

use outboard_proto::common::{Event, Schedule, event::Of};
use prost::Message as _;

use super::Switchboard;

/// The type of the event.
pub const FIRED: &str = "schedule.fired";

/// Numbers lanes that belong to no subscription: each schedule has one of its own.
const NO_SUBSCRIPTION: usize = usize::MAX;

impl Switchboard {
    /// Tells one plugin that its schedule `name` has fired with the key `scheduled_at_us`. Whether
    /// there is such a plugin.
    pub fn deliver_schedule(&self, plugin: &str, name: &str, scheduled_at_us: i64) -> bool {
        self.with(|core, now| {
            let Some(&id) = core.names.get(plugin) else { return false };
            let schedule = Schedule { name: name.to_owned(), scheduled_at_us };
            let event = Event {
                id: uuid::Uuid::now_v7().to_string(),
                r#type: FIRED.to_owned(),
                at_us: core.clock.wall_us(),
                of: Some(Of::Schedule(schedule)),
                ..Event::default()
            };
            let size = event.encoded_len();
            let member = &mut core.members[id];
            let lane = (NO_SUBSCRIPTION, name.into());
            member.traffic.events_dropped += member.lanes.push(lane, Arc::new(event), size);
            core.deliver(id, now);
            true
        })
    }
}
