//! Messages that grow while a plugin writes them: whole and in order, or ended with the cause.

use outboard_proto::app::{
    GrowEnd, GrowMessage, Request, Sent, answer, grow_message::Step, request::Of,
};
use outboard_proto::common::{Failure, Reason};
use outboard_tests::{App, AppDraft, Outcome, app};
use tonic::Code;

use crate::asks::with_all;

/// The next step that the app is asked for.
async fn step(app: &App) -> anyhow::Result<(Request, Step)> {
    let request = app.request().await?;
    match &request.of {
        Some(Of::Grow(GrowMessage { step: Some(step) })) => Ok((request.clone(), step.clone())),
        other => anyhow::bail!("no step of a message that grows: {other:?}"),
    }
}

/// Takes the next step; `begin`, `+TEXT`, `end` or `end: REASON`.
async fn taken(app: &App) -> anyhow::Result<String> {
    let (request, step) = step(app).await?;
    let sent = Sent { message_id: "m-7".to_owned() };
    app.answer(request.id, answer::Result::Sent(sent)).await?;
    Ok(match step {
        Step::Begin(_) => "begin".to_owned(),
        Step::More(more) => format!("{}+{}", more.seq, more.text),
        Step::End(GrowEnd { abort: None, message_id, .. }) => format!("end of {message_id}"),
        Step::End(GrowEnd { abort: Some(why), .. }) => {
            format!("end: {} {}", why.reason().code(), why.message)
        }
    })
}

async fn all_taken(app: &App, count: usize) -> anyhow::Result<Vec<String>> {
    let mut all = Vec::new();
    for _ in 0..count {
        all.push(taken(app).await?);
    }
    Ok(all)
}

// I42
#[tokio::test]
async fn a_message_grows_in_order_and_ends() -> Outcome {
    let (_daemon, app) = with_all().await?;
    let told = app.order("alpha", "ask grow c-town one two three").await?;
    let wanted = ["begin", "0+one", "1+two", "2+three", "end of m-7"];
    assert_eq!(all_taken(&app, 5).await?, wanted);
    assert_eq!(app::reply_text(&told.answer().await?).as_deref(), Some("sent m-7"));
    Ok(())
}

// I42
#[tokio::test]
async fn whatever_ends_the_plugin_ends_its_message_with_the_cause() -> Outcome {
    let (_daemon, app) = with_all().await?;
    let told = app.order("alpha", "ask grow c-town one !abort").await?;
    let wanted = ["begin", "0+one", "end: HANDLER_FAILED changed its mind"];
    assert_eq!(all_taken(&app, 3).await?, wanted);
    told.answer().await?;
    let _told = app.order("alpha", "ask grow c-town one !hang").await?;
    let mut steps = all_taken(&app, 2).await?;
    let _gone = app.order("alpha", "exit").await?;
    steps.push(taken(&app).await?);
    assert!(steps[2].starts_with("end: PLUGIN_UNAVAILABLE"), "{steps:?}");
    Ok(())
}

#[tokio::test]
async fn pieces_out_of_order_or_too_large_end_it() -> Outcome {
    let (_daemon, app) = with_all().await?;
    let said = app.tell("alpha", "ask grow c-town !headless one").await?;
    assert!(said.contains("OUT_OF_ORDER"), "{said}");
    for (what, reason) in [("!twice", "OUT_OF_ORDER"), ("*17000", "STREAM_TOO_LARGE")] {
        let told = app.order("alpha", &format!("ask grow c-town {what}")).await?;
        let steps = all_taken(&app, 2).await?;
        assert!(steps[1].starts_with(&format!("end: {reason}")), "{steps:?}");
        let said = app::reply_text(&told.answer().await?).unwrap_or_default();
        assert!(said.contains(reason), "{said}");
    }
    Ok(())
}

// I81
#[tokio::test]
async fn all_of_it_comes_to_the_node_that_began_it() -> Outcome {
    let (daemon, one) = with_all().await?;
    let draft = AppDraft::default().able().node("n0", 1);
    let two = draft.connect(&daemon.house().app_socket()).await?;
    let told = two.order("alpha", "ask grow c-town one two !hang").await?;
    assert_eq!(all_taken(&two, 3).await?, ["begin", "0+one", "1+two"]);
    drop(told);
    drop(two);
    // The node's own session is over, and with it what it showed; the other hears nothing of it.
    assert_eq!(one.tell("alpha", "say well").await?, "well");
    Ok(())
}

#[tokio::test]
async fn an_app_that_will_not_begin_says_why() -> Outcome {
    let (_daemon, app) = with_all().await?;
    let told = app.order("alpha", "ask grow c-town one").await?;
    let (request, _) = step(&app).await?;
    let refusal = Failure::new(Code::FailedPrecondition, Reason::AppRefused, "not in here");
    app.answer(request.id, answer::Result::Failure(refusal)).await?;
    let said = app::reply_text(&told.answer().await?).unwrap_or_default();
    assert!(said.contains("not in here"), "{said}");
    Ok(())
}
