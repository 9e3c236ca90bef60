//! One set of claims for plugins that do the same: on the Rust SDK, on the Python SDK, and in
//! Python on plain grpcio, written from docs/protocol.md. Whoever keeps the protocol passes.

use std::path::Path;

use outboard_proto::admin::{LogLine, State};
use outboard_proto::app::{answer::Result as Answer, request::Of};
use outboard_proto::common::{
    Body, Done, HookPayload, MessagePage, Opaque, SettingsOutcome, body, hook_payload,
};
use outboard_tests::daemon::skipped;
use outboard_tests::operator::settings::in_channel;
use outboard_tests::python::{copy, copy_sdk, interpreter, runtime};
use outboard_tests::verdict::{outcome, steps};
use outboard_tests::{App, AppDraft, Daemon, Outcome, app, binaries, process, values};
use rustix::process::Signal;

use crate::asks::stored;
use crate::{QUICK, last_end};

/// Who is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Twin {
    Rust,
    Python,
    PythonSdk,
}

macro_rules! claims {
    ($($claim:ident),* $(,)?) => {
        mod rust {
            $(#[tokio::test]
            async fn $claim() -> super::Outcome {
                super::tried(stringify!($claim), super::Twin::Rust, super::$claim).await
            })*
        }
        mod python {
            $(#[tokio::test]
            async fn $claim() -> super::Outcome {
                super::tried(stringify!($claim), super::Twin::Python, super::$claim).await
            })*
        }
        mod python_sdk {
            $(#[tokio::test]
            async fn $claim() -> super::Outcome {
                super::tried(stringify!($claim), super::Twin::PythonSdk, super::$claim).await
            })*
        }
    };
}

claims![
    it_becomes_ready_with_the_handlers_it_declared,
    it_rewrites_a_message,
    it_lets_others_pass,
    an_encrypted_message_is_not_shown_to_it,
    it_answers_a_command,
    what_is_set_for_a_channel_counts_there_and_at_once,
    it_is_told_once_that_it_is_installed,
    it_is_told_of_grants_that_are_narrowed,
    it_answers_an_event_over_the_host_api,
    many_calls_at_once_each_get_their_own_answer,
    killed_it_comes_back_and_works,
    what_it_counts_outlives_its_process,
    a_press_changes_what_it_shows,
    it_reads_what_was_said_reacts_and_sets_a_topic,
    told_to_end_it_ends_by_itself,
    it_ends_with_the_daemon,
];

/// A daemon with one of the twins, and an app.
struct Scene {
    daemon: Daemon,
    app: App,
    name: &'static str,
}

async fn it_becomes_ready_with_the_handlers_it_declared(scene: Scene) -> Outcome {
    let status = scene.daemon.operator().status(scene.name).await?;
    assert_eq!((status.state(), status.generation), (State::Running, 1), "{}", status.reason);
    let order = scene.daemon.operator().order("message.before_post").await?;
    assert_eq!(order.entries.len(), 1);
    Ok(())
}

async fn it_rewrites_a_message(scene: Scene) -> Outcome {
    let verdict = scene.app.post("town", "well :shrug:").await?;
    assert_eq!(outcome(&verdict), r"replaced: well ¯\_(ツ)_/¯");
    Ok(())
}

async fn it_lets_others_pass(scene: Scene) -> Outcome {
    assert_eq!(outcome(&scene.app.post("town", "well").await?), "continued");
    let mut frozen = values::message("town", "well :shrug:");
    frozen.mutable = false;
    let payload = HookPayload { of: Some(hook_payload::Of::BeforePost(frozen.into())) };
    assert_eq!(outcome(&scene.app.intercept(payload).await?), "continued");
    Ok(())
}

async fn an_encrypted_message_is_not_shown_to_it(scene: Scene) -> Outcome {
    let mut message = values::message("town", "");
    let content = Some(body::Content::Opaque(Opaque { kind: "m.megolm".into(), data: "x".into() }));
    message.body = Some(Body { content });
    let payload = HookPayload { of: Some(hook_payload::Of::BeforePost(message.into())) };
    let verdict = scene.app.intercept(payload).await?;
    assert_eq!(steps(&verdict), [format!("{} skipped: not_inspectable", scene.name)]);
    Ok(())
}

async fn it_answers_a_command(scene: Scene) -> Outcome {
    let result = scene.app.command("reverse", "three words here").await?;
    assert_eq!(app::reply_text(&result).as_deref(), Some("ereh sdrow eerht"));
    Ok(())
}

