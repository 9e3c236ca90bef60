//! Forgetting a user: what waits for plugins loses all that the user said and was called.
//!
//! That something happened stays known, and by whose id, so that who is told of it can tell what of
//! its own has to go. It refuses to know what plugins keep.

use std::sync::Arc;

use outboard_proto::app::{FollowUp, Request, request};
use outboard_proto::common::{
    Event, Failure, HeldItem, HookPayload, Reason, Sender, event::Of, find_user, hook_payload,
};
use prost::Message as _;
use tokio::sync::oneshot;
use tonic::Code;

use super::publish::{redact, strip};
use super::run::HoldWish;
use super::{Core, KeepWish, Switchboard};
use crate::delivery::journal::{Op, Outcome};
use crate::held::port::Whose;

/// The event by which plugins are told.
pub const FORGOTTEN: &str = "user.forgotten";

/// What was erased.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Events on the disk.
    pub events: u64,
    /// Those of them that were dead letters.
    pub dead_letters: u64,
    /// Events in memory that are on no disk.
    pub queued: u64,
}

impl Switchboard {
    /// Takes a user's words out of every event that waits: in this workspace, or everywhere where
    /// none is named.
    ///
    /// # Errors
    /// The daemon is stopping.
    pub async fn forget_user(&self, user: &str, workspace: &str) -> Result<Forgotten, Failure> {
        let (queued, done) = self.with(|core, _| {
            let (sender, done) = oneshot::channel();
            (core.forget_user(user, workspace, sender), done)
        });
        let stopping =
            |_| Failure::new(Code::Unavailable, Reason::Stopping, "the daemon is stopping");
        match done.await.map_err(stopping)? {
            Outcome::Forgotten { events, dead_letters } => {
                Ok(Forgotten { events, dead_letters, queued })
            }
            _ => Ok(Forgotten { queued, ..Forgotten::default() }),
        }
    }
}

impl Core {
    /// The app, or an operator, says that a user is to be forgotten.
    pub fn heed_forgotten(&mut self, event: &Event) {
        let (FORGOTTEN, Some(Of::User(change))) = (event.r#type.as_str(), &event.of) else {
            return;
        };
        let Some(user) = change.user.as_ref().filter(|user| !user.id.is_empty()) else { return };
        // Nobody waits for how much it was.
        let (done, _) = oneshot::channel();
        self.forget_user(&user.id, &event.workspace, done);
        let whose = Whose { user: user.id.clone(), workspace: event.workspace.clone() };
        if !self.holds.wish(HoldWish::Forgotten(whose.clone())) {
            tracing::warn!("the disk is behind: what is held of a forgotten user stays held");
        }
        if !self.deferrals.wish(KeepWish::Forgotten(whose)) {
            tracing::warn!("the disk is behind: what was deferred for a forgotten user stays");
        }
    }

    /// Of how many events in memory alone something was taken out.
    fn forget_user(&mut self, user: &str, workspace: &str, done: oneshot::Sender<Outcome>) -> u64 {
        let is_there = |event: &Event| workspace.is_empty() || event.workspace == workspace;
        let forget = |event: &mut Arc<Event>| {
            let concerned = is_there(event) && concerns(event, user);
            if concerned {
                forget_in(Arc::make_mut(event), user);
            }
            concerned
        };
        self.orders.pending_events().for_each(|event| {
            forget(event);
        });
        let mut queued = 0;
        for (_, member) in &mut self.members {
            queued += member.lanes.waiting_mut().map(forget).filter(|it| *it).count() as u64;
            member.durable.waiting_mut().for_each(|item| {
                forget(&mut item.event);
            });
            member.delivered.values_mut().for_each(|(_, event)| {
                forget(event);
            });
        }
        self.orders.forgetting.push_back(done);
        self.orders.queue.push_back(Op::Forget {
            user: user.to_owned(),
            workspace: workspace.to_owned(),
            redact: forget_encoded,
        });
        queued
    }
}

/// Whether an event says something of a user. That somebody is to be forgotten stays.
fn concerns(event: &Event, user: &str) -> bool {
    let is = |it: &Option<Sender>| it.as_ref().is_some_and(|it| it.id == user);
    event.r#type != FORGOTTEN
        && match &event.of {
            Some(Of::Message(it)) => is(&it.sender),
            Some(Of::Reaction(it)) => is(&it.sender),
            Some(Of::Member(it)) => is(&it.user) || is(&it.by),
            Some(Of::User(it)) => is(&it.user),
            Some(Of::Channel(it)) => is(&it.by),
            Some(Of::File(it)) => is(&it.sender),
            Some(Of::App(_) | Of::Custom(_) | Of::Schedule(_)) | None => false,
        }
}

