//! What plugins ask of the app and may not, or wrongly; and apps that answer wrongly, late, never.

use outboard_proto::app::answer::Result as Answer;
use outboard_proto::common::{Channel, Done, Failure, Message, MessagePage, Reason};
use outboard_tests::{App, AppDraft, Daemon, Draft, Outcome, app};
use tonic::Code;

use crate::asks::{asked, asker, stored, with_all};

#[tokio::test]
async fn bad_words_are_refused_before_any_app_hears_of_them() -> Outcome {
    let (_daemon, app) = with_all().await?;
    let wrong = [
        ("edit c-town - words", "INVALID: message_id is missing"),
        ("edit - m-1 words", "INVALID: channel_id is missing"),
        ("edit c-town m-1 *70000", "FRAME_TOO_LARGE"),
        ("delete c-town *300", "INVALID: message_id has more than 255 bytes"),
        ("react c-town m-1 *65", "INVALID: the reaction has more than 64 bytes"),
        ("react c-town m-1 ", "INVALID: the reaction is missing"),
        ("list c-town 101", "INVALID: a page has at most 100"),
        ("search c-town ", "INVALID: the text is missing"),
        ("typing c-town - 61000000", "INVALID: ttl_us is longer than 60 s"),
        ("status *300", "INVALID: the text has more"),
        ("warn u-bob 0 /", "INVALID: an act of moderation needs a reason"),
        ("warn u-bob 0 /   ", "INVALID: an act of moderation needs a reason"),
        ("warn u-bob 0 /*1025", "INVALID: the reason has more"),
        ("mute u-bob 0 /loud", "INVALID: a mute lasts a second at least"),
        ("mute u-bob -5 /loud", "INVALID: duration_us is longer"),
        ("ban u-bob 99999999999 /loud", "INVALID: duration_us is longer"),
        ("kick u-bob 0 /loud", "INVALID: say out of which channel"),
        ("create *256", "INVALID: the name has more"),
        ("topic c-town *1025", "INVALID: the topic has more"),
        ("direct c-town u-bob hello", "INVALID: a message goes to a channel_id or a to_user"),
    ];
    for (what, why) in wrong {
        let said = app.tell("alpha", &format!("ask {what}")).await?;
        // What makes a text long is no part of what came over the wire.
        let said = said.replace("INVALID: INVALID", "INVALID");
        assert!(said.contains(why), "{what}: {said}");
    }
    let (_, said) = asked(&app, "edit c-town m-1 fine", Answer::Done(Done {})).await?;
    assert_eq!(said, "done", "and that was the first the app heard");
    Ok(())
}

// I80
#[tokio::test]
async fn what_no_app_carries_out_is_unsupported_at_once_whatever_it_is() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&asker()).await?;
    let app = AppDraft::default().idle().connect(&daemon.house().app_socket()).await?;
    let all = [
        "edit c-town m-1 x",
        "delete c-town m-1",
        "react c-town m-1 👍",
        "unreact c-town m-1 👍",
        "get c-town m-1",
        "list c-town",
        "search c-town x",
        "typing c-town -",
        "status x",
        "whisper c-town u-bob x",
        "direct - u-bob x",
        "grow c-town x",
        "user u-bob",
        "warn u-bob 0 /loud",
        "mute u-bob 1000 /loud",
        "unmute u-bob 0 /loud",
        "kick u-bob 0 c-town/loud",
        "ban u-bob 0 /loud",
        "unban u-bob 0 /loud",
        "channel c-town",
        "channels",
        "create bay",
        "invite c-town u-bob",
        "topic c-town x",
        "pin c-town m-1",
        "unpin c-town m-1",
    ];
    for what in all {
        let said = app.tell("alpha", &format!("ask {what}")).await?;
        assert!(said.contains("APP_UNSUPPORTED"), "{what}: {said}");
    }
    Ok(())
}

#[tokio::test]
async fn an_apps_refusal_comes_back_in_its_words() -> Outcome {
    let (_daemon, app) = with_all().await?;
    let refusals = [
        ("user u-nobody", Code::NotFound, Reason::NotFound, "there is no u-nobody"),
        ("edit c-town m-1 x", Code::FailedPrecondition, Reason::NotItsOwn, "ann wrote it"),
        ("ban u-ann 0 /loud", Code::FailedPrecondition, Reason::AppRefused, "ann is the admin"),
    ];
    for (what, code, reason, words) in refusals {
        let refusal = Answer::Failure(Failure::new(code, reason, words));
        let (_, said) = asked(&app, what, refusal).await?;
        assert!(said.contains(reason.code()) && said.contains(words), "{what}: {said}");
    }
    Ok(())
}

// I80
#[tokio::test]
async fn an_answer_to_something_else_is_the_apps_fault_and_harms_nobody() -> Outcome {
    let (daemon, app) = with_all().await?;
    let page = |messages: Vec<Message>| Answer::Messages(MessagePage { messages, more: false });
    let mut other = stored("m-5", "of another channel");
    other.channel = Some(Channel { id: "c-secret".into(), ..Channel::default() });
    let many = (0..101).map(|n| stored(&format!("m-{n}"), "x")).collect();
    let wrong = [
        ("edit c-town m-1 x", page(Vec::new())),
        ("get c-town m-1", Answer::Message(Box::new(stored("m-2", "another")))),
        ("get c-town m-5", Answer::Message(Box::new(other.clone()))),
        ("list c-town 100", page(many)),
        ("list c-town", page(vec![stored("m-1", "fine"), other])),
        ("user u-bob", Answer::Done(Done {})),
        ("channel c-town", Answer::Channel(Box::default())),
    ];
    let count = wrong.len();
    for (what, answer) in wrong {
        let (_, said) = asked(&app, what, answer).await?;
        assert!(said.contains("BAD_ANSWER") && !said.contains("secret words"), "{what}: {said}");
    }
    let noted = daemon.house().log().matches("an app's answer does not fit").count();
    assert_eq!(noted, count);
    assert_eq!(app.tell("alpha", "say well").await?, "well");
    Ok(())
}

