//! What plugins send: attributed, answered, kept while nobody is there to carry it out.

use outboard_proto::app::{RunCommand, Sent, answer};
use outboard_proto::common::{Failure, Reason, SenderKind, Trace};
use outboard_tests::{App, AppDraft, Daemon, Draft, Outcome, app, values};
use tonic::Code;

#[tokio::test]
async fn a_plugins_message_reaches_the_app_attributed_and_the_answer_comes_back() -> Outcome {
    let (_daemon, app) = with(bot()).await?;
    let told = app.order("alpha", "send c-town good morning").await?;
    let request = app.request().await?;
    assert!(!request.idempotency_key.is_empty());
    let asker = request.asker.clone().unwrap_or_default();
    assert_eq!((asker.plugin.as_str(), asker.bot_username.as_str()), ("alpha", "alfie"));
    let id = request.id;
    let message = app::message_of(request)?;
    assert_eq!(values::text_of(message.body.as_ref()), "good morning");
    assert_eq!(message.channel.unwrap_or_default().id, "c-town");
    assert_eq!(message.origin.unwrap_or_default().plugin, "alpha");
    assert_eq!(message.sender.unwrap_or_default().kind(), SenderKind::Plugin);
    let sent = Sent { message_id: "m-77".to_owned() };
    app.answer(id, answer::Result::Sent(sent)).await?;
    assert_eq!(app::reply_text(&told.answer().await?).as_deref(), Some("sent m-77"));
    Ok(())
}

#[tokio::test]
async fn a_reply_goes_to_where_its_cause_came_from() -> Outcome {
    let (_daemon, app) = with(bot()).await?;
    let mut command = app::command("alpha", "reply here I am");
    "t-1".clone_into(&mut command.thread_root);
    let told = app.start_command(command).await?;
    let message = app.carry_out("m-2").await?;
    assert_eq!(message.channel.unwrap_or_default().id, "c-town");
    assert_eq!(message.thread_root, "t-1");
    assert_eq!(app::reply_text(&told.answer().await?).as_deref(), Some("sent m-2"));
    Ok(())
}

#[tokio::test]
async fn a_refusal_of_the_app_comes_back_to_the_plugin() -> Outcome {
    let (_daemon, app) = with(bot()).await?;
    let told = app.order("alpha", "send c-secret hello").await?;
    let refused = Failure::new(Code::PermissionDenied, Reason::AppRefused, "no bots in here");
    app.answer(app.request().await?.id, answer::Result::Failure(refused)).await?;
    let said = app::reply_text(&told.answer().await?).unwrap_or_default();
    assert!(said.contains("APP_REFUSED") && said.contains("no bots in here"), "{said}");
    Ok(())
}

// I28
#[tokio::test]
async fn a_send_without_the_grant_is_denied_and_counted() -> Outcome {
    let (daemon, app) = with(Draft::obedient("alpha")).await?;
    let said = app.tell("alpha", "send c-town hello").await?;
    assert!(said.contains("PermissionDenied PERMISSION_DENIED"), "{said}");
    assert!(said.contains("messages:send"), "{said}");
    let traffic = daemon.operator().status("alpha").await?.traffic.unwrap_or_default();
    assert_eq!(traffic.denied, 1);
    Ok(())
}

#[tokio::test]
async fn what_no_connected_app_carries_out_is_unsupported() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&bot()).await?;
    let app = AppDraft::default().idle().connect(&daemon.house().app_socket()).await?;
    let said = app.tell("alpha", "send c-town hello").await?;
    assert!(said.contains("APP_UNSUPPORTED"), "{said}");
    Ok(())
}

#[tokio::test]
async fn the_same_idempotency_key_is_carried_out_once() -> Outcome {
    let (_daemon, app) = with(bot()).await?;
    let told = app.order("alpha", "send-as key-1 c-town hello").await?;
    app.carry_out("m-2").await?;
    assert_eq!(app::reply_text(&told.answer().await?).as_deref(), Some("sent m-2"));
    assert_eq!(app.tell("alpha", "send-as key-1 c-town hello").await?, "sent m-2");
    let told = app.order("alpha", "send-as key-2 c-town another").await?;
    let next = app.carry_out("m-3").await?;
    assert_eq!(values::text_of(next.body.as_ref()), "another", "the repeat never reached the app");
    told.answer().await?;
    Ok(())
}

#[tokio::test]
async fn keys_are_each_plugins_own() -> Outcome {
    let (daemon, app) = with(bot()).await?;
    daemon.run(&Draft::obedient("beta").may("messages:send")).await?;
    for (plugin, id) in [("alpha", "m-2"), ("beta", "m-3")] {
        let told = app.order(plugin, "send-as shared-key c-town hello").await?;
        app.carry_out(id).await?;
        assert_eq!(app::reply_text(&told.answer().await?), Some(format!("sent {id}")));
    }
    Ok(())
}

#[tokio::test]
async fn a_cause_that_the_plugin_made_up_is_none() -> Outcome {
    let (_daemon, app) = with(bot()).await?;
    let told = app.order("alpha", "send-for 999999 hello").await?;
    let message = app.carry_out("m-2").await?;
    assert_eq!(message.origin.unwrap_or_default().hops, 1);
    told.answer().await?;
    let said = app.tell("alpha", "reply-for 999999 hello").await?;
    assert!(!said.contains("sent"), "there is nowhere to reply to: {said}");
    Ok(())
}

