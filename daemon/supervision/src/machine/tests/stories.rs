//! The main paths, told one at a time.

use std::time::Duration;

use crate::effect::Effect;
use crate::event::{Cause, Event, Exit, Hindrance, News};
use crate::machine::tests::scene::{Scene, conditions, crashed, disabled, ended, hello_differs};
use crate::machine::tests::scene::{death, init_failed};
use crate::policy::Policy;
use crate::state::{Rest, State, Step};

#[test]
fn a_plugin_starts_when_nothing_is_in_its_way_any_more() {
    let mut scene = Scene::of(Policy::default());
    let waiting = conditions(Some(Hindrance::WaitingFor(vec!["dictionary".to_owned()])));
    assert_eq!(scene.step(waiting), []);
    assert_eq!(scene.step(conditions(None)), [Effect::Spawn(1)]);
}

#[test]
fn a_plugin_is_given_work_once_it_is_ready() {
    let mut scene = Scene::starting().told(News::Spawned(4711)).told(News::Attached);
    assert!(!scene.machine.available());
    let _ = scene.news(News::Ready);
    assert!(scene.machine.available());
}

#[test]
fn a_plugin_whose_dependency_is_down_keeps_running_without_work() {
    let suspended_by = vec!["dictionary".to_owned()];
    let suspended = Event::Conditions(crate::Conditions { hindrance: None, suspended_by });
    let scene = Scene::running().and(suspended);
    assert_eq!(scene.state().name(), "running");
    assert!(!scene.machine.available());
}

#[test]
fn a_crash_is_recorded_and_tried_again_after_a_wait() {
    let mut scene = Scene::running();
    let effects = scene.news(crashed());
    assert!(matches!(&effects[..], [Effect::Disconnect(1), Effect::Record(_)]));
    assert_eq!(scene.state().name(), "waiting");
    assert_eq!(scene.due(), [Effect::Spawn(2)]);
}

#[test]
fn the_sixth_end_within_a_minute_is_the_last() {
    let mut scene = Scene::starting();
    for _ in 0..5 {
        scene = scene.told(crashed()).then_due();
    }
    let scene = scene.told(crashed());
    let State::Failed(failed) = scene.state() else { panic!("{:?}", scene.state()) };
    assert_eq!(failed.cause, Cause::Signal);
    assert_eq!(failed.detail, "before it was ready; 5 restarts in 60 s did not help");
}

#[test]
fn a_reset_gives_a_failed_plugin_all_its_restarts_again() {
    let mut scene = Scene::starting();
    for _ in 0..5 {
        scene = scene.told(crashed()).then_due();
    }
    scene = scene.told(crashed()).and(Event::Reset);
    for _ in 0..5 {
        scene = scene.told(crashed()).then_due();
    }
    assert_eq!(scene.state().name(), "starting");
}

#[test]
fn a_reset_while_it_still_tries_forgets_the_past_too() {
    let mut scene = Scene::starting();
    for _ in 0..5 {
        scene = scene.told(crashed()).then_due();
    }
    let scene = scene.told(News::Attached).told(News::Ready).and(Event::Reset).told(crashed());
    let State::Waiting(waiting) = scene.state() else { panic!("{:?}", scene.state()) };
    assert_eq!(waiting.until.since(waiting.since), Duration::from_millis(100));
}

#[test]
fn a_healthy_minute_makes_the_next_wait_the_first_one_again_even_if_it_ended_on_request() {
    let mut scene = Scene::running();
    for _ in 0..3 {
        scene = scene.told(crashed()).then_due().told(News::Attached).told(News::Ready);
    }
    let restarted = scene.after(60_000).and(Event::Restart).told(ended(Exit::Code(0)));
    let scene = restarted.told(crashed());
    let State::Waiting(waiting) = scene.state() else { panic!("{:?}", scene.state()) };
    assert_eq!(waiting.until.since(waiting.since), Duration::from_millis(100));
}

#[test]
fn a_stop_during_backoff_cancels_the_retry() {
    let mut scene = Scene::running().told(crashed()).and(disabled());
    assert_eq!(scene.state(), &State::Stopped(Rest::Hindered(Hindrance::Disabled)));
    scene.pass(60_000);
    assert_eq!(scene.tick(), []);
}

#[test]
fn a_restart_during_backoff_does_not_wait() {
    let mut scene = Scene::running().told(crashed());
    assert_eq!(scene.step(Event::Restart), [Effect::Spawn(2)]);
}

#[test]
fn a_child_that_dies_after_its_successor_has_started_changes_nothing() {
    let mut scene = Scene::running().told(crashed()).then_due();
    assert_eq!(scene.step(Event::News(1, crashed())), []);
    assert_eq!(scene.state().generation(), Some(2));
}

