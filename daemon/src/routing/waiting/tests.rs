//! Claims about who waits and who gives way.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

fn node(number: u64) -> Asker {
    Some(NodeId::numbered(number))
}

fn filled(waiting: &mut Waiting, asker: Asker, keys: std::ops::Range<usize>) {
    for key in keys {
        assert_eq!(waiting.room(asker, 1), Room::Free);
        waiting.push(asker, key, 1);
    }
}

// I68
#[test]
fn askers_take_turns_each_in_its_own_order() {
    let mut waiting = Waiting::default();
    filled(&mut waiting, node(1), 0..3);
    filled(&mut waiting, node(2), 10..12);
    filled(&mut waiting, None, 20..21);
    let order: Vec<_> = std::iter::from_fn(|| waiting.pop()).collect();
    assert_eq!(order, [0, 10, 20, 1, 11, 2]);
}

// I68
#[test]
fn whoever_fills_the_queue_gives_up_its_newest_for_another() {
    let mut waiting = Waiting::default();
    filled(&mut waiting, node(1), 0..CALLS);
    assert_eq!(waiting.room(node(1), 1), Room::None, "its own share is all there is");
    assert_eq!(waiting.room(node(2), 1), Room::InPlaceOf(CALLS - 1));
    assert_eq!(waiting.room(node(2), 1), Room::Free);
}

#[test]
fn bytes_make_room_too_and_a_call_beyond_the_share_finds_none() {
    let mut waiting = Waiting::default();
    for key in 0..16 {
        waiting.push(node(1), key, BYTES / 16);
    }
    assert_eq!(waiting.room(node(2), BYTES / 2 + 1), Room::None);
    assert_eq!(waiting.room(node(2), BYTES / 8), Room::InPlaceOf(15));
    assert_eq!(waiting.room(node(2), BYTES / 8), Room::InPlaceOf(14));
    assert_eq!(waiting.room(node(2), BYTES / 8), Room::Free);
}

#[derive(Debug, Clone)]
enum Step {
    Ask(u64, usize),
    Pop,
    Remove(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..4_u64, 1..60_000_usize).prop_map(|(asker, bytes)| Step::Ask(asker, bytes)),
        1 => Just(Step::Pop),
        1 => any::<prop::sample::Index>().prop_map(|at| Step::Remove(at.index(1 << 12))),
    ]
}

proptest! {
    // I68
    #[test]
    fn no_limit_is_passed_and_nobody_within_its_share_is_refused(
        steps in prop::collection::vec(step(), 0..700),
    ) {
        let mut waiting = Waiting::default();
        // By key: who asked, and how many bytes.
        let mut model: BTreeMap<usize, (u64, usize)> = BTreeMap::new();
        for (key, step) in steps.into_iter().enumerate() {
            match step {
                Step::Ask(asker, bytes) => loop {
                    let own = model.values().filter(|it| it.0 == asker);
                    let (calls, held) = own.fold((0, 0), |sum, it| (sum.0 + 1, sum.1 + it.1));
                    match waiting.room(node(asker), bytes) {
                        Room::Free => {
                            waiting.push(node(asker), key, bytes);
                            model.insert(key, (asker, bytes));
                            break;
                        }
                        Room::InPlaceOf(other) => {
                            let (whose, _) = model.remove(&other).unwrap();
                            prop_assert_ne!(whose, asker);
                        }
                        Room::None => {
                            prop_assert!(calls >= CALLS / 4 || held + bytes > BYTES / 4);
                            break;
                        }
                    }
                },
                Step::Pop => {
                    let popped = waiting.pop();
                    let first = popped.map(|key| model.remove(&key).unwrap());
                    if let (Some(key), Some((asker, _))) = (popped, first) {
                        let older = model.iter().any(|(at, it)| *at < key && it.0 == asker);
                        prop_assert!(!older, "an asker's calls keep their order");
                    }
                }
                Step::Remove(key) => {
                    waiting.remove(key);
                    model.remove(&key);
                }
            }
            prop_assert_eq!(waiting.calls, model.len());
            prop_assert_eq!(waiting.bytes, model.values().map(|it| it.1).sum::<usize>());
            prop_assert!(waiting.calls <= CALLS && waiting.bytes <= BYTES);
        }
        let mut left = waiting.take_all();
        left.sort_unstable();
        prop_assert_eq!(left, model.into_keys().collect::<Vec<_>>());
    }
}
