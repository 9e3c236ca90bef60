//! What must not be shown, fetched or done: refused, named, and nobody else's trouble.

use std::os::unix::fs::symlink;
use std::path::Path;

use outboard_app::{AssetError, UiAction};
use outboard_proto::common::{Reason, Value, ui_contribution, value};
use outboard_tests::{Daemon, Draft, Outcome};

use crate::ui::{WIDGET, act, action, order, reason, renders, says, shows, with};

const PAGE: &str = "position = \"sidebar\"\nentry = \"web/index.html\"";

// I87
#[tokio::test]
async fn clashing_ids_a_sixty_fifth_component_and_unasked_ones_are_refused_at_load() -> Outcome {
    let daemon = Daemon::start().await?;
    let draft = Draft::obedient("alpha").shows("blocks", "w", WIDGET);
    let refused = daemon.run(&draft.clone().shows("blocks", "w", WIDGET)).await.unwrap_err();
    assert!(format!("{refused:#}").contains("w is declared twice"), "{refused:#}");
    let many = (0..65).fold(Draft::obedient("alpha"), |draft, number| {
        draft.shows("blocks", &format!("w{number}"), WIDGET)
    });
    let refused = daemon.run(&many).await.unwrap_err();
    assert!(format!("{refused:#}").contains("at most 64 things"), "{refused:#}");
    for (keys, why) in [
        (
            "position = \"sidebar\"\n\
             blocks = [{ kind = \"image\", source = \"javascript:x\", alt = \"a\" }]",
            "is no https:// address",
        ),
        (
            "position = \"sidebar\"\nblocks = [{ kind = \"html\", text = \"<b>\" }]",
            "unknown variant",
        ),
        ("position = \"sidebar\"\nfile = \"../../etc/passwd\"", "leads out of"),
        ("position = \"roof\"\nblocks = []", "no such position"),
    ] {
        let refused = daemon.run(&Draft::obedient("alpha").shows("blocks", "w", keys)).await;
        let refused = format!("{:#}", refused.unwrap_err());
        assert!(refused.contains(why), "{why}: {refused}");
    }
    // Nothing of it was kept: the good one loads.
    daemon.run(&draft).await?;
    Ok(())
}

// I87
#[tokio::test]
async fn what_a_plugin_must_not_say_is_refused_and_the_last_good_word_stands() -> Outcome {
    let (_daemon, app, _) = with(Draft::obedient("alpha").shows("blocks", "w", WIDGET)).await?;
    for (what, why) in [
        ("ui large w 40000", "at most 32768"),
        ("ui image w javascript:alert(1)", "BAD_CONTRIBUTION"),
        ("ui image w http://plain.example/a.png", "BAD_CONTRIBUTION"),
        ("ui image w asset:../secret", "none of the plugin's images"),
        ("ui update x hello", "UNKNOWN_CONTRIBUTION"),
        ("ui register w again", "is shown already"),
        ("ui register y more", "the manifest allows no dynamic blocks"),
        ("ui remove w", "it stays"),
    ] {
        let said = order(&app, what).await?;
        assert!(said.contains(why), "{what}: {said}");
    }
    assert_eq!(says(&app, "alpha", "w", |_| true).await?, "first");
    Ok(())
}

// I87
#[tokio::test]
async fn a_flood_of_updates_is_refused_where_it_is_too_much() -> Outcome {
    let (_daemon, app, _) = with(Draft::obedient("alpha").shows("blocks", "w", WIDGET)).await?;
    // Each of them costs sixteen times as much as a small one.
    let refused = async {
        loop {
            let said = order(&app, "ui large w 30000").await?;
            if said != "updated" {
                return anyhow::Ok(said);
            }
        }
    };
    let said = tokio::time::timeout(outboard_tests::PATIENCE, refused).await;
    // A slow machine may not be able to do too much; then there is nothing to refuse.
    if let Ok(said) = said {
        assert!(said?.contains("OVER_LIMIT"));
    }
    Ok(())
}

