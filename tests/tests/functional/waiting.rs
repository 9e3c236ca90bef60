//! What waits, for an app or for an answer that follows later: it is held to the grants of the
//! moment when its turn comes, counts once, and what came of it is on record.

use outboard_proto::admin::{LogLine, PluginStatus};
use outboard_proto::app::{UiAction, answer::Result as Answer, request::Of};
use outboard_proto::common::{Done, Failure, Reason};
use outboard_tests::{App, AppDraft, Daemon, Draft, Outcome, PATIENCE, app, values};
use tonic::Code;

use crate::QUICK;

const FOLLOW_UP: &str = "/outboard.plugin.v1.Interactions/FollowUp";

// I114
#[tokio::test]
async fn a_follow_up_is_held_to_what_the_grant_is_narrowed_to_by_then() -> Outcome {
    let (daemon, app) = with(Draft::obedient("alpha")).await?;
    defer(&app, "i-1").await?;
    daemon.operator().change_grants("alpha", &["<commands:own@channels=staff"]).await?;
    let said = in_staff(&app, "follow-up i-1 1 too late").await?;
    assert!(said.contains("OUT_OF_SCOPE") && said.contains("channel c-town"), "{said}");
    let row = daemon.operator().grant_row("alpha", "commands:own").await?;
    assert_eq!(row.refused, 1);
    let audited = daemon.operator().audited("refused").await?;
    assert!(audited.iter().any(|it| it.on == FOLLOW_UP && it.why == "needs commands:own"));
    daemon.operator().change_grants("alpha", &["+commands:own"]).await?;
    let told = app.order("alpha", "follow-up i-1 1 in time").await?;
    app.show_follow_up("m-1").await?;
    assert_eq!(app::reply_text(&told.answer().await?).as_deref(), Some("said m-1"));
    Ok(())
}

// I114
#[tokio::test]
async fn a_follow_up_is_refused_when_the_grant_is_withdrawn_by_then() -> Outcome {
    let args = "args = [{ name = \"what\", type = \"string\", rest = true }]";
    let draft = Draft::bare("alpha").may_optionally("commands:own").command("alpha", args);
    let (daemon, app) = with(draft).await?;
    defer(&app, "i-1").await?;
    app.tell("alpha", "follow-up-when-alone i-1 1 too late").await?;
    daemon.operator().change_grants("alpha", &["-commands:own"]).await?;
    drop(app);
    let done = |line: &LogLine| line.line.contains("alone: done");
    daemon.operator().wait_for_line("alpha", done).await?;
    let row = daemon.operator().grant_row("alpha", "commands:own").await?;
    assert_eq!(row.refused, 1);
    daemon.operator().change_grants("alpha", &["+commands:own"]).await?;
    let app = able(&daemon).await?;
    let seen = app.tell("alpha", "seen").await?;
    assert!(seen.contains("alone: ") && seen.contains("Permission denied: commands:own"), "{seen}");
    Ok(())
}

// I114
#[tokio::test]
async fn a_follow_up_that_waits_for_an_app_is_held_to_the_grant_of_then() -> Outcome {
    let (daemon, app) = with(Draft::obedient("alpha")).await?;
    defer(&app, "i-1").await?;
    app.tell("alpha", "follow-up-when-alone i-1 1 too late").await?;
    drop(app);
    let done = |line: &LogLine| line.line.contains("alone: done");
    daemon.operator().wait_for_line("alpha", done).await?;
    daemon.operator().change_grants("alpha", &["<commands:own@channels=staff"]).await?;
    let app = able(&daemon).await?;
    refused(&daemon, "commands:own", 1).await?;
    // It was the first in the queue, and never came.
    daemon.operator().change_grants("alpha", &["+commands:own"]).await?;
    let told = app.order("alpha", "follow-up i-1 2 in time").await?;
    let said = app.show_follow_up("m-1").await?;
    assert_eq!(said.seq, 2);
    assert_eq!(app::reply_text(&told.answer().await?).as_deref(), Some("said m-1"));
    Ok(())
}

