//! A reply that is said piece by piece: in order, of a bounded size, always with an end.
//!
//! The pieces are passed on and not kept. It refuses to know what they say.

use outboard_proto::app::{StreamDelta, command_result, daemon_frame};
use outboard_proto::common::{Failure, Reason, Visibility};
use outboard_proto::plugin::Partial;
use outboard_supervision::Moment;

use super::{CommandCall, cancelled};
use crate::routing::call::Stage;
use crate::routing::{Core, MemberId};

/// Bytes one streamed reply may have. With every call of a plugin streaming to an app that reads
/// nothing, 64 MiB wait.
const MOST: usize = 1024 * 1024;

/// How far a stream has come.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Said {
    next: u64,
    bytes: usize,
    /// Whoever may see the first piece, and no one else, sees the rest.
    seen_by: SeenBy,
}

/// Who sees a stream.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum SeenBy {
    #[default]
    All,
    One,
}

/// Why a piece cannot be passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unfit {
    OutOfOrder { expected: u64, found: u64 },
    TooMuch,
}

impl Said {
    /// Whether anything was said.
    pub fn has_begun(&self) -> bool {
        self.next > 0
    }

    /// Who sees the whole of it; `None` where nothing was said.
    pub fn visibility(&self) -> Option<Visibility> {
        self.has_begun().then_some(match self.seen_by {
            SeenBy::All => Visibility::All,
            SeenBy::One => Visibility::One,
        })
    }

    fn add(&mut self, piece: &Partial) -> Result<(), Unfit> {
        if piece.seq != self.next {
            return Err(Unfit::OutOfOrder { expected: self.next, found: piece.seq });
        }
        if self.bytes + piece.delta.len() > MOST {
            return Err(Unfit::TooMuch);
        }
        if !self.has_begun() {
            self.seen_by = match piece.visibility() {
                Visibility::One => SeenBy::One,
                Visibility::All | Visibility::Unspecified => SeenBy::All,
            };
        }
        self.next += 1;
        self.bytes += piece.delta.len();
        Ok(())
    }
}

impl Unfit {
    fn failure(self) -> Failure {
        match self {
            Self::OutOfOrder { expected, found } => {
                let text = format!("piece {found} of the reply came where {expected} was next");
                Failure::new(tonic::Code::Internal, Reason::ProtocolViolation, text)
            }
            Self::TooMuch => {
                let text = format!("a streamed reply may have {} KiB", MOST / 1024);
                Failure::new(tonic::Code::ResourceExhausted, Reason::StreamTooLarge, text)
            }
        }
    }
}

impl Core {
    pub(super) fn partial(
        &mut self,
        id: MemberId,
        serial: u64,
        partial: Partial,
        now: Moment,
    ) -> bool {
        let current = self.members.get(id).and_then(|member| member.seat.as_ref());
        let current = current.is_some_and(|seat| seat.serial == serial);
        let handed = self.calls.find(partial.call).filter(|key| {
            let call = self.calls.get(*key);
            current && call.is_some_and(|it| it.member == id && matches!(it.stage, Stage::Handed))
        });
        let Some(key) = handed else { return false };
        let Some(command) = self.calls.command_mut(key) else {
            // Hooks and the like answer whole.
            self.members[id].traffic.rule_breaks += 1;
            return false;
        };
        let useful = !partial.delta.is_empty();
        match command.said.add(&partial) {
            Ok(()) => self.pass_on(key, partial, now),
            Err(unfit) => {
                self.members[id].traffic.rule_breaks += 1;
                self.fail_command(key, unfit.failure(), now);
            }
        }
        useful
    }

    fn pass_on(&mut self, key: usize, partial: Partial, now: Moment) {
        let Some(command) = self.calls.command_mut(key) else { return };
        let (node, gap) = (command.node(), command.gap);
        let delta = StreamDelta {
            interaction_id: command.interaction_id.clone(),
            seq: partial.seq,
            delta: partial.delta,
            visibility: command.said.visibility().unwrap_or_default().into(),
            ..StreamDelta::default()
        };
        self.extend_call(key, now + gap);
        // A unary caller that named no node hears the whole at the end.
        let Some(node) = node else { return };
        if !self.nodes.tell(node, daemon_frame::Kind::Delta(delta), now) {
            // A piece is missing: the rest would be worth nothing.
            self.fail_command(key, cancelled("the app takes no more of the stream"), now);
        }
    }

    /// The last word of a stream that has begun: its end, or why it breaks off.
    pub(super) fn end_stream(&mut self, command: &CommandCall, result: &command_result::Result) {
        let Some(node) = command.node().filter(|_| command.said.has_begun()) else { return };
        let (end, abort) = match result {
            command_result::Result::Reply(_) => (true, None),
            command_result::Result::Failure(failure) => (false, Some(failure.clone())),
        };
        let last = StreamDelta {
            interaction_id: command.interaction_id.clone(),
            seq: command.said.next,
            delta: String::new(),
            end,
            abort,
            visibility: command.said.visibility().unwrap_or_default().into(),
        };
        let now = self.clock.now();
        // An app that takes nothing is as good as gone; its session's end ends the stream too.
        let _ = self.nodes.tell(node, daemon_frame::Kind::Delta(last), now);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever numbers come, those taken are 0, 1, 2, … and their bytes stay within bounds.
        #[test]
        fn pieces_are_taken_in_order_and_within_bounds(
            pieces in prop::collection::vec((0..6u64, 0..400_000usize), 0..20),
        ) {
            let (mut said, mut taken, mut bytes) = (Said::default(), 0, 0);
            for (seq, size) in pieces {
                let piece = Partial { seq, delta: "x".repeat(size), ..Partial::default() };
                if said.add(&piece).is_ok() {
                    prop_assert_eq!(seq, taken);
                    taken += 1;
                    bytes += size;
                }
                prop_assert!(bytes <= MOST);
                prop_assert_eq!(said.has_begun(), taken > 0);
            }
        }
    }
}