// I89
#[tokio::test]
async fn what_is_not_shown_or_not_granted_cannot_be_used() -> Outcome {
    let (daemon, app, _) = with(Draft::obedient("alpha").shows("blocks", "w", WIDGET)).await?;
    for (component, name) in [("x", "press"), ("w", "other"), ("", "")] {
        let refused = act(&app, component, name).await.unwrap_err();
        assert_eq!(reason(&refused), Reason::UnknownContribution, "{component} {name}");
    }
    let value = Value { of: Some(value::Of::Boolean(true)) };
    let values = [("strange".to_owned(), value)].into();
    let refused = app.act(UiAction { values, ..action("w", "press") }).result().await.unwrap_err();
    assert_eq!(reason(&refused), Reason::BadValues);
    let forged = UiAction { modal: "made-up".into(), ..action("", "") };
    let refused = app.act(forged).result().await.unwrap_err();
    assert_eq!(reason(&refused), Reason::InteractionExpired);
    let nobody = UiAction { plugin: "nobody".into(), ..action("w", "press") };
    let refused = app.act(nobody).result().await.unwrap_err();
    assert_eq!(reason(&refused), Reason::UnknownPlugin);
    daemon.operator().disable("alpha").await?;
    shows(&app, |it| it.contributions.is_empty()).await?;
    let refused = act(&app, "w", "press").await.unwrap_err();
    assert_eq!(reason(&refused), Reason::PluginUnavailable);
    Ok(())
}

#[tokio::test]
async fn an_app_that_does_not_render_a_kind_is_not_told_of_it() -> Outcome {
    let (daemon, all, _) = with(Draft::obedient("alpha").shows("blocks", "w", WIDGET)).await?;
    shows(&all, |it| it.contributions.len() == 1).await?;
    drop(all);
    let menus = renders(&daemon, &["menu"]).await?;
    assert!(menus.shown().borrow().contributions.is_empty());
    let none = daemon.app().await?;
    assert!(none.welcome.catalogue.clone().unwrap_or_default().ui.is_empty());
    Ok(())
}

// I88
#[tokio::test]
async fn a_page_is_had_by_its_hash_and_nothing_else_is_had_at_all() -> Outcome {
    let daemon = Daemon::start().await?;
    let draft = Draft::obedient("alpha").shows("web", "p", PAGE);
    let folder = draft.write(daemon.folder("alpha").parent().unwrap_or(Path::new("/")))?;
    std::fs::create_dir_all(folder.join("web"))?;
    std::fs::write(folder.join("web/index.html"), "<p>hello</p>".repeat(10_000))?;
    let manifest = format!("assets = [\"web/**\"]\n{}", draft.manifest());
    std::fs::write(folder.join("plugin.toml"), manifest)?;
    daemon.operator().load(&folder).await?;
    daemon.operator().wait_running("alpha").await?;
    let app = renders(&daemon, &["web"]).await?;
    let shown = shows(&app, |it| it.contributions.len() == 1).await?;
    let Some(ui_contribution::Of::Web(web)) = &shown.contributions[0].of else { panic!() };
    let page = app.asset("alpha", &web.entry).await?;
    assert_eq!((page.mime.as_str(), page.bytes.len()), ("text/html", 120_000));
    for way in ["web/index.html", "../plugin.toml", "/etc/passwd", "%2e%2e/plugin.toml", ""] {
        let refused = app.asset("alpha", way).await.unwrap_err();
        assert!(matches!(refused, AssetError::Unknown(_)), "{way}: {refused}");
    }
    assert!(app.asset("beta", &web.entry).await.is_err());

    std::fs::write(folder.join("web/index.html"), "<p>other</p>")?;
    let changed = app.asset("alpha", &web.entry).await.unwrap_err().to_string();
    assert!(changed.contains("has changed since it was loaded"), "{changed}");
    std::fs::remove_file(folder.join("web/index.html"))?;
    symlink("../plugin.toml", folder.join("web/index.html"))?;
    assert!(app.asset("alpha", &web.entry).await.is_err());
    let refused = daemon.operator().load(&folder).await.unwrap_err();
    assert!(refused.to_string().contains("is a link"), "{refused}");
    Ok(())
}
