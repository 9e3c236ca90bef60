//! Authors' tools: a new plugin works, and `outboard dev` shows what it does and leaves nothing.

use std::path::Path;

use outboard_tests::author::Desk;
use outboard_tests::daemon::skipped;
use outboard_tests::{Draft, Outcome, process, python};
use rustix::process::Signal;

/// What is typed at each kind of plugin, and what must be seen of it.
const KINDS: [(&str, &str, &str); 4] = [
    ("command", "/kind-command ada for this", "kind-command: ada has 1 point (for this)."),
    ("bot", "@kind-bot hello", "kind-bot: Hello, you!"),
    ("moderator", "oh darn", "you: oh d*rn  (changed)"),
    ("example", "!example", "kind-example: Hello from example plugin!"),
];

#[tokio::test]
async fn every_kind_of_new_plugin_builds_passes_its_tests_and_answers_in_rust() -> Outcome {
    let desk = Desk::new()?;
    if !desk.has_cargo() {
        skipped("new plugins in Rust", "this user cannot run cargo, or not write beside the tests");
        return Ok(());
    }
    for (kind, typed, seen) in KINDS {
        let name = format!("kind-{kind}");
        let made = desk.run("outboard", &["new", &name, "--lang", "rust", "--kind", kind]).await?;
        let told = String::from_utf8_lossy(&made.stderr).into_owned();
        assert!(made.status.success() && told.contains(typed.split(' ').next().unwrap()), "{told}");
        let folder = desk.folder().join(&name);
        let manifest = folder.join("Cargo.toml").display().to_string();
        let tested = desk.run("cargo", &["test", "--quiet", "--manifest-path", &manifest]).await?;
        let words = String::from_utf8_lossy(&tested.stdout).into_owned();
        let errors = String::from_utf8_lossy(&tested.stderr).into_owned();
        assert!(tested.status.success() && words.contains("passed"), "{kind}: {words}{errors}");
        assert!(!errors.contains("warning"), "{kind}: {errors}");
        let formatted =
            desk.run("cargo", &["fmt", "--check", "--manifest-path", &manifest]).await?;
        assert!(formatted.status.success(), "{}", String::from_utf8_lossy(&formatted.stdout));
        let mut dev = desk.dev(&folder, &["--measure"])?;
        dev.say(typed).await?;
        dev.hear(seen).await?;
        let (code, heard) = dev.end().await?;
        assert_eq!(code, Some(0), "{heard}");
        // What the template declares is what it was measured to need.
        assert!(heard.contains("plugin.toml says now memory = \"16MiB\""), "{heard}");
        assert!(
            std::fs::read_to_string(folder.join("plugin.toml"))?.contains("memory = \"16MiB\"")
        );
    }
    Ok(())
}

#[tokio::test]
async fn every_kind_of_new_plugin_passes_its_tests_and_answers_in_python() -> Outcome {
    let Some(python) = python::interpreter() else {
        skipped(
            "new plugins in Python",
            "there is no Python environment; `tests/run python` makes one",
        );
        return Ok(());
    };
    let environment = python.ancestors().nth(2).unwrap_or(&python).canonicalize()?;
    let desk = Desk::new()?;
    for (kind, typed, seen) in KINDS {
        let name = format!("kind-{kind}");
        let new = ["new", &name, "--lang", "python", "--kind", kind];
        let made = desk.run("outboard", &new).await?;
        let told = String::from_utf8_lossy(&made.stderr).into_owned();
        assert!(made.status.success() && told.contains("python3 -m venv .venv"), "{told}");
        let folder = desk.folder().join(&name);
        // As its requirements.txt would have it, but without a network.
        assert!(std::fs::read_to_string(folder.join("requirements.txt"))?.contains("plugin-sdk"));
        std::os::unix::fs::symlink(&environment, folder.join(".venv"))?;
        let mut tested = desk.command(&folder.join(".venv/bin/python").display().to_string());
        tested.args(["-W", "error", "-m", "unittest", "-q"]).env("PYTHONPATH", python::sdk());
        let tested = tested.current_dir(&folder).output().await?;
        let words = String::from_utf8_lossy(&tested.stderr).into_owned();
        assert!(tested.status.success() && words.contains("OK"), "{kind}: {words}");
        python::copy_sdk(&folder)?;
        let mut dev = desk.dev(&folder, &["--measure"])?;
        dev.say(typed).await?;
        dev.hear(seen).await?;
        let (code, heard) = dev.end().await?;
        assert_eq!(code, Some(0), "{heard}");
        assert!(heard.contains("plugin.toml says now memory ="), "{heard}");
    }
    Ok(())
}

