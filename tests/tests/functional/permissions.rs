//! Permissions, walked by the one table: what is not granted is denied, what is granted is let in.

use outboard_proto::admin::GrantChoice;
use outboard_proto::needs::{RPCS, Rpc};
use outboard_tests::{App, Daemon, Draft, Outcome};

use crate::QUICK;

/// Asks for everything that an RPC may need; whatever is missing keeps it from nothing.
fn asker() -> Draft {
    let permissions = RPCS.iter().filter_map(|rpc| rpc.needs).filter(|it| *it != "plugins:call");
    let draft = Draft::obedient("alpha");
    let draft = permissions.fold(draft, Draft::may_optionally);
    draft.section(
        "[[permissions]]\nresource = \"plugins\"\nactions = [\"call\"]\nplugins = [\"beta\"]\n\
         reason = \"a test asks\"\noptional = true\n",
    )
}

/// Every RPC that needs something, but for what the order itself needs.
fn guarded() -> impl Iterator<Item = (&'static Rpc, &'static str)> {
    let needing = RPCS.iter().filter_map(|rpc| Some((rpc, rpc.needs?)));
    needing.filter(|(_, needs)| *needs != "commands:own")
}

// I28
#[tokio::test]
async fn permission_table_every_rpc_is_denied_without_its_grant_and_let_in_with_it() -> Outcome {
    let (daemon, app) = with(GrantChoice::List).await?;
    for (rpc, needs) in guarded() {
        let said = app.tell("alpha", &format!("rpc {}", rpc.path)).await?;
        let wanted = format!("PermissionDenied PERMISSION_DENIED: Permission denied: {needs}");
        assert!(said.starts_with(&wanted), "{}: {said}", rpc.path);
    }
    let denied = daemon.operator().status("alpha").await?.traffic.unwrap_or_default().denied;
    assert_eq!(denied, guarded().count() as u64, "each is counted");
    let (_daemon, app) = with(GrantChoice::Asked).await?;
    for (rpc, _) in guarded() {
        let said = app.tell("alpha", &format!("rpc {}", rpc.path)).await?;
        assert_eq!(said, "let in", "{}", rpc.path);
    }
    Ok(())
}

#[tokio::test]
async fn permission_is_asked_at_each_call_and_withdrawn_at_once() -> Outcome {
    let (daemon, app) = with(GrantChoice::Asked).await?;
    assert!(app.tell("alpha", "store set k v").await?.starts_with("rev=1"));
    daemon.operator().set("alpha", "grants", "commands:own,storage:read").await?;
    let said = app.tell("alpha", "store set k w").await?;
    assert!(said.contains("Permission denied: storage:write"), "{said}");
    assert_eq!(app.tell("alpha", "store get k").await?, "v rev=1");
    Ok(())
}

#[tokio::test]
async fn permission_refusals_are_told_once_and_counted() -> Outcome {
    let (daemon, app) = with(GrantChoice::List).await?;
    for _ in 0..50 {
        app.tell("alpha", "store get k").await?;
    }
    let log = daemon.house().log();
    let told = log.lines().filter(|line| line.contains("refused: not granted")).count();
    assert_eq!(told, 1, "{log}");
    assert_eq!(daemon.operator().status("alpha").await?.traffic.unwrap_or_default().denied, 50);
    Ok(())
}

#[tokio::test]
async fn permission_table_lets_nobody_to_what_it_does_not_name() -> Outcome {
    let (_daemon, app) = with(GrantChoice::Asked).await?;
    let said = app.tell("alpha", "rpc /outboard.plugin.v1.Storage/Burn").await?;
    assert!(said.starts_with("Unimplemented"), "{said}");
    Ok(())
}

/// A plugin that may everything it asks for, or only what lets it hear orders.
async fn with(grant: GrantChoice) -> anyhow::Result<(Daemon, App)> {
    let daemon = Daemon::configured(QUICK).await?;
    let folder = asker().write(&daemon.house().folders())?;
    let request = outboard_proto::admin::LoadRequest {
        path: folder.to_string_lossy().into_owned(),
        grant: grant.into(),
        grants: vec!["commands:own".to_owned()],
        dry_run: false,
    };
    daemon.operator().load_with(request).await?;
    daemon.operator().wait_running("alpha").await?;
    let app = daemon.app().await?;
    Ok((daemon, app))
}
