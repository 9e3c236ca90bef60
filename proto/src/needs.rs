//! Which RPC of a plugin needs which permission: the one table, for the daemon that checks it, for
//! those who explain a refusal, for the test that walks it.
//!
//! It knows words; it refuses to know who was granted what. A method of `outboard.plugin.v1` that
//! has no row here is answered to nobody.

/// One RPC that a plugin may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rpc {
    /// As it stands in a request, `/outboard.plugin.v1.Messages/Send`.
    pub path: &'static str,
    /// `resource:action`, or nothing where being the plugin is enough, or what it needs depends on
    /// what the request is about: then whoever knows that looks.
    pub needs: Option<&'static str>,
}

/// Every RPC of `outboard.plugin.v1`.
pub const RPCS: &[Rpc] = &[
    free("/outboard.plugin.v1.Plugin/Session"),
    rpc("/outboard.plugin.v1.Messages/Send", "messages:send"),
    rpc("/outboard.plugin.v1.Messages/Reply", "messages:send"),
    // What was held by oneself, at a hook one may be asked at, needs no more than that; what others
    // hold needs messages:hold.
    free("/outboard.plugin.v1.Messages/ReleaseHeld"),
    free("/outboard.plugin.v1.Messages/DropHeld"),
    free("/outboard.plugin.v1.Messages/ListHeld"),
    rpc("/outboard.plugin.v1.Messages/Stream", "messages:send"),
    // Whose messages else than its own it may change depends on messages:manage, which the app is
    // told of.
    rpc("/outboard.plugin.v1.Messages/Edit", "messages:send"),
    rpc("/outboard.plugin.v1.Messages/Delete", "messages:send"),
    rpc("/outboard.plugin.v1.Messages/React", "messages:send"),
    rpc("/outboard.plugin.v1.Messages/Unreact", "messages:send"),
    rpc("/outboard.plugin.v1.Messages/Typing", "messages:send"),
    rpc("/outboard.plugin.v1.Messages/Status", "messages:send"),
    rpc("/outboard.plugin.v1.Messages/Get", "messages:history"),
    rpc("/outboard.plugin.v1.Messages/List", "messages:history"),
    rpc("/outboard.plugin.v1.Messages/Search", "messages:history"),
    rpc("/outboard.plugin.v1.Users/Get", "users:read"),
    rpc("/outboard.plugin.v1.Users/Moderate", "users:moderate"),
    rpc("/outboard.plugin.v1.Channels/Get", "channels:read"),
    rpc("/outboard.plugin.v1.Channels/List", "channels:read"),
    rpc("/outboard.plugin.v1.Channels/Create", "channels:manage"),
    rpc("/outboard.plugin.v1.Channels/Invite", "channels:manage"),
    rpc("/outboard.plugin.v1.Channels/SetTopic", "channels:manage"),
    rpc("/outboard.plugin.v1.Channels/Pin", "channels:manage"),
    rpc("/outboard.plugin.v1.Channels/Unpin", "channels:manage"),
    rpc("/outboard.plugin.v1.Plugins/Call", "plugins:call"),
    rpc("/outboard.plugin.v1.Storage/Get", "storage:read"),
    rpc("/outboard.plugin.v1.Storage/List", "storage:read"),
    rpc("/outboard.plugin.v1.Storage/Usage", "storage:read"),
    rpc("/outboard.plugin.v1.Storage/Watch", "storage:read"),
    rpc("/outboard.plugin.v1.Storage/Set", "storage:write"),
    rpc("/outboard.plugin.v1.Storage/Delete", "storage:write"),
    rpc("/outboard.plugin.v1.Storage/Increment", "storage:write"),
    rpc("/outboard.plugin.v1.Storage/Batch", "storage:write"),
    rpc("/outboard.plugin.v1.Interactions/FollowUp", "commands:own"),
    rpc("/outboard.plugin.v1.Events/Emit", "events:emit"),
    // It tells nobody but the operator, within bounds.
    free("/outboard.plugin.v1.Usage/Track"),
    free("/outboard.plugin.v1.Usage/Count"),
];

/// The row of an RPC.
#[must_use]
pub fn of(path: &str) -> Option<&'static Rpc> {
    RPCS.iter().find(|rpc| rpc.path == path)
}

const fn free(path: &'static str) -> Rpc {
    Rpc { path, needs: None }
}

const fn rpc(path: &'static str, needs: &'static str) -> Rpc {
    Rpc { path, needs: Some(needs) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use prost::Message as _;

    use super::*;

    // I28
    #[test]
    fn every_rpc_of_a_plugin_has_its_row_and_no_other_has() {
        let descriptors = prost_types::FileDescriptorSet::decode(crate::DESCRIPTORS).unwrap();
        let files = descriptors.file.iter().filter(|file| file.package() == "outboard.plugin.v1");
        let services = files.flat_map(|file| &file.service);
        let declared: BTreeSet<String> = services
            .flat_map(|service| {
                let name = service.name();
                let path = move |method: &str| format!("/outboard.plugin.v1.{name}/{method}");
                service.method.iter().map(move |method| path(method.name()))
            })
            .collect();
        let rows: BTreeSet<String> = RPCS.iter().map(|rpc| rpc.path.to_owned()).collect();
        assert_eq!(rows, declared);
        assert_eq!(rows.len(), RPCS.len(), "one row for each");
    }
}
