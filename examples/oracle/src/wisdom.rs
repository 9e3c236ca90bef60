//! What the oracle says. It takes its luck from outside.

use std::ops::Range;

const ANSWERS: [&str; 4] = [
    "the signs are mixed, but on the whole I would say yes.",
    "ask again when the tide has turned, and bring a lamp.",
    "no harbour was ever reached by those who only asked.",
    "it is certain, unless it is not, which would surprise me.",
];

const SUBJECTS: [(&str, &str); 4] = [
    ("love", "somebody in the engine room thinks of you."),
    ("money", "a coin lies where you looked last."),
    ("weather", "wind from the west, and a dry boat."),
    ("work", "what crashes today runs tomorrow."),
];

/// An answer; `luck` picks one of so many.
pub fn answer(question: &str, luck: impl FnOnce(Range<usize>) -> usize) -> String {
    format!("You ask \"{}\" … {}", question.trim(), ANSWERS[luck(0..ANSWERS.len())])
}

/// What the stars say to somebody.
pub fn fortune(who: &str, about: Option<&str>) -> String {
    let about = about.unwrap_or("work");
    let known = SUBJECTS.iter().find(|(subject, _)| *subject == about.to_lowercase());
    let says = known.map_or("the stars are silent.", |(_, says)| says);
    format!("{who}, about {about}: {says}")
}

/// Subjects that begin so.
pub fn subjects(prefix: &str) -> Vec<String> {
    let prefix = prefix.to_lowercase();
    let fitting = SUBJECTS.iter().filter(|(subject, _)| subject.starts_with(&prefix));
    fitting.map(|(subject, _)| (*subject).to_owned()).collect()
}
