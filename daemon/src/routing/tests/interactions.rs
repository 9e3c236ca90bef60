//! Claims about streams, deferrals, offers and cancellation.

use outboard_proto::app::{
    Autocomplete, Choices, CommandResult, FollowUp, StreamDelta, UiAction, command_result,
};
use outboard_proto::common::{InteractionReply, Reason};
use outboard_proto::plugin::{Partial, Progress};

use super::work::{dice, roll};
use super::*;

/// A plugin that is asked by an app, and the call it has in hand.
async fn asked(board: &Switchboard) -> (FakeApp, FakePlugin, Call) {
    let app = FakeApp::connected(board);
    let mut plugin = FakePlugin::ready(board, dice());
    board.run_command(CommandRun::Session { node: app.node, id: 7 }, roll(&["member"]));
    let call = plugin.call().await;
    (app, plugin, call)
}

impl FakePlugin {
    fn says(&self, call: &Call, seq: u64, delta: &str) -> bool {
        let partial = Partial { call: call.id, seq, delta: delta.into(), ..Partial::default() };
        self.board.partial(self.member, self.serial, partial)
    }

    pub(super) fn replies(&self, call: &Call, reply: InteractionReply) -> bool {
        let result = Some(reply::Result::Interaction(reply));
        self.board.reply(self.member, self.serial, call.id, Said::Result(result))
    }
}

impl FakeApp {
    async fn delta(&mut self) -> StreamDelta {
        loop {
            if let to_app::Kind::Delta(delta) = self.frame().await {
                return delta;
            }
        }
    }

    async fn result(&mut self) -> CommandResult {
        loop {
            if let to_app::Kind::Command(result) = self.frame().await {
                return result;
            }
        }
    }

    async fn choices(&mut self) -> Choices {
        loop {
            if let to_app::Kind::Choices(choices) = self.frame().await {
                return choices;
            }
        }
    }
}

fn reason(result: &CommandResult) -> Reason {
    match &result.result {
        Some(command_result::Result::Failure(failure)) => failure.reason(),
        other => panic!("{other:?}"),
    }
}

// I42
#[tokio::test(start_paused = true)]
async fn pieces_come_in_order_and_the_stream_ends_before_the_result() {
    let board = board();
    let (mut app, plugin, call) = asked(&board).await;
    assert!(plugin.says(&call, 0, "It is "));
    assert!(plugin.says(&call, 1, "certain."));
    assert!(plugin.replies(&call, InteractionReply::default()));
    let (first, second, last) = (app.delta().await, app.delta().await, app.delta().await);
    assert_eq!((first.seq, first.delta.as_str()), (0, "It is "));
    assert_eq!((second.seq, second.interaction_id.as_str()), (1, "i1"));
    assert!(last.end && last.abort.is_none() && last.seq == 2);
    let result = app.result().await;
    let Some(command_result::Result::Reply(reply)) = result.result else { panic!("{result:?}") };
    assert!(reply.streamed);
}

#[tokio::test(start_paused = true)]
async fn who_sees_the_first_piece_sees_the_rest_and_nobody_else() {
    use outboard_proto::common::Visibility;
    let board = board();
    let (mut app, plugin, call) = asked(&board).await;
    for (seq, visibility) in [(0, Visibility::One), (1, Visibility::All)] {
        let (delta, visibility) = ("x".into(), visibility.into());
        board.partial(plugin.member, 1, Partial { call: call.id, seq, delta, visibility });
    }
    let everyone = InteractionReply { visibility: 1, ..InteractionReply::default() };
    assert!(plugin.replies(&call, everyone));
    for _ in 0..3 {
        assert_eq!(app.delta().await.visibility(), Visibility::One);
    }
    let Some(command_result::Result::Reply(reply)) = app.result().await.result else { panic!() };
    assert_eq!(reply.visibility(), Visibility::One);
}

#[tokio::test(start_paused = true)]
async fn a_unary_caller_that_goes_away_takes_its_command_with_it() {
    let board = board();
    let mut plugin = FakePlugin::ready(&board, dice());
    let (sender, result) = tokio::sync::oneshot::channel();
    board.run_command(CommandRun::Unary(sender, None), roll(&["member"]));
    let call = plugin.call().await;
    drop(result);
    board.sweep_unary();
    let daemon_frame::Kind::Cancel(cancel) = plugin.frame().await else { panic!() };
    assert_eq!((cancel.call, board.in_hand(plugin.member)), (call.id, 0));
}

