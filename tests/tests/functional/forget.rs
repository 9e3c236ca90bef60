//! Forgetting a user: what the daemon keeps of them goes, and plugins are told, whenever they run.

use outboard_proto::admin::LogLine;
use outboard_proto::app::{answer, request::Of};
use outboard_proto::common::{Done, Event, Message, UserChange, event};
use outboard_tests::app::{hold_of, reply_text};
use outboard_tests::{App, AppDraft, Daemon, Draft, Outcome, values};

use crate::QUICK;

const KEPT: &str = "delivery = \"at-least-once\"\ntimeout = \"60s\"";

/// A listener that is told of those who are forgotten.
fn told() -> Draft {
    Draft::listener("alpha", KEPT).events(&["user.forgotten"], KEPT).run("restart = \"never\"")
}

async fn with(drafts: &[Draft]) -> anyhow::Result<(Daemon, App)> {
    let daemon = Daemon::configured(QUICK).await?;
    for draft in drafts {
        daemon.run(draft).await?;
    }
    let app = daemon.app().await?;
    Ok((daemon, app))
}

/// Something that bob wrote.
fn by_bob(text: &str) -> Event {
    let sender = Some(values::person("bob"));
    let message = Message { id: "m-9".to_owned(), sender, ..values::message("town", text) };
    Event {
        r#type: "message.posted".to_owned(),
        of: Some(event::Of::Message(message.into())),
        ..Event::default()
    }
}

/// Whether some file of the journal has these words.
fn is_in_journal(daemon: &Daemon, words: &str) -> anyhow::Result<bool> {
    let mut found = false;
    for entry in std::fs::read_dir(daemon.house().state())? {
        let path = entry?.path();
        if path.file_name().is_some_and(|it| it.to_string_lossy().starts_with("journal.db")) {
            let bytes = std::fs::read(&path)?;
            found |= bytes.windows(words.len()).any(|part| part == words.as_bytes());
        }
    }
    Ok(found)
}

/// Whether some file of the state folder has these words.
fn is_on_disk(daemon: &Daemon, words: &str) -> anyhow::Result<bool> {
    let mut found = false;
    for entry in std::fs::read_dir(daemon.house().state())? {
        let path = entry?.path();
        if path.is_file() {
            let bytes = std::fs::read(&path)?;
            found |= bytes.windows(words.len()).any(|part| part == words.as_bytes());
        }
    }
    Ok(found)
}

// I92
#[tokio::test]
async fn what_waits_loses_its_content_and_a_plugin_that_is_down_is_told_later() -> Outcome {
    let (daemon, app) = with(&[told(), Draft::bare("beta")]).await?;
    app.publish_post("town", "secret letter alpha:fail").await?;
    app.publish_post("town", "alpha:reply").await?;
    app.carry_out("m-2").await?;
    app.order("alpha", "exit 3").await?;
    daemon.operator().wait_until("alpha", "down", |status| status.pid == 0).await?;
    app.publish_post("town", "secret one").await?;
    app.publish_post("town", "secret two").await?;
    app.publish(by_bob("what bob said")).await?;
    assert!(is_on_disk(&daemon, "secret")?, "else this test says nothing");

    let forgotten = daemon.operator().forget("u-ann").await?;
    // The last that was acknowledged may be on its way out of the journal.
    assert!((3..=4).contains(&forgotten.events), "{forgotten:?}");
    assert_eq!((forgotten.dead_letters, forgotten.held), (1, 0));
    assert_eq!((forgotten.told, forgotten.not_told), (vec!["alpha".into()], vec!["beta".into()]));
    assert!(!is_on_disk(&daemon, "secret")?, "nothing of it is left");
    let letter = daemon.operator().dead_letters("alpha").await?.remove(0);
    let letter = daemon.operator().dead_letter(letter.id, true).await?;
    assert!(letter.content.contains("u-ann") && !letter.content.contains("secret"), "{letter:?}");

    daemon.operator().restart("alpha").await?;
    daemon.operator().wait_running("alpha").await?;
    crate::session::told_again(&app, "event user.forgotten attempt=1 u-ann").await?;
    let seen = crate::session::told_again(&app, "what bob said").await?;
    assert!(!seen.contains("secret"), "{seen}");
    Ok(())
}

