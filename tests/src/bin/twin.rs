//! The Rust twin of examples/python-plain: the same plugin, written with the SDK.
//!
//! One set of tests holds both to the protocol. It refuses to misbehave.

use std::collections::BTreeMap;

use outboard_plugin::{
    Action, BeforePost, Blocks, Command, Exit, MessageEvent, Plugin, Reply, Result, Verdict,
};

const SHRUG: &str = r"¯\_(ツ)_/¯";

fn main() -> Exit {
    Plugin::new("rust-plain", "0.1.0")
        .before_post(async |message| shrug(&message))
        .on_posted(greet)
        .command("reverse", reverse)
        .command("tally", tally)
        .action("presses", press)
        .run()
}

fn shrug(message: &BeforePost) -> Verdict {
    if message.message().mutable && message.text().contains(":shrug:") {
        return message.rewrite(message.text().replace(":shrug:", SHRUG));
    }
    Verdict::pass()
}

async fn greet(posted: MessageEvent) -> Result<()> {
    if posted.text().to_lowercase().starts_with("hello python") {
        posted.ctx().reply(format!("Hello {}", posted.sender().name)).await?;
    }
    Ok(())
}

async fn reverse(command: Command) -> Result<Reply> {
    let text: String = command.arg("text")?;
    let settings: BTreeMap<String, bool> = command.ctx().settings().await?;
    let reversed: String = text.chars().rev().collect();
    Ok(command.reply(if settings["loud"] { reversed.to_uppercase() + "!" } else { reversed }))
}

async fn tally(command: Command) -> Result<Reply> {
    let word: String = command.arg("word")?;
    let count = command.ctx().storage().increment(format!("tally/{word}"), 1).await?;
    Ok(command.reply(format!("{word}: {count}")))
}

async fn press(action: Action) -> Result<Reply> {
    let count = action.ctx().storage().increment("presses", 1).await?;
    let blocks = Blocks::new().text(format!("Pressed {count} times")).button("Press", "press");
    action.ctx().ui().update("presses", blocks).await?;
    Ok(Reply::nothing())
}
