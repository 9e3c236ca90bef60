//! Claims about schedules, calls between plugins and requests from outside.

use outboard_proto::app::{HttpRequest, HttpResponse};
use outboard_proto::common::{Chunk, Failure, Reason, event};
use outboard_proto::limits::{CHUNK_BYTES, CREDIT_BYTES};
use outboard_proto::plugin::{self, CallPluginRequest, call};

use super::*;
use crate::config::granted::Limit;
use crate::config::manifest::Manifest;

mod histories;

/// What a manifest's lines declare.
fn reach(lines: &str) -> Reach {
    let text = format!(
        "name = \"any\"\nversion = \"1.0.0\"\n[run]\ncommand = [\"./any\"]\n\
         [[permissions]]\nresource = \"http\"\nactions = [\"serve\"]\nreason = \"r\"\n{lines}"
    );
    let manifest = Manifest::parse(&text, std::path::Path::new("plugin.toml")).unwrap();
    Reach { may_call: BTreeSet::new(), methods: manifest.methods, routes: manifest.routes }
}

/// A plugin with the method `ask` that may call these others.
fn talker(name: &str, may_call: &[&str]) -> Registration {
    let mut reach = reach("[[methods]]\nname = \"ask\"\n");
    reach.may_call = may_call.iter().map(|it| it.parse().unwrap()).collect();
    let mut plain = registration(name, Vec::new());
    plain.grants.grant(Permission::PluginsCall, Limit::default());
    Registration { reach, ..plain }
}

fn to(plugin: &str) -> CallPluginRequest {
    CallPluginRequest { plugin: plugin.into(), method: "ask".into(), json: "{}".into() }
}

const PATIENCE: Duration = Duration::from_secs(60);

fn json(plugin: &FakePlugin, call: &Call, text: &str) -> bool {
    let said = Said::Result(Some(reply::Result::Json(text.into())));
    plugin.board.reply(plugin.member, plugin.serial, call.id, said)
}

#[tokio::test(start_paused = true)]
async fn a_fired_schedule_is_told_to_its_plugin_alone() {
    let board = board_that_keeps();
    let mut one = FakePlugin::ready(&board, registration("one", Vec::new()));
    let other = FakePlugin::ready(&board, registration("two", Vec::new()));
    let told = board.deliver_schedule("one", "nightly", 7).unwrap().await.unwrap();
    assert!(told.failure.is_none(), "{told:?}");
    assert!(board.deliver_schedule("nobody", "nightly", 7).is_none());
    let daemon_frame::Kind::Event(delivery) = one.frame().await else { panic!() };
    let fired = delivery.event.unwrap();
    let Some(event::Of::Schedule(schedule)) = fired.of else { panic!() };
    assert_eq!((schedule.name.as_str(), schedule.scheduled_at_us), ("nightly", 7));
    assert_eq!(board.in_hand(other.member), 0);
}

#[tokio::test(start_paused = true)]
async fn a_call_reaches_the_other_plugin_and_its_answer_comes_back() {
    let board = board();
    let one = FakePlugin::ready(&board, talker("one", &["two"]));
    let mut two = FakePlugin::ready(&board, talker("two", &[]));
    let awaited = board.call_plugin(one.member, to("two"), None, PATIENCE).ok().unwrap();
    let call = two.call().await;
    let Some(call::Of::Plugin(asked)) = &call.of else { panic!() };
    assert_eq!((asked.caller.as_str(), asked.method.as_str(), asked.hops), ("one", "ask", 1));
    assert!(json(&two, &call, "42"));
    assert_eq!(awaited.answer().await.unwrap(), "42");
}

fn refusal(result: Result<impl Sized, Failure>) -> Failure {
    result.err().unwrap()
}

#[tokio::test(start_paused = true)]
async fn nobody_is_called_who_was_not_named_and_granted() {
    // I28
    let board = board();
    let one = FakePlugin::ready(&board, talker("one", &["two"]));
    let _three = FakePlugin::ready(&board, talker("three", &[]));
    let denied = refusal(board.call_plugin(one.member, to("three"), None, PATIENCE));
    assert_eq!(denied.reason(), Reason::PermissionDenied);
    let absent = refusal(board.call_plugin(one.member, to("two"), None, PATIENCE));
    assert_eq!(absent.reason(), Reason::UnknownPlugin);
    assert_eq!(board.view(one.member).traffic.denied, 1);
    let two = FakePlugin::ready(&board, talker("two", &[]));
    let unknown = CallPluginRequest { method: "other".into(), ..to("two") };
    let unknown = refusal(board.call_plugin(one.member, unknown, None, PATIENCE));
    assert_eq!(unknown.reason(), Reason::UnknownMethod);
    two.lost();
    let down = refusal(board.call_plugin(one.member, to("two"), None, PATIENCE));
    assert_eq!(down.reason(), Reason::PluginUnavailable);
    assert_eq!(down.details["outcome"], "not_started");
    assert!(down.retry_after_us > 0);
}

