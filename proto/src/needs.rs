//! Which RPC of a plugin, and which frame that is pushed to one, needs which permission: the one
//! table, for the daemon that checks it, for those who explain a refusal, for the tests that walk
//! it.
//!
//! It knows words; it refuses to know who was granted what. A method of `outboard.plugin.v1` that
//! has no row here is answered to nobody, and what has no row is pushed to nobody.

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
    rpc("/outboard.plugin.v1.Files/Stat", "files:read"),
    rpc("/outboard.plugin.v1.Files/Download", "files:read"),
    rpc("/outboard.plugin.v1.Files/Upload", "files:write"),
    rpc("/outboard.plugin.v1.Plugins/Call", "plugins:call"),
    rpc("/outboard.plugin.v1.Storage/Get", "storage:read"),
    rpc("/outboard.plugin.v1.Storage/List", "storage:read"),
    rpc("/outboard.plugin.v1.Storage/Usage", "storage:read"),
    rpc("/outboard.plugin.v1.Storage/Watch", "storage:read"),
    rpc("/outboard.plugin.v1.Storage/Set", "storage:write"),
    rpc("/outboard.plugin.v1.Storage/Delete", "storage:write"),
    rpc("/outboard.plugin.v1.Storage/Increment", "storage:write"),
    rpc("/outboard.plugin.v1.Storage/Batch", "storage:write"),
    // What was deferred is a command, which needs commands:own, or an action, which needs
    // ui:contribute.
    free("/outboard.plugin.v1.Interactions/FollowUp"),
    rpc("/outboard.plugin.v1.Events/Emit", "events:emit"),
    // It tells nobody but the operator, within bounds.
    free("/outboard.plugin.v1.Usage/Track"),
    free("/outboard.plugin.v1.Usage/Count"),
    // What was set for the plugin itself.
    free("/outboard.plugin.v1.Settings/Get"),
    free("/outboard.plugin.v1.Settings/GetSecret"),
    // How many more can be set for it, its manifest says.
    free("/outboard.plugin.v1.Settings/Register"),
    rpc("/outboard.plugin.v1.Ui/Register", "ui:contribute"),
    rpc("/outboard.plugin.v1.Ui/Update", "ui:contribute"),
    rpc("/outboard.plugin.v1.Ui/Remove", "ui:contribute"),
];

/// One kind of frame that the daemon pushes to a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// What people call it: "hook message.before_post", "event message.*", "http".
    pub kind: &'static str,
    /// The branch of the wire that carries it: a message's name and its field's.
    pub branch: &'static str,
    /// Every `resource:action` that it needs; none where being the plugin is enough.
    pub needs: &'static [&'static str],
}

