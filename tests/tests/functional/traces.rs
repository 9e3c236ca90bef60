//! `trace`: what becomes of messages, for an operator who listens.

use outboard_proto::admin::{TraceRecord, TraceRequest};
use outboard_tests::{Daemon, Draft, Outcome, PATIENCE, binaries};
use tonic::Streaming;

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

/// The next record, and what it says of whom.
async fn next(records: &mut Streaming<TraceRecord>) -> anyhow::Result<(TraceRecord, String)> {
    let record = tokio::time::timeout(PATIENCE, records.message()).await??.unwrap_or_default();
    let TraceRecord { kind, name, plugin, outcome, reason, attempt, .. } = &record;
    let words = [kind, name, plugin, outcome, reason, &attempt.to_string()];
    let words: Vec<&str> = words.iter().map(|it| it.as_str()).filter(|it| !it.is_empty()).collect();
    let told = words.join(" ");
    Ok((record, told))
}

#[tokio::test]
async fn a_command_is_told_with_its_owner_and_its_words_only_to_who_asks_for_them() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    let app = daemon.app().await?;
    let commands = TraceRequest { kind: "command".into(), ..TraceRequest::default() };
    let content = TraceRequest { content: true, ..commands.clone() };
    let mut bare = daemon.operator().trace(commands).await?;
    let mut full = daemon.operator().trace(content).await?;
    app.tell("alpha", "say hello").await?;
    app.run_command(outboard_tests::app::command("nobody", "secret")).await?;
    let (record, told) = next(&mut bare).await?;
    assert_eq!(told, "command alpha alpha answered 0");
    assert!(record.text.is_empty() && record.answer.is_empty(), "{record:?}");
    assert!(record.took_us > 0 && !record.id.is_empty(), "{record:?}");
    let (record, told) = next(&mut bare).await?;
    assert_eq!(told, "command nobody failed UNKNOWN_COMMAND 0");
    assert!(!format!("{record:?}").contains("secret"), "{record:?}");
    let (record, _) = next(&mut full).await?;
    assert_eq!((record.text.as_str(), record.answer.as_str()), ("say hello", "hello"));
    Ok(())
}

#[tokio::test]
async fn an_event_is_told_when_it_is_published_and_at_each_subscriptions_attempt() -> Outcome {
    let daemon = Daemon::start().await?;
    let kept = "delivery = \"at-least-once\"";
    daemon.run(&Draft::listener("alpha", kept)).await?;
    daemon.run(&Draft::listener("beta", "")).await?;
    let app = daemon.app().await?;
    let mut all = daemon.operator().trace(TraceRequest::default()).await?;
    let published = app.publish_post("town", "a secret alpha:fail-below=2").await?;
    let mut told = Vec::new();
    for _ in 0..4 {
        let (record, words) = next(&mut all).await?;
        assert_eq!((record.id, record.channel.as_str()), (published.event_id.clone(), "town"));
        assert!(record.text.is_empty() && record.answer.is_empty(), "no content unless asked for");
        told.push(format!("{words} {}", record.delivery));
    }
    told.sort();
    assert_eq!(
        told,
        [
            "delivery message.posted alpha delivered 2 at-least-once",
            "delivery message.posted alpha failed HANDLER_FAILED 1 at-least-once",
            "delivery message.posted beta delivered 1 best-effort",
            "event message.posted published 0 ",
        ]
    );
    Ok(())
}

#[tokio::test]
async fn a_listener_picks_a_kind_a_plugin_and_an_id() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::listener("alpha", "")).await?;
    daemon.run(&Draft::listener("beta", "")).await?;
    let app = daemon.app().await?;
    let betas = TraceRequest { plugin: "beta".into(), content: true, ..TraceRequest::default() };
    let mut betas = daemon.operator().trace(betas).await?;
    app.publish_post("town", "hello").await?;
    let (record, told) = next(&mut betas).await?;
    assert_eq!(told, "delivery message.posted beta delivered 1");
    assert_eq!(record.text, "hello");
    let lunch = TraceRequest { kind: "lunch".into(), ..TraceRequest::default() };
    let refused = daemon.operator().trace(lunch).await;
    assert!(refused.is_err_and(|refusal| refusal.message.contains("follow-up")));
    Ok(())
}

#[tokio::test]
async fn the_command_line_prints_a_record_as_json() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::listener("alpha", "")).await?;
    let app = daemon.app().await?;
    let mut command = tokio::process::Command::new(binaries::cli());
    command.arg("--socket").arg(daemon.house().admin_socket());
    command.args(["--output", "json", "trace", "--kind", "delivery", "--count", "1"]);
    command.stdout(std::process::Stdio::piped()).kill_on_drop(true);
    let running = command.spawn()?;
    let printed = running.wait_with_output();
    tokio::pin!(printed);
    // It cannot be seen when it has begun to listen: whatever comes first is a delivery to alpha.
    let output = loop {
        tokio::select! {
            output = &mut printed => break output?,
            published = app.publish_post("town", "hello") => drop(published?),
        }
    };
    let record = String::from_utf8_lossy(&output.stdout);
    let kind = "\"kind\":\"delivery\",\"name\":\"message.posted\"";
    for part in [kind, "\"plugin\":\"alpha\",\"attempt\":1", "\"text\":\"\""] {
        assert!(record.contains(part), "{part} is not in {record}");
    }
    Ok(())
}
