//! What is installed before the first process of a version: once, under limits of its own, and in
//! sight of the operator.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use outboard_proto::admin::{PluginStatus, Severity, State};
use outboard_tests::daemon::skipped;
use outboard_tests::{Daemon, Draft, Outcome, process};

use crate::{QUICK, last_end};

/// A plugin that runs a script first, with further keys of `[install]`.
fn installing(keys: &str) -> Draft {
    let section = format!("[install]\ncommand = [\"./setup.sh\"]\n{keys}");
    Draft::obedient("alpha").section(&section)
}

fn write(daemon: &Daemon, draft: &Draft, script: &str) -> anyhow::Result<PathBuf> {
    let folder = draft.write(&daemon.house().folders())?;
    let file = folder.join("setup.sh");
    std::fs::write(&file, format!("#!/bin/sh\n{script}\n"))?;
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755))?;
    Ok(folder)
}

async fn load(daemon: &Daemon, keys: &str, script: &str) -> anyhow::Result<PathBuf> {
    let folder = write(daemon, &installing(keys), script)?;
    daemon.operator().load(&folder).await?;
    Ok(folder)
}

fn data(daemon: &Daemon) -> PathBuf {
    daemon.house().state().join("data/alpha")
}

fn lines(file: &Path) -> usize {
    std::fs::read_to_string(file).map_or(0, |text| text.lines().count())
}

async fn failed(daemon: &Daemon, why: &str) -> anyhow::Result<PluginStatus> {
    let status = daemon.operator().wait_failed("alpha").await?;
    assert_eq!((last_end(&status).cause.as_str(), status.generation), ("install-failed", 1));
    assert!(status.reason.contains(why), "{}", status.reason);
    Ok(status)
}

#[tokio::test]
async fn it_is_done_once_and_again_when_the_script_is_another() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    let script = "echo once >> \"$OUTBOARD_DATA_DIR/installs\"; test -z \"$OUTBOARD_TOKEN\"";
    let folder = load(&daemon, "", script).await?;
    daemon.operator().wait_running("alpha").await?;
    assert_eq!(lines(&data(&daemon).join("installs")), 1);
    daemon.operator().restart("alpha").await?;
    daemon.operator().wait_back("alpha", 1).await?;
    assert_eq!(lines(&data(&daemon).join("installs")), 1);
    write(&daemon, &installing(""), &format!("{script}\n# another"))?;
    daemon.operator().load(&folder).await?;
    daemon.operator().wait_back("alpha", 2).await?;
    assert_eq!(lines(&data(&daemon).join("installs")), 2);
    Ok(())
}

#[tokio::test]
async fn one_that_fails_is_given_up_with_its_words_and_tried_again_by_a_reset() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    let script = "cd \"$OUTBOARD_DATA_DIR\"; test -e tried && exit 0; touch tried; \
                  echo no compiler >&2; exit 1";
    load(&daemon, "", script).await?;
    let status = failed(&daemon, "ended with code 1").await?;
    assert!(last_end(&status).stderr.contains("no compiler"), "{status:?}");
    daemon.operator().reset("alpha").await?;
    daemon.operator().wait_running("alpha").await?;
    Ok(())
}

#[tokio::test]
async fn one_that_hangs_is_killed_when_its_time_is_over() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    let folder = load(&daemon, "timeout = \"300ms\"", "sleep 600").await?;
    failed(&daemon, "took longer than 0.3 s").await?;
    process::none_left_in(&folder).await
}

#[tokio::test]
async fn what_it_leaves_running_is_gone_before_the_plugin_starts() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    // A lock, for its pid may be one of a namespace of its own.
    let script = "cd \"$OUTBOARD_DATA_DIR\"; \
                  setsid sh -c 'trap \"\" TERM; exec 9>lock; flock 9 && touch held; sleep 600' & \
                  until [ -e held ]; do sleep 0.02; done";
    load(&daemon, "", script).await?;
    daemon.operator().wait_running("alpha").await?;
    let lock = std::fs::File::open(data(&daemon).join("lock"))?;
    lock.try_lock().expect("nobody is left who holds it");
    Ok(())
}

#[tokio::test]
async fn its_memory_is_its_own_limit() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    let script = "x=$(head -c 300000000 /dev/zero | tr '\\0' a); sleep 5; echo \"$x\" | wc -c";
    load(&daemon, "memory = \"20MiB\"", script).await?;
    failed(&daemon, "memory limit").await?;
    Ok(())
}

