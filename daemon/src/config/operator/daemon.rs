//! `[daemon]`: what concerns all plugins alike.

use crate::config::amount::{Bytes, parse_size};
use crate::config::fault::Problem;
use crate::config::name::EnvName;
use crate::config::section::Section;
use crate::config::source::Sourced;
use std::collections::BTreeSet;
use std::fmt;

/// What concerns all plugins alike.
#[derive(Debug, Clone, PartialEq)]
pub struct DaemonConfig {
    /// The uids plugins get, where the daemon may give them.
    pub uid_range: Sourced<UidRange>,
    /// Whether a plugin may run as root where uids cannot be given.
    pub root_plugins: Sourced<RootPlugins>,
    /// Variables of the daemon's own environment that plugins may be given.
    pub env_allow: Sourced<BTreeSet<EnvName>>,
    /// Memory of all plugins together; where nothing is said, half of the machine's.
    pub plugins_memory: Option<Sourced<Bytes>>,
}

/// Whether a plugin may run as root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootPlugins {
    /// Never.
    Refused,
    /// Where the daemon itself is root and gives no uids.
    Allowed,
}

/// Uids, both ends included. Never root's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UidRange {
    /// The first.
    pub first: u32,
    /// The last; not below the first.
    pub last: u32,
}

/// Below the ranges for containers and users' subordinate ids, above all that distributions give
/// to accounts.
const BUILT_IN: UidRange = UidRange { first: 70_000, last: 70_999 };

impl UidRange {
    fn parse(text: &str) -> Result<UidRange, Problem> {
        let refused =
            || Problem::new(format!("{text:?} is not a range of uids")).hint("\"70000-70999\"");
        let (first, last) = text.split_once('-').ok_or_else(refused)?;
        let range = UidRange {
            first: first.parse().map_err(|_| refused())?,
            last: last.parse().map_err(|_| refused())?,
        };
        match range.first {
            0 => Err(Problem::new("uid 0 is root")),
            first if first > range.last || range.last == u32::MAX => Err(refused()),
            _ => Ok(range),
        }
    }
}

impl fmt::Display for UidRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

/// What one file says of it.
#[derive(Default)]
pub struct Said {
    uid_range: Option<Sourced<UidRange>>,
    root_plugins: Option<Sourced<RootPlugins>>,
    env_allow: Option<Sourced<BTreeSet<EnvName>>>,
    plugins_memory: Option<Sourced<Bytes>>,
}

impl Said {
    /// This file's words, and where it is silent, the lower one's.
    pub fn over(self, lower: Said) -> Said {
        Said {
            uid_range: self.uid_range.or(lower.uid_range),
            root_plugins: self.root_plugins.or(lower.root_plugins),
            env_allow: self.env_allow.or(lower.env_allow),
            plugins_memory: self.plugins_memory.or(lower.plugins_memory),
        }
    }

    /// With defaults where nobody spoke.
    pub fn complete(self) -> DaemonConfig {
        let refused = Sourced::built_in(RootPlugins::Refused);
        DaemonConfig {
            uid_range: self.uid_range.unwrap_or(Sourced::built_in(BUILT_IN)),
            root_plugins: self.root_plugins.unwrap_or(refused),
            env_allow: self.env_allow.unwrap_or_else(|| Sourced::built_in(BTreeSet::new())),
            plugins_memory: self.plugins_memory,
        }
    }
}

/// Reads `[daemon]`.
pub fn read(root: &Section<'_>) -> Said {
    let Some(table) = root.section("daemon") else { return Said::default() };
    let uid_range =
        table.field("uid_range").and_then(|it| Some(it.sourced(it.parse(UidRange::parse)?)));
    let root_plugins = table.field("allow_root_plugins").and_then(|it| {
        let allowed = if it.flag()? { RootPlugins::Allowed } else { RootPlugins::Refused };
        Some(it.sourced(allowed))
    });
    let env_allow = table.field("env_allow").map(|it| {
        let names = it.parse_list(str::parse).into_iter().collect();
        it.sourced(names)
    });
    let plugins_memory =
        table.field("plugins_memory").and_then(|it| Some(it.sourced(it.parse(parse_size)?)));
    table.close();
    Said { uid_range, root_plugins, env_allow, plugins_memory }
}
