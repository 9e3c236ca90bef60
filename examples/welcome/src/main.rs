//! welcome: greets whoever joins a channel. It keeps nothing and refuses to know anyone twice.

use outboard_plugin::{Exit, MemberEvent, Plugin};

fn main() -> Exit {
    plugin().run()
}

fn plugin() -> Plugin {
    Plugin::new("welcome", env!("CARGO_PKG_VERSION"))
        .on_joined(async |event| event.ctx().reply(greeting(&event)).await)
}

fn greeting(event: &MemberEvent) -> String {
    format!("Welcome to {}, {}!", event.channel().name, event.user().name)
}

#[cfg(test)]
mod tests {
    use super::plugin;
    use outboard_plugin::HostError;
    use outboard_plugin::test::Harness;

    #[test]
    fn whoever_joins_is_greeted_in_that_channel() {
        let mut daemon = Harness::new(plugin());
        daemon.joined("ada", "town-square").unwrap();
        assert_eq!(daemon.sent()[0].body.text(), "Welcome to town-square, ada!");
    }

    #[test]
    fn a_greeting_that_cannot_be_sent_fails_the_event() {
        let mut daemon = Harness::new(plugin());
        daemon.refuse(HostError::SessionLost);
        let failure = daemon.joined("ada", "town-square").unwrap_err();
        assert_eq!(failure.message, HostError::SessionLost.to_string());
    }
}
