//! Slash commands: typed arguments, who may run them, and plugins that are down.

use outboard_proto::app::{Catalogue, RunCommand};
use outboard_proto::common::{ChannelKind, CommandKind, Failure, Sender};
use outboard_tests::{App, Daemon, Draft, Outcome, app, values};

use crate::SLOW;

const TYPED: &str = r#"args = [
  { name = "word", type = "string" },
  { name = "count", type = "integer" },
  { name = "share", type = "number", optional = true },
  { name = "loud", type = "boolean", optional = true },
  { name = "size", type = "choice", choices = ["small", "large"], optional = true },
]"#;

#[tokio::test]
async fn a_command_reaches_its_plugin_with_typed_arguments() -> Outcome {
    let (_daemon, app) = with(dice(TYPED)).await?;
    let said = app.tell("roll", "hello -3 0.5 true large").await?;
    let understood = "roll count=integer:-3 loud=boolean:true share=number:0.5 \
                      size=choice:large word=string:hello";
    assert_eq!(said, understood);
    Ok(())
}

#[tokio::test]
async fn quotes_keep_words_together_and_the_rest_takes_all() -> Outcome {
    let keys = "args = [{ name = \"first\", type = \"string\" }, \
                { name = \"others\", type = \"string\", rest = true, optional = true }]";
    let (_daemon, app) = with(dice(keys)).await?;
    let said = app.tell("roll", "\"two words\" and all the others").await?;
    assert_eq!(said, "roll first=string:two words others=string:and all the others");
    Ok(())
}

#[tokio::test]
async fn optional_arguments_may_be_left_out() -> Outcome {
    let (_daemon, app) = with(dice(TYPED)).await?;
    assert_eq!(app.tell("roll", "hello 3").await?, "roll count=integer:3 word=string:hello");
    Ok(())
}

#[tokio::test]
async fn arguments_that_do_not_fit_are_refused_naming_them() -> Outcome {
    let (_daemon, app) = with(dice(TYPED)).await?;
    for (text, names) in [
        ("hello", "count"),
        ("hello many", "count"),
        ("hello 3 0.5 perhaps", "loud"),
        ("hello 3 0.5 true huge", "size"),
        ("hello 3 0.5 true large more", "more"),
    ] {
        let failure = refused(&app, app::command("roll", text)).await?;
        assert_eq!(failure.reason().code(), "BAD_ARGUMENTS", "{failure}");
        assert!(failure.message.contains(names), "{text}: {failure}");
    }
    Ok(())
}

#[tokio::test]
async fn an_unknown_command_is_refused() -> Outcome {
    let daemon = Daemon::start().await?;
    let failure = refused(&daemon.app().await?, app::command("nonsense", "")).await?;
    assert_eq!(failure.reason().code(), "UNKNOWN_COMMAND", "{failure}");
    Ok(())
}

// I52
#[tokio::test]
async fn a_command_is_refused_to_those_without_the_role() -> Outcome {
    let (_daemon, app) = with(dice("allow = [\"role:admin\"]")).await?;
    let failure = refused(&app, app::command("roll", "")).await?;
    assert_eq!(failure.reason().code(), "COMMAND_NOT_ALLOWED", "{failure}");
    let admin = Sender { roles: vec!["admin".to_owned()], ..values::person("root") };
    let allowed = RunCommand { sender: Some(admin), ..app::command("roll", "") };
    let result = app.run_command(allowed).await?;
    assert_eq!(app::reply_text(&result).as_deref(), Some("roll "));
    Ok(())
}

#[tokio::test]
async fn a_command_that_names_no_place_may_be_run_everywhere() -> Outcome {
    let (_daemon, app) = with(dice("")).await?;
    for kind in [ChannelKind::Public, ChannelKind::Private, ChannelKind::Direct, ChannelKind::Group]
    {
        let mut command = app::command("roll", "");
        if let Some(channel) = &mut command.channel {
            channel.set_kind(kind);
        }
        let result = app.run_command(command).await?;
        assert_eq!(app::reply_text(&result).as_deref(), Some("roll "), "{kind:?}");
    }
    Ok(())
}