#[tokio::test]
async fn a_send_of_a_plugin_that_handles_nothing_is_carried_out_too() -> Outcome {
    let (_daemon, app) = with(bot()).await?;
    let told = app.order("alpha", "send-unasked c-town by myself").await?;
    let message = app.carry_out("m-2").await?;
    assert_eq!(message.origin.unwrap_or_default().hops, 1);
    told.answer().await?;
    Ok(())
}

#[tokio::test]
async fn without_an_app_sends_wait_in_order_and_go_out_once_one_connects() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&bot()).await?;
    send_while_alone(&daemon, 3).await?;
    assert_eq!(daemon.operator().daemon().await?.outbox, 3);
    let app = daemon.app().await?;
    assert_eq!(bodies(&app, 3).await?, ["alone 0", "alone 1", "alone 2"]);
    let told = app.order("alpha", "send c-town later").await?;
    let next = app.carry_out("m-9").await?;
    assert_eq!(values::text_of(next.body.as_ref()), "later", "what waited went out once");
    told.answer().await?;
    Ok(())
}

#[tokio::test]
async fn a_send_that_is_queued_tells_its_plugin_so_when_the_daemons_patience_ends() -> Outcome {
    told_that_it_is_queued("when-alone-patiently").await
}

#[tokio::test]
async fn a_send_that_is_queued_tells_its_plugin_so_before_the_plugins_own_deadline() -> Outcome {
    told_that_it_is_queued("when-alone 1").await
}

async fn told_that_it_is_queued(deed: &str) -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&bot()).await?;
    alone(&daemon, deed).await?;
    let seen = daemon.app().await?.tell("alpha", "seen").await?;
    let told = seen.lines().find(|line| line.starts_with("alone 0")).unwrap_or_default();
    assert!(told.contains("DeadlineExceeded"), "{told}");
    assert!(told.ends_with("outcome=queued"), "{told}");
    Ok(())
}

#[tokio::test]
async fn what_waits_for_an_app_outlives_a_killed_daemon() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&bot()).await?;
    send_while_alone(&daemon, 3).await?;
    let daemon = Daemon::in_house(daemon.kill().await?).await?;
    let app = daemon.app().await?;
    assert_eq!(bodies(&app, 3).await?, ["alone 0", "alone 1", "alone 2"]);
    Ok(())
}

#[tokio::test]
async fn a_full_outbox_is_over_limit_and_nothing_queued_is_lost() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&bot()).await?;
    send_while_alone(&daemon, 1008).await?;
    assert_eq!(daemon.operator().daemon().await?.outbox, 1000);
    let app = daemon.app().await?;
    let bodies = bodies(&app, 1000).await?;
    assert_eq!(bodies.iter().collect::<std::collections::BTreeSet<_>>().len(), 1000);
    assert_eq!(app.tell("alpha", "count OVER_LIMIT").await?, "8");
    Ok(())
}

/// Has alpha send as soon as no app is there, and waits until it has.
async fn send_while_alone(daemon: &Daemon, count: usize) -> Outcome {
    alone(daemon, &format!("when-alone {count}")).await
}

async fn alone(daemon: &Daemon, deed: &str) -> Outcome {
    let app = daemon.app().await?;
    app.tell("alpha", deed).await?;
    drop(app);
    let done = |line: &outboard_proto::admin::LogLine| line.line.contains("alone: done");
    daemon.operator().wait_for_line("alpha", done).await?;
    Ok(())
}

async fn bodies(app: &App, count: usize) -> anyhow::Result<Vec<String>> {
    let mut bodies = Vec::new();
    for number in 0..count {
        let message = app.carry_out(&format!("m-{number}")).await?;
        bodies.push(values::text_of(message.body.as_ref()).to_owned());
    }
    Ok(bodies)
}

/// An obedient plugin that may send, as `alfie`.
fn bot() -> Draft {
    let bot = "[bot]\nusername = \"alfie\"\ndisplay_name = \"Alfie\"";
    Draft::obedient("alpha").may("messages:send").section(bot)
}

async fn with(draft: Draft) -> anyhow::Result<(Daemon, App)> {
    let daemon = Daemon::start().await?;
    daemon.run(&draft).await?;
    let app = daemon.app().await?;
    Ok((daemon, app))
}

#[tokio::test]
async fn what_a_plugin_asks_carries_the_trace_of_what_it_handles() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::obedient("alpha").may("messages:send")).await?;
    let app = daemon.app().await?;
    let trace = Trace {
        traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned(),
        tracestate: "vendor=1".to_owned(),
    };
    let command = app::command("alpha", "send c-town hello");
    let command = RunCommand { trace: Some(trace.clone()), ..command };
    let told = app.start_command(command).await?;
    let request = app.request().await?;
    assert_eq!(request.trace, Some(trace));
    let sent = answer::Result::Sent(Sent { message_id: "m1".to_owned() });
    app.answer(request.id, sent).await?;
    told.answer().await?;
    let told = app.order("alpha", "send-unasked c-town hello").await?;
    assert_eq!(app.request().await?.trace, None);
    drop(told);
    Ok(())
}
