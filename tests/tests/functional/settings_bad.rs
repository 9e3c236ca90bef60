//! Settings where something is wrong: values that violate the schema, schemas that are none or made
//! to explode, files that lie elsewhere, secrets without a key. Each is refused for a stated cause.

use std::time::{Duration, Instant};

use outboard_proto::common::SettingsOutcome::{Acknowledged, Invalid, Kept};
use outboard_tests::operator::settings::Pages;
use outboard_tests::{Daemon, Draft, House, Outcome};

use crate::settings::{greeter, value, with};
use crate::{QUICK, any_has};

const SECRET: &str = "[settings.api_key]\ntype = \"string\"\nsecret = true\nrequired = true\n\
    [settings.verbose]\ntype = \"boolean\"\ndefault = false\n";

#[tokio::test]
async fn every_fault_of_a_save_is_named_and_nothing_changes() -> Outcome {
    let (daemon, app) = with(&greeter("alpha")).await?;
    let operator = daemon.operator();
    let wrong = r#"{"greeting": 7, "most": 12, "greting": "Ahoy"}"#;
    let saved = operator.import_settings("alpha", wrong).await?;
    assert_eq!(saved.outcome(), Invalid);
    let told: Vec<_> = saved.faults.iter().map(|it| (it.path.as_str(), it.hint.as_str())).collect();
    let expected = [("greeting", ""), ("most", "at most 9"), ("greting", "did you mean greeting?")];
    assert_eq!(told, expected, "{saved:?}");
    let saved = operator.import_settings("alpha", r#"{"most": 4, "greeting": 7}"#).await?;
    assert_eq!(saved.outcome(), Invalid);
    assert_eq!(value(&operator.settings("alpha").await?, "most"), "3", "all of it or nothing");
    assert!(!app.tell("alpha", "seen").await?.contains("settings Server"));
    let refused = operator.import_settings("alpha", "[1]").await.unwrap_err();
    assert_eq!(refused.reason, "INVALID");
    daemon.run(&Draft::obedient("plain")).await?;
    let refused = operator.set_setting("plain", "x", "1").await.unwrap_err();
    assert!(refused.message.contains("plain has no settings"), "{refused}");
    Ok(())
}

// I86
#[tokio::test]
async fn a_schema_that_is_none_or_made_to_explode_is_refused_in_bounded_time() -> Outcome {
    let daemon = Daemon::in_house(House::new(QUICK)?).await?;
    let deep = format!("{}true{}", "{\"not\":".repeat(100), "}".repeat(100));
    // Eight references to what has eight references, five times over.
    let multiply = |n: u32| {
        let refers = vec![format!("{{\"$ref\":\"#/$defs/a{}\"}}", n - 1); 8].join(",");
        format!("\"a{n}\":{{\"allOf\":[{refers}]}},")
    };
    let multiplied: String = (1..=5).map(multiply).collect();
    for (what, schema, said) in [
        ("no JSON", "{".to_owned(), "EOF while parsing"),
        ("no object", "[]".to_owned(), "is not a JSON object"),
        ("no schema", object(r#""x":{"type":"colour"}"#), "type"),
        ("deep", object(&format!("\"x\":{deep}")), "levels deep"),
        (
            "deeper",
            object(&format!("\"x\":{}", deep.replace("true", &deep).replace("true", &deep))),
            "recursion limit",
        ),
        (
            "pattern",
            object(&format!(r#""x":{{"type":"string","pattern":"{}"}}"#, "a".repeat(300))),
            "longer than 256",
        ),
        (
            "repeats",
            object(r#""x":{"type":"string","pattern":"((a{1000}){1000}){1000}"}"#),
            "larger than",
        ),
        ("looks", object(r#""x":{"type":"string","pattern":"(?=a)b"}"#), "look-around"),
        ("itself", object(r##""x":{"$ref":"#/properties/x"}"##), "refers to itself"),
        (
            "remote",
            object(r#""x":{"$ref":"http://127.0.0.1:9/x.json"}"#),
            "is not in this document",
        ),
        (
            "multiplied",
            format!(
                r##"{{"type":"object","properties":{{"x":{{"$ref":"#/$defs/a5"}}}},
                    "$defs":{{{multiplied}"a0":true}}}}"##
            ),
            "more than 5000",
        ),
        (
            "default",
            object(r#""x":{"type":"integer","default":"many"}"#),
            "the default does not fit",
        ),
        (
            "large",
            object(&format!("\"x\":{{\"title\":\"{}\"}}", "t".repeat(70_000))),
            "larger than 65536",
        ),
    ] {
        let begun = Instant::now();
        let folder = with_schema(&daemon, "alpha", &schema)?;
        let refused = daemon.operator().load(&folder).await.unwrap_err();
        assert!(refused.message.contains(said), "{what}: {refused}");
        assert!(begun.elapsed() < Duration::from_secs(2), "{what}: {:?}", begun.elapsed());
    }
    let fine = with_schema(&daemon, "alpha", &object(r#""x":{"type":"integer","default":1}"#))?;
    daemon.operator().load(&fine).await?;
    daemon.operator().wait_running("alpha").await?;
    Ok(())
}

fn object(properties: &str) -> String {
    format!("{{\"type\":\"object\",\"properties\":{{{properties}}}}}")
}

fn with_schema(daemon: &Daemon, name: &str, schema: &str) -> std::io::Result<std::path::PathBuf> {
    let draft = Draft::obedient(name).section("[settings]\nschema = \"s.json\"");
    let folder = draft.write(&daemon.house().folders())?;
    std::fs::write(folder.join("s.json"), schema)?;
    Ok(folder)
}

#[tokio::test]
async fn a_schema_file_counts_as_loaded_and_lies_in_the_plugins_folder() -> Outcome {
    let daemon = Daemon::in_house(House::new(QUICK)?).await?;
    let folder = with_schema(&daemon, "alpha", &object(r#""x":{"type":"integer","default":1}"#))?;
    daemon.operator().load(&folder).await?;
    daemon.operator().wait_running("alpha").await?;
    // A daemon's start is no load: what the file says meanwhile changes nothing.
    std::fs::write(folder.join("s.json"), object(r#""y":{"type":"integer","default":2}"#))?;
    let (_, house) = daemon.stop().await?;
    let daemon = Daemon::in_house(house).await?;
    daemon.operator().wait_running("alpha").await?;
    assert_eq!(daemon.app().await?.tell("alpha", "settings now").await?, r#"{"x":1}"#);
    daemon.operator().load(&folder).await?;
    assert!(daemon.operator().settings_schema("alpha").await?.contains("\"y\""));
    let outside = daemon.house().root().join("outside.json");
    std::fs::write(&outside, object(""))?;
    std::fs::remove_file(folder.join("s.json"))?;
    std::os::unix::fs::symlink(&outside, folder.join("s.json"))?;
    let refused = daemon.operator().load(&folder).await.unwrap_err();
    assert!(refused.message.contains("leads out of"), "{refused}");
    std::fs::remove_file(folder.join("s.json"))?;
    let refused = daemon.operator().load(&folder).await.unwrap_err();
    assert!(refused.message.contains("there is no s.json"), "{refused}");
    Ok(())
}

#[tokio::test]
async fn an_upgrade_that_refuses_what_was_set_keeps_it_and_says_so() -> Outcome {
    let (daemon, app) = with(&greeter("alpha")).await?;
    let operator = daemon.operator();
    operator.set_setting("alpha", "most", "9").await?;
    let narrower = "[settings.most]\ntype = \"integer\"\ndefault = 2\nmax = 5";
    daemon.run(&Draft::obedient("alpha").section(narrower)).await?;
    let status = operator.status("alpha").await?;
    assert!(any_has(&status.conditions, "settings do not fit: most: 9"), "{:?}", status.conditions);
    assert_eq!(app.tell("alpha", "settings now").await?, r#"{"most":2}"#);
    daemon.run(&greeter("alpha")).await?;
    assert!(app.tell("alpha", "settings now").await?.contains("\"most\":9"), "it was kept");
    let required = "[settings.most]\ntype = \"integer\"\nmax = 5\nrequired = true";
    operator
        .load(&Draft::obedient("alpha").section(required).write(&daemon.house().folders())?)
        .await?;
    operator
        .wait_until("alpha", "needs settings: most", |it| it.reason == "needs settings: most")
        .await?;
    Ok(())
}

// I76
#[tokio::test]
async fn a_secret_without_a_key_is_refused_and_the_plugin_waits_for_it() -> Outcome {
    let daemon = Daemon::in_house(House::new(QUICK)?).await?;
    let draft = Draft::obedient("alpha").section(SECRET);
    daemon.operator().load(&draft.write(&daemon.house().folders())?).await?;
    daemon
        .operator()
        .wait_until("alpha", "needs settings: api_key", |it| it.reason == "needs settings: api_key")
        .await?;
    let refused = daemon.operator().set_setting("alpha", "api_key", "hush-hush").await.unwrap_err();
    assert_eq!(refused.reason, "NO_SECRET_KEY");
    assert!(refused.message.contains("secret-keys"), "{refused}");
    Ok(())
}

// I76
#[tokio::test]
async fn a_secret_is_told_to_its_plugin_and_stands_nowhere_in_clear() -> Outcome {
    let house = House::new(QUICK)?;
    let credentials = house.credentials();
    std::fs::create_dir_all(&credentials)?;
    let key = credentials.join("secret-keys");
    std::fs::write(&key, format!("1 {}\n", "0a".repeat(32)))?;
    std::fs::set_permissions(&key, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    let daemon = Daemon::in_house(house).await?;
    let operator = daemon.operator();
    let draft = Draft::obedient("alpha").section(SECRET);
    operator.load(&draft.write(&daemon.house().folders())?).await?;
    operator
        .wait_until("alpha", "needs settings: api_key", |it| it.reason == "needs settings: api_key")
        .await?;
    let saved = operator.set_setting("alpha", "api_key", "hush-hush").await?;
    assert_eq!(saved.outcome(), Kept);
    operator.wait_running("alpha").await?;
    let app = daemon.app().await?;
    assert_eq!(app.tell("alpha", "settings now").await?, r#"{"verbose":false}"#);
    assert_eq!(app.tell("alpha", "settings secret api_key").await?, "hush-hush");
    let refused = app.tell("alpha", "settings secret verbose").await?;
    assert!(refused.contains("UNKNOWN_SETTING"), "{refused}");
    // A change of it: the plugin can try the new one before it agrees.
    let saved = operator.set_setting("alpha", "api_key", "hush-anew").await?;
    assert_eq!(saved.outcome(), Acknowledged);
    let seen = app.tell("alpha", "seen").await?;
    assert!(seen.contains("secrets=api_key") && seen.contains("new api_key: hush-anew"), "{seen}");
    assert_eq!(app.tell("alpha", "settings secret api_key").await?, "hush-anew");
    let over = app.tell("alpha", "settings secret api_key 1").await?;
    assert!(over.contains("SETTINGS_CHANGE_OVER"), "{over}");
    let shown = format!("{:?}", operator.settings("alpha").await?);
    let pages = Pages::over(&daemon.house().app_socket()).await?;
    let page = format!("{:?}", pages.all("", "").await?);
    let status = format!("{:?}", operator.status("alpha").await?);
    let (with, without) = (daemon.house().root().join("b1"), daemon.house().root().join("b2"));
    operator.backup_with(&with, true).await?;
    operator.backup_with(&without, false).await?;
    let kept = std::fs::read(daemon.house().state().join("control.db"))?;
    let kept = String::from_utf8_lossy(&kept).into_owned();
    let record = std::fs::read_to_string(daemon.house().state().join("audit.log"))?;
    let all = [shown, page, status, daemon.house().log(), kept, record];
    assert!(all.iter().all(|text| !text.contains("hush")));
    let rows = |dir: &std::path::Path| std::fs::read(dir.join("control.db"));
    let has = |bytes: Vec<u8>| bytes.windows(7).any(|it| it == b"api_key");
    // The manifest names it once; the row is the second time.
    let count = |bytes: &[u8]| bytes.windows(7).filter(|it| *it == b"api_key").count();
    assert!(has(rows(&without)?) && count(&rows(&with)?) > count(&rows(&without)?));
    Ok(())
}
