//! Credit for what a plugin sends in bulk: given back as it is taken off the stream.
//!
//! It refuses to know what a piece belongs to.

use outboard_proto::common::Credit;
use outboard_proto::limits::CREDIT_BYTES;
use outboard_proto::plugin::{DaemonFrame, daemon_frame};
use outboard_supervision::Moment;

use crate::egress::{Egress, Urgency};
use crate::frame::ToPlugin;

/// What is owed to the plugin.
#[derive(Debug, Default)]
pub struct Bulk {
    owed: u64,
}

impl Bulk {
    /// So many bytes of pieces were taken; what is owed goes back in amounts worth a frame.
    pub fn taken(&mut self, bytes: usize, egress: &Egress<ToPlugin>, now: Moment) {
        self.owed += bytes as u64;
        if self.owed < CREDIT_BYTES / 4 {
            return;
        }
        let credit = Credit { bytes: std::mem::take(&mut self.owed) };
        let frame = DaemonFrame { kind: Some(daemon_frame::Kind::Credit(credit)) };
        // A session that takes nothing is found out by its heartbeat.
        let _ = egress.push(Urgency::Control, frame.into(), now);
    }
}
