//! What a person meant: a subcommand and typed arguments, or help.
//!
//! Pure. It refuses to know who may do that, and which plugin it concerns.

use std::collections::BTreeMap;

use outboard_proto::app::RunCommand;
use outboard_proto::common::Value;

use super::help;
use crate::config::manifest::{CommandDecl, Form, SubcommandDecl, Target};
use crate::config::nearest::nearest;
use crate::routing::arguments;

/// What was meant.
#[derive(Debug, PartialEq)]
pub enum Understood {
    /// To be told this.
    Help(String),
    /// To have it run.
    Run {
        /// Empty where it has none.
        subcommand: String,
        /// By name.
        args: BTreeMap<String, Value>,
    },
}

/// Reads a line, a form or a menu's choice.
///
/// # Errors
/// A sentence for the person.
pub fn understand(decl: &CommandDecl, request: &RunCommand) -> Result<Understood, String> {
    let from_form = !request.values.is_empty() || !request.subcommand.is_empty();
    match &decl.form {
        Form::Menu(target, _) => chosen(decl, *target, request),
        Form::Plain(_) | Form::Split(_) if from_form => filled_in(decl, request),
        Form::Plain(_) | Form::Split(_) => typed(decl, &request.text),
    }
}

fn chosen(decl: &CommandDecl, target: Target, request: &RunCommand) -> Result<Understood, String> {
    let (there, what) = match target {
        Target::Message => (request.target_message.is_some(), "message"),
        Target::User => (request.target_user.is_some(), "user"),
    };
    if there {
        return Ok(Understood::Run { subcommand: String::new(), args: BTreeMap::new() });
    }
    Err(format!("{} is run on a {what}, from its menu", decl.name.as_str()))
}

fn filled_in(decl: &CommandDecl, request: &RunCommand) -> Result<Understood, String> {
    let subcommand = request.subcommand.clone();
    let Some(args) = decl.args_of(&subcommand) else { return Err(no_such(decl, &subcommand)) };
    let args = arguments::check(args, request.values.clone())?;
    Ok(Understood::Run { subcommand, args })
}

fn typed(decl: &CommandDecl, text: &str) -> Result<Understood, String> {
    if let Some(wanted) = help::wanted(decl, text) {
        return Ok(Understood::Help(help::text(decl, wanted)));
    }
    let text = text.trim();
    let (subcommand, rest) = match &decl.form {
        Form::Split(_) => text.split_once(char::is_whitespace).unwrap_or((text, "")),
        Form::Plain(_) | Form::Menu(..) => ("", text),
    };
    let Some(args) = decl.args_of(subcommand) else { return Err(no_such(decl, subcommand)) };
    let args = arguments::parse(args, rest)?;
    Ok(Understood::Run { subcommand: subcommand.to_owned(), args })
}

fn no_such(decl: &CommandDecl, subcommand: &str) -> String {
    let name = decl.name.as_str();
    let all: &[SubcommandDecl] = match &decl.form {
        Form::Split(all) => all,
        Form::Plain(_) | Form::Menu(..) => return format!("{name} has no subcommands"),
    };
    let names = || all.iter().map(|it| it.name.as_str());
    if subcommand.is_empty() {
        return format!("{name} needs one of {}", names().collect::<Vec<_>>().join(", "));
    }
    match nearest(subcommand, names()) {
        Some(hint) => format!("{name} has no {subcommand}: {hint}"),
        None => format!("{name} has no {subcommand}"),
    }
}

#[cfg(test)]
mod tests;
