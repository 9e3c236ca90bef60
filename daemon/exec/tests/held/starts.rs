//! What a plugin finds when it starts, and what is said when it cannot.

use std::{fs, os::unix::fs::PermissionsExt};

use outboard_linux::{
    CgroupChoice, CpuBy, Exit, KeeperEvent, Launch, MemoryBy, Network, PidsBy, PluginUser, QuotaBy,
    SpawnError, Spawner, TreeKill, UsersBy,
};

use crate::support::*;

#[tokio::test]
async fn a_plugin_starts_is_known_and_ends_with_its_code() {
    for means in MEANS {
        let mut held = spawn(&spawner(means), script("read nothing; sleep 0.05; exit 3")).await;
        let pid = held.started().await;
        assert_eq!(held.keeper.pid(), Some(pid));
        assert!(held.keeper.contains(pid), "{:?}", held.keeper.enforced());
        assert!(!held.keeper.contains(std::process::id()));
        let ended = held.ended().await;
        assert_eq!(ended.exit, Exit::Code(3));
        assert_eq!(ended.oom, None);
        assert!(ended.uptime.as_millis() >= 50, "{:?}", ended.uptime);
        assert_eq!(held.keeper.pid(), None);
        assert!(!held.keeper.contains(pid));
    }
}

// I22
#[tokio::test]
async fn its_environment_is_exactly_what_was_given() {
    for means in MEANS {
        let mut launch = script("");
        launch.program = "/usr/bin/env".into();
        launch.args = vec!["env".into()];
        launch.env = vec![("OUTBOARD_PLUGIN".into(), "dice".into()), ("EMPTY".into(), "".into())];
        let held = spawn(&spawner(means), launch).await;
        assert_eq!(held.says().await, "OUTBOARD_PLUGIN=dice\nEMPTY=\n");
    }
}

#[tokio::test]
async fn it_inherits_three_descriptors_and_no_more() {
    let _ours = fs::File::open("/dev/null").unwrap();
    for means in MEANS {
        // Asked one by one by the shell itself: listing a folder would open another.
        let ask =
            "fd=0; while [ $fd -lt 64 ]; do [ -e /proc/$$/fd/$fd ] && echo $fd; fd=$((fd+1)); done";
        let held = spawn(&spawner(means), script(ask)).await;
        assert_eq!(held.says().await, "0\n1\n2\n");
    }
}

// I24
#[tokio::test]
async fn what_is_to_reach_no_network_has_loopback_only_and_stays_who_it_is() {
    let ask = "cut -d: -f1 /proc/net/dev | tail -n +3; id -u; id -g; \
               grep CapEff /proc/self/status | cut -f2";
    let users = [None, is_root().then_some(PluginUser { uid: 61_234, gid: 61_234 })];
    for means in MEANS {
        for user in users {
            let spawner = spawner(means.clone());
            let own = nix::unistd::Uid::effective().as_raw();
            let uid = user.map_or(own, |user| user.uid);
            let mut launch = Launch { network: Network::Nothing, user, ..script(ask) };
            launch.env = vec![("PATH".into(), "/usr/bin:/bin".into())];
            let said = spawn(&spawner, launch).await.says().await;
            let words: Vec<&str> = said.split_whitespace().collect();
            if spawner.cuts_network() {
                assert_eq!(words[0], "lo", "{said}");
                assert_eq!(words[1], uid.to_string(), "it sees nothing else: {said}");
            }
            assert!(words.contains(&uid.to_string().as_str()), "{said}");
            let is_root_itself = user.is_none() && is_root();
            assert!(is_root_itself || words.contains(&"0000000000000000"), "{said}");
        }
    }
}

#[tokio::test]
async fn its_process_is_set_up_as_promised() {
    for means in MEANS {
        let text = "umask; grep -E '^(Sig(Blk|Ign)|NoNewPrivs|CapEff|CapAmb)' /proc/self/status; \
                    cat /proc/self/oom_score_adj /proc/self/limits; pwd";
        let mut launch = script(text);
        launch.env = vec![("PATH".into(), "/usr/bin:/bin".into())];
        launch.working_dir = "/tmp".into();
        let said = spawn(&spawner(means), launch).await.says().await;
        let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
        for promise in [
            "0077 ",
            "SigBlk: 0000000000000000",
            "SigIgn: 0000000000000000",
            "NoNewPrivs: 1",
            "CapAmb: 0000000000000000",
            " 500 ",
            "Max core file size 0 0",
            "Max open files 64 64",
            "Max data size 1140850688 1140850688",
            "Max address space unlimited unlimited",
        ] {
            assert!(words.contains(promise), "{promise:?} in {words}");
        }
        assert!(said.ends_with("/tmp\n"), "{said}");
        if !is_root() {
            assert!(words.contains("CapEff: 0000000000000000"), "{words}");
        }
    }
}

