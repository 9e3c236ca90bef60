//! What an interceptor is asked about, and what a transform may make of it.
//!
//! It compares payloads; who asked, and what follows from a broken rule, is the run's business.

use outboard_proto::common::{HookPayload, Message, body, hook_payload::Of};

use crate::config::manifest::hook::HookFilter;

/// The answer changes what it may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleBroken;

/// The message that filters look at.
pub fn subject(payload: &HookPayload) -> Option<&Message> {
    match payload.of.as_ref()? {
        Of::BeforePost(message) => Some(message),
        Of::BeforeEdit(edit) => edit.message.as_ref(),
        Of::BeforeDelete(delete) => delete.stored.as_ref(),
        Of::BeforeRender(_)
        | Of::BeforeReaction(_)
        | Of::BeforeUpload(_)
        | Of::BeforeJoin(_)
        | Of::BeforeLogin(_)
        | Of::BeforeCreate(_)
        | Of::Custom(_) => None,
    }
}

/// Whether nobody but its readers can read it.
pub fn is_opaque(message: Option<&Message>) -> bool {
    let content = message.and_then(|it| it.body.as_ref()).and_then(|it| it.content.as_ref());
    matches!(content, Some(body::Content::Opaque(_)))
}

/// Whether a filter lets a message through.
pub fn concerns(filter: &HookFilter, message: Option<&Message>) -> bool {
    let in_channel = filter.channels.is_empty()
        || message.and_then(|it| it.channel.as_ref()).is_some_and(|channel| {
            filter.channels.iter().any(|pattern| pattern.matches(&channel.id, &channel.name))
        });
    let matches = || match &filter.text {
        None => true,
        Some(pattern) => message.and_then(text).is_some_and(|text| pattern.matches(text)),
    };
    in_channel && matches()
}

/// What a message says, where it says it in words.
pub fn text(message: &Message) -> Option<&str> {
    match message.body.as_ref()?.content.as_ref()? {
        body::Content::Plain(text) | body::Content::Markdown(text) | body::Content::Html(text) => {
            Some(text)
        }
        body::Content::Blocks(blocks) => Some(&blocks.fallback),
        body::Content::Opaque(_) => None,
    }
}

/// Checks that a transform changed only body, attachments and its own metadata.
pub fn check(before: &HookPayload, after: &HookPayload, plugin: &str) -> Result<(), RuleBroken> {
    let allowed = match (&before.of, &after.of) {
        (Some(Of::BeforePost(before)), Some(Of::BeforePost(after))) => {
            may_become(before, after, plugin)
        }
        (Some(Of::BeforeEdit(before)), Some(Of::BeforeEdit(after))) => {
            match (&before.message, &after.message) {
                (Some(old), Some(new)) => {
                    before.stored == after.stored && may_become(old, new, plugin)
                }
                (None, Some(_) | None) | (Some(_), None) => false,
            }
        }
        _ => false,
    };
    if allowed { Ok(()) } else { Err(RuleBroken) }
}

fn may_become(before: &Message, after: &Message, plugin: &str) -> bool {
    let same_act = before.id == after.id
        && before.draft_id == after.draft_id
        && before.revision == after.revision
        && before.channel == after.channel
        && before.sender == after.sender
        && before.thread_root == after.thread_root
        && before.reply_to == after.reply_to
        && before.role == after.role
        && before.mentions == after.mentions;
    let same_facts = before.created_at_us == after.created_at_us
        && before.edited_at_us == after.edited_at_us
        && before.source == after.source
        && before.mutable == after.mutable
        && before.origin == after.origin;
    let others = |message: &Message| {
        let mut metadata = message.metadata.clone();
        metadata.remove(plugin);
        metadata
    };
    before.mutable && same_act && same_facts && others(before) == others(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use outboard_proto::common::{Body, Sender};

    fn message(text: &str) -> Message {
        let content = Some(body::Content::Plain(text.into()));
        Message { mutable: true, body: Some(Body { content }), ..Message::default() }
    }

    fn post(message: Message) -> HookPayload {
        HookPayload { of: Some(Of::BeforePost(message.into())) }
    }

    #[test]
    fn a_transform_may_change_the_text_and_its_own_metadata() {
        let mut after = message("b");
        after.metadata.insert("me".into(), "note".into());
        assert_eq!(check(&post(message("a")), &post(after), "me"), Ok(()));
    }

    #[test]
    fn a_transform_may_not_rewrite_the_sender() {
        let mut after = message("b");
        after.sender = Some(Sender { id: "somebody else".into(), ..Sender::default() });
        assert_eq!(check(&post(message("a")), &post(after), "me"), Err(RuleBroken));
    }

    #[test]
    fn a_transform_may_not_write_anothers_metadata() {
        let mut after = message("a");
        after.metadata.insert("you".into(), "note".into());
        assert_eq!(check(&post(message("a")), &post(after), "me"), Err(RuleBroken));
    }

    #[test]
    fn an_immutable_message_stays_as_it_is() {
        let frozen = Message { mutable: false, ..message("a") };
        let after = Message { mutable: false, ..message("b") };
        assert_eq!(check(&post(frozen), &post(after), "me"), Err(RuleBroken));
    }
}
