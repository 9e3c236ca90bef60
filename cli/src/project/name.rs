//! The name of a new plugin, by the manifest's rules, and the names that follow from it. It refuses
//! to know what they are used for.

/// Names that the registry's addresses use for something else, as the daemon has them.
const RESERVED: [&str; 5] = ["search", "featured", "submit", "categories", "latest"];

/// Names that Rust's tools keep for themselves, or that would hide the SDK.
const NOT_CRATES: [&str; 62] = [
    "abstract",
    "alloc",
    "as",
    "async",
    "await",
    "become",
    "box",
    "break",
    "build",
    "const",
    "continue",
    "core",
    "crate",
    "deps",
    "do",
    "dyn",
    "else",
    "enum",
    "examples",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "incremental",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "outboard-plugin",
    "override",
    "priv",
    "proc-macro",
    "pub",
    "ref",
    "return",
    "self",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "try",
    "type",
    "typeof",
    "unsafe",
    "unsized",
    "use",
    "virtual",
    "where",
    "while",
    "yield",
    "outboard",
];

/// A name that has passed the manifest's rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

/// Why a name will not do, and one that would where that can be guessed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct BadName {
    why: String,
    /// What to try.
    pub hint: String,
}

impl std::str::FromStr for Name {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Name, BadName> {
        let (publisher, own) = match text.split_once('.') {
            Some((publisher, own)) => (Some(publisher), own),
            None => (None, text),
        };
        for part in publisher.into_iter().chain([own]) {
            if !is_name(part) {
                return Err(BadName {
                    why: format!("{text:?} is no plugin's name"),
                    hint: hint(text),
                });
            }
            if RESERVED.contains(&part) {
                let why = format!("the name {part} is reserved");
                return Err(BadName { why, hint: format!("such as my-{part}") });
            }
        }
        Ok(Name(text.to_owned()))
    }
}

fn is_name(part: &str) -> bool {
    let bytes = part.as_bytes();
    let lower = |it: &u8| it.is_ascii_lowercase();
    let inner = |it: &u8| lower(it) || it.is_ascii_digit() || *it == b'-';
    (2..=40).contains(&bytes.len())
        && bytes.first().is_some_and(lower)
        && bytes.last().is_some_and(|it| inner(it) && *it != b'-')
        && bytes.iter().all(inner)
}

fn hint(text: &str) -> String {
    let shape = "2 to 40 of a-z, 0-9 and -, a letter first, no - last; a publisher's name and a \
                 dot may stand before it";
    let lower = text.to_lowercase();
    let mapped = lower.chars().map(|it| if it.is_ascii_alphanumeric() { it } else { '-' });
    let guess: String = mapped.collect();
    let guess =
        guess.trim_matches('-').trim_start_matches(|it: char| it.is_ascii_digit() || it == '-');
    match is_name(guess) {
        true => format!("{shape}: such as {guess}"),
        false => shape.to_owned(),
    }
}

impl Name {
    /// The whole name, as the manifest has it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Without a publisher: the folder's name, and the program's.
    pub fn own(&self) -> &str {
        self.0.rsplit('.').next().unwrap_or(&self.0)
    }

    /// The package's name: the own one unless Rust's tools keep that for themselves.
    pub fn package(&self) -> String {
        match NOT_CRATES.contains(&self.own()) {
            true => format!("my-{}", self.own()),
            false => self.own().to_owned(),
        }
    }

    /// The name of its slash command.
    pub fn command(&self) -> &str {
        let own = self.own();
        own.get(..32).unwrap_or(own).trim_end_matches('-')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_manifests_rules() {
        for good in ["ab", "moderator", "acme.word-filter", "a1", &"x".repeat(40)] {
            assert!(good.parse::<Name>().is_ok(), "{good}");
        }
        let bad = ["a", "", "A", "1a", "a-", "-a", "..", "../up", "a/b", "a.b.c", ".a", "é", "a b"];
        let long = "x".repeat(41);
        for bad in bad.iter().copied().chain([&*long, "latest", "acme.search"]) {
            assert!(bad.parse::<Name>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_that_nearly_is_one_is_offered_as_it_would_be() {
        let hint = |text: &str| text.parse::<Name>().unwrap_err().hint;
        assert!(hint("My Plugin").ends_with("such as my-plugin"), "{}", hint("My Plugin"));
        assert!(hint("2fast").ends_with("such as fast"));
        assert!(!hint("é").contains("such as"));
    }

    #[test]
    fn names_that_rust_keeps_get_another_package() {
        let name: Name = "acme.match".parse().unwrap();
        assert_eq!((name.own(), &*name.package()), ("match", "my-match"));
        let long: Name = format!("{}-b", "a".repeat(31)).parse().unwrap();
        assert_eq!(long.command(), "a".repeat(31));
    }
}
