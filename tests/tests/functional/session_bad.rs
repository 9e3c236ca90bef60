//! Sessions that break the protocol: each ends with a cause, and nobody else notices.

use outboard_proto::admin::{EndRecord, State};
use outboard_tests::{App, Daemon, Draft, Outcome};

use crate::SLOW;

#[tokio::test]
async fn a_second_hello_on_the_same_stream_breaks_the_protocol() -> Outcome {
    let end = broken_by("second-hello").await?;
    assert!(end.detail.to_lowercase().contains("hello"), "{end:?}");
    Ok(())
}

#[tokio::test]
async fn invalid_utf8_in_a_frame_breaks_the_protocol() -> Outcome {
    let end = broken_by("invalid-utf8").await?;
    assert!(end.detail.contains("UTF-8"), "{end:?}");
    Ok(())
}

#[tokio::test]
async fn a_frame_beyond_the_decode_limit_closes_the_session_and_no_more() -> Outcome {
    let (daemon, app) = two().await?;
    app.tell("alpha", "large-frame 200000").await?;
    let told = daemon.operator().wait_for_line("alpha", |line| line.line.contains("session:"));
    let line = told.await?.line;
    assert!(line.contains("FRAME_TOO_LARGE"), "{line}");
    let status = daemon.operator().status("alpha").await?;
    assert_eq!((status.generation, status.restarts), (1, 0));
    beta_is_untouched(&daemon, &app).await
}

#[tokio::test]
async fn a_reply_beyond_the_decode_limit_closes_the_session_and_skips_the_call() -> Outcome {
    let (daemon, app) = two().await?;
    let verdict = app.post("town", "alpha:huge").await?;
    let steps = outboard_tests::verdict::steps(&verdict);
    assert!(steps[0].starts_with("alpha skipped"), "{steps:?}");
    beta_is_untouched(&daemon, &app).await
}

#[tokio::test]
async fn garbage_on_an_extra_connection_leaves_the_session_alone() -> Outcome {
    let (daemon, app) = two().await?;
    assert_eq!(app.tell("alpha", "garbage").await?, "hung up");
    let status = daemon.operator().status("alpha").await?;
    assert_eq!((status.state(), status.generation), (State::Running, 1));
    beta_is_untouched(&daemon, &app).await
}

#[tokio::test]
async fn a_flood_of_valid_frames_is_stopped_and_named() -> Outcome {
    let end = broken_by("flood-frames").await?;
    assert!(end.detail.contains("flood"), "{end:?}");
    Ok(())
}

#[tokio::test]
async fn a_plugin_that_never_reads_is_hung_although_it_talks() -> Outcome {
    let (daemon, app) = two().await?;
    daemon.run(&Draft::listener("deaf", "")).await?;
    app.tell("deaf", "never-read").await?;
    let text = "e".repeat(4096);
    // One event of a channel is under way at a time: it takes many channels to fill a window.
    let publishing = async {
        for channel in 0_u64.. {
            app.publish_post(&format!("street-{channel}"), &text).await?;
        }
        anyhow::Ok(())
    };
    let end = tokio::select! {
        end = daemon.operator().wait_end("deaf", 1) => end?,
        ended = publishing => return ended,
    };
    assert_eq!(end.cause, "hung");
    beta_is_untouched(&daemon, &app).await
}

#[tokio::test]
async fn a_flood_of_log_lines_is_suppressed_and_counted() -> Outcome {
    let (daemon, app) = two().await?;
    app.tell("alpha", "flood-lines 20000").await?;
    app.tell("alpha", "wait 1200").await?;
    app.tell("alpha", "log a line of the next second").await?;
    let told = |line: &outboard_proto::admin::LogLine| line.line.contains("suppressed");
    daemon.operator().wait_for_line("alpha", told).await?;
    let status = daemon.operator().status("alpha").await?;
    assert!(status.traffic.unwrap_or_default().log_lines_suppressed > 0);
    assert_eq!((status.state(), status.generation), (State::Running, 1));
    beta_is_untouched(&daemon, &app).await
}

#[tokio::test]
async fn a_log_without_newlines_is_cut_into_lines_of_bounded_length() -> Outcome {
    let (daemon, app) = two().await?;
    app.tell("alpha", "flood-bytes").await?;
    let long = |line: &outboard_proto::admin::LogLine| line.line.starts_with("xxxx");
    let line = daemon.operator().wait_for_line("alpha", long).await?;
    assert!(line.line.len() <= 8192 + 64, "{} bytes", line.line.len());
    let kept: usize = daemon.operator().logs("alpha").await?.iter().map(|it| it.line.len()).sum();
    assert!(kept <= 64 * 1024 + 8192, "{kept} bytes are kept");
    beta_is_untouched(&daemon, &app).await
}

// I34
#[tokio::test]
async fn log_lines_show_their_control_characters() -> Outcome {
    let (daemon, app) = two().await?;
    app.tell("alpha", "log red \u{1b}[31m\u{7}").await?;
    let red = |line: &outboard_proto::admin::LogLine| line.line.contains("red ");
    let line = daemon.operator().wait_for_line("alpha", red).await?.line;
    assert!(!line.contains('\u{1b}') && !line.contains('\u{7}'), "{line:?}");
    Ok(())
}

/// Tells alpha to sin; its generation ends of the protocol, beta does not notice.
async fn broken_by(deed: &str) -> anyhow::Result<EndRecord> {
    let (daemon, app) = two().await?;
    app.order("alpha", deed).await?;
    let end = daemon.operator().wait_end("alpha", 1).await?;
    assert_eq!(end.cause, "protocol", "{end:?}");
    beta_is_untouched(&daemon, &app).await?;
    Ok(end)
}

async fn two() -> anyhow::Result<(Daemon, App)> {
    let daemon = Daemon::configured(SLOW).await?;
    daemon.run(&Draft::interceptor("alpha", "")).await?;
    daemon.run(&Draft::interceptor("beta", "")).await?;
    let app = daemon.app().await?;
    Ok((daemon, app))
}

async fn beta_is_untouched(daemon: &Daemon, app: &App) -> Outcome {
    assert_eq!(app.tell("beta", "say well").await?, "well");
    let verdict = app.post("town", "beta:tag").await?;
    let steps = outboard_tests::verdict::steps(&verdict);
    assert!(steps.iter().any(|step| step == "beta replaced"), "{steps:?}");
    let beta = daemon.operator().status("beta").await?;
    assert_eq!((beta.state(), beta.generation, beta.restarts), (State::Running, 1, 0));
    Ok(())
}
