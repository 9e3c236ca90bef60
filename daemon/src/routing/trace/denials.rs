//! A call of a plugin's that it had no grant for, as listeners are told of it. It refuses to judge,
//! and to know what the call was about.

use outboard_proto::admin::TraceRecord;
use outboard_proto::common::{Failure, Reason};

use super::{Content, Kind};
use crate::config::permission::Permission;
use crate::routing::{Core, MemberId};

impl Core {
    /// A plugin called what it may not, if it did; `name` is the permission it lacks.
    pub fn trace_denial(
        &mut self,
        member: MemberId,
        needed: Permission,
        permitted: &Result<(), Failure>,
    ) {
        let Err(failure) = permitted else { return };
        if self.listeners.is_empty() || failure.reason() != Reason::PermissionDenied {
            return;
        }
        let plugin = self.members.get(member).map(|it| it.is.name.to_string()).unwrap_or_default();
        let record = TraceRecord {
            name: needed.as_str().to_owned(),
            plugin,
            outcome: "denied".to_owned(),
            reason: Reason::PermissionDenied.code().to_owned(),
            ..self.record(Kind::Denial)
        };
        self.listeners.tell(&record, Content { text: "", answer: &failure.message });
    }
}
