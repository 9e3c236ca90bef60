//! What one plugin may do in the end: what it asked for, as far as the operator granted it, within
//! both their limits. Asked at every call, so it answers from a word of bits where nothing limits.
//!
//! It refuses to know who decided what, and what an act is.

use super::manifest::Asks;
use super::permission::{Grants, Permission};
use super::scope::{Place, Scope, Within};
use std::collections::{BTreeMap, BTreeSet};

/// The permissions of one plugin.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Granted {
    /// A bit for each that it has.
    held: u64,
    /// Those that are limited.
    limits: BTreeMap<Permission, Limit>,
}

/// What limits one permission. An act must lie within both.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Limit {
    /// By the author.
    pub asked: Scope,
    /// By the operator.
    pub narrowed: Scope,
}

/// Whether an act is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// It is.
    Yes,
    /// The permission is not granted at all.
    NotGranted,
    /// It is, elsewhere.
    OutOfScope,
    /// Only the channel's name could tell, which nobody has said yet.
    NameUnknown,
}

const _: () = assert!(Permission::ALL.len() <= 64, "a bit for each");

impl Granted {
    /// What of the asked permissions an operator's words grant.
    pub fn of(asks: &Asks, grants: &Grants) -> Granted {
        let mut granted = Granted::default();
        for (permission, ask) in &asks.0 {
            if let Some(narrowed) = grants.scope_of(*permission) {
                granted.grant(*permission, Limit { asked: ask.scope.clone(), narrowed });
            }
        }
        granted
    }

    /// One more.
    pub fn grant(&mut self, permission: Permission, limit: Limit) {
        self.held |= bit(permission);
        if limit != Limit::default() {
            self.limits.insert(permission, limit);
        }
    }

    /// Whether it has a permission, be it limited or not.
    pub fn holds(&self, permission: Permission) -> bool {
        self.held & bit(permission) != 0
    }

    /// Whether it may do something at a place.
    pub fn allows(&self, permission: Permission, place: &Place<'_>) -> Allowed {
        if !self.holds(permission) {
            return Allowed::NotGranted;
        }
        let Some(limit) = self.limit_of(permission) else { return Allowed::Yes };
        match (limit.asked.covers(place), limit.narrowed.covers(place)) {
            (Within::Yes, Within::Yes) => Allowed::Yes,
            (Within::No, _) | (_, Within::No) => Allowed::OutOfScope,
            (Within::NameUnknown, _) | (_, Within::NameUnknown) => Allowed::NameUnknown,
        }
    }

    /// Whether it may do something in a workspace, and in no channel of it.
    pub fn allows_workspace(&self, permission: Permission, workspace: &str) -> Allowed {
        let within = |limit: &Limit| {
            limit.asked.covers_workspace(workspace) && limit.narrowed.covers_workspace(workspace)
        };
        match self.limit_of(permission) {
            _ if !self.holds(permission) => Allowed::NotGranted,
            Some(limit) if !within(limit) => Allowed::OutOfScope,
            Some(_) | None => Allowed::Yes,
        }
    }

    /// Whether it may call an RPC of a permission it has.
    pub fn allows_operation(&self, permission: Permission, rpc: &str) -> bool {
        let within = |scope: &Scope| scope.operations.is_empty() || scope.operations.contains(rpc);
        self.limit_of(permission).is_none_or(|it| within(&it.asked) && within(&it.narrowed))
    }

    /// What limits a permission; nothing where it is whole.
    pub fn limit_of(&self, permission: Permission) -> Option<&Limit> {
        if self.limits.is_empty() {
            return None;
        }
        self.limits.get(&permission)
    }

    /// Whether a permission it has is limited to places.
    pub fn limits_place(&self, permission: Permission) -> bool {
        let limit = self.limit_of(permission);
        limit.is_some_and(|it| it.asked.limits_place() || it.narrowed.limits_place())
    }

    /// Whether channels' names matter to any of it.
    pub fn asks_for_names(&self) -> bool {
        let mut limits = self.limits.values();
        limits.any(|it| it.asked.asks_for_names() || it.narrowed.asks_for_names())
    }

    /// Those it has, limited or not.
    pub fn permissions(&self) -> BTreeSet<Permission> {
        Permission::ALL.iter().copied().filter(|it| self.holds(*it)).collect()
    }

    /// As an operator would write it.
    pub fn as_grants(&self) -> Grants {
        let narrowed = |it: Permission| {
            self.limit_of(it).map(|limit| limit.narrowed.clone()).unwrap_or_default()
        };
        Grants::List(self.permissions().into_iter().map(|it| (it, narrowed(it))).collect())
    }
}

