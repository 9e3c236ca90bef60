//! What a grant is limited to: workspaces, channels, plugins, operations; and whether an act at
//! some place lies within.
//!
//! It knows words and places. Who was granted what is `permission`'s, and which RPC needs what is
//! the table's of `outboard_proto::needs`.

use super::fault::Problem;
use super::name::PluginName;
use super::nearest::nearest;
use super::pattern::ChannelPattern;
use super::permission::Permission;
use outboard_proto::needs::RPCS;
use std::collections::BTreeSet;
use std::fmt;

/// The limits of one grant. What is empty limits nothing.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Scope {
    /// Only in these, by id.
    pub workspaces: BTreeSet<String>,
    /// Only in these: globs over names, or `id:` and an id.
    pub channels: Vec<ChannelPattern>,
    /// Only with these.
    pub plugins: BTreeSet<PluginName>,
    /// Only these RPCs, by path.
    pub operations: BTreeSet<&'static str>,
}

/// What a scope can limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dimension {
    /// Where, at large.
    Workspaces,
    /// Where.
    Channels,
    /// With whom.
    Plugins,
    /// What, of all that the permission allows.
    Operations,
}

/// Where something happens, or would.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place<'p> {
    /// The workspace's id; empty where the app has none.
    pub workspace: &'p str,
    /// The channel's id; empty where it happens in none.
    pub channel_id: &'p str,
    /// The channel's name, where whoever asks knows it.
    pub channel_name: Option<&'p str>,
}

/// Whether a place lies within a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// Only the channel's name could tell, and nobody has said it yet.
    NameUnknown,
}

impl Dimension {
    /// All there are.
    pub const ALL: [Dimension; 4] =
        [Dimension::Workspaces, Dimension::Channels, Dimension::Plugins, Dimension::Operations];

    /// As manifests and grants write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Dimension::Workspaces => "workspaces",
            Dimension::Channels => "channels",
            Dimension::Plugins => "plugins",
            Dimension::Operations => "operations",
        }
    }

    /// What a limit gets that has no word in it.
    pub fn empty(self) -> Problem {
        Problem::new(format!("names no {}", self.as_str().trim_end_matches('s')))
    }

    /// Whether a permission can be limited so.
    pub fn is_of(self, permission: Permission) -> bool {
        use Permission as P;
        let (workspaces, channels, plugins) = match permission {
            P::MessagesRead
            | P::MessagesIntercept
            | P::MessagesHold
            | P::FilesIntercept
            | P::UsersIntercept
            | P::ChannelsIntercept
            | P::MessagesSend
            | P::MessagesHistory
            | P::MessagesManage
            | P::FilesRead
            | P::FilesWrite
            | P::UsersModerate
            | P::ChannelsRead
            | P::ChannelsManage
            | P::CommandsOwn => (true, true, false),
            P::AppIntercept | P::UsersRead | P::HttpServe => (true, false, false),
            P::PluginsCall => (false, false, true),
            P::EventsEmit | P::StorageRead | P::StorageWrite | P::UiContribute => {
                (false, false, false)
            }
        };
        match self {
            Dimension::Workspaces => workspaces,
            Dimension::Channels => channels,
            Dimension::Plugins => plugins,
            Dimension::Operations => operations_of(permission).next().is_some(),
        }
    }
}

impl Scope {
    /// Whether it limits nothing.
    pub fn is_whole(&self) -> bool {
        *self == Scope::default()
    }

    /// Whether it limits where something may happen.
    pub fn limits_place(&self) -> bool {
        !self.workspaces.is_empty() || !self.channels.is_empty()
    }

    /// Whether a channel's name matters.
    pub fn asks_for_names(&self) -> bool {
        self.channels.iter().any(|it| matches!(it, ChannelPattern::Name(_)))
    }

    /// Whether a workspace lies within it, for what happens in none of its channels.
    pub fn covers_workspace(&self, workspace: &str) -> bool {
        self.workspaces.is_empty() || self.workspaces.contains(workspace)
    }

