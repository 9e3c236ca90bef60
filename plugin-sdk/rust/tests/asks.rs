//! Claims about messages, people and channels, in the harness.

use std::time::Duration;

use outboard_plugin::proto::common::{
    Channel, ChannelInfo, ChannelKind, ModerationAct, Reason, Sender, User,
};
use outboard_plugin::test::{Act, Harness, message};
use outboard_plugin::{Command, HostError, Plugin, Reply, Result};

fn harness<F>(command: F) -> Harness
where
    F: AsyncFn(&Command) -> Result<String> + 'static,
{
    let command = std::rc::Rc::new(command);
    Harness::new(Plugin::new("alpha", "1.0.0").command("do", move |cmd: Command| {
        let command = std::rc::Rc::clone(&command);
        async move {
            let said = command(&cmd).await?;
            Result::<Reply>::Ok(cmd.reply(said))
        }
    }))
}

fn told(daemon: &mut Harness) -> String {
    match daemon.command("do").run() {
        Ok(reply) => reply.text().to_owned(),
        Err(failure) => failure.message,
    }
}

#[test]
fn what_is_edited_reads_as_edited_and_what_is_deleted_is_gone() {
    let mut daemon = harness(async |cmd| {
        let messages = cmd.ctx().messages();
        messages.edit("town-square", "message-1", "better").await?;
        messages.delete("town-square", "message-2", "off topic").await?;
        let page = messages.history("town-square").page().await?;
        let one = messages.get("town-square", "message-1").await?;
        let gone = messages.get("town-square", "message-2").await.unwrap_err();
        assert_eq!(gone.reason(), Some(Reason::NotFound));
        Ok(format!("{} left, {:?}", page.messages.len(), one.body.unwrap().content.unwrap()))
    });
    daemon.has_message("good");
    daemon.has_message("bad");
    assert_eq!(told(&mut daemon), "1 left, Plain(\"better\")");
    assert!(
        matches!(&daemon.acts()[..], [Act::Edit(_), Act::Delete(it)] if it.reason == "off topic")
    );
}

#[test]
fn history_comes_backwards_page_by_page_and_by_thread() {
    let mut daemon = harness(async |cmd| {
        let messages = cmd.ctx().messages();
        let (mut all, mut before) = (Vec::new(), String::new());
        loop {
            let page = messages.history("town-square").before(&before).most(2).page().await?;
            all.extend(page.messages.iter().map(|message| message.id.clone()));
            if !page.more {
                break;
            }
            before = all.last().cloned().unwrap_or_default();
        }
        let thread = messages.history("town-square").thread("message-1").page().await?;
        let found = messages.search("3").channel("town-square").page().await?;
        Ok(format!("{} {} {}", all.join(","), thread.messages.len(), found.messages.len()))
    });
    for n in 1..=5 {
        let mut said = message("ada", "town-square", format!("number {n}"));
        if n == 4 {
            said.thread_root = "message-1".into();
        }
        daemon.has_message(said);
    }
    daemon.has_message(message("ada", "elsewhere", "number 3"));
    let all = "message-5,message-4,message-3,message-2,message-1";
    assert_eq!(told(&mut daemon), format!("{all} 2 1"));
}

#[test]
fn people_are_told_alone_looked_up_and_moderated() {
    let mut daemon = harness(async |cmd| {
        let (messages, users) = (cmd.ctx().messages(), cmd.ctx().users());
        let ada = users.by_name("Ada").await?.sender.unwrap_or_default();
        messages.whisper("town-square", &ada.id, "psst").await?;
        messages.direct(&ada.id, "between us").await?;
        users.warn(&ada.id, "loud").await?;
        users.mute(&ada.id, Duration::from_secs(60), "loud").await?;
        users.in_channel("town-square").kick(&ada.id, "loud").await?;
        Ok(ada.id)
    });
    let sender = Sender { id: "u-ada".into(), name: "Ada".into(), ..Sender::default() };
    daemon.has_user(User { sender: Some(sender), ..User::default() });
    assert_eq!(told(&mut daemon), "u-ada");
    let sent = daemon.sent();
    assert_eq!((sent[0].only_to.as_deref(), sent[0].body.text()), (Some("u-ada"), "psst"));
    assert_eq!((sent[1].to_user.as_deref(), sent[1].channel.as_deref()), (Some("u-ada"), None));
    let acts = daemon.acts();
    let [Act::Moderate(warn), Act::Moderate(mute), Act::Moderate(kick)] = &acts[..] else {
        panic!("{acts:?}")
    };
    assert_eq!((warn.act(), warn.reason.as_str()), (ModerationAct::Warn, "loud"));
    assert_eq!((mute.act(), mute.duration_us), (ModerationAct::Mute, 60_000_000));
    assert_eq!((kick.act(), kick.channel_id.as_str()), (ModerationAct::Kick, "town-square"));
}

#[test]
fn channels_are_made_and_looked_after() {
    let mut daemon = harness(async |cmd| {
        let channels = cmd.ctx().channels();
        let town = channels.by_name("town").await?.channel.unwrap_or_default();
        channels.set_topic(&town.id, "calm").await?;
        channels.pin(&town.id, "message-1").await?;
        let made = channels.create("bay", ChannelKind::Private, "quiet").await?;
        channels.invite(&made.channel.unwrap_or_default().id, "u-ada").await?;
        Ok(channels.list("").await?.channels.len().to_string())
    });
    let channel = Channel { id: "c1".into(), name: "town".into(), ..Channel::default() };
    daemon.has_channel(ChannelInfo { channel: Some(channel), ..ChannelInfo::default() });
    assert_eq!(told(&mut daemon), "2");
    let [Act::SetTopic(_), Act::Pin(_), Act::CreateChannel(_), Act::Invite(invite)] =
        &daemon.acts()[..]
    else {
        panic!("{:?}", daemon.acts())
    };
    assert_eq!(invite.channel_id, "bay");
}

#[test]
fn a_message_that_grows_is_seen_whole() {
    let mut daemon = harness(async |cmd| {
        let messages = cmd.ctx().messages();
        let mut story = messages.stream("town-square");
        for word in ["Once ", "upon"] {
            story.push(word).await?;
        }
        story.finish().await?;
        let mut other = messages.stream("town-square");
        other.push("no").await?;
        other.give_up("bored").await?;
        messages.typing("town-square", Duration::from_secs(3)).await?;
        Ok("told".to_owned())
    });
    assert_eq!(told(&mut daemon), "told");
    let town = || "town-square".to_owned();
    let acts = daemon.acts();
    assert_eq!(acts[0], Act::Grown(town(), "Once upon".into(), None));
    assert_eq!(acts[1], Act::Grown(town(), "no".into(), Some("bored".into())));
    assert!(matches!(&acts[2], Act::Typing(typing) if typing.ttl_us == 3_000_000));
}

#[test]
fn what_is_refused_reaches_the_handler() {
    let mut daemon = harness(async |cmd| {
        let refused = cmd.ctx().users().warn("u-ada", "loud").await.unwrap_err();
        Ok(refused.to_string())
    });
    let message = "no connected app carries this out".to_owned();
    let reason = Reason::AppUnsupported;
    daemon.refuse(HostError::Refused { reason, message, retry_after: None });
    assert_eq!(told(&mut daemon), "APP_UNSUPPORTED: no connected app carries this out");
}
