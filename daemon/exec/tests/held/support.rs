//! A spawner, launches and waiting for states: what the keeper's tests lean on. It asserts nothing
//! of its own but that waiting ends.

use std::{
    env, fs,
    future::Future,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use outboard_linux::{
    CgroupChoice, DaemonLeaf, Ended, Keeper, KeeperEvent, KeeperEvents, Launch, Limits, Network,
    PluginOutput, Setup, Spawner,
};

/// Far more than anything here takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub const MIB: u64 = 1 << 20;

/// The means to hold a tree, the best first. Where one cannot be had the next stands in for it.
pub const MEANS: [CgroupChoice; 3] =
    [CgroupChoice::Detect, CgroupChoice::PidNamespace, CgroupChoice::None];

/// One plugin and everything there is to hold of it.
pub struct Held {
    pub token: String,
    pub keeper: Keeper,
    pub events: KeeperEvents,
    pub output: PluginOutput,
}

pub fn keeper() -> PathBuf {
    env!("CARGO_BIN_EXE_outboard-exec").into()
}

pub fn example(name: &str) -> PathBuf {
    let own = env::current_exe().unwrap();
    own.ancestors().nth(2).unwrap().join("examples").join(name)
}

pub fn is_root() -> bool {
    nix::unistd::Uid::effective().is_root()
}

/// A name nobody else uses: of a plugin, and in the command line of all its processes.
pub fn token() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    format!("held-{}-{}x", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

pub fn setup(cgroup_root: CgroupChoice) -> Setup {
    let daemon_leaf = DaemonLeaf::Stay;
    Setup { keeper: keeper(), cgroup_root, daemon_leaf, instance: token(), memory_total: None }
}

pub fn spawner(cgroup_root: CgroupChoice) -> Spawner {
    Spawner::start(setup(cgroup_root)).unwrap()
}

/// A launch of the sins program.
pub fn sin(words: &[&str]) -> Launch {
    let token = token();
    let mut args = vec!["sins"];
    args.extend(words);
    args.push(&token);
    launch(&token.clone(), &example("sins"), &args)
}

/// A launch of a shell script.
pub fn script(text: &str) -> Launch {
    let token = token();
    launch(&token.clone(), Path::new("/bin/sh"), &["sh", "-c", text, &token])
}

fn launch(plugin: &str, program: &Path, args: &[&str]) -> Launch {
    let limits = Limits {
        memory_bytes: 64 * MIB,
        pids: 64,
        cpu_weight: 50,
        cpu_quota_percent: None,
        open_files: 64,
    };
    Launch {
        plugin: plugin.into(),
        generation: 1,
        program: program.into(),
        args: args.iter().map(|arg| (*arg).to_owned()).collect(),
        env: Vec::new(),
        working_dir: "/".into(),
        user: None,
        limits,
        network: Network::Shared,
    }
}

pub async fn spawn(spawner: &Spawner, launch: Launch) -> Held {
    let token = launch.plugin.clone();
    let (keeper, events, output) = spawner.spawn(launch).await.unwrap();
    Held { token, keeper, events, output }
}

pub async fn in_time<T>(what: &str, wait: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("in vain: {what}"))
}

/// Waits until something is so, looking every few milliseconds.
pub async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let mut looks = tokio::time::interval(Duration::from_millis(5));
    in_time(what, async {
        while !is_so() {
            looks.tick().await;
        }
    })
    .await;
}

impl Held {
    pub async fn next(&mut self) -> KeeperEvent {
        in_time("the next event", self.events.next()).await
    }

    pub async fn started(&mut self) -> u32 {
        match self.next().await {
            KeeperEvent::Started { pid } => pid,
            other => panic!("not started: {other:?}"),
        }
    }

    pub async fn ended(&mut self) -> Ended {
        match self.next().await {
            KeeperEvent::Ended(ended) => ended,
            other => panic!("not ended: {other:?}"),
        }
    }

    /// Everything the plugin says until its last process has closed its output.
    pub async fn says(&self) -> String {
        let mut said = Vec::new();
        in_time("the end of the output", async {
            while let Some(more) = self.some_output().await {
                said.extend(more);
            }
        })
        .await;
        String::from_utf8(said).unwrap()
    }

    /// Waits until the sin is committed.
    pub async fn done(&self) {
        let mut said = String::new();
        while !said.contains("done\n") {
            let more = in_time("the sin", self.some_output()).await.expect("it ended early");
            said += &String::from_utf8(more).unwrap();
        }
    }

    async fn some_output(&self) -> Option<Vec<u8>> {
        let mut part = vec![0; 4096];
        loop {
            self.output.stdout.readable().await.unwrap();
            match self.output.stdout.try_read(&mut part) {
                Ok(0) => return None,
                Ok(length) => return Some(part[..length].to_vec()),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                Err(error) => panic!("{error}"),
            }
        }
    }

    /// Processes with the token: the keeper and the tree. Zombies do not count.
    pub fn processes(&self) -> usize {
        processes_with(&self.token)
    }
}

pub fn processes_with(token: &str) -> usize {
    let pids = fs::read_dir("/proc").unwrap().flatten();
    let lines = pids.filter_map(|pid| fs::read(pid.path().join("cmdline")).ok());
    let mut arguments = lines
        .filter(|line| line.split(|byte| *byte == 0).any(|argument| argument == token.as_bytes()));
    arguments.by_ref().count()
}

pub fn exists(pid: u32) -> bool {
    fs::exists(format!("/proc/{pid}")).unwrap()
}
