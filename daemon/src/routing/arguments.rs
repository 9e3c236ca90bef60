//! From what a person typed after a command's name to typed values.
//!
//! It knows words, quotes and the manifest's argument list; it refuses to know users and channels
//! beyond their ids.

use std::collections::BTreeMap;

use outboard_proto::common::{Value, value::Of};

use super::command::wanted_of;
use crate::config::manifest::{ArgDecl, ArgKind, Extent, Presence};

/// Parses `text` by the declared arguments.
///
/// # Errors
/// A sentence for the person who typed it.
pub fn parse(args: &[ArgDecl], text: &str) -> Result<BTreeMap<String, Value>, String> {
    let mut values = BTreeMap::new();
    let mut rest = text.trim();
    for arg in args {
        let (word, after) = match arg.extent {
            Extent::Rest => (rest.to_owned(), ""),
            Extent::Word => next_word(rest)?,
        };
        if word.is_empty() && (arg.extent == Extent::Rest || rest.is_empty()) {
            match arg.presence {
                Presence::Required => return Err(format!("{} is missing", arg.name)),
                Presence::Optional => continue,
            }
        }
        rest = after.trim_start();
        values.insert(arg.name.clone(), value(arg, &word)?);
    }
    if rest.is_empty() { Ok(values) } else { Err(format!("too many arguments: {rest}")) }
}

/// Checks values that came from a form.
///
/// # Errors
/// A sentence for the person who filled it in.
pub fn check(
    args: &[ArgDecl],
    mut values: BTreeMap<String, Value>,
) -> Result<BTreeMap<String, Value>, String> {
    let mut checked = BTreeMap::new();
    for arg in args {
        match (values.remove(&arg.name), arg.presence) {
            (Some(value), _) if fits(arg, &value) => {
                checked.insert(arg.name.clone(), value);
            }
            (Some(_), _) => return Err(format!("{} must be {}", arg.name, wanted_of(&arg.kind))),
            (None, Presence::Required) => return Err(format!("{} is missing", arg.name)),
            (None, Presence::Optional) => {}
        }
    }
    match values.keys().next() {
        None => Ok(checked),
        Some(name) => Err(format!("there is no argument {name}")),
    }
}

/// One word: up to white space, or between quotes, in which `\"` stands for a quote.
fn next_word(text: &str) -> Result<(String, &str), String> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(char::is_whitespace).unwrap_or(text.len());
        return Ok((text[..end].to_owned(), &text[end..]));
    };
    let mut word = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, next)) = chars.next() {
        match next {
            '"' => return Ok((word, &quoted[at + 1..])),
            '\\' => word.extend(chars.next().map(|(_, escaped)| escaped)),
            other => word.push(other),
        }
    }
    Err("a quote is not closed".to_owned())
}

fn value(arg: &ArgDecl, word: &str) -> Result<Value, String> {
    let wrong = || format!("{} must be {}, not {word:?}", arg.name, wanted_of(&arg.kind));
    let of = match &arg.kind {
        ArgKind::String => Of::String(word.to_owned()),
        ArgKind::Integer => Of::Integer(word.parse().map_err(|_| wrong())?),
        ArgKind::Number => Of::Number(finite(word).ok_or_else(wrong)?),
        ArgKind::Boolean => Of::Boolean(truth(word).ok_or_else(wrong)?),
        ArgKind::User => Of::User(id(word, '@').ok_or_else(wrong)?),
        ArgKind::Channel => Of::Channel(id(word, '#').ok_or_else(wrong)?),
        ArgKind::Choice(choices) if choices.iter().any(|it| it == word) => {
            Of::Choice(word.to_owned())
        }
        ArgKind::Choice(_) => return Err(wrong()),
    };
    Ok(Value { of: Some(of) })
}

fn finite(word: &str) -> Option<f64> {
    word.parse().ok().filter(|number: &f64| number.is_finite())
}

fn truth(word: &str) -> Option<bool> {
    match word.to_lowercase().as_str() {
        "true" | "yes" | "on" | "1" => Some(true),
        "false" | "no" | "off" | "0" => Some(false),
        _ => None,
    }
}

fn id(word: &str, sigil: char) -> Option<String> {
    let id = word.strip_prefix(sigil).unwrap_or(word);
    (!id.is_empty() && id.len() <= 255).then(|| id.to_owned())
}

fn fits(arg: &ArgDecl, value: &Value) -> bool {
    match (&arg.kind, value.of.as_ref()) {
        (ArgKind::String, Some(Of::String(_)))
        | (ArgKind::Integer, Some(Of::Integer(_)))
        | (ArgKind::Boolean, Some(Of::Boolean(_)))
        | (ArgKind::User, Some(Of::User(_)))
        | (ArgKind::Channel, Some(Of::Channel(_))) => true,
        (ArgKind::Number, Some(Of::Number(number))) => number.is_finite(),
        (ArgKind::Choice(choices), Some(Of::Choice(choice))) => choices.contains(choice),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::manifest::Completion;

    fn arg(name: &str, kind: ArgKind, presence: Presence, extent: Extent) -> ArgDecl {
        ArgDecl {
            name: name.into(),
            description: String::new(),
            kind,
            suggestions: Vec::new(),
            completion: Completion::Declared,
            presence,
            extent,
        }
    }

    fn word(name: &str, kind: ArgKind) -> ArgDecl {
        arg(name, kind, Presence::Required, Extent::Word)
    }

    #[test]
    fn words_and_quotes_become_typed_values() {
        let args =
            [word("who", ArgKind::User), word("n", ArgKind::Integer), word("s", ArgKind::String)];
        let values = parse(&args, r#"@ann  3 "two \"words\"""#).unwrap();
        assert_eq!(values["who"].of, Some(Of::User("ann".into())));
        assert_eq!(values["n"].of, Some(Of::Integer(3)));
        assert_eq!(values["s"].of, Some(Of::String("two \"words\"".into())));
    }

    #[test]
    fn the_rest_is_taken_as_it_is() {
        let args = [
            word("n", ArgKind::Integer),
            arg("text", ArgKind::String, Presence::Required, Extent::Rest),
        ];
        let values = parse(&args, "1 a \"b c").unwrap();
        assert_eq!(values["text"].of, Some(Of::String("a \"b c".into())));
    }

    #[test]
    fn mistakes_are_told_in_a_persons_words() {
        let args = [word("dice", ArgKind::Choice(vec!["d6".into(), "d20".into()]))];
        assert_eq!(parse(&args, "").unwrap_err(), "dice is missing");
        assert_eq!(parse(&args, "d7").unwrap_err(), "dice must be one of d6, d20, not \"d7\"");
        assert_eq!(parse(&args, "d6 d6").unwrap_err(), "too many arguments: d6");
        assert_eq!(parse(&args, "\"d6").unwrap_err(), "a quote is not closed");
    }

    #[test]
    fn optional_arguments_may_be_left_out() {
        let args = [arg("n", ArgKind::Number, Presence::Optional, Extent::Word)];
        assert!(parse(&args, "").unwrap().is_empty());
        assert_eq!(parse(&args, "NaN").unwrap_err(), "n must be a number, not \"NaN\"");
    }

    #[test]
    fn a_forms_values_must_fit_too() {
        let args = [word("n", ArgKind::Integer)];
        let form = |of| BTreeMap::from([("n".to_owned(), Value { of: Some(of) })]);
        assert!(check(&args, form(Of::Integer(1))).is_ok());
        assert!(check(&args, form(Of::String("1".into()))).is_err());
        assert!(check(&args, BTreeMap::new()).is_err());
    }
}
