//! The accounts that the app has for plugins' bots, as it tells them: with its hello, and with the
//! answer to what is asked as that bot.
//!
//! Kept as long as the daemon lives; the newest word counts. It refuses to know what an account is.

use std::collections::{BTreeSet, HashMap};

use outboard_proto::plugin::{self, AppChanged, DaemonFrame, daemon_frame};
use outboard_supervision::Moment;

use super::registration::Bot;
use super::{Core, MemberId, Switchboard};
use crate::egress::Urgency;

/// Bots remembered: many times as many as plugins.
const MOST: usize = 4096;
/// Bytes of a name or an id.
const WORD: usize = 255;

/// User ids, by the bot's username.
#[derive(Debug, Default)]
pub struct Bots(HashMap<String, String>);

impl Bots {
    /// What the app calls a bot's account; empty if it has not said.
    pub fn account_of(&self, username: &str) -> String {
        self.0.get(username).cloned().unwrap_or_default()
    }

    /// Whether this is news.
    fn learn(&mut self, username: &str, user_id: &str) -> bool {
        let fits = |word: &str| (1..=WORD).contains(&word.len());
        let known = self.0.get(username);
        let has_room = self.0.len() < MOST || known.is_some();
        let is_news = known.is_none_or(|known| known != user_id);
        if !fits(username) || !fits(user_id) || !has_room || !is_news {
            return false;
        }
        self.0.insert(username.to_owned(), user_id.to_owned());
        true
    }
}

impl Switchboard {
    /// The account a plugin speaks as, as far as the app has told of it.
    #[must_use]
    pub fn bot(&self, member: MemberId) -> plugin::Bot {
        self.with(|core, _| core.members.get(member).map(|it| it.is.bot.told()).unwrap_or_default())
    }
}

impl Core {
    /// The app tells which accounts it has for bots.
    pub fn learn_bots<'a>(
        &mut self,
        accounts: impl IntoIterator<Item = (&'a str, &'a str)>,
        now: Moment,
    ) {
        let news: BTreeSet<&str> = accounts
            .into_iter()
            .filter(|(username, user_id)| self.bots.learn(username, user_id))
            .map(|(username, _)| username)
            .collect();
        if news.is_empty() {
            return;
        }
        let mut concerned = Vec::new();
        for (id, member) in &mut self.members {
            if news.contains(member.is.bot.username.as_str()) {
                member.is.bot.user_id = self.bots.account_of(&member.is.bot.username);
                concerned.push(id);
            }
        }
        if concerned.is_empty() {
            return;
        }
        // Who is mentioned is part of what concerns a plugin.
        self.rebuild(now);
        let app = self.nodes.app_info();
        for id in concerned {
            self.tell_app(id, app.clone(), now);
        }
    }

    /// Tells a plugin with a session what the connected apps can do now, and as whom it speaks.
    pub fn tell_app(&self, id: MemberId, app: plugin::AppInfo, now: Moment) {
        let member = &self.members[id];
        let Some(seat) = &member.seat else { return };
        let changed = AppChanged { app: Some(app), bot: Some(member.is.bot.told()) };
        let frame = DaemonFrame { kind: Some(daemon_frame::Kind::App(changed)) };
        // A session that takes nothing is found out by its heartbeat.
        let _ = seat.egress.push(Urgency::Control, frame.into(), now);
    }
}

impl Bot {
    /// As plugins are told.
    fn told(&self) -> plugin::Bot {
        let Self { username, display_name, user_id } = self.clone();
        plugin::Bot { user_id, username, display_name }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // I115
    #[test]
    fn the_newest_word_counts_and_no_more_are_remembered_than_may_be() {
        let mut bots = Bots::default();
        assert!(bots.learn("alfie", "@alfie:here") && !bots.learn("alfie", "@alfie:here"));
        assert!(bots.learn("alfie", "@alfie2:here"));
        assert_eq!(bots.account_of("alfie"), "@alfie2:here");
        assert!(!bots.learn("", "x") && !bots.learn("x", "") && !bots.learn("x", &"y".repeat(256)));
        for number in 1..MOST {
            assert!(bots.learn(&format!("b{number}"), "x"));
        }
        assert!(!bots.learn("one-too-many", "x") && bots.learn("alfie", "y"));
        assert_eq!(bots.account_of("one-too-many"), "");
    }
}
