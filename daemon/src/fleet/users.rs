//! Which user each plugin runs as, where the daemon may give it one of its own.
//!
//! A plugin keeps its uid while it is loaded, and gets the same one again wherever it is free. It
//! refuses to change users: it only says which.

use std::collections::{BTreeMap, BTreeSet};

use outboard_linux::PluginUser;

use crate::config::name::PluginName;
use crate::config::operator::{RootPlugins, UidRange};
use crate::stable_hash::stable_hash;

/// How plugins are kept apart from the daemon's user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Means {
    /// Each has a uid of this range.
    Range(UidRange),
    /// All run as the daemon's user.
    Shared,
    /// The daemon is root and may not give uids: nothing is started.
    Refused,
}

/// The uids given so far.
#[derive(Debug)]
pub struct Users {
    means: Means,
    given: BTreeMap<PluginName, u32>,
}

impl Means {
    /// What this process may do.
    #[must_use]
    pub fn of(may_change: bool, is_root: bool, range: UidRange, root: RootPlugins) -> Self {
        match (may_change, is_root, root) {
            (true, _, _) => Self::Range(range),
            (false, false, _) | (false, true, RootPlugins::Allowed) => Self::Shared,
            (false, true, RootPlugins::Refused) => Self::Refused,
        }
    }
}

impl Users {
    /// Nobody has one yet.
    #[must_use]
    pub fn new(means: Means) -> Self {
        Self { means, given: BTreeMap::new() }
    }

    /// The user of a plugin; `Ok(None)` where it runs as the daemon's.
    ///
    /// # Errors
    /// A sentence: the range is used up, or plugins may not run at all.
    pub fn give(&mut self, name: &PluginName) -> Result<Option<PluginUser>, String> {
        let range = match self.means {
            Means::Shared => return Ok(None),
            Means::Refused => {
                return Err("the daemon is root, may not change users, and allow_root_plugins is \
                            not set in [daemon]"
                    .to_owned());
            }
            Means::Range(range) => range,
        };
        if let Some(&uid) = self.given.get(name) {
            return Ok(Some(PluginUser { uid, gid: uid }));
        }
        let taken: BTreeSet<u32> = self.given.values().copied().collect();
        let count = u64::from(range.last - range.first) + 1;
        let wish = stable_hash(name.as_str()) % count;
        let uid = (0..count)
            .filter_map(|step| u32::try_from((wish + step) % count).ok())
            .map(|offset| range.first + offset)
            .find(|uid| !taken.contains(uid));
        let Some(uid) = uid else {
            return Err(format!("all {count} uids of [daemon] uid_range are in use"));
        };
        self.given.insert(name.clone(), uid);
        Ok(Some(PluginUser { uid, gid: uid }))
    }

    /// Its uid may be given to another.
    pub fn take_back(&mut self, name: &PluginName) {
        self.given.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> PluginName {
        text.parse().unwrap()
    }

    #[test]
    fn a_plugin_keeps_its_uid_and_no_two_share_one() {
        let mut users = Users::new(Means::Range(UidRange { first: 500, last: 501 }));
        let one = users.give(&name("one")).unwrap().unwrap().uid;
        let two = users.give(&name("two")).unwrap().unwrap().uid;
        assert_ne!(one, two);
        assert_eq!(users.give(&name("one")).unwrap().unwrap().uid, one);
        assert!(users.give(&name("three")).is_err());
        users.take_back(&name("one"));
        assert_eq!(users.give(&name("three")).unwrap().unwrap().uid, one);
    }

    // I23
    #[test]
    fn root_that_cannot_change_users_starts_nothing_unless_told() {
        let range = UidRange { first: 500, last: 501 };
        assert_eq!(Means::of(false, true, range, RootPlugins::Refused), Means::Refused);
        assert_eq!(Means::of(false, true, range, RootPlugins::Allowed), Means::Shared);
        assert_eq!(Means::of(false, false, range, RootPlugins::Refused), Means::Shared);
    }
}
