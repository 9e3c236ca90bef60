//! What is pushed to plugins, walked by the one table: what is not granted is not handed over, and
//! counted; what is granted is. A row without its stimulus here fails.

use anyhow::bail;
use outboard_proto::admin::GrantChoice;
use outboard_proto::app::{Autocomplete, UiAction, command_result};
use outboard_proto::common::hook_payload::Of;
use outboard_proto::common::{
    Batch, ChannelDraft, Custom, Delete, Edit, Event, HookPayload, Join, Login, Membership,
    Reaction, SkipReason, StepResult, Upload, UserChange, event,
};
use outboard_proto::needs::{FRAMES, Frame};
use outboard_tests::app::{self, App, AppDraft, http};
use outboard_tests::{Daemon, Draft, Outcome, PATIENCE, values};

use crate::QUICK;

const HOOKS: [&str; 10] = [
    "message.before_post",
    "message.before_edit",
    "message.before_delete",
    "message.before_render",
    "reaction.before_add",
    "file.before_upload",
    "user.before_join",
    "user.before_login",
    "channel.before_create",
    "x.test-chat.before_order",
];

const EVENTS: [&str; 6] = [
    "message.posted",
    "reaction.added",
    "member.joined",
    "user.created",
    "channel.created",
    "file.uploaded",
];

/// Has a handler for everything, and can do without every permission.
fn taker() -> Draft {
    let args = "args = [{ name = \"what\", type = \"string\", rest = true, autocomplete = true }]";
    let permissions = FRAMES.iter().flat_map(|row| row.needs);
    let draft = permissions.fold(Draft::bare("alpha"), |it, needs| it.may_optionally(needs));
    let draft = HOOKS.iter().fold(draft, |it, hook| it.hook(hook, ""));
    draft
        .events(&EVENTS, "")
        .command("alpha", args)
        .command("look", "kind = \"message\"")
        .route("/open/*", "methods = [\"GET\"]\naccess = \"public\"")
        .section(&format!(
            "[[ui]]\nkind = \"blocks\"\nid = \"w\"\ntitle = \"w\"\n{}\n",
            crate::ui::WIDGET
        ))
}

/// Every row that needs something.
fn guarded() -> impl Iterator<Item = &'static Frame> {
    FRAMES.iter().filter(|row| !row.needs.is_empty())
}

// I78
#[tokio::test]
async fn permission_table_every_frame_is_withheld_without_each_of_its_grants() -> Outcome {
    let (daemon, app) = with().await?;
    let operator = daemon.operator();
    for row in guarded() {
        for needs in row.needs {
            operator.change_grants("alpha", &[&format!("-{needs}")]).await?;
            let refused = operator.grant_row("alpha", needs).await?.refused;
            assert!(!arrives(&app, row.kind).await?, "{} without {needs}", row.kind);
            let row_after = operator.grant_row("alpha", needs).await?;
            assert_eq!(row_after.refused, refused + 1, "{} without {needs}", row.kind);
            operator.change_grants("alpha", &[&format!("+{needs}")]).await?;
        }
    }
    Ok(())
}

// I78
#[tokio::test]
async fn permission_table_every_frame_is_handed_over_with_its_grants() -> Outcome {
    let (daemon, app) = with().await?;
    for row in guarded() {
        assert!(arrives(&app, row.kind).await?, "{}", row.kind);
        for needs in row.needs {
            let used = daemon.operator().grant_row("alpha", needs).await?;
            assert!(used.used > 0 && used.last_used_us > 0, "{}: {used:?}", row.kind);
        }
    }
    let denied = daemon.operator().status("alpha").await?.traffic.unwrap_or_default().denied;
    assert_eq!(denied, 0);
    Ok(())
}

// I78
#[tokio::test]
async fn permission_frames_that_are_withheld_are_in_the_audit_log() -> Outcome {
    let (daemon, app) = with().await?;
    daemon.operator().change_grants("alpha", &["-messages:read"]).await?;
    for _ in 0..20 {
        arrives(&app, "event message.*").await?;
    }
    let refused = daemon.operator().audited("refused").await?;
    let of: Vec<_> = refused.iter().map(|it| (it.on.as_str(), it.why.as_str())).collect();
    assert_eq!(of, [("event message.*", "needs messages:read")], "told once a minute");
    Ok(())
}

/// Whether a frame of a kind reaches the plugin.
async fn arrives(app: &App, kind: &str) -> anyhow::Result<bool> {
    match kind.split_once(' ') {
        Some(("hook", hook)) => asked(app, hook_of(hook)?).await,
        Some(("event", class)) => told(app, class).await,
        _ => reached(app, kind).await,
    }
}

