//! What plugins show, as an app's author would test it: on the double.

use outboard_app::common::{
    InteractionReply, Modal, UiBlocks, UiContent, UiContribution, ui_content,
};
use outboard_app::test::Daemon;
use outboard_app::{App, AssetError, UiAction};

fn widget() -> UiContribution {
    UiContribution { plugin: "poll".into(), id: "w".into(), ..UiContribution::default() }
}

#[tokio::test]
async fn an_app_sees_what_is_shown_and_what_it_says() {
    let daemon = Daemon::new().showing([widget()]);
    let app = App::builder("chat", "1").ui(["blocks", "modal"]).connect_to(&daemon);
    app.connected().await;
    let mut shown = app.shown();
    shown.wait_for(|it| it.contributions == [widget()]).await.unwrap();
    let of = Some(ui_content::Of::Blocks(UiBlocks::default()));
    let (plugin, id) = ("poll".to_owned(), "w".to_owned());
    daemon.say(UiContent { plugin, id, revision: 1, of }).await;
    shown.wait_for(|it| it.content("poll", "w").is_some()).await.unwrap();
    assert_eq!(daemon.hello().unwrap().ui, ["blocks", "modal"]);
}

#[tokio::test]
async fn an_action_is_answered_and_may_open_a_form() {
    let daemon = Daemon::new().on_action(|action| {
        let modal = Modal { title: action.action.clone(), ..Modal::default() };
        Ok(InteractionReply { modal: Some(Box::new(modal)), ..InteractionReply::default() })
    });
    let app = App::builder("chat", "1").ui(["menu", "modal"]).connect_to(&daemon);
    app.connected().await;
    let action = UiAction { action: "new".into(), ..UiAction::default() };
    let answer = app.act(action).result().await.unwrap();
    assert_eq!(answer.reply.modal.unwrap().title, "new");
}

#[tokio::test]
async fn a_file_is_had_by_its_hash_or_not_at_all() {
    let daemon = Daemon::new().asset("abc", "text/html", "<p>");
    let app = App::builder("chat", "1").connect_to(&daemon);
    assert_eq!(&app.asset("poll", "abc").await.unwrap().bytes[..], b"<p>");
    assert!(matches!(app.asset("poll", "other").await, Err(AssetError::Unknown(_))));
}
