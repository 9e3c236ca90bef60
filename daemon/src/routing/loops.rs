//! The last backstop against plugins that answer each other: so many messages of plugins in one
//! channel without a person's word between them are taken for a loop.
//!
//! The hop limit ends loops whose messages name their cause; this one needs nobody's word. It knows
//! channels by their id alone, and counts what was let through, whoever sent it.

use std::collections::HashMap;
use std::time::Duration;

use outboard_proto::common::{Channel, Failure, Message, Reason, Sender, SenderKind};
use outboard_supervision::Moment;

use super::Core;
use crate::payload::{Payload, Reader, Wire};

/// Messages of plugins that one channel bears without a person's word.
const MESSAGES: u32 = 20;
/// Silence after which a channel's count begins anew.
const FORGET: Duration = Duration::from_secs(10 * 60);
/// Channels counted at once: under 1 MiB even at the longest ids. Beyond, the longest silent goes.
const CHANNELS: usize = 4096;

/// Channels in which plugins spoke last.
#[derive(Debug, Default)]
pub struct Loops(HashMap<Box<str>, Streak>);

#[derive(Debug, Clone, Copy)]
struct Streak {
    count: u32,
    last: Moment,
}

impl Loops {
    /// Whether any channel is counted: if not, nobody's word matters.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A person spoke in a channel.
    pub fn person_spoke(&mut self, channel: &str) {
        self.0.remove(channel);
    }

    /// A plugin wants to speak in a channel.
    ///
    /// # Errors
    /// It would be one message too many; the time after which it would not.
    pub fn plugin_speaks(&mut self, channel: &str, now: Moment) -> Result<(), Duration> {
        let Some(streak) = self.0.get_mut(channel) else {
            self.make_room(now);
            self.0.insert(channel.into(), Streak { count: 1, last: now });
            return Ok(());
        };
        let silent = now.since(streak.last);
        if silent >= FORGET {
            streak.count = 0;
        }
        if streak.count >= MESSAGES {
            return Err(FORGET.saturating_sub(silent));
        }
        *streak = Streak { count: streak.count + 1, last: now };
        Ok(())
    }

    fn make_room(&mut self, now: Moment) {
        if self.0.len() < CHANNELS {
            return;
        }
        self.0.retain(|_, streak| now.since(streak.last) < FORGET);
        let longest = self.0.iter().min_by_key(|(_, streak)| streak.last);
        if let Some(channel) = longest.map(|(channel, _)| channel.clone())
            && self.0.len() >= CHANNELS
        {
            self.0.remove(&channel);
        }
    }
}

/// What a plugin hears that would speak once too often.
pub fn suspected(channel: &str, after: Duration) -> Failure {
    let text = format!(
        "{MESSAGES} messages of plugins in {channel} without a person's between them: they seem to \
         answer each other"
    );
    Failure::new(tonic::Code::FailedPrecondition, Reason::LoopSuspected, text).retry_after(after)
}

impl Core {
    /// A message was published: where a person wrote it, the channel's count begins anew.
    pub fn heard(&mut self, message: &Message) {
        if message.origin.is_none() {
            self.acted(message.sender.as_ref(), message.channel.as_ref());
        }
    }

    /// Somebody ran a command: a person's word, too.
    pub fn acted(&mut self, by: Option<&Sender>, channel: Option<&Channel>) {
        if !self.loops.is_empty()
            && by.is_some_and(|it| it.kind() == SenderKind::User)
            && let Some(channel) = channel
        {
            self.loops.person_spoke(&channel.id);
        }
    }

    /// A hook is asked about a message: as when it was published, without taking it apart.
    pub fn heard_at_hook(&mut self, payload: &Payload) {
        if self.loops.is_empty() {
            return;
        }
        if let Some(channel) = channel_of_person(payload.bytes()) {
            self.loops.person_spoke(channel);
        }
    }
}

/// The channel in which a person is about to post what a payload says; `None` where nobody is.
fn channel_of_person(payload: &[u8]) -> Option<&str> {
    let [message] = delimited(payload, [1])?;
    let [channel, sender, origin] = delimited(message, [4, 5, 17])?;
    (origin.is_empty() && kind_of(sender)? == SenderKind::User as u64).then_some(())?;
    let [id] = delimited(channel, [1])?;
    std::str::from_utf8(id).ok()
}