// I42
#[tokio::test(start_paused = true)]
async fn a_stream_whose_plugin_dies_breaks_off_with_the_cause() {
    let board = board();
    let (mut app, plugin, call) = asked(&board).await;
    plugin.says(&call, 0, "It is ");
    plugin.lost();
    app.delta().await;
    let last = app.delta().await;
    assert_eq!(last.abort.unwrap().reason(), Reason::PluginUnavailable);
    assert_eq!(reason(&app.result().await), Reason::PluginUnavailable);
}

// I43
#[tokio::test(start_paused = true)]
async fn the_timeout_bounds_the_gap_between_pieces_and_not_the_whole() {
    let board = board();
    let (mut app, plugin, call) = asked(&board).await;
    for seq in 0..10 {
        tokio::time::advance(Duration::from_secs(4)).await;
        tokio::task::yield_now().await;
        assert!(plugin.says(&call, seq, "x"), "it still lives after {seq} gaps of 4 s");
    }
    tokio::time::advance(Duration::from_millis(5_001)).await;
    for _ in 0..10 {
        app.delta().await;
    }
    let last = app.delta().await;
    assert_eq!(last.abort.unwrap().reason(), Reason::Deadline);
    assert_eq!(reason(&app.result().await), Reason::Deadline);
    assert!(!plugin.says(&call, 10, "late"));
}

// I42
#[tokio::test(start_paused = true)]
async fn a_piece_out_of_order_breaks_the_stream_off() {
    let board = board();
    let (mut app, plugin, call) = asked(&board).await;
    plugin.says(&call, 0, "a");
    plugin.says(&call, 2, "c");
    app.delta().await;
    assert_eq!(app.delta().await.abort.unwrap().reason(), Reason::ProtocolViolation);
    assert_eq!(reason(&app.result().await), Reason::ProtocolViolation);
    assert_eq!(board.view(plugin.member).traffic.rule_breaks, 1);
}

#[tokio::test(start_paused = true)]
async fn more_than_a_reply_may_have_breaks_the_stream_off() {
    let board = board();
    let (mut app, plugin, call) = asked(&board).await;
    let piece = "x".repeat(60_000);
    for seq in 0..18 {
        plugin.says(&call, seq, &piece);
    }
    let last = loop {
        let delta = app.delta().await;
        if delta.abort.is_some() {
            break delta;
        }
    };
    assert_eq!(last.abort.unwrap().reason(), Reason::StreamTooLarge);
}

// I44
#[tokio::test(start_paused = true)]
async fn what_the_app_cancels_by_its_interaction_ends_everywhere() {
    let board = board();
    let (mut app, mut plugin, call) = asked(&board).await;
    plugin.says(&call, 0, "a");
    board.cancel_interaction("i1");
    app.delta().await;
    assert_eq!(app.delta().await.abort.unwrap().reason(), Reason::Cancelled);
    assert_eq!(reason(&app.result().await), Reason::Cancelled);
    let daemon_frame::Kind::Cancel(cancel) = plugin.frame().await else { panic!() };
    assert_eq!(cancel.call, call.id);
    let mut wishes = board.keep_wishes().unwrap();
    assert_eq!(wishes.try_recv().unwrap(), KeepWish::Cancel("i1".into()));
}

// I43
#[tokio::test(start_paused = true)]
async fn an_interceptors_time_is_never_extended() {
    let board = board();
    let mut app = FakeApp::connected(&board);
    let interceptors = vec![interceptor(Phase::Transform, OnFailure::Open)];
    let mut plugin = FakePlugin::ready(&board, registration("one", interceptors));
    app.ask(1, "hi");
    let call = plugin.call().await;
    let progress = Progress { call: call.id, percent: 1, text: String::new() };
    board.progress(plugin.member, progress);
    assert!(!plugin.says(&call, 0, "hooks are not answered piece by piece"));
    tokio::time::advance(Duration::from_millis(301)).await;
    let (_, verdict) = app.verdict().await;
    assert_eq!(verdict.steps[0].skipped(), outboard_proto::common::SkipReason::Timeout);
}

