//! Messages that are growing: so that each is ended, even where the daemon goes away before that.
//!
//! It refuses to know what is written.

use std::collections::HashMap;

use outboard_proto::app::{GrowEnd, GrowMessage, answer, grow_message::Step, request::Of};
use outboard_proto::common::{Channel, Failure, Reason};
use tonic::Code;

use crate::asked::Asked;

/// Messages under way, by id.
#[derive(Debug, Default)]
pub(crate) struct Growing(HashMap<String, (u64, Asked<Option<Channel>>)>);

/// What a step of one means here.
pub(crate) enum Seen {
    /// It begins, if the app takes it.
    Begins(Box<Asked<Option<Channel>>>),
    /// It is over.
    Ends(String),
    Neither,
}

/// What a request says of a message that grows.
pub(crate) fn look(asked: &Asked<Of>) -> Seen {
    let Of::Grow(GrowMessage { step: Some(step) }) = &asked.what else { return Seen::Neither };
    match step {
        Step::Begin(begin) => {
            let channel = begin.message.as_ref().and_then(|message| message.channel.clone());
            asked
                .clone()
                .narrow(|_| Some(channel))
                .map_or(Seen::Neither, |asked| Seen::Begins(Box::new(asked)))
        }
        Step::End(end) => Seen::Ends(end.message_id.clone()),
        Step::More(_) => Seen::Neither,
    }
}

impl Growing {
    /// The app has carried a step out.
    pub(crate) fn carried_out(&mut self, session: u64, seen: Seen, result: &answer::Result) {
        match (seen, result) {
            (Seen::Begins(asked), answer::Result::Sent(sent)) => {
                self.0.insert(sent.message_id.clone(), (session, *asked));
            }
            (Seen::Ends(id), _) => drop(self.0.remove(&id)),
            (Seen::Begins(_) | Seen::Neither, _) => {}
        }
    }

    /// The ends of all that a session leaves behind.
    pub(crate) fn abandon(&mut self, session: u64) -> Vec<Asked<Of>> {
        let left = self.0.extract_if(|_, (of, _)| *of == session);
        let ends = left.map(|(message_id, (_, asked))| {
            let text = "the daemon went away before all was said";
            let abort = Some(Failure::new(Code::Unavailable, Reason::PluginUnavailable, text));
            let channel = asked.what.clone();
            let end = GrowEnd { channel, message_id, abort };
            let step = Some(Step::End(end));
            Asked {
                asker: asked.asker,
                workspace: asked.workspace,
                on_behalf_of: asked.on_behalf_of,
                what: Of::Grow(GrowMessage { step }),
                idempotency_key: String::new(),
                attempt: 1,
            }
        });
        ends.collect()
    }
}
