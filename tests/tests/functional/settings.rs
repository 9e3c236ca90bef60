//! What is set for plugins: it is told with old and new, counts once the plugin agrees, the
//! narrower over the wider, and is there for the next process and the next daemon.

use outboard_proto::admin::SettingsShown;
use outboard_proto::common::SettingsOutcome::{Acknowledged, Kept, Refused, Unanswered, Unchanged};
use outboard_proto::common::SettingsScope;
use outboard_tests::operator::settings::{Pages, for_user, in_channel};
use outboard_tests::{App, Daemon, Draft, House, Outcome};

use crate::{QUICK, any_has};

/// Two settings, one of them for channels and people too.
const GREETER: &str = "[settings.greeting]\ntype = \"string\"\ndefault = \"Hello\"\n\
    maxLength = 20\n\
    label = \"Greeting\"\nscope = [\"server\", \"channel\", \"user\"]\n\
    [settings.most]\ntype = \"integer\"\ndefault = 3\nmin = 1\nmax = 9\n";

/// A plugin with these settings.
pub fn greeter(name: &str) -> Draft {
    Draft::obedient(name).limit("call_timeout = \"2s\"").section(GREETER)
}

/// A daemon with one.
pub async fn with(draft: &Draft) -> anyhow::Result<(Daemon, App)> {
    let daemon = Daemon::in_house(House::new(QUICK)?).await?;
    daemon.run(draft).await?;
    let app = daemon.app().await?;
    Ok((daemon, app))
}

/// What a field shows.
pub fn value<'s>(shown: &'s SettingsShown, key: &str) -> &'s str {
    shown.fields.iter().find(|it| it.key == key).map_or("", |it| it.value.as_str())
}

// I84
#[tokio::test]
async fn a_change_is_told_with_old_and_new_and_is_there_for_the_next_process_and_daemon() -> Outcome
{
    let (daemon, app) = with(&greeter("alpha")).await?;
    let defaults = r#"{"greeting":"Hello","most":3}"#;
    assert_eq!(app.tell("alpha", "settings now").await?, defaults);
    let operator = daemon.operator();
    let saved = operator.set_setting("alpha", "greeting", "Ahoy").await?;
    assert_eq!(saved.outcome(), Acknowledged, "{saved:?}");
    let after = r#"{"greeting":"Ahoy","most":3}"#;
    let seen = app.tell("alpha", "seen").await?;
    assert!(seen.contains(&format!("settings Server {defaults} -> {after} secrets=")), "{seen}");
    assert_eq!(app.tell("alpha", "settings now").await?, after);
    assert_eq!(operator.set_setting("alpha", "greeting", "Ahoy").await?.outcome(), Unchanged);
    app.order("alpha", "exit 3").await?;
    operator.wait_back("alpha", 1).await?;
    assert_eq!(app.tell("alpha", "settings now").await?, after);
    drop(app);
    let daemon = Daemon::in_house(daemon.kill().await?).await?;
    daemon.operator().wait_running("alpha").await?;
    let app = daemon.app().await?;
    assert_eq!(app.tell("alpha", "settings now").await?, after);
    daemon.operator().unset_setting("alpha", "greeting").await?;
    assert_eq!(app.tell("alpha", "settings now").await?, defaults);
    let (_, house) = daemon.stop().await?;
    let record = std::fs::read_to_string(house.state().join("audit.log"))?;
    assert!(record.contains("greeting (server)") && record.contains("acknowledged"), "{record}");
    assert!(!record.contains("Ahoy") && !house.log().contains("Ahoy"), "values are in no log");
    Ok(())
}

#[tokio::test]
async fn the_narrower_wins_where_it_counts_and_nowhere_else() -> Outcome {
    let (daemon, app) = with(&greeter("alpha")).await?;
    let operator = daemon.operator();
    operator.set_setting("alpha", "greeting", "server").await?;
    operator.set_setting_at("alpha", in_channel("c-town"), ("greeting", "town")).await?;
    let saved = operator.set_setting_at("alpha", for_user("u-ann"), ("greeting", "ann")).await?;
    assert_eq!(saved.outcome(), Acknowledged, "{saved:?}");
    for (place, expected) in [
        ("- - -", "server"),
        ("- c-town -", "town"),
        ("- c-port u-bob", "server"),
        ("- c-town u-bob", "town"),
        ("- c-town u-ann", "ann"),
        ("elsewhere c-town u-ann", "server"),
    ] {
        let json = app.tell("alpha", &format!("settings at {place}")).await?;
        assert!(json.contains(&format!("\"greeting\":\"{expected}\"")), "{place}: {json}");
    }
    assert!(app.tell("alpha", "settings now").await?.contains("\"server\""));
    let wrong = operator.set_setting_at("alpha", in_channel("c-town"), ("most", "4")).await?;
    assert!(wrong.faults[0].hint.contains("only for server"), "{wrong:?}");
    Ok(())
}

// I85
#[tokio::test]
async fn what_a_plugin_refuses_is_told_to_who_saved_it_and_changes_nothing() -> Outcome {
    let (daemon, app) = with(&greeter("alpha")).await?;
    app.tell("alpha", "settings refuse too nautical").await?;
    let saved = daemon.operator().set_setting("alpha", "greeting", "Ahoy").await?;
    assert_eq!((saved.outcome(), saved.reason.as_str()), (Refused, "too nautical"));
    let shown = daemon.operator().settings("alpha").await?;
    assert_eq!(value(&shown, "greeting"), "\"Hello\"");
    app.order("alpha", "exit 3").await?;
    daemon.operator().wait_back("alpha", 1).await?;
    assert!(app.tell("alpha", "settings now").await?.contains("\"Hello\""));
    Ok(())
}

