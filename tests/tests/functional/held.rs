//! What plugins hold: told with the verdict, kept whoever dies, decided once, told to the app.

use outboard_proto::app::Request;
use outboard_proto::common::{
    Event, HeldStage, Message, event, hook_payload, verdict::Outcome as Decided,
};
use outboard_tests::app::{decided, hold_of, said};
use outboard_tests::verdict::{outcome, steps};
use outboard_tests::{App, AppDraft, Daemon, Draft, Outcome, values};

use crate::{QUICK, any_has};

// I66
#[tokio::test]
async fn a_verdict_says_what_is_held_where_by_whom_and_until_when() -> Outcome {
    let (daemon, app) = with(&[holder("alpha")]).await?;
    let verdict = app.post("town", "all:hold=reports").await?;
    assert_eq!(steps(&verdict), ["alpha held"]);
    let hold = hold_of(&verdict)?;
    assert_eq!((hold.queue.as_str(), hold.plugin.as_str()), ("reports", "alpha"));
    assert_eq!(hold.reason.unwrap_or_default().text, "somebody will look");
    let held = daemon.operator().held("").await?;
    let [item] = &held[..] else { panic!("{held:?}") };
    assert_eq!((item.id.as_str(), item.plugin.as_str()), (hold.id.as_str(), "alpha"));
    assert_eq!((item.expires_at_us, item.stage()), (hold.expires_at_us, HeldStage::Held));
    assert_eq!((item.hook.as_str(), item.app.as_str()), ("message.before_post", "test-chat"));
    assert_eq!(item.channel.clone().unwrap_or_default().name, "town");
    assert_eq!(item.sender.clone().unwrap_or_default().name, "ann");
    let day = 24 * 3600 * 1_000_000;
    assert!((hold.expires_at_us - item.held_at_us).abs_diff(day) < 1_000_000);
    assert!(daemon.operator().held("other").await?.is_empty());
    let shown = daemon.operator().show_held(&hold.id, false).await?;
    assert!(!format!("{shown:?}").contains("all:hold"), "{shown:?}");
    let shown = daemon.operator().show_held(&hold.id, true).await?;
    assert!(shown.content.contains("all:hold"), "{shown:?}");
    Ok(())
}

// I66
#[tokio::test]
async fn what_is_held_outlives_a_killed_daemon_and_is_released_once() -> Outcome {
    let (daemon, app) = with(&[holder("alpha"), holder("beta")]).await?;
    let id = hold_of(&app.post("town", "alpha:tag beta:hold").await?)?.id;
    drop(app);
    let daemon = Daemon::in_house(daemon.kill().await?).await?;
    daemon.operator().wait_running("alpha").await?;
    let node = AppDraft::default().node("n2", 1);
    let app = node.connect(&daemon.house().app_socket()).await?;
    let releasing = daemon.operator().clone();
    let released = {
        let id = id.clone();
        tokio::spawn(async move { releasing.release_held(&id).await })
    };
    let told = app.do_as_decided("m-7").await?;
    assert_eq!((told.id.as_str(), said(&told).as_str()), (id.as_str(), "released by operator"));
    assert_eq!((told.plugin.as_str(), told.queue.as_str()), ("beta", "review"));
    let payload = told.payload.unwrap_or_default();
    assert_eq!(values::posted_text(&payload), "alpha:tag beta:hold +alpha", "as it was held");
    assert_eq!(released.await??, format!("released {id}: message m-7"));
    // Whatever else were told would come before this.
    let next = hold_of(&app.post("town", "alpha:hold").await?)?.id;
    daemon.operator().wait_running("alpha").await?;
    app.order("alpha", &format!("drop {next} no")).await?;
    assert_eq!(app.do_as_decided("").await?.id, next);
    assert_eq!(daemon.operator().show_held(&id, true).await?.content, "", "nothing of it is left");
    Ok(())
}

// I66
#[tokio::test]
async fn a_decision_made_while_no_app_is_there_reaches_the_next_one() -> Outcome {
    let (daemon, app) = with(&[holder("alpha")]).await?;
    let id = hold_of(&app.post("town", "alpha:hold").await?)?.id;
    drop(app);
    let done = daemon.operator().drop_held(&id, "spam").await?;
    assert!(done.contains("will be told"), "{done}");
    let stage = daemon.operator().held("").await?[0].stage();
    assert_eq!(stage, HeldStage::Dropping);
    let daemon = Daemon::in_house(daemon.kill().await?).await?;
    let app = daemon.app().await?;
    let told = app.do_as_decided("").await?;
    assert_eq!(said(&told), "dropped by operator:  spam");
    let Some(hook_payload::Of::BeforePost(message)) = told.payload.unwrap_or_default().of else {
        panic!("which message?")
    };
    assert_eq!(message.draft_id, "d-1", "the app can tell whom to tell");
    Ok(())
}

