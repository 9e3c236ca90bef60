//! Claims about listeners to verdicts.

use outboard_proto::admin::TraceRequest;

use super::*;
use crate::routing::trace::LISTENERS;

fn wish(asked: TraceRequest) -> Wish {
    Wish { asked, ..Wish::default() }
}

async fn one_verdict(board: &Switchboard, text: &str) -> FakeApp {
    let interceptors = vec![interceptor(Phase::Transform, OnFailure::Open)];
    let mut plugin = FakePlugin::ready(board, registration("alpha", interceptors));
    let mut app = FakeApp::connected(board);
    app.ask(1, text);
    let call = plugin.call().await;
    plugin.pass(&call);
    app.verdict().await;
    app
}

#[tokio::test(start_paused = true)]
async fn a_listener_is_told_of_a_verdict_and_no_content_unless_it_asked() {
    let board = board();
    let mut bare = board.trace(Wish::default()).unwrap();
    let content = TraceRequest { content: true, ..TraceRequest::default() };
    let mut full = board.trace(wish(content)).unwrap();
    one_verdict(&board, "hello").await;
    let record = bare.recv().await.unwrap();
    assert_eq!((record.outcome.as_str(), record.text.as_str()), ("continued", ""));
    assert_eq!((record.channel.as_str(), record.node.as_str()), ("town", "n1"));
    assert_eq!(record.steps.iter().map(|it| it.plugin.as_str()).collect::<Vec<_>>(), ["alpha"]);
    assert_eq!(full.recv().await.unwrap().text, "hello");
}

#[tokio::test(start_paused = true)]
async fn a_listener_hears_only_of_what_it_asked_for() {
    let board = board();
    let elsewhere = TraceRequest { channel: "village".into(), ..TraceRequest::default() };
    let mut elsewhere = board.trace(wish(elsewhere)).unwrap();
    let nobodys = TraceRequest { plugin: "beta".into(), ..TraceRequest::default() };
    let mut nobodys = board.trace(wish(nobodys)).unwrap();
    let here = TraceRequest { channel: "c1".into(), plugin: "alpha".into(), ..Default::default() };
    let mut here = board.trace(wish(here)).unwrap();
    one_verdict(&board, "hello").await;
    assert!(here.recv().await.is_some());
    assert!(elsewhere.try_recv().is_err() && nobodys.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn listeners_are_bounded_and_make_room_when_they_leave() {
    let board = board();
    let listening: Vec<_> = (0..LISTENERS).map(|_| board.trace(Wish::default())).collect();
    assert!(listening.iter().all(Option::is_some));
    assert!(board.trace(Wish::default()).is_none());
    drop(listening);
    assert!(board.trace(Wish::default()).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_sample_of_events_takes_their_deliveries_with_them() {
    let board = board();
    let mut plugin = FakePlugin::ready(&board, super::work::subscriber("alpha"));
    let sampled = TraceRequest { sample: 3, ..TraceRequest::default() };
    let mut records = board.trace(wish(sampled)).unwrap();
    for n in 0..30 {
        board.publish_now(super::work::posted(&format!("e{n}")));
        let daemon_frame::Kind::Event(delivery) = plugin.frame().await else { panic!("no event") };
        let ack = outboard_proto::plugin::Ack { delivery: delivery.delivery, failure: None };
        board.acknowledge(plugin.member, &ack);
    }
    let mut told = std::collections::BTreeMap::<String, Vec<String>>::new();
    while let Ok(record) = records.try_recv() {
        told.entry(record.id).or_default().push(format!("{} {}", record.kind, record.outcome));
    }
    assert!((1..30).contains(&told.len()), "{told:?}");
    for (id, words) in told {
        assert_eq!(words, ["event published", "delivery delivered"], "{id}");
    }
}
