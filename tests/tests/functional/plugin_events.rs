//! Events that plugins make up: who may tell them, and who hears of them.

use std::sync::Arc;

use outboard_proto::common::{Custom, Event, event};
use outboard_tests::{Daemon, Draft, Outcome, PATIENCE};

use crate::QUICK;

const KEPT: &str = "delivery = \"at-least-once\"";

#[tokio::test]
async fn a_plugin_tells_others_and_the_app_of_its_own_events() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    daemon.run(&Draft::obedient("alpha").may("events:emit")).await?;
    let kept = Draft::obedient("beta").events(&["plugin:alpha:case.opened"], KEPT);
    daemon.run(&kept).await?;
    daemon.run(&Draft::obedient("gamma").events(&["plugin:alpha:case.opened"], "")).await?;
    let (sender, heard) = tokio::sync::mpsc::channel(1);
    let sender = Arc::new(sender);
    let sdk = outboard_app::App::builder("sdk-chat", "1.0.0")
        .on_plugin_event(["plugin:alpha:case.opened"], move |event| {
            let sender = Arc::clone(&sender);
            async move { sender.send(event).await.expect("the test listens") }
        })
        .connect(daemon.house().app_socket());
    tokio::time::timeout(PATIENCE, sdk.connected()).await?;
    let app = daemon.app().await?;
    let emitted = app.tell("alpha", "emit case.opened {\"case\":7}").await?;
    assert_eq!(emitted, "emitted to 2");
    let mut heard = heard;
    let event = tokio::time::timeout(PATIENCE, heard.recv()).await?.expect("the app is told");
    assert_eq!(event.origin.map(|origin| origin.plugin).as_deref(), Some("alpha"));
    for name in ["beta", "gamma"] {
        let seen = app.tell(name, "seen").await?;
        let wanted = "event plugin:alpha:case.opened attempt=1 {\"case\":7}";
        assert!(seen.contains(wanted), "{name}: {seen}");
    }
    Ok(())
}

// I28
#[tokio::test]
async fn without_the_grant_or_under_a_wrong_name_nothing_is_told() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    daemon.run(&Draft::obedient("beta").may("events:emit")).await?;
    let app = daemon.app().await?;
    let refused = app.tell("alpha", "emit case {}").await?;
    assert!(refused.contains("PERMISSION_DENIED"), "{refused}");
    let refused = app.tell("beta", "emit Case! {}").await?;
    assert!(refused.contains("INVALID"), "{refused}");
    Ok(())
}

#[tokio::test]
async fn the_app_may_publish_a_plugins_event_too() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    daemon.run(&Draft::obedient("beta").events(&["plugin:alpha:case"], KEPT)).await?;
    let app = daemon.app().await?;
    let name = "plugin:alpha:case".to_owned();
    let of = event::Of::Custom(Custom { name: name.clone(), json: "{}".to_owned() });
    let event = Event { r#type: name, of: Some(of), ..Event::default() };
    assert_eq!(app.publish(event).await?.subscriptions, 1);
    assert!(app.tell("beta", "seen").await?.contains("event plugin:alpha:case attempt=1 {}"));
    Ok(())
}