/// Every kind of frame that a plugin's session carries.
pub const FRAMES: &[Frame] = &[
    frame("hook message.before_post", "HookPayload.before_post", &["messages:intercept"]),
    frame("hook message.before_edit", "HookPayload.before_edit", &["messages:intercept"]),
    frame("hook message.before_delete", "HookPayload.before_delete", &["messages:intercept"]),
    frame("hook message.before_render", "HookPayload.before_render", &["messages:intercept"]),
    frame("hook reaction.before_add", "HookPayload.before_reaction", &["messages:intercept"]),
    frame("hook file.before_upload", "HookPayload.before_upload", &["files:intercept"]),
    frame("hook user.before_join", "HookPayload.before_join", &["users:intercept"]),
    frame("hook user.before_login", "HookPayload.before_login", &["users:intercept"]),
    frame("hook channel.before_create", "HookPayload.before_create", &["channels:intercept"]),
    frame("hook x.*", "HookPayload.custom", &["app:intercept"]),
    frame("event message.*", "Event.message", &["messages:read"]),
    frame("event reaction.*", "Event.reaction", &["messages:read"]),
    frame("event member.*", "Event.member", &["users:read"]),
    frame("event user.*", "Event.user", &["users:read"]),
    frame("event channel.*", "Event.channel", &["channels:read"]),
    frame("event file.*", "Event.file", &["files:read"]),
    frame("event app.*", "Event.app", &[]),
    // What apps and plugins make up themselves, and what a plugin's own schedules say.
    frame("event x.*", "Event.custom", &[]),
    frame("event plugin:*", "Event.custom", &[]),
    frame("event schedule.*", "Event.schedule", &[]),
    frame("command", "Call.command", &["commands:own"]),
    frame("command on a message", "Call.command", &["commands:own", "messages:read"]),
    frame("autocomplete", "Call.autocomplete", &["commands:own"]),
    frame("ui action", "Call.ui", &["ui:contribute"]),
    frame("http", "Call.http", &["http:serve"]),
    // It is the caller that needs plugins:call.
    frame("plugin call", "Call.plugin", &[]),
    // The session's own: they carry nothing of anybody's.
    frame("ping", "DaemonFrame.ping", &[]),
    frame("cancel", "DaemonFrame.cancel", &[]),
    frame("credit", "DaemonFrame.credit", &[]),
    frame("welcome", "DaemonFrame.welcome", &[]),
    frame("settings", "DaemonFrame.settings", &[]),
    frame("app", "DaemonFrame.app", &[]),
    frame("drain", "DaemonFrame.drain", &[]),
    frame("shutdown", "DaemonFrame.shutdown", &[]),
    frame("cancelled interaction", "DaemonFrame.cancel_interaction", &[]),
    frame("grants", "DaemonFrame.grants", &[]),
    frame("lifecycle", "DaemonFrame.lifecycle", &[]),
    // Pieces of a body whose call was let through.
    frame("chunk", "DaemonFrame.chunk", &[]),
];

/// The row of an RPC.
#[must_use]
pub fn of(path: &str) -> Option<&'static Rpc> {
    RPCS.iter().find(|rpc| rpc.path == path)
}

/// The row of a kind of frame.
///
/// # Panics
/// There is none: use it where the compiler evaluates it.
#[must_use]
pub const fn of_frame(kind: &str) -> &'static Frame {
    let mut at = 0;
    while at < FRAMES.len() {
        if is_same(FRAMES[at].kind, kind) {
            return &FRAMES[at];
        }
        at += 1;
    }
    panic!("no such kind of frame in the table")
}

/// Whether two words are the same, where the compiler asks.
#[must_use]
pub const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut at = 0;
    while at < one.len() {
        if one[at] != other[at] {
            return false;
        }
        at += 1;
    }
    true
}

const fn frame(kind: &'static str, branch: &'static str, needs: &'static [&'static str]) -> Frame {
    Frame { kind, branch, needs }
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

    /// Branches of the wire that carry others, which have rows of their own.
    const CARRIERS: [&str; 3] = ["DaemonFrame.call", "DaemonFrame.event", "Call.intercept"];

    // I78
    #[test]
    fn every_branch_that_is_pushed_to_a_plugin_has_its_row() {
        let descriptors = prost_types::FileDescriptorSet::decode(crate::DESCRIPTORS).unwrap();
        let messages = descriptors.file.iter().flat_map(|file| {
            let package = file.package();
            file.message_type.iter().map(move |it| (package, it))
        });
        let pushed = messages.filter(|(package, message)| {
            matches!(
                (*package, message.name()),
                ("outboard.plugin.v1", "DaemonFrame" | "Call")
                    | ("outboard.common.v1", "HookPayload" | "Event")
            )
        });
        let branches: BTreeSet<String> = pushed
            .flat_map(|(_, message)| {
                let of_choice = message.field.iter().filter(|it| it.oneof_index.is_some());
                of_choice.map(|field| format!("{}.{}", message.name(), field.name()))
            })
            .collect();
        let rows = FRAMES.iter().map(|it| it.branch).chain(CARRIERS).map(str::to_owned);
        assert_eq!(rows.collect::<BTreeSet<_>>(), branches);
        let kinds: BTreeSet<&str> = FRAMES.iter().map(|it| it.kind).collect();
        assert_eq!(kinds.len(), FRAMES.len(), "one row for each");
    }
}