impl FromIterator<Permission> for Granted {
    fn from_iter<T: IntoIterator<Item = Permission>>(whole: T) -> Granted {
        let mut granted = Granted::default();
        whole.into_iter().for_each(|it| granted.grant(it, Limit::default()));
        granted
    }
}

impl<const N: usize> From<[Permission; N]> for Granted {
    fn from(whole: [Permission; N]) -> Granted {
        whole.into_iter().collect()
    }
}

const fn bit(permission: Permission) -> u64 {
    1 << permission as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::manifest::asks::{Ask, Need};
    use crate::config::scope::parse_scoped;
    use proptest::prelude::*;

    fn asks(texts: &[&str]) -> Asks {
        let ask = |text: &&str| {
            let (permission, scope) = parse_scoped(text).unwrap();
            (permission, Ask { need: Need::Optional, reason: String::new(), scope })
        };
        Asks(texts.iter().map(ask).collect())
    }

    fn granted(asked: &[&str], said: &str) -> Granted {
        Granted::of(&asks(asked), &said.parse().unwrap())
    }

    const TOWN: Place<'_> = Place { workspace: "", channel_id: "C1", channel_name: Some("town") };
    const STAFF: Place<'_> = Place { workspace: "", channel_id: "C2", channel_name: Some("staff") };

    // I77
    #[test]
    fn an_act_lies_within_what_the_author_asked_and_what_the_operator_left() {
        use Permission::MessagesSend;
        let asked = &["messages:send@channels=town*|staff"];
        let all = granted(asked, "asked");
        assert_eq!(all.allows(MessagesSend, &STAFF), Allowed::Yes);
        let narrowed = granted(asked, "messages:send@channels=town");
        assert_eq!(narrowed.allows(MessagesSend, &TOWN), Allowed::Yes);
        assert_eq!(narrowed.allows(MessagesSend, &STAFF), Allowed::OutOfScope);
        let wider = granted(asked, "messages:send@channels=id:C9");
        let elsewhere = Place { channel_id: "C9", channel_name: Some("cellar"), ..TOWN };
        assert_eq!(wider.allows(MessagesSend, &elsewhere), Allowed::OutOfScope);
        assert_eq!(granted(asked, "none").allows(MessagesSend, &TOWN), Allowed::NotGranted);
    }

    // I77
    #[test]
    fn what_happens_in_no_channel_is_held_to_its_workspace() {
        let it = granted(&["messages:send"], "messages:send@workspaces=acme@channels=town");
        let at = |workspace| it.allows_workspace(Permission::MessagesSend, workspace);
        assert_eq!((at("acme"), at("other")), (Allowed::Yes, Allowed::OutOfScope));
        let other = it.allows_workspace(Permission::MessagesHistory, "acme");
        assert_eq!(other, Allowed::NotGranted);
    }

    #[test]
    fn nothing_is_granted_that_was_not_asked_for() {
        assert!(granted(&["messages:read"], "users:moderate").permissions().is_empty());
    }

    #[test]
    fn an_operation_left_out_is_refused_and_the_others_stay() {
        let it = granted(&["storage:write"], "storage:write@operations=set|increment");
        assert!(it.allows_operation(Permission::StorageWrite, "/outboard.plugin.v1.Storage/Set"));
        let delete = "/outboard.plugin.v1.Storage/Delete";
        assert!(!it.allows_operation(Permission::StorageWrite, delete));
        assert_eq!(it.as_grants().to_string(), "storage:write@operations=increment|set");
    }

    proptest! {
        // I77
        #[test]
        fn narrowing_never_allows_more(
            asked in proptest::collection::vec("[abc]\\*?|id:[123]", 0..3),
            narrowed in proptest::collection::vec("[abc]\\*?|id:[123]", 0..3),
            id in "[123]", name in proptest::option::of("[abc]{1,2}"),
        ) {
            let list = |of: &[String]| match of {
                [] => "messages:send".to_owned(),
                [..] => format!("messages:send@channels={}", of.join("|")),
            };
            let (asked, narrowed) = (list(&asked), list(&narrowed));
            let place =
                Place { workspace: "", channel_id: &id, channel_name: name.as_deref() };
            let before = granted(&[&asked], "asked").allows(Permission::MessagesSend, &place);
            let after = granted(&[&asked], &narrowed).allows(Permission::MessagesSend, &place);
            prop_assert!(after != Allowed::Yes || before == Allowed::Yes);
            let alone = granted(&["messages:send"], &narrowed);
            let alone = alone.allows(Permission::MessagesSend, &place);
            prop_assert!(after != Allowed::Yes || alone == Allowed::Yes);
        }
    }
}
