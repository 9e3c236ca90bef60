//! `Typing`: an argument that somebody is typing, for which a plugin has something to offer.
//!
//! It refuses to filter: the handler knows best what fits.

use outboard_proto::common as wire;
use outboard_proto::plugin::Autocomplete;

use crate::context::Context;
use crate::subject::{channel_of, sender_of};

/// An argument that somebody is typing. There are 300 ms to say what could be meant.
#[derive(Debug)]
pub struct Typing {
    asked: Autocomplete,
    ctx: Context,
}

impl Typing {
    pub(crate) fn new(asked: Autocomplete, ctx: Context) -> Self {
        Self { asked, ctx }
    }

    /// What has been typed of the argument so far.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.asked.prefix
    }

    /// The argument's name.
    #[must_use]
    pub fn argument(&self) -> &str {
        &self.asked.argument
    }

    /// Who types.
    #[must_use]
    pub fn sender(&self) -> &wire::Sender {
        sender_of(self.asked.sender.as_ref())
    }

    /// Where.
    #[must_use]
    pub fn channel(&self) -> &wire::Channel {
        channel_of(self.asked.channel.as_ref())
    }

    /// The time that is left.
    #[must_use]
    pub fn ctx(&self) -> &Context {
        &self.ctx
    }
}
