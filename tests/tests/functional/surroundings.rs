//! Doors: who may speak on which socket.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;

use outboard_tests::daemon::{is_root, skipped};
use outboard_tests::{Daemon, Draft, Outcome, binaries};
use tokio::process::Command;

// I27
#[tokio::test]
async fn a_plugin_is_refused_on_the_operators_socket() -> Outcome {
    refused_to_plugin("admin").await
}

// I27
#[tokio::test]
async fn a_plugin_is_refused_on_the_apps_socket() -> Outcome {
    refused_to_plugin("app").await
}

async fn refused_to_plugin(service: &str) -> Outcome {
    let daemon = Daemon::start().await?;
    let app = daemon.app().await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    let socket = daemon.house().runtime().join(format!("{service}.sock"));
    let answer = app.tell("alpha", &format!("try {service} {}", socket.display())).await?;
    let refused = answer.contains("NOT_ALLOWED") || answer.contains("no connection");
    assert!(refused, "{answer}");
    assert_eq!(app.tell("alpha", "say still here").await?, "still here");
    Ok(())
}

// I27
#[tokio::test]
async fn even_a_plugin_of_the_daemons_own_user_is_refused_on_the_operators_socket() -> Outcome {
    if is_root() {
        skipped("even_a_plugin_of_the_daemons_own_user…", "here plugins have users of their own");
        return Ok(());
    }
    let daemon = Daemon::start().await?;
    let app = daemon.app().await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    let socket = daemon.house().admin_socket();
    let answer = app.tell("alpha", &format!("try admin {}", socket.display())).await?;
    assert!(answer.contains("PermissionDenied NOT_ALLOWED"), "{answer}");
    let answer = app.tell("alpha", &format!("try metrics {}", socket.display())).await?;
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    assert!(answer.ends_with("a plugin may not use the admin socket\n"), "{answer}");
    Ok(())
}

#[tokio::test]
async fn an_unprivileged_peer_is_refused_on_the_operators_socket() -> Outcome {
    refused_to_stranger("admin").await
}

#[tokio::test]
async fn an_unprivileged_peer_is_refused_on_the_apps_socket() -> Outcome {
    refused_to_stranger("app").await
}

async fn refused_to_stranger(service: &str) -> Outcome {
    if !is_root() {
        skipped(
            &format!("an unprivileged peer on {service}.sock"),
            "only root can be another user",
        );
        return Ok(());
    }
    let daemon = Daemon::start().await?;
    let socket = daemon.house().runtime().join(format!("{service}.sock"));
    // The door is held by the daemon too, not by the file's mode alone.
    let folder = socket.parent().expect("it lies in a folder");
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755))?;
    std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o666))?;
    let answer = knock_as(Some(65_534), &format!("{service} {}", socket.display())).await?;
    let refused = answer.contains("PermissionDenied NOT_ALLOWED");
    assert!(refused, "{answer}");
    if service == "admin" {
        let answer = knock_as(Some(65_534), &format!("metrics {}", socket.display())).await?;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
        assert!(answer.contains("may not use the admin socket"), "{answer}");
    }
    let own = knock(&format!("{service} {}", socket.display())).await?;
    assert!(!own.contains("NOT_ALLOWED"), "the same door is open to the daemon's user: {own}");
    Ok(())
}

#[tokio::test]
async fn sockets_are_closed_to_other_users_by_their_modes() -> Outcome {
    let daemon = Daemon::start().await?;
    for socket in [daemon.house().admin_socket(), daemon.house().app_socket()] {
        let mode = std::fs::metadata(&socket)?.permissions().mode() & 0o777;
        assert_eq!(mode & 0o007, 0, "{} has mode {mode:o}", socket.display());
    }
    Ok(())
}

/// What a process that is no plugin hears at a socket.
pub async fn knock(what: &str) -> anyhow::Result<String> {
    knock_as(None, what).await
}

/// The same, of a process of another user where one is named.
pub async fn knock_as(uid: Option<u32>, what: &str) -> anyhow::Result<String> {
    // Someone else may not be able to look where cargo builds.
    let folder = tempfile::Builder::new().prefix("obk").tempdir()?;
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))?;
    let program = folder.path().join("misbehave");
    binaries::install(&binaries::misbehave(), &program)?;
    let mut command = std::process::Command::new(program);
    command.arg("dial").args(what.split(' ')).stdin(Stdio::null()).current_dir("/");
    if let Some(uid) = uid {
        become_another(&mut command, uid);
    }
    let output = Command::from(command).output().await?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[expect(clippy::disallowed_methods, reason = "a test may fork; the ban is for the daemon")]
fn become_another(command: &mut std::process::Command, uid: u32) {
    command.uid(uid).gid(uid);
}
