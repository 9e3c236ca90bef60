//! What becomes of a wish to debug, step by step. It knows the wire's words, not what is made of
//! them.

use std::collections::BTreeMap;

use outboard_proto::admin as wire;
use outboard_proto::admin::debug_news::Of;
use serde::Serialize;

/// One step.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DebugNews {
    pub news: What,
    /// Of `invited`: what the process needs in its environment.
    pub environment: Option<BTreeMap<String, String>>,
    /// Of `invited`: nobody is let in later.
    pub expires_us: Option<i64>,
    /// Of `arriving`, `attached` and `ready`: the process and its user.
    pub pid: Option<u32>,
    pub uid: Option<u32>,
    /// Of `over`: why, in a word.
    pub cause: Option<String>,
    /// Of `over` and `note`: in a sentence.
    pub text: Option<String>,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// From a daemon that knows more than this command.
    Unknown,
    Invited,
    Arriving,
    Attached,
    Ready,
    Note,
    Over,
}

impl DebugNews {
    fn of(news: What) -> DebugNews {
        DebugNews {
            news,
            environment: None,
            expires_us: None,
            pid: None,
            uid: None,
            cause: None,
            text: None,
        }
    }

    fn of_guest(news: What, guest: &wire::DebugGuest) -> DebugNews {
        DebugNews { pid: Some(guest.pid), uid: Some(guest.uid), ..DebugNews::of(news) }
    }
}

impl From<wire::DebugNews> for DebugNews {
    fn from(wire: wire::DebugNews) -> DebugNews {
        match wire.of {
            Some(Of::Invitation(it)) => DebugNews {
                environment: Some(it.environment.into_iter().map(|v| (v.name, v.value)).collect()),
                expires_us: Some(it.expires_us),
                ..DebugNews::of(What::Invited)
            },
            Some(Of::Arriving(guest)) => DebugNews::of_guest(What::Arriving, &guest),
            Some(Of::Attached(guest)) => DebugNews::of_guest(What::Attached, &guest),
            Some(Of::Ready(guest)) => DebugNews::of_guest(What::Ready, &guest),
            Some(Of::Note(text)) => DebugNews { text: Some(text), ..DebugNews::of(What::Note) },
            Some(Of::End(end)) => DebugNews {
                cause: Some(end.cause),
                text: Some(end.text),
                ..DebugNews::of(What::Over)
            },
            None => DebugNews::of(What::Unknown),
        }
    }
}