// I52
#[tokio::test]
async fn a_command_is_refused_where_it_does_not_belong() -> Outcome {
    let (_daemon, app) = with(dice("where = [\"direct\"]")).await?;
    let failure = refused(&app, app::command("roll", "")).await?;
    assert_eq!(failure.reason().code(), "COMMAND_NOT_ALLOWED", "{failure}");
    let mut direct = app::command("roll", "");
    if let Some(channel) = &mut direct.channel {
        channel.set_kind(ChannelKind::Direct);
    }
    let result = app.run_command(direct).await?;
    assert!(app::reply_text(&result).is_some(), "{result:?}");
    Ok(())
}

#[tokio::test]
async fn a_command_that_is_owned_already_is_refused_to_the_newcomer_naming_the_owner() -> Outcome {
    let (daemon, app) = with(dice("")).await?;
    let other = Draft::bare("other").may("commands:own").command("roll", "");
    let folder = other.write(&daemon.house().folders())?;
    let refusal = daemon.operator().load(&folder).await.unwrap_err();
    assert_eq!(refusal.reason, "COMMAND_TAKEN", "{refusal}");
    assert!(refusal.message.contains("dice"), "{refusal}");
    assert_eq!(app.tell("roll", "").await?, "roll ");
    Ok(())
}

// I52
#[tokio::test]
async fn an_alias_that_is_owned_already_is_refused_naming_the_owner() -> Outcome {
    let (daemon, app) = with(dice("aliases = [\"r\", \"throw\"]")).await?;
    let other = Draft::bare("other").may("commands:own").command("throw", "");
    let refusal = daemon.operator().load(&other.write(&daemon.house().folders())?).await;
    let refusal = refusal.unwrap_err();
    assert_eq!(refusal.reason, "COMMAND_TAKEN", "{refusal}");
    assert_eq!(refusal.details.get("owner").map(String::as_str), Some("dice"));
    assert_eq!(app.tell("r", "").await?, "roll ", "it runs under its own name");
    Ok(())
}

#[tokio::test]
async fn subcommands_have_arguments_of_their_own_and_help() -> Outcome {
    let keys = r#"subcommands = [
      { name = "add", description = "one more",
        args = [{ name = "what", type = "string", rest = true }] },
      { name = "clear" },
    ]"#;
    let (_daemon, app) = with(dice(keys)).await?;
    assert_eq!(app.tell("roll", "add two dice").await?, "roll add what=string:two dice");
    assert_eq!(app.tell("roll", "clear").await?, "roll clear ");
    let failure = refused(&app, app::command("roll", "ad")).await?;
    assert!(failure.message.contains("did you mean add?"), "{failure}");
    assert!(failure.message.contains("usage: /roll add what…\n/roll clear"), "{failure}");
    let help = app.tell("roll", "help").await?;
    assert!(help.contains("add    one more"), "{help}");
    assert_eq!(app.tell("roll", "add --help").await?, "/roll add what…\none more\n  what  a text");
    Ok(())
}

#[tokio::test]
async fn a_menus_command_is_listed_and_run_with_what_it_was_chosen_for() -> Outcome {
    let draft = dice("kind = \"message\"\ntitle = \"Roll this\"").may("messages:read");
    let (_daemon, app) = with(draft.command("poke", "kind = \"user\"")).await?;
    let listed = |name: &str, kind, title: &str| {
        let commands = app.welcome.catalogue.as_ref().map(|it| &it.commands[..]);
        commands
            .unwrap_or_default()
            .iter()
            .any(|it| (it.name.as_str(), it.kind(), it.title.as_str()) == (name, kind, title))
    };
    assert!(listed("roll", CommandKind::Message, "Roll this"), "{:?}", app.welcome.catalogue);
    assert!(listed("poke", CommandKind::User, "poke"));
    let message = values::message("town", "hello");
    let chosen = RunCommand { target_message: Some(Box::new(message)), ..app::command("roll", "") };
    let result = app.run_command(chosen).await?;
    assert_eq!(app::reply_text(&result).as_deref(), Some("roll message hello"));
    let bob = RunCommand { target_user: Some(values::person("bob")), ..app::command("poke", "") };
    let result = app.run_command(bob).await?;
    let id = values::person("bob").id;
    assert_eq!(app::reply_text(&result), Some(format!("poke user {id}")));
    let failure = refused(&app, app::command("poke", "bob")).await?;
    assert!(failure.message.contains("is run on a user"), "{failure}");
    Ok(())
}