#[tokio::test]
async fn sources_that_change_are_built_and_loaded_anew_and_those_that_do_not_build_are_shown()
-> Outcome {
    let desk = Desk::new()?;
    if !desk.has_cargo() {
        skipped("building anew", "this user cannot run cargo, or not write beside the tests");
        return Ok(());
    }
    desk.run("outboard", &["new", "changing", "--lang", "rust", "--kind", "bot"]).await?;
    let folder = desk.folder().join("changing");
    let code = folder.join("src/main.rs");
    let first = std::fs::read_to_string(&code)?;
    let mut dev = desk.dev(&folder, &[])?;
    dev.say("@changing ping").await?;
    dev.hear("changing: pong").await?;
    std::fs::write(&code, first.replace("\"pong\"", "pong"))?;
    dev.hear("cannot find value `pong`").await?;
    dev.hear("it does not build; the one before runs on").await?;
    dev.say("@changing ping").await?;
    dev.hear("changing: pong").await?;
    std::fs::write(&code, first.replace("\"pong\"", "\"PONG\""))?;
    dev.hear("built and loaded").await?;
    dev.hear("changing 0.1.0 runs").await?;
    dev.say("@changing ping").await?;
    dev.hear("changing: PONG").await?;
    assert_eq!(dev.end().await?.0, Some(0));
    assert!(desk.left().is_empty(), "{:?}", desk.left());
    Ok(())
}

fn alpha(desk: &Desk, draft: &Draft) -> std::io::Result<std::path::PathBuf> {
    draft.write(&desk.folder())
}

#[tokio::test]
async fn what_is_said_called_logged_and_kept_is_shown_as_it_happens() -> Outcome {
    let desk = Desk::new()?;
    let folder = alpha(&desk, &Draft::listener("alpha", ""))?;
    let mut dev = desk.dev(&folder, &[])?;
    dev.hear("alpha 1.0.0 runs; it may messages:read, messages:send, commands:own").await?;
    dev.say("hello").await?;
    dev.hear("you: hello").await?;
    dev.hear("> message.posted  delivered").await?;
    dev.say(":as ann").await?;
    dev.say(":channel quiet").await?;
    dev.say("/alpha log a\u{1b}line").await?;
    dev.hear("ann #quiet> /alpha log").await?;
    dev.hear("| a\\u{1b}line").await?;
    dev.say("/beta").await?;
    dev.hear("/beta failed: there is no command beta").await?;
    dev.say("/alpha exit 3").await?;
    dev.hear("alpha ended: exited, code 3").await?;
    dev.hear("alpha 1.0.0 runs").await?;
    let (code, heard) = dev.end().await?;
    assert_eq!(code, Some(0), "{heard}");
    Ok(())
}

#[tokio::test]
async fn a_script_is_said_line_by_line_and_programs_get_one_document_a_line() -> Outcome {
    let desk = Desk::new()?;
    let folder = alpha(&desk, &Draft::obedient("alpha"))?;
    let script = desk.folder().join("script");
    std::fs::write(&script, "hello\n/alpha say hi\n:quit\nnever said\n")?;
    let script = script.display().to_string();
    let arguments = ["--output", "json", "--script", &script];
    let (code, heard) = desk.dev(&folder, &arguments)?.end().await?;
    assert_eq!(code, Some(0), "{heard}");
    assert!(heard.lines().all(|line| line.starts_with("{\"kind\":\"")), "{heard}");
    for kind in ["begin", "load", "state", "said", "call"] {
        assert!(heard.contains(&format!("{{\"kind\":\"{kind}\"")), "{kind}: {heard}");
    }
    assert!(!heard.contains("never said"), "{heard}");
    Ok(())
}

// I98
#[tokio::test]
async fn however_it_ends_nothing_that_it_started_is_left() -> Outcome {
    for signal in [Signal::INT, Signal::TERM, Signal::HUP, Signal::KILL] {
        let desk = Desk::new()?;
        let folder = alpha(&desk, &Draft::obedient("alpha"))?;
        let mut dev = desk.dev(&folder, &[])?;
        dev.hear("alpha 1.0.0 runs").await?;
        let started = dev.processes();
        assert!(started.len() >= 4, "itself, daemon, keeper and plugin: {started:?}");
        dev.signal(signal)?;
        for pid in started {
            process::ended(pid).await?;
        }
        // Killed, it could not remove its folder.
        assert!(signal == Signal::KILL || desk.left().is_empty(), "{signal:?}: {:?}", desk.left());
    }
    Ok(())
}

#[tokio::test]
async fn two_at_once_do_not_meet() -> Outcome {
    let desk = Desk::new()?;
    let folder = alpha(&desk, &Draft::obedient("alpha"))?;
    let (mut one, mut other) = (desk.dev(&folder, &[])?, desk.dev(&folder, &[])?);
    for dev in [&mut one, &mut other] {
        dev.hear("alpha 1.0.0 runs").await?;
    }
    assert_eq!(one.end().await?.0, Some(0));
    other.say("/alpha exit 3").await?;
    other.hear("alpha ended: exited, code 3").await?;
    other.end().await?;
    assert!(desk.left().is_empty(), "{:?}", desk.left());
    Ok(())
}

/// What a manifest says, with one thing else.
pub fn mend(folder: &Path, from: &str, to: &str) -> std::io::Result<()> {
    let file = folder.join("plugin.toml");
    let text = std::fs::read_to_string(&file)?;
    assert!(text.contains(from), "{text}");
    std::fs::write(file, text.replace(from, to))
}
