//! Who sees something, and where: roles, channels, kinds of channels.
//!
//! Pure. What an app says of a sender and a channel is believed here; it alone knows.

use std::collections::BTreeSet;

use outboard_proto::common::{Channel, ChannelKind, Failure, Reason, Sender, UiWhen};
use tonic::Code;

use super::Flaws;
use crate::config::manifest::Venue;
use crate::config::pattern::ChannelPattern;

/// Words of each list.
const MOST: usize = 32;
/// Bytes of one word.
const LONGEST: usize = 128;

/// The condition; empty sets mean everyone and everywhere.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct When {
    roles: BTreeSet<String>,
    channels: Vec<ChannelPattern>,
    kinds: BTreeSet<&'static str>,
}

/// Where and by whom something was done.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The channel, where there is one.
    pub channel: Option<&'a Channel>,
    /// Who did it, where the app says.
    pub sender: Option<&'a Sender>,
}

impl When {
    /// Reads a condition.
    pub fn read(when: &UiWhen, flaws: &mut Flaws) -> Self {
        let UiWhen { roles, channels, kinds } = when;
        for (name, words) in [("when.roles", roles), ("when.channels", channels)] {
            if words.len() > MOST || words.iter().any(|it| it.is_empty() || it.len() > LONGEST) {
                let what = format!("has at most {MOST} words of 1 to {LONGEST} bytes");
                flaws.add(name, what);
                return Self::default();
            }
        }
        let mut read = Self { roles: roles.iter().cloned().collect(), ..Self::default() };
        for channel in channels {
            match ChannelPattern::parse(channel) {
                Ok(pattern) => read.channels.push(pattern),
                Err(problem) => flaws.add("when.channels", problem.to_string()),
            }
        }
        let venues = [Venue::Channel, Venue::Direct, Venue::Group].map(Venue::as_str);
        for kind in kinds {
            match venues.into_iter().find(|it| it == kind) {
                Some(known) => drop(read.kinds.insert(known)),
                None => flaws.add("when.kinds", format!("no such place: {kind:?}")),
            }
        }
        read
    }

    /// Whether this person may use it there.
    ///
    /// # Errors
    /// They may not; for the person.
    pub fn allows(&self, place: Place<'_>) -> Result<(), Failure> {
        let denied =
            |text: &str| Err(Failure::new(Code::PermissionDenied, Reason::CommandNotAllowed, text));
        let roles = place.sender.map(|it| &it.roles[..]).unwrap_or_default();
        if !self.roles.is_empty() && !roles.iter().any(|role| self.roles.contains(role)) {
            return denied("you may not use this");
        }
        let named = |channel: &Channel| {
            self.channels.iter().any(|it| it.matches(&channel.id, &channel.name))
        };
        if !self.channels.is_empty() && !place.channel.is_some_and(named) {
            return denied("this cannot be used here");
        }
        let kind = match place.channel.map_or(ChannelKind::Public, Channel::kind) {
            ChannelKind::Direct => Venue::Direct,
            ChannelKind::Group => Venue::Group,
            ChannelKind::Public | ChannelKind::Private | ChannelKind::Unspecified => Venue::Channel,
        };
        if !self.kinds.is_empty() && !self.kinds.contains(kind.as_str()) {
            return denied("this cannot be used here");
        }
        Ok(())
    }
}