#[tokio::test]
async fn a_last_word_closes_although_its_plugin_died_meanwhile() -> Outcome {
    let (daemon, app) = with(Draft::obedient("alpha")).await?;
    defer(&app, "i-1").await?;
    let _lost = app.order("alpha", "last-follow-up i-1 1 the end").await?;
    let request = app.request().await?;
    let _gone = app.order("alpha", "exit 3").await?;
    let is_gone = |it: &PluginStatus| it.pid == 0 || it.generation > 1;
    daemon.operator().wait_until("alpha", "gone", is_gone).await?;
    let sent = outboard_proto::app::Sent { message_id: "m-1".to_owned() };
    app.answer(request.id, Answer::Sent(sent)).await?;
    daemon.operator().wait_back("alpha", 1).await?;
    let closed = async {
        // The app's answer may be on its way to the disk.
        while app.tell("alpha", "last-follow-up i-1 1 the end").await? != "said m-1" {}
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, closed).await??;
    let more = app.tell("alpha", "follow-up i-1 2 more").await?;
    assert!(more.contains("INTERACTION_CLOSED"), "{more}");
    Ok(())
}

#[tokio::test]
async fn who_may_only_show_things_may_say_more_to_an_action() -> Outcome {
    let button = "[[ui]]\nkind = \"blocks\"\nid = \"w\"\ntitle = \"w\"\nposition = \"sidebar\"\n\
                  blocks = [{ kind = \"button\", label = \"Later\", action = \"defer\" }]";
    let draft = Draft::bare("alpha").section(button).may("ui:contribute");
    let (_daemon, app) = with_app(draft, |mut it| {
        it.hello.ui = vec!["blocks".to_owned()];
        it
    })
    .await?;
    let action = UiAction {
        plugin: "alpha".to_owned(),
        component: "w".to_owned(),
        action: "defer".to_owned(),
        interaction_id: "i-1".to_owned(),
        sender: Some(values::person("ann")),
        channel: Some(values::channel("town")),
        ..UiAction::default()
    };
    let (acted, said) = tokio::join!(app.act(action), app.show_follow_up("m-1"));
    let said = said?;
    assert!(said.action && said.interaction_id == "i-1", "{said:?}");
    assert!(format!("{:?}", acted?.result).contains("deferred: true"));
    Ok(())
}

// I116
#[tokio::test]
async fn what_came_of_a_queued_act_of_moderation_is_on_record() -> Outcome {
    let refusal = Failure::new(Code::FailedPrecondition, Reason::AppRefused, "not bob");
    for (answer, outcome) in
        [(Answer::Done(Done {}), "done"), (Answer::Failure(refusal), "APP_REFUSED: not bob")]
    {
        let (daemon, app) = with(moderator()).await?;
        banned_when_alone(&daemon, app).await?;
        let queued = daemon.operator().audited("users.ban").await?;
        assert_eq!(queued.len(), 1, "{queued:?}");
        assert!(queued[0].outcome.contains("it is kept"), "{queued:?}");
        let app = able(&daemon).await?;
        let request = app.request().await?;
        assert!(matches!(request.of, Some(Of::Moderate(_))), "{:?}", request.of);
        app.answer(request.id, answer).await?;
        let records = recorded(&daemon, 2).await?;
        assert_eq!(records[1].outcome, outcome);
        assert_eq!((records[1].on.as_str(), records[1].why.as_str()), ("u-bob", "too loud"));
        assert_eq!(records[1].who, "plugin alpha");
    }
    Ok(())
}

// I114
#[tokio::test]
async fn a_queued_act_whose_grant_is_withdrawn_reaches_no_app() -> Outcome {
    let (daemon, app) = with(moderator()).await?;
    banned_when_alone(&daemon, app).await?;
    daemon.operator().change_grants("alpha", &["-users:moderate"]).await?;
    let app = able(&daemon).await?;
    let records = recorded(&daemon, 2).await?;
    assert_eq!(records[1].outcome, "PERMISSION_DENIED: Permission denied: users:moderate");
    refused(&daemon, "users:moderate", 1).await?;
    let told = app.order("alpha", "ask edit c-town m-1 hello").await?;
    let request = app.request().await?;
    assert!(matches!(request.of, Some(Of::Edit(_))), "nothing came before: {:?}", request.of);
    app.answer(request.id, Answer::Done(Done {})).await?;
    told.answer().await?;
    Ok(())
}

