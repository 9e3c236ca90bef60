//! What plugins ask of the app besides sending: carried out, routed, answered, kept.

use outboard_proto::app::{Request, answer::Result as Answer, request::Of};
use outboard_proto::common::{
    Channel, ChannelInfo, ChannelPage, Done, Message, MessagePage, ModerationAct, Sender, User,
};
use outboard_tests::{App, AppDraft, Daemon, Draft, Outcome, app, values};

/// An obedient plugin that may all of it, as `alfie`.
pub fn asker() -> Draft {
    let bot = "[bot]\nusername = \"alfie\"\ndisplay_name = \"Alfie\"";
    let all = [
        "messages:send",
        "messages:history",
        "users:read",
        "users:moderate",
        "channels:read",
        "channels:manage",
    ];
    all.into_iter().fold(Draft::obedient("alpha").section(bot), Draft::may)
}

/// A daemon with it, and an app that carries out all there is.
pub async fn with_all() -> anyhow::Result<(Daemon, App)> {
    let daemon = Daemon::start().await?;
    daemon.run(&asker()).await?;
    let app = AppDraft::default().able().connect(&daemon.house().app_socket()).await?;
    Ok((daemon, app))
}

/// A message of the channel `c-town`.
pub fn stored(id: &str, text: &str) -> Message {
    Message { id: id.to_owned(), ..values::message("town", text) }
}

/// Has alpha ask, answers, and gives what the app was asked and what alpha says.
pub async fn asked(app: &App, what: &str, answer: Answer) -> anyhow::Result<(Request, String)> {
    let told = app.order("alpha", &format!("ask {what}")).await?;
    let request = app.request().await?;
    app.answer(request.id, answer).await?;
    let said = app::reply_text(&told.answer().await?).unwrap_or_default();
    Ok((request, said))
}

#[tokio::test]
async fn messages_are_edited_deleted_and_reacted_to() -> Outcome {
    let (_daemon, app) = with_all().await?;
    let done = || Answer::Done(Done {});
    let (request, said) = asked(&app, "edit c-town m-1 better words", done()).await?;
    assert_eq!(said, "done");
    assert!(!request.idempotency_key.is_empty());
    assert_eq!(request.asker.clone().unwrap_or_default().bot_username, "alfie");
    assert_eq!(request.on_behalf_of.clone().unwrap_or_default().id, values::person("ann").id);
    let Some(Of::Edit(edit)) = request.of else { panic!("{:?}", request.of) };
    assert_eq!((edit.channel_id.as_str(), edit.message_id.as_str()), ("c-town", "m-1"));
    assert_eq!(values::text_of(edit.body.as_ref()), "better words");
    let (request, said) = asked(&app, "delete c-town m-1 off topic", done()).await?;
    let Some(Of::Delete(delete)) = request.of else { panic!("{:?}", request.of) };
    assert_eq!((delete.reason.as_str(), said.as_str()), ("off topic", "done"));
    let (request, _) = asked(&app, "react c-town m-1 👍", done()).await?;
    let Some(Of::React(react)) = request.of else { panic!("{:?}", request.of) };
    assert_eq!(react.reaction, "👍");
    let (request, said) = asked(&app, "unreact c-town m-1 👍", done()).await?;
    assert!(matches!(request.of, Some(Of::Unreact(_))) && said == "done", "{said}");
    Ok(())
}

#[tokio::test]
async fn history_is_read_one_by_one_and_backwards() -> Outcome {
    let (_daemon, app) = with_all().await?;
    let one = Answer::Message(Box::new(stored("m-1", "hello")));
    assert_eq!(asked(&app, "get c-town m-1", one).await?.1, "m-1=hello");
    let messages = vec![stored("m-2", "two"), stored("m-1", "one")];
    let page = || Answer::Messages(MessagePage { messages: messages.clone(), more: true });
    let (request, said) = asked(&app, "list c-town 2 m-3", page()).await?;
    assert_eq!(said, "[m-2=two, m-1=one] and more");
    let Some(Of::ListMessages(list)) = request.of else { panic!("{:?}", request.of) };
    assert_eq!((list.most, list.before.as_str()), (2, "m-3"));
    let (request, said) = asked(&app, "search c-town wind and tide", page()).await?;
    let Some(Of::SearchMessages(search)) = request.of else { panic!("{:?}", request.of) };
    assert_eq!((search.most, search.text.as_str()), (50, "wind and tide"));
    assert!(said.starts_with("[m-2=two"), "{said}");
    Ok(())
}

