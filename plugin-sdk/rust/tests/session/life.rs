//! A process from hello to its end.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use outboard_plugin::proto::common::Reason;
use outboard_plugin::proto::plugin::HandlerKind;
use outboard_plugin::proto::plugin::daemon_frame::Kind as Down;
use outboard_plugin::proto::plugin::plugin_frame::Kind as Up;
use outboard_plugin::proto::plugin::{Drain, Lifecycle, LifecycleKind, reply::Result as Replied};
use outboard_plugin::{Error, Exit, HostError, Plugin, RunError, Start, Verdict};
use tokio::process::Command;
use tokio::sync::{mpsc, watch};
use tonic::Code;

use crate::fake::Daemon;
use crate::refusal;

#[tokio::test]
async fn hello_names_the_plugin_and_its_handlers() {
    let mut daemon = Daemon::start();
    let _run = daemon.run(|| {
        Plugin::new("trio", "1.2.3")
            .before_post(async |_| {})
            .on_posted(async |_| {})
            .command("roll", async |_| "4")
    });
    let session = daemon.session().await;

    let hello = &session.hello;
    assert_eq!((session.token.as_str(), hello.protocol.as_str()), ("token-1", "1"));
    assert_eq!((hello.name.as_str(), hello.version.as_str()), ("trio", "1.2.3"));
    let handlers: Vec<_> = hello.handlers.iter().map(|h| (h.kind(), h.name.as_str())).collect();
    let hook = (HandlerKind::Hook, "message.before_post");
    let event = (HandlerKind::Event, "message.posted");
    assert_eq!(handlers, [hook, event, (HandlerKind::Command, "roll")]);
}

