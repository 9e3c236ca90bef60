//! moderator: softens words, refuses what is forbidden, and has people look at what is suspicious.
//! It refuses to know who wrote it.

use std::time::Duration;

use outboard_plugin::{
    BeforePost, Command, Exit, Hold, Plugin, Rejection, Reply, Result, Verdict, proto,
};

/// Where suspicious messages wait.
const QUEUE: &str = "review";
/// For how long.
const WAIT: Duration = Duration::from_secs(3600);

mod people;

fn main() -> Exit {
    plugin().run()
}

fn plugin() -> Plugin {
    Plugin::new("moderator", env!("CARGO_PKG_VERSION"))
        .before_post(async |message| judge(&message))
        .command("approve", async |cmd: Command| -> Result<Reply> {
            let Some(item) = oldest(&cmd).await? else { return Ok(cmd.whisper("Nothing waits.")) };
            cmd.ctx().host().release_held(item.id).await?;
            Ok(cmd.whisper("It is posted."))
        })
        .command("dismiss", async |cmd: Command| -> Result<Reply> {
            let Some(item) = oldest(&cmd).await? else { return Ok(cmd.whisper("Nothing waits.")) };
            cmd.ctx().host().drop_held(item.id, cmd.text()).await?;
            Ok(cmd.whisper("It is dropped."))
        })
        .command("history", people::history)
        .command("warn", people::warn)
        .command("mute", people::mute)
        .command("unmute", people::unmute)
        .command("topic", people::topic)
}

fn judge(message: &BeforePost) -> Verdict {
    if message.text().contains("forbidden") {
        return message.reject(Rejection::new("that is forbidden here").code("forbidden"));
    }
    if message.text().contains("suspicious") {
        return Verdict::hold(Hold::new(QUEUE, WAIT).because("a moderator will look at it"));
    }
    message.rewrite(message.text().replace("darn", "d*rn"))
}

/// What has waited longest.
async fn oldest(cmd: &Command) -> Result<Option<proto::common::HeldItem>> {
    Ok(cmd.ctx().host().held(QUEUE).await?.into_iter().next())
}

#[cfg(test)]
mod tests {
    use super::plugin;
    use outboard_plugin::Verdict;
    use outboard_plugin::test::{Decided, Harness};

    fn verdict(text: &str) -> Verdict {
        Harness::new(plugin()).before_post(text).unwrap()
    }

    #[test]
    fn an_insult_is_softened() {
        assert_eq!(verdict("oh darn it, darn").text(), Some("oh d*rn it, d*rn"));
    }

    #[test]
    fn what_is_forbidden_is_rejected_with_a_reason() {
        assert_eq!(verdict("a forbidden word").rejection(), Some("that is forbidden here"));
    }

    #[test]
    fn what_is_suspicious_waits_until_somebody_has_looked() {
        let mut daemon = Harness::new(plugin());
        for text in ["a suspicious link", "another suspicious link"] {
            assert_eq!(daemon.before_post(text).unwrap().queue(), Some("review"));
        }
        assert_eq!(daemon.command("approve").run().unwrap().text(), "It is posted.");
        assert_eq!(daemon.command("dismiss").text("spam").run().unwrap().text(), "It is dropped.");
        assert_eq!(daemon.command("approve").run().unwrap().text(), "Nothing waits.");
        let dropped = Decided::Dropped("held-2".to_owned(), "spam".to_owned());
        assert_eq!(daemon.decided(), [Decided::Released("held-1".to_owned()), dropped]);
    }

    #[test]
    fn anything_else_passes_unchanged() {
        assert_eq!(verdict("hello"), Verdict::pass());
    }
}
