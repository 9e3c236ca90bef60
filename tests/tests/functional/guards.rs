//! What keeps plugins from harming others: filters, breakers that ask before they try, loops that
//! end, an operator's bypass.

use outboard_proto::admin::{BypassRequest, Finding, PluginStatus, Severity};
use outboard_proto::common::{Event, Mention, Message, Origin, Sender, SenderKind, event};
use outboard_tests::verdict::{outcome, steps};
use outboard_tests::{App, Daemon, Draft, Outcome, values};

use crate::any_has;

#[tokio::test]
async fn a_hooks_filter_looks_at_prefix_sender_and_role() -> Outcome {
    let keys = "filter = { prefix = \"!\", sender = [\"user\"], role = \"member\" }";
    let (_daemon, app) = with(&[Draft::interceptor("alpha", keys)]).await?;
    assert_eq!(steps(&app.post("town", "! all:reject").await?), ["alpha rejected"]);
    assert_eq!(outcome(&app.post("town", "all:reject").await?), "continued");
    for sender in [
        Sender { roles: vec!["guest".to_owned()], ..values::person("ann") },
        Sender { kind: SenderKind::Bot.into(), ..values::person("ann") },
    ] {
        let message = Message { sender: Some(sender), ..values::message("town", "! all:reject") };
        let of = outboard_proto::common::hook_payload::Of::BeforePost(message.into());
        let payload = outboard_proto::common::HookPayload { of: Some(of) };
        assert_eq!(outcome(&app.intercept(payload).await?), "continued");
    }
    Ok(())
}

// I65
#[tokio::test]
async fn patterns_of_several_plugins_see_the_message_as_changed_so_far() -> Outcome {
    let (_daemon, app) = with(&[
        Draft::interceptor("alpha", "priority = 1\nfilter = { regex = \"alpha\" }"),
        Draft::interceptor("beta", "priority = 2\nfilter = { regex = \"^LOUD$\" }"),
        Draft::interceptor("gamma", "priority = 3\nfilter = { regex = \"alpha\" }"),
    ])
    .await?;
    let made = app.post("town", "alpha:say=LOUD").await?;
    assert_eq!(steps(&made)[..2], ["alpha replaced", "beta continued"]);
    assert!(!any_has(&steps(&made), "gamma continued"), "{made:?}");
    Ok(())
}

#[tokio::test]
async fn an_events_filter_looks_at_workspace_text_and_mentions() -> Outcome {
    let bot = "[bot]\nusername = \"alfie\"\ndisplay_name = \"Alfie\"";
    let (_daemon, app) = with(&[
        Draft::listener("alpha", "filter = { mentions = true }").section(bot),
        Draft::listener("beta", "filter = { workspaces = [\"acme\"], regex = \"(?i)help\" }"),
    ])
    .await?;
    let published = async |workspace: &str, text: &str, mentioned: &str| {
        let mentions = vec![Mention { user_id: mentioned.to_owned(), ..Mention::default() }];
        let message = Message { mentions, ..values::message("town", text) };
        let event = Event {
            workspace: workspace.to_owned(),
            of: Some(event::Of::Message(message.into())),
            ..values::posted("town", "")
        };
        anyhow::Ok(app.publish(event).await?.subscriptions)
    };
    assert_eq!(published("acme", "hello", "").await?, 0);
    assert_eq!(published("acme", "hello @alfie", "").await?, 1);
    assert_eq!(published("acme", "hello", "alfie").await?, 1);
    assert_eq!(published("acme", "HELP me @alfie", "").await?, 2);
    assert_eq!(published("other", "HELP me", "").await?, 0);
    Ok(())
}

#[tokio::test]
async fn patterns_that_do_not_fit_beside_the_others_are_a_fault_of_the_newcomer() -> Outcome {
    let daemon = Daemon::start().await?;
    let mut refusal = None;
    for number in 0..40 {
        let keys = format!("filter = {{ regex = '\\w{{20}}{number}' }}");
        let name = format!("alpha{number}");
        let draft = Draft::bare(&name).hook("message.before_post", &keys);
        if let Err(refused) = daemon.load(&draft).await {
            refusal = Some(refused.to_string());
            break;
        }
    }
    let refusal = refusal.unwrap_or_default();
    assert!(refusal.contains("BAD_MANIFEST") && refusal.contains("filter.regex"), "{refusal}");
    assert!(refusal.contains("plugin.toml:"), "{refusal}");
    Ok(())
}