async fn what_is_set_for_a_channel_counts_there_and_at_once(scene: Scene) -> Outcome {
    let operator = scene.daemon.operator();
    let reversed = async || {
        let result = scene.app.command("reverse", "abc").await?;
        anyhow::Ok(app::reply_text(&result).unwrap_or_default())
    };
    let loud = ("loud", "true");
    for (place, said) in [("c-elsewhere", "cba"), ("c-town", "CBA!")] {
        let saved = operator.set_setting_at(scene.name, in_channel(place), loud).await?;
        assert_eq!(saved.outcome(), SettingsOutcome::Acknowledged, "{saved:?}");
        assert_eq!(reversed().await?, said);
    }
    let quiet =
        operator.set_setting_at(scene.name, in_channel("c-town"), ("loud", "false")).await?;
    assert_eq!(quiet.outcome(), SettingsOutcome::Acknowledged);
    assert_eq!(reversed().await?, "cba");
    operator.set_setting(scene.name, "loud", "true").await?;
    assert_eq!(reversed().await?, "cba", "the channel says otherwise");
    Ok(())
}

async fn it_is_told_once_that_it_is_installed(scene: Scene) -> Outcome {
    let told = |line: &LogLine| line.line.contains("milestone: installed 0.1.0");
    scene.daemon.operator().wait_for_line(scene.name, told).await?;
    Ok(())
}

// I106
async fn it_is_told_of_grants_that_are_narrowed(scene: Scene) -> Outcome {
    let narrowed = "messages:send@channels=town-*";
    scene.daemon.operator().change_grants(scene.name, &[&format!("<{narrowed}")]).await?;
    let told = |line: &LogLine| line.line.contains("grants: ") && line.line.contains(narrowed);
    scene.daemon.operator().wait_for_line(scene.name, told).await?;
    Ok(())
}

async fn it_answers_an_event_over_the_host_api(scene: Scene) -> Outcome {
    scene.app.publish_post("town", "Hello Python!").await?;
    let message = scene.app.carry_out("m-2").await?;
    assert_eq!(values::text_of(message.body.as_ref()), "Hello ann");
    assert_eq!(message.channel.unwrap_or_default().id, "c-town");
    assert_eq!(message.origin.unwrap_or_default().plugin, scene.name);
    Ok(())
}

async fn many_calls_at_once_each_get_their_own_answer(scene: Scene) -> Outcome {
    let mut asked = Vec::new();
    for number in 0..40 {
        let payload = values::before_post("town", &format!("{number} :shrug:"));
        asked.push(scene.app.ask(payload, std::time::Duration::ZERO).await?);
    }
    for (number, asked) in asked.into_iter().enumerate() {
        let verdict = app::verdict(asked.answer().await?)?;
        assert_eq!(outcome(&verdict), format!(r"replaced: {number} ¯\_(ツ)_/¯"));
    }
    Ok(())
}

async fn killed_it_comes_back_and_works(scene: Scene) -> Outcome {
    let status = scene.daemon.operator().status(scene.name).await?;
    process::signal(status.pid, Signal::KILL)?;
    let back = scene.daemon.operator().wait_back(scene.name, 1).await?;
    assert_eq!(last_end(&back).exit, "signal 9 (SIGKILL)");
    let verdict = scene.app.post("town", ":shrug:").await?;
    assert_eq!(outcome(&verdict), r"replaced: ¯\_(ツ)_/¯");
    Ok(())
}

async fn what_it_counts_outlives_its_process(scene: Scene) -> Outcome {
    let count = async || {
        let result = scene.app.command("tally", "tea").await?;
        anyhow::Ok(app::reply_text(&result).unwrap_or_default())
    };
    assert_eq!(count().await?, "tea: 1");
    let status = scene.daemon.operator().status(scene.name).await?;
    process::signal(status.pid, Signal::KILL)?;
    scene.daemon.operator().wait_back(scene.name, 1).await?;
    assert_eq!(count().await?, "tea: 2");
    Ok(())
}