#[tokio::test]
async fn a_command_stays_listed_while_its_plugin_is_down_and_says_why() -> Outcome {
    let (daemon, app) = with(dice("").command("dice", REST)).await?;
    app.order("dice", "exit 3").await?;
    daemon.operator().wait_end("dice", 1).await?;
    let down = |catalogue: &Catalogue| {
        catalogue.commands.iter().any(|it| it.name == "roll" && !it.unavailable.is_empty())
    };
    app.wait_catalogue(down).await?;
    let failure = refused(&app, app::command("roll", "")).await?;
    assert_eq!(failure.reason().code(), "PLUGIN_UNAVAILABLE", "{failure}");
    assert_eq!(failure.details.get("outcome").map(String::as_str), Some("not_started"));
    assert_eq!(failure.details.get("state").map(String::as_str), Some("waiting"));
    assert!(failure.retry_after_us > 0, "{failure:?}");
    Ok(())
}

#[tokio::test]
async fn the_catalogue_follows_what_is_loaded() -> Outcome {
    let daemon = Daemon::start().await?;
    let app = daemon.app().await?;
    daemon.run(&dice(TYPED)).await?;
    let listed = |catalogue: &Catalogue| catalogue.commands.iter().any(|it| it.name == "roll");
    let catalogue = app.wait_catalogue(|it| listed(it)).await?;
    let roll = catalogue.commands.iter().find(|it| it.name == "roll").cloned().unwrap_or_default();
    assert_eq!((roll.plugin.as_str(), roll.args.len()), ("dice", 5));
    assert_eq!(roll.args[4].choices, ["small", "large"]);
    daemon.operator().unload("dice").await?;
    app.wait_catalogue(|it| !listed(it)).await?;
    Ok(())
}

#[tokio::test]
async fn a_command_that_is_never_answered_ends_at_its_deadline() -> Outcome {
    let (_daemon, app) =
        with(dice("").command("dice", REST).limit("call_timeout = \"200ms\"")).await?;
    let failure = refused(&app, app::command("dice", "wait 30000")).await?;
    assert_eq!(failure.reason().code(), "DEADLINE", "{failure}");
    Ok(())
}

#[tokio::test]
async fn more_calls_than_a_plugin_may_hold_wait_and_are_all_answered() -> Outcome {
    let (_daemon, app) = with(dice("").command("dice", REST).limit("in_flight = 2")).await?;
    let mut asked = Vec::new();
    for number in 0..40 {
        asked.push((number, app.order("dice", &format!("say {number}")).await?));
    }
    for (number, expected) in asked {
        let said = app::reply_text(&expected.answer().await?);
        assert_eq!(said, Some(number.to_string()));
    }
    Ok(())
}

#[tokio::test]
async fn only_what_overflows_the_queue_is_over_limit() -> Outcome {
    let (_daemon, app) = with(dice("").command("dice", REST).limit("in_flight = 1")).await?;
    let mut asked = Vec::new();
    for _ in 0..300 {
        asked.push(app.order("dice", "wait 1500").await?);
    }
    let mut refused = 0;
    for expected in asked.drain(257..) {
        let result = expected.answer().await?;
        let reason = app::failure(&result).map(|failure| failure.reason().code());
        assert_eq!(reason, Some("OVER_LIMIT"), "{result:?}");
        refused += 1;
    }
    assert_eq!(refused, 43, "one under way, 256 waiting");
    Ok(())
}

const REST: &str = "args = [{ name = \"what\", type = \"string\", rest = true }]";

/// A plugin with the command `roll`.
fn dice(keys: &str) -> Draft {
    Draft::bare("dice").may("commands:own").command("roll", keys)
}

async fn with(draft: Draft) -> anyhow::Result<(Daemon, App)> {
    let daemon = Daemon::configured(SLOW).await?;
    daemon.run(&draft).await?;
    let app = daemon.app().await?;
    Ok((daemon, app))
}

async fn refused(app: &App, command: RunCommand) -> anyhow::Result<Failure> {
    let result = app.run_command(command).await?;
    let failure = app::failure(&result).cloned();
    failure.ok_or_else(|| anyhow::anyhow!("it was not refused: {result:?}"))
}
