//! Manifests and configuration that cannot be used: each is refused with file, line and key.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use outboard_proto::admin::State;
use outboard_tests::{Daemon, Draft, House, Outcome, Refusal};

#[tokio::test]
async fn an_unknown_key_is_refused_with_its_line_and_the_nearest_known_one() -> Outcome {
    let refusal = spoilt("description = ", "descripton = ").await?;
    assert!(refusal.message.contains("plugin.toml:4"), "{refusal}");
    assert!(refusal.message.contains("descripton"), "{refusal}");
    assert!(refusal.message.contains("description"), "{refusal}");
    Ok(())
}

#[tokio::test]
async fn a_version_that_is_no_semver_is_refused_with_what_it_should_be() -> Outcome {
    let refusal = spoilt("version = \"1.0.0\"", "version = \"1.2\"").await?;
    assert!(refusal.message.contains("1.2.0"), "{refusal}");
    Ok(())
}

#[tokio::test]
async fn a_missing_program_is_refused_naming_it() -> Outcome {
    let refusal = spoilt("./misbehave", "./nothing-here").await?;
    assert!(refusal.message.contains("nothing-here"), "{refusal}");
    Ok(())
}

#[tokio::test]
async fn a_program_that_is_a_link_out_of_the_folder_is_refused() -> Outcome {
    let daemon = Daemon::start().await?;
    let draft = Draft::bare("alpha").program("./link");
    let folder = draft.write(&daemon.house().folders())?;
    std::os::unix::fs::symlink("/bin/true", folder.join("link"))?;
    refused(&daemon, &folder, "link").await
}

#[tokio::test]
async fn a_program_that_climbs_out_of_the_folder_is_refused() -> Outcome {
    let daemon = Daemon::start().await?;
    Draft::bare("other").write(&daemon.house().folders())?;
    let draft = Draft::bare("alpha").program("../other/misbehave");
    let folder = draft.write(&daemon.house().folders())?;
    refused(&daemon, &folder, "../other/misbehave").await
}

#[tokio::test]
async fn a_program_that_may_not_be_executed_is_refused() -> Outcome {
    let daemon = Daemon::start().await?;
    let folder = Draft::bare("alpha").program("./text").write(&daemon.house().folders())?;
    std::fs::write(folder.join("text"), "#!/bin/sh\n")?;
    refused(&daemon, &folder, "text").await
}

#[tokio::test]
async fn a_program_found_by_path_alone_is_refused_unless_it_is_a_runtime() -> Outcome {
    let daemon = Daemon::start().await?;
    let folder = Draft::bare("alpha").program("sh").write(&daemon.house().folders())?;
    refused(&daemon, &folder, "runtimes").await
}

#[tokio::test]
async fn a_runtime_of_the_operators_runs() -> Outcome {
    let daemon = Daemon::configured("[runtimes]\nshell = \"/bin/sh\"\n").await?;
    let draft = Draft::sinner("alpha", "start.sh").program("shell");
    let folder = draft.write(&daemon.house().folders())?;
    std::fs::write(folder.join("start.sh"), "exec ./misbehave good --version=1.0.0\n")?;
    daemon.operator().load(&folder).await?;
    daemon.operator().wait_running("alpha").await?;
    Ok(())
}

#[tokio::test]
async fn a_name_that_is_a_path_is_refused() -> Outcome {
    for name in ["../evil", "a/b", "..", "Alpha", "-alpha", "search", ""] {
        let refusal = spoilt("name = \"alpha\"", &format!("name = \"{name}\"")).await?;
        assert!(refusal.message.contains("name"), "{name}: {refusal}");
    }
    Ok(())
}

#[tokio::test]
async fn a_name_that_is_loaded_from_elsewhere_is_refused_naming_the_place() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::bare("alpha")).await?;
    let elsewhere = daemon.house().root().join("e");
    let folder = Draft::bare("alpha").write(&elsewhere)?;
    let refusal = daemon.operator().load(&folder).await.unwrap_err();
    assert_eq!(refusal.reason, "ALREADY_LOADED", "{refusal}");
    let first = daemon.folder("alpha").display().to_string();
    assert!(refusal.message.contains(&first), "{refusal}");
    Ok(())
}

