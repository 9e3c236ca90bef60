//! What plugins keep: it is there for the next process and the next daemon, whole, and theirs
//! alone.

use std::path::Path;
use std::sync::Arc;

use outboard_tests::{App, Daemon, Draft, House, Outcome};

use crate::QUICK;

#[tokio::test]
async fn what_is_kept_is_there_for_the_next_process_and_the_next_daemon() -> Outcome {
    let (daemon, app) = with("").await?;
    assert_eq!(app.tell("alpha", "store set k one").await?, "rev=1 existed=false counter=0");
    assert_eq!(app.tell("alpha", "store add n 5").await?, "rev=2 existed=false counter=5");
    assert_eq!(app.tell("alpha", "store get missing").await?, "nothing");
    app.order("alpha", "exit 3").await?;
    daemon.operator().wait_back("alpha", 1).await?;
    assert_eq!(app.tell("alpha", "store get k").await?, "one rev=1");
    drop(app);
    let daemon = Daemon::in_house(daemon.kill().await?).await?;
    daemon.operator().wait_running("alpha").await?;
    let app = daemon.app().await?;
    assert_eq!(app.tell("alpha", "store list ").await?, "k=one rev=1\nn=5 rev=2");
    let (_, house) = daemon.stop().await?;
    let daemon = Daemon::in_house(house).await?;
    daemon.operator().wait_running("alpha").await?;
    assert_eq!(daemon.app().await?.tell("alpha", "store get n").await?, "5 rev=2");
    Ok(())
}

#[tokio::test]
async fn a_plugin_sees_its_own_and_nobody_elses() -> Outcome {
    let (daemon, app) = with("").await?;
    daemon.run(&keeper("beta")).await?;
    app.tell("alpha", "store set k mine").await?;
    assert_eq!(app.tell("beta", "store get k").await?, "nothing");
    app.tell("beta", "store set k also-mine").await?;
    assert_eq!(app.tell("alpha", "store get k").await?, "mine rev=1");
    Ok(())
}

// I72
#[tokio::test]
async fn a_batch_with_a_stale_revision_changes_nothing() -> Outcome {
    let (_daemon, app) = with("").await?;
    app.tell("alpha", "store set a 1 + set b 1").await?;
    let said = app.tell("alpha", "store set a 2 + set b 2 if=1 + delete a").await?;
    assert!(said.contains("Aborted STORAGE_CONFLICT"), "{said}");
    assert_eq!(app.tell("alpha", "store list ").await?, "a=1 rev=1\nb=1 rev=2");
    app.tell("alpha", "store set a 2 if=1 + set c 1 if=0").await?;
    assert_eq!(app.tell("alpha", "store list ").await?, "a=2 rev=3\nb=1 rev=2\nc=1 rev=4");
    Ok(())
}

// I73
#[tokio::test]
async fn what_has_expired_is_gone_and_watchers_are_told() -> Outcome {
    let (_daemon, app) = with("").await?;
    app.tell("alpha", "store watch t/").await?;
    app.tell("alpha", "store set t/1 brief ttl=1 + set u/1 long").await?;
    app.tell("alpha", "wait 5").await?;
    assert_eq!(app.tell("alpha", "store get t/1").await?, "nothing");
    // The next write drops it.
    app.tell("alpha", "store delete u/1").await?;
    let seen = wait_for_note(&app, "watch STORAGE_CHANGE_KIND_EXPIRED t/1").await?;
    assert!(seen.contains("watch STORAGE_CHANGE_KIND_SET t/1"), "{seen}");
    assert!(!seen.contains("u/1"), "{seen}");
    Ok(())
}

#[tokio::test]
async fn a_watch_ends_when_its_grant_is_withdrawn() -> Outcome {
    let draft = Draft::obedient("alpha").may("storage:write").may_optionally("storage:read");
    let (daemon, app) = in_house(House::new(QUICK)?, draft).await?;
    app.tell("alpha", "store watch ").await?;
    daemon.operator().set("alpha", "grants", "commands:own,storage:write").await?;
    app.tell("alpha", "store set k v").await?;
    let seen = wait_for_note(&app, "PERMISSION_DENIED").await?;
    assert!(!seen.contains("STORAGE_CHANGE_KIND_SET k"), "{seen}");
    Ok(())
}

// I72
#[tokio::test]
async fn a_killed_daemon_leaves_no_half_batch_and_loses_nothing_acknowledged() -> Outcome {
    for round in 0..3 {
        let (daemon, app) = with("").await?;
        let data = daemon.house().state().join("data/alpha");
        app.tell("alpha", "store pump").await?;
        acknowledged(&data, 20 + round).await?;
        drop(app);
        let daemon = Daemon::in_house(daemon.kill().await?).await?;
        let left = all_under(&daemon, "left/").await?;
        let right = all_under(&daemon, "right/").await?;
        assert_eq!(left, right, "both halves of each batch or none");
        for writer in 0..8 {
            let acked: u64 = acknowledged_by(&data, writer).unwrap_or(0);
            let wanted = format!("{writer}/{acked:06}");
            assert!(left.contains(&wanted), "{wanted} was acknowledged; {} are there", left.len());
        }
    }
    Ok(())
}

/// Waits until every writer has had so much acknowledged, so that the daemon is killed amid work.
async fn acknowledged(data: &Path, most: u64) -> Outcome {
    let all = async {
        while !(0..8).all(|writer| acknowledged_by(data, writer).is_some_and(|it| it >= most)) {
            tokio::task::yield_now().await;
        }
    };
    Ok(tokio::time::timeout(outboard_tests::PATIENCE, all).await?)
}

fn acknowledged_by(data: &Path, writer: u32) -> Option<u64> {
    std::fs::read_to_string(data.join(format!("acked-{writer}"))).ok()?.parse().ok()
}

/// Keys under a prefix, without it.
async fn all_under(daemon: &Daemon, prefix: &str) -> anyhow::Result<Vec<String>> {
    let keys = daemon.operator().stored_keys("alpha", prefix).await?;
    Ok(keys.into_iter().map(|key| key.trim_start_matches(prefix).to_owned()).collect())
}

async fn wait_for_note(app: &App, wanted: &str) -> anyhow::Result<String> {
    let search = async {
        loop {
            let seen = app.tell("alpha", "seen").await?;
            if seen.contains(wanted) {
                return Ok(seen);
            }
        }
    };
    tokio::time::timeout(outboard_tests::PATIENCE, search).await?
}

/// A plugin that keeps things.
pub fn keeper(name: &str) -> Draft {
    Draft::obedient(name).may("storage:read").may("storage:write")
}

/// A daemon with one.
pub async fn with(config: &str) -> anyhow::Result<(Daemon, App)> {
    in_house(House::new(&format!("{QUICK}{config}"))?, keeper("alpha")).await
}

/// The same in a house that stands already.
pub async fn in_house(house: Arc<House>, draft: Draft) -> anyhow::Result<(Daemon, App)> {
    let daemon = Daemon::in_house(house).await?;
    daemon.run(&draft).await?;
    let app = daemon.app().await?;
    Ok((daemon, app))
}
