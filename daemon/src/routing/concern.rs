//! Whether a hook or an event concerns a plugin: what its manifest and its operator say, held
//! against what happened. Nothing else decides that, be it on the path, beside it or an event.
//!
//! It refuses to know what follows: whether the plugin can be asked, and what it answers.

use std::sync::Arc;

use outboard_proto::common::{Event, Message, Sender, SenderKind};

use super::patterns::{Found, Patterns, Place};
use super::registration::{Registration, is_in};
use super::subject::{Scene, Subject, text};
use crate::config::manifest::filter::{Filter, SenderKind as Wanted};
use crate::config::pattern::ChannelPattern;

/// What concerns one hook or subscription of a plugin. What an act does not have, no filter on it
/// lets through.
#[derive(Debug)]
pub struct Concern {
    plugin: Arc<str>,
    /// The account that is mentioned where the plugin is.
    bot: String,
    /// How the app names that account; empty where it has not said.
    account: String,
    filter: Filter,
    /// Channels to which the operator limits the plugin; empty means all.
    within: Vec<ChannelPattern>,
    /// Its own messages, too.
    own: bool,
    /// Where the filter's pattern stands among all.
    pattern: Place,
    looks_inside: bool,
}

impl Concern {
    /// Of what a plugin says of one hook or subscription.
    pub fn new(of: &Registration, filter: &Filter, own: bool, patterns: &Patterns) -> Self {
        Self {
            plugin: Arc::clone(&of.name),
            bot: of.bot.username.clone(),
            account: of.bot.user_id.clone(),
            filter: filter.clone(),
            within: of.channels.clone(),
            own,
            pattern: patterns.place(filter),
            looks_inside: filter.looks_inside() || !of.channels.is_empty(),
        }
    }

    /// Whether more than the workspace matters, of what no plugin made and everybody can read.
    pub fn looks_inside(&self) -> bool {
        self.looks_inside
    }

    /// Whether something that has happened concerns it.
    pub fn wants(&self, event: &Event, found: &Found) -> bool {
        self.is_of(&event.workspace) && self.covers(Subject::of_event(event), found)
    }

    /// Whether what happens in this workspace concerns it.
    pub fn is_of(&self, workspace: &str) -> bool {
        let workspaces = &self.filter.workspaces;
        workspaces.is_empty() || workspaces.iter().any(|it| it == workspace)
    }

    /// Whether it concerns it, wherever it happens; of messages about to be shown, one is enough.
    /// `found` is what is known of the subject's texts.
    pub fn covers(&self, subject: Subject<'_>, found: &Found) -> bool {
        match subject {
            Subject::Message(message) => self.takes(message, (0, found)),
            Subject::Batch(messages) => {
                let mut numbered = messages.iter().enumerate();
                numbered.any(|(number, message)| self.takes(message, (number, found)))
            }
            Subject::Other(scene) => self.is_set_in(scene) && !self.filter.looks_at_text(),
        }
    }

    fn takes(&self, message: &Message, (number, found): (usize, &Found)) -> bool {
        let filter = &self.filter;
        let says = |holds: &dyn Fn(&str) -> bool| text(message).is_some_and(holds);
        let matches = |text: &str| found.matches(filter, &self.pattern, (number, text));
        self.is_set_in(Scene::of(message))
            && (filter.prefix.is_empty() || says(&|text| begins(text, filter)))
            && (!filter.mentions || self.is_mentioned(message))
            && (filter.text.is_none() || says(&matches))
    }

    fn is_set_in(&self, scene: Scene<'_>) -> bool {
        (self.own || scene.plugin != Some(&*self.plugin))
            && is_in(&self.within, scene.channel)
            && is_in(&self.filter.channels, scene.channel)
            && self.is_by(scene.sender)
    }

    fn is_by(&self, sender: Option<&Sender>) -> bool {
        let Filter { senders, roles, .. } = &self.filter;
        let of_kind = |it: &Sender| kind(it).is_some_and(|kind| senders.contains(&kind));
        let has_role = |it: &Sender| it.roles.iter().any(|role| roles.contains(role));
        (senders.is_empty() || sender.is_some_and(of_kind))
            && (roles.is_empty() || sender.is_some_and(has_role))
    }

    /// Whether the chat server names the bot among the mentioned, or the text has its `@username`.
    fn is_mentioned(&self, message: &Message) -> bool {
        let is_bot = |id: &str| id == self.bot || (!id.is_empty() && id == self.account);
        message.mentions.iter().any(|it| is_bot(&it.user_id))
            || text(message).is_some_and(|text| has_at(text, &self.bot))
    }
}

fn kind(sender: &Sender) -> Option<Wanted> {
    match sender.kind() {
        SenderKind::User => Some(Wanted::User),
        SenderKind::Bot => Some(Wanted::Bot),
        SenderKind::Plugin => Some(Wanted::Plugin),
        SenderKind::System => Some(Wanted::System),
        SenderKind::Unspecified => None,
    }
}

fn begins(text: &str, filter: &Filter) -> bool {
    filter.prefix.iter().any(|prefix| text.starts_with(prefix.as_str()))
}

/// `@username`, and neither part of a longer name nor of an address.
fn has_at(text: &str, username: &str) -> bool {
    let of_name = |it: char| it.is_alphanumeric() || it == '_' || it == '-';
    !username.is_empty()
        && text.match_indices('@').any(|(at, _)| {
            let rest = &text[at + 1..];
            !text[..at].ends_with(of_name)
                && rest.strip_prefix(username).is_some_and(|after| !after.starts_with(of_name))
        })
}

#[cfg(test)]
mod tests;
