//! What one argument of a command may be, and how much of the line it takes. It knows the
//! declaration; the text a person types is parsed elsewhere.

use crate::config::fault::Problem;
use crate::config::manifest::about::plain;
use crate::config::section::Section;

/// One argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArgDecl {
    /// Its name, as a handler asks for it.
    pub name: String,
    /// Shown in help.
    pub description: String,
    /// What it can be.
    pub kind: ArgKind,
    /// What may be offered while it is typed.
    pub suggestions: Vec<String>,
    /// Who knows what to offer.
    pub completion: Completion,
    /// Whether it may be left out.
    pub presence: Presence,
    /// How much of the line it takes.
    pub extent: Extent,
}

/// What an argument can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ArgKind {
    /// Any text.
    String,
    /// A whole number, 64 bits.
    Integer,
    /// A number with a fraction.
    Number,
    /// Yes or no.
    Boolean,
    /// A user of the app's.
    User,
    /// A channel of the app's.
    Channel,
    /// One of these. Never empty.
    Choice(Vec<String>),
}

impl ArgKind {
    /// As manifests write it.
    pub const fn as_str(&self) -> &'static str {
        match self {
            ArgKind::String => "string",
            ArgKind::Integer => "integer",
            ArgKind::Number => "number",
            ArgKind::Boolean => "boolean",
            ArgKind::User => "user",
            ArgKind::Channel => "channel",
            ArgKind::Choice(_) => "choice",
        }
    }

    /// Whether a plugin may have something to offer while it is typed.
    const fn completes(&self) -> bool {
        match self {
            ArgKind::String | ArgKind::Integer | ArgKind::Number => true,
            ArgKind::Boolean | ArgKind::User | ArgKind::Channel | ArgKind::Choice(_) => false,
        }
    }
}

/// Who knows what to offer while an argument is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Completion {
    /// The manifest alone.
    Declared,
    /// The plugin is asked; the manifest where it does not answer in time.
    Plugin,
}

/// Whether an argument may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Presence {
    /// It must be there.
    Required,
    /// It may be left out.
    Optional,
}

/// How much of the line an argument takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Extent {
    /// One word, or several in quotes.
    Word,
    /// Everything that is left, as it was typed.
    Rest,
}

/// Reads `args`.
pub fn read_all(entry: &Section<'_>) -> Vec<ArgDecl> {
    let mut args: Vec<ArgDecl> = Vec::new();
    for table in entry.sections("args") {
        let Some(arg) = read_arg(&table) else { continue };
        if let Some(problem) = out_of_place(&arg, &args) {
            table.fault("name", problem);
        }
        args.push(arg);
    }
    args
}

/// What is wrong with an argument among those before it. Words are handed out from the left, so a
/// required one after an optional one, or any after the rest, could never be told apart.
fn out_of_place(arg: &ArgDecl, before: &[ArgDecl]) -> Option<Problem> {
    let name = &arg.name;
    if before.iter().any(|it| it.name == *name) {
        return Some(Problem::new(format!("argument {name} is declared twice")));
    }
    let last = before.last()?;
    if last.extent == Extent::Rest {
        return Some(Problem::new(format!("{} takes the rest and must come last", last.name)));
    }
    let optional_before = last.presence == Presence::Optional;
    (optional_before && arg.presence == Presence::Required)
        .then(|| Problem::new(format!("required argument {name} after optional {}", last.name)))
}

fn read_arg(table: &Section<'_>) -> Option<ArgDecl> {
    let name = table.needed("name", "\"dice\"").and_then(|it| it.parse(argument_name));
    let description = table.field("description").and_then(|it| it.parse(plain));
    let kind = read_kind(table);
    let optional = table.field("optional").and_then(|it| it.flag()).unwrap_or(false);
    let rest = table.field("rest").and_then(|it| it.flag()).unwrap_or(false);
    if rest && kind.as_ref().is_some_and(|it| *it != ArgKind::String) {
        table.fault("rest", Problem::new("only a string can take the rest of the line"));
    }
    let suggestions = table.field("suggestions").map(|it| it.parse_list(plain));
    let asked = table.field("autocomplete").and_then(|it| it.flag()).unwrap_or(false);
    let completes = kind.as_ref().is_none_or(ArgKind::completes);
    for (key, given) in [("suggestions", suggestions.is_some()), ("autocomplete", asked)] {
        if given && !completes {
            table.fault(key, Problem::new("its values are known, or the app's to offer"));
        }
    }
    table.close();
    Some(ArgDecl {
        name: name?,
        description: description.unwrap_or_default(),
        kind: kind?,
        suggestions: suggestions.unwrap_or_default(),
        completion: if asked { Completion::Plugin } else { Completion::Declared },
        presence: if optional { Presence::Optional } else { Presence::Required },
        extent: if rest { Extent::Rest } else { Extent::Word },
    })
}

fn argument_name(text: &str) -> Result<String, Problem> {
    let inner = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || b"_-".contains(&it);
    let begins_well = text.starts_with(|it: char| it.is_ascii_lowercase());
    match begins_well && text.len() <= 32 && text.bytes().all(inner) {
        true => Ok(text.to_owned()),
        false => Err(Problem::new(format!("{text:?} is not an argument name"))
            .hint("1 to 32 of a-z, 0-9, _ and -, a letter first")),
    }
}

fn read_kind(table: &Section<'_>) -> Option<ArgKind> {
    let choices = table.field("choices").map(|it| it.parse_list(plain));
    let kind = table.needed("type", "\"string\"")?.parse(kind)?;
    match (kind, choices) {
        (ArgKind::Choice(_), Some(choices)) if !choices.is_empty() => {
            Some(ArgKind::Choice(choices))
        }
        (ArgKind::Choice(_), _) => {
            let problem = Problem::new("a choice needs something to choose from");
            table.fault("type", problem.hint("choices = [\"red\", \"blue\"]"));
            None
        }
        (kind, Some(_)) => {
            table.fault("choices", Problem::new("only type = \"choice\" takes choices"));
            Some(kind)
        }
        (kind, None) => Some(kind),
    }
}

fn kind(text: &str) -> Result<ArgKind, Problem> {
    let kinds = [
        ArgKind::String,
        ArgKind::Integer,
        ArgKind::Number,
        ArgKind::Boolean,
        ArgKind::User,
        ArgKind::Channel,
        ArgKind::Choice(Vec::new()),
    ];
    let names = "string, integer, number, boolean, user, channel or choice";
    let refused = || Problem::new(format!("no such type: {text:?}")).hint(names);
    kinds.into_iter().find(|it| it.as_str() == text).ok_or_else(refused)
}
