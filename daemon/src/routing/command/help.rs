//! A command's usage and help, made of its declaration.
//!
//! Pure; plain text, for chats show it as it is. It refuses to know who asks.

use std::fmt::Write as _;

use crate::config::manifest::{ArgDecl, ArgKind, CommandDecl, Extent, Form, Presence, Target};

/// The words that ask for help instead of being an argument.
const WORDS: [&str; 2] = ["help", "--help"];

/// What somebody wants help with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted<'t> {
    /// All of it.
    Command,
    /// One subcommand.
    Subcommand(&'t str),
}

/// Whether what was typed asks for help: `help`, `--help`; of a command with subcommands also
/// `help SUB`, `SUB help`, `SUB --help`. A word in quotes is an argument, as is a subcommand that
/// has this name.
pub fn wanted<'t>(decl: &CommandDecl, text: &'t str) -> Option<Wanted<'t>> {
    let words: Vec<&str> = text.split_whitespace().take(3).collect();
    let is_sub = |word: &str| decl.args_of(word).is_some();
    match (&decl.form, &words[..]) {
        (Form::Plain(_), [word]) if WORDS.contains(word) => Some(Wanted::Command),
        (Form::Split(_), [word]) if WORDS.contains(word) && !is_sub(word) => Some(Wanted::Command),
        (Form::Split(_), ["help", sub]) if !is_sub("help") && is_sub(sub) => {
            Some(Wanted::Subcommand(sub))
        }
        (Form::Split(_), [sub, word]) if is_sub(sub) && WORDS.contains(word) => {
            Some(Wanted::Subcommand(sub))
        }
        (Form::Plain(_) | Form::Split(_) | Form::Menu(..), _) => None,
    }
}

/// How it is typed, a line a subcommand.
pub fn usage(decl: &CommandDecl) -> String {
    let name = decl.name.as_str();
    match &decl.form {
        Form::Plain(args) => line(name, args),
        Form::Split(all) => {
            let lines =
                all.iter().map(|it| line(&format!("{name} {}", it.name.as_str()), &it.args));
            lines.collect::<Vec<_>>().join("\n")
        }
        Form::Menu(Target::Message, title) => format!("{title:?} in the menu of a message"),
        Form::Menu(Target::User, title) => format!("{title:?} in the menu of a user"),
    }
}

/// The whole help.
pub fn text(decl: &CommandDecl, wanted: Wanted<'_>) -> String {
    let name = decl.name.as_str();
    match (&decl.form, wanted) {
        (Form::Split(all), Wanted::Subcommand(sub)) => {
            let found = all.iter().find(|it| it.name.as_str() == sub);
            found.map_or_else(String::new, |it| {
                about(&line(&format!("{name} {sub}"), &it.args), &it.description, &it.args)
            })
        }
        (Form::Split(all), Wanted::Command) => {
            let mut text = about(&usage(decl), &decl.description, &[]);
            let width = all.iter().map(|it| it.name.as_str().len()).max().unwrap_or(0);
            for it in all {
                push(&mut text, &format!("  {:width$}  {}", it.name.as_str(), it.description));
            }
            push(&mut text, &format!("More: /{name} help {}", all[0].name.as_str()));
            text + &aliases(decl)
        }
        (Form::Plain(args), _) => about(&usage(decl), &decl.description, args) + &aliases(decl),
        (Form::Menu(..), _) => about(&usage(decl), &decl.description, &[]),
    }
}

fn about(usage: &str, description: &str, args: &[ArgDecl]) -> String {
    let mut text = usage.to_owned();
    if !description.is_empty() {
        push(&mut text, description);
    }
    let width = args.iter().map(|arg| arg.name.len()).max().unwrap_or(0);
    for arg in args {
        let mut says = vec![wanted_of(&arg.kind)];
        says.extend((arg.presence == Presence::Optional).then(|| "optional".to_owned()));
        says.extend((!arg.description.is_empty()).then(|| arg.description.clone()));
        push(&mut text, &format!("  {:width$}  {}", arg.name, says.join(", ")));
    }
    text
}

fn push(text: &mut String, line: &str) {
    // A string takes all.
    let _ = write!(text, "\n{}", line.trim_end());
}

fn aliases(decl: &CommandDecl) -> String {
    let names: Vec<String> = decl.aliases.iter().map(|it| format!("/{}", it.as_str())).collect();
    if names.is_empty() { String::new() } else { format!("\nAlso: {}", names.join(", ")) }
}

fn line(name: &str, args: &[ArgDecl]) -> String {
    let arg = |arg: &ArgDecl| {
        let dots = if arg.extent == Extent::Rest { "…" } else { "" };
        match arg.presence {
            Presence::Required => format!(" {}{dots}", arg.name),
            Presence::Optional => format!(" [{}{dots}]", arg.name),
        }
    };
    format!("/{name}{}", args.iter().map(arg).collect::<String>())
}

/// What an argument can be, in a person's words.
pub fn wanted_of(kind: &ArgKind) -> String {
    match kind {
        ArgKind::String => "a text".to_owned(),
        ArgKind::Integer => "a whole number".to_owned(),
        ArgKind::Number => "a number".to_owned(),
        ArgKind::Boolean => "yes or no".to_owned(),
        ArgKind::User => "a user".to_owned(),
        ArgKind::Channel => "a channel".to_owned(),
        ArgKind::Choice(choices) => format!("one of {}", choices.join(", ")),
    }
}
