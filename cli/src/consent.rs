//! Asking a person which permissions a plugin gets. It knows how to ask and how to read the
//! answer; what a permission allows is the daemon's business.

use std::io::BufRead;

use crate::escape;
use crate::page;
use crate::report::Grant;
use crate::screen::Screen;

/// What the person said.
#[derive(Debug, PartialEq, Eq)]
pub enum Consent {
    /// Load it with these.
    Granted(Vec<String>),
    /// Do not load it.
    Refused,
}

/// Shows what is asked for, with the author's reasons, and reads the answer. Whoever says nothing
/// refuses.
pub fn ask(screen: &Screen, plugin: &str, asks: &[Grant], input: &mut impl BufRead) -> Consent {
    screen.say(&format!("{} asks for:", escape::line(plugin)));
    screen.say(page::asks(asks).trim_end());
    loop {
        screen.prompt(question(asks));
        let mut answer = String::new();
        match input.read_line(&mut answer) {
            Ok(0) | Err(_) => return Consent::Refused,
            Ok(_) => {}
        }
        match answered(asks, answer.trim()) {
            Ok(consent) => return consent,
            Err(why) => screen.say(&why),
        }
    }
}

/// A yes or a no before something that cannot be undone.
pub fn confirm(screen: &Screen, question: &str, input: &mut impl BufRead) -> bool {
    screen.prompt(&format!("{question} [y/n]"));
    let mut answer = String::new();
    let read = input.read_line(&mut answer);
    read.is_ok() && matches!(answer.trim(), "y" | "yes")
}

fn question(asks: &[Grant]) -> &'static str {
    if asks.iter().any(|ask| ask.optional) {
        "Grant them? [y]es all, only the [r]equired, [n]o, or a list such as messages:read"
    } else {
        "Grant them? [y]es, [n]o, or a list such as messages:read"
    }
}

fn answered(asks: &[Grant], answer: &str) -> Result<Consent, String> {
    let names = |which: fn(&&Grant) -> bool| {
        asks.iter().filter(which).map(|ask| ask.permission.clone()).collect()
    };
    match answer {
        "y" | "yes" | "all" => Ok(Consent::Granted(names(|_| true))),
        "r" | "required" => Ok(Consent::Granted(names(|ask| !ask.optional))),
        "n" | "no" => Ok(Consent::Refused),
        list => listed(asks, list).map(Consent::Granted),
    }
}

fn listed(asks: &[Grant], list: &str) -> Result<Vec<String>, String> {
    let words = list.split([',', ' ']).filter(|word| !word.is_empty());
    let words: Vec<String> = words.map(str::to_owned).collect();
    if words.is_empty() {
        return Err("Nothing was said.".to_owned());
    }
    let is_asked = |word: &&String| {
        let permission = word.split('@').next().unwrap_or_default();
        asks.iter().any(|ask| ask.permission == permission)
    };
    match words.iter().find(|word| !is_asked(word)) {
        Some(other) => Err(format!("It does not ask for {:?}.", escape::line(other))),
        None => Ok(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Arguments;
    use clap::Parser;

    fn asks() -> Vec<Grant> {
        let ask = |permission: &str, optional| Grant {
            permission: permission.to_owned(),
            granted: false,
            optional,
            reason: String::new(),
        };
        vec![ask("messages:read", false), ask("messages:send", true)]
    }

    fn granted(names: &[&str]) -> Consent {
        Consent::Granted(names.iter().map(|&name| name.to_owned()).collect())
    }

    #[test]
    fn an_answer_is_a_word_or_a_list_of_what_is_asked() {
        let read = |answer| answered(&asks(), answer);
        assert_eq!(read("y"), Ok(granted(&["messages:read", "messages:send"])));
        assert_eq!(read("r"), Ok(granted(&["messages:read"])));
        assert_eq!(read("messages:send, messages:read").map(|_| ()), Ok(()));
        assert_eq!(read("n"), Ok(Consent::Refused));
        assert!(read("").is_err() && read(", ,").is_err());
        assert_eq!(
            read("messages:send@channels=a|b"),
            Ok(granted(&["messages:send@channels=a|b"]))
        );
        assert!(read("files:read").is_err());
    }

    fn asked(answers: &str) -> Consent {
        let arguments = Arguments::parse_from(["outboard", "--output", "json", "list"]);
        ask(&Screen::new(&arguments.global), "moderator", &asks(), &mut answers.as_bytes())
    }

    #[test]
    fn whoever_says_nothing_refuses() {
        assert_eq!(asked(""), Consent::Refused);
        assert_eq!(asked("\nwhat?\n"), Consent::Refused);
    }

    #[test]
    fn a_wrong_answer_is_asked_again() {
        assert_eq!(asked("files:read\nmessages:read\n"), granted(&["messages:read"]));
    }
}
