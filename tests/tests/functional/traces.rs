//! `trace`: what becomes of messages, for an operator who listens.

use outboard_proto::admin::TraceRequest;
use outboard_tests::{Daemon, Draft, Outcome};

#[tokio::test]
async fn a_verdict_is_told_with_each_plugins_part_and_no_content() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::interceptor("alpha", "")).await?;
    let app = daemon.app().await?;
    let mut records = daemon.operator().trace(TraceRequest::default()).await?;
    app.post("town", "all:reject").await?;
    let record = records.message().await?.unwrap_or_default();
    assert_eq!(
        (record.hook.as_str(), record.outcome.as_str()),
        ("message.before_post", "rejected")
    );
    assert_eq!((record.channel.as_str(), record.sender.as_str()), ("town", "ann"));
    assert_eq!(record.steps.iter().map(|it| it.plugin.as_str()).collect::<Vec<_>>(), ["alpha"]);
    assert!(!record.reason.is_empty() && record.text.is_empty(), "{record:?}");
    Ok(())
}

#[tokio::test]
async fn content_is_shown_to_who_asks_for_it() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::interceptor("alpha", "")).await?;
    let app = daemon.app().await?;
    let asked = TraceRequest { content: true, plugin: "alpha".into(), ..TraceRequest::default() };
    let mut records = daemon.operator().trace(asked).await?;
    app.post("town", "all:tag").await?;
    let record = records.message().await?.unwrap_or_default();
    assert_eq!((record.outcome.as_str(), record.text.as_str()), ("replaced", "all:tag +alpha"));
    Ok(())
}

#[tokio::test]
async fn a_hook_that_there_is_not_is_refused() -> Outcome {
    let daemon = Daemon::start().await?;
    let asked = TraceRequest { hook: "message.before_lunch".into(), ..TraceRequest::default() };
    let refused = daemon.operator().trace(asked).await;
    assert!(refused.is_err_and(|refusal| refusal.message.contains("no such hook")));
    Ok(())
}
