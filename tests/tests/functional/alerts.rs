//! Alerts and the usage webhook: who is told, once, and that nobody waits for them.

use outboard_tests::authority::Authority;
use outboard_tests::catcher::{Answers, Catcher};
use outboard_tests::{Daemon, Draft, Outcome, PATIENCE};

use crate::QUICK;

#[tokio::test]
async fn a_failed_plugin_is_told_once_and_its_end_too() -> Outcome {
    let catcher = Catcher::start(Answers::With("204 No Content")).await?;
    let alerts = format!("[alerts]\nwebhook = \"{}\"\nkinds = [\"failed\"]\n", catcher.url());
    let daemon = Daemon::configured(&format!("{QUICK}{alerts}")).await?;
    daemon.load(&Draft::sinner("alpha", "crash-loop")).await?;
    daemon.operator().wait_failed("alpha").await?;
    let told = catcher.next().await?;
    for part in ["\"kind\":\"failed\"", "\"plugin\":\"alpha\"", "\"state\":\"raised\"", "exited"] {
        assert!(told.contains(part), "{told}");
    }
    daemon.operator().disable("alpha").await?;
    let told = catcher.next().await?;
    assert!(told.contains("\"state\":\"over\""), "{told}");
    Ok(())
}

#[tokio::test]
async fn a_command_is_given_what_is_wrong_in_its_environment() -> Outcome {
    let folder = tempfile::tempdir()?;
    let said = folder.path().join("said");
    let line =
        format!("env | grep OUTBOARD_ALERT | sort > {0}.new; mv {0}.new {0}", said.display());
    let daemon = Daemon::configured(&format!(
        "{QUICK}[alerts]\ncommand = [\"/bin/sh\", \"-c\", \"{line}\"]\nkinds = [\"failed\"]\n"
    ))
    .await?;
    daemon.load(&Draft::sinner("alpha", "crash-loop")).await?;
    let read = async {
        while !said.exists() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, read).await?;
    let said = std::fs::read_to_string(said)?;
    assert!(said.contains("OUTBOARD_ALERT_KIND=failed\n"), "{said}");
    assert!(said.contains("OUTBOARD_ALERT_PLUGIN=alpha\n"), "{said}");
    assert!(said.contains("OUTBOARD_ALERT_STATE=raised\n"), "{said}");
    Ok(())
}

#[tokio::test]
async fn an_operators_channel_hears_of_it_from_the_daemons_own_bot() -> Outcome {
    let daemon = Daemon::configured(&format!(
        "{QUICK}[alerts]\nchannel = \"id:C-ops\"\nkinds = [\"failed\"]\n"
    ))
    .await?;
    let app = daemon.app().await?;
    daemon.load(&Draft::sinner("alpha", "crash-loop")).await?;
    let message = app.carry_out("m1").await?;
    assert_eq!(message.channel.unwrap_or_default().id, "C-ops");
    assert_eq!(message.sender.unwrap_or_default().id, "outboard");
    let text = outboard_tests::values::text_of(message.body.as_ref()).to_owned();
    assert!(text.starts_with("alpha: failed: "), "{text}");
    Ok(())
}

// I108
#[tokio::test]
async fn over_https_nobody_is_told_whose_certificate_is_not_believed() -> Outcome {
    let folder = tempfile::tempdir()?;
    let authority = Authority::new(folder.path())?;
    let acceptor = authority.acceptor("127.0.0.1")?;
    let catcher = Catcher::secure(Answers::With("204 No Content"), acceptor).await?;
    let alerts = format!("[alerts]\nwebhook = \"{}\"\nkinds = [\"failed\"]\n", catcher.url());
    let daemon = Daemon::configured(&format!("{QUICK}{alerts}")).await?;
    daemon.load(&Draft::sinner("alpha", "crash-loop")).await?;
    let told = async {
        loop {
            let outlets = daemon.operator().alerts().await?.outlets;
            if let Some(failing) = outlets.into_iter().find(|it| !it.failing.is_empty()) {
                return anyhow::Ok(failing);
            }
        }
    };
    let failing = tokio::time::timeout(PATIENCE, told).await??;
    assert!(failing.failing.contains("signed by nobody who is believed here"), "{failing:?}");
    assert!(failing.to.starts_with("https://") && failing.to.ends_with("/…"), "{failing:?}");
    let ca = authority.file().display();
    daemon.house().configure(&format!("{QUICK}{alerts}ca = \"{ca}\"\n"))?;
    daemon.operator().reload().await?;
    daemon.load(&Draft::sinner("beta", "crash-loop")).await?;
    let told = catcher.next().await?;
    assert!(told.contains("\"plugin\":\"beta\""), "{told}");
    Ok(())
}

// I102
#[tokio::test]
async fn targets_that_hang_or_refuse_hold_nothing_up_and_are_told_of() -> Outcome {
    let catcher = Catcher::start(Answers::With("302 There")).await?;
    let daemon = Daemon::configured(&format!(
        "{QUICK}[alerts]\ncommand = [\"/bin/sleep\", \"600\"]\nwebhook = \"{}\"\n\
         kinds = [\"failed\"]\n",
        catcher.url()
    ))
    .await?;
    daemon.load(&Draft::sinner("alpha", "crash-loop")).await?;
    daemon.operator().wait_failed("alpha").await?;
    catcher.next().await?;
    let told = async {
        loop {
            let alerts = daemon.operator().alerts().await?;
            let failing = alerts.outlets.into_iter().find(|it| !it.failing.is_empty());
            if let Some(failing) = failing {
                return anyhow::Ok((alerts.alarms, failing));
            }
        }
    };
    let (alarms, failing) = tokio::time::timeout(PATIENCE, told).await??;
    assert_eq!((failing.name.as_str(), failing.dropped), ("alerts webhook", 1));
    assert!(failing.failing.contains("redirects are not followed"), "{failing:?}");
    assert!(alarms.iter().any(|it| it.kind == "failed" && it.plugin == "alpha"), "{alarms:?}");
    daemon.run(&Draft::obedient("beta")).await?;
    assert_eq!(daemon.app().await?.tell("beta", "say well").await?, "well");
    Ok(())
}

// I95
#[tokio::test]
async fn uses_are_posted_in_batches_and_a_webhook_that_hangs_costs_only_records() -> Outcome {
    let catcher = Catcher::start(Answers::With("200 Fine")).await?;
    let daemon = Daemon::configured(&format!("[usage]\nwebhook = \"{}\"\n", catcher.url())).await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    let app = daemon.app().await?;
    // Whether it follows already, nobody can tell from outside: what came before is not posted.
    app.tell("alpha", "usage track rolled sides=6").await?;
    app.tell("alpha", "usage track rolled sides=20").await?;
    let posted = catcher.next().await?;
    assert!(posted.contains("\"type\":\"plugin_usage\""), "{posted}");
    assert!(posted.contains("\"action\":\"rolled\"") && posted.contains("\"sides\""), "{posted}");
    let silent = Catcher::start(Answers::Not).await?;
    daemon.house().configure(&format!("[usage]\nwebhook = \"{}\"\n", silent.url()))?;
    daemon.operator().reload().await?;
    assert!(app.tell("alpha", "usage many 1500").await?.starts_with("taken="));
    silent.next().await?;
    assert_eq!(app.tell("alpha", "say well").await?, "well");
    Ok(())
}
