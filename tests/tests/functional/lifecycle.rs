//! What a plugin is told of itself: all that its welcome says, and what happens once per version.

use outboard_tests::{AppDraft, Daemon, Draft, Outcome};

use crate::{QUICK, any_has};

/// An obedient plugin that acknowledges what happens to it, in a manner.
fn alive(manner: &str) -> Draft {
    Draft::obedient("alpha").argument(manner)
}

async fn told(daemon: &Daemon, what: &str) -> anyhow::Result<()> {
    daemon.operator().wait_for_line("alpha", |line| line.line.contains(what)).await.map(drop)
}

async fn times_told(daemon: &Daemon, what: &str) -> anyhow::Result<usize> {
    let lines = daemon.operator().logs("alpha").await?;
    Ok(lines.iter().filter(|line| line.line.contains(what)).count())
}

#[tokio::test]
async fn a_welcome_says_all_there_is_to_know() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    let mut draft = AppDraft::default();
    draft.hello.workspaces = vec!["w1".to_owned(), "w2".to_owned()];
    draft.hello.locale = "de-AT".to_owned();
    let app = draft.connect(&daemon.house().app_socket()).await?;
    let bot = "[bot]\nusername = \"alf\"\ndisplay_name = \"Alf\"";
    let limits = "memory = \"40MiB\"\ncall_timeout = \"3s\"\nin_flight = 7\nstorage = \"5MiB\"";
    daemon.run(&alive("life").section(bot).limit(limits)).await?;
    let seen = app.tell("alpha", "seen").await?;
    let data = daemon.house().state().join("data/alpha");
    let expected = [
        "grants=commands:own".to_owned(),
        "memory_bytes: 41943040".to_owned(),
        "call_timeout_us: 3000000".to_owned(),
        "in_flight: 7".to_owned(),
        "frame_bytes: 65536".to_owned(),
        "payload_bytes: 4194304".to_owned(),
        "credit_bytes: 262144".to_owned(),
        "storage_bytes: 5242880".to_owned(),
        "bot=alf/Alf".to_owned(),
        "app=test-chat/1.0.0/w1+w2/de-AT".to_owned(),
        format!("daemon={}", env!("CARGO_PKG_VERSION")),
        format!("data={}", data.display()),
        "features=progress+partial+defer+log+chunks+settings+grants+lifecycle".to_owned(),
        "end=/".to_owned(),
    ];
    for part in expected {
        assert!(seen.contains(&part), "{part} is not in {seen}");
    }
    app.order("alpha", "exit 3").await?;
    daemon.operator().wait_back("alpha", 1).await?;
    let seen = app.tell("alpha", "seen").await?;
    assert!(seen.contains("end=exited/code 3"), "{seen}");
    Ok(())
}

#[tokio::test]
async fn limits_in_a_welcome_are_those_the_process_is_held_to() -> Outcome {
    let daemon = Daemon::start().await?;
    let app = daemon.app().await?;
    daemon.run(&alive("life").limit("memory = \"40MiB\"")).await?;
    daemon.operator().set("alpha", "memory", "60MiB").await?;
    app.order("alpha", "drop-session").await?;
    let seen = crate::session::told_again(&app, "session=2").await?;
    assert!(!seen.contains("memory_bytes: 62914560"), "counts from the next start: {seen}");
    Ok(())
}

// I90
#[tokio::test]
async fn each_version_is_told_once_and_a_way_back_is_an_upgrade() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    let app = daemon.app().await?;
    daemon.run(&alive("life")).await?;
    told(&daemon, "told: installed from=\"\" to=\"1.0.0\"").await?;
    app.order("alpha", "exit 3").await?;
    daemon.operator().wait_back("alpha", 1).await?;
    let generation = daemon.operator().status("alpha").await?.generation;
    daemon.load(&alive("life").version("2.0.0")).await?;
    daemon.operator().wait_back("alpha", generation).await?;
    told(&daemon, "told: upgraded from=\"1.0.0\" to=\"2.0.0\"").await?;
    daemon.load(&alive("life").version("1.0.0")).await?;
    told(&daemon, "told: upgraded from=\"2.0.0\" to=\"1.0.0\"").await?;
    assert_eq!(times_told(&daemon, "told: installed").await?, 1, "the crash was no new version");
    Ok(())
}