#[tokio::test]
async fn one_person_is_told_and_nobody_else() -> Outcome {
    let (_daemon, app) = with_all().await?;
    let sent = |id: &str| Answer::Sent(outboard_proto::app::Sent { message_id: id.to_owned() });
    let (request, said) = asked(&app, "whisper c-town u-ann psst", sent("")).await?;
    let Some(Of::Ephemeral(whisper)) = request.of else { panic!("{:?}", request.of) };
    assert_eq!((whisper.only_to.as_str(), said.as_str()), ("u-ann", "sent "));
    let message = whisper.message.unwrap_or_default();
    assert_eq!(message.origin.unwrap_or_default().plugin, "alpha");
    let (request, said) = asked(&app, "direct - u-ann between us", sent("m-9")).await?;
    let Some(Of::Direct(direct)) = request.of else { panic!("{:?}", request.of) };
    assert_eq!((direct.to_user.as_str(), said.as_str()), ("u-ann", "sent m-9"));
    assert_eq!(direct.message.unwrap_or_default().channel, None);
    let (request, _) = asked(&app, "reply-only u-ann just you", sent("")).await?;
    assert!(matches!(request.of, Some(Of::Ephemeral(_))), "{:?}", request.of);
    Ok(())
}

#[tokio::test]
async fn typing_and_status_have_a_time_to_live() -> Outcome {
    let (_daemon, app) = with_all().await?;
    let (request, said) = asked(&app, "typing c-town - 4000000", Answer::Done(Done {})).await?;
    let Some(Of::Typing(typing)) = request.of else { panic!("{:?}", request.of) };
    assert_eq!((typing.ttl_us, said.as_str()), (4_000_000, "done"));
    let (request, _) = asked(&app, "status counting", Answer::Done(Done {})).await?;
    let Some(Of::Status(status)) = request.of else { panic!("{:?}", request.of) };
    assert_eq!((status.text.as_str(), status.ttl_us), ("counting", 24 * 3_600_000_000));
    Ok(())
}

#[tokio::test]
async fn people_are_looked_up() -> Outcome {
    let (_daemon, app) = with_all().await?;
    let ann = || {
        let sender = Some(Sender { name: "Ann".into(), ..values::person("ann") });
        Answer::User(Box::new(User { sender, banned: true, ..User::default() }))
    };
    let id = values::person("ann").id;
    let (_, said) = asked(&app, &format!("user {id}"), ann()).await?;
    assert_eq!(said, format!("{id} Ann banned=true"));
    let (request, _) = asked(&app, "named Ann", ann()).await?;
    assert!(matches!(request.of, Some(Of::FindUser(_))), "{:?}", request.of);
    Ok(())
}

// I83
#[tokio::test]
async fn people_are_moderated_with_a_reason_a_record_and_whoever_is_behind_it() -> Outcome {
    let (daemon, app) = with_all().await?;
    let acts = [
        ("warn u-bob 0 /too loud", ModerationAct::Warn, 0, ""),
        ("mute u-bob 60000 c-town/too loud", ModerationAct::Mute, 60_000_000, "c-town"),
        ("unmute u-bob 0 /too loud", ModerationAct::Unmute, 0, ""),
        ("kick u-bob 0 c-town/too loud", ModerationAct::Kick, 0, "c-town"),
        ("ban u-bob 0 /too loud", ModerationAct::Ban, 0, ""),
        ("unban u-bob 0 /too loud", ModerationAct::Unban, 0, ""),
    ];
    for (what, act, duration, channel) in acts {
        let (request, said) = asked(&app, what, Answer::Done(Done {})).await?;
        assert_eq!(said, "done", "{what}");
        assert_eq!(request.on_behalf_of.clone().unwrap_or_default().name, "ann");
        let Some(Of::Moderate(it)) = request.of else { panic!("{:?}", request.of) };
        assert_eq!((it.act(), it.duration_us, it.channel_id.as_str()), (act, duration, channel));
        assert_eq!((it.user_id.as_str(), it.reason.as_str()), ("u-bob", "too loud"));
    }
    let house = daemon.stop().await?.1;
    let log = std::fs::read_to_string(house.state().join("audit.log"))?;
    let records: Vec<&str> = log.lines().filter(|line| line.contains("too loud")).collect();
    assert_eq!(records.len(), 6, "each is on record: {log}");
    for part in ["\"plugin alpha\"", "users.warn", "u-bob", "for u-ann", "done"] {
        assert!(records[0].contains(part), "{part} in {}", records[0]);
    }
    Ok(())
}

