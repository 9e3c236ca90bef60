//! What plugins show: who is told, when it goes, what comes back.

use std::sync::Arc;

use outboard_proto::app::{CommandResult, UiAction};
use outboard_proto::common::{
    InteractionReply, Modal, ModalField, ModalFieldKind, Reason, Sender, UiBlock, UiBlocks,
    UiButton, UiContribution, UiItem, UiPosition, UiText, UiWhen, Value, ui_block, ui_content,
    ui_contribution, value,
};

use super::*;
use crate::config::granted::Limit;
use crate::ui::{Assets, Contributed, Contribution, Dynamic, Kind};

fn blocks(text: &str) -> UiBlocks {
    let said = UiText { text: text.to_owned(), ..UiText::default() };
    let press = UiButton { label: "Go".into(), action: "go".into(), ..UiButton::default() };
    let blocks = [ui_block::Of::Text(said), ui_block::Of::Button(press)];
    UiBlocks { blocks: blocks.into_iter().map(|of| UiBlock { of: Some(of) }).collect() }
}

fn said(text: &str) -> ui_content::Of {
    ui_content::Of::Blocks(blocks(text))
}

fn widget(id: &str) -> UiContribution {
    UiContribution {
        id: id.to_owned(),
        title: id.to_owned(),
        position: UiPosition::Sidebar.into(),
        of: Some(ui_contribution::Of::Blocks(blocks("first"))),
        ..UiContribution::default()
    }
}

fn entry(id: &str) -> UiContribution {
    let when = Some(UiWhen { roles: vec!["member".into()], ..UiWhen::default() });
    let of = Some(ui_contribution::Of::Item(UiItem { action: "new".into() }));
    UiContribution { of, when, position: UiPosition::Composer.into(), ..widget(id) }
}

fn shows(name: &str, all: &[UiContribution], most: usize) -> Registration {
    let check =
        |it: &UiContribution| Contribution::check(it.clone(), "", &Assets::default()).unwrap();
    let contributed = Contributed {
        all: all.iter().map(check).collect(),
        dynamic: Dynamic { kinds: [Kind::Blocks].into(), most },
        assets: Assets::default(),
    };
    let mut grants = registration(name, Vec::new()).grants;
    grants.grant(Permission::UiContribute, Limit::default());
    Registration { ui: Arc::new(contributed), grants, ..registration(name, Vec::new()) }
}

fn connected(board: &Switchboard, ui: &[&str]) -> (FakeApp, outboard_proto::app::Catalogue) {
    let (sender, frames) = egress();
    let hello = AppHello {
        protocol: "1".into(),
        app: "test".into(),
        node: "n1".into(),
        ui: ui.iter().map(|it| (*it).to_owned()).collect(),
        ..AppHello::default()
    };
    let (node, _, catalogue) = board.attach_node(hello, sender, false).unwrap();
    (FakeApp { board: board.clone(), node, frames }, catalogue)
}

/// The next thing that a component says.
async fn content(app: &mut FakeApp) -> (String, String) {
    loop {
        if let to_app::Kind::Ui(content) = app.frame().await {
            let Some(ui_content::Of::Blocks(blocks)) = content.of else { panic!("{content:?}") };
            let Some(ui_block::Of::Text(text)) = &blocks.blocks[0].of else { panic!() };
            return (content.id, text.text.clone());
        }
    }
}

async fn listed(app: &mut FakeApp) -> Vec<String> {
    loop {
        if let to_app::Kind::Catalogue(catalogue) = app.frame().await {
            return catalogue.ui.iter().map(|it| format!("{}/{}", it.plugin, it.id)).collect();
        }
    }
}

async fn result(app: &mut FakeApp) -> CommandResult {
    loop {
        if let to_app::Kind::Command(result) = app.frame().await {
            return result;
        }
    }
}

fn why(result: &CommandResult) -> Reason {
    match &result.result {
        Some(outboard_proto::app::command_result::Result::Failure(failure)) => failure.reason(),
        other => panic!("{other:?}"),
    }
}

fn act(app: &FakeApp, component: &str, action: &str) {
    send(app, UiAction { component: component.into(), action: action.into(), ..member() });
}

fn send(app: &FakeApp, action: UiAction) {
    app.board.act(CommandRun::Session { node: app.node, id: 7 }, action);
}

