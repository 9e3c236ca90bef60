//! Hooks that an app made up: who may call them, and with what.
//!
//! It refuses to know what their JSON means.

use outboard_proto::common::{HookPayload, hook_payload::Of};

use super::Asked;
use crate::config::manifest::Hook;
use crate::payload::Payload;
use crate::routing::Core;
use crate::routing::change::is_json;

/// The hook that a payload names, if that is a name a hook can have.
pub fn hook_of(payload: &HookPayload) -> Option<Hook> {
    match &payload.of {
        Some(Of::Custom(custom)) => match custom.name.parse() {
            Ok(hook @ Hook::Custom(_)) => Some(hook),
            _ => None,
        },
        _ => None,
    }
}

impl Core {
    /// Whether an app that calls a hook it made up has said so in its hello, and calls it with
    /// JSON. Other hooks pass.
    pub(super) fn check_made_up(
        &self,
        asked: &Asked,
        hook: &Hook,
        payload: &Payload,
    ) -> Result<(), &'static str> {
        if !matches!(hook, Hook::Custom(_)) {
            return Ok(());
        }
        let node = match asked {
            Asked::Session { node, .. } => Some(*node),
            Asked::Unary(_, node) => *node,
        };
        let mut callers = self.nodes.ids().filter(|(id, _)| node.is_none_or(|it| it == *id));
        if !callers.any(|(_, it)| it.hello.hooks.iter().any(|name| name == hook.as_str())) {
            return Err("the app's hello does not name this hook");
        }
        match &payload.get().of {
            Some(Of::Custom(custom)) if is_json(custom) => Ok(()),
            _ => Err("the payload of this hook is not JSON"),
        }
    }
}
