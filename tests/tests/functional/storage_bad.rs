//! Storage where something is wrong: too much, damaged, no disk, no key. What is refused is refused
//! for a stated cause, and concerns nobody else.

use std::os::unix::fs::PermissionsExt as _;

use outboard_tests::{App, Daemon, House, Outcome};

use crate::QUICK;
use crate::state::{SmallDisk, fill};
use crate::storage::{in_house, keeper, with};

#[tokio::test]
async fn keys_and_values_that_are_too_large_are_refused_with_their_size() -> Outcome {
    let (_daemon, app) = with("").await?;
    for (what, said) in [
        ("set *513 v", "a key has at most 512 bytes, this one has 513"),
        ("set k *65537", "a value has at most 65536 bytes, this one has 65537"),
    ] {
        let refused = app.tell("alpha", &format!("store {what}")).await?;
        assert!(refused.contains("STORAGE_TOO_LARGE") && refused.contains(said), "{refused}");
    }
    let batch = ["add n 1"; 129].join(" + ");
    let refused = app.tell("alpha", &format!("store {batch}")).await?;
    assert!(refused.contains("at most 128 changes"), "{refused}");
    assert!(app.tell("alpha", "store set *512 *65536").await?.starts_with("rev=1"));
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_added_to_says_so() -> Outcome {
    let (_daemon, app) = with("").await?;
    app.tell("alpha", "store set k text").await?;
    let refused = app.tell("alpha", "store add k 1").await?;
    assert!(refused.contains("FailedPrecondition NOT_A_COUNTER"), "{refused}");
    app.tell("alpha", "store add n 9223372036854775807").await?;
    let refused = app.tell("alpha", "store add n 1").await?;
    assert!(refused.contains("would overflow"), "{refused}");
    Ok(())
}

// I74
#[tokio::test]
async fn a_full_storage_is_refused_more_and_lets_go() -> Outcome {
    let (daemon, app) = with("[plugins.alpha]\nstorage = \"1MiB\"\n").await?;
    let mut kept = 0;
    let refused = loop {
        let said = app.tell("alpha", &format!("store set k{kept} *60000")).await?;
        if !said.starts_with("rev=") {
            break said;
        }
        kept += 1;
    };
    assert!(refused.contains("ResourceExhausted STORAGE_FULL"), "{refused}");
    assert!((10..18).contains(&kept), "{kept} values of 60,000 bytes");
    assert!(app.tell("alpha", "store delete k0 + delete k1").await?.contains("existed=true"));
    assert!(app.tell("alpha", "store set again *60000").await?.starts_with("rev="));
    // More counts at once.
    daemon.operator().set("alpha", "storage", "2MiB").await?;
    assert!(app.tell("alpha", "store set more *60000").await?.starts_with("rev="));
    assert!(app.tell("alpha", "store usage").await?.contains("quota=2097152"));
    Ok(())
}

// I75
#[tokio::test]
async fn a_damaged_storage_is_set_aside_its_plugin_told_and_nobody_else_concerned() -> Outcome {
    let (daemon, app) = with("").await?;
    daemon.run(&keeper("beta")).await?;
    app.tell("alpha", "store set k lost").await?;
    app.tell("beta", "store set k kept").await?;
    drop(app);
    let (_, house) = daemon.stop().await?;
    let file = house.state().join("storage/alpha.db");
    std::fs::write(&file, "this is no database at all ".repeat(400))?;
    let daemon = Daemon::in_house(house).await?;
    for name in ["alpha", "beta"] {
        daemon.operator().wait_running(name).await?;
    }
    let app = daemon.app().await?;
    let refused = app.tell("alpha", "store get k").await?;
    assert!(refused.contains("DataLoss STORAGE_DAMAGED"), "{refused}");
    assert_eq!(app.tell("alpha", "store get k").await?, "nothing");
    assert!(app.tell("alpha", "store set k anew").await?.starts_with("rev=1"));
    assert!(app.tell("alpha", "store usage").await?.contains("damaged=true"));
    assert_eq!(app.tell("beta", "store get k").await?, "kept rev=1");
    let usage = daemon.operator().storage_usage("alpha").await?;
    assert!(usage.beside.iter().any(|it| it.contains("alpha.db.damaged-")), "{usage:?}");
    let findings = daemon.operator().doctor().await?;
    assert!(findings.iter().any(|it| it.check == "storage" && it.says.contains("alpha")));
    Ok(())
}

#[tokio::test]
async fn a_full_disk_is_told_as_such_and_everything_goes_on() -> Outcome {
    let test = "a_full_disk_is_told_as_such_and_everything_goes_on";
    let Some((house, _disk)) = SmallDisk::house(test, QUICK)? else { return Ok(()) };
    let (daemon, app) = in_house(house, keeper("alpha")).await?;
    app.tell("alpha", "store set k before").await?;
    fill(&daemon.house().state());
    let refused = app.tell("alpha", "store set large *60000").await?;
    assert!(refused.contains("DISK_FULL"), "{refused}");
    assert_eq!(app.tell("alpha", "store get k").await?, "before rev=1");
    std::fs::remove_file(daemon.house().state().join("filler"))?;
    assert!(app.tell("alpha", "store set large *60000").await?.starts_with("rev=2"));
    Ok(())
}

// I75
#[tokio::test]
async fn a_thousand_watchers_are_bounded_and_a_slow_one_is_told_of_its_gap() -> Outcome {
    let (_daemon, app) = with("").await?;
    let said = app.tell("alpha", "store watch-many 1000").await?;
    assert_eq!(said, "32 open, refused: {\"OVER_LIMIT\": 968}");
    let said = app.tell("alpha", "store watch-unread 3000").await?;
    assert!(said.contains(" then gap "), "{said}");
    Ok(())
}

// I76
#[tokio::test]
async fn a_secret_without_a_key_is_refused() -> Outcome {
    let (_daemon, app) = with("").await?;
    let refused = app.tell("alpha", "store set token hush secret").await?;
    assert!(refused.contains("FailedPrecondition NO_SECRET_KEY"), "{refused}");
    assert_eq!(app.tell("alpha", "store get token").await?, "nothing");
    Ok(())
}

// I76
#[tokio::test]
async fn a_secret_is_kept_encrypted_under_a_key_that_can_be_exchanged() -> Outcome {
    let house = House::new(QUICK)?;
    write_keys(&house, &[1])?;
    let (daemon, app) = in_house(house, keeper("alpha")).await?;
    app.tell("alpha", "store set token hush-hush secret + set open read-me").await?;
    assert_eq!(app.tell("alpha", "store get token").await?, "hush-hush rev=1 secret");
    assert!(app.tell("alpha", "store list ").await?.contains("token=left out"));
    let daemon = restarted(daemon, app, &[1, 2]).await?;
    assert!(!anywhere(daemon.house(), b"hush-hush")?, "it is nowhere in clear");
    assert!(anywhere(daemon.house(), b"read-me")?, "what is open can be found so");
    let app = daemon.app().await?;
    assert_eq!(app.tell("alpha", "store get token").await?, "hush-hush rev=1 secret");
    let daemon = restarted(daemon, app, &[2]).await?;
    let refused = daemon.app().await?.tell("alpha", "store get token").await?;
    assert!(refused.contains("SECRET_UNREADABLE"), "{refused}");
    Ok(())
}

#[tokio::test]
async fn keys_that_all_may_read_keep_the_daemon_from_starting() -> Outcome {
    let house = House::new("")?;
    write_keys(&house, &[1])?;
    let file = house.config().join("secret-keys");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644))?;
    let status = house.command()?.status().await?;
    assert!(!status.success());
    assert!(house.log().contains("are open to all"), "{}", house.log());
    Ok(())
}

async fn restarted(daemon: Daemon, app: App, keys: &[u8]) -> anyhow::Result<Daemon> {
    drop(app);
    let (_, house) = daemon.stop().await?;
    write_keys(&house, keys)?;
    let daemon = Daemon::in_house(house).await?;
    daemon.operator().wait_running("alpha").await?;
    Ok(daemon)
}

/// Keys of these versions.
pub fn write_keys(house: &House, versions: &[u8]) -> std::io::Result<()> {
    let line = |version: &u8| format!("{version} {}\n", format!("{version:02x}").repeat(32));
    let text: String = versions.iter().map(line).collect();
    let file = house.config().join("secret-keys");
    std::fs::write(&file, text)?;
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600))
}

/// Whether these bytes are in any file of the storage.
fn anywhere(house: &House, bytes: &[u8]) -> anyhow::Result<bool> {
    for entry in std::fs::read_dir(house.state().join("storage"))? {
        let content = std::fs::read(entry?.path())?;
        if content.windows(bytes.len()).any(|it| it == bytes) {
            return Ok(true);
        }
    }
    Ok(false)
}