#[test]
fn a_silent_plugin_is_pinged_three_times_and_killed_after_five_seconds() {
    let mut scene = Scene::running();
    let ping = Effect::Ping(1);
    assert_eq!(scene.live(4_999), [ping.clone(), ping.clone(), ping]);
    assert_eq!(scene.live(1), [Effect::Disconnect(1), Effect::Kill(1)]);
    assert_eq!(recorded(&scene.news(ended(Exit::Signal(9)))), Some(Cause::Hung));
}

#[test]
fn any_frame_counts_as_life() {
    let mut scene = Scene::running();
    let _ = scene.live(4_500);
    scene.alive = scene.at;
    assert!(!scene.live(4_999).contains(&Effect::Kill(1)));
}

#[test]
fn a_frame_between_two_pings_starts_their_count_anew_however_eager_they_are() {
    let mut scene = Scene::running();
    scene.machine.policy.heartbeat.interval = Duration::from_millis(100);
    let _ = scene.live(2_000);
    scene.pass(50);
    scene.alive = scene.at;
    let pings = scene.live(3_099).into_iter().filter(|it| *it == Effect::Ping(1)).count();
    assert_eq!((pings, scene.state().name()), (3, "running"));
}

#[test]
fn a_plugin_is_not_blamed_for_the_time_in_which_the_daemon_stood_still() {
    let mut scene = Scene::running().after(20_000).and(Event::Late);
    assert_eq!(scene.tick(), []);
    assert_eq!(scene.live(1_999), []);
}

#[test]
fn a_start_that_says_nothing_is_given_ten_seconds() {
    let mut scene = Scene::starting().told(News::Spawned(4711));
    assert_eq!(scene.live(9_999), []);
    assert_eq!(scene.live(1), [Effect::Disconnect(1), Effect::Kill(1)]);
    assert_eq!(recorded(&scene.news(ended(Exit::Signal(9)))), Some(Cause::StartTimeout));
}

#[test]
fn a_start_that_shows_progress_is_given_two_minutes_and_no_more() {
    let mut scene = Scene::starting().told(News::Attached);
    for second in 1..=119 {
        assert_eq!(scene.live(1_000), [], "after {second} s");
        let _ = scene.news(News::Progress(second * 100 / 120));
    }
    assert_eq!(scene.live(1_000), [Effect::Disconnect(1), Effect::Kill(1)]);
}

#[test]
fn progress_after_a_stall_does_not_end_the_start_that_makes_it() {
    let mut scene = Scene::starting().told(News::Attached).after(130_000).and(Event::Late);
    let _ = scene.news(News::Progress(50));
    assert_eq!(scene.live(9_999), []);
}

#[test]
fn a_session_that_comes_back_in_time_costs_nothing() {
    let mut scene = Scene::running().told(News::Detached);
    assert!(!scene.machine.available());
    assert_eq!(scene.live(1_999), []);
    let _ = scene.news(News::Attached);
    assert!(scene.machine.available());
}

#[test]
fn a_session_that_stays_away_breaks_the_protocol() {
    let mut scene = Scene::running().told(News::Detached);
    assert_eq!(scene.live(2_000), [Effect::Disconnect(1), Effect::Kill(1)]);
    assert_eq!(recorded(&scene.news(ended(Exit::Signal(9)))), Some(Cause::Protocol));
}

#[test]
fn a_stop_drains_tells_terminates_and_kills_each_after_its_time() {
    let mut scene = Scene::running();
    let five = Duration::from_secs(5);
    assert_eq!(scene.step(disabled()), [Effect::Drain(1, five)]);
    assert_eq!(scene.live(5_000), [Effect::Shutdown(1, five)]);
    assert_eq!(scene.live(5_000), [Effect::Terminate(1)]);
    assert_eq!(scene.live(2_000), [Effect::Disconnect(1), Effect::Kill(1)]);
    assert_eq!(scene.state().next_timeout(), None);
}

#[test]
fn who_has_finished_is_told_at_once() {
    let mut scene = Scene::running().and(disabled());
    assert_eq!(scene.news(News::Drained), [Effect::Shutdown(1, Duration::from_secs(5))]);
}

#[test]
fn an_order_that_came_before_its_process_is_given_again() {
    let mut scene = Scene::starting().and(disabled());
    assert_eq!(scene.news(News::Spawned(4711)), [Effect::Terminate(1)]);
    let _ = scene.due();
    assert_eq!(scene.news(News::Spawned(4711)), [Effect::Kill(1)]);
}

#[test]
fn who_was_told_in_its_session_is_not_terminated_before_its_time() {
    let mut scene = Scene::starting().told(News::Attached).and(disabled());
    assert_eq!(scene.pushed(), Some(Step::Told));
    assert_eq!(scene.news(News::Spawned(4711)), []);
}