// I24
#[tokio::test]
async fn it_reaches_no_network_unless_it_asks_for_it() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    let found = daemon.operator().doctor().await?;
    let finding = found.iter().find(|it| it.check == "install network").cloned();
    let holds = finding.unwrap_or_default().severity() == Severity::Ok;
    // Every interface of the namespace it is in, the machine's own among them if it sees those.
    let script = "cut -d: -f1 /proc/net/dev | tail -n +3 | tr -d ' ' | sort | \
                  tr '\\n' ' ' > \"$OUTBOARD_DATA_DIR/seen\"; id -u >> \"$OUTBOARD_DATA_DIR/seen\"";
    let seen = |daemon: &Daemon| std::fs::read_to_string(data(daemon).join("seen"));
    let folder = write(&daemon, &installing(""), script)?;
    let loaded = daemon.operator().load(&folder).await?;
    daemon.operator().wait_running("alpha").await?;
    let (cut, told) = (seen(&daemon)?, format!("{:?}", loaded.notes));
    let owner = std::fs::metadata(data(&daemon).join("seen"))?.uid();
    assert!(cut.ends_with(&format!("{owner}\n")), "as its own user: {cut}");
    if holds {
        assert!(cut.starts_with("lo "), "{cut}");
        assert_eq!(cut.split_whitespace().count(), 2, "{cut}");
        assert!(told.contains("without the network"), "{told}");
    } else {
        skipped("an install without the network", "no network namespace can be made here");
        assert!(told.contains("NOT enforced"), "{told}");
    }
    let whole = std::fs::read_to_string("/proc/net/dev")?;
    write(&daemon, &installing("network = true"), script)?;
    let loaded = daemon.operator().load(&folder).await?;
    daemon.operator().wait_back("alpha", 1).await?;
    let all = seen(&daemon)?;
    let interfaces = whole.lines().skip(2).filter_map(|line| line.split_once(':'));
    for (name, _) in interfaces {
        assert!(all.contains(name.trim()), "{name} of {all}");
    }
    assert!(format!("{:?}", loaded.notes).contains("with the network"), "{:?}", loaded.notes);
    Ok(())
}

#[tokio::test]
async fn a_flood_of_its_words_is_cut_and_harms_nobody() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    load(&daemon, "", "head -c 1048576 /dev/zero | tr '\\0' e >&2; exit 1").await?;
    let status = failed(&daemon, "ended with code 1").await?;
    let stderr = last_end(&status).stderr;
    assert!(!stderr.is_empty() && stderr.len() <= 20 * 1024, "{}", stderr.len());
    daemon.run(&Draft::bare("beta")).await?;
    Ok(())
}

#[tokio::test]
async fn it_is_seen_at_work_and_may_be_stopped() -> Outcome {
    let daemon = Daemon::configured(QUICK).await?;
    let script = "echo working; while ! test -e \"$OUTBOARD_DATA_DIR/go\"; do sleep 0.05; done";
    load(&daemon, "", script).await?;
    let at_work =
        |status: &PluginStatus| status.state() == State::Starting && status.reason == "installing";
    daemon.operator().wait_until("alpha", "installing", at_work).await?;
    daemon.operator().wait_for_line("alpha", |line| line.line == "working").await?;
    daemon.operator().disable("alpha").await?;
    let status = daemon.operator().wait_state("alpha", State::Stopped).await?;
    assert_eq!(last_end(&status).cause, "stopped");
    daemon.operator().enable("alpha").await?;
    daemon.operator().wait_until("alpha", "installing again", at_work).await?;
    std::fs::write(data(&daemon).join("go"), "")?;
    daemon.operator().wait_running("alpha").await?;
    Ok(())
}

#[tokio::test]
async fn a_virtual_environment_beside_the_manifest_runs() -> Outcome {
    let python = Path::new("/usr/bin/python3");
    let usable = python.exists()
        && std::process::Command::new(python).args(["-c", "import venv"]).status()?.success();
    if !usable {
        skipped("a virtual environment", "no python3 with venv");
        return Ok(());
    }
    let daemon = Daemon::configured("[runtimes]\npython3 = \"/usr/bin/python3\"\n").await?;
    let folder = daemon.house().folders().join("snake");
    std::fs::create_dir(&folder)?;
    // Where its user may write; else it would be said that it may not.
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o777))?;
    std::fs::write(folder.join("main.py"), "import sys; print('prefix', sys.prefix)")?;
    std::fs::write(
        folder.join("plugin.toml"),
        "name = \"snake\"\nversion = \"1.0.0\"\nprotocol = \"1\"\n\
         [run]\ncommand = [\"./.venv/bin/python\", \"main.py\"]\nrestart = \"never\"\n\
         [install]\ncommand = [\"python3\", \"-m\", \"venv\", \"--without-pip\", \".venv\"]\n",
    )?;
    daemon.operator().load(&folder).await?;
    let wanted = format!("prefix {}", folder.canonicalize()?.join(".venv").display());
    daemon.operator().wait_for_line("snake", |line| line.line == wanted).await?;
    Ok(())
}

#[tokio::test]
async fn a_program_that_is_a_link_out_of_the_folder_is_no_runtime_is_refused() -> Outcome {
    let daemon = Daemon::configured("[runtimes]\nenv = \"/usr/bin/env\"\n").await?;
    let draft = Draft::bare("alpha").program("./run");
    let folder = draft.write(&daemon.house().folders())?;
    std::os::unix::fs::symlink("/bin/sh", folder.join("run"))?;
    let refusal = daemon.operator().load(&folder).await.unwrap_err();
    assert_eq!(refusal.reason, "BAD_MANIFEST", "{refusal}");
    assert!(refusal.message.contains("leads out of"), "{refusal}");
    Ok(())
}

#[tokio::test]
async fn what_an_install_may_not_say_is_refused_at_the_load() -> Outcome {
    let daemon = Daemon::start().await?;
    for keys in [
        "timeout = \"11m\"",
        "memory = \"1TiB\"",
        "pids = 0",
        "inputs = [\"../secrets\"]",
        "colour = \"red\"",
    ] {
        let folder = write(&daemon, &installing(keys), "exit 0")?;
        let refusal = daemon.operator().load(&folder).await.unwrap_err();
        assert_eq!(refusal.reason, "BAD_MANIFEST", "{keys}: {refusal}");
    }
    Ok(())
}
