//! Hooks besides a message's own: who is asked, what may change, what an app makes up.

use outboard_proto::common::verdict::Outcome as Decided;
use outboard_proto::common::{
    Attachment, Batch, ChannelDraft, Custom, HookPayload, Join, Login, Reaction, Sender, Upload,
    Verdict, hook_payload::Of,
};
use outboard_tests::app::{App, AppDraft};
use outboard_tests::verdict::{outcome, steps};
use outboard_tests::{Daemon, Draft, Outcome, values};

use crate::any_has;

const ORDER: &str = "x.test-chat.before_order";

/// What a gate is asked about, with these words to the plugin in it.
fn gates(words: &str) -> [(&'static str, Of); 6] {
    let words = words.to_owned();
    let channel = Some(values::channel("town"));
    let reaction =
        Reaction { channel: channel.clone(), reaction: words.clone(), ..Reaction::default() };
    let file = Some(Attachment { name: words.clone(), ..Attachment::default() });
    let upload = Upload { file, channel: channel.clone(), ..Upload::default() };
    let user = Some(Sender { name: words.clone(), ..values::person("ann") });
    let join = Join { channel: channel.clone(), user, ..Join::default() };
    let login = Login { client: words.clone(), ..Login::default() };
    let draft = ChannelDraft { channel, topic: words.clone(), ..ChannelDraft::default() };
    [
        ("message.before_render", shown(&["fine", &words])),
        ("reaction.before_add", Of::BeforeReaction(reaction.into())),
        ("file.before_upload", Of::BeforeUpload(upload.into())),
        ("user.before_join", Of::BeforeJoin(join.into())),
        ("user.before_login", Of::BeforeLogin(login.into())),
        ("channel.before_create", Of::BeforeCreate(draft.into())),
    ]
}

fn shown(texts: &[&str]) -> Of {
    let messages = texts.iter().map(|text| values::message("town", text)).collect();
    Of::BeforeRender(Batch { messages, reader: Some(values::person("bob")) }.into())
}

fn order(words: &str) -> Of {
    Of::Custom(Custom { name: ORDER.to_owned(), json: format!("\"{words}\"") })
}

async fn ask(app: &App, of: Of) -> anyhow::Result<Verdict> {
    app.intercept(HookPayload { of: Some(of) }).await
}

/// A daemon with a plugin at all these hooks, and an app that calls them.
async fn guarded(keys: &str) -> anyhow::Result<(Daemon, App)> {
    let daemon = Daemon::start().await?;
    let hooks = gates("").map(|(hook, _)| hook).into_iter().chain([ORDER]);
    let draft = hooks.clone().fold(Draft::obedient("alpha"), |it, hook| it.hook(hook, keys));
    daemon.run(&draft).await?;
    let asking = hooks.fold(AppDraft::default(), AppDraft::calls);
    let app = asking.connect(&daemon.house().app_socket()).await?;
    Ok((daemon, app))
}

#[tokio::test]
async fn every_hook_asks_its_interceptors_and_may_be_refused() -> Outcome {
    let (_daemon, app) = guarded("").await?;
    for (hook, of) in gates("all:reject") {
        let verdict = ask(&app, of).await?;
        assert_eq!(outcome(&verdict), "rejected by alpha: not here", "{hook}");
    }
    for (hook, of) in gates("nothing special") {
        let verdict = ask(&app, of).await?;
        assert_eq!(steps(&verdict), ["alpha continued"], "{hook}");
    }
    assert_eq!(outcome(&ask(&app, order("all:reject")).await?), "rejected by alpha: not here");
    Ok(())
}

#[tokio::test]
async fn messages_about_to_be_shown_may_read_otherwise_and_nothing_else() -> Outcome {
    let (_daemon, app) = guarded("").await?;
    let verdict = ask(&app, shown(&["first", "darn all:rewrite"])).await?;
    let Some(Decided::Replaced(HookPayload { of: Some(Of::BeforeRender(batch)) })) =
        &verdict.outcome
    else {
        anyhow::bail!("{verdict:?}")
    };
    let texts = batch.messages.iter().map(|it| values::text_of(it.body.as_ref()));
    assert_eq!(texts.collect::<Vec<_>>(), ["first", "d*rn all:rewrite"]);
    for words in ["all:sender", "all:own-metadata"] {
        let verdict = ask(&app, shown(&["first", words])).await?;
        assert_eq!(steps(&verdict), ["alpha skipped: protocol"], "{words}");
        assert_eq!(outcome(&verdict), "continued");
    }
    Ok(())
}

#[tokio::test]
async fn a_changed_reaction_is_a_broken_rule_and_changes_nothing() -> Outcome {
    let (_daemon, app) = guarded("").await?;
    let reaction = Reaction { reaction: "all:tag".into(), ..Reaction::default() };
    let verdict = ask(&app, Of::BeforeReaction(reaction.into())).await?;
    assert_eq!(steps(&verdict), ["alpha skipped: protocol"]);
    assert_eq!(outcome(&verdict), "continued");
    Ok(())
}

#[tokio::test]
async fn an_upload_may_take_longer_than_a_message() -> Outcome {
    let (daemon, app) = guarded("").await?;
    let [_, _, (_, upload), ..] = gates("all:sleep=1300");
    assert_eq!(steps(&ask(&app, upload).await?), ["alpha continued"]);
    let order = daemon.operator().order("file.before_upload").await?;
    assert_eq!(order.budget_us, 10_000_000);
    Ok(())
}

#[tokio::test]
async fn an_app_makes_up_hooks_and_says_so_in_its_hello() -> Outcome {
    let (daemon, app) = guarded("").await?;
    let told = app.welcome.policies.clone().unwrap_or_default();
    let named = told.hooks.iter().find(|it| it.hook == ORDER);
    assert!(named.is_some_and(|it| it.intercepted), "{told:?}");
    let verdict = ask(&app, order("all:tag")).await?;
    let Some(Decided::Replaced(HookPayload { of: Some(Of::Custom(custom)) })) = &verdict.outcome
    else {
        anyhow::bail!("{verdict:?}")
    };
    assert_eq!(custom.json, "[\"changed\"]");
    let unsaid = AppDraft::default().node("n2", 1).connect(&daemon.house().app_socket()).await?;
    let refused = ask(&unsaid, order("all:tag")).await.unwrap_err().to_string();
    assert!(refused.contains("does not name this hook"), "{refused}");
    let bad = Of::Custom(Custom { name: ORDER.to_owned(), json: "{".to_owned() });
    let refused = ask(&app, bad).await.unwrap_err().to_string();
    assert!(refused.contains("not JSON"), "{refused}");
    Ok(())
}

/// I28: nobody is asked about what it was not granted.
#[tokio::test]
async fn a_hook_is_asked_only_with_its_own_permission() -> Outcome {
    let daemon = Daemon::start().await?;
    let lacking = "messages:intercept,commands:own";
    let draft = Draft::obedient("alpha")
        .may_optionally("files:intercept")
        .hook("file.before_upload", "")
        .hook("message.before_post", "");
    daemon.run(&draft).await?;
    daemon.operator().set("alpha", "grants", lacking).await?;
    let app = AppDraft::default().calls("file.before_upload");
    let app = app.connect(&daemon.house().app_socket()).await?;
    let [_, _, (_, upload), ..] = gates("all:reject");
    let verdict = ask(&app, upload).await?;
    assert_eq!(steps(&verdict), ["alpha skipped: not_granted"]);
    assert_eq!(outcome(&app.post("town", "all:reject").await?), "rejected by alpha: not here");
    let status = daemon.operator().status("alpha").await?;
    assert_eq!(status.traffic.unwrap_or_default().denied, 1);
    Ok(())
}

#[tokio::test]
async fn hooks_that_no_app_calls_are_told() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::obedient("alpha").hook(ORDER, "")).await?;
    let _app = daemon.app().await?;
    let status = daemon.operator().status("alpha").await?;
    assert!(any_has(&status.notes, ORDER), "{:?}", status.notes);
    Ok(())
}
