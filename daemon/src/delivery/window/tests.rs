//! Claims about the window: what is in memory, what is asked for.

use super::*;

fn item(seq: Seq, size: usize) -> Item {
    let event = Arc::new(Event { id: seq.to_string(), ..Event::default() });
    Item { seq, event, size, attempt: 1, failures: 0, at_us: seq, gone: false }
}

fn name(lane: &str) -> Arc<str> {
    lane.into()
}

/// Open, and nothing is on the disk.
fn fresh() -> Window {
    let mut window = Window::default();
    window.open();
    assert_eq!(window.wants(), [Want::Lanes(None)]);
    window.merge(None, Vec::new(), true);
    window
}

#[test]
fn a_lane_holds_its_part_and_asks_for_the_rest_when_it_comes_to_its_end() {
    let mut window = fresh();
    let lane = name("a");
    let part = i64::try_from(LANE_ROWS).unwrap();
    for seq in 0..part + 2 {
        assert_eq!(window.offer(&lane, item(seq, 1)), seq < part);
    }
    assert!(window.wants().is_empty());
    while window.len() > LANE_ROWS / 4 {
        window.take().unwrap();
        window.done(&lane).unwrap();
    }
    assert_eq!(window.wants(), [Want::Lane(name("a"), part - 1)]);
    assert!(window.wants().is_empty(), "asked once");
    let rest = vec![item(part, 1), item(part + 1, 1)];
    window.merge_lane(LaneItems { lane: name("a"), items: rest, more: false });
    assert!(window.offer(&lane, item(part + 2, 1)));
}

#[test]
fn a_full_window_leaves_lanes_on_the_disk_and_asks_for_them_later() {
    let mut window = fresh();
    let count = i64::try_from(ITEMS).unwrap();
    for seq in 0..count {
        assert!(window.offer(&name(&format!("{seq:04}")), item(seq, 1)));
    }
    assert!(!window.offer(&name("new"), item(count, 1)));
    assert!(window.wants().is_empty());
    for _ in 0..=count / 2 {
        let (lane, _) = window.take().unwrap();
        window.done(&lane);
    }
    assert_eq!(window.wants(), [Want::Lanes(None)]);
}

#[test]
fn a_lane_that_may_be_on_the_disk_is_not_begun_in_the_middle() {
    let mut window = Window::default();
    window.open();
    assert!(!window.offer(&name("a"), item(2, 1)), "its first row may be on the disk");
    window.wants();
    let rows = vec![item(1, 1), item(2, 1)];
    window.merge(None, vec![LaneItems { lane: name("a"), items: rows, more: false }], true);
    assert_eq!(window.take().unwrap().1.seq, 1);
    assert!(window.offer(&name("a"), item(3, 1)));
}

#[test]
fn a_large_event_goes_alone() {
    let mut window = fresh();
    assert!(window.offer(&name("a"), item(1, BYTES * 2)));
    assert!(!window.offer(&name("b"), item(2, 1)));
}

#[test]
fn what_is_gone_goes_from_memory_unless_it_is_in_hand() {
    let mut window = fresh();
    for seq in 1..=3 {
        window.offer(&name("a"), item(seq, 1));
    }
    window.take().unwrap();
    for seq in [1, 2] {
        window.forget(&name("a"), seq);
    }
    assert_eq!(window.in_hand(&name("a")), None, "nobody's any more");
    assert!(window.done(&name("a")).unwrap().gone);
    assert_eq!(window.take().unwrap().1.seq, 3);
}