// I80
#[tokio::test]
async fn an_answer_too_large_for_a_frame_fails_that_request_alone() -> Outcome {
    let (_daemon, app) = with_all().await?;
    let long = vec![stored("m-1", &"x".repeat(90_000))];
    let page = Answer::Messages(MessagePage { messages: long, more: false });
    let (_, said) = asked(&app, "list c-town", page).await?;
    assert!(said.contains("FRAME_TOO_LARGE"), "{said}");
    let (_, said) = asked(&app, "edit c-town m-1 x", Answer::Done(Done {})).await?;
    assert_eq!(said, "done");
    Ok(())
}

// I60
#[tokio::test]
async fn history_of_a_channel_out_of_scope_is_refused_and_the_app_is_not_asked() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon
        .run(&Draft::obedient("alpha").may("messages:history").may_optionally("messages:send"))
        .await?;
    let app = AppDraft::default().able().connect(&daemon.house().app_socket()).await?;
    daemon.operator().set("alpha", "channels", "id:c-town").await?;
    for what in ["list c-secret", "get c-secret m-1", "search c-secret x", "edit c-secret m-1 x"] {
        let said = app.tell("alpha", &format!("ask {what}")).await?;
        assert!(said.contains("OUT_OF_SCOPE"), "{what}: {said}");
    }
    daemon.operator().set("alpha", "channels", "").await?;
    let scoped = "commands:own,messages:history@channels=id:c-town";
    daemon.operator().set("alpha", "grants", scoped).await?;
    for what in ["list c-secret", "get c-secret m-1", "search c-secret x"] {
        let said = app.tell("alpha", &format!("ask {what}")).await?;
        assert!(said.contains("OUT_OF_SCOPE"), "{what}: {said}");
    }
    // What is searched for everywhere is found where it may look.
    let mut other = stored("m-5", "hidden");
    other.channel = Some(Channel { id: "c-secret".into(), ..Channel::default() });
    let messages = vec![other, stored("m-1", "open")];
    let page = Answer::Messages(MessagePage { messages, more: false });
    let (_, said) = asked(&app, "search - x", page).await?;
    assert_eq!(said, "[m-1=open]");
    Ok(())
}

#[tokio::test]
async fn an_app_that_never_answers_costs_the_plugin_its_patience_and_no_more() -> Outcome {
    let (_daemon, app) = with_all().await?;
    for what in ["list c-town", "edit c-town m-1 x", "ban u-bob 0 /loud"] {
        let told = app.order("alpha", &format!("ask-briefly {what}")).await?;
        app.request().await?;
        let said = app::reply_text(&told.answer().await?).unwrap_or_default();
        assert!(said.contains("DEADLINE") && said.contains("outcome=unknown"), "{what}: {said}");
    }
    Ok(())
}

#[tokio::test]
async fn without_an_app_a_look_fails_at_once_and_a_change_is_kept() -> Outcome {
    let (daemon, app) = with_all().await?;
    let said = alone(&daemon, app, "list c-town").await?;
    assert!(said.contains("NO_APP") && said.contains("outcome=not_started"), "{said}");
    let (daemon, app) = with_all().await?;
    let said = alone(&daemon, app, "topic c-town calm").await?;
    assert!(said.contains("NO_APP") && said.contains("outcome=queued"), "{said}");
    Ok(())
}

/// What alpha heard that asked while no app was there.
async fn alone(daemon: &Daemon, app: App, what: &str) -> anyhow::Result<String> {
    app.tell("alpha", &format!("ask-when-alone {what}")).await?;
    drop(app);
    let done = |line: &outboard_proto::admin::LogLine| line.line.contains("alone: done");
    daemon.operator().wait_for_line("alpha", done).await?;
    let seen = daemon.app().await?.tell("alpha", "seen").await?;
    let said = seen.lines().find(|line| line.starts_with("alone asked")).unwrap_or_default();
    Ok(said.to_owned())
}

#[tokio::test]
async fn an_app_that_goes_away_mid_call_leaves_the_outcome_unknown() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&asker()).await?;
    let socket = daemon.house().app_socket();
    let mut draft = AppDraft::default().able().node("n1", 1);
    draft.hello.dedupe = false;
    let one = draft.connect(&socket).await?;
    let mut idle = AppDraft::default().node("n2", 1);
    idle.hello.operations.clear();
    let two = idle.connect(&socket).await?;
    let told = two.order("alpha", "ask edit c-town m-1 x").await?;
    one.request().await?;
    drop(one);
    let said = app::reply_text(&told.answer().await?).unwrap_or_default();
    assert!(said.contains("OUTCOME_UNKNOWN"), "{said}");
    Ok(())
}
