//! Operators and what plugins keep: looking, copying, putting back, dropping.

use outboard_proto::admin::{StorageEntry, storage_entry};
use outboard_tests::{Daemon, House, Outcome};

use crate::QUICK;
use crate::storage::{in_house, keeper, with};
use crate::storage_bad::write_keys;

#[tokio::test]
async fn an_operator_sees_what_is_kept_and_secrets_only_on_request() -> Outcome {
    let house = House::new(QUICK)?;
    write_keys(&house, &[1])?;
    let (daemon, app) = in_house(house, keeper("alpha")).await?;
    app.tell("alpha", "store set a/1 one + set a/2 hush secret + add b 3").await?;
    let operator = daemon.operator();
    let usage = operator.storage_usage("alpha").await?;
    assert_eq!((usage.keys, usage.secrets, usage.revision), (3, 1, 3));
    assert_eq!(usage.quota_bytes, 64 << 20);
    let listed = operator.stored_under("alpha", "a/", false).await?;
    let values: Vec<_> = listed.iter().map(|it| (it.key.as_str(), it.withheld)).collect();
    assert_eq!(values, [("a/1", false), ("a/2", true)]);
    assert_eq!(operator.stored("alpha", "a/2", false).await?.of, None);
    let clear = Some(storage_entry::Of::Value("hush".into()));
    assert_eq!(operator.stored("alpha", "a/2", true).await?.of, clear);
    assert_eq!(operator.stored_under("alpha", "a/2", true).await?[0].of, clear);
    let missing = operator.stored("alpha", "nothing", false).await.unwrap_err();
    assert_eq!(missing.reason, "NO_SUCH_KEY", "{missing}");
    let nobody = operator.storage_usage("nobody").await.unwrap_err();
    assert_eq!(nobody.reason, "NO_STORAGE", "{nobody}");
    Ok(())
}

#[tokio::test]
async fn what_an_operator_imports_the_plugin_finds() -> Outcome {
    let (daemon, app) = with("").await?;
    app.tell("alpha", "store watch ").await?;
    let entry = |key: &str, of| StorageEntry { key: key.to_owned(), of, ..Default::default() };
    let entries = vec![
        entry("k", Some(storage_entry::Of::Value("v".into()))),
        entry("n", Some(storage_entry::Of::Counter(7))),
    ];
    daemon.operator().store("alpha", entries).await?;
    assert_eq!(app.tell("alpha", "store list ").await?, "k=v rev=1\nn=7 rev=2");
    assert!(app.tell("alpha", "store add n 1").await?.ends_with("counter=8"));
    let empty = vec![entry("x", None)];
    assert!(daemon.operator().store("alpha", empty).await.is_err());
    Ok(())
}

#[tokio::test]
async fn a_snapshot_is_put_back_while_the_plugin_runs() -> Outcome {
    let (daemon, app) = with("").await?;
    app.tell("alpha", "store set k before").await?;
    let file = daemon.house().root().join("snapshot");
    daemon.operator().snapshot("alpha", &file, true).await?;
    let again = daemon.operator().snapshot("alpha", &file, true).await.unwrap_err();
    assert!(again.message.contains("is there already"), "{again}");
    app.tell("alpha", "store set k after + set more x").await?;
    app.tell("alpha", "store watch ").await?;
    daemon.operator().restore_storage("alpha", &file).await?;
    assert_eq!(app.tell("alpha", "store list ").await?, "k=before rev=1");
    let said = app.tell("alpha", "store set k anew if=1").await?;
    assert_eq!(said, "rev=5 existed=true counter=0", "revisions go on above both");
    assert!(app.tell("alpha", "seen").await?.contains("watch gap 0"));
    let usage = daemon.operator().storage_usage("alpha").await?;
    assert!(usage.beside[0].ends_with("alpha.db.before-restore"), "{usage:?}");
    let refused = daemon.operator().restore_storage("alpha", &daemon.house().config_file()).await;
    assert!(refused.is_err());
    assert_eq!(app.tell("alpha", "store get k").await?, "anew rev=5");
    Ok(())
}

#[tokio::test]
async fn unloading_keeps_everything_until_it_is_purged() -> Outcome {
    let (daemon, app) = with("").await?;
    app.tell("alpha", "store set k v").await?;
    let operator = daemon.operator();
    let loaded = operator.purge("alpha").await.unwrap_err();
    assert!(loaded.message.contains("unload it first"), "{loaded}");
    operator.unload("alpha").await?;
    assert_eq!(operator.stored_under("alpha", "", false).await?.len(), 1);
    daemon.run(&keeper("alpha")).await?;
    assert_eq!(app.tell("alpha", "store get k").await?, "v rev=1");
    operator.unload("alpha").await?;
    operator.purge("alpha").await?;
    assert_eq!(operator.storage_usage("alpha").await.unwrap_err().reason, "NO_STORAGE");
    daemon.run(&keeper("alpha")).await?;
    assert_eq!(app.tell("alpha", "store get k").await?, "nothing");
    Ok(())
}

#[tokio::test]
async fn a_backup_holds_what_plugins_keep() -> Outcome {
    let (daemon, app) = with("").await?;
    app.tell("alpha", "store set k before").await?;
    let dir = daemon.house().root().join("backup");
    let backup = daemon.operator().backup(&dir).await?;
    assert!(backup.files.iter().any(|it| it.ends_with("storage/alpha.db")), "{backup:?}");
    app.tell("alpha", "store set k after").await?;
    drop(app);
    daemon.operator().restore(&dir).await?;
    let (_, house) = daemon.stop().await?;
    let daemon = Daemon::in_house(house).await?;
    daemon.operator().wait_running("alpha").await?;
    assert_eq!(daemon.app().await?.tell("alpha", "store get k").await?, "before rev=1");
    Ok(())
}
