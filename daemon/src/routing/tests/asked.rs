//! What plugins ask of the app: attributed, taken to the right node, answered as it was asked.

use outboard_proto::app::{Answer, AppHello, EphemeralMessage, Request, Sent, answer, request::Of};
use outboard_proto::common::{
    DeleteMessage, Done, EditMessage, GetMessage, Reason, Sender, SenderKind, ShowTyping, event,
};
use outboard_proto::plugin::SendRequest;

use super::*;
use crate::routing::{Handing, Publisher, SendOutcome, Speech};

impl FakeApp {
    fn carrying(board: &Switchboard, node: &str, operations: &[&str]) -> Self {
        let (sender, frames) = egress();
        let operations = operations.iter().map(|it| (*it).to_owned()).collect();
        let hello = AppHello {
            app: "test".into(),
            node: node.into(),
            epoch: 1,
            operations,
            ..AppHello::default()
        };
        let (node, _, _) = board.attach_node(hello, sender, false).unwrap();
        Self { board: board.clone(), node, frames }
    }

    async fn request(&mut self) -> Request {
        loop {
            if let to_app::Kind::Request(request) = self.frame().await {
                return *request;
            }
        }
    }

    /// A person does something at this node.
    fn shows(&self, person: &str) {
        let sender =
            Sender { id: person.into(), kind: SenderKind::User.into(), ..Sender::default() };
        let message = Message { sender: Some(sender), ..message("hi") };
        let event = outboard_proto::common::Event {
            r#type: "message.posted".into(),
            of: Some(event::Of::Message(Box::new(message))),
            ..Default::default()
        };
        self.board.publish(Publisher::Session { node: self.node, id: 0 }, event);
    }
}

fn typing(only_to: &str) -> Of {
    let (channel_id, only_to) = ("c1".into(), only_to.into());
    Of::Typing(ShowTyping { channel_id, only_to, ttl_us: 1, ..ShowTyping::default() })
}

const ALL: [&str; 4] = ["messages.typing", "messages.ephemeral", "messages.get", "messages.edit"];

// I81
#[tokio::test(start_paused = true)]
async fn what_is_for_one_person_goes_where_they_were_last_seen() {
    let board = board();
    let mut nodes = ["n1", "n2"].map(|node| FakeApp::carrying(&board, node, &ALL));
    let one = FakePlugin::ready(&board, registration("one", Vec::new()));
    nodes[0].shows("ann");
    nodes[1].shows("bob");
    for (person, at) in [("ann", 0), ("bob", 1)] {
        let asked = board.compose_asked(one.member, typing(person), None).unwrap();
        assert!(matches!(board.hand_request(&asked), Handing::Handed(..)));
        assert!(matches!(nodes[at].request().await.of, Some(Of::Typing(_))));
        let send = SendRequest { only_to: person.into(), ..super::work::send("psst") };
        let said = board.compose(one.member, send, None).unwrap();
        assert!(said.is_at_once() && matches!(board.hand_request(&said), Handing::Handed(..)));
        let Some(Of::Ephemeral(EphemeralMessage { only_to, .. })) = nodes[at].request().await.of
        else {
            panic!()
        };
        assert_eq!(only_to, person);
    }
    // Where somebody is seen anew, there the next goes.
    nodes[0].shows("bob");
    let asked = board.compose_asked(one.member, typing("bob"), None).unwrap();
    let _ = board.hand_request(&asked);
    nodes[0].request().await;
}

// I82
#[tokio::test(start_paused = true)]
async fn who_asks_is_the_daemons_word_alone() {
    let board = board();
    let mut app = FakeApp::carrying(&board, "n1", &ALL);
    let plain = FakePlugin::ready(&board, registration("one", Vec::new()));
    let manager = registration("two", Vec::new());
    let grants = Granted::from([Permission::MessagesSend, Permission::MessagesManage]);
    let manager = FakePlugin::ready(&board, Registration { grants, ..manager });
    for (plugin, name, manages) in [(&plain, "one", false), (&manager, "two", true)] {
        let edit = Of::Edit(EditMessage { channel_id: "c1".into(), ..EditMessage::default() });
        let asked = board.compose_asked(plugin.member, edit, None).unwrap();
        let _ = board.hand_request(&asked);
        let asker = app.request().await.asker.unwrap();
        assert_eq!((asker.plugin.as_str(), asker.bot_username.as_str()), (name, name));
        assert_eq!(asker.manages_messages, manages);
    }
}

// I80
#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_fit_becomes_a_failure_and_is_noted() {
    let board = board();
    let mut app = FakeApp::carrying(&board, "n1", &ALL);
    let one = FakePlugin::ready(&board, registration("one", Vec::new()));
    let get = GetMessage { channel_id: "c1".into(), message_id: "m1".into(), ..Default::default() };
    let asked = board.compose_asked(one.member, Of::GetMessage(get), None).unwrap();
    let wrong = Message { id: "m1".into(), ..message("of c1, but another says it") };
    let elsewhere = Message {
        channel: Some(Channel { id: "c2".into(), ..Channel::default() }),
        ..wrong.clone()
    };
    let results = [
        (Some(answer::Result::Done(Done {})), false),
        (Some(answer::Result::Message(Box::new(elsewhere))), false),
        (None, false),
        (Some(answer::Result::Message(Box::new(wrong))), true),
    ];
    for (result, fits) in results {
        let Handing::Handed(_, outcome) = board.hand_request(&asked) else { panic!() };
        let id = app.request().await.id;
        board.answer(Answer { id, result, ..Answer::default() });
        let SendOutcome::Answered(answer) = outcome.await.unwrap() else { panic!() };
        match answer.result {
            Some(answer::Result::Failure(failure)) if !fits => {
                assert_eq!(failure.reason(), Reason::BadAnswer);
            }
            other => assert!(fits, "{other:?}"),
        }
    }
    assert_eq!(board.nodes()[0].bad_answers, 3);
}

// I81
#[tokio::test(start_paused = true)]
async fn what_follows_goes_to_the_node_that_began_it_or_nowhere() {
    let board = board();
    let mut first = FakeApp::carrying(&board, "n1", &["messages.stream"]);
    let one = FakePlugin::ready(&board, registration("one", Vec::new()));
    let speech = Speech::Growing(SendRequest { channel_id: "c1".into(), ..Default::default() });
    let begun = board.compose(one.member, speech, None).unwrap();
    let Handing::Handed(id, _) = board.hand_request(&begun) else { panic!() };
    let node = board.node_of_request(id).unwrap();
    let request = first.request().await;
    let result = Some(answer::Result::Sent(Sent { message_id: "m1".into() }));
    board.answer(Answer { id: request.id, result, ..Answer::default() });
    let _other = FakeApp::carrying(&board, "n0", &["messages.stream"]);
    let more = begun.following(Of::Grow(Default::default()), node);
    assert!(matches!(board.hand_request(&more), Handing::Handed(..)));
    let following = first.request().await;
    assert_ne!(following.idempotency_key, request.idempotency_key);
    board.detach_node(first.node);
    assert!(matches!(board.hand_request(&more), Handing::Unsupported));
}

// I80
#[tokio::test(start_paused = true)]
async fn what_no_app_carries_out_is_said_at_once() {
    let board = board();
    let _app = FakeApp::carrying(&board, "n1", &ALL);
    let one = FakePlugin::ready(&board, registration("one", Vec::new()));
    let delete = Of::Delete(DeleteMessage { channel_id: "c1".into(), ..Default::default() });
    let asked = board.compose_asked(one.member, delete, None).unwrap();
    assert!(matches!(board.hand_request(&asked), Handing::Unsupported));
}
