//! Changed grants over the wire: told once, beside the calls, and again after a session was lost.

use outboard_plugin::proto::plugin::daemon_frame::Kind as Down;
use outboard_plugin::proto::plugin::plugin_frame::Kind as Up;
use outboard_plugin::proto::plugin::{GrantsChanged, Welcome, reply::Result as Replied};
use outboard_plugin::{GrantsChange, Plugin};
use tokio::sync::mpsc;

use crate::fake::{Daemon, Session};

/// A plugin that says what it was told and then hangs where it lost everything.
fn careful(told: mpsc::Sender<String>) -> Plugin {
    Plugin::new("careful", "1.0.0").before_post(async |_| {}).on_grants_changed(
        async move |change: GrantsChange| {
            let words = format!("+{:?} -{:?}", change.gained(), change.lost());
            told.send(words).await.unwrap();
            if change.after().is_empty() {
                std::future::pending::<()>().await;
            }
        },
    )
}

async fn welcome(session: &Session, number: u64, grants: &[&str]) {
    let grants: Vec<String> = grants.iter().map(ToString::to_string).collect();
    let scoped_grants = grants.clone();
    let (session_number, resumed) = (number, number > 1);
    let welcome = Welcome {
        generation: 1,
        session: session_number,
        resumed,
        features: vec!["grants".to_owned()],
        grants,
        scoped_grants,
        ..Welcome::default()
    };
    session.say(Down::Welcome(welcome)).await;
}

async fn change(session: &Session, grants: &[&str]) {
    let grants: Vec<String> = grants.iter().map(ToString::to_string).collect();
    let scoped_grants = grants.clone();
    session.say(Down::Grants(GrantsChanged { grants, scoped_grants })).await;
}

// I106
#[tokio::test]
async fn changed_grants_are_told_beside_the_calls_and_again_where_a_session_took_the_news_along() {
    let mut daemon = Daemon::start();
    let (tell, mut told) = mpsc::channel(4);
    let _run = daemon.run(move || careful(tell));
    let mut session = daemon.session().await;
    assert!(session.hello.features.iter().any(|it| it == "grants"));
    welcome(&session, 1, &["messages:send"]).await;
    assert!(matches!(session.next().await, Some(Up::Ready(_))));
    change(&session, &["messages:send", "storage:read"]).await;
    assert_eq!(told.recv().await.unwrap(), r#"+["storage:read"] -[]"#);

    // The handler hangs, and holds up nothing.
    change(&session, &[]).await;
    assert_eq!(told.recv().await.unwrap(), r#"+[] -["messages:send", "storage:read"]"#);
    session.post(1, "hello").await;
    assert!(matches!(session.answer(1).await, Replied::Hook(_)));

    // It goes down with its session, and what it was told counts as not told.
    drop(session);
    let mut session = daemon.session().await;
    welcome(&session, 2, &["messages:send"]).await;
    assert!(matches!(session.next().await, Some(Up::Ready(_))));
    assert_eq!(told.recv().await.unwrap(), r#"+[] -["storage:read"]"#);
}