#[tokio::test]
async fn a_resumed_session_does_not_start_again() {
    let mut daemon = Daemon::start();
    let starts = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&starts);
    let _run = daemon.run(|| {
        Plugin::new("steady", "1.0.0")
            .on_start(async move |_| {
                counted.fetch_add(1, Ordering::Relaxed);
            })
            .before_post(async |_| {})
    });
    drop(daemon.ready().await);

    let mut session = daemon.session().await;
    session.welcome(2, true).await;
    assert!(matches!(session.next().await, Some(Up::Ready(_))));
    session.post(1, "hello").await;
    assert!(matches!(session.answer(1).await, Replied::Hook(_)));
    assert_eq!(starts.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_lost_session_ends_what_was_handled_in_it() {
    let mut daemon = Daemon::start();
    let (told, mut heard) = mpsc::channel(4);
    let (late_told, mut late) = mpsc::channel(1);
    let _run = daemon.run(|| {
        Plugin::new("sleeper", "1.0.0").before_post(async move |m| {
            let (host, told_late) = (m.ctx().host(), late_told.clone());
            let ended = m.ctx().ended();
            tokio::spawn(async move {
                ended.cancelled().await;
                told_late.send(host.reply("too late").await).await.unwrap();
            });
            told.send("began").await.unwrap();
            std::future::pending::<Verdict>().await
        })
    });
    let session = daemon.ready().await;
    session.post(1, "hello").await;
    assert_eq!(heard.recv().await, Some("began"));
    drop(session);

    assert_eq!(late.recv().await, Some(Err(HostError::SessionLost)));
}

#[tokio::test]
async fn a_plugin_without_a_daemon_gives_up_after_two_seconds() {
    let daemon = Daemon::start();
    let socket = daemon.environment().socket.display().to_string();
    let began = std::time::Instant::now();
    std::fs::remove_file(&socket).unwrap();
    let run = daemon.run(|| Plugin::new("lost", "1.0.0"));

    let ended = run.end().await.unwrap_err().to_string();
    assert!(ended.starts_with(&format!("lost the daemon at {socket}")), "{ended}");
    assert!(ended.contains("No such file or directory"), "{ended}");
    assert!(began.elapsed().as_millis() > 1_900, "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_refused_plugin_ends_and_tells_why() {
    let mut daemon = Daemon::start();
    let run = daemon.run(|| Plugin::new("stranger", "1.0.0"));
    let session = daemon.session().await;
    session.refuse(refusal(Code::FailedPrecondition, "HANDLERS_DIFFER")).await;

    let ended = run.end().await.unwrap_err();
    assert!(matches!(ended, RunError::Refused { reason: Reason::HandlersDiffer, .. }));
    let told = "the daemon refused this plugin: HANDLERS_DIFFER: said the daemon";
    assert_eq!(ended.to_string(), told);
}

#[tokio::test]
async fn a_start_shows_its_progress_and_answers_pings() {
    let mut daemon = Daemon::start();
    let (go, mut gone) = mpsc::channel::<()>(1);
    let _run = daemon.run(move || {
        let gone = std::cell::RefCell::new(Some(async move { gone.recv().await }));
        Plugin::new("slow", "1.0.0").on_start(async move |start: Start| {
            start.progress(30, "loading").await.unwrap();
            let gone = gone.borrow_mut().take().unwrap();
            gone.await;
        })
    });
    let mut session = daemon.session().await;
    session.welcome(1, false).await;

    assert!(matches!(session.next().await, Some(Up::Starting(s)) if s.percent == 30));
    session.ping(1).await;
    go.send(()).await.unwrap();
    assert!(matches!(session.next().await, Some(Up::Ready(_))));
}

#[tokio::test]
async fn a_failed_start_is_told_with_whether_it_is_final() {
    let mut daemon = Daemon::start();
    let run = daemon.run(|| {
        Plugin::new("fussy", "1.0.0")
            .on_start(async |_| -> outboard_plugin::Result { Err(Error::fatal("no api_key")) })
    });
    let mut session = daemon.session().await;
    session.welcome(1, false).await;

    let Some(Up::InitFailed(failed)) = session.next().await else { panic!("it started") };
    assert_eq!((failed.reason.as_str(), failed.r#final), ("no api_key", true));
    assert_eq!(session.next().await, None);
    drop(session);
    assert!(matches!(run.end().await, Err(RunError::StartFailed(_))));
}

#[tokio::test]
async fn a_shutdown_lets_handlers_finish_and_runs_the_farewell() {
    let mut daemon = Daemon::start();
    let (told, mut heard) = mpsc::channel(4);
    let (go, gone) = watch::channel(false);
    let run = daemon.run(|| {
        let (drained, finished, bye) = (told.clone(), told.clone(), told);
        Plugin::new("polite", "1.0.0")
            .on_drain(async move || drained.send("drain").await.unwrap())
            .before_post(async move |_| {
                gone.clone().wait_for(|gone| *gone).await.unwrap();
                finished.send("finished").await.unwrap();
            })
            .on_shutdown(async move || bye.send("bye").await.unwrap())
    });
    let mut session = daemon.ready().await;
    session.post(1, "hello").await;
    session.say(Down::Drain(Drain { budget_us: 1_000_000 })).await;
    session.shut_down().await;
    session.post(2, "too late").await;

    assert_eq!(heard.recv().await, Some("drain"));
    assert!(
        matches!(session.answer(2).await, Replied::Failure(f) if f.reason() == Reason::Stopping)
    );
    go.send(true).unwrap();
    assert!(matches!(session.answer(1).await, Replied::Hook(_)));
    assert_eq!((heard.recv().await, heard.recv().await), (Some("finished"), Some("bye")));
    assert_eq!(session.next().await, None);
    drop(session);
    run.end().await.unwrap();
}

#[tokio::test]
async fn two_handlers_for_one_hook_are_refused_before_hello() {
    let daemon = Daemon::start();
    let run = daemon
        .run(|| Plugin::new("twice", "1.0.0").before_post(async |_| {}).before_post(async |_| {}));
    let ended = run.end().await.unwrap_err();
    assert_eq!(ended.to_string(), "two handlers are registered for message.before_post");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_can_be_served_by_a_runtime_that_is_there() {
    let mut daemon = Daemon::start();
    let served = Plugin::new("guest", "1.0.0")
        .before_post(async |_| tokio::task::yield_now().await)
        .environment(daemon.environment())
        .serve();
    let driven = async {
        let mut session = daemon.ready().await;
        session.post(1, "hello").await;
        assert!(matches!(session.answer(1).await, Replied::Hook(_)));
        session.shut_down().await;
        assert_eq!(session.next().await, None);
    };
    let (ended, ()) = tokio::join!(served, driven);
    ended.unwrap();
}

/// Not a claim: the process that the next test starts, this program with one test chosen.
#[test]
fn as_a_process() -> Exit {
    if std::env::var_os("OUTBOARD_SOCKET").is_none() {
        return Exit::from(Ok(()));
    }
    Plugin::new("process", "1.0.0").before_post(async |_| {}).run()
}

#[tokio::test]
async fn a_sigterm_ends_the_process_with_success() {
    let mut daemon = Daemon::start();
    let environment = daemon.environment();
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "life::as_a_process"])
        .env("OUTBOARD_SOCKET", &environment.socket)
        .env("OUTBOARD_TOKEN", &environment.token)
        .env("OUTBOARD_DATA_DIR", &environment.data_dir)
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut session = daemon.ready().await;
    let pid = process.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().await.unwrap().success());

    assert_eq!(session.next().await, None);
    drop(session);
    assert!(process.wait().await.unwrap().success());
}

#[tokio::test]
async fn a_milestone_is_acknowledged_when_its_handler_has_returned() {
    let mut daemon = Daemon::start();
    let _run = daemon.run(|| {
        Plugin::new("grown", "1.1.0")
            .on_upgraded(async |it| Err::<(), _>(Error::new(format!("{} is too old", it.from()))))
            .on_uninstalled(async |_| -> () { panic!("no farewell") })
    });
    let mut session = daemon.session().await;
    assert!(session.hello.features.iter().any(|it| it == "lifecycle"));
    session.welcome(1, false).await;
    assert!(matches!(session.next().await, Some(Up::Ready(_))));
    let told = |id, kind: LifecycleKind| {
        let (kind, from) = (kind.into(), "1.0.0".to_owned());
        Down::Lifecycle(Lifecycle { id, kind, from, ..Lifecycle::default() })
    };
    let mut answers = Vec::new();
    for (id, kind) in [
        (1, LifecycleKind::Installed),
        (2, LifecycleKind::Upgraded),
        (3, LifecycleKind::Uninstalled),
    ] {
        session.say(told(id, kind)).await;
        match session.next().await {
            Some(Up::Lifecycle(ack)) => {
                assert_eq!(ack.id, id);
                answers.push(ack.failure.map(|it| it.message).unwrap_or_default());
            }
            other => panic!("no acknowledgement: {other:?}"),
        }
    }
    let panicked = "the handler panicked: no farewell";
    assert_eq!(answers, ["", "1.0.0 is too old", panicked]);
}
