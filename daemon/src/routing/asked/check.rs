//! Whether what a plugin asks for makes sense by itself: ids, sizes, times, reasons. What it left
//! out is filled in.
//!
//! Pure. Whether there is such a message or person, the app knows.

use std::time::Duration;

use outboard_proto::app::request::Of;
use outboard_proto::common::{
    ChannelKind, Failure, ModerateUser, ModerationAct, Reason, find_channel, find_user,
};
use outboard_proto::limits::FRAME_BYTES;
use tonic::Code;

/// Room that a frame needs around what is asked.
const ROOM: usize = 2048;
/// Bytes of an id or a name.
const ID: usize = 255;
/// Bytes of words for people.
const WORDS: usize = 1024;
/// Entries of a page.
const MOST: u32 = 100;
/// Messages of a page, where nobody says.
const USUAL: u32 = 50;
const A_MINUTE: Duration = Duration::from_secs(60);
const A_DAY: Duration = Duration::from_secs(24 * 3600);
const A_YEAR: Duration = Duration::from_secs(366 * 24 * 3600);

type Checked = Result<(), Failure>;

/// Whether a request can be carried out as far as its words go.
///
/// # Errors
/// What is wrong with it.
pub fn check(of: &mut Of) -> Checked {
    if of.encoded_len() > FRAME_BYTES - ROOM {
        let text = format!("it has more than {} bytes", FRAME_BYTES - ROOM);
        return Err(Failure::new(Code::ResourceExhausted, Reason::FrameTooLarge, text));
    }
    if super::taken_out(&mut of.clone()).1.len() > ID {
        return Err(too_long("the idempotency_key", ID));
    }
    match of {
        Of::ListMessages(_) | Of::SearchMessages(_) | Of::Typing(_) | Of::Status(_) => shown(of),
        Of::FindUser(_) | Of::FindChannel(_) | Of::ListChannels(_) | Of::StatFile(_) => {
            looked_up(of)
        }
        Of::Edit(it) => {
            if it.body.as_ref().is_none_or(|body| body.content.is_none()) {
                return Err(invalid("an edit needs a body"));
            }
            message(&it.channel_id, &it.message_id)
        }
        Of::Delete(it) => {
            at_most("the reason", &it.reason, WORDS)?;
            message(&it.channel_id, &it.message_id)
        }
        Of::React(it) | Of::Unreact(it) => {
            word("the reaction", &it.reaction, 64)?;
            message(&it.channel_id, &it.message_id)
        }
        Of::GetMessage(it) => message(&it.channel_id, &it.message_id),
        Of::Pin(it) | Of::Unpin(it) => message(&it.channel_id, &it.message_id),
        Of::CreateChannel(it) => {
            at_most("the topic", &it.topic, WORDS)?;
            if it.kind() == ChannelKind::Unspecified {
                it.kind = ChannelKind::Public.into();
            }
            word("the name", &it.name, ID)
        }
        Of::Invite(it) => {
            word("user_id", &it.user_id, ID)?;
            word("channel_id", &it.channel_id, ID)
        }
        Of::SetTopic(it) => {
            at_most("the topic", &it.topic, WORDS)?;
            word("channel_id", &it.channel_id, ID)
        }
        Of::Moderate(it) => moderation(it),
        // They are checked where they are composed.
        Of::ReadFile(_)
        | Of::UploadFile(_)
        | Of::Send(_)
        | Of::FollowUp(_)
        | Of::Decided(_)
        | Of::Ephemeral(_)
        | Of::Direct(_)
        | Of::Grow(_) => Ok(()),
    }
}

