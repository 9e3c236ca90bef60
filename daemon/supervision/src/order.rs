//! The order in which a hook's interceptors are asked.
//!
//! `before` and `after` bind; among what they leave open lower priority goes first, then the name.
//! The result depends on the set of entries alone, never on when they arrived.

use std::collections::{BTreeMap, BTreeSet};

/// One interceptor's wishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The plugin's name; unique in a list.
    pub name: String,
    /// Lower goes first.
    pub priority: i32,
    /// Goes before these; absent names are ignored.
    pub before: Vec<String>,
    /// Goes after these; absent names are ignored.
    pub after: Vec<String>,
}

/// Wishes that contradict each other: the names on a cycle, the first one first and last.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("before/after contradict each other: {}", .0.join(" → "))]
pub struct Cycle(pub Vec<String>);

/// Positions in `wishes`, in the order to ask.
///
/// # Errors
/// `Cycle` names plugins whose wishes cannot all be met.
pub fn resolve(wishes: &[Wish]) -> Result<Vec<usize>, Cycle> {
    let successors = successors(wishes);
    let mut waits_for = vec![0_usize; wishes.len()];
    for &next in successors.iter().flatten() {
        waits_for[next] += 1;
    }
    let rank = |at: usize| (wishes[at].priority, wishes[at].name.as_str(), at);
    let mut free: BTreeSet<_> =
        (0..wishes.len()).filter(|&at| waits_for[at] == 0).map(rank).collect();
    let mut order = Vec::with_capacity(wishes.len());
    while let Some((_, _, at)) = free.pop_first() {
        order.push(at);
        for &next in &successors[at] {
            waits_for[next] -= 1;
            if waits_for[next] == 0 {
                free.insert(rank(next));
            }
        }
    }
    if order.len() == wishes.len() { Ok(order) } else { Err(cycle(wishes, &successors, &order)) }
}

/// For each wish, those that come later because of a before or an after; each once.
fn successors(wishes: &[Wish]) -> Vec<BTreeSet<usize>> {
    let at: BTreeMap<&str, usize> =
        wishes.iter().enumerate().map(|(at, wish)| (wish.name.as_str(), at)).collect();
    let mut successors = vec![BTreeSet::new(); wishes.len()];
    for (me, wish) in wishes.iter().enumerate() {
        for &later in wish.before.iter().filter_map(|name| at.get(name.as_str())) {
            successors[me].insert(later);
        }
        for &earlier in wish.after.iter().filter_map(|name| at.get(name.as_str())) {
            successors[earlier].insert(me);
        }
    }
    successors
}

/// Walks backwards among what could not be ordered until a name comes up twice.
fn cycle(wishes: &[Wish], successors: &[BTreeSet<usize>], ordered: &[usize]) -> Cycle {
    let stuck: BTreeSet<usize> = (0..wishes.len()).filter(|at| !ordered.contains(at)).collect();
    let before = |at: usize| stuck.iter().copied().find(|&other| successors[other].contains(&at));
    let mut path: Vec<usize> = stuck.first().copied().into_iter().collect();
    while let Some(previous) = path.last().and_then(|&at| before(at)) {
        if let Some(start) = path.iter().position(|&at| at == previous) {
            path.drain(..start);
            path.push(previous);
            break;
        }
        path.push(previous);
    }
    path.reverse();
    Cycle(path.into_iter().map(|at| wishes[at].name.clone()).collect())
}

#[cfg(test)]
mod tests;