// I66
#[tokio::test]
async fn an_app_that_goes_away_with_a_decision_is_told_again_under_the_same_key() -> Outcome {
    let (daemon, app) = with(&[holder("alpha")]).await?;
    let id = hold_of(&app.post("town", "alpha:hold").await?)?.id;
    let operator = daemon.operator().clone();
    let released = tokio::spawn(async move { operator.release_held(&id).await });
    let first = app.request().await?;
    drop(app);
    let app = daemon.app().await?;
    let again = app.request().await?;
    assert_eq!(again.idempotency_key, first.idempotency_key);
    assert_eq!((first.attempt, again.attempt), (1, 2));
    answer(&app, &again, "m-1").await?;
    assert!(released.await??.starts_with("released"));
    Ok(())
}

// I67
#[tokio::test]
async fn of_two_who_decide_one_wins_and_the_other_hears_who_did() -> Outcome {
    let (daemon, app) = with(&[holder("alpha")]).await?;
    let id = hold_of(&app.post("town", "alpha:hold").await?)?.id;
    let told = app.order("alpha", &format!("release {id}")).await?;
    let request = app.request().await?;
    let late = daemon.operator().drop_held(&id, "spam").await.unwrap_err();
    assert_eq!(late.reason, "HELD_DECIDED", "{late}");
    assert_eq!(late.details["decision"], "released");
    assert_eq!(late.details["by"], "plugin:alpha");
    answer(&app, &request, "m-3").await?;
    assert_eq!(outboard_tests::app::reply_text(&told.answer().await?).unwrap(), "done m-3");
    let later = app.tell("alpha", &format!("drop {id} no")).await?;
    assert!(later.contains("HELD_DECIDED"), "{later}");
    Ok(())
}

// I67
#[tokio::test]
async fn of_many_who_decide_at_once_one_wins() -> Outcome {
    let (daemon, app) = with(&[holder("alpha")]).await?;
    let id = hold_of(&app.post("town", "alpha:hold").await?)?.id;
    let mut deciding = tokio::task::JoinSet::new();
    for number in 0..10 {
        let (operator, id) = (daemon.operator().clone(), id.clone());
        deciding.spawn(async move {
            match number % 2 {
                0 => operator.release_held(&id).await,
                _ => operator.drop_held(&id, "no").await,
            }
        });
    }
    app.do_as_decided("m-1").await?;
    let answers = deciding.join_all().await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((won.len(), lost.len()), (1, 9));
    assert!(lost.into_iter().all(|it| it.unwrap_err().reason == "HELD_DECIDED"));
    Ok(())
}

#[tokio::test]
async fn what_nobody_decides_in_time_is_dropped_and_the_app_is_told() -> Outcome {
    let (daemon, app) = with(&[holder("alpha")]).await?;
    let id = hold_of(&app.post("town", "alpha:hold-for=300").await?)?.id;
    let told = app.do_as_decided("").await?;
    assert_eq!(told.id, id);
    assert!(said(&told).starts_with("dropped by expiry: HOLD_EXPIRED"), "{}", said(&told));
    let late = daemon.operator().release_held(&id).await.unwrap_err();
    assert_eq!(late.reason, "HOLD_EXPIRED", "{late}");
    Ok(())
}

#[tokio::test]
async fn what_is_over_while_no_daemon_runs_is_dropped_by_the_next() -> Outcome {
    let (daemon, app) = with(&[holder("alpha")]).await?;
    let hold = hold_of(&app.post("town", "alpha:hold-for=300").await?)?;
    drop(app);
    let house = daemon.kill().await?;
    let daemon = Daemon::in_house(house).await?;
    let told = daemon.app().await?.do_as_decided("").await?;
    assert_eq!(told.id, hold.id);
    assert!(said(&told).contains("HOLD_EXPIRED"), "{}", said(&told));
    Ok(())
}

#[tokio::test]
async fn a_validator_holds_unless_another_rejects() -> Outcome {
    let phase = "phase = \"validate\"";
    let drafts = ["alpha", "beta"].map(|name| Draft::interceptor(name, phase));
    let (daemon, app) = with(&drafts).await?;
    let verdict = app.post("town", "alpha:hold beta:sleep=100").await?;
    assert_eq!(steps(&verdict), ["alpha held", "beta continued"]);
    let id = hold_of(&verdict)?.id;
    let rejected = app.post("town", "alpha:hold beta:sleep=100 beta:reject").await?;
    assert_eq!(outcome(&rejected), "rejected by beta: not here");
    let held = daemon.operator().held("").await?;
    assert_eq!(held.len(), 1, "what is rejected is not held: {held:?}");
    let both = hold_of(&app.post("town", "alpha:hold=first beta:hold=second").await?)?;
    assert_eq!((both.plugin.as_str(), both.queue.as_str()), ("alpha", "first"));
    app.order("alpha", &format!("release {id}")).await?;
    assert_eq!(app.do_as_decided("m-1").await?.id, id);
    Ok(())
}

#[tokio::test]
async fn a_transform_that_holds_ends_the_pipeline() -> Outcome {
    let first = Draft::interceptor("alpha", "priority = 1");
    let (_daemon, app) = with(&[first, Draft::interceptor("beta", "priority = 2")]).await?;
    let verdict = app.post("town", "alpha:hold beta:reject").await?;
    assert_eq!(steps(&verdict), ["alpha held"]);
    Ok(())
}

