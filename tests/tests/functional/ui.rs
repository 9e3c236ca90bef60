//! What plugins show: an app that renders it is told, and what people do comes back.

use std::time::Duration;

use outboard_app::common::{UiContent, ui_block, ui_content};
use outboard_app::{App, CommandError, CommandReply, Shown, UiAction};
use outboard_proto::common::{Failure, Reason, Sender, Value, value};
use outboard_tests::{Daemon, Draft, Outcome, PATIENCE};
use tokio::time::timeout;

use crate::{QUICK, SLOW};

pub const WIDGET: &str = "position = \"sidebar\"\nblocks = [{ kind = \"text\", text = \"first\" }, \
                          { kind = \"button\", label = \"Press\", action = \"press\" }]";
const ENTRY: &str = "position = \"composer\"\naction = \"form\"\nwhen = { roles = [\"member\"] }";

// I87
#[tokio::test]
async fn a_component_is_shown_changed_and_pressed() -> Outcome {
    let (_daemon, app, shown) = with(Draft::obedient("alpha").shows("blocks", "w", WIDGET)).await?;
    assert_eq!(says(&app, "alpha", "w", |_| true).await?, "first");
    assert_eq!(shown.contributions[0].title, "w");
    let script = "<script>alert(1)</script>";
    assert_eq!(order(&app, &format!("ui update w {script}")).await?, "updated");
    says(&app, "alpha", "w", |text| text == script).await?;
    let answer = act(&app, "w", "press").await?;
    assert_eq!(text(&answer), "w press");
    Ok(())
}

// I89
#[tokio::test]
async fn what_is_shown_stays_while_the_plugin_restarts_and_goes_when_it_is_unloaded() -> Outcome {
    let draft = Draft::obedient("alpha").shows("blocks", "w", WIDGET);
    let (daemon, app, _) = with_config(SLOW, draft).await?;
    says(&app, "alpha", "w", |_| true).await?;
    daemon.operator().wait_running("alpha").await?;
    // It answers first, and then goes.
    let _ = order(&app, "exit 3").await;
    shows(&app, |it| it.contributions.iter().any(|it| !it.unavailable.is_empty())).await?;
    let refused = act(&app, "w", "press").await.unwrap_err();
    assert_eq!(reason(&refused), Reason::PluginUnavailable);
    daemon.operator().unload("alpha").await?;
    shows(&app, |it| it.contributions.is_empty()).await?;
    let refused = act(&app, "w", "press").await.unwrap_err();
    assert_eq!(reason(&refused), Reason::UnknownPlugin);
    Ok(())
}

// I89
#[tokio::test]
async fn a_form_is_opened_filled_in_and_sent_and_bad_values_are_named() -> Outcome {
    let (_daemon, app, _) = with(Draft::obedient("alpha").shows("menu", "m", ENTRY)).await?;
    let guest = UiAction { sender: Some(person("bob", "guest")), ..action("m", "form") };
    let refused = app.act(guest).result().await.unwrap_err();
    assert_eq!(reason(&refused), Reason::CommandNotAllowed);

    let opened = act(&app, "m", "form").await?;
    let modal = *opened.reply.modal.expect("a form");
    assert_eq!((modal.title.as_str(), modal.state.as_str()), ("Ask", ""));
    let bad = app.act(filled(&modal.token, &"x".repeat(21))).result().await.unwrap_err();
    let CommandError::Failed(failure) = bad else { panic!("{bad:?}") };
    assert_eq!(failure.reason(), Reason::BadValues);
    assert_eq!(failure.details["field.question"], "is at most 20 characters");
    let sent = app.act(filled(&modal.token, "Tea?")).result().await?;
    assert_eq!(text(&sent), "ask s1 question=Tea?");
    let again = app.act(filled(&modal.token, "Tea?")).result().await.unwrap_err();
    assert_eq!(reason(&again), Reason::InteractionExpired);
    Ok(())
}

#[tokio::test]
async fn what_is_registered_comes_and_goes_and_a_new_process_registers_anew() -> Outcome {
    let dynamic = "[[ui]]\ndynamic = true\nkinds = [\"blocks\"]\nmaximum = 2";
    let draft = Draft::obedient("alpha").may("ui:contribute").section(dynamic);
    let (daemon, app, _) = with_config(QUICK, draft).await?;
    assert_eq!(order(&app, "ui register a one").await?, "registered");
    says(&app, "alpha", "a", |text| text == "one").await?;
    assert!(order(&app, "ui register a two").await?.contains("BAD_CONTRIBUTION"));
    assert_eq!(order(&app, "ui register b two").await?, "registered");
    assert!(order(&app, "ui register c three").await?.contains("the manifest allows 2"));
    assert_eq!(order(&app, "ui remove b").await?, "removed");
    shows(&app, |it| it.contributions.len() == 1).await?;
    let _ = order(&app, "exit 3").await;
    daemon.operator().wait_back("alpha", 1).await?;
    shows(&app, |it| it.contributions.is_empty()).await?;
    assert_eq!(order(&app, "ui register a again").await?, "registered");
    says(&app, "alpha", "a", |text| text == "again").await?;
    Ok(())
}

