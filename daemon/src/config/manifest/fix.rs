//! `outboard check --fix`: writes into a manifest the handlers that the code registers and the
//! manifest lacks. It adds, and touches nothing an author wrote.

use super::{Handlers, Manifest};
use crate::config::permission::Permission;
use std::collections::BTreeSet;
use std::path::Path;
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, value};

/// The text with the missing handlers added, and the permissions they take; comments and order are
/// kept. A text that is no manifest comes back as it was: its faults come first.
pub fn fix(text: &str, registered: &Handlers) -> String {
    let declared = Manifest::parse(text, Path::new(super::FILE_NAME));
    let (Ok(declared), Ok(mut document)) = (declared, text.parse::<DocumentMut>()) else {
        return text.to_owned();
    };
    let missing = registered.without(&declared.handlers());
    let asked = declared.asks.permissions();
    for permission in needed_by(&missing).into_iter().filter(|it| !asked.contains(it)) {
        push(&mut document, "permissions", permission_table(permission));
    }
    for hook in &missing.hooks {
        push(&mut document, "hooks", table([("on", value(hook.as_str()))]));
    }
    if !missing.events.is_empty() {
        let types: Array = missing.events.iter().map(super::EventType::as_str).collect();
        push(&mut document, "events", table([("on", value(types))]));
    }
    for command in &missing.commands {
        push(&mut document, "commands", table([("name", value(command.as_str()))]));
    }
    for method in &missing.methods {
        push(&mut document, "methods", table([("name", value(method))]));
    }
    for route in &missing.routes {
        let methods: Array = ["GET"].into_iter().collect();
        let (path, access) = (value(route), value("signed-in"));
        push(
            &mut document,
            "http",
            table([("path", path), ("methods", value(methods)), ("access", access)]),
        );
    }
    // When a schedule fires, its author must say.
    document.to_string()
}

fn needed_by(handlers: &Handlers) -> Vec<Permission> {
    let seen: BTreeSet<Permission> =
        handlers.events.iter().filter_map(super::EventType::permission).collect();
    let needs = [
        (!handlers.commands.is_empty(), Permission::CommandsOwn),
        (!handlers.routes.is_empty(), Permission::HttpServe),
    ];
    let others = needs.into_iter().filter(|(needed, _)| *needed).map(|(_, permission)| permission);
    let to_be_asked: BTreeSet<_> = handlers.hooks.iter().map(super::Hook::permission).collect();
    seen.into_iter().chain(others).chain(to_be_asked).collect()
}

fn permission_table(permission: Permission) -> Table {
    let (resource, action) = permission.as_str().split_once(':').unwrap_or_default();
    let reason = value("… (say why: the operator reads this)");
    let actions: Array = [action].into_iter().collect();
    table([("resource", value(resource)), ("actions", value(actions)), ("reason", reason)])
}

fn table<const N: usize>(entries: [(&str, Item); N]) -> Table {
    entries.into_iter().collect()
}

/// Appends to the array of tables, or to the inline list where the author wrote one.
fn push(document: &mut DocumentMut, key: &str, added: Table) {
    let item = document.entry(key).or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    match item {
        Item::ArrayOfTables(tables) => tables.push(added),
        Item::Value(toml_edit::Value::Array(list)) => list.push(added.into_inline_table()),
        Item::None | Item::Value(_) | Item::Table(_) => {}
    }
}
