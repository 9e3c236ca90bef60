//! Grants with limits, changed while a plugin runs; and what the audit log says of it.

use outboard_proto::admin::State;
use outboard_proto::common::{Event, Message, event};
use outboard_tests::verdict::steps;
use outboard_tests::{App, Daemon, Draft, Outcome, PATIENCE, values};

use crate::{QUICK, any_has};

// I77
#[tokio::test]
async fn permission_scope_of_channels_holds_for_what_is_sent_and_what_is_told() -> Outcome {
    let (daemon, app) = with(Draft::listener("alpha", "")).await?;
    let scope = "@channels=town*|id:c-staff";
    let changes = [&*format!("+messages:send{scope}"), &*format!("+messages:read{scope}")];
    daemon.operator().change_grants("alpha", &changes).await?;
    assert_eq!(app.publish_post("town", "hi").await?.subscriptions, 1);
    assert_eq!(app.publish_post("cellar", "hi").await?.subscriptions, 0);
    let sending = app.order("alpha", "send c-staff hello").await?;
    app.carry_out("m-1").await?;
    assert_eq!(
        outboard_tests::app::reply_text(&sending.answer().await?).unwrap_or_default(),
        "sent m-1"
    );
    let denied = app.tell("alpha", "send c-cellar hello").await?;
    assert!(denied.contains("OUT_OF_SCOPE") && denied.contains("channel c-cellar"), "{denied}");
    assert!(denied.contains("messages:send@channels=town*|id:c-staff"), "{denied}");
    let unknown = app.tell("alpha", "send c-attic hello").await?;
    assert!(unknown.contains("nobody has told this daemon the name"), "{unknown}");
    let row = daemon.operator().grant_row("alpha", "messages:send").await?;
    assert_eq!((row.narrowed.as_str(), row.refused), (scope, 2));
    Ok(())
}

// I77
#[tokio::test]
async fn permission_scope_of_the_manifest_holds_at_hooks_and_for_commands() -> Outcome {
    let limited = |resource: &str, action: &str| {
        format!(
            "[[permissions]]\nresource = \"{resource}\"\nactions = [\"{action}\"]\n\
             reason = \"a test\"\nchannels = [\"town\"]\n"
        )
    };
    let args = "args = [{ name = \"what\", type = \"string\", rest = true }]";
    let draft = Draft::bare("alpha")
        .section(&limited("commands", "own"))
        .section(&limited("messages", "intercept"))
        .command("alpha", args);
    let (_daemon, app) = with(hooked(draft)).await?;
    assert_eq!(steps(&app.post("town", "hi").await?), ["alpha continued"]);
    assert_eq!(steps(&app.post("staff", "hi").await?), ["alpha skipped: not_granted"]);
    assert_eq!(app.tell("alpha", "say here").await?, "here");
    let mut elsewhere = outboard_tests::app::command("alpha", "say there");
    elsewhere.channel = Some(values::channel("staff"));
    let failure = app.run_command(elsewhere).await?;
    let failure = outboard_tests::app::failure(&failure).cloned().unwrap_or_default();
    assert!(failure.message.contains("alpha is not available here"), "{failure}");
    Ok(())
}

#[tokio::test]
async fn permission_withdrawn_takes_what_waits_and_leaves_what_is_under_way() -> Outcome {
    let draft = Draft::obedient("alpha").may_optionally("messages:read").may("messages:send");
    let draft = draft.events(&["message.posted"], "").limit("in_flight = 1");
    let (daemon, app) = with(draft).await?;
    let operator = daemon.operator();
    // The one in hand, then one that waits.
    app.publish(said("m-1", "alpha:sleep=700")).await?;
    seen(&app, "alpha:sleep=700").await?;
    app.publish(said("m-2", "never")).await?;
    operator.change_grants("alpha", &["-messages:read"]).await?;
    let withheld = async {
        while operator.grant_row("alpha", "messages:read").await?.refused == 0 {}
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, withheld).await??;
    assert!(!app.tell("alpha", "seen").await?.contains("never"));
    let told = app.tell("alpha", "seen").await?;
    assert!(told.contains("grants messages:send commands:own"), "it is told: {told}");
    Ok(())
}

#[tokio::test]
async fn permission_that_is_required_stops_the_plugin_until_it_is_back() -> Outcome {
    let (daemon, _app) = with(Draft::listener("alpha", "")).await?;
    let operator = daemon.operator();
    let running = operator.status("alpha").await?;
    operator.change_grants("alpha", &["-messages:send"]).await?;
    let stopped = operator.wait_state("alpha", State::Stopped).await?;
    assert_eq!(stopped.reason, "needs grants: messages:send");
    let settings = stopped.settings.iter().map(|it| (it.key.as_str(), it.source.as_str()));
    assert!(settings.into_iter().any(|it| it == ("grants", "cli")), "{:?}", stopped.settings);
    operator.revert("alpha", "grants").await?;
    let refused = operator.status("alpha").await?.reason;
    assert!(refused.starts_with("needs grants"), "the files grant nothing: {refused}");
    let all = ["+messages:send", "+messages:read", "+commands:own"];
    operator.change_grants("alpha", &all).await?;
    operator.wait_back("alpha", running.generation).await?;
    Ok(())
}

