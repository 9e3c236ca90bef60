//! Authors' tools where something is wrong: it is said what, and work can go on.

use std::os::unix::fs::symlink;

use outboard_tests::author::Desk;
use outboard_tests::{Draft, Outcome, binaries};

use super::authors::mend;

#[tokio::test]
async fn a_name_a_folder_or_an_sdk_that_will_not_do_is_told_with_what_would() -> Outcome {
    let desk = Desk::new()?;
    std::fs::create_dir(desk.folder().join("taken"))?;
    std::fs::write(desk.folder().join("taken/mine"), "x")?;
    let new = |arguments: &[&str]| {
        let arguments: Vec<&str> =
            ["new", "--lang", "rust"].iter().chain(arguments).copied().collect();
        let command = desk.command("outboard").args(arguments).output();
        async move {
            let output = command.await?;
            anyhow::Ok((output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned()))
        }
    };
    for (arguments, code, words) in [
        (&["My Bot"][..], 2, "such as my-bot"),
        (&["latest"], 2, "reserved"),
        (&["taken"], 1, "is there already, and not empty"),
        (&["parrot", "taken/mine"], 1, "is there already"),
        (&["parrot", "--sdk", "/nowhere"], 4, "/nowhere holds no SDK"),
        (&["parrot", "--kind", "ghost"], 2, "moderator"),
    ] {
        let (found, said) = new(arguments).await?;
        assert!(found == Some(code) && said.contains(words), "{arguments:?}: {found:?} {said}");
    }
    assert_eq!(std::fs::read_dir(desk.folder())?.count(), 1, "nothing was made");
    Ok(())
}

#[tokio::test]
async fn a_folder_that_is_no_plugin_and_a_script_that_is_not_there_are_told() -> Outcome {
    let desk = Desk::new()?;
    let dev = desk.run("outboard", &["dev", "."]).await?;
    let said = String::from_utf8_lossy(&dev.stderr);
    assert_eq!(dev.status.code(), Some(4));
    assert!(said.contains("holds no plugin.toml") && said.contains("outboard new"), "{said}");
    Draft::obedient("alpha").write(&desk.folder())?;
    let dev = desk.run("outboard", &["dev", "alpha", "--script", "nowhere"]).await?;
    let said = String::from_utf8_lossy(&dev.stderr);
    assert!(dev.status.code() == Some(4) && said.contains("nowhere: "), "{said}");
    Ok(())
}

#[tokio::test]
async fn what_is_not_installed_is_named() -> Outcome {
    let desk = Desk::new()?;
    let folder = Draft::obedient("alpha").write(&desk.folder())?;
    let alone = desk.folder().join("alone");
    std::fs::create_dir(&alone)?;
    binaries::install(&binaries::cli(), &alone.join("outboard"))?;
    let mut dev = desk.command(&alone.join("outboard").display().to_string());
    let dev = dev.env("PATH", &alone).arg("dev").arg(&folder).output().await?;
    let said = String::from_utf8_lossy(&dev.stderr);
    assert!(dev.status.code() == Some(4), "{said}");
    assert!(said.contains("outboardd is neither beside `outboard` nor in PATH"), "{said}");
    std::fs::write(folder.join("Cargo.toml"), "")?;
    let mut dev = desk.command(&binaries::cli().display().to_string());
    let dev = dev.env("PATH", &alone).env_remove("CARGO").arg("dev").arg(&folder).output().await?;
    let said = String::from_utf8_lossy(&dev.stderr);
    assert!(said.contains("no cargo in PATH") && said.contains("rustup.rs"), "{said}");
    Ok(())
}

#[tokio::test]
async fn a_denial_is_shown_with_the_lines_that_would_allow_it() -> Outcome {
    let desk = Desk::new()?;
    let folder = Draft::obedient("alpha").write(&desk.folder())?;
    let mut dev = desk.dev(&folder, &[])?;
    dev.say("/alpha send town hello").await?;
    dev.hear("> denied: messages:send: plugin.toml does not ask for it").await?;
    let lines = ["[[permissions]]", "resource = \"messages\"", "actions = [\"send\"]", "reason = "];
    let mut asks = String::new();
    for line in lines {
        let heard = dev.hear(line).await?;
        asks.push_str(heard.trim());
        asks.push('\n');
    }
    // What is shown is what helps.
    let manifest = std::fs::read_to_string(folder.join("plugin.toml"))?;
    std::fs::write(folder.join("plugin.toml"), format!("{manifest}\n{asks}"))?;
    dev.hear("alpha 1.0.0 runs; it may messages:send, commands:own").await?;
    dev.say("/alpha send town hello").await?;
    dev.hear("alpha #town: hello").await?;
    assert_eq!(dev.end().await?.0, Some(0));
    Ok(())
}