// I113
#[tokio::test]
async fn what_was_deferred_for_them_and_waits_about_them_and_names_them_goes() -> Outcome {
    let draft = Draft::obedient("alpha").may("messages:send").may("users:moderate");
    let daemon = Daemon::configured(QUICK).await?;
    daemon.run(&draft).await?;
    let able = || AppDraft::default().able();
    let app = able().connect(&daemon.house().app_socket()).await?;
    defer(&app, "i-1").await?;
    app.tell("alpha", "log met u-ann, and u-anna").await?;
    app.tell("alpha", "log met u-anna").await?;
    app.tell("alpha", "ask-when-alone ban u-ann 0 /far too loud").await?;
    drop(app);
    let done = |line: &LogLine| line.line.contains("alone: done");
    daemon.operator().wait_for_line("alpha", done).await?;
    assert!(is_in_journal(&daemon, "far too loud")?, "else this test says nothing");

    let forgotten = daemon.operator().forget("u-ann").await?;
    assert_eq!((forgotten.interactions, forgotten.requests, forgotten.log_lines), (1, 1, 1));
    assert!(!is_in_journal(&daemon, "far too loud")? && !is_in_journal(&daemon, "u-ann")?);
    let lines = daemon.operator().logs("alpha").await?;
    assert!(lines.iter().all(|it| !it.line.contains("met u-ann,")), "{lines:?}");
    assert!(lines.iter().any(|it| it.line.contains("met u-anna")), "{lines:?}");
    let again = daemon.operator().forget("u-ann").await?;
    assert_eq!((again.interactions, again.requests, again.log_lines), (0, 0, 0));

    let app = able().connect(&daemon.house().app_socket()).await?;
    let said = app.tell("alpha", "follow-up i-1 1 hello").await?;
    assert!(said.contains("INTERACTION_EXPIRED"), "{said}");
    let told = app.order("alpha", "ask edit c-town m-1 next").await?;
    let request = app.request().await?;
    assert!(matches!(request.of, Some(Of::Edit(_))), "nothing came before: {:?}", request.of);
    app.answer(request.id, answer::Result::Done(Done {})).await?;
    told.answer().await?;
    Ok(())
}

// I113
#[tokio::test]
async fn an_app_that_forgets_a_user_ends_what_was_deferred_for_them() -> Outcome {
    let (_daemon, app) = with(&[Draft::obedient("alpha")]).await?;
    defer(&app, "i-1").await?;
    let change = UserChange { user: Some(values::person("ann")), ..UserChange::default() };
    let event = Event {
        r#type: "user.forgotten".to_owned(),
        of: Some(event::Of::User(change)),
        ..Event::default()
    };
    app.publish(event).await?;
    let over = async {
        // It is a write behind others; what is said before it is shown.
        for seq in 1.. {
            let told = app.order("alpha", &format!("follow-up i-1 {seq} hello")).await?;
            let said = tokio::select! {
                told = told.answer() => reply_text(&told?).unwrap_or_default(),
                shown = app.show_follow_up("m-1") => shown.map(|_| String::new())?,
            };
            if said.contains("INTERACTION_EXPIRED") {
                break;
            }
        }
        Ok(())
    };
    tokio::time::timeout(outboard_tests::PATIENCE, over).await?
}

/// Ann defers a command.
async fn defer(app: &App, id: &str) -> Outcome {
    let mut command = outboard_tests::app::command("alpha", "defer");
    id.clone_into(&mut command.interaction_id);
    let result = app.run_command(command).await?;
    anyhow::ensure!(format!("{result:?}").contains("deferred: true"), "{result:?}");
    Ok(())
}

