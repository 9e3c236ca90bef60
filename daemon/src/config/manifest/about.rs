//! What people are told of a plugin, and the account it speaks as. Shown, never acted upon.

use crate::config::fault::Problem;
use crate::config::section::{Field, Section};

/// What people are told of a plugin.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct About {
    /// One line.
    pub description: String,
    /// Who wrote it.
    pub authors: Vec<String>,
    /// An SPDX expression.
    pub license: String,
    /// An address.
    pub homepage: String,
    /// A file in the folder.
    pub icon: String,
    /// Where it is listed.
    pub categories: Vec<String>,
    /// What it is found by.
    pub keywords: Vec<String>,
    /// A file in the folder, or an address.
    pub changelog: String,
}

/// The account a plugin speaks as; the app maps or creates it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bot {
    /// Its login name.
    pub username: String,
    /// The name people see; the login name where the manifest says nothing.
    pub display_name: String,
    /// A file in the folder; empty if none.
    pub avatar: String,
}

/// Reads what stands at the top of the manifest.
pub fn read(root: &Section<'_>) -> About {
    About {
        description: shown(root, "description"),
        authors: read_authors(root),
        license: shown(root, "license"),
        homepage: shown(root, "homepage"),
        icon: shown(root, "icon"),
        categories: list(root.field("categories")),
        keywords: list(root.field("keywords")),
        changelog: shown(root, "changelog"),
    }
}

/// Reads `[bot]`.
pub fn read_bot(root: &Section<'_>) -> Option<Bot> {
    let table = root.section("bot")?;
    let username = table.needed("username", "\"my-bot\"").and_then(|it| it.parse(account_name));
    let display_name = shown(&table, "display_name");
    let avatar = shown(&table, "avatar");
    table.close();
    let username = username?;
    let display_name = if display_name.is_empty() { username.clone() } else { display_name };
    Some(Bot { username, display_name, avatar })
}

fn account_name(text: &str) -> Result<String, Problem> {
    match text.is_empty() || text.len() > 255 || text.chars().any(char::is_whitespace) {
        true => Err(Problem::new("a username is 1 to 255 bytes without blanks")),
        false => Ok(text.to_owned()),
    }
}

/// Both spellings; the list where an author wrote both would be ambiguous, so it is refused.
fn read_authors(root: &Section<'_>) -> Vec<String> {
    let (one, many) = (root.field("author"), root.field("authors"));
    if let (Some(one), Some(_)) = (&one, &many) {
        one.fault(Problem::new("give either author or authors"));
    }
    let one = one.and_then(|it| it.parse(plain)).into_iter();
    one.chain(list(many)).collect()
}

fn shown(section: &Section<'_>, key: &'static str) -> String {
    section.field(key).and_then(|it| it.parse(plain)).unwrap_or_default()
}

fn list(field: Option<Field<'_>>) -> Vec<String> {
    field.map(|it| it.parse_list(plain)).unwrap_or_default()
}

/// Text for people's terminals and pages: bounded, and without control characters that could move
/// the cursor.
pub fn plain(text: &str) -> Result<String, Problem> {
    if text.len() > 4096 {
        return Err(Problem::new("longer than 4096 bytes"));
    }
    match text.chars().any(|it| it.is_control() && it != '\n') {
        true => Err(Problem::new("contains control characters")),
        false => Ok(text.to_owned()),
    }
}
