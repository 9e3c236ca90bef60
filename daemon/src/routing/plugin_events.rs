//! Events that plugins make up, `plugin:<name>:<event>`: said by the one whose name they bear, told
//! to plugins like any other event, and to the apps that want them.
//!
//! It refuses to know what they say.

use std::sync::Arc;

use outboard_proto::app::{Published, daemon_frame::Kind};
use outboard_proto::common::{Custom, Event, Failure, Reason, event::Of};
use outboard_proto::plugin::EmitRequest;
use outboard_supervision::Moment;
use tokio::sync::oneshot;
use tonic::Code;

use super::{Cause, Core, MemberId, Publisher, Switchboard};
use crate::config::manifest::event::is_of_plugin;

impl Switchboard {
    /// Publishes an event of a plugin's own making; what became of it comes back.
    ///
    /// # Errors
    /// The event cannot be named so, or too many hops lead to it.
    pub fn emit(
        &self,
        member: MemberId,
        request: EmitRequest,
        cause: Option<Cause>,
    ) -> Result<oneshot::Receiver<Published>, Failure> {
        let (sender, told) = oneshot::channel();
        self.with(|core, now| {
            let event = core.event_of(member, request, cause.unwrap_or_default())?;
            core.publish(Publisher::Waiting(sender), event, now);
            Ok(told)
        })
    }
}

impl Core {
    fn event_of(
        &mut self,
        id: MemberId,
        request: EmitRequest,
        cause: Cause,
    ) -> Result<Event, Failure> {
        let Some(member) = self.members.get_mut(id) else {
            let text = "the plugin is being unloaded";
            return Err(Failure::new(Code::Unavailable, Reason::Stopping, text));
        };
        let name = format!("plugin:{}:{}", member.is.name, request.event);
        if !is_of_plugin(&name) {
            let text = format!("{:?} names no event: a-z, 0-9, _, - and . do", request.event);
            return Err(Failure::new(Code::InvalidArgument, Reason::Invalid, text));
        }
        let origin = cause.next(member)?;
        let workspace =
            if request.workspace.is_empty() { cause.workspace } else { request.workspace };
        let of = Custom { name: name.clone(), json: request.json };
        Ok(Event {
            id: request.id,
            r#type: name,
            workspace,
            at_us: self.clock.wall_us(),
            of: Some(Of::Custom(of)),
            origin: Some(origin),
            trace: cause.trace,
        })
    }

    /// Tells the apps that want to know of plugins' events, as far as they take them.
    pub fn tell_apps(&mut self, event: &Arc<Event>, now: Moment) {
        if event.r#type.starts_with("plugin:") {
            self.nodes.tell_event(event, |event| Kind::Event(Event::clone(event)), now);
        }
    }
}
