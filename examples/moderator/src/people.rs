//! What a moderator does about people, not messages: looks at what was said, warns, mutes, sets the
//! topic. It refuses to know who may; where people have roles, the manifest's `allow` says so.

use std::time::Duration;

use outboard_plugin::{Body, Command, Reply, Result, proto};
use proto::common::body::Content;

/// How long a mute lasts.
const MUTE: Duration = Duration::from_secs(600);

/// `/history [count]`
pub async fn history(cmd: Command) -> Result<Reply> {
    let count = cmd.arg::<Option<i64>>("count")?.unwrap_or(5).clamp(1, 20);
    let history = cmd.ctx().messages().history(&cmd.channel().id);
    let page = history.most(u32::try_from(count)?).page().await?;
    let lines: Vec<String> = page.messages.iter().rev().map(line).collect();
    Ok(cmd.whisper(Body::plain(lines.join("\n"))))
}

fn line(message: &proto::common::Message) -> String {
    let name = message.sender.as_ref().map_or("", |sender| &sender.name);
    let text = match message.body.as_ref().and_then(|body| body.content.as_ref()) {
        Some(Content::Plain(text) | Content::Markdown(text) | Content::Html(text)) => text,
        Some(Content::Blocks(blocks)) => &blocks.fallback,
        Some(Content::Opaque(_)) | None => "",
    };
    format!("{name}: {text}")
}

/// `/warn WHO WHY`: marks the last thing they said here, too.
pub async fn warn(cmd: Command) -> Result<Reply> {
    let (who, why) = (cmd.arg::<String>("who")?, cmd.arg::<String>("why")?);
    cmd.ctx().users().in_channel(&cmd.channel().id).warn(&who, why).await?;
    let (messages, channel) = (cmd.ctx().messages(), &cmd.channel().id);
    let page = messages.history(channel).most(50).page().await?;
    let theirs = |it: &&proto::common::Message| it.sender.as_ref().is_some_and(|by| by.id == who);
    if let Some(last) = page.messages.iter().find(theirs) {
        messages.react(channel, &last.id, "⚠️").await?;
    }
    Ok(cmd.whisper(format!("{who} is warned.")))
}

/// `/mute WHO WHY`
pub async fn mute(cmd: Command) -> Result<Reply> {
    let (who, why) = (cmd.arg::<String>("who")?, cmd.arg::<String>("why")?);
    cmd.ctx().users().mute(&who, MUTE, why).await?;
    Ok(cmd.whisper(format!("{who} is muted.")))
}

/// `/unmute WHO`
pub async fn unmute(cmd: Command) -> Result<Reply> {
    let who = cmd.arg::<String>("who")?;
    cmd.ctx().users().unmute(&who, "a moderator says so").await?;
    Ok(cmd.whisper(format!("{who} may speak.")))
}

/// `/topic WORDS`
pub async fn topic(cmd: Command) -> Result<Reply> {
    cmd.ctx().channels().set_topic(&cmd.channel().id, cmd.arg::<String>("topic")?).await?;
    Ok(cmd.whisper("It is the topic now."))
}

#[cfg(test)]
mod tests {
    use outboard_plugin::proto::common::ModerationAct;
    use outboard_plugin::test::{Act, Harness};

    #[test]
    fn history_is_told_the_oldest_first() {
        let mut daemon = Harness::new(crate::plugin());
        daemon.has_message("one");
        daemon.has_message("two");
        let told = daemon.command("history").run().unwrap();
        assert_eq!(told.text(), "ada: one\nada: two");
    }

    #[test]
    fn whoever_is_warned_finds_what_they_said_marked() {
        let mut daemon = Harness::new(crate::plugin());
        let last = daemon.has_message("loud words");
        daemon.command("warn").arg("who", "ada").arg("why", "loud").run().unwrap();
        let acts = daemon.acts();
        let [Act::Moderate(warned), Act::React(react)] = &acts[..] else { panic!("{acts:?}") };
        assert_eq!((warned.act(), warned.reason.as_str()), (ModerationAct::Warn, "loud"));
        assert_eq!(react.message_id, last);
    }
}
