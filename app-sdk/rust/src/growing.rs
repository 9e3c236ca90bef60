//! Messages and uploads that are growing: so that each is ended, even where the daemon goes away
//! before that.
//!
//! It refuses to know what is written.

use std::collections::HashMap;

use outboard_proto::app::{
    GrowEnd, GrowMessage, UploadFile, UploadFileEnd, answer, grow_message::Step, request::Of,
    upload_file,
};
use outboard_proto::common::{Channel, Failure, Reason};
use tonic::Code;

use crate::asked::Asked;

/// Those under way, with the session that each began in.
#[derive(Debug, Default)]
pub(crate) struct Growing(HashMap<Id, (u64, Asked<Option<Channel>>)>);

/// What is growing.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Id {
    Message(String),
    Upload(String),
}

/// What a step of one means here.
pub(crate) enum Seen {
    /// It begins, if the app takes it.
    Begins(Box<Asked<Option<Channel>>>),
    /// It is over.
    Ends(Id),
    Neither,
}

/// What a request says of something that grows.
pub(crate) fn look(asked: &Asked<Of>) -> Seen {
    let begins = |channel: Option<Channel>| {
        let narrowed = asked.clone().narrow(|_| Some(channel));
        narrowed.map_or(Seen::Neither, |asked| Seen::Begins(Box::new(asked)))
    };
    match &asked.what {
        Of::Grow(GrowMessage { step: Some(step) }) => match step {
            Step::Begin(begin) => {
                begins(begin.message.as_ref().and_then(|message| message.channel.clone()))
            }
            Step::End(end) => Seen::Ends(Id::Message(end.message_id.clone())),
            Step::More(_) => Seen::Neither,
        },
        Of::UploadFile(UploadFile { step: Some(step) }) => match step {
            upload_file::Step::Begin(begin) => begins(begin.channel.clone()),
            upload_file::Step::End(end) => Seen::Ends(Id::Upload(end.upload_id.clone())),
            upload_file::Step::More(_) => Seen::Neither,
        },
        _ => Seen::Neither,
    }
}

impl Growing {
    /// The app has carried a step out.
    pub(crate) fn carried_out(&mut self, session: u64, seen: Seen, result: &answer::Result) {
        match (seen, result) {
            (Seen::Begins(asked), answer::Result::Sent(sent)) => {
                self.0.insert(Id::Message(sent.message_id.clone()), (session, *asked));
            }
            (Seen::Begins(asked), answer::Result::Uploaded(uploaded)) => {
                self.0.insert(Id::Upload(uploaded.upload_id.clone()), (session, *asked));
            }
            (Seen::Ends(id), _) => drop(self.0.remove(&id)),
            (Seen::Begins(_) | Seen::Neither, _) => {}
        }
    }

    /// The ends of all that a session leaves behind.
    pub(crate) fn abandon(&mut self, session: u64) -> Vec<Asked<Of>> {
        let left = self.0.extract_if(|_, (of, _)| *of == session);
        left.map(|(id, (_, asked))| abandoned(id, asked)).collect()
    }
}

fn abandoned(id: Id, asked: Asked<Option<Channel>>) -> Asked<Of> {
    let gone = |reason, text| Some(Failure::new(Code::Unavailable, reason, text));
    let what = match id {
        Id::Message(message_id) => {
            let text = "the daemon went away before all was said";
            let abort = gone(Reason::PluginUnavailable, text);
            let end = GrowEnd { channel: asked.what.clone(), message_id, abort };
            Of::Grow(GrowMessage { step: Some(Step::End(end)) })
        }
        Id::Upload(upload_id) => {
            let text = "the daemon went away before all had come";
            let abort = gone(Reason::BodyAbandoned, text);
            let end = UploadFileEnd { upload_id, abort, ..UploadFileEnd::default() };
            Of::UploadFile(UploadFile { step: Some(upload_file::Step::End(end)) })
        }
    };
    Asked {
        asker: asked.asker,
        workspace: asked.workspace,
        on_behalf_of: asked.on_behalf_of,
        what,
        idempotency_key: String::new(),
        attempt: 1,
    }
}
