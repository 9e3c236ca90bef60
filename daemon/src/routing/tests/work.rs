//! Claims about events, commands and what plugins send.

use outboard_proto::app::{Answer, RunCommand, Sent, answer, command_result};
use outboard_proto::common::{Event, InteractionReply, Reason, event};
use outboard_proto::plugin::{Ack, SendRequest};

use super::*;
use crate::config::manifest::event::{Guarantee, Order};

pub fn subscriber(name: &str) -> Registration {
    let types = BTreeSet::from(["message.posted".parse().unwrap()]);
    let timeout = Duration::from_secs(5);
    Registration {
        subscriptions: vec![Subscription {
            types,
            filter: Filter::default(),
            own: false,
            timeout,
            delivery: Guarantee::BestEffort,
            order: Order::Channel,
        }],
        ..registration(name, Vec::new())
    }
}

pub fn posted(id: &str) -> Event {
    Event {
        id: id.into(),
        r#type: "message.posted".into(),
        of: Some(event::Of::Message(Box::new(message("hi")))),
        ..Event::default()
    }
}

async fn delivery(plugin: &mut FakePlugin) -> outboard_proto::plugin::Delivery {
    loop {
        if let daemon_frame::Kind::Event(delivery) = plugin.frame().await {
            return delivery;
        }
    }
}

fn id(delivery: &outboard_proto::plugin::Delivery) -> &str {
    &delivery.event.as_ref().unwrap().id
}

#[tokio::test(start_paused = true)]
async fn events_of_a_channel_come_one_after_the_other() {
    let board = board();
    let mut one = FakePlugin::ready(&board, subscriber("one"));
    board.publish_now(posted("a"));
    board.publish_now(posted("b"));
    let first = delivery(&mut one).await;
    assert_eq!((id(&first), board.in_hand(one.member)), ("a", 1));
    board.acknowledge(one.member, &Ack { delivery: first.delivery, failure: None });
    assert_eq!(id(&delivery(&mut one).await), "b");
}

#[tokio::test(start_paused = true)]
async fn an_event_published_twice_counts_once() {
    let board = board();
    let _one = FakePlugin::ready(&board, subscriber("one"));
    assert_eq!(board.publish_now(posted("a")).subscriptions, 1);
    assert!(board.publish_now(posted("a")).duplicate);
}

#[tokio::test(start_paused = true)]
async fn an_event_in_hand_when_the_session_is_lost_comes_again_with_attempt_two() {
    let board = board();
    let mut one = FakePlugin::ready(&board, subscriber("one"));
    board.publish_now(posted("a"));
    assert_eq!(delivery(&mut one).await.attempt, 1);
    one.lost();
    one.back();
    let again = delivery(&mut one).await;
    assert_eq!((id(&again), again.attempt), ("a", 2));
}

#[tokio::test(start_paused = true)]
async fn a_plugin_is_not_told_of_its_own_messages() {
    let board = board();
    let _one = FakePlugin::ready(&board, subscriber("one"));
    let origin = outboard_proto::common::Origin { plugin: "one".into(), ..Default::default() };
    let own = Message { origin: Some(origin), ..message("mine") };
    let event = Event { of: Some(event::Of::Message(Box::new(own))), ..posted("a") };
    assert_eq!(board.publish_now(event).subscriptions, 0);
}

#[tokio::test(start_paused = true)]
async fn without_a_grant_no_message_is_shown() {
    let board = board();
    let grants = Granted::default();
    let one = FakePlugin::ready(&board, Registration { grants, ..subscriber("one") });
    assert_eq!(board.publish_now(posted("a")).subscriptions, 0);
    assert_eq!(board.view(one.member).traffic.denied, 1);
}

#[tokio::test(start_paused = true)]
async fn events_stop_at_the_credit_and_go_on_when_it_is_returned() {
    let board = board();
    let mut one = FakePlugin::ready(&board, Registration { in_flight: 64, ..subscriber("one") });
    let large = "x".repeat(60_000);
    for n in 0..6 {
        let channel = Channel { id: format!("c{n}"), ..Channel::default() };
        let message = Message { channel: Some(channel), ..message(&large) };
        board.publish_now(Event {
            of: Some(event::Of::Message(Box::new(message))),
            ..posted(&n.to_string())
        });
    }
    assert_eq!(board.in_hand(one.member), 4, "256 KiB hold four of them");
    for _ in 0..4 {
        delivery(&mut one).await;
    }
    assert!(board.credit(one.member, one.serial, 130_000));
    assert_eq!(board.in_hand(one.member), 6);
}

pub fn dice() -> Registration {
    use crate::config::manifest::{Audience, CommandDecl, Form, Venue};
    let command = CommandDecl {
        name: "roll".parse().unwrap(),
        aliases: BTreeSet::from(["r".parse().unwrap()]),
        description: String::new(),
        allow: Audience::Roles(BTreeSet::from(["member".to_owned()])),
        venues: BTreeSet::from([Venue::Channel]),
        form: Form::Plain(Vec::new()),
    };
    Registration { commands: vec![command], ..registration("dice", Vec::new()) }
}

pub fn roll(roles: &[&str]) -> RunCommand {
    RunCommand {
        interaction_id: "i1".into(),
        name: "roll".into(),
        sender: Some(outboard_proto::common::Sender {
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            ..Default::default()
        }),
        ..RunCommand::default()
    }
}

