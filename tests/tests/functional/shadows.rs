//! Interceptors beside the path, and plugins that are limited to some channels.

use outboard_tests::verdict::{outcome, steps};
use outboard_tests::{Daemon, Draft, Outcome, app::failure, app::reply_text, values};

use crate::any_has;

const HOOK: &str = "message.before_post";

/// I59: what stands beside the path changes nothing on it.
#[tokio::test]
async fn an_interceptor_in_shadow_delays_and_changes_nothing_and_is_compared() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::interceptor("alpha", "mode = \"shadow\"\ntimeout = \"5s\"")).await?;
    let app = daemon.app().await?;
    let verdict = app.post("town", "all:reject").await?;
    assert_eq!(outcome(&verdict), "continued");
    assert!(steps(&verdict).is_empty());
    let seen = app.tell("alpha", "seen").await?;
    assert!(seen.contains("hook all:reject"), "{seen}");
    let slow = app.post("town", "all:sleep=3000").await?;
    assert!(slow.took_us < 1_000_000, "{} us", slow.took_us);
    app.tell("alpha", "seen").await?;
    let notes = daemon.operator().status("alpha").await?.notes;
    assert!(any_has(&notes, "differed 1"), "{notes:?}");
    assert!(any_has(&notes, "would have been rejected, was continued"), "{notes:?}");
    let order = daemon.operator().order(HOOK).await?;
    assert_eq!(order.entries[0].phase, "transform (shadow)");
    Ok(())
}

#[tokio::test]
async fn an_operator_puts_a_plugin_beside_the_path_and_back() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::interceptor("alpha", "")).await?;
    let app = daemon.app().await?;
    daemon.operator().set("alpha", "shadow", HOOK).await?;
    assert_eq!(outcome(&app.post("town", "all:reject").await?), "continued");
    daemon.operator().revert("alpha", "shadow").await?;
    let verdict = app.post("town", "all:reject").await?;
    assert_eq!(outcome(&verdict), "rejected by alpha: not here");
    Ok(())
}

/// I60: outside of its channels a limited plugin is not asked, told or run.
#[tokio::test]
async fn a_plugin_limited_to_channels_works_there_only_until_the_limit_is_lifted() -> Outcome {
    let daemon = Daemon::start().await?;
    let draft = Draft::interceptor("alpha", "").events(&["message.posted"], "");
    daemon.run(&draft).await?;
    let app = daemon.app().await?;
    daemon.operator().set("alpha", "channels", "town*,id:c-hall").await?;
    assert_eq!(outcome(&app.post("country", "all:reject").await?), "continued");
    for inside in ["town", "hall"] {
        let verdict = app.post(inside, "all:reject").await?;
        assert_eq!(outcome(&verdict), "rejected by alpha: not here", "{inside}");
    }
    let outside = app.publish(values::posted("country", "hello")).await?;
    let inside = app.publish(values::posted("town", "hello")).await?;
    assert_eq!((outside.subscriptions, inside.subscriptions), (0, 1));
    let mut command = outboard_tests::app::command("alpha", "seen");
    assert!(reply_text(&app.run_command(command.clone()).await?).is_some());
    command.channel = Some(values::channel("country"));
    let refused = app.run_command(command).await?;
    let why = failure(&refused).map(|it| it.message.as_str()).unwrap_or_default();
    assert!(why.contains("not enabled in this channel"), "{why}");
    let status = daemon.operator().status("alpha").await?;
    let shown = status.settings.iter().find(|it| it.key == "channels");
    let shown = shown.map(|it| (it.value.as_str(), it.source.as_str()));
    assert_eq!(shown, Some(("town*,id:c-hall", "cli")));
    let house = daemon.kill().await?;
    let daemon = Daemon::in_house(house).await?;
    daemon.operator().wait_running("alpha").await?;
    let app = daemon.app().await?;
    assert_eq!(outcome(&app.post("country", "all:reject").await?), "continued");
    daemon.operator().revert("alpha", "").await?;
    let verdict = app.post("country", "all:reject").await?;
    assert_eq!(outcome(&verdict), "rejected by alpha: not here");
    Ok(())
}
