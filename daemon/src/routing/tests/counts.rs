//! Claims about counting: whatever becomes of a call, it is counted once, as what became of it.

use std::collections::BTreeMap;

use outboard_proto::common::{Failure, Reason, Reject};
use proptest::prelude::*;
use tonic::Code;

use super::*;
use crate::statistics::{Kind as What, Outcome};

fn outcomes(board: &Switchboard) -> BTreeMap<&'static str, u64> {
    let of = |entry: crate::statistics::Entry| {
        assert_eq!((entry.kind, &*entry.name), (What::Hook, "message.before_post"));
        let all = Outcome::ALL.into_iter().map(move |it| (it.as_str(), entry.sum.of(it)));
        all.filter(|(_, count)| *count > 0).collect::<Vec<_>>()
    };
    board.harvest().into_iter().flat_map(of).collect()
}

fn asked(policy: OnFailure) -> (Switchboard, FakePlugin, FakeApp) {
    let board = board();
    let plugin =
        FakePlugin::ready(&board, registration("one", vec![interceptor(Phase::Validate, policy)]));
    let app = FakeApp::connected(&board);
    (board, plugin, app)
}

#[tokio::test(start_paused = true)]
async fn each_end_of_a_call_has_its_own_count() {
    let (board, mut plugin, mut app) = asked(OnFailure::Open);
    app.ask(1, "passes");
    let call = plugin.call().await;
    plugin.pass(&call);
    app.verdict().await;
    app.ask(2, "fails");
    let call = plugin.call().await;
    let failure = Failure::new(Code::Unknown, Reason::HandlerFailed, "no");
    let said = Said::Result(Some(reply::Result::Failure(failure)));
    board.reply(plugin.member, plugin.serial, call.id, said);
    app.verdict().await;
    app.ask(3, "breaks a rule");
    let call = plugin.call().await;
    let said = Said::Result(Some(reply::Result::Json("{}".into())));
    board.reply(plugin.member, plugin.serial, call.id, said);
    app.verdict().await;
    app.ask(4, "is late");
    plugin.call().await;
    app.verdict().await;
    app.ask(5, "is lost");
    plugin.call().await;
    plugin.lost();
    app.verdict().await;
    app.ask(6, "is not asked");
    app.verdict().await;
    let wanted = [
        ("failed", 1),
        ("ok", 1),
        ("protocol", 1),
        ("skipped", 1),
        ("timed-out", 1),
        ("unavailable", 1),
    ];
    assert_eq!(outcomes(&board), wanted.into());
    assert!(board.harvest().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_nobody_waits_for_is_cancelled_under_its_own_name() {
    let (board, mut plugin, app) = asked(OnFailure::Open);
    app.ask(1, "given up");
    plugin.call().await;
    board.cancel_intercept(app.node, 1);
    assert_eq!(outcomes(&board), [("cancelled", 1)].into());
}

#[tokio::test(start_paused = true)]
async fn a_plugin_that_is_unloaded_leaves_its_counts() {
    let (board, mut plugin, mut app) = asked(OnFailure::Open);
    app.ask(1, "passes");
    let call = plugin.call().await;
    plugin.pass(&call);
    app.verdict().await;
    board.unregister(plugin.member);
    assert_eq!(outcomes(&board), [("ok", 1)].into());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    /// Whatever becomes of them: as many are counted as were asked.
    #[test]
    fn no_call_is_counted_twice_or_never(ways in prop::collection::vec(0..6_u8, 1..20)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        let total: u64 = runtime.block_on(async {
            let (board, mut plugin, mut app) = asked(OnFailure::Open);
            for (id, way) in (1..).zip(&ways) {
                app.ask(id, "text");
                // A breaker that opened may have it skipped: counted all the same.
                let called = tokio::time::timeout(Duration::from_millis(1), plugin.call()).await;
                let Ok(call) = called else {
                    app.verdict().await;
                    continue;
                };
                match way {
                    0 => assert!(plugin.pass(&call)),
                    1 => {
                        let reject = Reject { code: "no".into(), ..Reject::default() };
                        plugin.answer(&call, hook_answer::Answer::Reject(reject));
                    }
                    2 => {
                        let said = Said::Result(None);
                        board.reply(plugin.member, plugin.serial, call.id, said);
                    }
                    3 => {}
                    4 => {
                        plugin.lost();
                        plugin.back();
                    }
                    _ => {
                        board.cancel_intercept(app.node, id);
                        continue;
                    }
                }
                app.verdict().await;
            }
            outcomes(&board).values().sum()
        });
        prop_assert_eq!(total, ways.len() as u64);
    }
}