fn forget_in(event: &mut Event, user: &str) {
    let of_user = |it: &Option<Sender>| it.as_ref().is_some_and(|it| it.id == user);
    redact(event);
    match &mut event.of {
        Some(Of::Message(it)) => bare(&mut it.sender, user),
        Some(Of::Reaction(it)) => {
            it.reaction.clear();
            bare(&mut it.sender, user);
        }
        Some(Of::Member(it)) => {
            if of_user(&it.user) {
                it.roles.clear();
            }
            bare(&mut it.user, user);
            bare(&mut it.by, user);
        }
        Some(Of::User(it)) => {
            it.presence.clear();
            bare(&mut it.user, user);
        }
        Some(Of::Channel(it)) => {
            it.topic.clear();
            bare(&mut it.by, user);
        }
        Some(Of::File(it)) => {
            it.file = None;
            bare(&mut it.sender, user);
        }
        Some(Of::App(_) | Of::Custom(_) | Of::Schedule(_)) | None => {}
    }
}

/// Leaves the id, and what kind of account it is.
fn bare(sender: &mut Option<Sender>, user: &str) {
    if let Some(sender) = sender.as_mut().filter(|sender| sender.id == user) {
        *sender =
            Sender { id: std::mem::take(&mut sender.id), kind: sender.kind, ..Sender::default() };
    }
}

/// An encoded event without what a user said; nothing where it says nothing of the user.
fn forget_encoded(user: &str, body: &[u8]) -> Option<Vec<u8>> {
    // Most are somebody else's: they need not be taken apart.
    if !contains(body, user.as_bytes()) {
        return None;
    }
    let mut event = Event::decode(body).ok()?;
    concerns(&event, user).then(|| {
        forget_in(&mut event, user);
        event.encode_to_vec()
    })
}

fn contains(body: &[u8], part: &[u8]) -> bool {
    !part.is_empty() && body.windows(part.len()).any(|window| window == part)
}

/// Something held, without what it says and what its sender is called: what the store does not look
/// at, and the payload. Nothing where it is somebody else's.
#[must_use]
pub fn forget_held(user: &str, about: &[u8], payload: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut item = HeldItem::decode(about).ok()?;
    if item.sender.as_ref().is_none_or(|sender| sender.id != user) {
        return None;
    }
    bare(&mut item.sender, user);
    item.reason = None;
    let mut held = HookPayload::decode(payload).unwrap_or_default();
    match &mut held.of {
        Some(hook_payload::Of::BeforePost(message)) => {
            strip(message);
            bare(&mut message.sender, user);
        }
        Some(hook_payload::Of::BeforeReaction(it)) => {
            it.reaction.clear();
            bare(&mut it.sender, user);
        }
        // Of these, nothing is left to be told.
        _ => held.of = None,
    }
    Some((item.encode_to_vec(), held.encode_to_vec()))
}

/// Whether what was deferred is of a user, by its origin as it was kept.
#[must_use]
pub fn is_deferred_for(user: &str, origin: &[u8]) -> bool {
    contains(origin, user.as_bytes())
        && FollowUp::decode(origin).is_ok_and(|it| it.user.is_some_and(|it| it.id == user))
}

/// Whether a request that waits was made for a user, or is about them.
#[must_use]
pub fn is_request_about(whose: &Whose, request: &[u8]) -> bool {
    let Whose { user, workspace } = whose;
    // Most are about somebody else: they need not be taken apart.
    if !contains(request, user.as_bytes()) {
        return false;
    }
    let Ok(request) = Request::decode(request) else { return false };
    (workspace.is_empty() || request.workspace == *workspace)
        && (request.on_behalf_of.as_ref().is_some_and(|it| it.id == *user)
            || request.of.as_ref().is_some_and(|of| people_of(of).any(|it| it == user)))
}

/// Everybody whom a request names, but for what it says.
fn people_of(of: &request::Of) -> impl Iterator<Item = &str> {
    use request::Of;
    let (one, message) = match of {
        Of::Send(it) => ("", it.message.as_ref()),
        Of::Ephemeral(it) => (it.only_to.as_str(), it.message.as_ref()),
        Of::Direct(it) => (it.to_user.as_str(), it.message.as_ref()),
        Of::FollowUp(it) => (it.user.as_ref().map_or("", |it| &it.id), None),
        Of::Typing(it) => (it.only_to.as_str(), None),
        Of::Moderate(it) => (it.user_id.as_str(), None),
        Of::Invite(it) => (it.user_id.as_str(), None),
        Of::FindUser(it) => match &it.by {
            Some(find_user::By::Id(it) | find_user::By::Name(it)) => (it.as_str(), None),
            None => ("", None),
        },
        Of::Decided(_)
        | Of::Grow(_)
        | Of::Edit(_)
        | Of::Delete(_)
        | Of::React(_)
        | Of::Unreact(_)
        | Of::Status(_)
        | Of::GetMessage(_)
        | Of::ListMessages(_)
        | Of::SearchMessages(_)
        | Of::FindChannel(_)
        | Of::ListChannels(_)
        | Of::CreateChannel(_)
        | Of::SetTopic(_)
        | Of::Pin(_)
        | Of::Unpin(_)
        | Of::StatFile(_)
        | Of::ReadFile(_)
        | Of::UploadFile(_) => ("", None),
    };
    let mentioned = message.into_iter().flat_map(|it| &it.mentions).map(|it| it.user_id.as_str());
    mentioned.chain([one])
}

