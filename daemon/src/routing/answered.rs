//! Whether what an app answered is what it was asked for: the kind of thing, how many, and where.
//!
//! Pure; what comes of an answer that does not fit is said elsewhere.

use outboard_proto::app::{answer, request::Of};
use outboard_proto::common::{Channel, ChannelInfo, Message, find_channel, find_user};
use outboard_proto::operations;

/// Why an answer does not fit its question, in words for the app's author; nothing if it does.
pub fn misfit(asked: &Of, result: Option<&answer::Result>) -> Option<String> {
    let row = operations::of(asked);
    let Some(result) = result else { return Some("it says nothing".to_owned()) };
    if !operations::fits(row.answered, result) {
        return Some(format!("{} is answered with {:?}", row.name, row.answered));
    }
    match (asked, result) {
        (Of::GetMessage(get), answer::Result::Message(message)) => {
            let other = message.id != get.message_id;
            let other = other.then(|| format!("message {} is not the one", message.id));
            other.or_else(|| elsewhere(message, &get.channel_id, ""))
        }
        (Of::ListMessages(list), answer::Result::Messages(page)) => page_of(
            &page.messages,
            (list.most, &list.before),
            (&list.channel_id, &list.thread_root),
        ),
        (Of::SearchMessages(search), answer::Result::Messages(page)) => {
            page_of(&page.messages, (search.most, &search.before), (&search.channel_id, ""))
        }
        (Of::ListChannels(list), answer::Result::Channels(page)) => {
            too_many(page.channels.len(), list.most)
                .or_else(|| page.channels.iter().find_map(nameless))
        }
        (Of::FindChannel(find), answer::Result::Channel(channel)) => {
            nameless(channel).or_else(|| other_channel(find.by.as_ref(), channel.channel.as_ref()))
        }
        (Of::CreateChannel(_), answer::Result::Channel(channel)) => nameless(channel),
        (Of::FindUser(find), answer::Result::User(user)) => {
            let sender = user.sender.as_ref().filter(|sender| !sender.id.is_empty());
            match (&find.by, sender) {
                (_, None) => Some("a user needs an id".to_owned()),
                (Some(find_user::By::Id(id)), Some(sender)) if *id != sender.id => {
                    Some(format!("user {} is not the one", sender.id))
                }
                (_, Some(_)) => None,
            }
        }
        (Of::StatFile(stat), answer::Result::File(found)) => {
            let id = found.file.as_ref().map_or("", |file| &file.id);
            (id != stat.file_id).then(|| format!("file {id:?} is not the one"))
        }
        (Of::ReadFile(read), answer::Result::FilePiece(piece)) => {
            // A piece of nothing would be asked for again and again.
            let many = piece.data.len() > read.most as usize;
            let fits = !many && (piece.last || !piece.data.is_empty());
            (!fits).then(|| format!("a piece has {} bytes of {}", piece.data.len(), read.most))
        }
        _ => None,
    }
}

/// Of a page: at most so many, none twice begun, all in the channel and thread.
fn page_of(
    messages: &[Message],
    (most, before): (u32, &str),
    (channel, thread): (&str, &str),
) -> Option<String> {
    too_many(messages.len(), most).or_else(|| {
        messages.iter().find_map(|message| {
            // A page that begins where it was to end would be asked for again and again.
            let stuck = !before.is_empty() && message.id == before;
            let stuck = (stuck || message.id.is_empty())
                .then(|| format!("message {:?} does not belong in the page", message.id));
            stuck.or_else(|| elsewhere(message, channel, thread))
        })
    })
}

fn too_many(count: usize, most: u32) -> Option<String> {
    let many = u32::try_from(count).is_ok_and(|count| count <= most);
    (!many).then(|| format!("{count} were given where {most} are the most"))
}

