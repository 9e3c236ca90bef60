//! The slash commands that people may run now, as the page helps with them.
//!
//! It refuses to know what a command does.

use outboard_app::Catalogue;
use outboard_app::common::{ArgumentInfo, CommandInfo, CommandKind};
use serde::Serialize;

/// One command.
#[derive(Debug, Clone, Serialize)]
pub struct Command {
    pub name: String,
    pub plugin: String,
    pub description: String,
    /// Its arguments as one types them, such as `<dice> [reason…]`.
    pub usage: String,
    /// Arguments that its plugin has something to offer for, in their order.
    pub completes: Vec<Option<String>>,
    /// Why it cannot be run now; empty if it can.
    pub unavailable: String,
}

/// The daemon's catalogue in the page's words.
pub fn read(catalogue: &Catalogue) -> Vec<Command> {
    // Those of menus are for chats that have menus.
    let of_menu = |it: &&CommandInfo| matches!(it.kind(), CommandKind::Message | CommandKind::User);
    let typed = catalogue.commands.iter().filter(|it| !of_menu(it));
    typed.map(command).collect()
}

fn command(info: &CommandInfo) -> Command {
    let names = info.subcommands.iter().map(|it| it.name.as_str());
    let which = names.collect::<Vec<_>>().join("|");
    let which = (!which.is_empty()).then(|| format!("<{which}> …"));
    let usage: Vec<_> = which.into_iter().chain(info.args.iter().map(argument)).collect();
    Command {
        name: info.name.clone(),
        plugin: info.plugin.clone(),
        description: info.description.clone(),
        usage: usage.join(" "),
        completes: info.args.iter().map(completes).collect(),
        unavailable: info.unavailable.clone(),
    }
}

fn completes(info: &ArgumentInfo) -> Option<String> {
    let offered = info.autocomplete || !info.suggestions.is_empty() || !info.choices.is_empty();
    offered.then(|| info.name.clone())
}

fn argument(info: &ArgumentInfo) -> String {
    let rest = if info.rest { "…" } else { "" };
    let name = match info.choices.is_empty() {
        true => info.name.clone(),
        false => info.choices.join("|"),
    };
    match info.optional {
        true => format!("[{name}{rest}]"),
        false => format!("<{name}{rest}>"),
    }
}