#[tokio::test]
async fn a_pattern_that_is_too_large_is_a_fault_with_its_file_and_line() -> Outcome {
    let daemon = Daemon::start().await?;
    let keys = "phase = \"validate\"\nfilter = { regex = '(\\w{1000}){1000}' }";
    let draft = Draft::bare("alpha").hook("message.before_post", keys);
    let folder = draft.write(&daemon.house().folders())?;
    let file = folder.join("plugin.toml");
    let text = std::fs::read_to_string(&file)?;
    let line = 1 + text.lines().position(|it| it.starts_with("filter")).unwrap_or_default();
    let checked = daemon.operator().check(&folder, false).await?;
    let [fault] = &checked.faults[..] else { panic!("{checked:?}") };
    assert_eq!((fault.file.as_str(), fault.line as usize), (&*file.to_string_lossy(), line));
    assert_eq!(fault.key, "hooks[0].filter.regex");
    assert!(fault.message.contains("compiles to more than"), "{fault:?}");
    let refusal = daemon.operator().load(&folder).await.unwrap_err();
    assert_eq!(refusal.reason, "BAD_MANIFEST", "{refusal}");
    assert!(refusal.message.contains(&format!("plugin.toml:{line}")), "{refusal}");
    Ok(())
}

// I61
#[tokio::test]
async fn a_plugin_that_answers_again_is_pinged_tried_and_back_on_the_path() -> Outcome {
    let (daemon, app) = with(&[Draft::interceptor("alpha", "timeout = \"100ms\"")]).await?;
    for _ in 0..3 {
        app.post("town", "all:silent").await?;
    }
    let mut skipped = 0;
    while steps(&app.post("town", "hello").await?) == ["alpha skipped: breaker"] {
        skipped += 1;
        app.tell("alpha", "wait 100").await?;
        assert!(skipped < 100, "it never tried");
    }
    assert!(skipped >= 2, "it rests, then it pings, then it tries");
    assert_eq!(steps(&app.post("town", "hello").await?), ["alpha continued"]);
    let status = daemon.operator().status("alpha").await?;
    assert!(status.conditions.is_empty(), "{status:?}");
    assert_eq!(status.traffic.unwrap_or_default().breaker_openings, 1);
    Ok(())
}

// I62
#[tokio::test]
async fn two_bots_that_omit_their_cause_are_stopped_until_a_person_speaks() -> Outcome {
    let bots = ["alpha", "beta"].map(|name| Draft::obedient(name).may("messages:send"));
    let (daemon, app) = with(&bots).await?;
    for turn in 0..20 {
        let bot = ["alpha", "beta"][turn % 2];
        assert!(speak(&app, bot).await?.starts_with("sent"), "turn {turn}");
    }
    let refused = app.tell("alpha", "send-unasked c-bots and you?").await?;
    assert!(refused.contains("LOOP_SUSPECTED"), "{refused}");
    let traffic = daemon.operator().status("alpha").await?.traffic.unwrap_or_default();
    assert_eq!(traffic.loops, 1);
    app.publish_post("bots", "stop it").await?;
    assert!(speak(&app, "alpha").await?.starts_with("sent"));
    Ok(())
}

// I62
#[tokio::test]
async fn a_plugin_that_omits_its_cause_resets_its_hop_count_and_is_stopped_all_the_same() -> Outcome
{
    let bots = ["alpha", "beta"].map(|name| Draft::listener(name, ""));
    let (daemon, app) = with(&bots).await?;
    assert_eq!(echoes(&daemon, &app, "echo").await?, [1, 2, 3, 4]);
    assert_eq!(app.tell("alpha", "count HOP_LIMIT").await?, "1");
    assert_eq!(echoes(&daemon, &app, "echo-unasked").await?, [1; 20]);
    assert_eq!(app.tell("alpha", "count LOOP_SUSPECTED").await?, "1");
    Ok(())
}

/// Lets two bots repeat each other until one is stopped: the hops of each message that was sent.
async fn echoes(daemon: &Daemon, app: &App, verb: &str) -> anyhow::Result<Vec<u32>> {
    let stopped = async || -> anyhow::Result<u64> {
        let mut loops = 0;
        for bot in ["alpha", "beta"] {
            loops += daemon.operator().status(bot).await?.traffic.unwrap_or_default().loops;
        }
        Ok(loops)
    };
    let (before, mut hops) = (stopped().await?, Vec::new());
    app.publish_post("bots", &format!("alpha:{verb}")).await?;
    loop {
        let message = tokio::select! {
            message = app.carry_out("m-1") => message?,
            ended = async { while stopped().await? == before {} anyhow::Ok(()) } => {
                ended?;
                return Ok(hops);
            }
        };
        hops.push(message.origin.as_ref().map_or(0, |origin| origin.hops));
        let of = Some(event::Of::Message(message.into()));
        app.publish(Event { of, ..values::posted("bots", "") }).await?;
    }
}

