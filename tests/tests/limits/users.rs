//! Users: each plugin has one of its own where the daemon may give it one, and never root.

use std::os::unix::fs::MetadataExt as _;

use outboard_tests::daemon::{is_root, skipped};
use outboard_tests::{Daemon, Draft, Outcome, process};

#[tokio::test]
async fn every_plugin_has_a_user_of_its_own_that_is_not_root() -> Outcome {
    if !is_root() {
        skipped("every_plugin_has_a_user_of_its_own…", "only root can give users");
        return Ok(());
    }
    let daemon = Daemon::start().await?;
    let alpha = daemon.run(&Draft::bare("alpha")).await?;
    let beta = daemon.run(&Draft::bare("beta")).await?;
    let uids = [alpha.pid, beta.pid].map(process::uid);
    assert_ne!(uids[0], uids[1]);
    assert!(uids.iter().flatten().all(|uid| *uid >= 200_000), "{uids:?}");
    let groups = process::status_field(alpha.pid, "Groups");
    assert_eq!(groups.as_deref(), Some(""), "no group of the daemon's is left");
    Ok(())
}

#[tokio::test]
async fn a_plugin_keeps_its_user_over_restarts_of_itself_and_of_the_daemon() -> Outcome {
    if !is_root() {
        skipped("a_plugin_keeps_its_user…", "only root can give users");
        return Ok(());
    }
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::bare("other")).await?;
    let first = process::uid(daemon.run(&Draft::bare("alpha")).await?.pid);
    daemon.operator().unload("other").await?;
    let daemon = Daemon::in_house(daemon.stop().await?.1).await?;
    let again = daemon.operator().wait_running("alpha").await?;
    assert_eq!(process::uid(again.pid), first, "its data would be another's");
    Ok(())
}

// I23
#[tokio::test]
async fn root_without_a_range_of_users_refuses_to_run_plugins_as_root() -> Outcome {
    if !is_root() {
        skipped("root_without_a_range…", "this is not root");
        return Ok(());
    }
    let house = outboard_tests::House::new("")?;
    house.add_config("00-users.toml", "")?;
    let daemon = Daemon::in_house(house).await?;
    let folder = Draft::bare("alpha").write(&daemon.house().folders())?;
    let loaded = daemon.operator().load(&folder).await;
    match loaded {
        Err(refusal) => assert!(refusal.message.contains("root"), "{refusal}"),
        Ok(_) => {
            let ran = daemon.operator().wait_running("alpha").await?;
            assert_ne!(process::uid(ran.pid), Some(0), "a plugin as root was never allowed");
        }
    }
    Ok(())
}

#[tokio::test]
async fn without_users_doctor_says_that_plugins_are_trusted() -> Outcome {
    if is_root() {
        skipped("without_users_doctor_says…", "root separates users");
        return Ok(());
    }
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::bare("alpha")).await?;
    let findings = daemon.operator().doctor().await?;
    let told = "plugins are trusted as the daemon's user";
    assert!(findings.iter().any(|finding| finding.says.contains(told)), "{findings:#?}");
    Ok(())
}

#[tokio::test]
async fn a_plugin_cannot_read_anothers_data_nor_the_daemons_state() -> Outcome {
    if !is_root() {
        skipped("a_plugin_cannot_read_anothers_data…", "plugins share the daemon's user here");
        return Ok(());
    }
    let daemon = Daemon::start().await?;
    let app = daemon.app().await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    daemon.run(&Draft::obedient("beta")).await?;
    let data = app.tell("alpha", "data").await?;
    assert_eq!(app.tell("alpha", &format!("write {data}/secret mine")).await?, "written");
    let control = daemon.house().state().join("control.db").display().to_string();
    for path in [format!("{data}/secret"), control] {
        let said = app.tell("beta", &format!("read {path}")).await?;
        assert!(said.contains("Permission denied"), "{path}: {said}");
    }
    let owner = std::fs::metadata(format!("{data}/secret"))?.uid();
    assert!(owner >= 200_000, "the data folder belongs to the plugin's user");
    Ok(())
}
