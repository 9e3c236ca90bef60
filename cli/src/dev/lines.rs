//! What happened, in words for the person who works on the plugin. It refuses to decide anything.

use crate::escape;
use crate::measure;
use crate::page;
use crate::report::{End, LogLine, Part, Plugin, TraceRecord};
use crate::screen::{Tone, toned};
use crate::trouble::Trouble;

use super::news::Heard;
use super::snippet::Lack;

/// What people in the chat see.
pub fn heard(heard: &Heard) -> String {
    let line = |text: &str| escape::lines(text).collect::<Vec<_>>().join("\n  ");
    match heard {
        Heard::Said { channel, who, text, only, changed, .. } => {
            let place = match channel.as_str() {
                "town-square" | "" => String::new(),
                other => format!(" #{}", escape::line(other)),
            };
            let to = only.as_ref().map(|who| format!(" (only to {})", escape::line(who)));
            let who = toned(Tone::Strong, &format!("{}{place}", escape::line(who)));
            let how = if *changed { toned(Tone::Quiet, "  (changed)") } else { String::new() };
            format!("{who}{}: {}{how}", to.unwrap_or_default(), line(text))
        }
        Heard::Refused { by, reason } => {
            let by = if by.is_empty() { "refused" } else { by };
            format!(
                "{} {}",
                toned(Tone::Bad, &format!("{} refuses:", escape::line(by))),
                line(reason)
            )
        }
        Heard::Held { by, queue, reason } => {
            let (by, queue) = (escape::line(by), escape::line(queue));
            format!("{} {}", toned(Tone::Weak, &format!("{by} holds it in {queue}:")), line(reason))
        }
        Heard::Taken => toned(Tone::Quiet, "a plugin has taken care of it"),
        Heard::Failed { what, reason } => {
            let what = escape::line(what);
            format!("{} {}", toned(Tone::Bad, &format!("{what} failed:")), line(reason))
        }
        Heard::Working { by, text } => {
            toned(Tone::Quiet, &format!("{}: {}", escape::line(by), line(text)))
        }
        Heard::Note { text } => escape::lines(text).collect::<Vec<_>>().join("\n"),
    }
}

/// A call of the plugin and what came of it; nothing where it was not called.
pub fn call(record: &TraceRecord) -> Option<String> {
    let name = escape::line(&record.name);
    match record.kind.as_str() {
        // What nobody owns was no call.
        "command" | "action" if record.plugin.is_empty() => None,
        "hook" => {
            let asked = |part: &&Part| part.result != "not_concerned";
            let lines: Vec<String> =
                record.steps.iter().filter(asked).map(|part| step(&name, part)).collect();
            (!lines.is_empty()).then(|| lines.join("\n"))
        }
        "command" => Some(done(&format!("/{name}"), record)),
        "delivery" | "action" | "follow-up" => Some(done(&name, record)),
        _ => None,
    }
}

fn step(hook: &str, part: &Part) -> String {
    let result = part.result.replace('_', " ");
    let what = match part.skipped.as_str() {
        "" => result,
        why => format!("{result}: {}", why.replace('_', " ")),
    };
    called(hook, &what, part.took_us, "")
}

fn done(what: &str, record: &TraceRecord) -> String {
    let outcome = match record.attempt {
        0 | 1 => record.outcome.clone(),
        attempt => format!("{}, attempt {attempt}", record.outcome),
    };
    // What was answered stands in the chat; what failed stands nowhere else.
    let why = match record.outcome.as_str() {
        "failed" | "dead-letter" => record.answer.as_str(),
        _ => "",
    };
    called(what, &outcome, record.took_us, why)
}

fn called(what: &str, outcome: &str, took_us: u64, why: &str) -> String {
    let took = if took_us > 0 { format!("  {}", measure::span(took_us)) } else { String::new() };
    let why = if why.is_empty() { String::new() } else { format!(": {}", escape::line(why)) };
    let line = format!("  > {what}  {outcome}{took}{why}");
    let bad = ["failed", "skipped", "timed-out", "lost", "denied", "dead-letter", "dropped"];
    match bad.iter().any(|word| outcome.starts_with(word)) {
        true => toned(Tone::Bad, &line),
        false => toned(Tone::Quiet, &line),
    }
}

/// A line that the plugin wrote.
pub fn log(line: &LogLine) -> String {
    format!("  {} {}", toned(Tone::Quiet, "|"), escape::line(&line.line))
}

/// A permission that was missing, and what to write so that it is not.
pub fn denied(record: &TraceRecord, lack: &Lack) -> String {
    let head = toned(Tone::Bad, &format!("  > denied: {}", escape::line(&record.name)));
    match lack {
        Lack::NotAsked(lines) => {
            let lines: Vec<String> = lines.lines().map(|line| format!("      {line}")).collect();
            let lines = lines.join("\n");
            format!("{head}: plugin.toml does not ask for it. These lines do:\n\n{lines}\n")
        }
        Lack::NotGranted => format!(
            "{head}: plugin.toml asks for it, but it is not granted; `--grant asked` grants it"
        ),
        Lack::OutOfScope => format!("{head}: {}", escape::line(&record.answer)),
    }
}

/// It runs.
pub fn running(plugin: &Plugin) -> String {
    let granted = plugin.grants.iter().filter(|it| it.granted).map(|it| it.permission.as_str());
    let granted = granted.collect::<Vec<_>>().join(", ");
    let may = if granted.is_empty() { String::new() } else { format!("; it may {granted}") };
    let words = format!("{} {} runs{may}", plugin.name, plugin.version);
    toned(Tone::Good, &escape::line(&words))
}

/// A process of it ended when nobody wanted that.
pub fn ended(plugin: &Plugin, end: &End) -> String {
    let words = [&end.cause, &end.exit, &end.detail];
    let words: Vec<&str> =
        words.into_iter().map(String::as_str).filter(|it| !it.is_empty()).collect();
    let head = format!("{} ended: {}", plugin.name, words.join(", "));
    toned(Tone::Bad, &escape::line(&head))
}

/// It will not be started again by itself.
pub fn given_up(plugin: &Plugin) -> String {
    let why = if plugin.reason.is_empty() { "it ended too often" } else { &plugin.reason };
    let words =
        format!("{} is given up ({why}); it is built and tried again when you save", plugin.name);
    toned(Tone::Bad, &escape::line(&words))
}

/// The daemon would not load it. `staged` stands for `project` in what it says.
pub fn refused(trouble: &Trouble, staged: &str, project: &str) -> String {
    let here = |text: &str| text.replace(staged, project);
    let mut lines = vec![toned(Tone::Bad, &escape::line(&here(&trouble.message)))];
    for fault in &trouble.faults {
        let mut fault = fault.clone();
        fault.file = here(&fault.file);
        lines.push(format!("  {}", page::fault(&fault)));
    }
    lines.extend(trouble.hints.iter().map(|hint| format!("  hint: {}", escape::line(hint))));
    lines.join("\n")
}