fn member() -> UiAction {
    let sender = Sender { id: "u1".into(), roles: vec!["member".into()], ..Sender::default() };
    UiAction { plugin: "poll".into(), sender: Some(sender), ..UiAction::default() }
}

#[tokio::test(start_paused = true)]
async fn an_app_is_told_of_the_kinds_and_positions_that_it_renders_and_of_no_others() {
    let board = board();
    let _plugin = FakePlugin::ready(&board, shows("poll", &[widget("w"), entry("m")], 0));
    let ids = |ui: &[&str]| -> Vec<String> {
        connected(&board, ui).1.ui.into_iter().map(|it| it.id).collect()
    };
    assert_eq!(ids(&["blocks", "menu"]), ["w", "m"]);
    assert_eq!(ids(&["blocks"]), ["w"]);
    assert_eq!(ids(&["blocks", "menu", "composer"]), ["m"]);
    assert!(ids(&[]).is_empty());
    assert!(ids(&["web", "sidebar"]).is_empty());
    let (mut app, _) = connected(&board, &["blocks"]);
    assert_eq!(content(&mut app).await, ("w".into(), "first".into()));
}

// I89
#[tokio::test(start_paused = true)]
async fn what_a_plugin_shows_stays_while_it_restarts_and_goes_with_it() {
    let board = board();
    let mut plugin = FakePlugin::ready(&board, shows("poll", &[widget("w")], 0));
    let (mut app, _) = connected(&board, &["blocks"]);
    plugin.lost();
    let catalogue = loop {
        if let to_app::Kind::Catalogue(catalogue) = app.frame().await {
            break catalogue;
        }
    };
    assert!(!catalogue.ui[0].unavailable.is_empty());
    act(&app, "w", "go");
    assert_eq!(why(&result(&mut app).await), Reason::PluginUnavailable);
    plugin.back();
    assert_eq!(listed(&mut app).await, ["poll/w"]);
    let failed =
        Standing::Unavailable { state: "failed", reason: String::new(), retry_after: None };
    board.set_standing(plugin.member, failed);
    assert!(listed(&mut app).await.is_empty(), "given up");
    plugin.back();
    assert_eq!(listed(&mut app).await, ["poll/w"]);
    assert_eq!(content(&mut app).await.0, "w", "told again what it says");
    board.unregister(plugin.member);
    assert!(listed(&mut app).await.is_empty(), "unloaded");
    act(&app, "w", "go");
    assert_eq!(why(&result(&mut app).await), Reason::UnknownPlugin);
}

// I87
#[tokio::test(start_paused = true)]
async fn a_thousand_updates_are_told_a_few_times_a_second_and_the_last_one_wins() {
    let board = board();
    let plugin = FakePlugin::ready(&board, shows("poll", &[widget("w")], 0));
    let (mut app, _) = connected(&board, &["blocks"]);
    content(&mut app).await;
    let mut revision = 0;
    for number in 0..1000 {
        let said = said(&format!("count {number}"));
        let next = board.ui_update(plugin.member, "w", Some(&said)).unwrap();
        assert!(next > revision, "revisions grow");
        revision = next;
    }
    // At most one at once, and one with the timer; `keep_time` is not needed to see that.
    tokio::time::advance(Duration::from_millis(100)).await;
    board.with(super::super::Core::expire);
    let mut heard = Vec::new();
    while heard.last().is_none_or(|it: &String| it != "count 999") {
        heard.push(content(&mut app).await.1);
    }
    assert!(heard.len() <= 2, "{heard:?}");
}

