//! Claims about nodes that share a plugin: none of them takes it from the others.

use outboard_proto::common::SkipReason;

use super::*;
use crate::routing::waiting::CALLS;

/// A plugin that may hold two calls, asked by two nodes.
fn shared() -> (FakePlugin, FakeApp, FakeApp) {
    let board = board();
    let asked = vec![interceptor(Phase::Transform, OnFailure::Open)];
    let plugin = FakePlugin::ready(&board, registration("one", asked));
    let nodes = ["n1", "n2"].map(|node| FakeApp::connected_as(&board, node));
    let [one, two] = nodes;
    (plugin, one, two)
}

// I68
#[tokio::test(start_paused = true)]
async fn a_node_that_asks_much_leaves_the_next_turn_to_another() {
    let (mut plugin, greedy, mut modest) = shared();
    for id in 0..20 {
        greedy.ask(id, "much");
    }
    modest.ask(7, "little");
    let (first, second) = (plugin.call().await, plugin.call().await);
    plugin.pass(&first);
    plugin.pass(&second);
    let texts = [plugin.call().await, plugin.call().await];
    let little = texts.iter().find(|call| text_of(payload_of(call)) == "little");
    plugin.pass(little.expect("its turn came before eighteen others"));
    assert_eq!(modest.verdict().await.0, 7);
}

// I68
#[tokio::test(start_paused = true)]
async fn a_node_that_fills_the_queue_gives_up_its_newest_call_for_another() {
    let (mut plugin, mut greedy, mut modest) = shared();
    let last = CALLS as u64 + 1;
    for id in 0..=last {
        greedy.ask(id, "much");
    }
    modest.ask(7, "little");
    let (id, verdict) = greedy.verdict().await;
    assert_eq!((id, verdict.steps[0].skipped()), (last, SkipReason::OverLimit));
    for _ in 0..4 {
        let call = plugin.call().await;
        plugin.pass(&call);
    }
    let (id, verdict) = modest.verdict().await;
    assert_eq!((id, verdict.steps[0].skipped()), (7, SkipReason::Unspecified));
    assert_eq!(plugin.board.view(plugin.member).traffic.over_limit, 1);
}

// I69
#[tokio::test(start_paused = true)]
async fn a_node_that_vanishes_takes_only_its_own_calls_with_it() {
    let (mut plugin, gone, mut stays) = shared();
    gone.ask(1, "gone");
    stays.ask(1, "stays");
    gone.ask(2, "gone");
    stays.ask(2, "stays");
    let (first, second) = (plugin.call().await, plugin.call().await);
    plugin.board.detach_node(gone.node);
    let daemon_frame::Kind::Cancel(cancel) = plugin.frame().await else { panic!("not cancelled") };
    assert_eq!(cancel.call, first.id);
    plugin.pass(&second);
    let third = plugin.call().await;
    plugin.pass(&third);
    assert_eq!([stays.verdict().await.0, stays.verdict().await.0], [1, 2]);
    assert_eq!(plugin.board.in_hand(plugin.member), 0);
}
