//! What is printed at the end: one JSON document, or the same as a list for people.
//!
//! It refuses to know what is in it.

use std::io::{IsTerminal as _, Write as _};

use serde::Serialize;
use serde_json::Value;

/// Prints a report on standard output, where nothing else is.
pub fn print(report: &impl Serialize, as_json: bool) -> anyhow::Result<()> {
    let report = serde_json::to_value(report)?;
    let mut out = std::io::stdout();
    if as_json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
        return Ok(());
    }
    let mut lines = Vec::new();
    list(&mut lines, "", &report);
    Ok(out.write_all(lines.concat().as_bytes())?)
}

/// Shows a person how far it is.
pub fn progress(round: u32, rounds: u32) {
    if std::io::stderr().is_terminal() {
        let end = if round == rounds { "\n" } else { "\r" };
        eprint!("round {round} of {rounds}{end}");
    }
}

fn list(lines: &mut Vec<String>, key: &str, value: &Value) {
    let Value::Object(fields) = value else {
        lines.push(format!("{key:<44} {value}\n"));
        return;
    };
    for (field, value) in fields {
        let key = if key.is_empty() { field.clone() } else { format!("{key}.{field}") };
        list(lines, &key, value);
    }
}
