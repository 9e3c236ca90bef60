//! Words from outside made harmless for a terminal. A plugin can put anything into its logs, its
//! reasons and its last words: colours, a cleared screen, letters that run backwards. It knows
//! characters, not where they came from.

use std::borrow::Cow;
use std::fmt::Write as _;

/// One line: every control character shown as `\n`, `\t` or `\u{1b}`.
pub fn line(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_harmful) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        push(&mut shown, character);
    }
    Cow::Owned(shown)
}

/// The lines of a longer text, each made harmless. A tab stays: in last words it is alignment.
pub fn lines(text: &str) -> impl Iterator<Item = String> {
    text.lines().map(|each| line(&each.replace('\t', "    ")).into_owned())
}

/// JSON as it may be printed: the characters that JSON itself would let through, as `\u` escapes.
/// They can only stand inside strings, so what a program reads does not change.
pub fn json(text: &str) -> Cow<'_, str> {
    let harmful = |it: char| it != '\n' && is_harmful(it);
    if !text.chars().any(harmful) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match harmful(character) {
            true => drop(write!(shown, "\\u{:04x}", u32::from(character))),
            false => shown.push(character),
        }
    }
    Cow::Owned(shown)
}

fn push(shown: &mut String, character: char) {
    if is_harmful(character) {
        shown.extend(character.escape_default());
    } else {
        shown.push(character);
    }
}

/// Control characters, and those that reorder or hide what stands around them. All of them are
/// below U+10000, so that one `\u` escape of JSON holds each.
fn is_harmful(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}' | '\u{61c}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_sequence_becomes_visible() {
        assert_eq!(line("\u{1b}[2Jgone\r\n"), "\\u{1b}[2Jgone\\r\\n");
        assert_eq!(line("\u{9b}31m \u{7f} \u{202e}abc"), "\\u{9b}31m \\u{7f} \\u{202e}abc");
    }

    #[test]
    fn ordinary_text_is_left_alone() {
        assert!(matches!(line("naïve 日本 🚤 \"quoted\" \\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn escaped_json_reads_back_as_it_was() {
        let text = "a\u{1b}[0m\u{7f}\u{9b}\u{202e}\n";
        let printed = serde_json::to_string_pretty(&[text]).unwrap();
        let printed = json(&printed);
        assert!(printed.chars().all(|it| it == '\n' || !is_harmful(it)), "{printed}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&printed).unwrap(), [text]);
    }
}
