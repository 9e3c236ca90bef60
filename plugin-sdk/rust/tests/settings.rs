//! Settings as handlers see them, in the harness.
#![allow(clippy::unwrap_used)]

use outboard_plugin::proto::common::Reason;
use outboard_plugin::test::Harness;
use outboard_plugin::{Plugin, Reply, Result, SettingsChange};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Settings {
    greeting: String,
}

fn plugin() -> Plugin {
    Plugin::new("greeter", "1.0.0")
        .command("greet", async |cmd| -> Result<Reply> {
            Ok(cmd.reply(cmd.ctx().settings::<Settings>().await?.greeting))
        })
        .command("more", async |cmd| -> Result<Reply> {
            let room = serde_json::json!({ "type": "string", "default": "red" });
            let schema = serde_json::json!({ "type": "object", "properties": { "room": room } });
            cmd.ctx().host().register_settings(&schema).await?;
            let now: serde_json::Value = cmd.ctx().settings().await?;
            Ok(cmd.reply(now.to_string()))
        })
        .command("key", async |cmd| -> Result<Reply> {
            Ok(cmd.reply(cmd.ctx().secret("key").await?))
        })
        .on_settings_changed(async |change: SettingsChange| -> Result {
            let after: Settings = change.after()?;
            match after.greeting.as_str() {
                "" => Err("nothing to say".into()),
                "panic" => panic!("at the greeting"),
                "hang" => std::future::pending().await,
                _ => Ok(()),
            }
        })
}

fn greeted(daemon: &mut Harness) -> String {
    daemon.command("greet").run().unwrap().text().to_owned()
}

#[test]
fn a_handler_sees_what_counts_and_changes_count_once_it_agrees() {
    let mut daemon = Harness::new(plugin());
    daemon.settings(r#"{"greeting":"Hello"}"#);
    assert_eq!(greeted(&mut daemon), "Hello");
    daemon.change_settings(r#"{"greeting":"Ahoy"}"#).unwrap();
    assert_eq!(greeted(&mut daemon), "Ahoy");
    for (after, said) in [("", "nothing to say"), ("panic", "panicked"), ("hang", "out of time")] {
        let refused = daemon.change_settings(&format!("{{\"greeting\":\"{after}\"}}"));
        assert!(refused.unwrap_err().message().contains(said));
        assert_eq!(greeted(&mut daemon), "Ahoy", "{after}");
    }
    let misfit = daemon.change_settings("{}").unwrap_err();
    assert!(misfit.message().contains("missing field `greeting`"), "{misfit:?}");
}

#[test]
fn a_place_has_its_own_until_something_changes() {
    let mut daemon = Harness::new(plugin());
    daemon.settings(r#"{"greeting":"Hello"}"#);
    daemon.settings_at("", "ada", r#"{"greeting":"Lovely day"}"#);
    assert_eq!(greeted(&mut daemon), "Lovely day");
    daemon.settings_at("", "ada", r#"{"greeting":"Still here"}"#);
    assert_eq!(greeted(&mut daemon), "Still here");
}

#[test]
fn a_secret_is_asked_for_and_may_not_be_set() {
    let mut daemon = Harness::new(plugin());
    let failure = daemon.command("key").run().unwrap_err();
    assert!(failure.message.contains(Reason::SettingNotSet.code()), "{failure:?}");
    daemon.secret("key", "hush");
    assert_eq!(daemon.command("key").run().unwrap().text(), "hush");
}

#[test]
fn what_is_registered_counts_with_its_defaults_at_once() {
    let mut daemon = Harness::new(plugin());
    daemon.settings(r#"{"greeting":"Hello"}"#);
    let now = daemon.command("more").run().unwrap().text().to_owned();
    assert_eq!(now, r#"{"greeting":"Hello","room":"red"}"#);
    assert!(daemon.registered_settings().unwrap().contains("\"room\""));
}
