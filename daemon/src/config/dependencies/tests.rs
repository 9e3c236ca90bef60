//! Claims about dependencies: the order, and what can never start.

use super::*;
use proptest::prelude::*;
use std::path::Path;

fn manifest(name: &str, version: &str, needs: &[(&str, &str)]) -> Manifest {
    let needs: String =
        needs.iter().map(|(name, range)| format!("\"{name}\" = \"{range}\"\n")).collect();
    let text = format!(
        "name = \"{name}\"\nversion = \"{version}\"\n[run]\ncommand = [\"./x\"]\n\
         [dependencies]\n{needs}"
    );
    Manifest::parse(&text, Path::new(&format!("{name}/plugin.toml"))).unwrap()
}

fn check(manifests: &[Manifest]) -> Result<Order, Faults> {
    check_dependencies(&manifests.iter().map(|it| (it.name.clone(), it)).collect())
}

fn names<'n>(order: impl IntoIterator<Item = &'n PluginName>) -> Vec<&'n str> {
    order.into_iter().map(PluginName::as_str).collect()
}

#[test]
fn what_is_needed_starts_first_and_stops_last() {
    let order = check(&[
        manifest("aa", "1.0.0", &[("cc", "1"), ("bb", "1")]),
        manifest("bb", "1.0.0", &[("cc", "^1.0")]),
        manifest("cc", "1.5.0", &[]),
    ])
    .unwrap();
    assert_eq!(names(order.start()), ["cc", "bb", "aa"]);
    assert_eq!(names(order.stop()), ["aa", "bb", "cc"]);
    let (aa, cc) = ("aa".parse().unwrap(), "cc".parse().unwrap());
    assert_eq!(names(order.needs(&aa)), ["bb", "cc"]);
    assert_eq!(names(order.needed_by(&cc)), ["aa", "bb"]);
}

#[test]
fn a_cycle_is_refused_with_its_path() {
    let faults = check(&[
        manifest("aa", "1.0.0", &[("bb", "1")]),
        manifest("bb", "1.0.0", &[("cc", "1")]),
        manifest("cc", "1.0.0", &[("bb", "1")]),
    ])
    .unwrap_err();
    assert_eq!(faults.to_string(), "cc/plugin.toml:6: dependencies.bb: a cycle: bb → cc → bb");
}

#[test]
fn missing_and_out_of_range_ones_are_refused_together() {
    let faults = check(&[
        manifest("aa", "1.0.0", &[("bb", "^2"), ("zz", "1")]),
        manifest("bb", "1.9.0", &[]),
    ])
    .unwrap_err()
    .to_string();
    assert!(faults.contains("aa/plugin.toml:6: dependencies.bb: bb 1.9.0 is loaded, ^2 is needed"));
    assert!(faults.contains("aa/plugin.toml:7: dependencies.zz: zz is not loaded"), "{faults}");
}

proptest! {
    /// Plugin N needs some of those below N: never a cycle, always an order that keeps to it.
    #[test]
    fn every_order_keeps_to_every_need(
        edges in prop::collection::vec((1..12usize, 0..11usize), 0..40),
    ) {
        let name = |index: usize| format!("p{index}");
        let manifests: Vec<Manifest> = (0..12).map(|index| {
            let needs: BTreeSet<String> = edges.iter()
                .filter(|(from, to)| *from == index && to < from)
                .map(|(_, to)| name(*to)).collect();
            let needs: Vec<(&str, &str)> = needs.iter().map(|it| (it.as_str(), "*")).collect();
            manifest(&name(index), "1.0.0", &needs)
        }).collect();
        let order = check(&manifests).unwrap();
        let place = |name: &PluginName| order.start().iter().position(|it| it == name).unwrap();
        for manifest in &manifests {
            for needed in order.needs(&manifest.name) {
                prop_assert!(place(needed) < place(&manifest.name));
            }
        }
    }

    #[test]
    fn any_graph_gets_an_order_or_faults(
        edges in prop::collection::vec((0..8usize, 0..8usize), 0..30),
    ) {
        let name = |index: usize| format!("p{index}");
        let manifests: Vec<Manifest> = (0..8).map(|index| {
            let needs: BTreeSet<String> = edges.iter()
                .filter(|(from, to)| *from == index && to != from)
                .map(|(_, to)| name(*to)).collect();
            let needs: Vec<(&str, &str)> = needs.iter().map(|it| (it.as_str(), "*")).collect();
            manifest(&name(index), "1.0.0", &needs)
        }).collect();
        match check(&manifests) {
            Ok(order) => prop_assert_eq!(order.start().len(), 8),
            Err(faults) => prop_assert!(faults.iter().all(|it| it.message.contains("a cycle"))),
        }
    }
}
