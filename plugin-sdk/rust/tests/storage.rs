//! Claims about what a plugin keeps, in the harness: the daemon's rules hold there too.

use std::time::Duration;

use outboard_plugin::proto::common::Reason;
use outboard_plugin::test::Harness;
use outboard_plugin::{Change, Command, HostError, News, Plugin, Reply, Result, StorageError};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, PartialEq)]
struct Note {
    by: String,
    words: Vec<String>,
}

async fn note(cmd: &Command) -> Result<String> {
    let storage = cmd.ctx().storage();
    let key = format!("note/{}", cmd.sender().id);
    let mut note: Note = storage
        .get_json(key.as_str())
        .await?
        .unwrap_or(Note { by: cmd.sender().id.clone(), words: Vec::new() });
    note.words.push(cmd.text().to_owned());
    storage.set_json(key, &note).await?;
    Ok(note.words.join(" "))
}

async fn lock(cmd: &Command) -> Result<String> {
    let change = Change::set("lock", cmd.sender().id.as_str());
    let change = change.if_absent().expires_in(Duration::from_secs(60));
    match cmd.ctx().storage().change(change).await {
        Ok(_) => Ok("yours".to_owned()),
        Err(error) if error.reason() == Some(Reason::StorageConflict) => Ok("taken".to_owned()),
        Err(error) => Err(error.into()),
    }
}

async fn shift(cmd: &Command) -> Result<String> {
    let storage = cmd.ctx().storage();
    let from = storage.get("from").await?.map(|it| it.revision()).unwrap_or(0);
    let changes = [
        Change::set("to", "it"),
        Change::increment("shifts", 1),
        Change::delete("from").if_revision(from),
    ];
    let written = storage.durable().batch(changes).await?;
    Ok(written[1].counter.to_string())
}

async fn watched(cmd: &Command) -> Result<String> {
    let storage = cmd.ctx().storage();
    let mut watch = storage.watch("a/").await?;
    storage.set("b", "not told").await?;
    storage.change(Change::set("a/1", "told").secret()).await?;
    match watch.next().await? {
        Some(News::Changed(changed)) => Ok(changed.key),
        other => Ok(format!("{other:?}")),
    }
}

fn harness() -> Harness {
    let plugin = Plugin::new("keeper", "1.0.0")
        .command("note", async |cmd| -> Result<Reply> { Ok(cmd.reply(note(&cmd).await?)) })
        .command("lock", async |cmd| -> Result<Reply> { Ok(cmd.reply(lock(&cmd).await?)) })
        .command("shift", async |cmd| -> Result<Reply> { Ok(cmd.reply(shift(&cmd).await?)) })
        .command("watch", async |cmd| -> Result<Reply> { Ok(cmd.reply(watched(&cmd).await?)) })
        .command("keys", async |cmd| -> Result<Reply, StorageError> {
            Ok(cmd.reply(cmd.ctx().storage().keys("note/").await?.join(" ")))
        });
    Harness::new(plugin)
}

#[test]
fn values_are_kept_as_json_and_found_by_a_test() {
    let mut daemon = harness();
    daemon.store("note/bob", r#"{"by":"bob","words":["well"]}"#);
    assert_eq!(daemon.command("note").by("bob").text("then").run().unwrap().text(), "well then");
    daemon.command("note").text("hi").run().unwrap();
    let kept: Note = daemon.stored("note/ada").unwrap().json().unwrap();
    assert_eq!(kept, Note { by: "ada".to_owned(), words: vec!["hi".to_owned()] });
    assert_eq!(daemon.command("keys").run().unwrap().text(), "note/ada note/bob");
}

#[test]
fn what_is_no_json_names_its_key() {
    let mut daemon = harness();
    daemon.store("note/ada", "no json");
    let failure = daemon.command("note").text("hi").run().unwrap_err();
    assert!(failure.message.starts_with("note/ada: expected"), "{failure}");
}

#[test]
fn a_condition_holds_until_time_has_passed() {
    let mut daemon = harness();
    assert_eq!(daemon.command("lock").run().unwrap().text(), "yours");
    assert_eq!(daemon.command("lock").by("bob").run().unwrap().text(), "taken");
    daemon.pass(Duration::from_secs(60));
    assert_eq!(daemon.command("lock").by("bob").run().unwrap().text(), "yours");
}

#[test]
fn a_batch_is_made_whole_or_not_at_all() {
    let mut daemon = harness();
    daemon.store("from", "it");
    assert_eq!(daemon.command("shift").run().unwrap().text(), "1");
    assert_eq!(daemon.stored("to").unwrap().text(), "it");
    assert_eq!(daemon.stored("from"), None);
    // Nothing is there to shift, which is as expected: revision 0 means no such key.
    assert_eq!(daemon.command("shift").run().unwrap().text(), "2");
    assert_eq!(daemon.stored("shifts").unwrap().counter(), Some(2));
}

#[test]
fn a_watch_tells_of_its_prefix_only() {
    let mut daemon = harness();
    assert_eq!(daemon.command("watch").run().unwrap().text(), "a/1");
    assert!(daemon.stored("a/1").unwrap().is_secret());
}

#[test]
fn a_refusal_of_the_daemons_is_told_with_its_reason() {
    let mut daemon = harness();
    let (reason, message) = (Reason::StorageFull, "the storage is full".to_owned());
    daemon.refuse(HostError::Refused { reason, message, retry_after: None });
    let failure = daemon.command("note").text("hi").run().unwrap_err();
    assert_eq!(failure.message, "STORAGE_FULL: the storage is full");
}
