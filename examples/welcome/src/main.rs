//! welcome: greets whoever joins a channel, in the words that its settings say. It keeps nothing
//! and refuses to know anyone twice.

use outboard_plugin::{Exit, MemberEvent, Plugin, Result, SettingsChange};
use serde::Deserialize;

/// What `[settings]` of the manifest declares.
#[derive(Debug, Deserialize)]
struct Settings {
    greet: bool,
    greeting: String,
}

fn main() -> Exit {
    plugin().run()
}

fn plugin() -> Plugin {
    Plugin::new("welcome", env!("CARGO_PKG_VERSION"))
        .on_joined(async |event| greet(&event).await)
        .on_settings_changed(async |change: SettingsChange| check(&change.after()?))
}

async fn greet(event: &MemberEvent) -> Result {
    let settings: Settings = event.ctx().settings().await?;
    if settings.greet {
        event.ctx().reply(greeting(&settings, event)).await?;
    }
    Ok(())
}

fn greeting(settings: &Settings, event: &MemberEvent) -> String {
    let words = settings.greeting.replace("{channel}", &event.channel().name);
    words.replace("{name}", &event.user().name)
}

/// What the schema cannot say.
fn check(settings: &Settings) -> Result {
    match settings.greeting.contains("{name}") {
        true => Ok(()),
        false => Err("a greeting without {name} greets nobody".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::plugin;
    use outboard_plugin::HostError;
    use outboard_plugin::test::Harness;

    fn greeter() -> Harness {
        let mut daemon = Harness::new(plugin());
        daemon.settings(r#"{"greet": true, "greeting": "Welcome to {channel}, {name}!"}"#);
        daemon
    }

    #[test]
    fn whoever_joins_is_greeted_in_that_channel() {
        let mut daemon = greeter();
        daemon.joined("ada", "town-square").unwrap();
        assert_eq!(daemon.sent()[0].body.text(), "Welcome to town-square, ada!");
    }

    #[test]
    fn a_channel_may_have_words_of_its_own_or_none() {
        let mut daemon = greeter();
        daemon.settings_at("port", "", r#"{"greet": true, "greeting": "Ahoy {name}"}"#);
        daemon.settings_at("library", "", r#"{"greet": false, "greeting": "{name}"}"#);
        for channel in ["port", "library", "town-square"] {
            daemon.joined("ada", channel).unwrap();
        }
        let said: Vec<String> = daemon.sent().iter().map(|it| it.body.text().to_owned()).collect();
        assert_eq!(said, ["Ahoy ada", "Welcome to town-square, ada!"]);
    }

    #[test]
    fn a_greeting_that_greets_nobody_is_refused() {
        let mut daemon = greeter();
        let refused = daemon.change_settings(r#"{"greet": true, "greeting": "Hi"}"#).unwrap_err();
        assert!(refused.message().contains("greets nobody"));
        daemon.joined("ada", "town-square").unwrap();
        assert_eq!(daemon.sent()[0].body.text(), "Welcome to town-square, ada!");
        daemon.change_settings(r#"{"greet": true, "greeting": "Hi {name}"}"#).unwrap();
        daemon.joined("ada", "town-square").unwrap();
        assert_eq!(daemon.sent()[1].body.text(), "Hi ada");
    }

    #[test]
    fn a_greeting_that_cannot_be_sent_fails_the_event() {
        let mut daemon = greeter();
        daemon.refuse(HostError::SessionLost);
        let failure = daemon.joined("ada", "town-square").unwrap_err();
        assert_eq!(failure.message, HostError::SessionLost.to_string());
    }
}