    /// Whether a place lies within it.
    pub fn covers(&self, place: &Place<'_>) -> Within {
        if !self.covers_workspace(place.workspace) {
            return Within::No;
        }
        if self.channels.is_empty() {
            return Within::Yes;
        }
        if place.channel_id.is_empty() && place.channel_name.is_none() {
            return Within::No;
        }
        let matches = |it: &ChannelPattern| match place.channel_name {
            Some(name) => it.matches(place.channel_id, name),
            None => matches!(it, ChannelPattern::Id(id) if id == place.channel_id),
        };
        if self.channels.iter().any(matches) {
            return Within::Yes;
        }
        match place.channel_name {
            None if self.asks_for_names() => Within::NameUnknown,
            Some(_) | None => Within::No,
        }
    }

    /// Adds one limit.
    ///
    /// # Errors
    /// The permission cannot be limited so, or the value means nothing.
    pub fn limit(
        &mut self,
        permission: Permission,
        dimension: Dimension,
        text: &str,
    ) -> Result<(), Problem> {
        if !dimension.is_of(permission) {
            return Err(cannot(permission, dimension));
        }
        match dimension {
            Dimension::Workspaces => {
                self.workspaces.insert(workspace(text)?);
            }
            Dimension::Channels => self.channels.push(channel(text)?),
            Dimension::Plugins => {
                self.plugins.insert(text.parse()?);
            }
            Dimension::Operations => {
                self.operations.insert(operation(permission, text)?);
            }
        }
        Ok(())
    }

    /// The first word of this scope that a wider one does not cover; nothing if it is within it. A
    /// glob is within another where that can be told from the two.
    pub fn beyond(&self, wider: &Scope) -> Option<String> {
        let words = |of: &Scope, dimension| {
            let found = of.words().into_iter().find(|(it, _)| *it == dimension);
            found.map(|(_, words)| words)
        };
        let outside = |dimension: Dimension| {
            let has = words(wider, dimension)?;
            let covers = |word: &String| has.contains(word) || wider.covers_name(dimension, word);
            let beyond = words(self, dimension)?.into_iter().find(|word| !covers(word))?;
            Some(format!("{}={beyond}", dimension.as_str()))
        };
        Dimension::ALL.into_iter().find_map(outside)
    }

    /// The same, but for channels by id where the wider one names channels: what those are called,
    /// nobody can tell before it happens.
    pub fn surely_beyond(&self, wider: &Scope) -> Option<String> {
        if !wider.asks_for_names() {
            return self.beyond(wider);
        }
        let by_name = |it: &&ChannelPattern| matches!(it, ChannelPattern::Name(_));
        let channels = self.channels.iter().filter(by_name).cloned().collect();
        Scope { channels, ..self.clone() }.beyond(wider)
    }

    /// Whether a word is a channel's name, or a glob, that one of its globs covers.
    fn covers_name(&self, dimension: Dimension, word: &str) -> bool {
        let covers = |it: &ChannelPattern| match ChannelPattern::parse(word) {
            Ok(word) => it.covers(&word),
            Err(_) => false,
        };
        dimension == Dimension::Channels && self.channels.iter().any(covers)
    }

    /// Puts each dimension that the other limits in the place of this one's.
    pub fn replace(&mut self, other: Scope) {
        if !other.workspaces.is_empty() {
            self.workspaces = other.workspaces;
        }
        if !other.channels.is_empty() {
            self.channels = other.channels;
        }
        if !other.plugins.is_empty() {
            self.plugins = other.plugins;
        }
        if !other.operations.is_empty() {
            self.operations = other.operations;
        }
    }

    /// What it limits, dimension by dimension, as it is written.
    pub fn words(&self) -> Vec<(Dimension, Vec<String>)> {
        let words = |dimension| match dimension {
            Dimension::Workspaces => self.workspaces.iter().cloned().collect(),
            Dimension::Channels => self.channels.iter().map(ChannelPattern::as_written).collect(),
            Dimension::Plugins => self.plugins.iter().map(ToString::to_string).collect(),
            Dimension::Operations => self.operations.iter().map(|it| word_of(it)).collect(),
        };
        let all = Dimension::ALL.into_iter().map(|it| (it, words(it)));
        all.filter(|(_, words): &(_, Vec<String>)| !words.is_empty()).collect()
    }
}

impl fmt::Display for Scope {
    /// `@channels=town-*|id:C1`, one such part after the other; nothing if it limits nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.words().into_iter().try_for_each(|(dimension, words)| {
            write!(f, "@{}={}", dimension.as_str(), words.join("|"))
        })
    }
}