/// Has a bot say something that nobody caused, and carries it out.
async fn speak(app: &App, bot: &str) -> anyhow::Result<String> {
    let told = app.order(bot, "send-unasked c-bots and you?").await?;
    let message = app.carry_out("m-1").await?;
    assert_eq!(message.origin.unwrap_or_default().hops, 1);
    Ok(outboard_tests::app::reply_text(&told.answer().await?).unwrap_or_default())
}

// I63
#[tokio::test]
async fn a_plugin_hears_its_own_messages_only_where_it_asked_to() -> Outcome {
    let (_daemon, app) =
        with(&[Draft::listener("alpha", ""), Draft::listener("beta", "own = true")]).await?;
    let own = |plugin: &str| {
        let origin = Origin { plugin: plugin.to_owned(), hops: 1, ..Origin::default() };
        let message = Message { origin: Some(origin), ..values::message("town", plugin) };
        let of = Some(event::Of::Message(message.into()));
        Event { of, ..values::posted("town", "") }
    };
    assert_eq!(app.publish(own("alpha")).await?.subscriptions, 1, "beta");
    assert_eq!(app.publish(own("beta")).await?.subscriptions, 2);
    Ok(())
}

// I64
#[tokio::test]
async fn a_bypass_takes_a_closed_hook_off_the_path_until_the_operator_ends_it() -> Outcome {
    let daemon =
        Daemon::configured("[plugins.alpha]\nclosed = [\"message.before_post\"]\n").await?;
    daemon.run(&Draft::interceptor("alpha", "timeout = \"900ms\"")).await?;
    let (app, operator) = (daemon.app().await?, daemon.operator());
    operator.bypass(bypass("message.before_post", "10m")).await?;
    let verdict = app.post("town", "all:reject").await?;
    assert_eq!(steps(&verdict), ["alpha skipped: bypassed"]);
    assert_eq!(outcome(&verdict), "continued");
    let status = operator.status("alpha").await?;
    assert!(any_has(&status.conditions, "bypassed: message.before_post"), "{status:?}");
    let findings = operator.doctor().await?;
    let told = findings.iter().find(|it| it.check == "bypass").map(Finding::severity);
    assert_eq!(told, Some(Severity::Weak));
    operator.bypass(BypassRequest { end: true, ..BypassRequest::default() }).await?;
    assert_eq!(outcome(&app.post("town", "all:reject").await?), "rejected by alpha: not here");
    Ok(())
}

#[tokio::test]
async fn a_bypass_of_a_plugin_ends_by_itself_and_with_the_daemon() -> Outcome {
    let (daemon, app) = with(&[Draft::interceptor("alpha", "")]).await?;
    let operator = daemon.operator();
    operator.bypass(bypass("alpha", "1s")).await?;
    assert_eq!(steps(&app.post("town", "hello").await?), ["alpha skipped: bypassed"]);
    let over = |status: &PluginStatus| status.conditions.is_empty();
    while !over(&operator.status("alpha").await?) {
        app.tell("alpha", "wait 50").await?;
    }
    assert_eq!(steps(&app.post("town", "hello").await?), ["alpha continued"]);
    operator.bypass(bypass("", "1h")).await?;
    let daemon = Daemon::in_house(daemon.kill().await?).await?;
    daemon.operator().wait_running("alpha").await?;
    assert_eq!(steps(&daemon.app().await?.post("town", "hello").await?), ["alpha continued"]);
    Ok(())
}

#[tokio::test]
async fn a_bypass_of_nothing_or_for_no_time_is_refused() -> Outcome {
    let (daemon, _app) = with(&[]).await?;
    let operator = daemon.operator();
    for (target, period) in [("nobody", "10m"), ("", ""), ("", "0s"), ("", "25h"), ("", "soon")] {
        assert!(operator.bypass(bypass(target, period)).await.is_err(), "{target} {period}");
    }
    let end = BypassRequest { end: true, ..BypassRequest::default() };
    assert!(operator.bypass(end).await.is_err(), "there is none to end");
    Ok(())
}

fn bypass(target: &str, period: &str) -> BypassRequest {
    BypassRequest { target: target.to_owned(), period: period.to_owned(), end: false }
}

async fn with(drafts: &[Draft]) -> anyhow::Result<(Daemon, App)> {
    let daemon = Daemon::start().await?;
    for draft in drafts {
        daemon.run(draft).await?;
    }
    let app = daemon.app().await?;
    Ok((daemon, app))
}