#[tokio::test]
async fn what_an_unloaded_plugin_left_waits_for_its_next_load_and_holds_up_nobody() -> Outcome {
    let (daemon, app) = with(moderator()).await?;
    daemon.run(&Draft::obedient("beta").may("messages:send")).await?;
    banned_when_alone(&daemon, app).await?;
    daemon.operator().unload("alpha").await?;
    let app = able(&daemon).await?;
    let told = app.order("beta", "ask edit c-town m-1 hello").await?;
    let request = app.request().await?;
    assert!(matches!(request.of, Some(Of::Edit(_))), "nothing came before: {:?}", request.of);
    app.answer(request.id, Answer::Done(Done {})).await?;
    told.answer().await?;
    daemon.run(&moderator()).await?;
    let request = app.request().await?;
    assert!(matches!(request.of, Some(Of::Moderate(_))), "{:?}", request.of);
    app.answer(request.id, Answer::Done(Done {})).await?;
    assert_eq!(recorded(&daemon, 2).await?[1].outcome, "done");
    Ok(())
}

// I116
#[tokio::test]
async fn what_an_app_died_with_comes_again_where_it_counts_once_and_nowhere_else() -> Outcome {
    for dedupe in [true, false] {
        let (daemon, app) = with(moderator()).await?;
        banned_when_alone(&daemon, app).await?;
        let draft = || {
            let mut draft = AppDraft::default().able();
            draft.hello.dedupe = dedupe;
            draft
        };
        let app = draft().connect(&daemon.house().app_socket()).await?;
        let first = app.request().await?;
        drop(app);
        if dedupe {
            let app = draft().node("n1", 2).connect(&daemon.house().app_socket()).await?;
            let again = app.request().await?;
            assert_eq!((first.attempt, again.attempt), (1, 2));
            assert_eq!(again.idempotency_key, first.idempotency_key);
            app.answer(again.id, Answer::Done(Done {})).await?;
            assert_eq!(recorded(&daemon, 2).await?[1].outcome, "done");
        } else {
            let outcome = recorded(&daemon, 2).await?.remove(1).outcome;
            assert!(outcome.starts_with("OUTCOME_UNKNOWN"), "{outcome}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_a_plugin_asked_under_a_key_before_it_died_its_next_process_hears() -> Outcome {
    let (daemon, app) = with(moderator()).await?;
    let what = "ask edit-as k-1 c-town/m-1 once";
    let _lost = app.order("alpha", what).await?;
    let request = app.request().await?;
    let _gone = app.order("alpha", "exit 3").await?;
    daemon.operator().wait_back("alpha", 1).await?;
    app.answer(request.id, Answer::Done(Done {})).await?;
    let heard = async {
        // The answer may be on its way to the disk.
        while app.tell("alpha", what).await? != "done" {}
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, heard).await??;
    let told = app.order("alpha", "ask edit c-town m-2 next").await?;
    let request = app.request().await?;
    let Some(Of::Edit(edit)) = request.of else { panic!("{:?}", request.of) };
    assert_eq!(edit.message_id, "m-2", "it was asked once");
    app.answer(request.id, Answer::Done(Done {})).await?;
    told.answer().await?;
    Ok(())
}

// I114
#[tokio::test]
async fn a_plugin_limited_to_channels_speaks_in_no_other() -> Outcome {
    let (daemon, app) = with(Draft::obedient("alpha").may("messages:send")).await?;
    daemon.operator().set("alpha", "channels", "town").await?;
    let said = app.tell("alpha", "send c-cellar hello").await?;
    assert!(said.contains("the operator limits this plugin to others than c-cellar"), "{said}");
    let told = app.order("alpha", "send c-town hello").await?;
    app.carry_out("m-1").await?;
    told.answer().await?;
    Ok(())
}

// I115
#[tokio::test]
async fn a_plugin_learns_what_the_app_calls_its_account() -> Outcome {
    let mentioned = "[[events]]\non = [\"message.posted\"]\nfilter = { mentions = true }";
    let draft = Draft::obedient("alpha").may("messages:send").may("messages:read");
    let draft = draft.section(mentioned).handler("event:message.posted");
    let (daemon, app) = with(draft).await?;
    let named = || {
        let mention =
            outboard_proto::common::Mention { user_id: "@a:here".into(), ..Default::default() };
        let mut event = values::posted("town", "hello");
        if let Some(outboard_proto::common::event::Of::Message(message)) = &mut event.of {
            message.mentions = vec![mention];
        }
        event
    };
    assert_eq!(app.publish(named()).await?.subscriptions, 0, "nobody knows who that is");
    let told = app.order("alpha", "send c-town hello").await?;
    let request = app.request().await?;
    let sent = outboard_proto::app::Sent { message_id: "m-1".to_owned() };
    let answer = outboard_proto::app::Answer {
        id: request.id,
        result: Some(Answer::Sent(sent)),
        bot_user_id: "@a:here".to_owned(),
    };
    app.send(outboard_proto::app::app_frame::Kind::Answer(answer)).await?;
    told.answer().await?;
    crate::session::told_again(&app, "bot alpha \"@a:here\"").await?;
    assert_eq!(app.publish(named()).await?.subscriptions, 1);
    // Told with a hello, a plugin hears it in its welcome.
    daemon.operator().restart("alpha").await?;
    daemon.operator().wait_back("alpha", 1).await?;
    let seen = app.tell("alpha", "seen").await?;
    let told = seen.lines().find(|line| line.starts_with("bot ")).unwrap_or_default();
    assert_eq!(told, "bot alpha \"@a:here\"");
    let mut draft = AppDraft::default().node("n2", 1);
    draft.hello.bots = [("alpha".to_owned(), "@b:here".to_owned())].into();
    let _other = draft.connect(&daemon.house().app_socket()).await?;
    crate::session::told_again(&app, "bot alpha \"@b:here\"").await?;
    Ok(())
}

fn moderator() -> Draft {
    Draft::obedient("alpha").may("messages:send").may_optionally("users:moderate")
}

/// Bans bob while no app is there.
async fn banned_when_alone(daemon: &Daemon, app: App) -> Outcome {
    app.tell("alpha", "ask-when-alone ban u-bob 0 /too loud").await?;
    drop(app);
    let done = |line: &LogLine| line.line.contains("alone: done");
    daemon.operator().wait_for_line("alpha", done).await?;
    recorded(daemon, 1).await.map(drop)
}

/// So many records of a ban.
async fn recorded(
    daemon: &Daemon,
    count: usize,
) -> anyhow::Result<Vec<outboard_proto::admin::AuditRecord>> {
    let found = async {
        loop {
            // The log is written by a thread of its own.
            let records = daemon.operator().audited("users.ban").await?;
            if records.len() >= count {
                return anyhow::Ok(records);
            }
        }
    };
    tokio::time::timeout(PATIENCE, found).await?
}

async fn refused(daemon: &Daemon, permission: &str, count: u64) -> Outcome {
    let counted = async {
        while daemon.operator().grant_row("alpha", permission).await?.refused < count {}
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, counted).await?
}

/// Ann defers a command in the channel `town`.
async fn defer(app: &App, id: &str) -> Outcome {
    let mut command = app::command("alpha", "defer");
    id.clone_into(&mut command.interaction_id);
    let result = app.run_command(command).await?;
    anyhow::ensure!(format!("{result:?}").contains("deferred: true"), "{result:?}");
    Ok(())
}

/// Tells alpha something in the channel `staff`.
async fn in_staff(app: &App, what: &str) -> anyhow::Result<String> {
    let mut command = app::command("alpha", what);
    command.channel = Some(values::channel("staff"));
    Ok(app::reply_text(&app.run_command(command).await?).unwrap_or_default())
}

async fn able(daemon: &Daemon) -> anyhow::Result<App> {
    AppDraft::default().able().connect(&daemon.house().app_socket()).await
}

async fn with(draft: Draft) -> anyhow::Result<(Daemon, App)> {
    with_app(draft, |it| it).await
}

async fn with_app(
    draft: Draft,
    app: impl FnOnce(AppDraft) -> AppDraft,
) -> anyhow::Result<(Daemon, App)> {
    let daemon = Daemon::configured(QUICK).await?;
    daemon.run(&draft).await?;
    let app = app(AppDraft::default().able());
    let app = app.connect(&daemon.house().app_socket()).await?;
    Ok((daemon, app))
}