async fn run(
    board: &Switchboard,
    request: RunCommand,
) -> tokio::sync::oneshot::Receiver<outboard_proto::app::CommandResult> {
    let (sender, result) = tokio::sync::oneshot::channel();
    board.run_command(CommandRun::Unary(sender, None), request);
    result
}

fn reason(result: outboard_proto::app::CommandResult) -> Reason {
    match result.result {
        Some(command_result::Result::Failure(failure)) => failure.reason(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_command_goes_to_its_owner_and_the_answer_back() {
    let board = board();
    let mut plugin = FakePlugin::ready(&board, dice());
    let result = run(&board, roll(&["member"])).await;
    let call = plugin.call().await;
    let answer = Some(reply::Result::Interaction(InteractionReply::default()));
    assert!(board.reply(plugin.member, 1, call.id, Said::Result(answer)));
    let result = result.await.unwrap();
    assert_eq!((result.plugin.as_str(), result.interaction_id.as_str()), ("dice", "i1"));
}

#[tokio::test(start_paused = true)]
async fn commands_are_kept_from_those_who_may_not_run_them() {
    let board = board();
    let plugin = FakePlugin::ready(&board, dice());
    let denied = run(&board, roll(&["guest"])).await.await.unwrap();
    assert_eq!(reason(denied), Reason::CommandNotAllowed);
    plugin.lost();
    let down = run(&board, roll(&["member"])).await.await.unwrap();
    assert_eq!(reason(down), Reason::PluginUnavailable);
    let unknown = RunCommand { name: "rol".into(), ..roll(&["member"]) };
    let unknown = run(&board, unknown).await.await.unwrap();
    assert_eq!(reason(unknown), Reason::UnknownCommand);
}

#[tokio::test(start_paused = true)]
async fn progress_keeps_a_command_alive_beyond_its_timeout() {
    let board = board();
    let mut plugin = FakePlugin::ready(&board, dice());
    let mut result = run(&board, roll(&["member"])).await;
    let call = plugin.call().await;
    tokio::time::advance(Duration::from_secs(4)).await;
    let progress = outboard_proto::plugin::Progress { call: call.id, ..Default::default() };
    assert!(board.progress(plugin.member, progress));
    tokio::time::advance(Duration::from_secs(20)).await;
    tokio::task::yield_now().await;
    assert!(result.try_recv().is_err(), "still under way");
    assert_eq!(reason(result.await.unwrap()), Reason::Deadline);
}

pub fn send(text: &str) -> SendRequest {
    let body = Some(Body { content: Some(body::Content::Plain(text.into())) });
    SendRequest { channel_id: "c1".into(), body, ..SendRequest::default() }
}

#[tokio::test(start_paused = true)]
async fn a_plugins_message_is_attributed_by_the_daemon() {
    let board = board();
    let mut app = FakeApp::connected(&board);
    let one = FakePlugin::ready(&board, registration("one", Vec::new()));
    let outgoing = board.compose(one.member, send("hi"), None).unwrap();
    let Handing::Handed(_, outcome) = board.hand_request(&outgoing) else { panic!() };
    let request = loop {
        if let to_app::Kind::Request(request) = app.frame().await {
            break request;
        }
    };
    let Some(outboard_proto::app::request::Of::Send(sent)) = request.of else { panic!() };
    let origin = sent.message.unwrap().origin.unwrap();
    assert_eq!((origin.plugin.as_str(), origin.hops), ("one", 1));
    let result = Some(answer::Result::Sent(Sent { message_id: "m1".into() }));
    assert!(board.answer(Answer { id: request.id, result, ..Answer::default() }));
    assert!(matches!(outcome.await.unwrap(), SendOutcome::Answered(_)));
}

#[tokio::test(start_paused = true)]
async fn nobody_sends_without_a_grant() {
    let board = board();
    let grants = Granted::default();
    let one = FakePlugin::ready(&board, Registration { grants, ..registration("one", vec![]) });
    let failure = board.permit(one.member, "", Permission::MessagesSend).unwrap_err();
    assert_eq!(failure.reason(), Reason::PermissionDenied);
    assert_eq!(failure.message, "Permission denied: messages:send");
}

#[tokio::test(start_paused = true)]
async fn the_hop_limit_names_the_chain() {
    let board = board();
    let one = FakePlugin::ready(&board, subscriber("one"));
    let chain: Vec<String> = ["a", "b", "c", "d"].map(str::to_owned).into();
    let origin =
        outboard_proto::common::Origin { plugin: "d".into(), hops: 4, chain, ..Default::default() };
    let looping = Message { origin: Some(origin), ..message("again") };
    board.publish_now(Event { of: Some(event::Of::Message(Box::new(looping))), ..posted("a") });
    let cause = board.cause(one.member, "e1");
    let failure = board.compose(one.member, send("hi"), cause).unwrap_err();
    assert_eq!(failure.reason(), Reason::HopLimit);
    assert!(failure.message.contains("a → b → c → d → one"), "{}", failure.message);
}

#[tokio::test(start_paused = true)]
async fn a_request_in_hand_of_a_lost_node_is_told_as_unknown() {
    let board = board();
    let app = FakeApp::connected(&board);
    let one = FakePlugin::ready(&board, registration("one", Vec::new()));
    let outgoing = board.compose(one.member, send("hi"), None).unwrap();
    let Handing::Handed(_, outcome) = board.hand_request(&outgoing) else { panic!() };
    board.detach_node(app.node);
    assert!(matches!(outcome.await.unwrap(), SendOutcome::NodeLost { .. }));
    assert!(matches!(board.hand_request(&outgoing), Handing::NoApp));
}
