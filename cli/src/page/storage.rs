//! What a plugin keeps: all keys a line each, one value, how full it is. Every word of it is the
//! plugin's, and passes through `escape`.

use super::{Grid, coloured, or_dash, text};
use crate::escape;
use crate::measure::{self, Micros};
use crate::report::{StorageEntry, StorageUsage};
use crate::screen::Tone;

/// Characters of a value that a line shows.
const GLIMPSE: usize = 40;

/// The table.
pub fn stored(entries: &[StorageEntry], now: Micros) -> String {
    let mut grid = Grid::with_header(&["KEY", "VALUE", "SIZE", "REVISION", "EXPIRES"]);
    for entry in entries {
        let size = entry.size().map(|size| measure::bytes(size as u64));
        grid.row(vec![
            text(&entry.key),
            value(entry),
            text(or_dash(&size.unwrap_or_default())),
            text(&entry.revision.to_string()),
            text(&expires(entry, now)),
        ]);
    }
    grid.lines(0)
}

fn value(entry: &StorageEntry) -> comfy_table::Cell {
    match (entry.secret, &entry.text, &entry.base64, entry.counter) {
        (_, Some(held), ..) if held.chars().count() <= GLIMPSE => text(held),
        (_, Some(held), ..) => {
            let glimpse: String = held.chars().take(GLIMPSE).collect();
            text(&format!("{glimpse}…"))
        }
        (_, None, Some(_), _) => coloured("binary", Tone::Quiet),
        (_, None, None, Some(number)) => text(&number.to_string()),
        (true, None, None, None) => coloured("secret", Tone::Quiet),
        (false, None, None, None) => text("-"),
    }
}

fn expires(entry: &StorageEntry, now: Micros) -> String {
    match u64::try_from(entry.expires_at_us - now) {
        _ if entry.expires_at_us == 0 => "-".to_owned(),
        Ok(left) => format!("in {}", measure::span(left)),
        Err(_) => "now".to_owned(),
    }
}

/// What one key holds, and nothing else: what is no text in base64.
pub fn stored_value(entry: &StorageEntry) -> String {
    let mut page = String::new();
    match (&entry.text, &entry.base64, entry.counter) {
        (Some(held), ..) => page.extend(escape::lines(held).map(|line| format!("{line}\n"))),
        (None, Some(base64), _) => page.push_str(&format!("{base64}\n")),
        (None, None, Some(number)) => page.push_str(&format!("{number}\n")),
        (None, None, None) => {}
    }
    page
}

/// How full a storage is.
pub fn storage_usage(usage: &StorageUsage, now: Micros) -> String {
    let mut grid = Grid::without_header();
    let mut fact = |name: &str, value: &str| {
        grid.row(vec![coloured(name, Tone::Quiet), text(or_dash(value))]);
    };
    let bytes = measure::bytes(usage.bytes);
    fact(
        "in use",
        &match usage.quota_bytes {
            0 => format!("{bytes}; the plugin is not loaded"),
            quota => format!("{bytes} of {}", measure::bytes(quota)),
        },
    );
    fact("keys", &measure::count(usage.keys));
    fact("secret", &measure::count(usage.secrets));
    fact("revision", &measure::count(usage.revision));
    fact("file", &usage.path);
    for path in &usage.beside {
        fact("beside", path);
    }
    if usage.damaged_at_us > 0 {
        let when = measure::ago(now, usage.damaged_at_us);
        fact("damaged", &format!("{when}; the damaged file was set aside, a new one begun"));
    }
    format!("storage of {}\n{}", escape::line(&usage.plugin), grid.lines(2))
}
