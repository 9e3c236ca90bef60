//! Answers that follow later: said by any later generation, each once, until they expire.

use outboard_proto::app::{Autocomplete, CommandResult, RunCommand, answer, command_result};
use outboard_proto::common::{Failure, Reason, Trace};
use outboard_tests::{App, AppDraft, Daemon, Draft, Outcome, app, values};
use tonic::Code;

use crate::{QUICK, SLOW};

// I45
#[tokio::test]
async fn what_one_generation_deferred_the_next_one_answers() -> Outcome {
    let (daemon, app) = with("").await?;
    defer(&app, "i-1").await?;
    app.order("alpha", "exit 3").await?;
    daemon.operator().wait_back("alpha", 1).await?;
    assert_eq!(follow_up(&app, "last-follow-up i-1 1 at last", "m-1").await?, "said m-1");
    Ok(())
}

// I45
#[tokio::test]
async fn a_deferral_outlives_a_killed_daemon() -> Outcome {
    let (daemon, app) = with("").await?;
    defer(&app, "i-1").await?;
    drop(app);
    let daemon = Daemon::in_house(daemon.kill().await?).await?;
    daemon.operator().wait_running("alpha").await?;
    let app = daemon.app().await?;
    let told = app.order("alpha", "follow-up i-1 1 at last").await?;
    let said = app.show_follow_up("m-1").await?;
    assert_eq!(said.interaction_id, "i-1");
    assert_eq!(said.channel.unwrap_or_default().id, "c-town");
    assert_eq!(said.user.unwrap_or_default().id, values::person("ann").id);
    assert_eq!(app::reply_text(&told.answer().await?).as_deref(), Some("said m-1"));
    Ok(())
}

#[tokio::test]
async fn a_follow_up_carries_the_trace_of_its_interaction_while_the_daemon_lives() -> Outcome {
    let (daemon, app) = with("").await?;
    let trace = Trace {
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned(),
        ..Trace::default()
    };
    let command = RunCommand {
        interaction_id: "i-1".to_owned(),
        trace: Some(trace.clone()),
        ..app::command("alpha", "defer")
    };
    assert!(is_deferred(&app.run_command(command).await?));
    app.order("alpha", "exit 3").await?;
    daemon.operator().wait_back("alpha", 1).await?;
    app.order("alpha", "follow-up i-1 1 of the next generation").await?;
    assert_eq!(app.request().await?.trace, Some(trace));
    drop(app);
    let daemon = Daemon::in_house(daemon.kill().await?).await?;
    daemon.operator().wait_running("alpha").await?;
    let app = daemon.app().await?;
    app.order("alpha", "follow-up i-1 2 of the next daemon").await?;
    assert_eq!(app.request().await?.trace, None);
    Ok(())
}

// I45
#[tokio::test]
async fn a_follow_up_in_hand_when_the_daemon_died_can_be_said_again() -> Outcome {
    let (daemon, app) = with("").await?;
    defer(&app, "i-1").await?;
    app.order("alpha", "follow-up i-1 1 at last").await?;
    let first = app.request().await?;
    drop(app);
    let daemon = Daemon::in_house(daemon.kill().await?).await?;
    daemon.operator().wait_running("alpha").await?;
    let app = daemon.app().await?;
    let told = app.order("alpha", "follow-up i-1 1 at last").await?;
    let again = app.request().await?;
    assert_eq!(again.idempotency_key, first.idempotency_key, "an app can tell that it is the same");
    let sent = outboard_proto::app::Sent { message_id: "m-1".to_owned() };
    app.answer(again.id, answer::Result::Sent(sent)).await?;
    assert_eq!(app::reply_text(&told.answer().await?).as_deref(), Some("said m-1"));
    Ok(())
}

// I45
#[tokio::test]
async fn a_number_counts_once_whatever_it_says_the_second_time() -> Outcome {
    let (_daemon, app) = with("").await?;
    defer(&app, "i-1").await?;
    assert_eq!(follow_up(&app, "follow-up i-1 1 once", "m-1").await?, "said m-1");
    assert_eq!(app.tell("alpha", "follow-up i-1 1 twice").await?, "said m-1");
    assert_eq!(follow_up(&app, "last-follow-up i-1 2 the end", "m-2").await?, "said m-2");
    assert_eq!(app.tell("alpha", "last-follow-up i-1 2 the end").await?, "said m-2");
    let said = app.tell("alpha", "follow-up i-1 3 one more").await?;
    assert!(said.contains("INTERACTION_CLOSED"), "{said}");
    Ok(())
}

// I45
#[tokio::test]
async fn a_follow_up_said_while_no_app_is_there_reaches_the_next_one() -> Outcome {
    let (daemon, app) = with("").await?;
    defer(&app, "i-1").await?;
    app.tell("alpha", "follow-up-when-alone i-1 1 to whom it may concern").await?;
    drop(app);
    let done = |line: &outboard_proto::admin::LogLine| line.line.contains("alone: done");
    daemon.operator().wait_for_line("alpha", done).await?;
    let node = AppDraft::default().node("n2", 1);
    let app = node.connect(&daemon.house().app_socket()).await?;
    let said = app.show_follow_up("m-1").await?;
    let text = values::text_of(said.reply.unwrap_or_default().body.as_ref()).to_owned();
    assert_eq!((said.interaction_id.as_str(), text.as_str()), ("i-1", "to whom it may concern"));
    Ok(())
}

