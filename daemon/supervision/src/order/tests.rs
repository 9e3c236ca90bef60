//! Claims about the order; it knows only names.

use proptest::prelude::*;

use super::*;

fn wish(name: &str, priority: i32, before: &[&str], after: &[&str]) -> Wish {
    let names = |list: &[&str]| list.iter().map(|&name| name.to_owned()).collect();
    Wish { name: name.into(), priority, before: names(before), after: names(after) }
}

fn names(wishes: &[Wish]) -> Vec<&str> {
    resolve(wishes).unwrap().into_iter().map(|at| wishes[at].name.as_str()).collect()
}

#[test]
fn lower_priority_goes_first_then_the_name() {
    let wishes = [wish("c", 1, &[], &[]), wish("b", 1, &[], &[]), wish("a", 2, &[], &[])];
    assert_eq!(names(&wishes), ["b", "c", "a"]);
}

#[test]
fn a_constraint_beats_priority() {
    let wishes = [wish("a", 1, &[], &["z"]), wish("z", 9, &[], &[])];
    assert_eq!(names(&wishes), ["z", "a"]);
}

#[test]
fn absent_names_are_ignored() {
    assert_eq!(names(&[wish("a", 1, &["ghost"], &["spirit"])]), ["a"]);
}

#[test]
fn a_cycle_is_told_with_its_path() {
    let wishes = [wish("a", 1, &["b"], &[]), wish("b", 1, &["c"], &[]), wish("c", 1, &["a"], &[])];
    let Cycle(path) = resolve(&wishes).unwrap_err();
    assert_eq!(path.len(), 4);
    assert_eq!(path.first(), path.last());
}

#[test]
fn whoever_waits_behind_a_cycle_is_not_blamed() {
    let wishes = [wish("a", 1, &[], &["b"]), wish("b", 1, &[], &["c"]), wish("c", 1, &[], &["b"])];
    let Cycle(path) = resolve(&wishes).unwrap_err();
    assert!(!path.contains(&"a".to_owned()), "{path:?}");
}

fn wishes() -> impl Strategy<Value = Vec<Wish>> {
    let some = || prop::collection::vec("[a-h]", 0..3);
    let one = ("[a-h]", 0..3_i32, some(), some());
    prop::collection::vec(one, 0..8).prop_map(|list| {
        let mut seen = BTreeSet::new();
        list.into_iter()
            .filter(|(name, ..)| seen.insert(name.clone()))
            .map(|(name, priority, before, after)| Wish { name, priority, before, after })
            .collect()
    })
}

proptest! {
    #[test]
    fn order_does_not_depend_on_arrival(mut list in wishes()) {
        let forward = resolve(&list)
            .map(|order| order.into_iter().map(|at| list[at].name.clone()).collect::<Vec<_>>());
        list.reverse();
        let backward = resolve(&list)
            .map(|order| order.into_iter().map(|at| list[at].name.clone()).collect::<Vec<_>>());
        match (forward, backward) {
            (Ok(one), Ok(other)) => prop_assert_eq!(one, other),
            (Err(_), Err(_)) => {}
            (one, other) => prop_assert!(false, "{:?} and {:?}", one, other),
        }
    }

    #[test]
    fn every_constraint_holds(list in wishes()) {
        if let Ok(order) = resolve(&list) {
            let place = |name: &str| order.iter().position(|&at| list[at].name == name);
            for wish in &list {
                for later in &wish.before {
                    if let Some(later) = place(later) {
                        prop_assert!(place(&wish.name) < Some(later));
                    }
                }
            }
        }
    }
}