#[tokio::test]
async fn what_was_acknowledged_is_not_told_again_by_the_next_daemon() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&alive("life")).await?;
    told(&daemon, "told: installed").await?;
    // Unloading another waits for the same store: what was kept before it is on the disk.
    daemon.run(&Draft::bare("beta")).await?;
    daemon.operator().unload("beta").await?;
    let (_, house) = daemon.stop().await?;
    let daemon = Daemon::in_house(house).await?;
    daemon.operator().wait_running("alpha").await?;
    let app = daemon.app().await?;
    app.tell("alpha", "seen").await?;
    assert_eq!(times_told(&daemon, "told:").await?, 0);
    Ok(())
}

// I91
#[tokio::test]
async fn a_handler_that_fails_is_told_of_and_told_again_and_holds_up_nothing() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    let app = daemon.app().await?;
    daemon.run(&alive("life:fail")).await?;
    let failed = |status: &outboard_proto::admin::PluginStatus| {
        any_has(&status.notes, "installed (1.0.0): its handler failed: no table")
    };
    daemon.operator().wait_until("alpha", "said to have failed", failed).await?;
    app.tell("alpha", "seen").await?;
    app.order("alpha", "exit 3").await?;
    daemon.operator().wait_back("alpha", 1).await?;
    let line = |it: &outboard_proto::admin::LogLine| {
        it.generation == 2 && it.line.contains("told: installed")
    };
    daemon.operator().wait_for_line("alpha", line).await?;
    Ok(())
}

// I91
#[tokio::test]
async fn a_handler_that_hangs_is_told_of_and_its_late_word_counts() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    let app = daemon.app().await?;
    daemon.run(&alive("life:late").run("start_timeout = \"400ms\"")).await?;
    let late = |status: &outboard_proto::admin::PluginStatus| {
        any_has(&status.notes, "no acknowledgement within 0.4 s")
    };
    daemon.operator().wait_until("alpha", "said to be late", late).await?;
    app.tell("alpha", "seen").await?;
    let done = |status: &outboard_proto::admin::PluginStatus| status.notes.is_empty();
    daemon.operator().wait_until("alpha", "through with it", done).await?;
    Ok(())
}

#[tokio::test]
async fn a_handler_that_ends_its_process_is_like_any_other_end() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    daemon.load(&alive("life:die")).await?;
    let status = daemon.operator().wait_failed("alpha").await?;
    assert_eq!(status.ends.first().map(|end| end.exit.as_str()), Some("code 9"));
    Ok(())
}

#[tokio::test]
async fn an_unload_is_told_and_what_was_not_told_is_said() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&alive("life")).await?;
    told(&daemon, "told: installed").await?;
    let message = daemon.operator().unload("alpha").await?;
    assert_eq!(message, "alpha unloaded; its data stays");
    let kept = daemon.house().state().join("data/alpha/told");
    assert_eq!(std::fs::read_to_string(kept)?, "uninstalled");
    daemon.run(&alive("life:fail")).await?;
    told(&daemon, "told: installed").await?;
    let message = daemon.operator().unload("alpha").await?;
    assert!(message.contains("its handler failed: no table"), "{message}");
    daemon.load(&alive("life")).await?;
    daemon.operator().disable("alpha").await?;
    daemon.operator().wait_state("alpha", outboard_proto::admin::State::Stopped).await?;
    let message = daemon.operator().unload("alpha").await?;
    assert!(message.contains("not told, for it is not running"), "{message}");
    Ok(())
}

#[tokio::test]
async fn an_unload_waits_five_seconds_for_a_plugin_that_says_nothing() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&alive("life:hang")).await?;
    told(&daemon, "told: installed").await?;
    let began = std::time::Instant::now();
    let message = daemon.operator().unload("alpha").await?;
    assert!(message.contains("it said nothing within 5 s"), "{message}");
    assert!(began.elapsed() < std::time::Duration::from_secs(15));
    Ok(())
}

#[tokio::test]
async fn a_plugin_that_does_not_know_of_it_is_told_nothing_and_upgraded_later() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    daemon.load(&alive("life").version("1.1.0")).await?;
    told(&daemon, "told: upgraded from=\"1.0.0\" to=\"1.1.0\"").await?;
    Ok(())
}
