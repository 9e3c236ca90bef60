//! Changes and log lines, one line each. It tells changes of state from news that only say how
//! much memory is used.

use std::collections::HashMap;

use super::{state_words, tone};
use crate::escape;
use crate::measure;
use crate::report::{LogLine, Plugin};
use crate::screen::{Tone, toned};

/// The watcher's memory: what was said last of each plugin.
#[derive(Default)]
pub struct News {
    said: HashMap<String, (String, String, u64)>,
}

impl News {
    /// The line to show, unless it was said before.
    pub fn line(&mut self, plugin: &Plugin) -> Option<String> {
        if plugin.gone {
            self.said.remove(&plugin.name);
            return Some(line(plugin, &toned(Tone::Quiet, "unloaded"), ""));
        }
        let state = state_words(plugin);
        let news = (state.clone(), plugin.standing_reason().to_owned(), plugin.generation);
        if self.said.get(&plugin.name) == Some(&news) {
            return None;
        }
        self.said.insert(plugin.name.clone(), news);
        let state = toned(tone(plugin), &escape::line(&state));
        Some(line(plugin, &state, &why(plugin)))
    }
}

fn line(plugin: &Plugin, state: &str, why: &str) -> String {
    let at = toned(Tone::Quiet, &plugin.since_us.map_or("-".to_owned(), measure::clock));
    let name = escape::line(&plugin.name);
    let generation = plugin.generation;
    format!("{at}  {name}[{generation}]  {state}  {}", escape::line(why)).trim_end().to_owned()
}

/// The reason, and how the generation before ended if that is what brought it here.
fn why(plugin: &Plugin) -> String {
    let since = plugin.since_us.unwrap_or_default();
    let end = plugin.ends.first().filter(|end| end.at_us >= since - JUST_NOW);
    let end = end.map(|end| match plugin.reason.starts_with(&end.cause) {
        true if end.exit.is_empty() => String::new(),
        true => format!("({})", end.exit),
        false => format!("(ended: {} {})", end.cause, end.exit).replace(" )", ")"),
    });
    let parts = [Some(plugin.reason.clone()), end];
    let parts: Vec<_> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
    parts.join("  ")
}

/// Microseconds within which an end and a change of state belong together.
const JUST_NOW: i64 = 10_000;

/// `Jan 02 15:04:05.678  moderator[3]  stderr  words`.
pub fn log_line(line: &LogLine) -> String {
    let at = toned(Tone::Quiet, &measure::clock(line.at_us));
    let (name, stream) = (escape::line(&line.plugin), escape::line(&line.stream));
    format!("{at}  {name}[{}]  {stream}  {}", line.generation, escape::line(&line.line))
}