// I87
#[tokio::test]
async fn a_thousand_updates_a_second_are_few_for_the_app_and_nothing_for_another_plugin() -> Outcome
{
    let draft = Draft::obedient("alpha").shows("blocks", "w", WIDGET);
    let (daemon, app, _) = with(draft).await?;
    daemon.run(&Draft::obedient("beta").shows("blocks", "w", WIDGET)).await?;
    let mut watched = app.shown();
    let heard = tokio::spawn(async move {
        let mut heard = 0;
        while watched.changed().await.is_ok() {
            heard += 1;
            let is_last = |it: &UiContent| saying(it) == "count 999";
            if watched.borrow().content("alpha", "w").is_some_and(is_last) {
                return heard;
            }
        }
        heard
    });
    let (flood, calm) = tokio::join!(order(&app, "ui flood w 1000"), async {
        let started = tokio::time::Instant::now();
        let answer = act_on(&app, "beta", "w", "press").await;
        (answer, started.elapsed())
    });
    assert_eq!(flood?, "1000 taken, refused: none");
    let (answer, took) = calm;
    assert_eq!(text(&answer?), "w press");
    assert!(took < Duration::from_millis(500), "{took:?}");
    let heard = timeout(PATIENCE, heard).await??;
    assert!(heard < 200, "{heard} changes");
    Ok(())
}

/// A daemon with one plugin, and an app that renders all.
pub async fn with(draft: Draft) -> anyhow::Result<(Daemon, App, Shown)> {
    with_config("", draft).await
}

async fn with_config(config: &str, draft: Draft) -> anyhow::Result<(Daemon, App, Shown)> {
    let daemon = Daemon::configured(config).await?;
    daemon.run(&draft).await?;
    let app = renders(&daemon, &["blocks", "web", "menu", "modal"]).await?;
    let shown = app.shown().borrow().clone();
    Ok((daemon, app, shown))
}

pub async fn renders(daemon: &Daemon, ui: &[&str]) -> anyhow::Result<App> {
    let app = App::builder("sdk-chat", "1").ui(ui.iter().copied());
    let app = app.connect(daemon.house().app_socket());
    timeout(PATIENCE, app.connected()).await?;
    Ok(app)
}

/// Waits until what is shown satisfies `wanted`.
pub async fn shows(app: &App, wanted: impl FnMut(&Shown) -> bool) -> anyhow::Result<Shown> {
    let mut shown = app.shown();
    Ok(timeout(PATIENCE, shown.wait_for(wanted)).await??.clone())
}

/// Waits until a component says something that satisfies `wanted`.
pub async fn says(
    app: &App,
    plugin: &str,
    id: &str,
    wanted: impl Fn(&str) -> bool,
) -> anyhow::Result<String> {
    let said = |it: &Shown| it.content(plugin, id).map(saying);
    let shown = shows(app, |it| said(it).is_some_and(|text| wanted(&text))).await?;
    Ok(said(&shown).unwrap_or_default())
}

/// The first text of a component.
fn saying(content: &UiContent) -> String {
    let Some(ui_content::Of::Blocks(blocks)) = &content.of else { return String::new() };
    match blocks.blocks.first().and_then(|it| it.of.as_ref()) {
        Some(ui_block::Of::Text(text)) => text.text.clone(),
        _ => String::new(),
    }
}

/// Tells the plugin what to do; gives what it says.
pub async fn order(app: &App, what: &str) -> anyhow::Result<String> {
    let command = outboard_app::RunCommand {
        name: "alpha".to_owned(),
        text: what.to_owned(),
        sender: Some(person("ann", "member")),
        budget_us: 5_000_000,
        ..outboard_app::RunCommand::default()
    };
    Ok(text(&app.run_command(command).await?))
}

pub async fn act(app: &App, component: &str, name: &str) -> Result<CommandReply, CommandError> {
    app.act(action(component, name)).result().await
}

async fn act_on(
    app: &App,
    plugin: &str,
    component: &str,
    name: &str,
) -> Result<CommandReply, CommandError> {
    app.act(UiAction { plugin: plugin.to_owned(), ..action(component, name) }).result().await
}

pub fn action(component: &str, name: &str) -> UiAction {
    UiAction {
        plugin: "alpha".to_owned(),
        component: component.to_owned(),
        action: name.to_owned(),
        sender: Some(person("ann", "member")),
        channel: Some(outboard_tests::values::channel("town")),
        ..UiAction::default()
    }
}

fn filled(token: &str, question: &str) -> UiAction {
    let value = Value { of: Some(value::Of::String(question.to_owned())) };
    let values = [("question".to_owned(), value)].into();
    UiAction { modal: token.to_owned(), values, ..action("", "") }
}

fn person(name: &str, role: &str) -> Sender {
    Sender { roles: vec![role.to_owned()], ..outboard_tests::values::person(name) }
}

pub fn reason(error: &CommandError) -> Reason {
    match error {
        CommandError::Failed(failure) => Failure::reason(failure),
        other => panic!("{other:?}"),
    }
}

fn text(answer: &CommandReply) -> String {
    outboard_app::message::text(answer.reply.body.as_ref()).to_owned()
}