// I92
#[tokio::test]
async fn what_is_held_of_a_forgotten_user_is_dropped() -> Outcome {
    let (daemon, app) = with(&[Draft::interceptor("alpha", "")]).await?;
    let hold = hold_of(&app.post("town", "secret all:hold").await?)?;
    let forgotten = daemon.operator().forget("u-ann").await?;
    assert_eq!((forgotten.held, forgotten.events), (1, 0));
    let told = app.do_as_decided("").await?;
    assert_eq!(told.id, hold.id);
    assert!(!format!("{told:?}").contains("secret"), "{told:?}");
    let told = async {
        while !daemon.operator().held("").await?.is_empty() {}
        Ok(())
    };
    tokio::time::timeout(outboard_tests::PATIENCE, told).await?
}

#[tokio::test]
async fn an_app_that_forgets_a_user_has_the_daemon_do_so_too() -> Outcome {
    let (daemon, app) = with(&[told()]).await?;
    app.publish_post("town", "secret letter alpha:fail").await?;
    app.publish_post("town", "alpha:reply").await?;
    app.carry_out("m-2").await?;
    let letter = daemon.operator().dead_letters("alpha").await?.remove(0);
    let change = UserChange { user: Some(values::person("ann")), ..UserChange::default() };
    let event = Event {
        r#type: "user.forgotten".to_owned(),
        of: Some(event::Of::User(change)),
        ..Event::default()
    };
    assert_eq!(app.publish(event).await?.subscriptions, 1);
    crate::session::told_again(&app, "event user.forgotten attempt=1 u-ann").await?;
    let letter = daemon.operator().dead_letter(letter.id, true).await?;
    assert!(!letter.content.contains("secret"), "{letter:?}");
    Ok(())
}

#[tokio::test]
async fn of_somebody_unknown_nothing_is_kept_and_plugins_are_told_all_the_same() -> Outcome {
    let (daemon, app) = with(&[told()]).await?;
    let forgotten = daemon.operator().forget("u-nobody").await?;
    assert_eq!((forgotten.events, forgotten.held, forgotten.queued), (0, 0, 0));
    crate::session::told_again(&app, "event user.forgotten attempt=1 u-nobody").await?;
    let refusal = daemon.operator().forget("").await.unwrap_err();
    assert_eq!(refusal.reason, "INVALID", "{refusal}");
    let refusal = daemon.operator().forget(&"u".repeat(256)).await.unwrap_err();
    assert_eq!(refusal.reason, "INVALID", "{refusal}");
    Ok(())
}

#[tokio::test]
async fn a_plugin_that_may_not_see_users_is_not_told() -> Outcome {
    let draft = Draft::bare("alpha")
        .may_optionally("users:read")
        .section("[[events]]\non = [\"user.forgotten\"]")
        .argument("unused");
    let daemon = Daemon::configured(QUICK).await?;
    let folder = draft.write(&daemon.house().folders())?;
    daemon.operator().load_as(&folder, outboard_proto::admin::GrantChoice::None).await?;
    let forgotten = daemon.operator().forget("u-ann").await?;
    assert_eq!((forgotten.told, forgotten.not_told), (Vec::new(), vec!["alpha".to_owned()]));
    Ok(())
}

#[tokio::test]
async fn a_purged_plugin_leaves_nothing_in_the_journal() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    let app = daemon.app().await?;
    daemon.run(&Draft::obedient("alpha").may("messages:send")).await?;
    app.order("alpha", "when-alone 1").await?;
    app.tell("alpha", "seen").await?;
    drop(app);
    daemon.operator().wait_for_line("alpha", |it| it.line.contains("alone: done")).await?;
    daemon.operator().unload("alpha").await?;
    assert_eq!(rows(&daemon)?, 1, "it is kept for a later load");
    // Whether it kept anything else is another matter.
    let _ = daemon.operator().purge("alpha").await;
    assert_eq!(rows(&daemon)?, 0);
    Ok(())
}

fn rows(daemon: &Daemon) -> anyhow::Result<i64> {
    let journal = rusqlite::Connection::open(daemon.house().state().join("journal.db"))?;
    Ok(journal
        .query_row("SELECT count(*) FROM outbox WHERE plugin = 'alpha'", [], |row| row.get(0))?)
}