// I43
#[tokio::test(start_paused = true)]
async fn progress_is_shown_and_never_shortens_what_is_left() {
    let board = board();
    let app_board = board.clone();
    let mut app = FakeApp::connected(&app_board);
    let long = Registration { call_timeout: Duration::from_secs(60), ..dice() };
    let mut plugin = FakePlugin::ready(&board, long);
    board.run_command(CommandRun::Session { node: app.node, id: 7 }, roll(&["member"]));
    let call = plugin.call().await;
    let progress = Progress { call: call.id, percent: 40, text: "hm".into() };
    assert!(board.progress(plugin.member, progress.clone()));
    assert!(board.progress(plugin.member, progress));
    let shown = loop {
        if let to_app::Kind::Progress(shown) = app.frame().await {
            break shown;
        }
    };
    assert_eq!((shown.interaction_id.as_str(), shown.percent), ("i1", 40));
    tokio::time::advance(Duration::from_secs(59)).await;
    tokio::task::yield_now().await;
    assert!(plugin.replies(&call, InteractionReply::default()), "the 60 s still count");
    // The second sign of progress came too soon to be shown.
    assert!(matches!(app.frame().await, to_app::Kind::Command(_)));
}

// I45
#[tokio::test(start_paused = true)]
async fn the_app_hears_of_a_deferral_once_it_is_kept() {
    let board = board();
    let mut wishes = board.keep_wishes().unwrap();
    let (mut app, plugin, call) = asked(&board).await;
    let later = InteractionReply { deferred: true, ..InteractionReply::default() };
    assert!(plugin.replies(&call, later));
    assert!(board.may_defer(plugin.member, "i1"));
    let KeepWish::Keep(deferral) = wishes.try_recv().unwrap() else { panic!() };
    assert_eq!((&*deferral.plugin, deferral.node.as_str()), ("dice", "n1"));
    board.deferral_kept(deferral.key, Ok(77));
    let result = app.result().await;
    let Some(command_result::Result::Reply(reply)) = result.result else { panic!("{result:?}") };
    assert_eq!((reply.deferred, reply.expires_at_us), (true, 77));
    assert!(!board.may_defer(plugin.member, "i1"));
}

#[tokio::test(start_paused = true)]
async fn what_follows_on_a_deferral_carries_the_trace_of_its_interaction() {
    let board = board();
    let mut wishes = board.keep_wishes().unwrap();
    let app = FakeApp::connected(&board);
    let mut plugin = FakePlugin::ready(&board, dice());
    let trace = outboard_proto::common::Trace { traceparent: "00-7".into(), ..Default::default() };
    let request =
        outboard_proto::app::RunCommand { trace: Some(trace.clone()), ..roll(&["member"]) };
    board.run_command(CommandRun::Session { node: app.node, id: 1 }, request);
    let call = plugin.call().await;
    plugin.replies(&call, InteractionReply { deferred: true, ..InteractionReply::default() });
    let KeepWish::Keep(deferral) = wishes.try_recv().unwrap() else { panic!() };
    board.deferral_kept(deferral.key, Ok(i64::MAX));
    let said = |id: &str| {
        let follow_up = FollowUp { interaction_id: id.to_owned(), ..FollowUp::default() };
        let around = (String::new(), "n1", "key".to_owned());
        board.compose_follow_up(plugin.member, follow_up, around).unwrap().request.trace
    };
    assert_eq!(said("i1"), Some(trace));
    assert_eq!(said("i2"), None, "an earlier daemon's interaction");
    board.deferral_over("dice", "i1");
    assert_eq!(said("i1"), None);
}

#[tokio::test(start_paused = true)]
async fn a_deferral_that_cannot_be_kept_or_shown_is_a_failure() {
    let board = board();
    let mut wishes = board.keep_wishes().unwrap();
    let (mut app, plugin, call) = asked(&board).await;
    let later = InteractionReply { deferred: true, ..InteractionReply::default() };
    plugin.replies(&call, later.clone());
    let KeepWish::Keep(deferral) = wishes.try_recv().unwrap() else { panic!() };
    let full = outboard_proto::common::Failure::new(
        tonic::Code::ResourceExhausted,
        Reason::OverLimit,
        "full",
    );
    board.deferral_kept(deferral.key, Err(full));
    assert_eq!(reason(&app.result().await), Reason::OverLimit);

    board.detach_node(app.node);
    let (sender, result) = tokio::sync::oneshot::channel();
    board.run_command(CommandRun::Unary(sender, None), roll(&["member"]));
    let mut plugin = plugin;
    let call = plugin.call().await;
    plugin.replies(&call, later);
    assert_eq!(reason(&result.await.unwrap()), Reason::AppUnsupported);
}

