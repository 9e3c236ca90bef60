//! The diagram in docs/supervision.md, drawn from the matrix: it cannot say what is not so.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::machine::tests::matrix::matrix;

const PAGE: &str = "docs/supervision.md";
const BEGIN: &str = "<!-- the diagram begins: drawn from the machine, not by hand -->\n";
const END: &str = "<!-- the diagram ends -->\n";
const STATES: [&str; 7] =
    ["stopped", "starting", "running", "draining", "stopping", "waiting", "failed"];

#[test]
fn the_diagram_in_the_docs_is_what_the_machine_does() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let page = root.join(PAGE);
    let text = fs::read_to_string(&page).unwrap();
    let (head, rest) = text.split_once(BEGIN).expect("the page says where the diagram begins");
    let (drawn, tail) = rest.split_once(END).expect("the page says where the diagram ends");
    if std::env::var_os("OUTBOARD_WRITE_DIAGRAM").is_some() {
        fs::write(&page, format!("{head}{BEGIN}{}{END}{tail}", diagram())).unwrap();
        return;
    }
    let hint = "run this test with OUTBOARD_WRITE_DIAGRAM=1 and read the difference";
    assert_eq!(drawn, diagram(), "{PAGE} is stale: {hint}");
}

fn diagram() -> String {
    let mut text = String::from("\n```mermaid\nstateDiagram-v2\n    [*] --> stopped\n");
    let edges = edges();
    for from in STATES {
        for to in STATES {
            if let Some(events) = edges.get(&(from, to)) {
                let lines: Vec<String> = events.chunks(3).map(|some| some.join(", ")).collect();
                writeln!(text, "    {from} --> {to}: {}", lines.join("<br/>")).unwrap();
            }
        }
    }
    text.push_str("```\n\n");
    text
}

/// From state to state: what leads there, in the order of the table.
fn edges() -> BTreeMap<(&'static str, &'static str), Vec<&'static str>> {
    let mut edges: BTreeMap<_, Vec<&str>> = BTreeMap::new();
    for cell in matrix() {
        let (from, to) = (cell.before.state(), cell.after.state());
        let event = cell.event.split(':').next().unwrap();
        let new = from.generation() != to.generation();
        if from.name() != to.name() || (new && from.generation().is_some()) {
            let events = edges.entry((from.name(), to.name())).or_default();
            if !events.contains(&event) {
                events.push(event);
            }
        }
    }
    edges
}
