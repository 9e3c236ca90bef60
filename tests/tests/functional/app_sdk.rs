//! A chat server on the app SDK while the daemon comes and goes.

use outboard_app::{App, By, Decision, HttpError, HttpRequest, Link, Policy, Sign, Why, message};
use outboard_tests::{Daemon, Draft, House, Outcome, PATIENCE};

const CLOSED: &str = "[plugins.alpha]\nclosed = [\"message.before_post\"]\n";

#[tokio::test]
async fn an_app_on_the_sdk_gets_verdicts() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::interceptor("alpha", "")).await?;
    let app = app(daemon.house()).await?;
    let outcome = app.before_post(message::message("town", "ann", "all:tag")).await;
    assert_eq!(outcome.by, By::Daemon);
    let Decision::Replaced(message) = outcome.decision else { panic!("{outcome:?}") };
    assert_eq!(message::text(message.body.as_ref()), "all:tag +alpha");
    Ok(())
}

#[tokio::test]
async fn while_the_daemon_is_away_the_last_policy_applies_and_it_is_found_again() -> Outcome {
    let daemon = Daemon::configured(CLOSED).await?;
    daemon.run(&Draft::interceptor("alpha", "")).await?;
    let app = app(daemon.house()).await?;
    let house = daemon.kill().await?;
    wait_link(&app, |link| !link.is_connected()).await?;
    let outcome = app.before_post(message::message("town", "ann", "hello")).await;
    assert_eq!(outcome.by, By::Fallback(Policy::Closed, Why::Away));
    assert!(outcome.is_rejected());
    let edit = outboard_proto::common::Edit::default();
    let open = app.before_edit(edit).await;
    assert!(matches!(open.decision, Decision::Continued(_)), "{open:?}");

    let daemon = Daemon::in_house(house).await?;
    daemon.operator().wait_running("alpha").await?;
    tokio::time::timeout(PATIENCE, app.connected()).await?;
    let outcome = app.before_post(message::message("town", "ann", "hello")).await;
    assert_eq!(outcome.by, By::Daemon);
    assert_eq!(app.policy("message.before_post").policy, Policy::Closed);
    Ok(())
}

#[tokio::test]
async fn a_stopped_daemon_costs_a_message_its_budget_and_no_more() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::interceptor("alpha", "")).await?;
    let app = app(daemon.house()).await?;
    daemon.signal(rustix::process::Signal::STOP)?;
    let asked = app.before_post(message::message("town", "ann", "hello"));
    let outcome = tokio::time::timeout(PATIENCE, asked).await?;
    daemon.signal(rustix::process::Signal::CONT)?;
    assert_eq!(outcome.by, By::Fallback(Policy::Open, Why::Late));
    Ok(())
}

#[tokio::test]
async fn a_message_of_ten_mebibytes_goes_by_policy_and_costs_the_session_nothing() -> Outcome {
    let daemon = Daemon::configured(CLOSED).await?;
    daemon.run(&Draft::interceptor("alpha", "")).await?;
    let app = app(daemon.house()).await?;
    let large = message::message("town", "ann", "m".repeat(10 << 20));
    let outcome = app.before_post(large).await;
    let By::Fallback(Policy::Closed, Why::TooLarge(bytes)) = outcome.by else {
        panic!("{:?}", outcome.by)
    };
    assert!(bytes > 10 << 20 && outcome.is_rejected());
    let outcome = app.before_post(message::message("town", "ann", "hello")).await;
    assert_eq!(outcome.by, By::Daemon);
    Ok(())
}

