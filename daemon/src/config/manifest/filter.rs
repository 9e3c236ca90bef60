//! `filter` of hooks and events: which of them concern a plugin, said in its manifest.
//!
//! Every key that is given must let something through; of a list any entry may. It knows what was
//! written, never a message.

use crate::config::fault::{Place, Problem};
use crate::config::pattern::{ChannelPattern, TextPattern};
use crate::config::section::Section;

/// Who speaks, as the chat server says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SenderKind {
    /// A person.
    User,
    /// An account that the chat server knows to be a program's.
    Bot,
    /// A plugin of this daemon.
    Plugin,
    /// The chat server itself.
    System,
}

impl SenderKind {
    const ALL: [SenderKind; 4] =
        [SenderKind::User, SenderKind::Bot, SenderKind::Plugin, SenderKind::System];

    /// As manifests write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            SenderKind::User => "user",
            SenderKind::Bot => "bot",
            SenderKind::Plugin => "plugin",
            SenderKind::System => "system",
        }
    }

    fn parse(text: &str) -> Result<SenderKind, Problem> {
        let refused = || {
            let hint = SenderKind::ALL.map(SenderKind::as_str).join(", ");
            Problem::new(format!("no such kind of sender: {text:?}")).hint(hint)
        };
        SenderKind::ALL.into_iter().find(|it| it.as_str() == text).ok_or_else(refused)
    }
}

/// What concerns a plugin. An empty list lets everything through.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Filter {
    /// Any of these workspaces.
    pub workspaces: Vec<String>,
    /// Any of these channels.
    pub channels: Vec<ChannelPattern>,
    /// Any of these at the text's beginning.
    pub prefix: Vec<String>,
    /// A match in the text.
    pub text: Option<TextPattern>,
    /// Where that stands.
    pub text_at: Option<Place>,
    /// The plugin's bot is mentioned.
    pub mentions: bool,
    /// Any of these kinds of senders.
    pub senders: Vec<SenderKind>,
    /// A sender who has any of these roles.
    pub roles: Vec<String>,
}

impl Filter {
    /// Whether more than the workspace matters, so that somebody has to look.
    pub fn looks_inside(&self) -> bool {
        let anyone = self.senders.is_empty() && self.roles.is_empty();
        !(self.channels.is_empty() && anyone) || self.looks_at_text()
    }

    /// Whether only a message can pass it.
    pub fn looks_at_text(&self) -> bool {
        !self.prefix.is_empty() || self.mentions || self.text.is_some()
    }

    /// Reads the table.
    pub fn read(table: &Section<'_>) -> Filter {
        let regex = table.field("regex");
        let filter = Filter {
            workspaces: any_of(table, "workspaces", name),
            channels: any_of(table, "channels", ChannelPattern::parse),
            prefix: any_of(table, "prefix", name),
            text: regex.as_ref().and_then(|it| it.parse(TextPattern::parse)),
            text_at: regex.map(|it| it.place()),
            mentions: table.field("mentions").and_then(|it| it.flag()).unwrap_or(false),
            senders: any_of(table, "sender", SenderKind::parse),
            roles: any_of(table, "role", name),
        };
        table.close();
        filter
    }
}

/// A list, or one entry without brackets.
fn any_of<T>(
    table: &Section<'_>,
    key: &'static str,
    read: impl Fn(&str) -> Result<T, Problem>,
) -> Vec<T> {
    match table.field(key) {
        Some(field) if field.value().is_str() => field.parse(read).into_iter().collect(),
        Some(field) => field.parse_list(read),
        None => Vec::new(),
    }
}

fn name(text: &str) -> Result<String, Problem> {
    match text.is_empty() || text.len() > 255 {
        true => Err(Problem::new("1 to 255 bytes are wanted here")),
        false => Ok(text.to_owned()),
    }
}
