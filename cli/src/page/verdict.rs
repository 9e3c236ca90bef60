//! A verdict and how it came about: one line, then one for each plugin that had a part in it.

use crate::escape;
use crate::measure;
use crate::report::{Part, Verdict};
use crate::screen::{Tone, toned};

/// `Jan 02 15:04:05.678  message.before_post  #town  ann  replaced  1.2 ms`, and the parts.
pub fn verdict(verdict: &Verdict) -> String {
    let mut lines = Vec::new();
    if verdict.missed > 0 {
        let missed = measure::plural(verdict.missed as usize, "verdict");
        lines.push(toned(Tone::Weak, &format!("({missed} left out: this reader is too slow)")));
    }
    lines.push(head(verdict));
    if !verdict.text.is_empty() {
        lines.push(format!("    {}", escape::line(&verdict.text)));
    }
    let width = verdict.steps.iter().map(|part| part.plugin.len()).max().unwrap_or(0);
    lines.extend(verdict.steps.iter().map(|part| line(part, width)));
    lines.join("\n")
}

fn head(verdict: &Verdict) -> String {
    let at = toned(Tone::Quiet, &measure::clock(verdict.at_us));
    let outcome = toned(tone(&verdict.outcome), &escape::line(&verdict.outcome));
    let channel = escape::line(&verdict.channel);
    let sender = escape::line(&verdict.sender);
    let took = measure::span(verdict.took_us);
    let hook = escape::line(&verdict.hook);
    let reason = match verdict.reason.is_empty() {
        true => String::new(),
        false => format!("  {}", escape::line(&verdict.reason)),
    };
    format!("{at}  {hook}  #{channel}  {sender}  {outcome}  {took}{reason}")
}

fn line(part: &Part, width: usize) -> String {
    let plugin = escape::line(&part.plugin);
    let result = part.result.replace('_', " ");
    let what = match part.skipped.is_empty() {
        true => result,
        false => format!("{result}: {} ({})", part.skipped.replace('_', " "), part.policy),
    };
    let what = toned(tone(&part.result), &what);
    let after = match part.took_us {
        0 => String::new(),
        took => format!("  after {}", measure::span(took)),
    };
    format!("    {plugin:width$}  {:9}  {what}{after}", part.phase)
}

fn tone(word: &str) -> Tone {
    match word {
        "rejected" => Tone::Bad,
        "skipped" | "held" => Tone::Weak,
        "replaced" | "handled" => Tone::Good,
        _ => Tone::Quiet,
    }
}