// I85
#[tokio::test]
async fn a_settings_handler_that_hangs_hurts_only_itself_and_is_shown_as_pending() -> Outcome {
    let (daemon, app) = with(&greeter("alpha")).await?;
    daemon.run(&greeter("beta")).await?;
    app.tell("alpha", "settings hang").await?;
    let (operator, hung) = (daemon.operator().clone(), daemon.operator().clone());
    let saving = tokio::spawn(async move { hung.set_setting("alpha", "greeting", "Ahoy").await });
    operator
        .wait_until("alpha", "pending", |it| any_has(&it.conditions, "config_pending: change 1"))
        .await?;
    assert!(operator.settings("alpha").await?.pending);
    let saved = operator.set_setting("beta", "greeting", "Ahoy").await?;
    assert_eq!(saved.outcome(), Acknowledged);
    assert!(!saving.is_finished(), "the other one is still waited for");
    assert_eq!(app.tell("alpha", "say still here").await?, "still here");
    let saved = saving.await??;
    assert_eq!(saved.outcome(), Unanswered, "{saved:?}");
    assert!(saved.reason.contains("did not answer within 2 s"), "{saved:?}");
    let status = operator.status("alpha").await?;
    assert!(!any_has(&status.conditions, "config_pending"), "{:?}", status.conditions);
    assert_eq!(value(&operator.settings("alpha").await?, "greeting"), "\"Hello\"");
    let seen = app.tell("alpha", "seen").await?;
    let back = r#"{"greeting":"Ahoy","most":3} -> {"greeting":"Hello","most":3}"#;
    assert!(seen.contains(back), "what was not answered is taken back: {seen}");
    Ok(())
}

// I85
#[tokio::test]
async fn a_plugin_that_dies_of_a_change_comes_back_with_what_was_before() -> Outcome {
    let (daemon, app) = with(&greeter("alpha")).await?;
    app.tell("alpha", "settings die").await?;
    let saved = daemon.operator().set_setting("alpha", "greeting", "Ahoy").await?;
    assert_eq!(saved.outcome(), Unanswered);
    assert!(saved.reason.contains("its session ended"), "{saved:?}");
    daemon.operator().wait_back("alpha", 1).await?;
    assert!(app.tell("alpha", "settings now").await?.contains("\"Hello\""));
    Ok(())
}

#[tokio::test]
async fn a_plugin_that_is_not_running_goes_by_it_from_its_next_start() -> Outcome {
    let (daemon, app) = with(&greeter("alpha")).await?;
    daemon.operator().disable("alpha").await?;
    daemon.operator().wait_until("alpha", "disabled", |it| it.reason == "disabled").await?;
    let saved = daemon.operator().set_setting("alpha", "greeting", "Ahoy").await?;
    assert_eq!(saved.outcome(), Kept);
    daemon.operator().enable("alpha").await?;
    daemon.operator().wait_running("alpha").await?;
    assert!(app.tell("alpha", "settings now").await?.contains("Ahoy"));
    Ok(())
}

#[tokio::test]
async fn an_app_is_given_pages_and_saves_for_a_channel() -> Outcome {
    let (daemon, app) = with(&greeter("alpha")).await?;
    daemon.run(&Draft::obedient("plain")).await?;
    let pages = Pages::over(&daemon.house().app_socket()).await?;
    let saved = pages.save("alpha", in_channel("c-town"), r#"{"greeting":"Ahoy"}"#).await?;
    assert_eq!(saved.outcome(), Acknowledged);
    let all = pages.all("c-town", "u-ann").await?;
    assert_eq!(all.len(), 1, "only plugins with settings have a page");
    let page = &all[0];
    assert_eq!(
        (page.plugin.as_str(), page.values.as_str()),
        ("alpha", r#"{"greeting":"Ahoy","most":3}"#)
    );
    assert!(page.schema.contains("\"title\":\"Greeting\""), "{}", page.schema);
    let greeting = &page.fields[0];
    assert_eq!((greeting.key.as_str(), greeting.origin()), ("greeting", SettingsScope::Channel));
    assert_eq!(greeting.scopes().count(), 3);
    assert!(!page.fields[1].is_set, "{page:?}");
    assert!(app.tell("alpha", "seen").await?.contains("settings Channel"));
    let unknown = pages.save("alpa", in_channel("c-town"), "{}").await.unwrap_err();
    assert_eq!(unknown.reason, "UNKNOWN_PLUGIN");
    assert!(unknown.message.contains("did you mean alpha?"), "{unknown}");
    let (_, house) = daemon.stop().await?;
    let record = std::fs::read_to_string(house.state().join("audit.log"))?;
    assert!(record.contains("person ann (u-ann)"), "{record}");
    Ok(())
}

#[tokio::test]
async fn unloading_keeps_what_was_set_until_it_is_purged() -> Outcome {
    let (daemon, app) = with(&greeter("alpha")).await?;
    let operator = daemon.operator();
    operator.set_setting("alpha", "greeting", "Ahoy").await?;
    operator.unload("alpha").await?;
    daemon.run(&greeter("alpha")).await?;
    assert!(app.tell("alpha", "settings now").await?.contains("Ahoy"));
    operator.unload("alpha").await?;
    operator.purge("alpha").await?;
    daemon.run(&greeter("alpha")).await?;
    assert!(app.tell("alpha", "settings now").await?.contains("Hello"));
    Ok(())
}