#[tokio::test]
async fn a_follow_up_after_its_time_is_expired() -> Outcome {
    let (_daemon, app) = with("interaction_timeout = \"1ms\"").await?;
    let result = defer(&app, "i-1").await?;
    let Some(command_result::Result::Reply(reply)) = result.result else { panic!("{result:?}") };
    assert!(reply.expires_at_us > 0);
    // The clock that counts is the daemon's: what is said before is shown.
    for seq in 1.. {
        let told = app.order("alpha", &format!("follow-up i-1 {seq} too late")).await?;
        let result = tokio::select! {
            result = told.answer() => result?,
            shown = app.show_follow_up("m-1") => {
                shown?;
                continue;
            }
        };
        let said = app::reply_text(&result).unwrap_or_default();
        assert!(said.contains("INTERACTION_EXPIRED"), "{said}");
        break;
    }
    Ok(())
}

#[tokio::test]
async fn what_was_never_deferred_or_by_another_plugin_has_no_follow_up() -> Outcome {
    let (daemon, app) = with("").await?;
    daemon.run(&Draft::obedient("beta")).await?;
    defer(&app, "i-1").await?;
    for (plugin, id) in [("alpha", "i-2"), ("beta", "i-1")] {
        let said = app.tell(plugin, &format!("follow-up {id} 1 hello")).await?;
        assert!(said.contains("UNKNOWN_INTERACTION"), "{said}");
    }
    Ok(())
}

#[tokio::test]
async fn a_follow_up_that_overtakes_its_deferral_waits_for_it() -> Outcome {
    let (_daemon, app) = with("").await?;
    let mut command = app::command("alpha", "early-follow-up quick");
    "i-1".clone_into(&mut command.interaction_id);
    let told = app.start_command(command).await?;
    let said = app.show_follow_up("m-1").await?;
    assert_eq!(values::text_of(said.reply.unwrap_or_default().body.as_ref()), "quick");
    assert!(is_deferred(&told.answer().await?));
    Ok(())
}

// I44
#[tokio::test]
async fn what_the_app_cancels_takes_no_follow_up_and_its_plugin_is_told() -> Outcome {
    let (_daemon, app) = with("").await?;
    defer(&app, "i-1").await?;
    app.cancel_interaction("i-1").await?;
    let said = app.tell("alpha", "follow-up i-1 1 hello").await?;
    assert!(said.contains("CANCELLED"), "{said}");
    let count = app.tell("alpha", "count cancelled i-1").await?;
    assert_eq!(count, "1");
    Ok(())
}

#[tokio::test]
async fn a_refusal_of_the_app_comes_back_to_the_plugin() -> Outcome {
    let (_daemon, app) = with("").await?;
    defer(&app, "i-1").await?;
    let told = app.order("alpha", "follow-up i-1 1 hello").await?;
    let refused = Failure::new(Code::FailedPrecondition, Reason::AppRefused, "channel is archived");
    app.answer(app.request().await?.id, answer::Result::Failure(refused)).await?;
    let said = app::reply_text(&told.answer().await?).unwrap_or_default();
    assert!(said.contains("APP_REFUSED"), "{said}");
    Ok(())
}

#[tokio::test]
async fn a_chat_server_without_follow_ups_is_not_left_waiting_for_one() -> Outcome {
    let daemon = Daemon::configured(SLOW).await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    let app = AppDraft::default().idle().connect(&daemon.house().app_socket()).await?;
    let result = app.command("alpha", "defer").await?;
    let reason = app::failure(&result).map(Failure::reason);
    assert_eq!(reason, Some(Reason::AppUnsupported), "{result:?}");
    Ok(())
}

// I46
#[tokio::test]
async fn offers_come_from_the_plugin_or_the_manifest() -> Outcome {
    let args = r#"args = [
      { name = "quick", type = "string", autocomplete = true },
      { name = "slow", type = "string", autocomplete = true, suggestions = ["abc", "abd", "x"] },
      { name = "size", type = "choice", choices = ["small", "large"] },
    ]"#;
    let daemon = Daemon::configured(SLOW).await?;
    daemon.run(&Draft::obedient("alpha").command("roll", args)).await?;
    let app = daemon.app().await?;
    let offered = async |argument: &str, prefix: &str| {
        let asked = Autocomplete {
            command: "roll".to_owned(),
            argument: argument.to_owned(),
            prefix: prefix.to_owned(),
            ..Autocomplete::default()
        };
        app.autocomplete(asked).await
    };
    assert_eq!(offered("quick", "a").await?.choices, ["a-one", "a-two"]);
    assert_eq!(offered("slow", "AB").await?.choices, ["abc", "abd"], "after 300 ms");
    assert_eq!(offered("size", "l").await?.choices, ["large"]);
    let none = offered("nonsense", "").await?.failure.unwrap_or_default();
    assert_eq!(none.reason(), Reason::BadArguments, "{none}");
    Ok(())
}

async fn defer(app: &App, id: &str) -> anyhow::Result<CommandResult> {
    let mut command = app::command("alpha", "defer");
    id.clone_into(&mut command.interaction_id);
    let result = app.run_command(command).await?;
    anyhow::ensure!(is_deferred(&result), "{result:?}");
    Ok(result)
}

fn is_deferred(result: &CommandResult) -> bool {
    matches!(&result.result, Some(command_result::Result::Reply(reply)) if reply.deferred)
}

/// Orders a follow-up, shows it as message `id`, and returns what the plugin heard.
async fn follow_up(app: &App, order: &str, id: &str) -> anyhow::Result<String> {
    let told = app.order("alpha", order).await?;
    app.show_follow_up(id).await?;
    Ok(app::reply_text(&told.answer().await?).unwrap_or_default())
}

async fn with(limit: &str) -> anyhow::Result<(Daemon, App)> {
    let daemon = Daemon::configured(QUICK).await?;
    daemon.run(&Draft::obedient("alpha").limit(limit)).await?;
    let app = daemon.app().await?;
    Ok((daemon, app))
}