#[tokio::test]
async fn permission_changes_that_mean_nothing_are_refused_with_what_to_write() -> Outcome {
    let (daemon, _app) = with(Draft::listener("alpha", "")).await?;
    let operator = daemon.operator();
    for (change, said) in [
        ("+messages:sned", "did you mean messages:send?"),
        ("+users:moderate", "does not ask for users:moderate"),
        ("<messages:send@channels=*", "matches every channel"),
        ("<messages:send@hosts=a", "a grant is not limited by"),
        ("<commands:own", "narrow commands:own to what?"),
    ] {
        let refusal = operator.change_grants("alpha", &[change]).await.unwrap_err().to_string();
        assert!(refusal.contains(said), "{change}: {refusal}");
    }
    let table = operator.grants("alpha").await?;
    assert!(table.rows.iter().all(|row| row.granted && row.narrowed.is_empty()), "{table:?}");
    Ok(())
}

// I79
#[tokio::test]
async fn permission_audit_log_names_who_did_what_and_what_came_of_it() -> Outcome {
    let (daemon, app) = with(Draft::listener("alpha", "")).await?;
    let operator = daemon.operator();
    operator.change_grants("alpha", &["<messages:send@channels=town"]).await?;
    app.tell("alpha", "send c-cellar hello").await?;
    operator.set("alpha", "call_timeout", "2s").await?;
    operator.set("alpha", "call_timeout", "soon").await.unwrap_err();
    operator.disable("alpha").await?;
    let all = operator.audited("").await?;
    let words: Vec<String> = all
        .iter()
        .map(|it| format!("{} {} {} {} {}", it.act, it.plugin, it.on, it.why, it.outcome))
        .collect();
    for said in [
        "load alpha /",
        "grants alpha narrow messages:send@channels=town a test done",
        "refused alpha /outboard.plugin.v1.Messages/Send needs messages:send not granted",
        "set alpha call_timeout 2s done",
        "set alpha call_timeout soon ",
        "disable alpha   done",
    ] {
        assert!(any_has(&words, said), "{said}: {words:#?}");
    }
    let uid = this_user();
    assert!(all.iter().all(|it| it.who == uid || it.who == "plugin alpha"), "{all:?}");
    assert_eq!(operator.audited("disable").await?.len(), 1);
    Ok(())
}

// I79
#[tokio::test]
async fn permission_audit_log_that_cannot_be_written_is_an_alarm_and_holds_up_nobody() -> Outcome {
    let house = outboard_tests::House::new(QUICK)?;
    std::fs::create_dir_all(house.state().join("audit.log"))?;
    let daemon = Daemon::in_house(house).await?;
    daemon.run(&Draft::bare("alpha")).await?;
    let operator = daemon.operator();
    // The writer may still be at it.
    let told = async {
        while operator.daemon().await?.notes.is_empty() {}
        anyhow::Ok(())
    };
    tokio::time::timeout(PATIENCE, told).await??;
    let notes = operator.daemon().await?.notes;
    assert!(any_has(&notes, "the audit log has lost"), "{notes:?}");
    let found = operator.doctor().await?;
    let finding = found.iter().find(|it| it.check == "audit").cloned().unwrap_or_default();
    assert!(finding.says.contains("Is a directory"), "{finding:?}");
    Ok(())
}

#[tokio::test]
async fn permission_to_call_the_host_has_a_pace() -> Outcome {
    let daemon = Daemon::configured("[plugins.alpha]\nhost_calls = 20\n").await?;
    daemon.run(&Draft::obedient("alpha").may("storage:read")).await?;
    let app = daemon.app().await?;
    let mut refused = 0;
    for _ in 0..60 {
        let said = app.tell("alpha", "store get k").await?;
        refused += u64::from(said.contains("OVER_LIMIT"));
    }
    let traffic = daemon.operator().status("alpha").await?.traffic.unwrap_or_default();
    assert!(refused > 0 && traffic.host_over_limit == refused, "{refused} {traffic:?}");
    Ok(())
}

/// Who the tests are, as the log names them.
fn this_user() -> String {
    format!("operator uid {}", nix::unistd::getuid())
}

fn hooked(draft: Draft) -> Draft {
    draft.section("[[hooks]]\non = \"message.before_post\"\n").handler("hook:message.before_post")
}

/// A message of its own channel, so that it waits for no other.
fn said(id: &str, text: &str) -> Event {
    let message = Message { id: id.to_owned(), ..values::message(id, text) };
    Event {
        r#type: "message.posted".to_owned(),
        of: Some(event::Of::Message(Box::new(message))),
        ..Event::default()
    }
}

async fn seen(app: &App, words: &str) -> Outcome {
    let seen = async {
        while !app.tell("alpha", "seen").await?.contains(words) {}
        Ok(())
    };
    tokio::time::timeout(PATIENCE, seen).await?
}

async fn with(draft: Draft) -> anyhow::Result<(Daemon, App)> {
    let daemon = Daemon::configured(QUICK).await?;
    daemon.run(&draft).await?;
    let app = daemon.app().await?;
    Ok((daemon, app))
}