#[tokio::test]
async fn a_user_of_its_own_is_all_it_is() {
    if !is_root() {
        return;
    }
    for means in MEANS {
        let mut launch = script("id -u; id -g; id -G; grep CapEff /proc/self/status");
        launch.env = vec![("PATH".into(), "/usr/bin:/bin".into())];
        launch.user = Some(PluginUser { uid: 64_001, gid: 64_002 });
        let held = spawn(&spawner(means), launch).await;
        assert_eq!(held.keeper.enforced().users, UsersBy::OwnUser(64_001));
        let expected = "64001\n64002\n64002\nCapEff:\t0000000000000000\n";
        assert_eq!(held.says().await, expected);
    }
}

#[tokio::test]
async fn a_start_that_fails_names_the_step() {
    let folder = tempfile::tempdir().unwrap();
    let lost = folder.path().join("lost");
    fs::write(&lost, "#!/no/such/interpreter\n").unwrap();
    fs::set_permissions(&lost, fs::Permissions::from_mode(0o755)).unwrap();
    for means in MEANS {
        let spawner = spawner(means);
        let mut launch = script("");
        launch.program = "/no/such/program".into();
        let (step, error) = failure(&spawner, launch).await;
        assert_eq!(step, "execute /no/such/program");
        assert!(error.starts_with("No such file"), "{error}");

        let mut launch = script("");
        launch.program.clone_from(&lost);
        let (_, error) = failure(&spawner, launch).await;
        assert!(error.contains("interpreter"), "{error}");

        let mut launch = script("");
        launch.working_dir = "/no/such/folder".into();
        let (step, _) = failure(&spawner, launch).await;
        assert_eq!(step, "enter the folder /no/such/folder");
    }
}

async fn failure(spawner: &Spawner, launch: outboard_linux::Launch) -> (String, String) {
    let mut held = spawn(spawner, launch).await;
    let (step, error) = match held.next().await {
        KeeperEvent::SpawnFailed { step, error } => (step, error),
        other => panic!("{other:?}"),
    };
    until("the keeper is reaped", || !exists(held.keeper.keeper_pid())).await;
    (step, error)
}

#[tokio::test]
async fn what_cannot_be_handed_over_is_refused_before_anything_starts() {
    let spawner = spawner(CgroupChoice::Detect);
    let mut launch = script("");
    launch.env = vec![("LONG".into(), "x".repeat(300_000))];
    let refused = spawner.spawn(launch).await.map(|_| ()).unwrap_err();
    assert!(matches!(refused, SpawnError::HandOver { .. }), "{refused}");
    let mut launch = script("");
    launch.plugin = "../escape".into();
    let refused = spawner.spawn(launch).await.map(|_| ()).unwrap_err();
    assert!(matches!(refused, SpawnError::Name(_)), "{refused}");
    let mut missing = setup(CgroupChoice::None);
    missing.keeper = "/no/such/keeper".into();
    let refused = Spawner::start(missing).map(|_| ()).unwrap_err();
    assert!(matches!(refused, SpawnError::Keeper { .. }), "{refused}");
}

// I24
#[tokio::test]
async fn what_is_not_enforced_is_said() {
    let mut launch = sin(&["pause"]);
    launch.limits.cpu_quota_percent = Some(50);
    let held = spawn(&spawner(CgroupChoice::None), launch).await;
    let enforced = held.keeper.enforced();
    assert_eq!(enforced.memory, MemoryBy::Watch);
    assert_eq!(enforced.pids, PidsBy::Nobody);
    assert_eq!(enforced.cpu, CpuBy::Nice(3));
    assert_eq!(enforced.cpu_quota, QuotaBy::Nobody);
    assert_eq!(enforced.tree_kill, TreeKill::Subreaper);
    assert!(enforced.to_string().contains("NOT enforced"), "{enforced}");
}