#[tokio::test]
async fn a_permission_that_is_asked_for_and_not_granted_is_told_apart() -> Outcome {
    let desk = Desk::new()?;
    let draft = Draft::obedient("alpha").may_optionally("messages:send");
    let folder = draft.write(&desk.folder())?;
    let mut dev = desk.dev(&folder, &["--grant", "commands:own"])?;
    dev.say("/alpha send town hello").await?;
    dev.hear("> denied: messages:send: plugin.toml asks for it, but it is not granted").await?;
    dev.end().await?;
    let (code, heard) = desk.dev(&folder, &["--grant", "none"])?.end().await?;
    assert_eq!(code, Some(1));
    assert!(heard.contains("Permission denied: commands:own"), "{heard}");
    Ok(())
}

// I99
#[tokio::test]
async fn a_faulty_manifest_is_refused_line_by_line_and_the_one_before_runs_on() -> Outcome {
    let desk = Desk::new()?;
    let folder = Draft::obedient("alpha").write(&desk.folder())?;
    let mut dev = desk.dev(&folder, &[])?;
    dev.hear("alpha 1.0.0 runs").await?;
    mend(&folder, "protocol = \"1\"", "protocol = \"1\"\nwrong = 1\nkind = 2")?;
    dev.hear("2 mistakes in plugin.toml").await?;
    let own = folder.join("plugin.toml").display().to_string();
    dev.hear(&format!("{own}:4")).await?;
    dev.hear("it is not loaded; the one before runs on").await?;
    // It is killed and started again: by what was loaded, not by what lies there half done.
    dev.say("/alpha exit 3").await?;
    dev.hear("alpha ended: exited, code 3").await?;
    dev.hear("alpha 1.0.0 runs").await?;
    mend(&folder, "wrong = 1\nkind = 2", "")?;
    dev.hear("built and loaded").await?;
    dev.hear("alpha 1.0.0 runs").await?;
    mend(&folder, "name = \"alpha\"\nversion", "name = \"beta\"\nversion")?;
    dev.hear("beta 1.0.0 runs").await?;
    assert_eq!(dev.end().await?.0, Some(0));
    Ok(())
}

#[tokio::test]
async fn a_plugin_that_crashes_at_its_start_says_why_and_is_tried_again_when_it_changes() -> Outcome
{
    let desk = Desk::new()?;
    let folder = Draft::obedient("alpha").sin("exit-before-hello").write(&desk.folder())?;
    let mut dev = desk.dev(&folder, &[])?;
    dev.hear("alpha ended: exited, code 8").await?;
    dev.hear("it is built and tried again when you save").await?;
    mend(&folder, "exit-before-hello", "good")?;
    dev.hear("alpha 1.0.0 runs").await?;
    dev.say("/alpha say well").await?;
    dev.hear("> /alpha  answered").await?;
    assert_eq!(dev.end().await?.0, Some(0));
    // Where nobody will mend it, it is not waited for.
    mend(&folder, "good", "exit-before-hello")?;
    let (code, heard) = desk.dev(&folder, &[])?.end().await?;
    assert!(code == Some(1) && heard.contains("is given up"), "{code:?} {heard}");
    Ok(())
}

#[tokio::test]
async fn a_link_in_the_folder_is_not_followed() -> Outcome {
    let desk = Desk::new()?;
    let folder = Draft::obedient("alpha").write(&desk.folder())?;
    symlink("/", folder.join("everything"))?;
    let mut dev = desk.dev(&folder, &[])?;
    dev.hear("alpha 1.0.0 runs").await?;
    assert_eq!(dev.end().await?.0, Some(0));
    Ok(())
}