/// The values of these fields, the last of each; empty where there is none.
fn delimited<const N: usize>(bytes: &[u8], wanted: [u32; N]) -> Option<[&[u8]; N]> {
    let mut found = [&bytes[..0]; N];
    let mut reader = Reader::new(bytes);
    while !reader.is_done() {
        let (number, wire) = reader.key()?;
        if wire == Wire::Delimited {
            let value = reader.delimited()?;
            if let Some(at) = wanted.iter().position(|it| *it == number) {
                found[at] = value;
            }
        } else {
            pass_over(&mut reader, wire)?;
        }
    }
    Some(found)
}

fn kind_of(sender: &[u8]) -> Option<u64> {
    let (mut kind, mut reader) = (0, Reader::new(sender));
    while !reader.is_done() {
        match reader.key()? {
            (3, Wire::Varint) => kind = reader.varint()?,
            (_, wire) => pass_over(&mut reader, wire)?,
        }
    }
    Some(kind)
}

fn pass_over(reader: &mut Reader<'_>, wire: Wire) -> Option<()> {
    match wire {
        Wire::Varint => reader.varint().map(drop),
        Wire::Fixed64 => reader.take(8).map(drop),
        Wire::Delimited => reader.delimited().map(drop),
        Wire::Fixed32 => reader.take(4).map(drop),
    }
}

#[cfg(test)]
mod tests {
    use outboard_proto::common::{HookPayload, Origin, hook_payload::Of};
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::from_millis(seconds * 1000)
    }

    fn speak(loops: &mut Loops, times: u32, now: Moment) -> bool {
        (0..times).all(|_| loops.plugin_speaks("c", now).is_ok())
    }

    #[test]
    fn the_message_after_the_twentieth_is_one_too_many() {
        let mut loops = Loops::default();
        assert!(speak(&mut loops, 20, at(0)));
        assert_eq!(loops.plugin_speaks("c", at(60)), Err(Duration::from_secs(9 * 60)));
        assert_eq!(loops.plugin_speaks("elsewhere", at(60)), Ok(()));
    }

    #[test]
    fn a_persons_word_or_ten_minutes_end_it() {
        let mut loops = Loops::default();
        assert!(speak(&mut loops, 20, at(0)));
        loops.person_spoke("c");
        assert!(speak(&mut loops, 20, at(1)));
        assert!(!speak(&mut loops, 1, at(600)));
        assert!(speak(&mut loops, 20, at(601)));
    }

    #[test]
    fn channels_counted_have_a_bound_and_the_longest_silent_goes() {
        let mut loops = Loops::default();
        for channel in 0..10_000_u64 {
            let _ = loops.plugin_speaks(&channel.to_string(), at(channel / 100));
        }
        assert_eq!(loops.0.len(), CHANNELS);
        assert!(loops.0.contains_key("9999") && !loops.0.contains_key("0"));
    }

    fn payload(kind: SenderKind, id: &str, origin: Option<Origin>) -> HookPayload {
        let sender = Sender { kind: kind.into(), name: "n".into(), ..Sender::default() };
        let channel = Channel { id: id.into(), name: "town".into(), ..Channel::default() };
        let message = Message {
            revision: 7,
            channel: Some(channel),
            sender: Some(sender),
            origin,
            ..Message::default()
        };
        HookPayload { of: Some(Of::BeforePost(message.into())) }
    }

    #[test]
    fn a_person_is_known_without_taking_the_payload_apart() {
        use prost::Message as _;
        let channel = |kind, origin| {
            let bytes = payload(kind, "c", origin).encode_to_vec();
            channel_of_person(&bytes).map(str::to_owned)
        };
        assert_eq!(channel(SenderKind::User, None).as_deref(), Some("c"));
        assert_eq!(channel(SenderKind::Bot, None), None);
        let origin = Some(Origin { plugin: "p".into(), ..Origin::default() });
        assert_eq!(channel(SenderKind::User, origin), None);
    }

    proptest! {
        #[test]
        fn no_bytes_break_the_look(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = channel_of_person(&bytes);
        }
    }
}
