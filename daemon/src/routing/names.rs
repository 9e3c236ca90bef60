//! Channels' names by id, as what passes through the daemon says them: for grants that are limited
//! by name where only an id is known.
//!
//! Bounded, and forgetful: what was not seen for long goes first. It refuses to ask anybody.

use std::collections::HashMap;
use std::sync::Arc;

use outboard_proto::common::Channel;

/// Names remembered of each age: two ages of some 100 bytes each are 2 MB at the most.
const OF_AN_AGE: usize = 10_000;
/// A name of more bytes is not remembered; nor is one of a channel with such an id.
const LONGEST: usize = 255;

type Names = HashMap<Box<str>, HashMap<Box<str>, Arc<str>>>;

/// The memory. It has two ages: when the younger is full, the older is forgotten.
#[derive(Debug, Default)]
pub struct ChannelNames {
    young: Names,
    /// Names in it.
    count: usize,
    old: Names,
}

impl ChannelNames {
    /// A channel was mentioned.
    pub fn note(&mut self, workspace: &str, channel: Option<&Channel>) {
        let Some(Channel { id, name, .. }) = channel else { return };
        if id.is_empty() || name.is_empty() || id.len().max(name.len()) > LONGEST {
            return;
        }
        let known = self.young.get(workspace).and_then(|names| names.get(id.as_str()));
        match known {
            Some(known) if **known == **name => return,
            Some(_) => {}
            None => self.count += 1,
        }
        let names = match self.young.get_mut(workspace) {
            Some(names) => names,
            None => self.young.entry(workspace.into()).or_default(),
        };
        names.insert(id.as_str().into(), name.as_str().into());
        if self.count >= OF_AN_AGE {
            self.old = std::mem::take(&mut self.young);
            self.count = 0;
        }
    }

    /// The newest name of a channel, if it was seen.
    pub fn of(&self, workspace: &str, id: &str) -> Option<Arc<str>> {
        let within = |names: &Names| names.get(workspace)?.get(id).cloned();
        within(&self.young).or_else(|| within(&self.old))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channel(id: usize, name: &str) -> Channel {
        Channel { id: format!("C{id}"), name: name.to_owned(), ..Channel::default() }
    }

    // I77
    #[test]
    fn the_newest_name_counts_and_each_workspace_has_its_own() {
        let mut names = ChannelNames::default();
        names.note("w", Some(&channel(1, "town")));
        names.note("w", Some(&channel(1, "city")));
        names.note("w", Some(&channel(1, "")));
        assert_eq!(names.of("w", "C1").as_deref(), Some("city"));
        assert_eq!(names.of("v", "C1"), None);
    }

    #[test]
    fn many_channels_cost_no_more_than_two_ages() {
        let mut names = ChannelNames::default();
        for id in 0..5 * OF_AN_AGE {
            names.note("", Some(&channel(id, "town")));
        }
        let held = |names: &Names| names.values().map(HashMap::len).sum::<usize>();
        assert!(held(&names.young) + held(&names.old) <= 2 * OF_AN_AGE);
        assert!(names.of("", &format!("C{}", 5 * OF_AN_AGE - 1)).is_some());
        assert_eq!(names.of("", "C0"), None);
    }
}
