//! What happened, in one line; of a hook, then one for each plugin that had a part in it.

use crate::escape;
use crate::measure;
use crate::report::{Part, TraceRecord};
use crate::screen::{Tone, toned};

/// `Jan 02 15:04:05.678  hook  message.before_post  #town  ann  replaced  1.2 ms`, and the parts.
pub fn trace(record: &TraceRecord) -> String {
    let mut lines = Vec::new();
    if record.missed > 0 {
        let missed = measure::plural(record.missed as usize, "record");
        lines.push(toned(Tone::Weak, &format!("({missed} left out: this reader is too slow)")));
    }
    lines.push(head(record));
    for content in [&record.text, &record.answer] {
        if !content.is_empty() {
            lines.push(format!("    {}", escape::line(content)));
        }
    }
    let width = record.steps.iter().map(|part| part.plugin.len()).max().unwrap_or(0);
    lines.extend(record.steps.iter().map(|part| line(part, width)));
    lines.join("\n")
}

fn head(record: &TraceRecord) -> String {
    let at = toned(Tone::Quiet, &measure::clock(record.at_us));
    let outcome = toned(tone(&record.outcome), &escape::line(&record.outcome));
    let kind = format!("{:9}", escape::line(&record.kind));
    let mut words = vec![at, kind, escape::line(&record.name).into_owned()];
    if !record.channel.is_empty() {
        words.push(format!("#{}", escape::line(&record.channel)));
    }
    words.push(escape::line(&record.sender).into_owned());
    if !record.plugin.is_empty() {
        words.push(toned(Tone::Strong, &escape::line(&record.plugin)));
    }
    words.push(outcome);
    words.push(how(record));
    if record.took_us > 0 {
        words.push(measure::span(record.took_us));
    }
    words.push(escape::line(&record.reason).into_owned());
    words.push(toned_id(record));
    words.retain(|word| !word.is_empty());
    words.join("  ")
}

/// To how many an event goes; which attempt a delivery was.
fn how(record: &TraceRecord) -> String {
    match (record.kind.as_str(), record.attempt) {
        ("event", _) => {
            format!("to {}", measure::plural(record.subscriptions as usize, "subscription"))
        }
        ("delivery", 0) => escape::line(&record.delivery).into_owned(),
        ("delivery", attempt) => format!("{}, attempt {attempt}", escape::line(&record.delivery)),
        _ => String::new(),
    }
}

/// What ties records together.
fn toned_id(record: &TraceRecord) -> String {
    match record.id.as_str() {
        "" => String::new(),
        id => toned(Tone::Quiet, &escape::line(id)),
    }
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
        "rejected" | "failed" | "refused" | "dead-letter" | "dropped" => Tone::Bad,
        "skipped" | "held" | "timed-out" | "lost" | "denied" | "cancelled" => Tone::Weak,
        "replaced" | "handled" | "answered" | "delivered" => Tone::Good,
        _ => Tone::Quiet,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use outboard_proto::admin::TraceRecord as Wire;

    fn shown(wire: Wire) -> String {
        let page = trace(&TraceRecord::from(Wire { at_us: 1_000_000, ..wire }));
        anstream::adapter::strip_str(&page).to_string()
    }

    #[test]
    fn a_delivery_says_to_whom_which_attempt_and_what_came_of_it() {
        let line = shown(Wire {
            kind: "delivery".into(),
            name: "message.posted".into(),
            id: "e1".into(),
            plugin: "alpha".into(),
            channel: "town".into(),
            sender: "ann".into(),
            outcome: "failed".into(),
            reason: "HANDLER_FAILED".into(),
            attempt: 2,
            delivery: "at-least-once".into(),
            took_us: 1500,
            ..Wire::default()
        });
        let (_, words) = line.split_once("delivery").unwrap();
        assert_eq!(
            words.trim(),
            "message.posted  #town  ann  alpha  failed  at-least-once, attempt 2  1.5 ms  \
             HANDLER_FAILED  e1"
        );
    }

    #[test]
    fn what_people_said_cannot_move_the_cursor() {
        let line = shown(Wire {
            kind: "command".into(),
            name: "roll".into(),
            text: "2d6\u{1b}[2J".into(),
            ..Wire::default()
        });
        assert!(!line.contains('\u{1b}'), "{line}");
    }
}
