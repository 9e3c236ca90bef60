//! What a transform may make of what it was asked about.
//!
//! It compares payloads; who asked, and what follows from a broken rule, is the run's business.

use outboard_proto::common::{Batch, Custom, HookPayload, Message, body, hook_payload::Of};

/// The answer changes what it may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleBroken;

/// Checks that a transform changed only body, attachments and its own metadata; of messages about
/// to be shown only bodies, and of what the app made up only its JSON. Nothing else may differ.
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
        (Some(Of::BeforeRender(before)), Some(Of::BeforeRender(after))) => {
            may_be_shown_as(before, after)
        }
        (Some(Of::Custom(before)), Some(Of::Custom(after))) => {
            before.name == after.name && is_json(after)
        }
        // Deletions, reactions, uploads, joins, logins and channels are as they are.
        _ => false,
    };
    if allowed { Ok(()) } else { Err(RuleBroken) }
}

/// Whether what the app made up can be read.
pub fn is_json(custom: &Custom) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(&custom.json).is_ok()
}

fn may_be_shown_as(before: &Batch, after: &Batch) -> bool {
    let same_but_body = |(old, new): (&Message, &Message)| {
        old == new
            || (old.mutable
                && !is_opaque(old)
                && Message { body: old.body.clone(), ..new.clone() } == *old)
    };
    before.reader == after.reader
        && before.messages.len() == after.messages.len()
        && before.messages.iter().zip(&after.messages).all(same_but_body)
}

/// Whether nobody but its readers can read it.
pub fn is_opaque(message: &Message) -> bool {
    let content = message.body.as_ref().and_then(|it| it.content.as_ref());
    matches!(content, Some(body::Content::Opaque(_)))
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
    use outboard_proto::common::{Body, Login, Opaque, Reaction, Sender};

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

    fn shown(messages: Vec<Message>) -> HookPayload {
        HookPayload { of: Some(Of::BeforeRender(Batch { messages, reader: None }.into())) }
    }

    #[test]
    fn of_messages_about_to_be_shown_only_bodies_may_change() {
        let before = shown(vec![message("a"), message("b")]);
        assert_eq!(check(&before, &shown(vec![message("a"), message("c")]), "me"), Ok(()));
        let mut other = message("b");
        other.metadata.insert("me".into(), "note".into());
        assert_eq!(check(&before, &shown(vec![message("a"), other]), "me"), Err(RuleBroken));
        assert_eq!(check(&before, &shown(vec![message("a")]), "me"), Err(RuleBroken));
        let swapped = shown(vec![message("b"), message("a"), message("c")]);
        assert_eq!(check(&before, &swapped, "me"), Err(RuleBroken));
    }

    #[test]
    fn what_cannot_be_read_is_shown_as_it_is() {
        let content = Some(body::Content::Opaque(Opaque::default()));
        let sealed = Message { body: Some(Body { content }), ..message("") };
        let before = shown(vec![sealed.clone(), message("a")]);
        assert_eq!(check(&before, &shown(vec![sealed, message("b")]), "me"), Ok(()));
        assert_eq!(check(&before, &shown(vec![message("x"), message("a")]), "me"), Err(RuleBroken));
    }

    #[test]
    fn reactions_and_logins_stay_as_they_are() {
        let reaction = |reaction: &str| HookPayload {
            of: Some(Of::BeforeReaction(
                Reaction { reaction: reaction.into(), ..Reaction::default() }.into(),
            )),
        };
        assert_eq!(check(&reaction("+1"), &reaction("-1"), "me"), Err(RuleBroken));
        let login = |address: &str| HookPayload {
            of: Some(Of::BeforeLogin(Login { address: address.into(), ..Login::default() }.into())),
        };
        assert_eq!(check(&login("::1"), &login("::2"), "me"), Err(RuleBroken));
    }

    #[test]
    fn of_what_the_app_made_up_only_the_json_may_change_and_must_be_json() {
        let custom = |name: &str, json: &str| HookPayload {
            of: Some(Of::Custom(Custom { name: name.into(), json: json.into() })),
        };
        let before = custom("x.shop.order", "{}");
        assert_eq!(check(&before, &custom("x.shop.order", "{\"a\":1}"), "me"), Ok(()));
        assert_eq!(check(&before, &custom("x.shop.order", "{"), "me"), Err(RuleBroken));
        assert_eq!(check(&before, &custom("x.shop.other", "{}"), "me"), Err(RuleBroken));
    }
}