#[tokio::test]
async fn forbidden_environment_names_are_refused() -> Outcome {
    for name in ["LD_PRELOAD", "NOTIFY_SOCKET", "LISTEN_FDS", "WATCHDOG_USEC", "OUTBOARD_TOKEN"] {
        let refusal = spoilt("[run]", &format!("[run]\nenv = [\"{name}\"]")).await?;
        assert!(refusal.message.contains(name), "{refusal}");
    }
    Ok(())
}

#[tokio::test]
async fn what_later_daemons_will_know_is_refused_as_not_supported() -> Outcome {
    let daemon = Daemon::start().await?;
    for section in ["[sandbox]\nnetwork = true", "[locales.de]\ngreeting = \"Hallo\""] {
        let folder = Draft::bare("alpha").section(section).write(&daemon.house().folders())?;
        refused(&daemon, &folder, "not supported by this daemon").await?;
    }
    let events = Draft::bare("alpha").events(&["message.posted"], "retention = \"1h\"");
    let folder = events.write(&daemon.house().folders())?;
    refused(&daemon, &folder, "not supported by this daemon").await
}

#[tokio::test]
async fn sections_that_begin_with_x_are_ignored() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::bare("alpha").section("[x-anything]\nwhatever = true")).await?;
    Ok(())
}

#[tokio::test]
async fn all_faults_of_a_manifest_are_told_at_once_with_their_lines() -> Outcome {
    let daemon = Daemon::start().await?;
    let folder = Draft::bare("alpha").write(&daemon.house().folders())?;
    let text =
        "name = \"Alpha!\"\nversion = \"1\"\nprotocol = \"7\"\n[run]\ncommand = []\nspeed = 3\n";
    std::fs::write(folder.join("plugin.toml"), text)?;
    let checked = daemon.operator().check(&folder, false).await?;
    let mut lines: Vec<_> = checked.faults.iter().map(|fault| fault.line).collect();
    lines.sort_unstable();
    assert_eq!(lines, [1, 2, 3, 5, 6], "{:#?}", checked.faults);
    let refusal = daemon.operator().load(&folder).await.unwrap_err();
    assert_eq!(refusal.reason, "BAD_MANIFEST", "{refusal}");
    for line in ["plugin.toml:1", "plugin.toml:2", "plugin.toml:3", "plugin.toml:6"] {
        assert!(refusal.message.contains(line), "{line}: {refusal}");
    }
    Ok(())
}

#[tokio::test]
async fn a_manifest_that_is_no_toml_is_refused_with_the_line() -> Outcome {
    let refusal = spoilt("[run]", "[run").await?;
    assert!(refusal.message.contains("plugin.toml:6"), "{refusal}");
    Ok(())
}

#[tokio::test]
async fn a_folder_without_a_manifest_is_refused_naming_the_file() -> Outcome {
    let daemon = Daemon::start().await?;
    let folder = daemon.house().folders();
    refused(&daemon, &folder, "plugin.toml").await
}

#[tokio::test]
async fn a_limit_above_the_ceiling_is_refused_naming_what_raises_it() -> Outcome {
    let daemon = Daemon::start().await?;
    let draft = Draft::bare("alpha").limit("memory = \"1GiB\"");
    let folder = draft.write(&daemon.house().folders())?;
    refused(&daemon, &folder, "[ceilings]").await?;
    daemon.house().configure("[ceilings]\nmemory = \"2GiB\"\n")?;
    daemon.operator().reload().await?;
    daemon.run(&draft).await?;
    Ok(())
}