/// I59: what stands beside the path holds nothing; that it would have is noted.
#[tokio::test]
async fn a_shadow_that_would_hold_holds_nothing() -> Outcome {
    let (daemon, app) = with(&[Draft::interceptor("alpha", "mode = \"shadow\"")]).await?;
    let verdict = app.post("town", "all:hold").await?;
    assert_eq!(outcome(&verdict), "continued");
    app.tell("alpha", "seen").await?;
    assert!(daemon.operator().held("").await?.is_empty());
    let notes = daemon.operator().status("alpha").await?.notes;
    assert!(any_has(&notes, "would have been held, was continued"), "{notes:?}");
    assert!(any_has(&notes, "held 1"), "{notes:?}");
    Ok(())
}

#[tokio::test]
async fn what_an_unloaded_plugin_holds_stays_for_the_operator() -> Outcome {
    let (daemon, app) = with(&[holder("alpha")]).await?;
    let id = hold_of(&app.post("town", "alpha:hold").await?)?.id;
    daemon.operator().unload("alpha").await?;
    let operator = daemon.operator().clone();
    let released = {
        let id = id.clone();
        tokio::spawn(async move { operator.release_held(&id).await })
    };
    let request = app.request().await?;
    assert_eq!(request.asker.clone().unwrap_or_default().plugin, "alpha");
    answer(&app, &request, "m-1").await?;
    assert_eq!(released.await??, format!("released {id}: message m-1"));
    Ok(())
}

#[tokio::test]
async fn what_is_held_about_a_deleted_message_is_dropped() -> Outcome {
    let (_daemon, app) = with(&[holder("alpha")]).await?;
    let id = hold_of(&app.post("town", "alpha:hold").await?)?.id;
    // A draft that its author takes back has no id yet.
    let draft = Message { draft_id: "d-1".to_owned(), ..Message::default() };
    app.publish(Event {
        r#type: "message.deleted".to_owned(),
        of: Some(event::Of::Message(Box::new(draft))),
        ..Event::default()
    })
    .await?;
    let told = app.do_as_decided("").await?;
    assert_eq!(told.id, id);
    assert!(said(&told).starts_with("dropped by deletion: MESSAGE_DELETED"), "{}", said(&told));
    Ok(())
}

#[tokio::test]
async fn an_app_that_will_not_have_it_leaves_it_held_and_says_why() -> Outcome {
    let (daemon, app) = with(&[holder("alpha")]).await?;
    let id = hold_of(&app.post("town", "alpha:hold").await?)?.id;
    let operator = daemon.operator().clone();
    let released = {
        let id = id.clone();
        tokio::spawn(async move { operator.release_held(&id).await })
    };
    let request = app.request().await?;
    let archived = outboard_proto::common::Failure::new(
        tonic::Code::FailedPrecondition,
        outboard_proto::common::Reason::AppRefused,
        "the channel is archived",
    );
    let refused = outboard_proto::app::answer::Result::Failure(archived);
    app.answer(request.id, refused).await?;
    let refusal = released.await?.unwrap_err();
    assert_eq!(refusal.reason, "APP_REFUSED", "{refusal}");
    let held = daemon.operator().held("").await?;
    assert_eq!(
        (held[0].stage(), held[0].note.as_str()),
        (HeldStage::Held, "the channel is archived")
    );
    app.order("alpha", &format!("drop {id} no")).await?;
    let told = app.request().await?;
    assert_ne!(told.idempotency_key, request.idempotency_key, "it is another decision");
    assert!(said(&decided(told)?).starts_with("dropped by plugin:alpha"));
    Ok(())
}

/// Of several apps, the one whose act it was hears of it.
#[tokio::test]
async fn another_app_hears_nothing_of_it() -> Outcome {
    let (daemon, app) = with(&[holder("alpha")]).await?;
    let mut other = AppDraft::default().node("a-first", 1);
    "another-chat".clone_into(&mut other.hello.app);
    let other = other.connect(&daemon.house().app_socket()).await?;
    let id = hold_of(&app.post("town", "alpha:hold").await?)?.id;
    let theirs = hold_of(&other.post("town", "alpha:hold").await?)?.id;
    for (app, id) in [(&app, &id), (&other, &theirs)] {
        app.order("alpha", &format!("release {id}")).await?;
        assert_eq!(app.do_as_decided("m-1").await?.id, *id);
    }
    Ok(())
}

async fn answer(app: &App, request: &Request, id: &str) -> Outcome {
    let sent = outboard_proto::app::Sent { message_id: id.to_owned() };
    app.answer(request.id, outboard_proto::app::answer::Result::Sent(sent)).await
}

fn holder(name: &str) -> Draft {
    Draft::interceptor(name, "")
}

async fn with(drafts: &[Draft]) -> anyhow::Result<(Daemon, App)> {
    let daemon = Daemon::configured(QUICK).await?;
    for draft in drafts {
        daemon.run(draft).await?;
    }
    let app = daemon.app().await?;
    let passes = app.post("town", "nothing").await?;
    anyhow::ensure!(matches!(passes.outcome, Some(Decided::Continued(_))), "{passes:?}");
    Ok((daemon, app))
}
