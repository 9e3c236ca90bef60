//! Several nodes of an app: none takes a plugin from the others, and what one of them loses is its
//! own.

use std::time::Duration;

use outboard_proto::app::{Sent, answer};
use outboard_tests::verdict::steps;
use outboard_tests::{App, AppDraft, Daemon, Draft, Outcome, Refusal, app, values};

use crate::SLOW;

// I68
#[tokio::test]
async fn a_node_that_asks_without_end_leaves_its_turn_to_another() -> Outcome {
    let draft = Draft::interceptor("alpha", "timeout = \"10s\"").limit("in_flight = 1");
    let (_daemon, [greedy, modest]) = with(&[draft]).await?;
    let mut asked = Vec::new();
    for _ in 0..1 + 256 {
        let payload = values::before_post("town", "alpha:sleep=500");
        asked.push(greedy.ask(payload, Duration::from_secs(30)).await?);
    }
    let newest = asked.pop().expect("it has asked much");
    let payload = values::before_post("town", "hello");
    let little = modest.ask(payload, Duration::from_secs(30)).await?;
    let verdict = app::verdict(little.answer().await?)?;
    assert_eq!(steps(&verdict), ["alpha continued"], "its turn came");
    let verdict = app::verdict(newest.answer().await?)?;
    assert_eq!(steps(&verdict), ["alpha skipped: over_limit"], "it made room");
    Ok(())
}

// I69
#[tokio::test]
async fn a_node_that_vanishes_takes_only_its_own_calls_with_it() -> Outcome {
    let draft = Draft::interceptor("alpha", "timeout = \"5s\"");
    let (_daemon, [gone, stays]) = with(&[draft]).await?;
    let budget = Duration::from_secs(10);
    gone.ask(values::before_post("town", "alpha:sleep=20000"), budget).await?;
    gone.tell("alpha", "say it has arrived").await?;
    let asked = stays.ask(values::before_post("town", "alpha:sleep=500"), budget).await?;
    stays.tell("alpha", "say it has arrived").await?;
    drop(gone);
    let verdict = app::verdict(asked.answer().await?)?;
    assert_eq!(steps(&verdict), ["alpha continued"]);
    assert_eq!(stays.tell("alpha", "count cancel:").await?, "1");
    Ok(())
}

#[tokio::test]
async fn of_two_nodes_with_one_name_the_newer_stays() -> Outcome {
    let daemon = Daemon::start().await?;
    let socket = daemon.house().app_socket();
    let newer = AppDraft::default().node("n1", 2).connect(&socket).await?;
    let Err(older) = AppDraft::default().node("n1", 1).connect(&socket).await else {
        anyhow::bail!("an older node of the same name was let in")
    };
    let refusal = Refusal::from(older.downcast::<tonic::Status>()?);
    assert_eq!(refusal.reason, "NODE_REPLACED", "{refusal}");
    assert!(refusal.message.contains("n1"), "{refusal}");
    newer.post("town", "hello").await?;
    let again = AppDraft::default().node("n1", 2).connect(&socket).await?;
    assert_eq!(Refusal::from(newer.end().await?).reason, "NODE_REPLACED", "a process came back");
    again.post("town", "hello").await?;
    assert_eq!(daemon.operator().daemon().await?.apps.len(), 1);
    Ok(())
}

// I69
#[tokio::test]
async fn a_send_in_hand_of_a_lost_node_goes_to_another_marked_and_under_the_same_key() -> Outcome {
    let draft = Draft::listener("alpha", "");
    let (daemon, [first, second]) = with(&[draft]).await?;
    first.order("alpha", "send c-town once").await?;
    let request = first.request().await?;
    assert_eq!(request.attempt, 1);
    drop(first);
    let again = second.request().await?;
    assert_eq!((again.attempt, &again.idempotency_key), (2, &request.idempotency_key));
    let sent = Sent { message_id: "m-2".to_owned() };
    second.answer(again.id, answer::Result::Sent(sent)).await?;
    assert_eq!(second.tell("alpha", "say well").await?, "well");
    assert_eq!(daemon.operator().status("alpha").await?.generation, 1);
    Ok(())
}

#[tokio::test]
async fn without_dedupe_a_send_in_hand_of_a_lost_node_has_an_unknown_outcome() -> Outcome {
    let daemon = Daemon::configured(SLOW).await?;
    daemon.run(&Draft::listener("alpha", "")).await?;
    let app = daemon.app().await?;
    let mut other = AppDraft::default().node("n2", 1);
    other.hello.dedupe = false;
    app.publish_post("town", "alpha:reply").await?;
    app.request().await?;
    let other = other.connect(&daemon.house().app_socket()).await?;
    drop(app);
    let replied = |line: &outboard_proto::admin::LogLine| line.line.contains("replied:");
    let line = daemon.operator().wait_for_line("alpha", replied).await?.line;
    assert!(line.contains("Aborted") && line.contains("outcome=unknown"), "{line}");
    assert_eq!(other.tell("alpha", "say well").await?, "well");
    Ok(())
}

// I69
#[tokio::test]
async fn a_message_of_ten_mebibytes_ends_its_nodes_session_and_nothing_else() -> Outcome {
    let (daemon, [large, other]) = with(&[Draft::interceptor("alpha", "")]).await?;
    let payload = values::before_post("town", &"m".repeat(10 << 20));
    large.ask(payload, Duration::ZERO).await?;
    let refusal = Refusal::from(large.end().await?);
    assert_eq!(refusal.reason, "FRAME_TOO_LARGE", "{refusal}");
    assert_eq!(steps(&other.post("town", "hello").await?), ["alpha continued"]);
    assert_eq!(other.tell("alpha", "count hook").await?, "1", "the plugin never saw it");
    let back = daemon.app().await?;
    assert_eq!(steps(&back.post("town", "hello").await?), ["alpha continued"]);
    Ok(())
}

/// A daemon with these plugins and two nodes.
async fn with(drafts: &[Draft]) -> anyhow::Result<(Daemon, [App; 2])> {
    let daemon = Daemon::configured(SLOW).await?;
    for draft in drafts {
        daemon.run(draft).await?;
    }
    let socket = daemon.house().app_socket();
    let one = AppDraft::default().node("n1", 1).connect(&socket).await?;
    let two = AppDraft::default().node("n2", 1).connect(&socket).await?;
    Ok((daemon, [one, two]))
}
