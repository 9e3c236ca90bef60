//! What a filter matches: channels by glob or id, text by regular expression. Compiled once, when a
//! manifest is read; it sees strings, never messages.

mod cover;

use super::fault::Problem;
use globset::{GlobBuilder, GlobMatcher};
use regex::{Regex, RegexBuilder, RegexSet, RegexSetBuilder, SetMatches};
use std::collections::BTreeSet;

/// Compiled size a pattern may reach. The engine is linear, so this bounds time as well as memory;
/// 1 MiB takes every hand-written word list seen and refuses `(\w{1000}){1000}`.
const COMPILED_LIMIT: usize = 1 << 20;
/// Compiled size that the patterns of all plugins may reach together.
const SET_LIMIT: usize = 16 << 20;
/// How deep groups may stand in one another.
const NESTING: u32 = 50;
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

    /// Whether it lets through every channel that another does, as far as that can be told.
    pub fn covers(&self, narrower: &ChannelPattern) -> bool {
        match (self, narrower) {
            (ChannelPattern::Id(own), ChannelPattern::Id(other)) => own == other,
            (ChannelPattern::Name(own), ChannelPattern::Name(other)) => {
                cover::covers(own.glob().glob(), other.glob().glob())
            }
            // What a channel of this id is called, and whether another is called so, nobody knows.
            (ChannelPattern::Name(_), ChannelPattern::Id(_))
            | (ChannelPattern::Id(_), ChannelPattern::Name(_)) => false,
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
            .nest_limit(NESTING)
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

/// The expressions of all plugins as one automaton: it says at once which of them match.
#[derive(Debug, Default)]
pub struct PatternSet {
    written: BTreeSet<String>,
    /// Absent where the set is too large: then each pattern is asked by itself.
    set: Option<RegexSet>,
}

impl PatternSet {
    /// Compiles expressions that were read as [`TextPattern`]s, in their order.
    pub fn build(written: BTreeSet<String>) -> PatternSet {
        let set = compile(&written).inspect_err(|error| {
            tracing::error!(%error, patterns = written.len(), "matched one by one");
        });
        PatternSet { set: set.ok(), written }
    }

    /// Whether these expressions fit into one automaton.
    ///
    /// # Errors
    /// They do not.
    pub fn check(written: &BTreeSet<String>) -> Result<(), Problem> {
        compile(written).map(drop).map_err(|_| {
            let mib = SET_LIMIT >> 20;
            Problem::new(format!("with it, all plugins' patterns compile to more than {mib} MiB"))
                .hint("fewer or smaller repetitions")
        })
    }

    /// What it was built of.
    pub fn written(&self) -> &BTreeSet<String> {
        &self.written
    }

    /// The place of an expression, if it can be asked for.
    pub fn place(&self, written: &str) -> Option<usize> {
        self.set.as_ref()?;
        self.written.iter().position(|it| it == written)
    }

    /// Which expressions match, by their places.
    pub fn matches(&self, text: &str) -> SetMatches {
        match &self.set {
            Some(set) => set.matches(text),
            None => RegexSet::empty().matches(text),
        }
    }
}

fn compile(written: &BTreeSet<String>) -> Result<RegexSet, regex::Error> {
    RegexSetBuilder::new(written)
        .size_limit(SET_LIMIT)
        .dfa_size_limit(SET_LIMIT)
        .nest_limit(NESTING)
        .build()
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

    fn set_of(patterns: &[&str]) -> PatternSet {
        PatternSet::build(patterns.iter().map(|&it| it.to_owned()).collect())
    }

    #[test]
    fn patterns_too_large_together_are_refused_and_still_answer_by_themselves() {
        let many: BTreeSet<String> = (0..40).map(|n| format!(r"\w{{20}}{n}")).collect();
        assert!(many.iter().all(|it| TextPattern::parse(it).is_ok()));
        let refused = PatternSet::check(&many).unwrap_err();
        assert!(refused.message.contains("compile to more than 16 MiB"), "{}", refused.message);
        assert_eq!(PatternSet::build(many.clone()).place(many.first().unwrap()), None);
    }

    /// Expressions of a few letters, so that some of them match.
    fn expression() -> impl Strategy<Value = String> {
        let part = prop_oneof![
            "[abA]{1,3}",
            Just("(?i)a".to_owned()),
            Just("^a".to_owned()),
            Just("b$".to_owned()),
            Just("[ab]+".to_owned()),
            Just("a|b".to_owned()),
            Just(r"\bA\b".to_owned()),
            Just("a{2,3}".to_owned()),
            Just("".to_owned()),
            Just("é".to_owned()),
        ];
        proptest::collection::vec(part, 0..3).prop_map(|parts| parts.concat())
    }

    proptest! {
        // I65
        #[test]
        fn a_set_answers_as_each_pattern_would_by_itself(
            expressions in proptest::collection::vec(expression(), 0..12),
            text in "[abAé \n]{0,12}",
        ) {
            let kept = expressions.iter().filter(|it| TextPattern::parse(it).is_ok());
            let kept: Vec<&str> = kept.map(String::as_str).collect();
            let set = set_of(&kept);
            let matches = set.matches(&text);
            for written in kept {
                let place = set.place(written).unwrap();
                let alone = TextPattern::parse(written).unwrap().matches(&text);
                prop_assert_eq!(matches.matched(place), alone, "{:?} in {:?}", written, text);
            }
        }

        #[test]
        fn no_text_breaks_the_readers(text in ".{0,60}") {
            let _ = ChannelPattern::parse(&text);
            let _ = TextPattern::parse(&text);
        }
    }
}
