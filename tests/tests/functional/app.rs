//! Chat servers: how they connect, what they are told, and those that misbehave.

use bytes::Bytes;
use outboard_proto::app::app_client::AppClient;
use outboard_proto::app::{Answer, AppFrame, Intercept, Publish, answer, app_frame, daemon_frame};
use outboard_proto::limits::NODE_KEY;
use outboard_tests::verdict::{outcome, steps};
use outboard_tests::{AppDraft, Daemon, Draft, Outcome, Refusal, app, values, wire};
use tonic::Request;

#[tokio::test]
async fn an_app_is_told_which_of_its_hooks_anyone_intercepts() -> Outcome {
    let daemon = Daemon::start().await?;
    let app = daemon.app().await?;
    let of = |policies: &outboard_proto::app::Policies, wanted: bool| {
        let post = policies.hooks.iter().find(|hook| hook.hook == "message.before_post");
        post.is_some_and(|hook| hook.intercepted == wanted)
    };
    assert!(of(&app.welcome.policies.clone().unwrap_or_default(), false), "{:?}", app.welcome);
    daemon.run(&Draft::interceptor("alpha", "")).await?;
    app.wait_policies(|policies| of(policies, true)).await?;
    daemon.operator().unload("alpha").await?;
    app.wait_policies(|policies| of(policies, false)).await?;
    Ok(())
}

#[tokio::test]
async fn the_welcome_names_the_daemon_and_its_limits() -> Outcome {
    let daemon = Daemon::start().await?;
    let welcome = daemon.app().await?.welcome.clone();
    assert_eq!(welcome.frame_bytes, 65_536);
    assert!(!welcome.daemon_version.is_empty() && welcome.credit_bytes > 0, "{welcome:?}");
    Ok(())
}

#[tokio::test]
async fn a_newer_epoch_of_a_node_replaces_the_older() -> Outcome {
    let daemon = Daemon::start().await?;
    let socket = daemon.house().app_socket();
    let older = AppDraft::default().node("n1", 1).connect(&socket).await?;
    let newer = AppDraft::default().node("n1", 2).connect(&socket).await?;
    let refusal = Refusal::from(older.end().await?);
    assert_eq!(refusal.reason, "NODE_REPLACED", "{refusal}");
    assert_eq!(outcome(&newer.post("town", "hello").await?), "continued");
    Ok(())
}

#[tokio::test]
async fn two_nodes_are_connected_side_by_side() -> Outcome {
    let daemon = Daemon::start().await?;
    let socket = daemon.house().app_socket();
    let one = AppDraft::default().node("n1", 1).connect(&socket).await?;
    let two = AppDraft::default().node("n2", 1).connect(&socket).await?;
    assert_eq!(outcome(&one.post("town", "hello").await?), "continued");
    assert_eq!(outcome(&two.post("town", "hello").await?), "continued");
    assert_eq!(daemon.operator().daemon().await?.apps.len(), 2);
    Ok(())
}

#[tokio::test]
async fn a_request_goes_to_the_node_whose_call_caused_it() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::obedient("alpha").may("messages:send")).await?;
    let socket = daemon.house().app_socket();
    let one = AppDraft::default().node("n1", 1).connect(&socket).await?;
    let two = AppDraft::default().node("n2", 1).connect(&socket).await?;
    for (node, id) in [(&one, "m-1"), (&two, "m-2"), (&one, "m-3")] {
        let told = node.order("alpha", "send c-town hello").await?;
        node.carry_out(id).await?;
        assert_eq!(app::reply_text(&told.answer().await?), Some(format!("sent {id}")));
    }
    Ok(())
}

#[tokio::test]
async fn an_app_that_does_not_begin_with_hello_is_refused() -> Outcome {
    let daemon = Daemon::start().await?;
    let first = app_frame::Kind::Publish(Publish::default());
    let refusal = refused(&daemon, values::frame(&AppFrame { kind: Some(first) })).await?;
    assert_eq!(refusal.reason, "HELLO_EXPECTED", "{refusal}");
    Ok(())
}