#[cfg(test)]
mod tests {
    use outboard_proto::common::{Body, Membership, Message, UserChange, body};

    use super::*;

    fn sender(id: &str) -> Option<Sender> {
        Some(Sender { id: id.to_owned(), name: format!("Name of {id}"), ..Sender::default() })
    }

    fn event(kind: &str, of: Of) -> Event {
        Event { id: "e1".to_owned(), r#type: kind.to_owned(), of: Some(of), ..Event::default() }
    }

    fn said(by: &str) -> Event {
        let content = Some(body::Content::Plain("my secret".to_owned()));
        let body = Some(Body { content });
        let message =
            Message { id: "m1".to_owned(), sender: sender(by), body, ..Message::default() };
        event("message.posted", Of::Message(message.into()))
    }

    fn text(event: &Event) -> String {
        format!("{event:?}")
    }

    // I92
    #[test]
    fn what_a_user_said_goes_and_that_it_was_stays() {
        let stripped = forget_encoded("u1", &said("u1").encode_to_vec()).unwrap();
        let stripped = Event::decode(&stripped[..]).unwrap();
        assert!(!text(&stripped).contains("secret") && !text(&stripped).contains("Name of"));
        let Some(Of::Message(message)) = &stripped.of else { panic!("{stripped:?}") };
        assert_eq!(
            (message.id.as_str(), message.sender.as_ref().unwrap().id.as_str()),
            ("m1", "u1")
        );
    }

    // I113
    #[test]
    fn a_request_is_about_whoever_it_is_for_or_names_and_nobody_else() {
        use outboard_proto::common::{FindUser, Mention, ModerateUser};
        let about = |user: &str, workspace: &str, request: &Request| {
            let whose = Whose { user: user.into(), workspace: workspace.into() };
            is_request_about(&whose, &request.encode_to_vec())
        };
        let of = |of| Request { workspace: "acme".into(), of: Some(of), ..Request::default() };
        let ban = ModerateUser { user_id: "u1".into(), ..ModerateUser::default() };
        let ban = of(request::Of::Moderate(ban));
        assert!(about("u1", "", &ban) && about("u1", "acme", &ban));
        assert!(!about("u1", "other", &ban) && !about("u", "", &ban) && !about("u2", "", &ban));
        let asked = Request { on_behalf_of: sender("u2"), ..ban };
        assert!(about("u2", "", &asked));
        let mentions = vec![Mention { user_id: "u3".into(), ..Mention::default() }];
        let message = Some(Message { mentions, ..Message::default() });
        let send = of(request::Of::Send(outboard_proto::app::SendMessage { message }));
        assert!(about("u3", "", &send) && !about("u1", "", &send));
        let find = FindUser { by: Some(find_user::By::Id("u4".into())), ..FindUser::default() };
        assert!(about("u4", "", &of(request::Of::FindUser(find))));
    }

    // I113
    #[test]
    fn what_was_deferred_is_of_whoever_asked() {
        let origin = FollowUp { user: sender("u1"), ..FollowUp::default() }.encode_to_vec();
        assert!(is_deferred_for("u1", &origin));
        assert!(!is_deferred_for("u2", &origin) && !is_deferred_for("u", &origin));
        assert!(!is_deferred_for("u1", b"rubbish u1") && !is_deferred_for("u1", b""));
    }

    #[test]
    fn others_keep_what_they_said() {
        assert_eq!(forget_encoded("u1", &said("u2").encode_to_vec()), None);
        assert_eq!(forget_encoded("u", &said("u1").encode_to_vec()), None);
        assert_eq!(forget_encoded("u1", b"rubbish u1"), None);
    }

    #[test]
    fn whoever_was_invited_by_them_keeps_a_name() {
        let joined = Membership { user: sender("u2"), by: sender("u1"), ..Membership::default() };
        let mut event = event("member.joined", Of::Member(joined));
        assert!(concerns(&event, "u1"));
        forget_in(&mut event, "u1");
        assert!(text(&event).contains("Name of u2") && !text(&event).contains("Name of u1"));
    }

    #[test]
    fn the_word_that_somebody_is_forgotten_stays_itself() {
        let change = UserChange { user: sender("u1"), ..UserChange::default() };
        assert!(!concerns(&event(FORGOTTEN, Of::User(change.clone())), "u1"));
        assert!(concerns(&event("user.presence", Of::User(change)), "u1"));
    }
}
