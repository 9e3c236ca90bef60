//! Room for calls that wait for a plugin: who finds some, and whose newest call gives way.
//!
//! It refuses to know how a call is carried.

use outboard_supervision::Moment;

use super::call::{Purpose, Stage};
use super::deadline::Due;
use super::waiting::{Asker, CALLS, Room};
use super::{Core, MemberId};
use crate::frame::CallBody;

impl Core {
    /// Whether a call would find no window open.
    pub fn would_wait(&mut self, member: MemberId) -> bool {
        let is = &mut self.members[member];
        is.in_hand >= is.is.in_flight || is.open_seat().is_none()
    }

    /// Whether a call may wait; another asker's that waits may have to go for it.
    pub fn make_room(
        &mut self,
        member: MemberId,
        asker: Asker,
        body: &CallBody,
        now: Moment,
    ) -> bool {
        let is = &mut self.members[member];
        if is.open_seat().is_none() && is.awaiting.len() >= CALLS {
            return false;
        }
        loop {
            match self.members[member].queue.room(asker, body.len()) {
                Room::Free => return true,
                Room::None => return false,
                Room::InPlaceOf(other) => self.crowd_out(other, now),
            }
        }
    }

    /// A call has lost its place. It ends with the next turn of the timer: what follows for its
    /// caller must not happen in the middle of another one's call.
    fn crowd_out(&mut self, key: usize, now: Moment) {
        let Some(call) = self.calls.get_mut(key) else { return };
        call.stage = Stage::CrowdedOut;
        self.deadlines.remove(call.deadline, Due::Call(key));
        call.deadline = now;
        self.deadlines.insert(now, Due::Call(key));
        self.members[call.member].traffic.over_limit += 1;
    }

    /// Whose turn a call takes up.
    pub(super) fn asker(&self, purpose: &Purpose) -> Asker {
        match purpose {
            Purpose::Intercept { run, .. } => self.runs.get(*run)?.node(),
            Purpose::Command(command) => command.node(),
            Purpose::Http(exchange) => self.http.node_of(*exchange),
            Purpose::Autocomplete(offering) => offering.node(),
            Purpose::Shadow(_) | Purpose::Nested(_) => None,
        }
    }
}