#[tokio::test]
async fn an_app_of_another_protocol_version_is_refused() -> Outcome {
    let daemon = Daemon::start().await?;
    let mut draft = AppDraft::default();
    "99".clone_into(&mut draft.hello.protocol);
    let hello = AppFrame { kind: Some(app_frame::Kind::Hello(draft.hello)) };
    let refusal = refused(&daemon, values::frame(&hello)).await?;
    assert_eq!(refusal.reason, "PROTOCOL_VERSION", "{refusal}");
    Ok(())
}

#[tokio::test]
async fn an_app_that_never_says_hello_is_told_why_its_session_ended() -> Outcome {
    let daemon = Daemon::start().await?;
    let channel = wire::dial(&daemon.house().app_socket()).await?;
    let opened = wire::Stream::<outboard_proto::app::DaemonFrame>::open(
        &channel,
        wire::CONNECT,
        &[],
        Vec::new(),
    );
    let refusal = end_of(opened.await).await?;
    assert_eq!(refusal.reason, "HELLO_TIMEOUT", "{refusal}");
    Ok(())
}

#[tokio::test]
async fn rubbish_instead_of_hello_is_refused() -> Outcome {
    let daemon = Daemon::start().await?;
    refused(&daemon, Bytes::from_static(&[0xff; 64])).await?;
    assert_eq!(outcome(&daemon.app().await?.post("town", "hello").await?), "continued");
    Ok(())
}

#[tokio::test]
async fn rubbish_in_a_session_ends_that_session_only() -> Outcome {
    let daemon = Daemon::start().await?;
    let socket = daemon.house().app_socket();
    let bad = AppDraft::default().node("bad", 1).connect(&socket).await?;
    let good = AppDraft::default().node("good", 1).connect(&socket).await?;
    bad.send_raw(Bytes::from_static(&[0xff; 64])).await?;
    bad.end().await?;
    assert_eq!(outcome(&good.post("town", "hello").await?), "continued");
    Ok(())
}

#[tokio::test]
async fn a_frame_without_a_kind_is_ignored() -> Outcome {
    let daemon = Daemon::start().await?;
    let app = daemon.app().await?;
    app.send_raw(Bytes::new()).await?;
    assert_eq!(outcome(&app.post("town", "hello").await?), "continued");
    Ok(())
}

#[tokio::test]
async fn a_message_too_large_for_a_frame_fails_that_call_only() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::interceptor("alpha", "")).await?;
    let app = daemon.app().await?;
    let refused = app.post("town", &"m".repeat(100 * 1024)).await;
    let words = refused.unwrap_err().to_string();
    assert!(words.contains("FRAME_TOO_LARGE"), "{words}");
    assert_eq!(steps(&app.post("town", "hello").await?), ["alpha continued"]);
    Ok(())
}

#[tokio::test]
async fn a_frame_beyond_the_decode_limit_ends_the_session() -> Outcome {
    let daemon = Daemon::start().await?;
    let app = daemon.app().await?;
    app.send_raw(Bytes::from(vec![0x0a; 200 * 1024])).await?;
    app.end().await?;
    assert_eq!(outcome(&daemon.app().await?.post("town", "hello").await?), "continued");
    Ok(())
}

#[tokio::test]
async fn a_hook_that_is_asked_about_nothing_is_a_failure_of_that_request() -> Outcome {
    let daemon = Daemon::start().await?;
    let app = daemon.app().await?;
    let refused = app.intercept(outboard_proto::common::HookPayload::default()).await;
    let words = refused.unwrap_err().to_string();
    assert!(words.contains("INVALID") || words.contains("NOT_SUPPORTED"), "{words}");
    assert_eq!(outcome(&app.post("town", "hello").await?), "continued");
    Ok(())
}

