//! What a filter matches: channels by glob or id, text by regular expression. Compiled once, when a
//! manifest is read; it sees strings, never messages.

use super::fault::Problem;
use globset::{GlobBuilder, GlobMatcher};
use regex::{Regex, RegexBuilder};

/// Compiled size a pattern may reach. The engine is linear, so this bounds time as well as memory;
/// 1 MiB takes every hand-written word list seen and refuses `(\w{1000}){1000}`.
const COMPILED_LIMIT: usize = 1 << 20;
/// The longest pattern read, in bytes.
const PATTERN_LIMIT: usize = 4096;

/// Which channels a filter lets through.
#[derive(Debug, Clone)]
pub enum ChannelPattern {
    /// A glob over the channel's name.
    Name(GlobMatcher),
    /// `id:` and exactly one channel's id.
    Id(String),
}

impl ChannelPattern {
    /// Reads `town-*` or `id:C123`.
    ///
    /// # Errors
    /// What is wrong with the pattern.
    pub fn parse(text: &str) -> Result<ChannelPattern, Problem> {
        match text.strip_prefix("id:") {
            Some("") => Err(Problem::new("no id after id:")),
            Some(id) => Ok(ChannelPattern::Id(id.to_owned())),
            None => parse_glob(text).map(ChannelPattern::Name),
        }
    }

    /// Whether a channel is meant.
    pub fn matches(&self, id: &str, name: &str) -> bool {
        match self {
            ChannelPattern::Name(glob) => glob.is_match(name),
            ChannelPattern::Id(wanted) => wanted == id,
        }
    }

    /// The pattern as it was written.
    pub fn as_written(&self) -> String {
        match self {
            ChannelPattern::Name(glob) => glob.glob().glob().to_owned(),
            ChannelPattern::Id(id) => format!("id:{id}"),
        }
    }
}

impl PartialEq for ChannelPattern {
    fn eq(&self, other: &ChannelPattern) -> bool {
        self.as_written() == other.as_written()
    }
}

fn parse_glob(text: &str) -> Result<GlobMatcher, Problem> {
    if text.is_empty() || text.len() > 255 {
        return Err(Problem::new("a channel pattern is 1 to 255 bytes long").hint("\"town-*\""));
    }
    let built = GlobBuilder::new(text).literal_separator(false).build();
    let problem = |error: globset::Error| Problem::new(format!("{text:?}: {}", error.kind()));
    built.map(|glob| glob.compile_matcher()).map_err(problem)
}

/// A regular expression over a message's text.
#[derive(Debug, Clone)]
pub struct TextPattern(Regex);

impl TextPattern {
    /// Compiles the expression.
    ///
    /// # Errors
    /// Its mistake, or that it is too large.
    pub fn parse(text: &str) -> Result<TextPattern, Problem> {
        if text.len() > PATTERN_LIMIT {
            return Err(Problem::new(format!("the pattern is longer than {PATTERN_LIMIT} bytes")));
        }
        let built = RegexBuilder::new(text)
            .size_limit(COMPILED_LIMIT)
            .dfa_size_limit(COMPILED_LIMIT)
            .nest_limit(50)
            .build();
        built.map(TextPattern).map_err(refused)
    }

    /// Whether the text contains a match.
    pub fn matches(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// The expression as it was written.
    pub fn as_written(&self) -> &str {
        self.0.as_str()
    }
}

impl PartialEq for TextPattern {
    fn eq(&self, other: &TextPattern) -> bool {
        self.as_written() == other.as_written()
    }
}

fn refused(error: regex::Error) -> Problem {
    match error {
        regex::Error::CompiledTooBig(limit) => {
            Problem::new(format!("the pattern compiles to more than {limit} bytes"))
                .hint("fewer or smaller repetitions")
        }
        // The engine draws the place of the mistake over several lines; its last one says what.
        other => {
            let text = other.to_string();
            let last = text.lines().last().unwrap_or("not a pattern");
            Problem::new(last.trim_start_matches("error: ").to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn globs_match_names_and_ids_match_ids() {
        let glob = ChannelPattern::parse("town-*").unwrap();
        assert!(glob.matches("C1", "town-square"));
        assert!(!glob.matches("town-1", "village"));
        let id = ChannelPattern::parse("id:C1").unwrap();
        assert!(id.matches("C1", "anything"));
        assert!(!id.matches("C2", "C1"));
    }

    #[test]
    fn broken_and_huge_patterns_are_refused() {
        assert!(ChannelPattern::parse("[").is_err());
        assert!(ChannelPattern::parse("id:").is_err());
        assert!(TextPattern::parse("(").unwrap_err().message.contains("unclosed group"));
        let huge = TextPattern::parse(r"(\w{1000}){1000}").unwrap_err();
        assert!(huge.message.contains("compiles to more than"), "{}", huge.message);
        assert!(TextPattern::parse(&"a".repeat(5000)).is_err());
    }

    proptest! {
        #[test]
        fn no_text_breaks_the_readers(text in ".{0,60}") {
            let _ = ChannelPattern::parse(&text);
            let _ = TextPattern::parse(&text);
        }
    }
}
