//! `[[commands]]`: commands a plugin owns, who may run them where, and how. It knows the
//! declaration; the text a person types is parsed elsewhere.

use super::about::plain;
use crate::config::fault::Problem;
use crate::config::name::CommandName;
use crate::config::section::Section;
use std::collections::BTreeSet;

pub mod argument;

pub use argument::{ArgDecl, ArgKind, Completion, Extent, Presence};

/// One command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandDecl {
    /// Its name, without the slash.
    pub name: CommandName,
    /// Other names that run it; a menu's command has none.
    pub aliases: BTreeSet<CommandName>,
    /// Shown in help and lists.
    pub description: String,
    /// Who may run it.
    pub allow: Audience,
    /// Where it may be run; empty means everywhere.
    pub venues: BTreeSet<Venue>,
    /// How people reach it.
    pub form: Form,
}

/// How people reach a command, and what it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// Typed, with these arguments: required ones first, then optional ones, `Rest` last.
    Plain(Vec<ArgDecl>),
    /// Typed, one of these first. Never empty.
    Split(Vec<SubcommandDecl>),
    /// Chosen from a menu, under this title.
    Menu(Target, String),
}

/// What a menu's command is run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A message.
    Message,
    /// A user.
    User,
}

/// One of the things a command can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubcommandDecl {
    /// Its name.
    pub name: CommandName,
    /// Shown in help.
    pub description: String,
    /// What it takes, as a command's.
    pub args: Vec<ArgDecl>,
}

impl CommandDecl {
    /// Whether it is run by this name.
    pub fn answers_to(&self, name: &str) -> bool {
        self.names().any(|own| own == name)
    }

    /// Its name and its aliases.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.name).chain(&self.aliases).map(CommandName::as_str)
    }

    /// What it takes; `subcommand` is empty where it has none. `None` where there is no such
    /// subcommand, or it is a menu's.
    pub fn args_of(&self, subcommand: &str) -> Option<&[ArgDecl]> {
        match &self.form {
            Form::Plain(args) if subcommand.is_empty() => Some(args),
            Form::Split(all) => {
                all.iter().find(|it| it.name.as_str() == subcommand).map(|it| &it.args[..])
            }
            Form::Plain(_) | Form::Menu(..) => None,
        }
    }
}

/// Who may run a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    /// Everyone.
    Everyone,
    /// Whoever has one of these roles of the app's. Never empty.
    Roles(BTreeSet<String>),
}

/// A kind of place where a command may be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Venue {
    /// A public or private channel.
    Channel,
    /// Two people's conversation.
    Direct,
    /// A few people's conversation.
    Group,
}

impl Venue {
    /// As manifests write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Venue::Channel => "channel",
            Venue::Direct => "direct",
            Venue::Group => "group",
        }
    }
}

/// Reads `[[commands]]`.
pub fn read_all(root: &Section<'_>) -> Vec<CommandDecl> {
    let mut commands: Vec<CommandDecl> = Vec::new();
    for entry in root.sections("commands") {
        let Some(command) = read(&entry) else { continue };
        for name in command.names() {
            if commands.iter().any(|it| it.answers_to(name)) {
                entry.fault("name", Problem::new(format!("/{name} is declared twice")));
            }
        }
        commands.push(command);
    }
    commands
}

fn read(entry: &Section<'_>) -> Option<CommandDecl> {
    let name = entry.needed("name", "\"roll\"").and_then(|it| it.parse(str::parse));
    let aliases = entry.field("aliases").map(|it| it.parse_list(str::parse)).unwrap_or_default();
    let description = entry.field("description").and_then(|it| it.parse(plain));
    let roles = entry.field("allow").map(|it| it.parse_list(role)).unwrap_or_default();
    let venues = entry.field("where").map(|it| it.parse_list(venue)).unwrap_or_default();
    let form = read_form(entry, name.as_ref());
    entry.close();
    let name: CommandName = name?;
    let aliases: BTreeSet<CommandName> = aliases.into_iter().collect();
    check_aliases(entry, &name, &aliases, &form);
    let allow = match roles.is_empty() {
        true => Audience::Everyone,
        false => Audience::Roles(roles.into_iter().collect()),
    };
    Some(CommandDecl {
        name,
        aliases,
        description: description.unwrap_or_default(),
        allow,
        venues: venues.into_iter().collect(),
        form,
    })
}

fn check_aliases(
    entry: &Section<'_>,
    name: &CommandName,
    aliases: &BTreeSet<CommandName>,
    form: &Form,
) {
    if aliases.contains(name) {
        entry.fault("aliases", Problem::new(format!("{name} is its name already")));
    }
    if !aliases.is_empty() && matches!(form, Form::Menu(..)) {
        entry.fault("aliases", Problem::new("nobody types a menu's command"));
    }
}

/// A kind decides which other keys there may be.
fn read_form(entry: &Section<'_>, name: Option<&CommandName>) -> Form {
    let target = entry.field("kind").and_then(|it| it.parse(kind)).flatten();
    let title = entry.field("title").and_then(|it| it.parse(plain));
    let args = argument::read_all(entry);
    let subcommands = read_subcommands(entry);
    let refuse = |key: &str, why: &str| entry.fault(key, Problem::new(why.to_owned()));
    match target {
        Some(target) => {
            if !args.is_empty() {
                refuse("args", "a menu's command takes no arguments");
            }
            if !subcommands.is_empty() {
                refuse("subcommands", "a menu's command has no subcommands");
            }
            let name = name.map(|name| name.as_str().to_owned());
            Form::Menu(target, title.or(name).unwrap_or_default())
        }
        None => {
            if title.is_some() {
                refuse("title", "only a menu's command has a title");
            }
            if !args.is_empty() && !subcommands.is_empty() {
                refuse("args", "a command has arguments or subcommands: give these to those");
            }
            if subcommands.is_empty() { Form::Plain(args) } else { Form::Split(subcommands) }
        }
    }
}

/// What a menu's command is run on; nothing for a typed one.
fn kind(text: &str) -> Result<Option<Target>, Problem> {
    match text {
        "slash" => Ok(None),
        "message" => Ok(Some(Target::Message)),
        "user" => Ok(Some(Target::User)),
        other => {
            let problem = Problem::new(format!("no such kind of command: {other:?}"));
            Err(problem.hint("slash, message or user"))
        }
    }
}

fn read_subcommands(entry: &Section<'_>) -> Vec<SubcommandDecl> {
    let mut found: Vec<SubcommandDecl> = Vec::new();
    for table in entry.sections("subcommands") {
        let name = table.needed("name", "\"add\"").and_then(|it| it.parse(str::parse));
        let description = table.field("description").and_then(|it| it.parse(plain));
        let args = argument::read_all(&table);
        table.close();
        let Some(name) = name else { continue };
        let name: CommandName = name;
        if found.iter().any(|it| it.name == name) {
            table.fault("name", Problem::new(format!("subcommand {name} is declared twice")));
        }
        found.push(SubcommandDecl { name, description: description.unwrap_or_default(), args });
    }
    found
}

fn role(text: &str) -> Result<String, Problem> {
    match text.strip_prefix("role:") {
        Some(role) if !role.is_empty() => plain(role),
        _ => Err(Problem::new(format!("{text:?} names no role")).hint("\"role:member\"")),
    }
}

fn venue(text: &str) -> Result<Venue, Problem> {
    let venues = [Venue::Channel, Venue::Direct, Venue::Group];
    let refused =
        || Problem::new(format!("no such place: {text:?}")).hint("channel, direct or group");
    venues.into_iter().find(|it| it.as_str() == text).ok_or_else(refused)
}
