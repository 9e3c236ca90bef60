//! The resident watch: whoever goes above the cap is ended with a cause, whoever only seems to is
//! not.

use outboard_linux::{CgroupChoice, Exit, OomBy, Spawner};

use crate::support::*;

#[tokio::test]
async fn a_plugin_above_its_cap_is_ended_for_its_memory() {
    for means in MEANS {
        for sin_of in ["eat", "eat-shared", "eat-in-a-child"] {
            let mut held = spawn(&spawner(means.clone()), sin(&[sin_of, "300"])).await;
            held.started().await;
            let ended = held.ended().await;
            assert!(ended.oom.is_some(), "{means:?} {sin_of}: {ended:?}");
            // The kernel lets nobody past the cap, the watch sees who is past it.
            assert!(ended.peak_memory_bytes >= 64 * MIB, "{means:?} {sin_of}: {ended:?}");
        }
    }
}

#[tokio::test]
async fn below_the_cap_nobody_is_ended() {
    for means in MEANS {
        let mut held = spawn(&spawner(means), sin(&["eat", "50"])).await;
        held.started().await;
        held.done().await;
        // Near the cap the watch looks closely; what it sees is what there is.
        until("it is seen", || held.keeper.usage().memory_bytes > 50 * MIB).await;
        let usage = held.keeper.usage();
        assert!(usage.memory_bytes < 53 * MIB, "{usage:?}");
        held.keeper.terminate();
        let ended = held.ended().await;
        assert_eq!((ended.exit, ended.oom), (Exit::Signal(15), None));
    }
}

#[tokio::test]
async fn pages_shared_with_forks_count_once() {
    for means in MEANS {
        let mut held = spawn(&spawner(means), sin(&["eat-then-fork", "40"])).await;
        held.started().await;
        held.done().await;
        until("all four are seen", || held.keeper.usage().processes >= 4).await;
        let counted = held.keeper.usage().memory_bytes;
        assert!(counted < 64 * MIB, "{counted}");
        held.keeper.terminate();
        assert_eq!(held.ended().await.oom, None);
    }
}

#[tokio::test]
async fn who_dies_at_its_cap_before_the_watch_could_look_died_of_it() {
    let mut held = spawn(&spawner(CgroupChoice::None), sin(&["eat-and-end", "90"])).await;
    held.started().await;
    let ended = held.ended().await;
    assert_eq!(ended.oom, Some(OomBy::Watch), "{ended:?}");
}

#[tokio::test]
async fn an_ordinary_crash_is_not_blamed_on_memory() {
    let mut held = spawn(&spawner(CgroupChoice::None), sin(&["eat-and-end", "20"])).await;
    held.started().await;
    let ended = held.ended().await;
    assert_eq!((ended.exit, ended.oom), (Exit::Code(7), None));
}

#[tokio::test]
async fn all_together_above_the_total_the_largest_goes() {
    let mut small = setup(CgroupChoice::None);
    small.memory_total = Some(80 * MIB);
    let spawner = Spawner::start(small).unwrap();
    let mut modest = spawn(&spawner, sin(&["eat", "30"])).await;
    modest.started().await;
    modest.done().await;
    let mut greedy = spawn(&spawner, sin(&["eat", "60"])).await;
    greedy.started().await;
    assert_eq!(greedy.ended().await.oom, Some(OomBy::Watch));
    modest.keeper.terminate();
    assert_eq!(modest.ended().await.oom, None);
}
