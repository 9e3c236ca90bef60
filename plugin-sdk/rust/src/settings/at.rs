//! Where something happens: the workspace, channel and person that settings may have been narrowed
//! to. Looked up only while something is narrowed.

use outboard_proto::common::{Channel, Event, HookPayload, Sender, event, hook_payload};
use outboard_proto::plugin::{Call, call};

/// A place, as ids; empty where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct At {
    pub(crate) workspace: String,
    pub(crate) channel: String,
    pub(crate) user: String,
}

type Who<'a> = (Option<&'a Channel>, Option<&'a Sender>);

impl At {
    /// Where a call comes from.
    pub(crate) fn of_call(call: &Call) -> Self {
        let who = match &call.of {
            Some(call::Of::Intercept(asked)) => asked.payload.as_ref().map(of_payload),
            Some(call::Of::Command(run)) => Some((run.channel.as_ref(), run.sender.as_ref())),
            Some(call::Of::Ui(asked)) => Some((asked.channel.as_ref(), asked.sender.as_ref())),
            Some(call::Of::Autocomplete(asked)) => {
                Some((asked.channel.as_ref(), asked.sender.as_ref()))
            }
            Some(call::Of::Http(_) | call::Of::Plugin(_)) | None => None,
        };
        Self::named(&call.workspace, who.unwrap_or_default())
    }

    /// Where an event happened.
    pub(crate) fn of_event(event: &Event) -> Self {
        let who = match &event.of {
            Some(event::Of::Message(it)) => (it.channel.as_ref(), it.sender.as_ref()),
            Some(event::Of::Reaction(it)) => (it.channel.as_ref(), it.sender.as_ref()),
            Some(event::Of::Member(it)) => (it.channel.as_ref(), it.user.as_ref()),
            Some(event::Of::User(it)) => (None, it.user.as_ref()),
            Some(event::Of::Channel(it)) => (it.channel.as_ref(), it.by.as_ref()),
            Some(event::Of::File(it)) => (it.channel.as_ref(), it.sender.as_ref()),
            Some(_) | None => (None, None),
        };
        Self::named(&event.workspace, who)
    }

    fn named(workspace: &str, (channel, user): Who<'_>) -> Self {
        Self {
            workspace: workspace.to_owned(),
            channel: channel.map(|it| it.id.clone()).unwrap_or_default(),
            user: user.map(|it| it.id.clone()).unwrap_or_default(),
        }
    }
}

fn of_payload(payload: &HookPayload) -> Who<'_> {
    use hook_payload::Of;
    match &payload.of {
        Some(Of::BeforePost(it)) => (it.channel.as_ref(), it.sender.as_ref()),
        Some(Of::BeforeEdit(it)) => {
            let message = it.message.as_ref();
            (message.and_then(|it| it.channel.as_ref()), message.and_then(|it| it.sender.as_ref()))
        }
        Some(Of::BeforeDelete(it)) => {
            (it.stored.as_ref().and_then(|it| it.channel.as_ref()), it.by.as_ref())
        }
        Some(Of::BeforeRender(it)) => {
            (it.messages.first().and_then(|it| it.channel.as_ref()), it.reader.as_ref())
        }
        Some(Of::BeforeReaction(it)) => (it.channel.as_ref(), it.sender.as_ref()),
        Some(Of::BeforeUpload(it)) => (it.channel.as_ref(), it.sender.as_ref()),
        Some(Of::BeforeJoin(it)) => (it.channel.as_ref(), it.user.as_ref()),
        Some(Of::BeforeLogin(it)) => (None, it.user.as_ref()),
        Some(Of::BeforeCreate(it)) => (it.channel.as_ref(), it.by.as_ref()),
        Some(Of::Custom(_)) | None => (None, None),
    }
}
