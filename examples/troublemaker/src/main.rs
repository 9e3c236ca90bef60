//! A plugin that breaks on request: it crashes, hangs, or eats memory without end.
//!
//! It does nothing to come back: that is the daemon's part, and what the demo shows.

use std::time::Duration;

use outboard_plugin::{BeforePost, Command, Exit, MessageEvent, Plugin, Reply};

/// Memory is eaten in bites, slowly enough to be watched.
const BITE: usize = 1024 * 1024;
const CHEW: Duration = Duration::from_millis(30);

fn main() -> Exit {
    plugin().run()
}

fn plugin() -> Plugin {
    Plugin::new("troublemaker", env!("CARGO_PKG_VERSION"))
        .before_post(async |message: BeforePost| message.pass())
        .on_posted(pong)
        .command("crash", crash)
        .command("hang", hang)
        .command("eat", eat)
}

async fn pong(event: MessageEvent) -> outboard_plugin::Result<()> {
    if event.text().trim() == "!ping" {
        event.ctx().reply("pong").await?;
    }
    Ok(())
}

async fn crash(_: Command) -> Reply {
    eprintln!("troublemaker: I was told to crash, so I do");
    std::process::exit(42)
}

/// Blocks the plugin's only thread: from here on not even pings are answered.
async fn hang(_: Command) -> Reply {
    eprintln!("troublemaker: I was told to hang, so I do");
    loop {
        std::thread::park();
    }
}

async fn eat(_: Command) -> Reply {
    eprintln!("troublemaker: I was told to eat memory, so I do");
    let mut eaten = Vec::new();
    loop {
        eaten.push(vec![1_u8; BITE]);
        std::hint::black_box(&eaten);
        tokio::time::sleep(CHEW).await;
    }
}

#[cfg(test)]
mod tests {
    use super::plugin;
    use outboard_plugin::Verdict;
    use outboard_plugin::test::Harness;

    #[test]
    fn it_never_minds_a_message() {
        assert_eq!(Harness::new(plugin()).before_post("hello").unwrap(), Verdict::pass());
    }

    #[test]
    fn a_ping_is_answered_and_other_messages_are_not() {
        let mut daemon = Harness::new(plugin());
        daemon.posted("hello").unwrap();
        daemon.posted("!ping").unwrap();
        assert_eq!(daemon.sent().len(), 1);
        assert_eq!(daemon.sent()[0].body.text(), "pong");
    }
}
