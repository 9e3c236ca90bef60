//! The example plugins, written with the SDK, under the real daemon.

use std::path::PathBuf;

use outboard_app::{App, HttpRequest};
use outboard_proto::common::{Event, Membership, event};
use outboard_tests::daemon::skipped;
use outboard_tests::verdict::outcome;
use outboard_tests::{Daemon, Draft, Outcome, PATIENCE, app, binaries, python, values};

#[tokio::test]
async fn welcome_greets_whoever_joins_in_that_channel() -> Outcome {
    let daemon = with("welcome").await?;
    let app = daemon.app().await?;
    app.publish(joined("bob")).await?;
    let greeting = app.carry_out("m-2").await?;
    assert_eq!(values::text_of(greeting.body.as_ref()), "Welcome to town, bob!");
    assert_eq!(greeting.channel.unwrap_or_default().id, "c-town");
    Ok(())
}

#[tokio::test]
async fn greeter_python_remembers_who_came_and_what_to_say() -> Outcome {
    let Some(python) = python::interpreter() else {
        let why = "there is no Python environment; `tests/run python` makes one";
        skipped("greeter_python_remembers_who_came_and_what_to_say", why);
        return Ok(());
    };
    let daemon = Daemon::configured(&python::runtime(&python)).await?;
    let folder = daemon.folder("greeter-python");
    python::copy("examples/greeter-python", &folder)?;
    python::copy_sdk(&folder)?;
    daemon.operator().load(&folder).await?;
    daemon.operator().wait_running("greeter-python").await?;
    let app = daemon.app().await?;
    let said = app::reply_text(&app.command("greeting", "Hi, {name}!").await?);
    assert_eq!(said.as_deref(), Some("From now on: Hi, ann!"));
    for (id, greeting) in [("m-1", "Hi, bob!"), ("m-2", "Hi, bob! (no. 2)")] {
        app.publish(joined("bob")).await?;
        let sent = app.carry_out(id).await?;
        assert_eq!(values::text_of(sent.body.as_ref()), greeting);
    }
    Ok(())
}

#[tokio::test]
async fn moderator_softens_and_refuses() -> Outcome {
    let daemon = with("moderator").await?;
    let app = daemon.app().await?;
    assert_eq!(outcome(&app.post("town", "oh darn").await?), "replaced: oh d*rn");
    let refused = outcome(&app.post("town", "a forbidden word").await?);
    assert_eq!(refused, "rejected by moderator: that is forbidden here");
    assert_eq!(outcome(&app.post("town", "hello").await?), "continued");
    Ok(())
}

#[tokio::test]
async fn moderator_holds_what_people_then_approve_or_dismiss() -> Outcome {
    let daemon = with("moderator").await?;
    let app = daemon.app().await?;
    let mut held = Vec::new();
    for text in ["a suspicious link", "another suspicious link"] {
        held.push(app::hold_of(&app.post("town", text).await?)?.id);
    }
    for (command, why, said) in [("approve", "", "released"), ("dismiss", "spam", "dropped")] {
        let told = app.start_command(app::command(command, why)).await?;
        let decided = app.do_as_decided("m-1").await?;
        assert_eq!(decided.id, held.remove(0));
        assert!(app::said(&decided).starts_with(&format!("{said} by plugin:moderator")));
        told.answer().await?;
    }
    let said = app::reply_text(&app.command("approve", "").await?);
    assert_eq!(said.as_deref(), Some("Nothing waits."));
    Ok(())
}

#[tokio::test]
async fn dice_rolls() -> Outcome {
    let daemon = with("dice").await?;
    let app = daemon.app().await?;
    let said = app::reply_text(&app.command("roll", "3d6").await?).unwrap_or_default();
    assert!(said.starts_with("ann rolls 3d6: "), "{said}");
    Ok(())
}

#[tokio::test]
async fn dictionary_answers_plugins_and_the_web() -> Outcome {
    let daemon = with("dictionary").await?;
    daemon.run(&Draft::obedient("quiz").calls(&["dictionary"])).await?;
    let app = daemon.app().await?;
    let said = app.tell("quiz", "call dictionary define \"outboard\"").await?;
    assert_eq!(said, "\"a motor that hangs outside the hull\"");
    let said = app.tell("quiz", "call dictionary define \"inboard\"").await?;
    assert!(said.contains("no such word: inboard"), "{said}");

    let chat = App::builder("sdk-chat", "1.0.0").node("n2").connect(daemon.house().app_socket());
    tokio::time::timeout(PATIENCE, chat.connected()).await?;
    let lines: String = (0..20_000).map(|at| format!("word{at:05}: meaning {at}\n")).collect();
    let request = || HttpRequest::new("dictionary", "POST", "/add").body(lines.clone());
    let refused = chat.http(request()).await.unwrap_err();
    assert_eq!(refused.status(), 401, "{refused}");
    let added = chat.http(request().user("ann")).await?;
    assert_eq!(added.body.bytes().await?, "20000 words of ann added\n");
    let shown = chat.http(HttpRequest::new("dictionary", "GET", "/words")).await?;
    assert_eq!(shown.status, 200);
    assert!(shown.body.bytes().await?.ends_with(b"word19999: meaning 19999\n"));
    let status = daemon.operator().status("dictionary").await?;
    assert_eq!(status.schedules[0].rule, "0 4 * * * Europe/Vienna");
    Ok(())
}

#[tokio::test]
async fn oracle_answers_word_by_word() -> Outcome {
    let daemon = with("oracle").await?;
    let app = daemon.app().await?;
    let told = app.start_command(app::command("ask", "will it rain?")).await?;
    let mut said = String::new();
    loop {
        let delta = app.delta().await?;
        said.push_str(&delta.delta);
        if delta.end {
            break;
        }
    }
    assert_eq!(app::reply_text(&told.answer().await?), Some(said));
    Ok(())
}

#[tokio::test]
async fn oracle_reads_the_stars_and_answers_later() -> Outcome {
    let daemon = with("oracle").await?;
    let app = daemon.app().await?;
    app.command("fortune", "weather").await?;
    let said = app.show_follow_up("m-1").await?;
    let text = values::text_of(said.reply.unwrap_or_default().body.as_ref()).to_owned();
    assert!(said.last && text.starts_with("ann, about weather: "), "{text}");
    Ok(())
}

/// A daemon that runs an example, all it asks for granted.
async fn with(name: &str) -> anyhow::Result<Daemon> {
    let daemon = Daemon::start().await?;
    let folder = installed(&daemon, name)?;
    daemon.operator().load(&folder).await?;
    daemon.operator().wait_running(name).await?;
    Ok(daemon)
}

/// A plugin folder as a package would hold it: manifest and program.
fn installed(daemon: &Daemon, name: &str) -> anyhow::Result<PathBuf> {
    let (program, sources) = binaries::example(name);
    let folder = daemon.folder(name);
    std::fs::create_dir_all(&folder)?;
    std::fs::copy(sources.join("plugin.toml"), folder.join("plugin.toml"))?;
    binaries::install(&program, &folder.join(name))?;
    Ok(folder)
}

/// Somebody joins the channel "town".
fn joined(who: &str) -> Event {
    let joined = Membership {
        channel: Some(values::channel("town")),
        user: Some(values::person(who)),
        ..Membership::default()
    };
    let of = Some(event::Of::Member(joined));
    Event { r#type: "member.joined".to_owned(), of, ..Event::default() }
}
