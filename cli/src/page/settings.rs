//! A plugin's settings: a line each, then what is wrong. Every word passes through `escape`.

use serde_json::Value;

use super::{Grid, coloured, or_dash, text};
use crate::escape;
use crate::report::{PluginSetting, Settings};
use crate::screen::{Tone, toned};

/// The table.
pub fn settings(shown: &Settings) -> String {
    let mut grid = Grid::with_header(&["SETTING", "VALUE", "FROM", "MAY BE SET FOR"]);
    for setting in &shown.settings {
        grid.row(vec![
            text(&setting.key),
            value(setting),
            text(or_dash(setting.from)),
            text(&setting.scopes.join(", ")),
        ]);
    }
    let mut page = grid.lines(0);
    let mut note = |tone, words: &str| page.push_str(&format!("{}\n", toned(tone, words)));
    if shown.pending {
        note(Tone::Weak, "config_pending: a change waits for the plugin's word");
    }
    for missing in &shown.missing {
        note(
            Tone::Bad,
            &format!("{} is missing: the plugin is not started", escape::line(missing)),
        );
    }
    for unfit in &shown.unfit {
        note(Tone::Weak, &format!("does not fit: {}", escape::line(unfit)));
    }
    page
}

fn value(setting: &PluginSetting) -> comfy_table::Cell {
    match (&setting.value, setting.secret, setting.is_set) {
        (_, true, true) => coloured("secret", Tone::Quiet),
        (Value::Null, ..) => text("-"),
        (value, ..) => text(&setting_value(value)),
    }
}

/// One value, and nothing else: text as it is.
pub fn setting_value(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(words) => words.clone(),
        other => other.to_string(),
    }
}