#[tokio::test]
async fn a_plugin_that_edits_its_own_manifest_changes_nothing_until_the_next_load() -> Outcome {
    let daemon = Daemon::configured(crate::QUICK).await?;
    let app = daemon.app().await?;
    let draft = Draft::obedient("alpha").limit("in_flight = 7");
    daemon.run(&draft).await?;
    // As careless as a folder can be: the plugin's user may write in it.
    let manifest = daemon.folder("alpha").join("plugin.toml");
    std::fs::set_permissions(&manifest, std::fs::Permissions::from_mode(0o666))?;
    app.tell("alpha", "edit-manifest heartbeat = \"9s\"").await?;
    let edited = |line: &outboard_proto::admin::LogLine| line.line.contains("manifest edited");
    daemon.operator().wait_for_line("alpha", edited).await?;
    app.order("alpha", "exit 3").await?;
    daemon.operator().wait_back("alpha", 1).await?;
    assert_eq!(heartbeat(&daemon).await?, "2s", "a restart is no load");
    let daemon = Daemon::in_house(daemon.stop().await?.1).await?;
    daemon.operator().wait_running("alpha").await?;
    assert_eq!(heartbeat(&daemon).await?, "2s", "a start of the daemon is no load either");
    daemon.operator().load(&daemon.folder("alpha")).await?;
    assert_eq!(heartbeat(&daemon).await?, "9s");
    Ok(())
}

async fn heartbeat(daemon: &Daemon) -> anyhow::Result<String> {
    let status = daemon.operator().status("alpha").await?;
    let row = status.settings.into_iter().find(|row| row.key == "heartbeat");
    row.map(|row| row.value).ok_or_else(|| anyhow::anyhow!("no heartbeat is shown"))
}

#[tokio::test]
async fn check_finds_what_the_code_registers_but_the_manifest_does_not_and_writes_it() -> Outcome {
    let daemon = Daemon::start().await?;
    let draft = Draft::sinner("alpha", "undeclared-handler");
    let folder = draft.write(&daemon.house().folders())?;
    daemon.operator().load(&folder).await?;
    daemon.operator().wait_failed("alpha").await?;
    let fixed = daemon.operator().check(&folder, true).await?.fixed;
    assert!(crate::any_has(&fixed, "message.before_delete"), "{fixed:?}");
    let manifest = std::fs::read_to_string(folder.join("plugin.toml"))?;
    assert!(manifest.contains("message.before_delete"), "{manifest}");
    daemon.operator().load(&folder).await?;
    daemon.operator().wait_running("alpha").await?;
    Ok(())
}

#[tokio::test]
async fn a_daemon_does_not_start_on_faulty_configuration_and_tells_every_fault() -> Outcome {
    let house = House::new("[daemon]\nspeed = 9\n[defaults]\nmemory = \"lots\"\n")?;
    house.add_config("10-more.toml", "[nonsense]\n")?;
    let status = house.command()?.status().await?;
    assert!(!status.success());
    let log = house.log();
    for part in ["outboard.toml:2", "outboard.toml:4", "10-more.toml:1"] {
        assert!(log.contains(part), "{part} is not in:\n{log}");
    }
    Ok(())
}

// I36
#[tokio::test]
async fn a_refused_load_leaves_the_running_version_alone() -> Outcome {
    let daemon = Daemon::start().await?;
    daemon.run(&Draft::bare("alpha")).await?;
    let folder = Draft::bare("alpha").section("[nonsense]").write(&daemon.house().folders())?;
    refused(&daemon, &folder, "nonsense").await?;
    let status = daemon.operator().status("alpha").await?;
    assert_eq!((status.state(), status.generation), (State::Running, 1));
    Ok(())
}

/// The refusal of a good manifest in which `old` was replaced by `new`.
async fn spoilt(old: &str, new: &str) -> anyhow::Result<Refusal> {
    let daemon = Daemon::start().await?;
    let folder = Draft::bare("alpha").write(&daemon.house().folders())?;
    let manifest = folder.join("plugin.toml");
    let text = std::fs::read_to_string(&manifest)?;
    assert!(text.contains(old), "the manifest has no {old}");
    std::fs::write(&manifest, text.replacen(old, new, 1))?;
    let refusal = daemon.operator().load(&folder).await.expect_err("it is refused");
    assert_eq!(refusal.reason, "BAD_MANIFEST", "{refusal}");
    assert!(daemon.operator().list().await?.is_empty());
    Ok(refusal)
}

async fn refused(daemon: &Daemon, folder: &Path, part: &str) -> Outcome {
    let refusal = daemon.operator().load(folder).await.expect_err("it is refused");
    assert_eq!(refusal.reason, "BAD_MANIFEST", "{refusal}");
    assert!(refusal.message.contains(part), "{refusal}");
    Ok(())
}
