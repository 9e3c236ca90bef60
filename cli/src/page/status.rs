//! All there is to know of one plugin, as a page: what it does and why first, then its past, then
//! what it may do. It leaves what it cannot show well to `--output json`.

mod sections;

use super::{Grid, coloured, state_words, text, tone};
use crate::escape;
use crate::measure::{self, Micros};
use crate::report::{Plugin, State};
use crate::screen::{Tone, toned};

/// Columns of the memory bar.
const BAR: u64 = 20;

/// The page.
pub fn status(plugin: &Plugin, now: Micros) -> String {
    let sections = [
        sections::ends(plugin, now),
        sections::limits(plugin),
        sections::grants(plugin),
        sections::schedules(plugin, now),
        sections::traffic(&plugin.traffic),
        sections::waiting(plugin, now),
        sections::notes(&plugin.notes),
    ];
    let mut page = head(plugin) + &facts(plugin, now);
    for (name, body) in sections.into_iter().flatten() {
        page.push_str(&format!("\n{}\n{body}", toned(Tone::Strong, name)));
    }
    page
}

fn head(plugin: &Plugin) -> String {
    let name = toned(Tone::Strong, &escape::line(&plugin.name));
    let version = escape::line(&plugin.version);
    match plugin.description.as_str() {
        "" => format!("{name} {version}\n"),
        words => format!("{name} {version} · {}\n", escape::line(words)),
    }
}

fn facts(plugin: &Plugin, now: Micros) -> String {
    let mut grid = Grid::without_header();
    let mut fact = |name: &str, value: &str| {
        if !value.is_empty() {
            grid.row(vec![coloured(name, Tone::Quiet), text(value)]);
        }
    };
    fact("why", &plugin.reason);
    fact("process", &process(plugin));
    fact("memory", &memory(plugin));
    fact("restarts", &format!("{} since the daemon started", plugin.restarts));
    fact("enabled", if plugin.enabled { "yes" } else { "no" });
    fact("folder", &plugin.path);
    state(plugin, now) + &grid.lines(2)
}

/// The state has a line of its own, so that its colour does not change the columns below.
fn state(plugin: &Plugin, now: Micros) -> String {
    let since = plugin.since_us.map(|since| format!("for {}", measure::lasted(now, since)));
    let mut words = since.unwrap_or_default();
    if let (State::Starting, Some(percent @ 1..)) = (plugin.state, plugin.starting_percent) {
        words = format!("{percent} %, {words}");
    }
    let mut grid = Grid::without_header();
    let name = coloured("state   ", Tone::Quiet);
    grid.row(vec![name, coloured(&state_words(plugin), tone(plugin)), text(&words)]);
    grid.lines(2)
}

fn process(plugin: &Plugin) -> String {
    match plugin.pid {
        Some(pid) if plugin.state == State::Debug => format!("pid {pid}, a developer's own"),
        Some(pid) => {
            let processes = measure::plural(plugin.processes as usize, "process");
            format!("pid {pid}, generation {}, {processes}", plugin.generation)
        }
        None if plugin.generation > 0 => format!("none, generation {}", plugin.generation),
        None => "none yet".to_owned(),
    }
}

/// `[#####---------------] 12.3 MiB of 50 MiB, peak 18 MiB`.
fn memory(plugin: &Plugin) -> String {
    let limit = plugin.memory_limit_bytes;
    if limit == 0 {
        return String::new();
    }
    if plugin.pid.is_none() || plugin.state == State::Debug {
        return format!("none in use, {} allowed", measure::bytes(limit));
    }
    let filled = (plugin.memory_bytes.saturating_mul(BAR)).div_ceil(limit).min(BAR);
    let bar = "#".repeat(filled as usize) + &"-".repeat((BAR - filled) as usize);
    let (used, limit) = (measure::bytes(plugin.memory_bytes), measure::bytes(limit));
    format!("[{bar}] {used} of {limit}, peak {}", measure::bytes(plugin.peak_memory_bytes))
}