#[tokio::test(start_paused = true)]
async fn an_alias_runs_the_command_under_its_own_name() {
    let board = board();
    let mut plugin = FakePlugin::ready(&board, dice());
    let app = FakeApp::connected(&board);
    let request = outboard_proto::app::RunCommand { name: "r".into(), ..roll(&["member"]) };
    board.run_command(CommandRun::Session { node: app.node, id: 1 }, request);
    let Some(outboard_proto::plugin::call::Of::Command(run)) = plugin.call().await.of else {
        panic!()
    };
    assert_eq!(run.name, "roll");
}

fn completing() -> Registration {
    use crate::config::manifest::{ArgDecl, ArgKind, Completion, Extent, Form, Presence};
    let arg = |name: &str, completion| ArgDecl {
        name: name.into(),
        description: String::new(),
        kind: ArgKind::String,
        suggestions: vec!["2d6".into(), "2d20".into(), "d6".into()],
        completion,
        presence: Presence::Required,
        extent: Extent::Word,
    };
    let args = vec![arg("dice", Completion::Declared), arg("asked", Completion::Plugin)];
    let mut dice = dice();
    dice.commands[0].form = Form::Plain(args);
    dice
}

fn typing(argument: &str, role: &str) -> Autocomplete {
    Autocomplete {
        command: "r".into(),
        argument: argument.into(),
        prefix: "2D".into(),
        sender: roll(&[role]).sender,
        ..Autocomplete::default()
    }
}

// I46
#[tokio::test(start_paused = true)]
async fn offers_come_from_the_manifest_or_within_300_ms_from_the_plugin() {
    let board = board();
    let mut app = FakeApp::connected(&board);
    let mut plugin = FakePlugin::ready(&board, completing());
    let node = app.node;
    let ask = |id, argument, role| {
        board.autocomplete(Completing::Session { node, id }, typing(argument, role));
    };
    ask(1, "dice", "member");
    assert_eq!(app.choices().await.choices, ["2d6", "2d20"]);

    ask(2, "asked", "member");
    let call = plugin.call().await;
    let Some(outboard_proto::plugin::call::Of::Autocomplete(asked)) = &call.of else { panic!() };
    assert_eq!(asked.command, "roll", "under its own name");
    let choices = outboard_proto::plugin::Choices { choices: vec!["2d8".into(), String::new()] };
    let result = Some(reply::Result::Choices(choices));
    assert!(board.reply(plugin.member, 1, call.id, Said::Result(result)));
    assert_eq!(app.choices().await.choices, ["2d8"]);

    ask(3, "asked", "member");
    let call = plugin.call().await;
    assert!(call.budget_us <= 300_000);
    tokio::time::advance(Duration::from_millis(301)).await;
    let late = app.choices().await;
    assert_eq!((late.id, late.choices.len(), late.failure), (3, 2, None));

    plugin.lost();
    ask(4, "asked", "member");
    assert_eq!(app.choices().await.choices, ["2d6", "2d20"]);
    ask(5, "asked", "guest");
    assert_eq!(app.choices().await.failure.unwrap().reason(), Reason::CommandNotAllowed);
}

// I28
#[tokio::test(start_paused = true)]
async fn nobody_follows_up_or_is_acted_upon_without_the_grant() {
    let board = board();
    let mut app = FakeApp::connected(&board);
    let plugin = FakePlugin::ready(&board, Registration { grants: Granted::default(), ..dice() });
    let failure = board.permit(plugin.member, "", Permission::CommandsOwn).unwrap_err();
    assert_eq!(failure.message, "Permission denied: commands:own");
    let action = UiAction { plugin: "dice".into(), ..UiAction::default() };
    board.act(CommandRun::Session { node: app.node, id: 3 }, action);
    assert_eq!(reason(&app.result().await), Reason::PluginUnavailable);
    assert_eq!(board.view(plugin.member).traffic.denied, 2);
}