#[test]
fn a_process_reported_only_after_it_was_ready_is_known_all_the_same() {
    let scene = Scene::starting().told(News::Attached).told(News::Ready);
    let scene = scene.told(News::Spawned(4711));
    assert!(matches!(scene.state(), State::Running(running) if running.pid == Some(4711)));
}

#[test]
fn enabled_again_while_it_is_ending_it_starts_again() {
    let mut scene = Scene::running().and(disabled()).and(conditions(None));
    assert_eq!(scene.news(ended(Exit::Code(0))).last(), Some(&Effect::Spawn(2)));
}

#[test]
fn disabled_while_it_restarts_it_rests() {
    let scene = Scene::running().and(Event::Restart).and(disabled()).told(ended(Exit::Code(0)));
    assert_eq!(scene.state(), &State::Stopped(Rest::Hindered(Hindrance::Disabled)));
}

// I70
#[test]
fn what_is_debugged_stands_still_and_comes_back_by_itself_with_its_past() {
    let debugged = || conditions(Some(Hindrance::Debugged));
    let mut scene = Scene::running().and(debugged());
    assert_eq!(scene.state().name(), "draining");
    assert_eq!(recorded(&scene.news(ended(Exit::Code(0)))), Some(Cause::Stopped));
    assert_eq!(scene.live(3_600_000), []);
    assert_eq!(scene.step(conditions(None)), [Effect::Spawn(2)]);
}

// I70
#[test]
fn one_that_was_given_up_can_be_debugged_and_is_given_up_again_if_it_is_no_better() {
    let mut scene = Scene::running();
    while scene.state().name() != "failed" {
        let _ = scene.news(ended(Exit::Code(1)));
        if scene.state().name() == "waiting" {
            let _ = scene.due();
            scene = scene.told(News::Attached).told(News::Ready);
        }
    }
    let mut scene = scene.and(conditions(Some(Hindrance::Debugged)));
    assert_eq!(scene.state().name(), "stopped");
    assert_eq!(scene.step(conditions(None)), [Effect::Spawn(7)]);
    let _ = scene.news(ended(Exit::Code(1)));
    assert_eq!(scene.state().name(), "failed");
}

#[test]
fn an_end_that_was_asked_for_counts_as_no_failure() {
    let mut scene = Scene::running();
    for _ in 0..20 {
        let _ = scene.step(Event::Restart);
        assert_eq!(recorded(&scene.news(ended(Exit::Code(1)))), Some(Cause::Stopped));
        scene = scene.told(News::Attached).told(News::Ready);
    }
    assert_eq!(scene.state().generation(), Some(21));
}

#[test]
fn a_hung_plugin_that_is_disabled_as_it_dies_was_hung_all_the_same() {
    let mut scene = Scene::running();
    let _ = scene.live(5_000);
    let _ = scene.step(disabled());
    assert_eq!(recorded(&scene.news(ended(Exit::Signal(9)))), Some(Cause::Hung));
    assert_eq!(scene.state(), &State::Stopped(Rest::Hindered(Hindrance::Disabled)));
}

#[test]
fn a_plugin_that_is_not_what_its_manifest_says_is_given_up_at_once() {
    let scene = Scene::starting().told(hello_differs()).told(ended(Exit::Signal(9)));
    let State::Failed(failed) = scene.state() else { panic!("{:?}", scene.state()) };
    assert_eq!(failed.cause, Cause::Protocol);
}

#[test]
fn an_initialization_that_failed_is_tried_again_unless_the_plugin_says_otherwise() {
    let again = Scene::starting().told(init_failed(false)).told(ended(Exit::Code(1)));
    let never = Scene::starting().told(init_failed(true)).told(ended(Exit::Code(1)));
    assert_eq!((again.state().name(), never.state().name()), ("waiting", "failed"));
}

#[test]
fn running_out_of_memory_is_the_cause_whatever_else_was_wrong() {
    let mut scene = Scene::running();
    let _ = scene.live(5_000);
    let died = News::Ended(death(Exit::Signal(9), true));
    assert_eq!(recorded(&scene.news(died)), Some(Cause::Oom));
}

#[test]
fn a_lost_keeper_is_an_end_like_any_other() {
    let mut scene = Scene::running();
    assert_eq!(recorded(&scene.news(News::KeeperLost)), Some(Cause::KeeperLost));
    assert_eq!(scene.due(), [Effect::Spawn(2)]);
}

#[test]
fn new_rules_leave_running_timers_alone() {
    let mut scene = Scene::running().and(disabled());
    let due = scene.state().next_timeout();
    let mut policy = Policy::default();
    policy.stop.drain = Duration::ZERO;
    scene.machine.set_policy(policy);
    assert_eq!(scene.state().next_timeout(), due);
}

fn recorded(effects: &[Effect]) -> Option<Cause> {
    effects.iter().find_map(|effect| match effect {
        Effect::Record(obituary) => Some(obituary.cause),
        _ => None,
    })
}
