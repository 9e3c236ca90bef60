//! A little daemon for the keeper's tests: starts one plugin by the means its arguments name, says
//! so and waits to be killed. `parent KEEPER MEANS TOKEN PROGRAM ARGS…`

use std::{env, future::pending};

use outboard_linux::{
    CgroupChoice, DaemonLeaf, KeeperEvent, Launch, Limits, Network, Setup, Spawner, own_process,
};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    own_process::refuse_to_be_dumped().expect("not dumpable");
    let mut args = env::args().skip(1);
    let mut next = || args.next().expect("an argument");
    let (keeper, means, token, program) = (next(), next(), next(), next());
    let cgroup_root = match means.as_str() {
        "Detect" => CgroupChoice::Detect,
        "PidNamespace" => CgroupChoice::PidNamespace,
        _ => CgroupChoice::None,
    };
    let daemon_leaf =
        if env::var_os("MOVE").is_some() { DaemonLeaf::Move } else { DaemonLeaf::Stay };
    let setup = Setup {
        keeper: keeper.into(),
        cgroup_root,
        daemon_leaf,
        instance: token.clone(),
        memory_total: None,
    };
    let spawner = Spawner::start(setup).expect("a spawner");
    let limits = Limits {
        memory_bytes: 64 << 20,
        pids: 64,
        cpu_weight: 50,
        cpu_quota_percent: None,
        open_files: 64,
    };
    let launch = Launch {
        plugin: token,
        generation: 1,
        program: program.into(),
        args: [vec!["sins".to_owned()], args.collect()].concat(),
        env: Vec::new(),
        working_dir: "/".into(),
        user: None,
        limits,
        network: Network::Shared,
    };
    let (keeper, mut events, _output) = spawner.spawn(launch).await.expect("a keeper");
    let first = events.next().await;
    assert!(matches!(first, KeeperEvent::Started { .. }), "{first:?}");
    println!("{}", keeper.keeper_pid());
    pending::<()>().await;
}
