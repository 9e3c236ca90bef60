//! The daemon's own folders: taken, stale, full, unwritable, from the future.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use outboard_tests::daemon::{is_root, skipped};
use outboard_tests::{Daemon, Draft, House, Outcome};

#[tokio::test]
async fn a_second_daemon_in_the_same_folders_is_refused_naming_the_first() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    let status = daemon.house().command()?.status().await?;
    assert!(!status.success());
    let log = daemon.house().log();
    assert!(log.contains(&daemon.pid().to_string()), "{log}");
    assert_eq!(daemon.app().await?.tell("alpha", "say well").await?, "well");
    Ok(())
}

#[tokio::test]
async fn stale_sockets_of_a_killed_daemon_are_no_obstacle() -> Outcome {
    let daemon = Daemon::start().await?;
    let house = daemon.kill().await?;
    assert!(house.admin_socket().exists() && house.app_socket().exists());
    let daemon = Daemon::in_house(house).await?;
    daemon.run(&Draft::bare("alpha")).await?;
    Ok(())
}

#[tokio::test]
async fn a_state_folder_that_cannot_be_made_is_named() -> Outcome {
    let house = House::new("")?;
    std::fs::write(house.state(), "a file where a folder should be")?;
    let log = refused(&house).await?;
    assert!(log.contains(&house.state().display().to_string()), "{log}");
    Ok(())
}

#[tokio::test]
async fn a_runtime_folder_that_cannot_be_made_is_named() -> Outcome {
    let house = House::new("")?;
    std::fs::write(house.runtime(), "a file where a folder should be")?;
    let log = refused(&house).await?;
    assert!(log.contains(&house.runtime().display().to_string()), "{log}");
    Ok(())
}

#[tokio::test]
async fn a_state_folder_that_may_not_be_written_is_named() -> Outcome {
    if is_root() {
        skipped("a_state_folder_that_may_not_be_written_is_named", "root may write everywhere");
        return Ok(());
    }
    let house = House::new("")?;
    std::fs::create_dir(house.state())?;
    std::fs::set_permissions(house.state(), std::fs::Permissions::from_mode(0o500))?;
    let log = refused(&house).await?;
    assert!(log.contains(&house.state().display().to_string()), "{log}");
    Ok(())
}

// I39
#[tokio::test]
async fn a_state_of_a_newer_daemon_is_refused_naming_both_versions_and_left_alone() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::bare("alpha")).await?;
    let (_, house) = daemon.stop().await?;
    let control = house.state().join("control.db");
    set_schema(&control, 9876)?;
    let log = refused(&house).await?;
    assert!(log.contains("9876"), "{log}");
    assert!(log.contains("control.db"), "{log}");
    assert_eq!(schema(&control)?, 9876);
    Ok(())
}

#[tokio::test]
async fn a_damaged_state_is_refused_naming_the_file() -> Outcome {
    let (_, house) = Daemon::start().await?.stop().await?;
    let control = house.state().join("control.db");
    for log in ["control.db-wal", "control.db-shm"] {
        // What is in the log would stand for what is damaged.
        let _ = std::fs::remove_file(house.state().join(log));
    }
    std::fs::write(&control, "this is no database at all, however long it may be ".repeat(200))?;
    let log = refused(&house).await?;
    assert!(log.contains("control.db"), "{log}");
    Ok(())
}

#[tokio::test]
async fn a_full_disk_is_a_typed_refusal_and_what_runs_goes_on() -> Outcome {
    let test = "a_full_disk_is_a_typed_refusal_and_what_runs_goes_on";
    let Some((house, _disk)) = SmallDisk::house(test, "")? else { return Ok(()) };
    let daemon = Daemon::in_house(house).await?;
    daemon.run(&Draft::interceptor("alpha", "")).await?;
    let app = daemon.app().await?;
    fill(&daemon.house().state());
    let folder = Draft::bare("beta").write(&daemon.house().folders())?;
    let refusal = daemon.operator().load(&folder).await.unwrap_err();
    assert_eq!(refusal.reason, "DISK_FULL", "{refusal}");
    let verdict = app.post("town", "all:tag").await?;
    assert_eq!(outboard_tests::verdict::outcome(&verdict), "replaced: all:tag +alpha");
    std::fs::remove_file(daemon.house().state().join("filler"))?;
    daemon.operator().load(&folder).await?;
    daemon.operator().wait_running("beta").await?;
    Ok(())
}

#[tokio::test]
async fn socket_paths_that_the_kernel_would_not_take_are_refused_with_their_length() -> Outcome {
    let house = House::new("")?;
    let long = house.root().join("r".repeat(100));
    let mut command = tokio::process::Command::new(outboard_tests::binaries::daemon());
    command.arg("--config").arg(house.config()).arg("--state").arg(house.state());
    let output = command.arg("--runtime").arg(&long).kill_on_drop(true).output().await?;
    assert!(!output.status.success());
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.contains("107"), "{words}");
    Ok(())
}

/// What a daemon that does not start says.
async fn refused(house: &House) -> anyhow::Result<String> {
    let running = house.command()?.status();
    let status = tokio::time::timeout(outboard_tests::PATIENCE, running).await??;
    assert!(!status.success(), "it started");
    Ok(house.log())
}

fn set_schema(database: &Path, version: u32) -> rusqlite::Result<()> {
    rusqlite::Connection::open(database)?.pragma_update(None, "user_version", version)
}

fn schema(database: &Path) -> rusqlite::Result<u32> {
    rusqlite::Connection::open(database)?.pragma_query_value(None, "user_version", |row| row.get(0))
}

/// A file system of 4 MiB, unmounted when dropped: the state of a house, whose folders go after it.
pub struct SmallDisk(Arc<House>);

impl SmallDisk {
    /// A house with such a disk; nothing, and a word about the test, where none can be mounted. Who
    /// keeps both starts the daemon after them, so that it is gone before.
    pub fn house(test: &str, config: &str) -> anyhow::Result<Option<(Arc<House>, Self)>> {
        if !is_root() {
            skipped(test, "only root can mount a small disk");
            return Ok(None);
        }
        let house = House::new(config)?;
        std::fs::create_dir_all(house.state())?;
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=4m,mode=0755", "none"])
            .arg(house.state())
            .status();
        if !mounted?.success() {
            skipped(test, "a small disk cannot be mounted here");
            return Ok(None);
        }
        Ok(Some((house.clone(), Self(house))))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the daemon, dropped later or earlier, may still have it open.
        let _ = Command::new("umount").arg("-l").arg(self.0.state()).status();
    }
}

/// Leaves not a byte.
pub fn fill(folder: &Path) {
    let Ok(mut filler) = std::fs::File::create(folder.join("filler")) else { return };
    while filler.write_all(&[0; 4096]).is_ok() {}
}
