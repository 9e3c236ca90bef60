//! Replies said piece by piece: they come in order and always have an end.

use outboard_proto::app::app_client::AppClient;
use outboard_proto::app::{
    AppHello, Autocomplete, Cancel, DaemonFrame, StreamDelta, UiAction, daemon_frame,
};
use outboard_proto::common::{Failure, Reason};
use outboard_tests::{App, AppDraft, Daemon, Draft, Outcome, app, wire};
use tonic::Request;

use crate::SLOW;

// I42
#[tokio::test]
async fn pieces_come_in_order_then_the_end_then_the_result() -> Outcome {
    let (_daemon, app) = with("").await?;
    let told = app.start_command(app::command("alpha", "stream 3")).await?;
    assert_eq!(pieces(&app, 3).await?, "p0 p1 p2 ");
    let last = app.delta().await?;
    assert!(last.end && last.abort.is_none(), "{last:?}");
    assert_eq!(app::reply_text(&told.answer().await?).as_deref(), Some("the whole"));
    Ok(())
}

// I42
#[tokio::test]
async fn a_stream_whose_plugin_dies_breaks_off_with_the_cause() -> Outcome {
    let (_daemon, app) = with("").await?;
    let told = app.start_command(app::command("alpha", "stream 2 exit")).await?;
    assert_eq!(pieces(&app, 2).await?, "p0 p1 ");
    assert_eq!(reason(&app.delta().await?), Reason::PluginUnavailable);
    let result = told.answer().await?;
    let failure = app::failure(&result).cloned().unwrap_or_default();
    assert_eq!(failure.reason(), Reason::PluginUnavailable, "{failure}");
    assert_eq!(failure.details.get("outcome").map(String::as_str), Some("unknown"));
    Ok(())
}

// I43
#[tokio::test]
async fn a_stream_that_stops_is_broken_off_after_the_call_timeout() -> Outcome {
    let (_daemon, app) = with("call_timeout = \"300ms\"").await?;
    let told = app.start_command(app::command("alpha", "stream 2 hang")).await?;
    assert_eq!(pieces(&app, 2).await?, "p0 p1 ");
    assert_eq!(reason(&app.delta().await?), Reason::Deadline);
    let result = told.answer().await?;
    assert_eq!(app::failure(&result).map(Failure::reason), Some(Reason::Deadline), "{result:?}");
    assert_eq!(app.tell("alpha", "count cancel: deadline").await?, "1");
    Ok(())
}

#[tokio::test]
async fn a_piece_out_of_order_breaks_the_stream_off() -> Outcome {
    let (_daemon, app) = with("").await?;
    let told = app.start_command(app::command("alpha", "stream 1 gap")).await?;
    assert_eq!(pieces(&app, 1).await?, "p0 ");
    assert_eq!(reason(&app.delta().await?), Reason::ProtocolViolation);
    assert!(app::failure(&told.answer().await?).is_some());
    assert_eq!(app.tell("alpha", "say well").await?, "well", "the plugin lives on");
    Ok(())
}

// I44
#[tokio::test]
async fn the_app_cancels_a_stream_by_its_interaction() -> Outcome {
    let (_daemon, app) = with("").await?;
    let mut command = app::command("alpha", "stream 1 hang");
    "i-cancel".clone_into(&mut command.interaction_id);
    let told = app.start_command(command).await?;
    assert_eq!(pieces(&app, 1).await?, "p0 ");
    app.cancel_interaction("i-cancel").await?;
    assert_eq!(reason(&app.delta().await?), Reason::Cancelled);
    let result = told.answer().await?;
    assert_eq!(app::failure(&result).map(Failure::reason), Some(Reason::Cancelled));
    assert_eq!(app.tell("alpha", "count cancel: the app cancelled it").await?, "1");
    Ok(())
}

#[tokio::test]
async fn a_unary_app_hears_the_pieces_on_its_requests() -> Outcome {
    let daemon = Daemon::configured(SLOW).await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    let channel = wire::dial(&daemon.house().app_socket()).await?;
    let hello = AppHello { node: "u1".to_owned(), ..AppDraft::default().hello };
    let mut frames = AppClient::new(channel.clone()).requests(hello).await?.into_inner();
    let metadata = [(outboard_proto::limits::NODE_KEY, "u1 1".to_owned())];
    let command = Request::new(app::command("alpha", "stream 2"));
    let command = wire::with_metadata(command, &metadata)?;
    let result = AppClient::new(channel).run_command(command).await?.into_inner();
    assert_eq!(app::reply_text(&result).as_deref(), Some("the whole"));
    let mut said = String::new();
    while let Some(DaemonFrame { kind }) = frames.message().await? {
        if let Some(daemon_frame::Kind::Delta(delta)) = kind {
            said.push_str(&delta.delta);
            if delta.end {
                break;
            }
        }
    }
    assert_eq!(said, "p0 p1 ");
    Ok(())
}

#[tokio::test]
async fn a_unary_app_offers_acts_and_cancels_too() -> Outcome {
    let daemon = Daemon::configured(SLOW).await?;
    let args = "args = [{ name = \"size\", type = \"choice\", choices = [\"small\", \"large\"] }]";
    let entry = "position = \"composer\"\naction = \"vote\"";
    let draft = Draft::obedient("alpha").command("roll", args).shows("menu", "poll", entry);
    daemon.run(&draft).await?;
    let channel = wire::dial(&daemon.house().app_socket()).await?;
    let mut client = AppClient::new(channel);
    let typed = Autocomplete {
        command: "roll".to_owned(),
        argument: "size".to_owned(),
        prefix: "s".to_owned(),
        ..Autocomplete::default()
    };
    assert_eq!(client.autocomplete(typed).await?.into_inner().choices, ["small"]);
    let (plugin, component) = ("alpha".to_owned(), "poll".to_owned());
    let action = UiAction { plugin, component, action: "vote".to_owned(), ..UiAction::default() };
    assert!(app::reply_text(&client.ui_action(action).await?.into_inner()).is_some());
    let mut command = app::command("alpha", "wait 30000");
    "i-unary".clone_into(&mut command.interaction_id);
    let mut other = client.clone();
    let running = tokio::spawn(async move { other.run_command(command).await });
    let app = daemon.app().await?;
    let result = loop {
        // It may not have been begun when it is first cancelled.
        let interaction_id = "i-unary".to_owned();
        client.cancel(Cancel { interaction_id, ..Cancel::default() }).await?;
        app.tell("alpha", "say still here").await?;
        if running.is_finished() {
            break running.await??.into_inner();
        }
    };
    assert_eq!(app::failure(&result).map(Failure::reason), Some(Reason::Cancelled));
    Ok(())
}

fn reason(delta: &StreamDelta) -> Reason {
    delta.abort.as_ref().map(Failure::reason).unwrap_or_default()
}

async fn pieces(app: &App, count: u64) -> anyhow::Result<String> {
    let mut said = String::new();
    for seq in 0..count {
        let delta = app.delta().await?;
        assert_eq!(delta.seq, seq, "{delta:?}");
        said.push_str(&delta.delta);
    }
    Ok(said)
}

async fn with(limit: &str) -> anyhow::Result<(Daemon, App)> {
    let daemon = Daemon::configured(SLOW).await?;
    daemon.run(&Draft::obedient("alpha").limit(limit)).await?;
    let app = daemon.app().await?;
    Ok((daemon, app))
}
