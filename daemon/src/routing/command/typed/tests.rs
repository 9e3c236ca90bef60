//! Claims about what a line, a form or a menu's choice means.

use std::collections::{BTreeMap, BTreeSet};

use outboard_proto::common::{Message, value::Of};
use proptest::prelude::*;

use super::*;
use crate::config::manifest::{ArgDecl, ArgKind, Audience, Completion, Extent, Presence};

fn arg(name: &str, kind: ArgKind, presence: Presence, extent: Extent) -> ArgDecl {
    let (description, suggestions) = (String::new(), Vec::new());
    let completion = Completion::Declared;
    ArgDecl { name: name.into(), description, kind, suggestions, completion, presence, extent }
}

fn decl(form: Form) -> CommandDecl {
    CommandDecl {
        name: "todo".parse().unwrap(),
        aliases: BTreeSet::from(["t".parse().unwrap()]),
        description: "Keeps a list".into(),
        allow: Audience::Everyone,
        venues: BTreeSet::new(),
        form,
    }
}

fn rest() -> ArgDecl {
    arg("what", ArgKind::String, Presence::Required, Extent::Rest)
}

fn plain() -> CommandDecl {
    decl(Form::Plain(vec![rest()]))
}

fn split() -> CommandDecl {
    let sub = |name: &str, args| {
        let description = format!("to {name}");
        SubcommandDecl { name: name.parse().unwrap(), description, args }
    };
    let number = arg("number", ArgKind::Integer, Presence::Required, Extent::Word);
    decl(Form::Split(vec![sub("add", vec![rest()]), sub("done", vec![number])]))
}

fn line(text: &str) -> RunCommand {
    RunCommand { text: text.into(), ..RunCommand::default() }
}

fn run(subcommand: &str, args: &[(&str, Of)]) -> Result<Understood, String> {
    let value = |of: &Of| Value { of: Some(of.clone()) };
    let args = args.iter().map(|(name, of)| ((*name).to_owned(), value(of))).collect();
    Ok(Understood::Run { subcommand: subcommand.into(), args })
}

#[test]
fn the_first_word_picks_the_subcommand() {
    let understood = understand(&split(), &line(" add  buy  milk "));
    assert_eq!(understood, run("add", &[("what", Of::String("buy  milk".into()))]));
    assert_eq!(understand(&split(), &line("done 3")), run("done", &[("number", Of::Integer(3))]));
}

#[test]
fn a_wrong_or_missing_subcommand_is_told_with_those_there_are() {
    assert_eq!(understand(&split(), &line("")).unwrap_err(), "todo needs one of add, done");
    let wrong = understand(&split(), &line("ad milk")).unwrap_err();
    assert!(wrong.contains("todo has no ad") && wrong.contains("add"), "{wrong}");
    let form = RunCommand { subcommand: "add".into(), ..RunCommand::default() };
    assert_eq!(understand(&plain(), &form).unwrap_err(), "todo has no subcommands");
}

#[test]
fn a_form_names_its_subcommand() {
    let values = BTreeMap::from([("number".to_owned(), Value { of: Some(Of::Integer(1)) })]);
    let form = RunCommand { subcommand: "done".into(), values, ..RunCommand::default() };
    assert_eq!(understand(&split(), &form), run("done", &[("number", Of::Integer(1))]));
}

#[test]
fn help_is_a_word_of_its_own_and_quotes_make_it_an_argument() {
    for text in ["help", " --help "] {
        let Ok(Understood::Help(help)) = understand(&plain(), &line(text)) else {
            panic!("{text}")
        };
        assert!(help.starts_with("/todo what…\nKeeps a list"), "{help}");
        assert!(help.ends_with("Also: /t"), "{help}");
    }
    let quoted = understand(&plain(), &line("help me"));
    assert_eq!(quoted, run("", &[("what", Of::String("help me".into()))]));
    let word =
        decl(Form::Plain(vec![arg("what", ArgKind::String, Presence::Required, Extent::Word)]));
    let quoted = understand(&word, &line("\"help\""));
    assert_eq!(quoted, run("", &[("what", Of::String("help".into()))]));
}

#[test]
fn each_subcommand_has_its_help() {
    for text in ["help add", "add help", "add --help"] {
        let Ok(Understood::Help(help)) = understand(&split(), &line(text)) else {
            panic!("{text}")
        };
        assert_eq!(help, "/todo add what…\nto add\n  what  a text", "{text}");
    }
    let Ok(Understood::Help(help)) = understand(&split(), &line("help")) else { panic!() };
    assert!(help.contains("/todo add what…\n/todo done number"), "{help}");
    assert!(help.contains("More: /todo help add"), "{help}");
}

#[test]
fn a_menus_command_needs_what_it_is_run_on() {
    let menu = decl(Form::Menu(Target::Message, "Remember".into()));
    let typed = understand(&menu, &line("anything")).unwrap_err();
    assert_eq!(typed, "todo is run on a message, from its menu");
    let chosen = RunCommand { target_message: Some(Box::default()), ..line("") };
    assert_eq!(*chosen.target_message.clone().unwrap(), Message::default());
    assert_eq!(understand(&menu, &chosen), run("", &[]));
}

/// A value and the words that stand for it.
fn typed_value() -> impl Strategy<Value = (ArgKind, Of, String)> {
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    prop_oneof![
        any::<i64>().prop_map(|it| (ArgKind::Integer, Of::Integer(it), it.to_string())),
        (-1e9..1e9f64).prop_map(|it| (ArgKind::Number, Of::Number(it), it.to_string())),
        any::<bool>().prop_map(|it| (ArgKind::Boolean, Of::Boolean(it), it.to_string())),
        "[ -~é]{0,12}".prop_map(move |it| (ArgKind::String, Of::String(it.clone()), quoted(&it))),
        "[a-z0-9.:-]{1,12}".prop_map(|it| (ArgKind::User, Of::User(it.clone()), format!("@{it}"))),
    ]
}

proptest! {
    /// What is written down as words is read back as the values it came from.
    #[test]
    fn values_survive_being_typed(values in prop::collection::vec(typed_value(), 1..5)) {
        let named: Vec<String> = (0..values.len()).map(|n| format!("a{n}")).collect();
        let args = named.iter().zip(&values).map(|(name, (kind, _, _))| {
            arg(name, kind.clone(), Presence::Required, Extent::Word)
        });
        let decl = decl(Form::Plain(args.collect()));
        let text = values.iter().map(|(_, _, text)| text.as_str()).collect::<Vec<_>>().join("  ");
        let of = values.iter().map(|(_, of, _)| of.clone());
        let pairs: Vec<(&str, Of)> = named.iter().map(String::as_str).zip(of).collect();
        prop_assert_eq!(understand(&decl, &line(&text)), run("", &pairs));
    }

    /// Whatever is typed, it is run, explained or refused in words, and never breaks anything.
    #[test]
    fn any_line_is_answered(text in "[ \"\\\\a-z0-9é-]{0,40}") {
        for decl in [plain(), split()] {
            if let Err(why) = understand(&decl, &line(&text)) {
                prop_assert!(!why.is_empty());
            }
        }
    }
}