#[tokio::test]
async fn channels_are_looked_up_made_and_looked_after() -> Outcome {
    let (_daemon, app) = with_all().await?;
    let town = || ChannelInfo {
        channel: Some(values::channel("town")),
        topic: "wind".into(),
        ..ChannelInfo::default()
    };
    let (_, said) = asked(&app, "channel c-town", Answer::Channel(Box::new(town()))).await?;
    assert_eq!(said, "c-town town \"wind\"");
    let bay = Channel { id: "c-bay".into(), name: "bay".into(), ..Channel::default() };
    let bay = ChannelInfo { channel: Some(bay), ..ChannelInfo::default() };
    let page = ChannelPage { channels: vec![town(), bay], more: false };
    let (_, said) = asked(&app, "channels", Answer::Channels(page)).await?;
    assert_eq!(said, "c-town town \"wind\", c-bay bay \"\"");
    let (request, said) = asked(&app, "create town", Answer::Channel(Box::new(town()))).await?;
    assert!(matches!(request.of, Some(Of::CreateChannel(_))), "{:?}", request.of);
    assert_eq!(said, "c-town town \"wind\"");
    let done = || Answer::Done(Done {});
    let (request, _) = asked(&app, "invite c-town u-bob", done()).await?;
    assert!(matches!(request.of, Some(Of::Invite(_))), "{:?}", request.of);
    let (request, _) = asked(&app, "topic c-town calm sea", done()).await?;
    let Some(Of::SetTopic(topic)) = request.of else { panic!("{:?}", request.of) };
    assert_eq!(topic.topic, "calm sea");
    let (request, _) = asked(&app, "pin c-town m-1", done()).await?;
    assert!(matches!(request.of, Some(Of::Pin(_))), "{:?}", request.of);
    let (request, said) = asked(&app, "unpin c-town m-1", done()).await?;
    assert!(matches!(request.of, Some(Of::Unpin(_))) && said == "done", "{said}");
    Ok(())
}

// I82
#[tokio::test]
async fn whose_messages_it_may_change_is_the_operators_word() -> Outcome {
    let daemon = Daemon::start().await?;
    let draft = Draft::obedient("alpha").may("messages:send").may_optionally("messages:manage");
    daemon.run(&draft).await?;
    let app = AppDraft::default().able().connect(&daemon.house().app_socket()).await?;
    let all = "messages:send,commands:own";
    for (grants, manages) in [(all.to_owned(), false), (format!("{all},messages:manage"), true)] {
        daemon.operator().set("alpha", "grants", &grants).await?;
        let (request, _) = asked(&app, "edit c-town m-1 x", Answer::Done(Done {})).await?;
        assert_eq!(request.asker.unwrap_or_default().manages_messages, manages, "{grants}");
    }
    Ok(())
}

// I81
#[tokio::test]
async fn of_two_nodes_the_one_where_a_person_was_last_seen_shows_what_is_for_them() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&asker()).await?;
    let socket = daemon.house().app_socket();
    let one = AppDraft::default().able().node("n1", 1).connect(&socket).await?;
    let two = AppDraft::default().able().node("n2", 1).connect(&socket).await?;
    let ann = values::person("ann").id;
    for (at, other) in [(&one, &two), (&two, &one)] {
        // Ann speaks here; bob's command, at the other node, makes alpha whisper to her.
        at.publish_post("town", "here I am").await?;
        let mut order = app::command("alpha", &format!("ask whisper c-town {ann} psst"));
        order.sender = Some(values::person("bob"));
        let told = other.start_command(order).await?;
        let request = at.request().await?;
        assert!(matches!(request.of, Some(Of::Ephemeral(_))), "{:?}", request.of);
        let sent = outboard_proto::app::Sent::default();
        at.answer(request.id, Answer::Sent(sent)).await?;
        assert!(app::reply_text(&told.answer().await?).unwrap_or_default().starts_with("sent"));
        let mut order = app::command("alpha", &format!("ask typing c-town {ann} 1000"));
        order.sender = Some(values::person("bob"));
        let told = other.start_command(order).await?;
        let request = at.request().await?;
        assert!(matches!(request.of, Some(Of::Typing(_))), "{:?}", request.of);
        at.answer(request.id, Answer::Done(Done {})).await?;
        told.answer().await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_edit_waits_for_an_app_and_is_carried_out_once() -> Outcome {
    let (daemon, app) = with_all().await?;
    app.tell("alpha", "ask-when-alone edit-as k-1 c-town/m-1 later").await?;
    drop(app);
    let done = |line: &outboard_proto::admin::LogLine| line.line.contains("alone: done");
    daemon.operator().wait_for_line("alpha", done).await?;
    let daemon = Daemon::in_house(daemon.kill().await?).await?;
    let draft = || AppDraft::default().able();
    let app = draft().connect(&daemon.house().app_socket()).await?;
    let request = app.request().await?;
    assert_eq!(request.idempotency_key, "k-1");
    let Some(Of::Edit(edit)) = request.of else { panic!("{:?}", request.of) };
    assert_eq!(values::text_of(edit.body.as_ref()), "later");
    app.answer(request.id, Answer::Done(Done {})).await?;
    daemon.operator().wait_running("alpha").await?;
    // The key counts once, whoever connects anew.
    drop(app);
    let app = draft().node("n1", 2).connect(&daemon.house().app_socket()).await?;
    let said = app.tell("alpha", "ask edit-as k-1 c-town/m-1 later").await?;
    assert_eq!(said, "done", "without another request");
    let (request, _) = asked(&app, "edit c-town m-2 next", Answer::Done(Done {})).await?;
    let Some(Of::Edit(edit)) = request.of else { panic!("{:?}", request.of) };
    assert_eq!(edit.message_id, "m-2", "nothing came between");
    Ok(())
}
