//! Holding and deciding, as a plugin's own unit tests would write it.
//!
//! It refuses to know the daemon: who may decide is tested with the real one.

use std::time::Duration;

use outboard_plugin::proto::common::{Reason, hook_answer::Answer};
use outboard_plugin::test::{Decided, Harness};
use outboard_plugin::{Command, Hold, HostError, Plugin, Reply, Result, Told, Verdict};

const HOUR: Duration = Duration::from_secs(3600);

fn reviewer() -> Plugin {
    Plugin::new("reviewer", "1.0.0")
        .before_post(async |m| match m.text() {
            "hm" => m.hold("review", HOUR),
            "report" => Verdict::hold(Hold::new("reports", HOUR).because("reported").id("case-7")),
            _ => m.pass(),
        })
        .command("release", async |cmd: Command| -> Result<Reply> {
            let host = cmd.ctx().host();
            let oldest = host.held("review").await?.into_iter().next();
            let Some(item) = oldest else { return Ok(cmd.reply("nothing waits")) };
            match host.release_held(item.id).await? {
                Told::Done(_) => Ok(cmd.reply("posted")),
                Told::Later => Ok(cmd.reply("will be posted")),
            }
        })
        .command("refuse", async |cmd: Command| -> Result<Reply> {
            cmd.ctx().host().drop_held(cmd.text(), "not here").await?;
            Ok(cmd.reply("dropped"))
        })
}

#[test]
fn a_hook_can_hold_and_a_command_decide() {
    let mut daemon = Harness::new(reviewer());
    assert_eq!(daemon.before_post("hello").unwrap(), Verdict::pass());
    assert_eq!(daemon.before_post("hm").unwrap().queue(), Some("review"));
    assert_eq!(daemon.command("release").run().unwrap().text(), "posted");
    assert_eq!(daemon.command("release").run().unwrap().text(), "nothing waits");
    daemon.before_post("report").unwrap();
    assert_eq!(daemon.command("refuse").text("case-7").run().unwrap().text(), "dropped");
    let released = Decided::Released("held-1".to_owned());
    let dropped = Decided::Dropped("case-7".to_owned(), "not here".to_owned());
    assert_eq!(daemon.decided(), [released, dropped]);
}

#[test]
fn a_hold_says_until_when_and_why() {
    let verdict = Harness::new(reviewer()).before_post("report").unwrap();
    let Answer::Hold(hold) = verdict.answer() else { panic!("not held") };
    assert_eq!((hold.id.as_str(), hold.queue.as_str()), ("case-7", "reports"));
    assert_eq!(hold.reason.clone().unwrap_or_default().text, "reported");
    assert!(hold.expires_at_us > 1_700_000_000_000_000, "microseconds since the Unix epoch");
}

#[test]
fn whoever_decides_second_hears_so() {
    let mut daemon = Harness::new(reviewer());
    let second = HostError::Refused {
        reason: Reason::HeldDecided,
        message: "the operator dropped case-7".to_owned(),
        retry_after: None,
    };
    daemon.refuse(second);
    let failed = daemon.command("refuse").text("case-7").run().unwrap_err();
    assert!(failed.message.contains("HELD_DECIDED"), "{failed:?}");
}
