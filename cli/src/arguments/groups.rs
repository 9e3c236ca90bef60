//! The help's list of commands, by what somebody wants to do. It knows the commands' names and
//! refuses to know what they do: each says that itself.

use std::fmt::Write as _;

use clap::{Command, CommandFactory as _, FromArgMatches as _};

use super::Arguments;

/// What people want, and the commands for it. What stands nowhere stands below [`REST`].
const GROUPS: [(&str, &[&str]); 5] = [
    (
        "Look",
        &[
            "list", "status", "watch", "logs", "trace", "stats", "popular", "usage", "audit",
            "order", "doctor",
        ],
    ),
    (
        "Run plugins",
        &[
            "load", "unload", "enable", "disable", "restart", "reset", "grants", "settings", "set",
            "revert", "bypass",
        ],
    ),
    ("What plugins keep and hold", &["storage", "held", "dead-letters", "forget"]),
    ("Write plugins", &["new", "dev", "check", "debug"]),
    (
        "The daemon",
        &["reload", "diff", "backup", "restore", "metrics", "alerts", "version", "completions"],
    ),
];

/// Where a command stands that is in no group.
const REST: &str = "More";

/// The command line with its help in groups.
pub fn command() -> Command {
    let command = Arguments::command();
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n{}\n\
         Options:\n{{options}}{{after-help}}",
        listed(&command)
    );
    command.help_template(template)
}

/// What was typed. Ends the process where that is no command line, or asks for help.
pub fn parse() -> Arguments {
    let matches = command().get_matches();
    Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit())
}

fn listed(command: &Command) -> String {
    let about = |it: &Command| it.get_about().map(ToString::to_string).unwrap_or_default();
    let all: Vec<(String, String)> =
        command.get_subcommands().map(|it| (it.get_name().to_owned(), about(it))).collect();
    let known: Vec<&str> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    let rest: Vec<&str> =
        all.iter().map(|(name, _)| name.as_str()).filter(|name| !known.contains(name)).collect();
    let mut text = String::new();
    for (group, names) in GROUPS.iter().copied().chain([(REST, rest.as_slice())]) {
        let mut named =
            names.iter().filter_map(|name| all.iter().find(|it| it.0 == *name)).peekable();
        if named.peek().is_some() {
            let _ = write!(text, "\n{group}:\n");
        }
        for (name, about) in named {
            let _ = writeln!(text, "  {name:<12}  {about}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_listed_once() {
        let command = Arguments::command();
        let list = listed(&command);
        for subcommand in command.get_subcommands() {
            let begins = format!("  {:<12}  ", subcommand.get_name());
            assert_eq!(list.matches(&begins).count(), 1, "{begins}{list}");
        }
        assert!(!list.contains(REST), "a command needs a group:\n{list}");
    }
}
