//! Holding that cannot be, and deciding by those who may not.

use outboard_proto::common::verdict::Outcome as Decided;
use outboard_tests::app::hold_of;
use outboard_tests::verdict::{outcome, steps};
use outboard_tests::{App, AppDraft, Daemon, Draft, Outcome};

use crate::QUICK;
use crate::state::{SmallDisk, fill};

const CLOSED: &str = "[plugins.alpha]\nclosed = [\"message.before_post\"]\n";

// I28
#[tokio::test]
async fn others_decide_only_with_the_permission() -> Outcome {
    let beta = Draft::obedient("beta");
    let gamma = Draft::obedient("gamma").may("messages:hold");
    let (daemon, app) = with("", &[Draft::interceptor("alpha", ""), beta, gamma]).await?;
    let id = hold_of(&app.post("town", "alpha:hold").await?)?.id;
    for order in [format!("release {id}"), format!("drop {id} no")] {
        let said = app.tell("beta", &order).await?;
        assert!(said.contains("PERMISSION_DENIED") && said.contains("messages:hold"), "{said}");
    }
    let traffic = daemon.operator().status("beta").await?.traffic.unwrap_or_default();
    assert_eq!(traffic.denied, 2);
    assert_eq!(app.tell("beta", "held").await?, "");
    for name in ["alpha", "gamma"] {
        assert_eq!(app.tell(name, "held review").await?, format!("alpha/{id}"));
    }
    app.order("gamma", &format!("drop {id} no")).await?;
    assert_eq!(app.do_as_decided("").await?.by, "plugin:gamma");
    let said = app.tell("alpha", "release nothing-like-it").await?;
    assert!(said.contains("UNKNOWN_HELD"), "{said}");
    Ok(())
}

// I28
#[tokio::test]
async fn a_holder_that_may_not_be_asked_any_more_may_not_decide_either() -> Outcome {
    let alpha = Draft::obedient("alpha").may_optionally("messages:intercept");
    let (daemon, app) = with("", &[alpha.hook("message.before_post", "")]).await?;
    let id = hold_of(&app.post("town", "alpha:hold").await?)?.id;
    daemon.operator().set("alpha", "grants", "commands:own").await?;
    let said = app.tell("alpha", &format!("release {id}")).await?;
    assert!(said.contains("PERMISSION_DENIED"), "{said}");
    Ok(())
}

#[tokio::test]
async fn an_id_that_a_plugin_chooses_names_one_thing() -> Outcome {
    let both = [Draft::interceptor("alpha", ""), Draft::interceptor("beta", "")];
    let (daemon, app) = with("", &both).await?;
    let hold = hold_of(&app.post("town", "alpha:hold-as=case-7").await?)?;
    assert_eq!((hold.id.as_str(), hold.plugin.as_str()), ("case-7", "alpha"));
    let again = app.post("town", "beta:hold-as=case-7").await?;
    assert_eq!(steps(&again), ["alpha continued", "beta skipped: protocol"]);
    assert_eq!(daemon.operator().held("").await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn holding_that_makes_no_sense_is_no_answer() -> Outcome {
    let (_daemon, app) = with("", &[Draft::interceptor("alpha", "")]).await?;
    let long = format!("alpha:hold={}", "q".repeat(256));
    for words in ["alpha:hold-until=1700000000", "alpha:hold-as=case/7", &long] {
        let verdict = app.post("town", words).await?;
        assert_eq!(steps(&verdict), ["alpha skipped: protocol"], "{words}");
    }
    Ok(())
}

#[tokio::test]
async fn an_app_that_takes_nothing_back_is_not_left_with_something_held() -> Outcome {
    let daemon = Daemon::configured(CLOSED).await?;
    daemon.run(&Draft::interceptor("alpha", "")).await?;
    let app = AppDraft::default().idle().connect(&daemon.house().app_socket()).await?;
    let verdict = app.post("town", "alpha:hold").await?;
    assert_eq!(steps(&verdict), ["alpha skipped: app_unsupported"]);
    assert!(outcome(&verdict).starts_with("rejected by alpha"), "{verdict:?}");
    assert!(daemon.operator().held("").await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_plugin_that_holds_too_much_is_skipped_and_what_it_held_stays() -> Outcome {
    let (daemon, app) = with("", &[Draft::interceptor("alpha", "")]).await?;
    // 8 MiB of some 50 KiB each.
    let large = format!("alpha:hold {}", "x".repeat(50_000));
    let mut held = 0;
    let verdict = loop {
        let verdict = app.post("town", &large).await?;
        match &verdict.outcome {
            Some(Decided::Held(_)) => held += 1,
            _ => break verdict,
        }
    };
    assert_eq!(steps(&verdict), ["alpha skipped: over_limit"]);
    assert_eq!(outcome(&verdict), "continued");
    assert_eq!(daemon.operator().held("").await?.len(), held);
    assert!((160..170).contains(&held), "{held}");
    Ok(())
}

/// I66: what cannot be kept is not told to be held.
#[tokio::test]
async fn on_a_full_disk_the_policy_decides_and_what_was_held_stays() -> Outcome {
    let test = "on_a_full_disk_the_policy_decides_and_what_was_held_stays";
    let Some((house, _disk)) = SmallDisk::house(test, &format!("{QUICK}{CLOSED}"))? else {
        return Ok(());
    };
    let daemon = Daemon::in_house(house).await?;
    daemon.run(&Draft::interceptor("alpha", "")).await?;
    daemon.run(&Draft::interceptor("beta", "")).await?;
    let app = daemon.app().await?;
    let id = hold_of(&app.post("town", "alpha:hold").await?)?.id;
    fill(&daemon.house().state());
    let large = "x".repeat(40_000);
    let full = async |plugin: &str| loop {
        // What is left in pages that are in use already takes some.
        let verdict = app.post("town", &format!("{plugin}:hold {large}")).await?;
        if !matches!(verdict.outcome, Some(Decided::Held(_))) {
            return anyhow::Ok(verdict);
        }
    };
    let closed = full("alpha").await?;
    assert_eq!(steps(&closed), ["alpha skipped: not_kept"]);
    assert!(outcome(&closed).starts_with("rejected by alpha"), "{}", outcome(&closed));
    let open = full("beta").await?;
    assert_eq!(steps(&open), ["alpha continued", "beta skipped: not_kept"]);
    assert_eq!(outcome(&open), "continued");
    std::fs::remove_file(daemon.house().state().join("filler"))?;
    hold_of(&app.post("town", "alpha:hold").await?)?;
    app.order("alpha", &format!("release {id}")).await?;
    assert_eq!(app.do_as_decided("m-1").await?.id, id);
    Ok(())
}

async fn with(config: &str, drafts: &[Draft]) -> anyhow::Result<(Daemon, App)> {
    let daemon = Daemon::configured(&format!("{QUICK}{config}")).await?;
    for draft in drafts {
        daemon.run(draft).await?;
    }
    let app = daemon.app().await?;
    Ok((daemon, app))
}