// I53
#[tokio::test]
async fn an_app_on_the_sdk_passes_bodies_both_ways_while_others_ask() -> Outcome {
    let daemon = Daemon::start().await?;
    let keys = "methods = [\"POST\", \"GET\"]\naccess = \"public\"\ntimeout = \"20s\"\n";
    daemon.run(&Draft::interceptor("web", "").route("/open/*", keys)).await?;
    let app = app(daemon.house()).await?;
    let body: Vec<u8> = (0..3_000_000_u32).map(|at| (at % 253) as u8).collect();
    let pieces: Vec<Result<Vec<u8>, String>> =
        body.chunks(70_001).map(|piece| Ok(piece.to_vec())).collect();
    let request = HttpRequest::new("web", "POST", "/open/echo").pieces(tokio_stream::iter(pieces));
    let upload = async { app.http(request).await?.body.bytes().await };
    let talk = app.before_post(message::message("town", "ann", "all:tag"));
    let (back, verdict) = tokio::join!(upload, talk);
    assert!(back? == body);
    assert_eq!(verdict.by, By::Daemon);
    Ok(())
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_an_error_and_one_not_read_is_stopped() -> Outcome {
    let daemon = Daemon::start().await?;
    let keys = "methods = [\"GET\"]\naccess = \"public\"\ntimeout = \"20s\"\n";
    daemon.run(&Draft::interceptor("web", "").route("/open/*", keys)).await?;
    let app = app(daemon.house()).await?;
    let half = app.http(HttpRequest::new("web", "GET", "/open/half")).await?;
    drop(half);
    let tester = daemon.app().await?;
    let told = async {
        while tester.tell("web", "count cancel:").await? != "1" {
            tokio::task::yield_now().await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, told).await??;
    let given_up = app.http(HttpRequest::new("web", "GET", "/open/give-up")).await?;
    let broken = given_up.body.bytes().await.unwrap_err();
    assert!(matches!(&broken, HttpError::BrokenOff(why) if why.contains("no more")), "{broken}");
    Ok(())
}

#[tokio::test]
async fn an_app_on_the_sdk_shows_answers_as_they_are_written_and_later() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    let (shown, mut follow_ups) = tokio::sync::mpsc::channel(4);
    let app = App::builder("sdk-chat", "1.0.0")
        .on_follow_up(move |said| {
            let shown = shown.clone();
            async move {
                let id = format!("m-{}", said.seq);
                match shown.send(said).await {
                    Ok(()) => Ok(id),
                    Err(_) => Err("nobody looks".into()),
                }
            }
        })
        .connect(daemon.house().app_socket());
    tokio::time::timeout(PATIENCE, app.connected()).await?;

    let mut running = app.start_command(outboard_tests::app::command("alpha", "stream 3"));
    let mut said = String::new();
    while let Some(sign) = tokio::time::timeout(PATIENCE, running.next()).await? {
        if let Sign::Piece(piece) = sign {
            said.push_str(&piece);
        }
    }
    assert_eq!(said, "p0 p1 p2 ");
    assert!(running.result().await?.reply.streamed);

    let deferred = app.run_command(outboard_tests::app::command("alpha", "defer")).await?;
    assert!(deferred.reply.deferred && deferred.reply.expires_at_us > 0);
    let id = deferred.interaction_id;
    let order = outboard_tests::app::command("alpha", &format!("follow-up {id} 1 here"));
    let told = app.run_command(order).await?;
    assert_eq!(message::text(told.reply.body.as_ref()), "said m-1");
    let followed = tokio::time::timeout(PATIENCE, follow_ups.recv())
        .await?
        .unwrap_or_else(|| panic!("nothing was shown"));
    assert_eq!((followed.interaction_id, followed.channel.id), (id.clone(), "c-town".to_owned()));

    app.cancel(&id);
    let order = outboard_tests::app::command("alpha", &format!("follow-up {id} 2 still here"));
    let told = app.run_command(order).await?;
    let said = message::text(told.reply.body.as_ref()).to_owned();
    assert!(said.contains("CANCELLED"), "{said}");
    Ok(())
}

// I115
#[tokio::test]
async fn an_app_on_the_sdk_says_what_it_calls_a_bot_to_a_later_daemon_too() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::obedient("alpha").may("messages:send")).await?;
    let app = App::builder("sdk-chat", "1.0.0")
        .on_send(|_| async { Ok("m-1".to_owned()) })
        .bot_accounts(|asker| Some(format!("@{}:here", asker.bot_username)))
        .connect(daemon.house().app_socket());
    tokio::time::timeout(PATIENCE, app.connected()).await?;
    let order = |what: &str| app.run_command(outboard_tests::app::command("alpha", what));
    let before = order("seen").await?;
    assert!(!message::text(before.reply.body.as_ref()).contains("@alpha:here"));
    order("send c-town hello").await?;
    told(&app, "bot alpha \"@alpha:here\"").await?;
    let daemon = Daemon::in_house(daemon.kill().await?).await?;
    daemon.operator().wait_running("alpha").await?;
    tokio::time::timeout(PATIENCE, app.connected()).await?;
    told(&app, "bot alpha \"@alpha:here\"").await
}

/// Waits until alpha has been told this.
async fn told(app: &App, what: &str) -> Outcome {
    let told = async {
        loop {
            let seen = app.run_command(outboard_tests::app::command("alpha", "seen")).await;
            let said = seen.map(|it| message::text(it.reply.body.as_ref()).to_owned());
            if said.is_ok_and(|said| said.contains(what)) {
                return Ok(());
            }
        }
    };
    tokio::time::timeout(PATIENCE, told).await?
}

/// An app on the SDK that is connected and knows its policies.
async fn app(house: &House) -> anyhow::Result<App> {
    let hooks = ["message.before_post", "message.before_edit"];
    let app = App::builder("sdk-chat", "1.0.0").hooks(hooks).connect(house.app_socket());
    tokio::time::timeout(PATIENCE, app.connected()).await?;
    Ok(app)
}

async fn wait_link(app: &App, wanted: impl Fn(&Link) -> bool) -> Outcome {
    let mut link = app.link();
    tokio::time::timeout(PATIENCE, link.wait_for(|link| wanted(link))).await??;
    Ok(())
}