async fn it_reads_what_was_said_reacts_and_sets_a_topic(scene: Scene) -> Outcome {
    let able = AppDraft::default().able().node("able", 1);
    let able = able.connect(&scene.daemon.house().app_socket()).await?;
    let told = scene.app.start_command(app::command("last", "2")).await?;
    let request = able.request().await?;
    assert!(matches!(request.of, Some(Of::ListMessages(_))), "{:?}", request.of);
    let messages = vec![stored("m-2", "two"), stored("m-1", "one")];
    let page = Answer::Messages(MessagePage { messages, more: false });
    able.answer(request.id, page).await?;
    let request = able.request().await?;
    let Some(Of::React(react)) = request.of else { panic!("{:?}", request.of) };
    assert_eq!((react.message_id.as_str(), react.reaction.as_str()), ("m-2", "👀"));
    able.answer(request.id, Answer::Done(Done {})).await?;
    let said = app::reply_text(&told.answer().await?);
    assert_eq!(said.as_deref(), Some("ann: one\nann: two"));
    let told = scene.app.start_command(app::command("about", "calm sea")).await?;
    let request = able.request().await?;
    let Some(Of::SetTopic(topic)) = request.of else { panic!("{:?}", request.of) };
    assert_eq!(topic.topic, "calm sea");
    able.answer(request.id, Answer::Done(Done {})).await?;
    assert_eq!(app::reply_text(&told.answer().await?).as_deref(), Some("It is the topic now."));
    Ok(())
}

async fn a_press_changes_what_it_shows(scene: Scene) -> Outcome {
    let app = crate::ui::renders(&scene.daemon, &["blocks"]).await?;
    let name = scene.name;
    crate::ui::says(&app, name, "presses", |text| text == "Nobody has pressed it yet").await?;
    let press = outboard_app::UiAction {
        plugin: name.to_owned(),
        component: "presses".to_owned(),
        action: "press".to_owned(),
        ..outboard_app::UiAction::default()
    };
    app.act(press).result().await?;
    crate::ui::says(&app, name, "presses", |text| text == "Pressed 1 times").await?;
    Ok(())
}

async fn told_to_end_it_ends_by_itself(scene: Scene) -> Outcome {
    scene.daemon.operator().disable(scene.name).await?;
    let end = scene.daemon.operator().wait_end(scene.name, 1).await?;
    assert_eq!((end.cause.as_str(), end.exit.as_str()), ("stopped", "code 0"));
    Ok(())
}

async fn it_ends_with_the_daemon(scene: Scene) -> Outcome {
    let folder = scene.daemon.folder(scene.name);
    let house = scene.daemon.kill().await?;
    process::none_left_in(&folder).await?;
    drop(house);
    Ok(())
}

/// Runs a claim, unless there is no Python here that a plugin could be run by.
async fn tried<C>(name: &str, twin: Twin, claim: fn(Scene) -> C) -> Outcome
where
    C: Future<Output = Outcome>,
{
    let python = interpreter();
    if twin != Twin::Rust && python.is_none() {
        skipped(name, "there is no Python environment; `tests/run python` makes one");
        return Ok(());
    }
    claim(scene(twin, python.as_deref()).await?).await
}

async fn scene(twin: Twin, python: Option<&Path>) -> anyhow::Result<Scene> {
    let runtime = python.map(runtime).unwrap_or_default();
    let daemon = Daemon::configured(&format!("{runtime}{QUICK}")).await?;
    let name = twin.name();
    let folder = daemon.folder(name);
    let manifest = twin.install(&folder)?;
    std::fs::write(folder.join("plugin.toml"), manifest.replace("python-plain", name))?;
    daemon.operator().load(&folder).await?;
    daemon.operator().wait_running(name).await?;
    let app = daemon.app().await?;
    Ok(Scene { daemon, app, name })
}

impl Twin {
    fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust-plain",
            Self::Python => "python-plain",
            Self::PythonSdk => "python-sdk",
        }
    }

    /// Puts its files into a folder; its manifest, which is that of the plain Python plugin.
    fn install(self, folder: &Path) -> anyhow::Result<String> {
        copy("examples/python-plain", folder)?;
        let manifest = std::fs::read_to_string(folder.join("plugin.toml"))?;
        match self {
            Self::Rust => {
                binaries::install(&binaries::twin(), &folder.join("twin"))?;
                return Ok(manifest.replace("python3\", \"plugin.py", "./twin"));
            }
            Self::Python => {}
            Self::PythonSdk => {
                copy("plugin-sdk/python/tests/twin", folder)?;
                copy_sdk(folder)?;
            }
        }
        Ok(manifest)
    }
}
