//! What a plugin is born with: an environment built from nothing, no descriptors, no privileges.

use std::collections::BTreeMap;

use outboard_tests::{App, Daemon, Draft, House, Outcome, process};

// I22
#[tokio::test]
async fn the_environment_is_built_from_nothing() -> Outcome {
    let (daemon, app) = alpha("").await?;
    let environment = environment(&app).await?;
    let known = [
        "HOME",
        "LANG",
        "OUTBOARD_DATA_DIR",
        "OUTBOARD_PLUGIN",
        "OUTBOARD_PROTOCOL",
        "OUTBOARD_SOCKET",
        "OUTBOARD_TOKEN",
        "PATH",
        "TMPDIR",
        "TZ",
    ];
    let strange: Vec<_> = environment.keys().filter(|name| !known.contains(&&***name)).collect();
    assert!(strange.is_empty(), "{strange:?}");
    assert_eq!(environment["OUTBOARD_PLUGIN"], "alpha");
    assert_eq!(environment["OUTBOARD_PROTOCOL"], "1");
    assert_eq!(environment["HOME"], environment["OUTBOARD_DATA_DIR"]);
    let socket = daemon.house().plugin_socket("alpha").display().to_string();
    assert_eq!(environment["OUTBOARD_SOCKET"], socket);
    Ok(())
}

#[tokio::test]
async fn a_name_passes_only_if_the_manifest_asks_and_the_operator_allows() -> Outcome {
    let house = House::new("[daemon]\nenv_allow = [\"TEST_BOTH\", \"TEST_ALLOWED\"]\n")?;
    let daemon = Daemon::in_house(house).await?;
    let asked = "env = [\"TEST_BOTH\", \"TEST_ASKED\"]";
    daemon.run(&Draft::obedient("alpha").run(asked)).await?;
    let environment = environment(&daemon.app().await?).await?;
    assert!(environment.contains_key("TEST_BOTH"), "asked and allowed: {environment:?}");
    assert!(!environment.contains_key("TEST_ASKED"), "asked, not allowed");
    assert!(!environment.contains_key("TEST_ALLOWED"), "allowed, not asked");
    Ok(())
}

// I22
#[tokio::test]
async fn a_plugin_is_born_with_three_descriptors() -> Outcome {
    let (_daemon, app) = alpha("").await?;
    let said = app.tell("alpha", "descriptors").await?;
    let strange: Vec<_> = said
        .lines()
        .filter(|line| {
            let (number, target) = line.split_once(' ').unwrap_or((line, ""));
            let own = target.starts_with("socket:") || target.starts_with("anon_inode:");
            // The runtime of the program itself: its poll, its signal pipe, its session.
            !own && !matches!(number, "0" | "1" | "2")
        })
        .collect();
    assert!(strange.is_empty(), "{strange:?}");
    assert!(said.contains("0 /dev/null"), "{said}");
    Ok(())
}

#[tokio::test]
async fn a_plugin_starts_with_clean_signals_a_tight_mask_and_no_new_privileges() -> Outcome {
    let (daemon, app) = alpha("").await?;
    let pid = daemon.operator().status("alpha").await?.pid;
    let field = |name: &str| process::status_field(pid, name).unwrap_or_default();
    assert_eq!(field("NoNewPrivs"), "1");
    assert_eq!(field("SigBlk"), "0000000000000000");
    assert_eq!(field("CapEff"), "0000000000000000");
    assert_eq!(app.tell("alpha", "umask").await?, "0077");
    let adjusted = std::fs::read_to_string(format!("/proc/{pid}/oom_score_adj"))?;
    assert_eq!(adjusted.trim(), "500");
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits"))?;
    let core = limits.lines().find(|line| line.starts_with("Max core file size"));
    let core: Vec<_> = core.unwrap_or_default().split_whitespace().collect();
    assert_eq!(core[4..6], ["0", "0"], "{core:?}");
    Ok(())
}

#[tokio::test]
async fn a_plugin_finds_itself_in_its_own_folder_and_may_write_its_data() -> Outcome {
    let (daemon, app) = alpha("").await?;
    let folder = daemon.folder("alpha").display().to_string();
    assert_eq!(app.tell("alpha", "directory").await?, folder);
    let data = app.tell("alpha", "data").await?;
    assert_eq!(app.tell("alpha", &format!("write {data}/note hello")).await?, "written");
    let temporary = &environment(&app).await?["TMPDIR"];
    assert_eq!(app.tell("alpha", &format!("write {temporary}/note hello")).await?, "written");
    Ok(())
}

#[tokio::test]
async fn the_daemon_cannot_be_traced_or_dumped_by_its_own_user() -> Outcome {
    let daemon = Daemon::start().await?;
    let of = std::fs::metadata(format!("/proc/{}/mem", daemon.pid()))?;
    let owner = std::os::unix::fs::MetadataExt::uid(&of);
    assert_eq!(owner, 0, "the files of a process that is not dumpable belong to root");
    Ok(())
}

// I26
#[tokio::test]
async fn tokens_are_never_in_arguments_or_logs() -> Outcome {
    let (daemon, app) = alpha("").await?;
    let token = app.tell("alpha", "token").await?;
    assert!(token.len() >= 32, "{} characters", token.len());
    assert!(!daemon.house().log().contains(&token));
    for pid in process::below(daemon.pid()) {
        let arguments = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        assert!(!String::from_utf8_lossy(&arguments).contains(&token));
    }
    Ok(())
}

async fn alpha(config: &str) -> anyhow::Result<(Daemon, App)> {
    let daemon = Daemon::configured(config).await?;
    daemon.run(&Draft::obedient("alpha")).await?;
    let app = daemon.app().await?;
    Ok((daemon, app))
}

async fn environment(app: &App) -> anyhow::Result<BTreeMap<String, String>> {
    let said = app.tell("alpha", "environment").await?;
    let pairs = said.lines().filter_map(|line| line.split_once('='));
    Ok(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}