#[tokio::test(start_paused = true)]
async fn a_circle_of_calls_ends_at_the_hop_limit_and_names_its_way() {
    // I51
    let board = board();
    let mut one = FakePlugin::ready(&board, talker("one", &["two"]));
    let mut two = FakePlugin::ready(&board, talker("two", &["one"]));
    let mut awaited = vec![board.call_plugin(one.member, to("two"), None, PATIENCE).ok().unwrap()];
    for hop in 2..=4 {
        let at = if hop % 2 == 0 { &mut two } else { &mut one };
        let call = at.call().await;
        let cause = board.cause(at.member, &call.id.to_string());
        let other = if hop % 2 == 0 { "one" } else { "two" };
        awaited.push(board.call_plugin(at.member, to(other), cause, PATIENCE).ok().unwrap());
    }
    let last = one.call().await;
    let cause = board.cause(one.member, &last.id.to_string());
    let refused = refusal(board.call_plugin(one.member, to("two"), cause, PATIENCE));
    assert_eq!(refused.reason(), Reason::HopLimit);
    assert!(refused.message.contains("one → two → one → two → one"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_circle_that_conceals_its_cause_ends_all_the_same() {
    // I51
    let board = board();
    let mut one = FakePlugin::ready(&board, talker("one", &["two"]));
    let mut two = FakePlugin::ready(&board, talker("two", &["one"]));
    let mut awaited = vec![board.call_plugin(one.member, to("two"), None, PATIENCE).ok().unwrap()];
    for hop in 2..=4 {
        let at = if hop % 2 == 0 { &mut two } else { &mut one };
        at.call().await;
        let other = if hop % 2 == 0 { "one" } else { "two" };
        awaited.push(board.call_plugin(at.member, to(other), None, PATIENCE).ok().unwrap());
    }
    let refused = refusal(board.call_plugin(one.member, to("two"), None, PATIENCE));
    assert_eq!(refused.reason(), Reason::HopLimit);
    drop(awaited);
    assert!(board.call_plugin(one.member, to("two"), None, PATIENCE).is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_nested_call_has_no_more_time_than_its_cause_and_ends_with_it() {
    // I51
    let board = board();
    let one = FakePlugin::ready(&board, talker("one", &["two"]));
    let mut two = FakePlugin::ready(&board, talker("two", &["three"]));
    let mut three = FakePlugin::ready(&board, talker("three", &[]));
    let brief = Duration::from_millis(200);
    let outer = board.call_plugin(one.member, to("two"), None, brief).ok().unwrap();
    let call = two.call().await;
    let cause = board.cause(two.member, &call.id.to_string());
    let inner = board.call_plugin(two.member, to("three"), cause, PATIENCE).ok().unwrap();
    assert!(three.call().await.budget_us <= 200_000);
    drop(outer);
    assert!(matches!(two.frame().await, daemon_frame::Kind::Cancel(_)));
    assert!(matches!(three.frame().await, daemon_frame::Kind::Cancel(_)));
    assert_eq!(inner.answer().await.unwrap_err().reason(), Reason::Cancelled);
}

/// A plugin with two routes.
fn server(max_body: &str) -> Registration {
    let lines = "[[http]]\npath = \"/hook\"\nmethods = [\"POST\"]\naccess = \"public\"\n\
                 max_body = \"MAX\"\n[[http]]\npath = \"/mine/*\"\nmethods = [\"GET\"]\n\
                 access = \"signed-in\"\n";
    let mut plain = registration("web", Vec::new());
    plain.grants.grant(Permission::HttpServe, Limit::default());
    Registration { reach: reach(&lines.replace("MAX", max_body)), ..plain }
}

fn ready_for(max_body: &str, board: &Switchboard) -> FakePlugin {
    let plugin = FakePlugin::ready(board, server(max_body));
    board.set_chunks(plugin.member, true);
    plugin
}

fn ready(board: &Switchboard) -> FakePlugin {
    ready_for("200KiB", board)
}

fn browser(board: &Switchboard) -> FakeApp {
    let (sender, frames) = egress();
    let hello = AppHello {
        protocol: "1".into(),
        app: "test".into(),
        node: "n1".into(),
        epoch: 1,
        features: vec!["chunks".into()],
        ..AppHello::default()
    };
    let (node, _, _) = board.attach_node(hello, sender, false).unwrap();
    FakeApp { board: board.clone(), node, frames }
}

fn posting(id: u64) -> HttpRequest {
    HttpRequest {
        id,
        plugin: "web".into(),
        method: "POST".into(),
        path: "/hook".into(),
        user: "anonymous".into(),
        ..HttpRequest::default()
    }
}

impl FakeApp {
    fn http(&self, request: HttpRequest) {
        let caller = HttpCaller::Session { node: self.node, id: request.id };
        self.board.begin_node_call(self.node).unwrap();
        self.board.http(caller, request);
    }

    async fn answer(&mut self) -> HttpResponse {
        loop {
            if let to_app::Kind::Http(response) = self.frame().await {
                return response;
            }
        }
    }

    async fn refused(&mut self, request: HttpRequest) -> Reason {
        self.http(request);
        self.answer().await.failure.unwrap().reason()
    }
}

fn answer(plugin: &FakePlugin, call: &Call, response: plugin::HttpResponse) -> bool {
    let said = Said::Result(Some(reply::Result::Http(response)));
    plugin.board.reply(plugin.member, plugin.serial, call.id, said)
}

fn piece(stream: u64, bytes: usize, last: bool) -> Chunk {
    Chunk { stream, data: vec![7; bytes].into(), last, abort: String::new() }
}

#[tokio::test(start_paused = true)]
async fn only_declared_routes_are_reached_and_only_by_whom_they_are_for() {
    // I52
    let board = board();
    let _web = ready(&board);
    let mut app = browser(&board);
    let at = |path: &str| HttpRequest { path: path.into(), ..posting(1) };
    assert_eq!(app.refused(at("/other")).await, Reason::UnknownRoute);
    assert_eq!(app.refused(at("/hook/../mine/x")).await, Reason::Invalid);
    assert_eq!(app.refused(at("/mine/%2e%2e/hook")).await, Reason::Invalid);
    assert_eq!(app.refused(at("/mine/x")).await, Reason::HttpMethod);
    let get = HttpRequest { method: "GET".into(), ..at("/mine/x") };
    assert_eq!(app.refused(get.clone()).await, Reason::SignInNeeded);
    let nobody = HttpRequest { user: String::new(), ..get };
    assert_eq!(app.refused(nobody).await, Reason::SignInNeeded);
    let absent = HttpRequest { plugin: "absent".into(), ..posting(1) };
    assert_eq!(app.refused(absent).await, Reason::UnknownPlugin);
}

#[tokio::test(start_paused = true)]
async fn bodies_go_both_ways_in_pieces_as_credit_allows() {
    // I53
    let board = board_that_keeps();
    let mut web = ready(&board);
    let mut app = browser(&board);
    app.http(HttpRequest { body: 5, ..posting(1) });
    let call = web.call().await;
    let Some(call::Of::Http(asked)) = &call.of else { panic!() };
    assert_ne!(asked.body, 0);
    // Nothing is returned: what was given must do, and leaves room for an event.
    for sent in 0..6 {
        board.chunk_of_node(app.node, piece(5, CHUNK_BYTES, sent == 5));
    }
    let mut got = 0;
    while got < 4 {
        let daemon_frame::Kind::Chunk(chunk) = web.frame().await else { panic!() };
        assert_eq!(chunk.stream, asked.body);
        got += 1;
    }
    drop(board.deliver_schedule("web", "nightly", 1));
    assert!(matches!(web.frame().await, daemon_frame::Kind::Event(_)));
    board.credit(web.member, web.serial, CREDIT_BYTES);
    let daemon_frame::Kind::Chunk(chunk) = web.frame().await else { panic!() };
    assert!(!chunk.last);
    let daemon_frame::Kind::Chunk(chunk) = web.frame().await else { panic!() };
    assert!(chunk.last);
    answer(&web, &call, plugin::HttpResponse { status: 200, body: 9, ..Default::default() });
    let head = app.answer().await;
    assert_eq!((head.id, head.status), (1, 200));
    assert!(board.chunk_of_plugin(web.member, web.serial, piece(9, 100, true)));
    let to_app::Kind::Chunk(chunk) = app.frame().await else { panic!() };
    assert_eq!((chunk.stream, chunk.data.len(), chunk.last), (head.body, 100, true));
    assert_eq!(board.in_hand(web.member), 1, "the event");
    assert!(!board.chunk_of_plugin(web.member, web.serial, piece(9, 100, true)));
}

#[tokio::test(start_paused = true)]
async fn a_body_over_its_limit_ends_the_exchange_and_stops_the_plugin() {
    // I53
    let board = board();
    let mut web = ready(&board);
    let mut app = browser(&board);
    app.http(HttpRequest { body: 5, ..posting(1) });
    web.call().await;
    for _ in 0..7 {
        board.chunk_of_node(app.node, piece(5, CHUNK_BYTES, false));
    }
    assert_eq!(app.answer().await.failure.unwrap().reason(), Reason::PayloadTooLarge);
    assert!(matches!(web.frame().await, daemon_frame::Kind::Cancel(_)));
    assert_eq!(board.in_hand(web.member), 0);
}

#[tokio::test(start_paused = true)]
async fn a_plugin_lost_amid_its_answer_breaks_the_body_off_with_the_reason() {
    // I53
    let board = board();
    let mut web = ready(&board);
    let mut app = browser(&board);
    app.http(posting(1));
    let call = web.call().await;
    answer(&web, &call, plugin::HttpResponse { status: 200, body: 9, ..Default::default() });
    board.chunk_of_plugin(web.member, web.serial, piece(9, 100, false));
    web.lost();
    let head = app.answer().await;
    let to_app::Kind::Chunk(first) = app.frame().await else { panic!() };
    assert_eq!((first.stream, first.data.len()), (head.body, 100));
    let to_app::Kind::Chunk(end) = app.frame().await else { panic!() };
    assert!(end.abort.contains("PLUGIN_UNAVAILABLE"), "{end:?}");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stalls_ends_at_the_deadline_on_both_sides() {
    // I53
    let board = board();
    let mut web = ready(&board);
    let mut app = browser(&board);
    app.http(HttpRequest { body: 5, ..posting(1) });
    let call = web.call().await;
    answer(&web, &call, plugin::HttpResponse { status: 200, body: 9, ..Default::default() });
    app.answer().await;
    let to_app::Kind::Chunk(end) = app.frame().await else { panic!() };
    assert!(end.abort.contains("DEADLINE"), "{end:?}");
    assert!(matches!(web.frame().await, daemon_frame::Kind::Cancel(_)));
    board.chunk_of_node(app.node, piece(5, 10, true));
    assert_eq!(board.in_hand(web.member), 0);
}

#[tokio::test(start_paused = true)]
async fn nobody_prints_credit_by_returning_what_was_not_taken() {
    let board = board();
    let mut web = ready(&board);
    let mut app = browser(&board);
    board.credit_of_node(app.node, u64::MAX);
    app.http(posting(1));
    let call = web.call().await;
    answer(&web, &call, plugin::HttpResponse { status: 200, body: 9, ..Default::default() });
    for _ in 0..6 {
        board.chunk_of_plugin(web.member, web.serial, piece(9, CHUNK_BYTES, false));
    }
    app.answer().await;
    let mut bytes = 0;
    while bytes < 6 * CHUNK_BYTES {
        let to_app::Kind::Chunk(chunk) = app.frame().await else { panic!() };
        bytes += chunk.data.len();
    }
    board.chunk_of_plugin(web.member, web.serial, piece(9, 1000, false));
    board.cancel_http(app.node, 1);
    assert!(matches!(web.frame().await, daemon_frame::Kind::Cancel(_)));
}

#[tokio::test(start_paused = true)]
async fn all_bodies_of_a_plugin_together_are_bounded() {
    // I53
    let board = board();
    let mut web = ready_for("4MiB", &board);
    let mut app = browser(&board);
    for stream in 1..=3 {
        app.http(HttpRequest { body: stream, ..posting(stream) });
        if stream < 3 {
            web.call().await;
        }
        for _ in 0..96 {
            board.chunk_of_node(app.node, piece(stream, CHUNK_BYTES, false));
        }
    }
    let refused = app.answer().await;
    let reason = refused.failure.unwrap().reason();
    assert_eq!((refused.id, reason), (3, Reason::OverLimit), "9 MiB in all");
}

#[tokio::test(start_paused = true)]
async fn a_streams_number_stands_for_one_body() {
    let board = board();
    let mut web = ready(&board);
    let mut app = browser(&board);
    app.http(HttpRequest { body: 5, ..posting(1) });
    let first = web.call().await;
    assert_eq!(app.refused(HttpRequest { body: 5, ..posting(2) }).await, Reason::Invalid);
    answer(&web, &first, plugin::HttpResponse { status: 200, body: 9, ..Default::default() });
    assert_eq!(app.answer().await.id, 1);
    app.http(posting(3));
    let second = web.call().await;
    answer(&web, &second, plugin::HttpResponse { status: 200, body: 9, ..Default::default() });
    assert_eq!(app.answer().await.failure.unwrap().reason(), Reason::ProtocolViolation);
}