/// Of what is read of messages, or shown for a while.
fn shown(of: &mut Of) -> Checked {
    match of {
        Of::ListMessages(it) => {
            at_most("thread_root", &it.thread_root, ID)?;
            at_most("before", &it.before, ID)?;
            page(&mut it.most, USUAL)?;
            word("channel_id", &it.channel_id, ID)
        }
        Of::SearchMessages(it) => {
            at_most("channel_id", &it.channel_id, ID)?;
            at_most("before", &it.before, ID)?;
            page(&mut it.most, USUAL)?;
            word("the text", &it.text, 256)
        }
        Of::Typing(it) => {
            at_most("thread_root", &it.thread_root, ID)?;
            at_most("only_to", &it.only_to, ID)?;
            time("ttl_us", it.ttl_us, A_MINUTE)?;
            word("channel_id", &it.channel_id, ID)
        }
        Of::Status(it) => {
            at_most("the text", &it.text, ID)?;
            time("ttl_us", it.ttl_us, A_DAY)?;
            if it.ttl_us == 0 {
                it.ttl_us = micros(A_DAY);
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Of people and channels that are looked up.
fn looked_up(of: &mut Of) -> Checked {
    match of {
        Of::FindUser(it) => match &it.by {
            Some(find_user::By::Id(id)) => word("the id", id, ID),
            Some(find_user::By::Name(name)) => word("the name", name, ID),
            None => Err(invalid("say whom: an id or a name")),
        },
        Of::FindChannel(it) => match &it.by {
            Some(find_channel::By::Id(id)) => word("the id", id, ID),
            Some(find_channel::By::Name(name)) => word("the name", name, ID),
            None => Err(invalid("say which: an id or a name")),
        },
        Of::ListChannels(it) => {
            at_most("after", &it.after, ID)?;
            page(&mut it.most, MOST)
        }
        Of::StatFile(it) => word("file_id", &it.file_id, ID),
        _ => Ok(()),
    }
}

/// What is done to a person has a reason, and its time makes sense.
fn moderation(it: &ModerateUser) -> Checked {
    word("user_id", &it.user_id, ID)?;
    at_most("channel_id", &it.channel_id, ID)?;
    if it.reason.trim().is_empty() {
        return Err(invalid("an act of moderation needs a reason"));
    }
    at_most("the reason", &it.reason, WORDS)?;
    time("duration_us", it.duration_us, A_YEAR)?;
    let timed = it.duration_us > 0;
    match it.act() {
        ModerationAct::Unspecified => Err(invalid("say what is to be done")),
        ModerationAct::Mute if it.duration_us < 1_000_000 => {
            Err(invalid("a mute lasts a second at least"))
        }
        ModerationAct::Kick if it.channel_id.is_empty() => {
            Err(invalid("say out of which channel: a channel_id"))
        }
        ModerationAct::Warn
        | ModerationAct::Unmute
        | ModerationAct::Kick
        | ModerationAct::Unban
            if timed =>
        {
            Err(invalid("only a mute and a ban have a duration"))
        }
        ModerationAct::Warn
        | ModerationAct::Mute
        | ModerationAct::Unmute
        | ModerationAct::Kick
        | ModerationAct::Ban
        | ModerationAct::Unban => Ok(()),
    }
}

fn message(channel: &str, message: &str) -> Checked {
    word("channel_id", channel, ID)?;
    word("message_id", message, ID)
}

fn page(most: &mut u32, usual: u32) -> Checked {
    if *most > MOST {
        return Err(invalid(&format!("a page has at most {MOST}")));
    }
    if *most == 0 {
        *most = usual;
    }
    Ok(())
}

fn time(what: &str, us: u64, most: Duration) -> Checked {
    if us > micros(most) {
        return Err(invalid(&format!("{what} is longer than {} s", most.as_secs())));
    }
    Ok(())
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// Something that must be said.
fn word(what: &str, text: &str, most: usize) -> Checked {
    if text.trim().is_empty() {
        return Err(invalid(&format!("{what} is missing")));
    }
    at_most(what, text, most)
}

fn at_most(what: &str, text: &str, most: usize) -> Checked {
    if text.len() > most { Err(too_long(what, most)) } else { Ok(()) }
}

fn too_long(what: &str, most: usize) -> Failure {
    invalid(&format!("{what} has more than {most} bytes"))
}

fn invalid(text: &str) -> Failure {
    Failure::new(Code::InvalidArgument, Reason::Invalid, text)
}

#[cfg(test)]
mod tests {
    use outboard_proto::common::{
        Body, EditMessage, ListMessages, ReactToMessage, ShowTyping, body,
    };

    use super::*;

    fn act(act: ModerationAct, reason: &str, duration_us: u64) -> Of {
        let (user_id, channel_id) = ("u1".into(), "c1".into());
        let (act, reason) = (act.into(), reason.into());
        Of::Moderate(ModerateUser {
            user_id,
            act,
            reason,
            duration_us,
            channel_id,
            ..Default::default()
        })
    }

    fn refused(mut of: Of) -> Option<String> {
        check(&mut of).err().map(|failure| failure.message)
    }

    // I83
    #[test]
    fn nobody_is_moderated_without_a_reason() {
        for reason in ["", "  \n"] {
            let says = refused(act(ModerationAct::Warn, reason, 0)).unwrap();
            assert!(says.contains("needs a reason"), "{says}");
        }
        assert!(refused(act(ModerationAct::Warn, &"x".repeat(1025), 0)).is_some());
        assert_eq!(refused(act(ModerationAct::Warn, "spam", 0)), None);
    }

    #[test]
    fn times_of_moderation_make_sense() {
        let second = 1_000_000;
        assert_eq!(refused(act(ModerationAct::Mute, "spam", second)), None);
        assert_eq!(refused(act(ModerationAct::Ban, "spam", 0)), None);
        assert!(refused(act(ModerationAct::Mute, "spam", 0)).is_some());
        // What a negative number becomes on the wire.
        assert!(refused(act(ModerationAct::Ban, "spam", u64::MAX)).is_some());
        assert!(refused(act(ModerationAct::Kick, "spam", second)).is_some());
        assert!(refused(act(ModerationAct::Unspecified, "spam", 0)).is_some());
    }

    #[test]
    fn what_is_left_out_is_filled_in_and_what_is_too_much_is_refused() {
        let list = |most| ListMessages { channel_id: "c1".into(), most, ..Default::default() };
        let mut of = Of::ListMessages(list(0));
        check(&mut of).unwrap();
        assert_eq!(of, Of::ListMessages(list(50)));
        assert!(refused(Of::ListMessages(list(101))).is_some());
        assert!(refused(Of::ListMessages(ListMessages::default())).is_some());
        let long = ShowTyping { channel_id: "c1".into(), ttl_us: 61_000_000, ..Default::default() };
        assert!(refused(Of::Typing(long)).is_some());
        let react = |reaction: &str| {
            let (channel_id, message_id) = ("c1".into(), "m1".into());
            let reaction = reaction.into();
            Of::React(ReactToMessage { channel_id, message_id, reaction, ..Default::default() })
        };
        assert_eq!(refused(react("👍")), None);
        assert!(refused(react("")).is_some());
        assert!(refused(react(&"👍".repeat(20))).is_some());
    }

    #[test]
    fn what_does_not_fit_a_frame_is_refused() {
        let body = Body { content: Some(body::Content::Plain("x".repeat(FRAME_BYTES))) };
        let (channel_id, message_id) = ("c1".into(), "m1".into());
        let edit = EditMessage { channel_id, message_id, body: Some(body), ..Default::default() };
        let failure = check(&mut Of::Edit(edit)).unwrap_err();
        assert_eq!(failure.reason(), Reason::FrameTooLarge);
    }
}
