//! What holding plugins costs, measured and printed, asserted only where it cannot be noise. Run by
//! hand: `cargo test -p outboard-exec --test held -- --ignored --nocapture scale`.

use std::{
    fs,
    os::unix::fs::FileExt,
    time::{Duration, Instant},
};

use crate::support::*;

const PLUGINS: usize = 200;

#[tokio::test]
#[ignore = "takes half a minute; a measurement"]
async fn two_hundred_plugins_are_held_cheaply() {
    for means in MEANS {
        let spawner = spawner(means.clone());
        let begin = Instant::now();
        let mut all = Vec::new();
        for _ in 0..PLUGINS {
            let mut held = spawn(&spawner, sin(&["pause"])).await;
            held.started().await;
            all.push(held);
        }
        let each = begin.elapsed() / PLUGINS as u32;
        let statm: Vec<fs::File> = all.iter().map(|held| statm_of(held.keeper.pid())).collect();
        tokio::time::sleep(Duration::from_secs(2)).await;
        let (before, since) = (cpu_of("watch"), Instant::now());
        let bare = bare_reads(&statm, Duration::from_secs(10)).await;
        let watch = (cpu_of("watch") - before) / since.elapsed().as_secs_f64() * 100.0;
        let pss = pss_kib(all[PLUGINS / 2].keeper.keeper_pid());
        println!(
            "{means:?}: start {each:?} each, watch {watch:.2} % of a core (bare reads of the same \
             files {bare:.2} %), keeper {pss} KiB Pss"
        );
        for held in &mut all {
            held.keeper.kill();
            held.ended().await;
        }
    }
}

fn statm_of(pid: Option<u32>) -> fs::File {
    fs::File::open(format!("/proc/{}/statm", pid.unwrap())).unwrap()
}

/// What the kernel alone takes for ten looks a second, percent of a core.
async fn bare_reads(statm: &[fs::File], time: Duration) -> f64 {
    let (before, since) = (cpu_of("scale::two_hund"), Instant::now());
    let mut looks = tokio::time::interval(Duration::from_millis(100));
    while since.elapsed() < time {
        looks.tick().await;
        for file in statm {
            file.read_at(&mut [0; 128], 0).unwrap();
        }
    }
    (cpu_of("scale::two_hund") - before) / since.elapsed().as_secs_f64() * 100.0
}

/// CPU seconds of this process's threads of a name, to the nanosecond.
fn cpu_of(thread: &str) -> f64 {
    let threads = fs::read_dir("/proc/self/task").unwrap().flatten().map(|entry| entry.path());
    let wanted = threads.filter(|path| {
        fs::read_to_string(path.join("comm")).is_ok_and(|name| name.trim_end() == thread)
    });
    wanted
        .map(|path| {
            let stat = fs::read_to_string(path.join("schedstat")).unwrap();
            stat.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1e9
        })
        .sum()
}

fn pss_kib(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
    line.map_or(0, |line| line.trim().trim_end_matches(" kB").trim().parse().unwrap())
}
