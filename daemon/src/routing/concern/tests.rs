//! Claims about what concerns a plugin, key by key.

use outboard_proto::common::{Body, Channel, Mention, Opaque, Origin, Reaction, body, event};

use super::*;
use crate::config::pattern::TextPattern;
use crate::routing::tests::registration;

fn message() -> Message {
    let sender = Sender {
        kind: SenderKind::User.into(),
        roles: vec!["member".into(), "admin".into()],
        ..Sender::default()
    };
    let channel = Channel { id: "C1".into(), name: "town".into(), ..Channel::default() };
    Message {
        channel: Some(channel),
        sender: Some(sender),
        body: says("!ask @alfie what is it"),
        ..Message::default()
    }
}

fn says(text: &str) -> Option<Body> {
    Some(Body { content: Some(body::Content::Plain(text.into())) })
}

fn concern(filter: &Filter, own: bool) -> Concern {
    Concern::new(&registration("alfie", Vec::new()), filter, own, &Patterns::default())
}

fn concerns(filter: &Filter, message: &Message) -> bool {
    let concern = concern(filter, false);
    concern.is_of("acme") && concern.covers(Subject::Message(message), &Found::default())
}

fn strings(list: &[&str]) -> Vec<String> {
    list.iter().map(|&it| it.to_owned()).collect()
}

fn channels(pattern: &str) -> Vec<ChannelPattern> {
    vec![ChannelPattern::parse(pattern).unwrap()]
}

fn pattern(text: &str) -> Option<TextPattern> {
    Some(TextPattern::parse(text).unwrap())
}

fn admins() -> Filter {
    Filter { roles: strings(&["admin"]), ..Filter::default() }
}

#[test]
fn each_key_lets_its_own_through_and_nothing_else() {
    let filter = Filter::default;
    let cases = [
        (Filter { workspaces: strings(&["acme"]), ..filter() }, true),
        (Filter { workspaces: strings(&["other"]), ..filter() }, false),
        (Filter { channels: channels("id:C1"), ..filter() }, true),
        (Filter { channels: channels("village"), ..filter() }, false),
        (Filter { prefix: strings(&["?", "!ask"]), ..filter() }, true),
        (Filter { prefix: strings(&["ask"]), ..filter() }, false),
        (Filter { text: pattern("wh.t"), ..filter() }, true),
        (Filter { text: pattern("^wh.t"), ..filter() }, false),
        (Filter { mentions: true, ..filter() }, true),
        (Filter { senders: vec![Wanted::Bot, Wanted::User], ..filter() }, true),
        (Filter { senders: vec![Wanted::Bot], ..filter() }, false),
        (admins(), true),
        (Filter { roles: strings(&["owner"]), ..filter() }, false),
    ];
    for (filter, expected) in cases {
        assert_eq!(concerns(&filter, &message()), expected, "{filter:?}");
        assert_eq!(filter.looks_inside(), filter.workspaces.is_empty(), "{filter:?}");
    }
    let both = Filter { workspaces: strings(&["other"]), ..admins() };
    assert!(!concerns(&both, &message()), "every key counts");
}

#[test]
fn a_mention_is_the_bots_own_and_whole() {
    let says_it = |text: &str| has_at(text, "alfie");
    assert!(says_it("@alfie") && says_it("hey @alfie, you") && says_it("(@alfie)"));
    assert!(!says_it("alfie") && !says_it("@alfies") && !says_it("a@alfie") && !says_it("@alf"));
    let mentions = vec![Mention { user_id: "alfie".into(), ..Mention::default() }];
    let named = Message { mentions, body: says("hello"), ..message() };
    assert!(concerns(&Filter { mentions: true, ..Filter::default() }, &named));
}

// I115
#[test]
fn a_mention_by_the_account_that_the_app_has_for_the_bot_is_one_too() {
    let mut known = registration("alfie", Vec::new());
    known.bot.user_id = "@alfie:example.org".into();
    let filter = Filter { mentions: true, ..Filter::default() };
    let concern = Concern::new(&known, &filter, false, &Patterns::default());
    let names = |user_id: &str| {
        let mentions = vec![Mention { user_id: user_id.into(), ..Mention::default() }];
        let named = Message { mentions, body: says("hello"), ..message() };
        concern.covers(Subject::Message(&named), &Found::default())
    };
    assert!(names("@alfie:example.org") && names("alfie"));
    assert!(!names("@alfie:example.com") && !names(""));
}

#[test]
fn what_is_not_there_is_let_through_by_no_filter_on_it() {
    let opaque = Some(Body { content: Some(body::Content::Opaque(Opaque::default())) });
    let sealed = Message { body: opaque, sender: None, ..message() };
    let anything = Filter { text: pattern(""), ..Filter::default() };
    assert!(!concerns(&anything, &sealed));
    assert!(!concerns(&admins(), &sealed));
    assert!(concerns(&Filter { workspaces: strings(&["acme"]), ..Filter::default() }, &sealed));
}

#[test]
fn what_is_no_message_has_a_place_and_a_doer_and_no_text() {
    let Message { channel, sender, .. } = message();
    let reaction = Reaction { channel, sender, ..Reaction::default() };
    let of = Some(event::Of::Reaction(reaction));
    let event = Event { of, workspace: "acme".into(), ..Event::default() };
    let wants = |filter: Filter| concern(&filter, false).wants(&event, &Found::default());
    assert!(wants(Filter { channels: channels("town"), ..admins() }));
    assert!(!wants(Filter { channels: channels("village"), ..admins() }));
    assert!(!wants(Filter { prefix: strings(&["!"]), ..admins() }));
    assert!(!wants(Filter { mentions: true, ..admins() }));
    assert!(!wants(Filter { workspaces: strings(&["other"]), ..admins() }));
}

#[test]
fn of_messages_about_to_be_shown_one_that_passes_every_key_is_enough() {
    let filter = Filter { text: pattern("what"), ..admins() };
    let covers = |messages: &[Message]| {
        concern(&filter, false).covers(Subject::Batch(messages), &Found::default())
    };
    let silent = Message { body: says("silence"), ..message() };
    let nobodys = Message { sender: None, ..message() };
    assert!(!covers(&[silent.clone(), nobodys.clone()]), "each passes one key");
    assert!(covers(&[silent, nobodys, message()]));
}

// I63
#[test]
fn its_own_messages_concern_it_only_where_it_says_so() {
    let by = |plugin: &str| {
        let origin = Some(Origin { plugin: plugin.into(), ..Origin::default() });
        Message { origin, ..message() }
    };
    let covers = |own, messages: &[Message]| {
        concern(&Filter::default(), own).covers(Subject::Batch(messages), &Found::default())
    };
    assert!(!covers(false, &[by("alfie")]) && covers(true, &[by("alfie")]));
    assert!(covers(false, &[by("alfie"), by("other")]));
}

// I60
#[test]
fn the_operators_channels_count_beside_the_authors() {
    let limited = Registration { channels: channels("town"), ..registration("one", Vec::new()) };
    let covers = |filter: &Filter| {
        let concern = Concern::new(&limited, filter, false, &Patterns::default());
        assert!(concern.looks_inside());
        concern.covers(Subject::Message(&message()), &Found::default())
    };
    assert!(covers(&Filter::default()));
    assert!(!covers(&Filter { channels: channels("village"), ..Filter::default() }));
    let nowhere = Concern::new(&limited, &Filter::default(), false, &Patterns::default());
    assert!(!nowhere.covers(Subject::Other(Scene::default()), &Found::default()));
}
