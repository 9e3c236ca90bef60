//! Who and where: the parts of a message that are always meant to be there.
//!
//! An app that leaves one out gets an empty one; handlers need not ask.

use outboard_proto::common::{Channel, Sender};

static NOWHERE: Channel = Channel { id: String::new(), name: String::new(), kind: 0 };

static NOBODY: Sender = Sender {
    id: String::new(),
    name: String::new(),
    kind: 0,
    roles: Vec::new(),
    locale: String::new(),
};

pub(crate) fn channel_of(channel: Option<&Channel>) -> &Channel {
    channel.unwrap_or(&NOWHERE)
}

pub(crate) fn sender_of(sender: Option<&Sender>) -> &Sender {
    sender.unwrap_or(&NOBODY)
}