fn elsewhere(message: &Message, channel: &str, thread: &str) -> Option<String> {
    let stands = message.channel.as_ref().map_or("", |channel| &channel.id);
    if stands.is_empty() || (!channel.is_empty() && stands != channel) {
        return Some(format!("message {} is of channel {stands:?}", message.id));
    }
    let within = thread.is_empty() || message.thread_root == thread || message.id == thread;
    (!within).then(|| format!("message {} is of another thread", message.id))
}

fn nameless(channel: &ChannelInfo) -> Option<String> {
    let named = channel.channel.as_ref().is_some_and(|channel| !channel.id.is_empty());
    (!named).then(|| "a channel needs an id".to_owned())
}

fn other_channel(by: Option<&find_channel::By>, found: Option<&Channel>) -> Option<String> {
    let found = found.map_or("", |channel| &channel.id);
    match by {
        Some(find_channel::By::Id(id)) if id != found => {
            Some(format!("channel {found} is not the one"))
        }
        Some(find_channel::By::Id(_) | find_channel::By::Name(_)) | None => None,
    }
}

#[cfg(test)]
mod tests {
    use outboard_proto::app::{Sent, answer::Result as Answer};
    use outboard_proto::common::{Done, GetMessage, ListMessages, MessagePage};
    use proptest::prelude::*;

    use super::*;

    fn message(id: &str, channel: &str, thread: &str) -> Message {
        Message {
            id: id.into(),
            channel: Some(Channel { id: channel.into(), ..Channel::default() }),
            thread_root: thread.into(),
            ..Message::default()
        }
    }

    fn page(messages: Vec<Message>) -> Answer {
        Answer::Messages(MessagePage { messages, more: false })
    }

    fn list(most: u32, thread: &str) -> Of {
        let (channel_id, thread_root) = ("c1".into(), thread.into());
        Of::ListMessages(ListMessages { channel_id, thread_root, most, ..Default::default() })
    }

    // I80
    #[test]
    fn an_answer_of_another_kind_does_not_fit() {
        let edit = Of::Edit(Default::default());
        assert_eq!(misfit(&edit, Some(&Answer::Done(Done {}))), None);
        assert_eq!(misfit(&edit, Some(&Answer::Failure(Default::default()))), None);
        for wrong in [Some(Answer::Sent(Sent::default())), Some(page(vec![])), None] {
            assert!(misfit(&edit, wrong.as_ref()).is_some(), "{wrong:?}");
        }
    }

    // I80
    #[test]
    fn one_message_is_the_one_that_was_asked_for() {
        let get =
            GetMessage { channel_id: "c1".into(), message_id: "m1".into(), ..Default::default() };
        let fits = |it: Message| {
            misfit(&Of::GetMessage(get.clone()), Some(&Answer::Message(Box::new(it))))
        };
        assert_eq!(fits(message("m1", "c1", "")), None);
        assert!(fits(message("m2", "c1", "")).is_some());
        assert!(fits(message("m1", "c2", "")).is_some());
        assert!(fits(message("m1", "", "")).is_some());
    }

    // I80
    #[test]
    fn of_a_thread_come_its_messages_and_the_one_that_opened_it() {
        let asked = list(10, "m1");
        let own = vec![message("m1", "c1", ""), message("m2", "c1", "m1")];
        assert_eq!(misfit(&asked, Some(&page(own))), None);
        assert!(misfit(&asked, Some(&page(vec![message("m3", "c1", "m9")]))).is_some());
    }

    proptest! {
        // I80
        #[test]
        fn a_page_fits_only_if_all_of_it_is_of_the_channel_and_not_too_much(
            most in 1_u32..5, channels in proptest::collection::vec(0_u8..3, 0..8)
        ) {
            let messages: Vec<Message> = channels.iter().enumerate().map(|(n, channel)| {
                message(&format!("m{n}"), &format!("c{channel}"), "")
            }).collect();
            let fits = misfit(&list(most, ""), Some(&page(messages))).is_none();
            let wanted = channels.len() <= most as usize && channels.iter().all(|it| *it == 1);
            prop_assert_eq!(fits, wanted);
        }
    }
}