/// Reads `messages:history@channels=town-*|id:C1@workspaces=acme`.
///
/// # Errors
/// The permission is unknown, or cannot be limited so.
pub fn parse_scoped(text: &str) -> Result<(Permission, Scope), Problem> {
    let mut parts = text.split('@');
    let permission: Permission = parts.next().unwrap_or_default().trim().parse()?;
    let mut scope = Scope::default();
    for part in parts {
        let Some((dimension, values)) = part.split_once('=') else {
            let problem = Problem::new(format!("no = in the scope {part:?}"));
            return Err(problem.hint(format!("{permission}@channels=town-*|id:C1")));
        };
        let dimension = dimension_named(dimension.trim())?;
        let mut given = values.split('|').map(str::trim).filter(|it| !it.is_empty()).peekable();
        if given.peek().is_none() {
            return Err(dimension.empty());
        }
        given.try_for_each(|value| scope.limit(permission, dimension, value))?;
    }
    Ok((permission, scope))
}

fn dimension_named(text: &str) -> Result<Dimension, Problem> {
    let known = || Dimension::ALL.into_iter();
    known().find(|it| it.as_str() == text).ok_or_else(|| {
        let problem = Problem::new(format!("a grant is not limited by {text:?}"));
        match nearest(text, known().map(Dimension::as_str)) {
            Some(hint) => problem.hint(hint),
            None => problem.hint("workspaces, channels, plugins or operations"),
        }
    })
}

/// What a permission gets that takes no such limit.
pub fn cannot(permission: Permission, dimension: Dimension) -> Problem {
    let takes = Dimension::ALL.into_iter().filter(|it| it.is_of(permission));
    let takes: Vec<&str> = takes.map(Dimension::as_str).collect();
    let problem = Problem::new(format!("{permission} cannot be limited to {}", dimension.as_str()));
    match takes[..] {
        [] => problem.hint(format!("{permission} takes no limits")),
        [..] => problem.hint(format!("it takes {}", takes.join(", "))),
    }
}

fn workspace(text: &str) -> Result<String, Problem> {
    match text.len() {
        1..=255 => Ok(text.to_owned()),
        _ => Err(Problem::new("a workspace's id is 1 to 255 bytes long")),
    }
}

/// A pattern that leaves something out.
///
/// # Errors
/// It is no pattern, or matches every channel: whoever reads such a limit believes in one.
pub fn channel(text: &str) -> Result<ChannelPattern, Problem> {
    const STRANGE: [&str; 3] = ["q", "Zz-4711.unlikely", "\u{1F6A4} a name that nobody gives"];
    let pattern = ChannelPattern::parse(text)?;
    match &pattern {
        ChannelPattern::Name(glob) if STRANGE.iter().all(|name| glob.is_match(name)) => {
            Err(Problem::new(format!("{text:?} matches every channel: it limits nothing"))
                .hint("leave channels away"))
        }
        ChannelPattern::Name(_) | ChannelPattern::Id(_) => Ok(pattern),
    }
}

/// The RPC that a permission allows under this name.
fn operation(permission: Permission, text: &str) -> Result<&'static str, Problem> {
    let found = operations_of(permission).find(|path| word_of(path) == text);
    found.ok_or_else(|| {
        let known: Vec<String> = operations_of(permission).map(word_of).collect();
        let problem = Problem::new(format!("{permission} allows no operation {text:?}"));
        match nearest(text, known.iter().map(String::as_str)) {
            Some(hint) => problem.hint(hint),
            None => problem.hint(format!("it allows {}", known.join(", "))),
        }
    })
}

fn operations_of(permission: Permission) -> impl Iterator<Item = &'static str> {
    let of = move |needs: Option<&str>| needs == Some(permission.as_str());
    RPCS.iter().filter(move |rpc| of(rpc.needs)).map(|rpc| rpc.path)
}

/// The name of an RPC in a scope: `/outboard.plugin.v1.Messages/ReleaseHeld` is `release-held`.
pub fn word_of(path: &str) -> String {
    let method = path.rsplit('/').next().unwrap_or_default();
    let mut word = String::new();
    for letter in method.chars() {
        if letter.is_ascii_uppercase() && !word.is_empty() {
            word.push('-');
        }
        word.push(letter.to_ascii_lowercase());
    }
    word
}

#[cfg(test)]
mod tests;
