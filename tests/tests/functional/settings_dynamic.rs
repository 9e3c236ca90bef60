//! Settings that a plugin registers while it runs: beside the manifest's, judged like those, shown
//! to apps and operators, gone with the process.

use outboard_proto::common::SettingsOutcome::{Acknowledged, Invalid};
use outboard_tests::operator::settings::Pages;
use outboard_tests::{App, Daemon, Draft, House, Outcome};

use crate::settings::value;
use crate::{QUICK, any_has};

const MORE: &str = "[settings]\ndynamic = true\nmaximum = 2\n\
    [settings.greeting]\ntype = \"string\"\ndefault = \"Hello\"\n";

fn room(choices: &str) -> String {
    let room = format!(r#"{{"type":"string","enum":[{choices}],"default":"red"}}"#);
    format!(r#"{{"type":"object","properties":{{"room":{room}}}}}"#)
}

async fn with(settings: &str) -> anyhow::Result<(Daemon, App)> {
    let daemon = Daemon::in_house(House::new(QUICK)?).await?;
    daemon.run(&Draft::obedient("alpha").section(settings)).await?;
    let app = daemon.app().await?;
    Ok((daemon, app))
}

async fn register(app: &App, schema: &str) -> anyhow::Result<String> {
    app.tell("alpha", &format!("settings register {schema}")).await
}

// I112
#[tokio::test]
async fn what_is_registered_is_shown_saved_and_gone_with_the_process() -> Outcome {
    let (daemon, app) = with(MORE).await?;
    let operator = daemon.operator();
    let unknown = operator.set_setting("alpha", "room", "blue").await?;
    assert_eq!(unknown.outcome(), Invalid);
    let said = register(&app, &room(r#""red","blue""#)).await?;
    assert_eq!(said, r#"{"greeting":"Hello","room":"red"} missing= unfit="#);
    let pages = Pages::over(&daemon.house().app_socket()).await?;
    let page = pages.all("", "").await?.remove(0);
    assert!(page.schema.contains(r#""enum":["red","blue"]"#), "{}", page.schema);
    assert_eq!(page.values, r#"{"greeting":"Hello","room":"red"}"#);
    assert_eq!(operator.set_setting("alpha", "room", "green").await?.outcome(), Invalid);
    assert_eq!(operator.set_setting("alpha", "room", "blue").await?.outcome(), Acknowledged);
    let now = app.tell("alpha", "settings now").await?;
    assert_eq!(now, r#"{"greeting":"Hello","room":"blue"}"#);

    // In its place, and what was saved does not fit.
    let said = register(&app, &room(r#""red","white""#)).await?;
    assert!(said.contains(r#""room":"red""#) && said.contains("unfit=room: "), "{said}");
    let status = operator.status("alpha").await?;
    assert!(any_has(&status.conditions, "settings do not fit: room"), "{:?}", status.conditions);

    app.order("alpha", "exit 3").await?;
    operator.wait_back("alpha", 1).await?;
    let page = pages.all("", "").await?.remove(0);
    assert_eq!(page.values, r#"{"greeting":"Hello"}"#, "gone with the process");
    assert!(page.unfit.is_empty(), "it may be registered again: {page:?}");
    let said = register(&app, &room(r#""red","blue""#)).await?;
    assert!(said.contains(r#""room":"blue""#), "what was saved was kept: {said}");
    assert_eq!(value(&operator.settings("alpha").await?, "room"), "\"blue\"");

    let nothing = r#"{"type":"object","properties":{}}"#;
    assert!(register(&app, nothing).await?.starts_with(r#"{"greeting":"Hello"} "#));
    operator.unload("alpha").await?;
    assert!(pages.all("", "").await?.is_empty());
    Ok(())
}

// I112
#[tokio::test]
async fn what_a_manifest_could_not_declare_cannot_be_registered_and_changes_nothing() -> Outcome {
    let (daemon, app) = with(MORE).await?;
    let deep = format!("{}true{}", "{\"not\":".repeat(40), "}".repeat(40));
    let object = |properties: &str| format!(r#"{{"type":"object","properties":{{{properties}}}}}"#);
    for (schema, said) in [
        (object(r#""greeting":{"type":"string"}"#), "greeting: is the manifest's"),
        (object(r#""a":{},"b":{},"c":{}"#), "the manifest allows 2 settings"),
        (object(&format!("\"x\":{deep}")), "levels deep"),
        (object(r#""x":{"type":"string","pattern":"((a{1000}){1000}){1000}"}"#), "larger than"),
        (object(r#""x":{"$ref":"http://127.0.0.1:9/x.json"}"#), "is not in this document"),
        ("{".to_owned(), "EOF"),
    ] {
        let refused = register(&app, &schema).await?;
        assert!(refused.contains("BAD_SETTINGS_SCHEMA") && refused.contains(said), "{refused}");
    }
    let fields = daemon.operator().settings("alpha").await?.fields;
    assert_eq!(fields.len(), 1, "{fields:?}");
    daemon.run(&Draft::obedient("alpha")).await?;
    let refused = register(&app, &room("\"red\"")).await?;
    assert!(refused.contains("dynamic = true"), "{refused}");
    Ok(())
}

// I112
#[tokio::test]
async fn what_is_required_of_registered_settings_stops_no_plugin() -> Outcome {
    let (daemon, app) = with("[settings]\ndynamic = true\n").await?;
    let required =
        r#"{"type":"object","properties":{"room":{"type":"string"}},"required":["room"]}"#;
    let said = register(&app, required).await?;
    assert_eq!(said, "{} missing=room unfit=");
    let pages = Pages::over(&daemon.house().app_socket()).await?;
    assert_eq!(pages.all("", "").await?[0].missing, ["room"]);
    assert_eq!(app.tell("alpha", "say still here").await?, "still here");
    Ok(())
}