// I87
#[tokio::test(start_paused = true)]
async fn who_changes_more_than_apps_can_be_told_is_refused_and_nobody_else() {
    let board = board();
    let flood = FakePlugin::ready(&board, shows("flood", &[widget("w")], 0));
    let calm = FakePlugin::ready(&board, shows("poll", &[widget("w")], 0));
    let refused = (0..5000).find_map(|number| {
        board.ui_update(flood.member, "w", Some(&said(&number.to_string()))).err()
    });
    let refused = refused.expect("there is an end to it");
    assert_eq!(refused.reason(), Reason::OverLimit);
    assert!(refused.retry_after_us > 0);
    board.ui_update(calm.member, "w", Some(&said("calm"))).unwrap();
    tokio::time::advance(Duration::from_millis(100)).await;
    board.ui_update(flood.member, "w", Some(&said("again"))).unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_registered_is_bounded_by_the_manifest_and_named_once() {
    let board = board();
    let plugin = FakePlugin::ready(&board, shows("poll", &[widget("w")], 2));
    let register = |id: &str| board.ui_register(plugin.member, widget(id), "");
    register("a").unwrap();
    assert_eq!(register("a").unwrap_err().reason(), Reason::BadContribution, "twice");
    assert_eq!(register("w").unwrap_err().reason(), Reason::BadContribution, "the manifest's");
    register("b").unwrap();
    assert_eq!(register("c").unwrap_err().reason(), Reason::BadContribution, "one too many");
    let kind = board.ui_register(plugin.member, entry("m"), "").unwrap_err();
    assert!(kind.message.contains("no dynamic menu"), "{}", kind.message);
    assert_eq!(board.ui_remove(plugin.member, "w").unwrap_err().reason(), Reason::BadContribution);
    board.ui_remove(plugin.member, "b").unwrap();
    let gone = board.ui_update(plugin.member, "b", Some(&said("x"))).unwrap_err();
    assert_eq!(gone.reason(), Reason::UnknownContribution);
    // Another plugin may use the same id.
    let other = FakePlugin::ready(&board, shows("other", &[widget("w")], 1));
    board.ui_register(other.member, widget("a"), "").unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_new_generation_takes_over_what_the_last_one_registered_or_lets_it_go() {
    let board = board();
    let mut plugin = FakePlugin::ready(&board, shows("poll", &[], 4));
    board.ui_register(plugin.member, widget("a"), "").unwrap();
    board.ui_register(plugin.member, widget("b"), "").unwrap();
    let (mut app, catalogue) = connected(&board, &["blocks"]);
    assert_eq!(catalogue.ui.len(), 2);
    plugin.lost();
    assert_eq!(listed(&mut app).await.len(), 2, "unavailable, but there");
    board.new_generation(plugin.member);
    board.ui_register(plugin.member, widget("a"), "").unwrap();
    plugin.back();
    while listed(&mut app).await != ["poll/a"] {}
}

// I89
#[tokio::test(start_paused = true)]
async fn what_is_not_shown_cannot_be_used_nor_by_whom_it_is_not_for() {
    let board = board();
    let mut plugin = FakePlugin::ready(&board, shows("poll", &[widget("w"), entry("m")], 0));
    let (mut app, _) = connected(&board, &["blocks", "menu"]);
    for (component, action) in [("x", "go"), ("w", "other"), ("", ""), ("m", "go")] {
        act(&app, component, action);
        let reason = why(&result(&mut app).await);
        assert_eq!(reason, Reason::UnknownContribution, "{component} {action}");
    }
    let guest = Sender { id: "u2".into(), roles: vec!["guest".into()], ..Sender::default() };
    let (component, action) = ("m".to_owned(), "new".to_owned());
    send(&app, UiAction { component, action, sender: Some(guest), ..member() });
    assert_eq!(why(&result(&mut app).await), Reason::CommandNotAllowed);
    act(&app, "m", "new");
    let call = plugin.call().await;
    let Some(outboard_proto::plugin::call::Of::Ui(told)) = &call.of else { panic!("{call:?}") };
    assert_eq!((told.component.as_str(), told.action.as_str()), ("m", "new"));
}

fn modal() -> Modal {
    let field = ModalField {
        id: "question".into(),
        label: "Question".into(),
        kind: ModalFieldKind::String.into(),
        required: true,
        ..ModalField::default()
    };
    Modal {
        id: "new-poll".into(),
        title: "New poll".into(),
        fields: vec![field],
        state: "about m1".into(),
        ..Modal::default()
    }
}

/// Opens a form by an entry of a menu; gives its token.
async fn opened(app: &mut FakeApp, plugin: &mut FakePlugin) -> String {
    act(app, "m", "new");
    let call = plugin.call().await;
    let reply = InteractionReply { modal: Some(Box::new(modal())), ..InteractionReply::default() };
    plugin.replies(&call, reply);
    match result(app).await.result {
        Some(outboard_proto::app::command_result::Result::Reply(reply)) => {
            let modal = reply.modal.unwrap();
            assert!(modal.state.is_empty(), "the plugin's own");
            modal.token
        }
        other => panic!("{other:?}"),
    }
}

fn filled(token: &str, question: &str) -> UiAction {
    let value = Value { of: Some(value::Of::String(question.to_owned())) };
    let values = [("question".to_owned(), value)].into();
    UiAction { modal: token.to_owned(), values, ..member() }
}

// I89
#[tokio::test(start_paused = true)]
async fn a_form_is_sent_once_by_whom_it_was_opened_for_with_values_that_it_takes() {
    let board = board();
    let mut plugin = FakePlugin::ready(&board, shows("poll", &[entry("m")], 0));
    let (mut app, _) = connected(&board, &["menu", "modal"]);
    let token = opened(&mut app, &mut plugin).await;

    send(&app, filled(&token, ""));
    assert_eq!(why(&result(&mut app).await), Reason::BadValues);
    let stranger = Sender { id: "u2".into(), ..Sender::default() };
    send(&app, UiAction { sender: Some(stranger), ..filled(&token, "Tea?") });
    assert_eq!(why(&result(&mut app).await), Reason::CommandNotAllowed);

    send(&app, filled(&token, "Tea?"));
    let call = plugin.call().await;
    let Some(outboard_proto::plugin::call::Of::Ui(told)) = &call.of else { panic!("{call:?}") };
    assert_eq!((told.modal.as_str(), told.state.as_str()), ("new-poll", "about m1"));
    send(&app, filled(&token, "Tea?"));
    assert_eq!(why(&result(&mut app).await), Reason::OverLimit, "it is on its way");
    let error = Some(outboard_proto::common::Text::default());
    plugin.replies(&call, InteractionReply { error, ..InteractionReply::default() });
    result(&mut app).await;

    send(&app, filled(&token, "Coffee?"));
    let call = plugin.call().await;
    plugin.replies(&call, InteractionReply::default());
    result(&mut app).await;
    send(&app, filled(&token, "Milk?"));
    assert_eq!(why(&result(&mut app).await), Reason::InteractionExpired, "it was taken");

    let token = opened(&mut app, &mut plugin).await;
    tokio::time::advance(Duration::from_secs(31 * 60)).await;
    send(&app, filled(&token, "Late?"));
    assert_eq!(why(&result(&mut app).await), Reason::InteractionExpired);
}

#[tokio::test(start_paused = true)]
async fn an_app_that_shows_no_forms_hears_the_body_or_why_there_is_nothing() {
    let board = board();
    let mut plugin = FakePlugin::ready(&board, shows("poll", &[entry("m")], 0));
    let (mut app, _) = connected(&board, &["menu"]);
    act(&app, "m", "new");
    let call = plugin.call().await;
    let reply = InteractionReply { modal: Some(Box::new(modal())), ..InteractionReply::default() };
    plugin.replies(&call, reply.clone());
    assert_eq!(why(&result(&mut app).await), Reason::AppUnsupported);
    act(&app, "m", "new");
    let call = plugin.call().await;
    let body = Some(outboard_proto::common::Body::default());
    plugin.replies(&call, InteractionReply { body, ..reply });
    match result(&mut app).await.result {
        Some(outboard_proto::app::command_result::Result::Reply(reply)) => {
            assert_eq!(reply.modal, None);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_fits_no_frame_comes_in_pieces_and_what_it_says_one_by_one() {
    let board = board();
    let title = "t".repeat(120);
    let all: Vec<_> = (0..60)
        .map(|number| UiContribution { title: title.clone(), ..widget(&format!("w{number:02}")) })
        .collect();
    let _plugins: Vec<_> = (0..4)
        .map(|number| FakePlugin::ready(&board, shows(&format!("plugin-{number}"), &all, 0)))
        .collect();
    let (mut app, first) = connected(&board, &["blocks"]);
    let (mut more, mut count) = (first.more, first.ui.len());
    assert!(more);
    while more {
        let to_app::Kind::Catalogue(piece) = app.frame().await else { continue };
        assert!(prost::Message::encoded_len(&piece) <= 40 * 1024);
        (more, count) = (piece.more, count + piece.ui.len());
    }
    assert_eq!(count, 240);
    let mut heard = std::collections::BTreeSet::new();
    while heard.len() < 60 {
        tokio::time::advance(Duration::from_millis(100)).await;
        board.with(super::super::Core::expire);
        heard.insert(content(&mut app).await.0);
    }
}