#[tokio::test]
async fn an_app_may_be_unary_only() -> Outcome {
    let daemon = Daemon::start().await?;
    let draft = Draft::interceptor("alpha", "").may("messages:send");
    daemon.run(&draft.events(&["message.posted"], "")).await?;
    let mut client = AppClient::new(wire::dial(&daemon.house().app_socket()).await?);
    let hello = AppDraft::default().node("unary", 7).hello;
    let mut requests = client.requests(hello).await?.into_inner();
    let first = requests.message().await?.and_then(|frame| frame.kind);
    assert!(matches!(first, Some(daemon_frame::Kind::Welcome(_))), "{first:?}");

    let payload = Some(values::before_post("town", "all:tag"));
    let call = Intercept { payload, ..Intercept::default() };
    let result = client.intercept(of_node(call)?).await?.into_inner();
    assert_eq!(outcome(&app::verdict(result)?), "replaced: all:tag +alpha");

    let event = Some(values::posted("town", "all:reply"));
    let published = client.publish(of_node(Publish { event, ..Publish::default() })?).await?;
    assert_eq!(published.into_inner().subscriptions, 1);

    let request = loop {
        let frame = requests.message().await?.and_then(|frame| frame.kind);
        if let Some(daemon_frame::Kind::Request(request)) = frame {
            break request;
        }
    };
    let sent = outboard_proto::app::Sent { message_id: "m-2".to_owned() };
    let result = Some(answer::Result::Sent(sent));
    let answer = Answer { id: request.id, result, ..Answer::default() };
    client.answer(of_node(answer)?).await?;

    let replied = |line: &outboard_proto::admin::LogLine| line.line.contains("replied: sent m-2");
    daemon.operator().wait_for_line("alpha", replied).await?;

    let command = of_node(app::command("alpha", "say hello"))?;
    let result = client.run_command(command).await?.into_inner();
    assert_eq!(app::reply_text(&result).as_deref(), Some("hello"));
    assert!(daemon.operator().daemon().await?.apps[0].unary);
    Ok(())
}

#[tokio::test]
async fn many_calls_at_once_are_all_answered_with_their_own_verdicts() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::interceptor("alpha", "")).await?;
    let app = daemon.app().await?;
    let mut asked = Vec::new();
    for number in 0..200 {
        let payload = values::before_post("town", &format!("{number} all:tag"));
        asked.push((number, app.ask(payload, std::time::Duration::ZERO).await?));
    }
    for (number, expected) in asked {
        let verdict = app::verdict(expected.answer().await?)?;
        assert_eq!(outcome(&verdict), format!("replaced: {number} all:tag +alpha"));
    }
    Ok(())
}

#[tokio::test]
async fn status_flags_a_declared_hook_that_no_connected_app_calls() -> Outcome {
    let daemon = Daemon::start().await?;
    let mut draft = AppDraft::default();
    draft.hello.hooks.retain(|hook| hook == "message.before_edit");
    let _app = draft.connect(&daemon.house().app_socket()).await?;
    daemon.run(&Draft::interceptor("alpha", "")).await?;
    let status = daemon.operator().status("alpha").await?;
    assert!(crate::any_has(&status.notes, "message.before_post"), "{:?}", status.notes);
    Ok(())
}

fn of_node<T>(message: T) -> Result<Request<T>, tonic::Status> {
    wire::with_metadata(Request::new(message), &[(NODE_KEY, "unary 7".to_owned())])
}

type Opened = Result<wire::Stream<outboard_proto::app::DaemonFrame>, tonic::Status>;

/// Why the daemon refuses a session that begins with these bytes.
async fn refused(daemon: &Daemon, first: Bytes) -> anyhow::Result<Refusal> {
    let channel = wire::dial(&daemon.house().app_socket()).await?;
    end_of(wire::Stream::open(&channel, wire::CONNECT, &[], vec![first]).await).await
}

async fn end_of(opened: Opened) -> anyhow::Result<Refusal> {
    let mut stream = match opened {
        Ok(stream) => stream,
        Err(status) => return Ok(status.into()),
    };
    let end = tokio::time::timeout(outboard_tests::PATIENCE, stream.frames.message()).await?;
    match end {
        Err(status) => Ok(status.into()),
        Ok(frame) => anyhow::bail!("it was let in: {frame:?}"),
    }
}
