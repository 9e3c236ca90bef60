//! The Rust twin of examples/python-plain: the same plugin, written with the SDK.
//!
//! One set of tests holds both to the protocol. It refuses to misbehave.

use std::collections::BTreeMap;

use outboard_plugin::{
    Action, BeforePost, Blocks, Command, Exit, MessageEvent, Plugin, Reply, Result, Verdict, proto,
};

const SHRUG: &str = r"¯\_(ツ)_/¯";

fn main() -> Exit {
    Plugin::new("rust-plain", "0.1.0")
        .before_post(async |message| shrug(&message))
        .on_posted(greet)
        .command("reverse", reverse)
        .command("tally", tally)
        .command("last", last)
        .command("about", about)
        .action("presses", press)
        .on_installed(async |it| println!("milestone: installed {}", it.to()))
        .on_grants_changed(async |change| println!("grants: {}", change.after().join(" ")))
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

async fn last(command: Command) -> Result<Reply> {
    let (messages, channel) = (command.ctx().messages(), &command.channel().id);
    let count = u32::try_from(command.arg::<i64>("count")?)?;
    let page = messages.history(channel).most(count).page().await?;
    if let Some(newest) = page.messages.first() {
        messages.react(channel, &newest.id, "👀").await?;
    }
    let line = |it: &proto::common::Message| {
        let name = it.sender.as_ref().map_or("", |sender| &sender.name);
        format!("{name}: {}", outboard_tests::values::text_of(it.body.as_ref()))
    };
    let lines: Vec<String> = page.messages.iter().rev().map(line).collect();
    Ok(command.whisper(lines.join("\n")))
}

async fn about(command: Command) -> Result<Reply> {
    let words: String = command.arg("words")?;
    command.ctx().channels().set_topic(&command.channel().id, words).await?;
    Ok(command.whisper("It is the topic now."))
}

async fn press(action: Action) -> Result<Reply> {
    let count = action.ctx().storage().increment("presses", 1).await?;
    let blocks = Blocks::new().text(format!("Pressed {count} times")).button("Press", "press");
    action.ctx().ui().update("presses", blocks).await?;
    Ok(Reply::nothing())
}
