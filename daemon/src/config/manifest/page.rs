//! docs/hooks-and-events.md, made from the protos and from what the daemon knows of hooks and
//! events: this is its generator, and the proof that what is committed is fresh.
//!
//! `OUTBOARD_WRITE_DOCS=1 cargo test -p outboardd page` writes it anew.

use std::fmt::Write as _;
use std::path::Path;

use outboard_proto::DESCRIPTORS;
use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet};

use super::event::{KNOWN as EVENTS, permission_for};
use super::hook::{Deed, Hook};
use crate::config::amount::show_duration;

const HEAD: &str = "# Hooks and events

Made from the protos and the daemon's own tables; a test holds it to them. What a plugin is asked
before something happens, and what it is told of afterwards. How to write handlers is in
[writing-a-plugin.md](writing-a-plugin.md), how to call hooks in
[connecting-a-chat-server.md](connecting-a-chat-server.md), the frames in
[protocol.md](protocol.md).

";

const HOOKS: &str = "## Hooks

Every hook may be answered by *continue* and *reject*. What a transform may answer besides stands in
the table; a validator may answer *hold* where a transform may, and nothing else. The budget is the
whole pipeline's where the app names none; one plugin has `timeout` of it, by default what stands
behind the comma. An app that is not told that anyone intercepts a hook need not ask.

| hook | payload | transforms may also | budget, time-out | permission |
| --- | --- | --- | --- | --- |
";

const EVENTS_HEAD: &str = "
## Events

| event | payload | permission |
| --- | --- | --- |
";

fn page() -> String {
    let set = FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    let messages: Vec<&DescriptorProto> = set
        .file
        .iter()
        .filter(|file| file.package() == "outboard.common.v1")
        .flat_map(|file| &file.message_type)
        .collect();
    let find = |name: &str| *messages.iter().find(|it| it.name() == name).unwrap();
    let mut page = format!("{HEAD}{HOOKS}");
    let payload = find("HookPayload");
    let custom: Hook = "x.app.name".parse().unwrap();
    for (hook, number) in Hook::KNOWN.into_iter().chain([custom]).zip(1..) {
        let branch = payload.field.iter().find(|it| it.number() == number).unwrap();
        page.push_str(&hook_line(&hook, branch));
    }
    page.push_str(CHANGES);
    page.push_str(EVENTS_HEAD);
    let event = find("Event");
    for name in EVENTS.into_iter().chain(["x.<app>.<name>", "plugin:<name>:<event>"]) {
        let branch = event.field.iter().find(|it| it.name() == branch_of(name)).unwrap();
        page.push_str(&event_line(name, branch));
    }
    page.push_str("\n## Payloads\n");
    for name in payloads(&[payload, event], &messages) {
        write!(page, "\n**{name}**: {}\n", fields(find(name))).unwrap();
    }
    page
}

const CHANGES: &str = "
*replace* may change a message's body and attachments and the metadata under the plugin's own name;
of messages about to be shown, only the bodies of those that may change; of what the app made up,
its JSON, which stays JSON. Anything else that differs is no answer: the act goes on as it was, and
the plugin is skipped with cause `protocol`.
";

fn hook_line(hook: &Hook, branch: &FieldDescriptorProto) -> String {
    let deeds = [(Deed::Replace, "replace"), (Deed::Handle, "handle"), (Deed::Hold, "hold")];
    let may: Vec<&str> =
        deeds.into_iter().filter(|(deed, _)| hook.allows(*deed)).map(|(_, it)| it).collect();
    let name = match hook {
        Hook::Custom(_) => "x.<app>.<name>",
        known => known.as_str(),
    };
    format!(
        "| `{name}` | `{}`: {} | {} | {}, {} | `{}` |\n",
        branch.name(),
        type_of(branch),
        if may.is_empty() { "—".to_owned() } else { may.join(", ") },
        show_duration(hook.budget()),
        show_duration(hook.timeout()),
        hook.permission()
    )
}

fn event_line(name: &str, branch: &FieldDescriptorProto) -> String {
    let permission = permission_for(name).map(|it| format!("`{it}`"));
    let permission = permission.unwrap_or_else(|| "—".to_owned());
    format!("| `{name}` | `{}`: {} | {permission} |\n", branch.name(), type_of(branch))
}

/// The branch of an event's payload, by the first word of its type.
fn branch_of(event: &str) -> &'static str {
    match event.split('.').next() {
        Some("message") => "message",
        Some("reaction") => "reaction",
        Some("member") => "member",
        Some("user") => "user",
        Some("channel") => "channel",
        Some("file") => "file",
        Some("app") => "app",
        Some("x") => "custom",
        Some(own) if own.starts_with("plugin:") => "custom",
        other => panic!("which payload has {other:?}?"),
    }
}

/// Every message that stands in these, by name.
fn payloads<'m>(roots: &[&'m DescriptorProto], all: &[&'m DescriptorProto]) -> Vec<&'m str> {
    let mut found: Vec<&str> = Vec::new();
    let mut open: Vec<&DescriptorProto> = roots.to_vec();
    while let Some(message) = open.pop() {
        let inner = message.field.iter().filter(|it| it.r#type() == Type::Message);
        for name in inner.map(|it| it.type_name().rsplit('.').next().unwrap_or_default()) {
            let Some(next) = all.iter().find(|it| it.name() == name) else { continue };
            if !found.contains(&next.name()) {
                found.push(next.name());
                open.push(next);
            }
        }
    }
    found.sort_unstable();
    found
}

fn fields(message: &DescriptorProto) -> String {
    let field = |it: &FieldDescriptorProto| {
        let list = if it.label() == Label::Repeated { "list of " } else { "" };
        format!("`{}` {list}{}", it.name(), type_of(it))
    };
    message.field.iter().map(field).collect::<Vec<_>>().join(" · ")
}

fn type_of(field: &FieldDescriptorProto) -> String {
    match field.r#type() {
        Type::Message | Type::Enum => {
            let name = field.type_name().rsplit('.').next().unwrap_or_default();
            if name.ends_with("Entry") { "map".to_owned() } else { name.to_owned() }
        }
        Type::String => "text".to_owned(),
        Type::Bytes => "bytes".to_owned(),
        Type::Bool => "yes or no".to_owned(),
        _ => "number".to_owned(),
    }
}

#[test]
fn the_page_of_hooks_and_events_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/hooks-and-events.md");
    let page = page();
    if std::env::var_os("OUTBOARD_WRITE_DOCS").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(committed, page, "run: OUTBOARD_WRITE_DOCS=1 cargo test -p outboardd page");
}