fn hook_of(kind: &str) -> anyhow::Result<Of> {
    let message = || values::message("town", "hi");
    let channel = || Some(values::channel("town"));
    let user = || Some(values::person("ann"));
    Ok(match kind {
        "message.before_post" => Of::BeforePost(message().into()),
        "message.before_edit" => {
            Of::BeforeEdit(Edit { message: Some(message()), stored: Some(message()) }.into())
        }
        "message.before_delete" => {
            Of::BeforeDelete(Delete { stored: Some(message()), by: user() }.into())
        }
        "message.before_render" => {
            Of::BeforeRender(Batch { messages: vec![message()], reader: user() }.into())
        }
        "reaction.before_add" => {
            Of::BeforeReaction(Reaction { channel: channel(), ..Reaction::default() }.into())
        }
        "file.before_upload" => {
            Of::BeforeUpload(Upload { channel: channel(), ..Upload::default() }.into())
        }
        "user.before_join" => {
            Of::BeforeJoin(Join { channel: channel(), user: user(), ..Join::default() }.into())
        }
        "user.before_login" => Of::BeforeLogin(Login { user: user(), ..Login::default() }.into()),
        "channel.before_create" => {
            Of::BeforeCreate(ChannelDraft { channel: channel(), ..ChannelDraft::default() }.into())
        }
        "x.*" => Of::Custom(Custom { name: HOOKS[9].to_owned(), json: "{}".to_owned() }),
        other => bail!("nothing here asks at {other}"),
    })
}

async fn asked(app: &App, of: Of) -> anyhow::Result<bool> {
    let verdict = app.intercept(HookPayload { of: Some(of) }).await?;
    let [step] = &verdict.steps[..] else { bail!("asked nobody: {verdict:?}") };
    match (step.result(), step.skipped()) {
        (StepResult::Continued, _) => Ok(true),
        (StepResult::Skipped, SkipReason::NotGranted) => Ok(false),
        _ => bail!("{step:?}"),
    }
}

async fn told(app: &App, class: &str) -> anyhow::Result<bool> {
    let channel = Some(values::channel("town"));
    let user = Some(values::person("ann"));
    let (kind, of) = match class {
        "message.*" => (EVENTS[0], event::Of::Message(values::message("town", "hi").into())),
        "reaction.*" => {
            (EVENTS[1], event::Of::Reaction(Reaction { channel, ..Default::default() }))
        }
        "member.*" => {
            (EVENTS[2], event::Of::Member(Membership { channel, user, ..Default::default() }))
        }
        "user.*" => (EVENTS[3], event::Of::User(UserChange { user, ..Default::default() })),
        "channel.*" => {
            (EVENTS[4], event::Of::Channel(ChannelDraft { channel, ..Default::default() }))
        }
        "file.*" => (EVENTS[5], event::Of::File(Upload { channel, ..Default::default() })),
        other => bail!("nothing here happens of {other}"),
    };
    let event = Event { r#type: kind.to_owned(), of: Some(of), ..Event::default() };
    let published = app.publish(event).await?;
    if published.subscriptions == 0 {
        return Ok(false);
    }
    // Handed over is what was seen.
    let seen = async {
        while !app.tell("alpha", "seen").await?.contains(&format!("event {kind} ")) {}
        Ok(true)
    };
    tokio::time::timeout(PATIENCE, seen).await?
}

async fn reached(app: &App, kind: &str) -> anyhow::Result<bool> {
    let replied = |result: Option<command_result::Result>| {
        matches!(result, Some(command_result::Result::Reply(_)))
    };
    Ok(match kind {
        "command" => replied(app.command("alpha", "say hi").await?.result),
        "command on a message" => {
            let message = Some(Box::new(values::message("town", "hi")));
            let chosen = outboard_proto::app::RunCommand {
                target_message: message,
                ..app::command("look", "")
            };
            replied(app.run_command(chosen).await?.result)
        }
        "autocomplete" => {
            let asked = Autocomplete {
                command: "alpha".to_owned(),
                argument: "what".to_owned(),
                prefix: "a".to_owned(),
                ..Autocomplete::default()
            };
            app.autocomplete(asked).await?.choices == ["a-one", "a-two"]
        }
        "ui action" => {
            let action = UiAction {
                plugin: "alpha".to_owned(),
                component: "w".to_owned(),
                action: "press".to_owned(),
                ..UiAction::default()
            };
            replied(app.act(action).await?.result)
        }
        "http" => app
            .http(http::request("GET", "alpha", "/open/look"))
            .await
            .is_ok_and(|answer| answer.status == 200),
        other => bail!("no test pushes {other}"),
    })
}

/// A plugin that may everything it asks for, and an app that calls every hook.
async fn with() -> anyhow::Result<(Daemon, App)> {
    let daemon = Daemon::configured(QUICK).await?;
    let folder = taker().write(&daemon.house().folders())?;
    daemon.operator().load_as(&folder, GrantChoice::Asked).await?;
    daemon.operator().wait_running("alpha").await?;
    let draft = HOOKS.iter().fold(AppDraft::default(), |it, hook| it.calls(hook));
    let app = draft.connect(&daemon.house().app_socket()).await?;
    Ok((daemon, app))
}
