//! What waits to leave: control before calls before events.
//!
//! Frames come encoded, so that nothing here can fail. It refuses to know what they say; of a
//! call it knows the id, of an event its weight against the credit.

use std::collections::VecDeque;
use std::task::Waker;

use bytes::Bytes;
use outboard_proto::limits::{CREDIT_BYTES, FRAME_BYTES};

/// Bytes of calls that may wait, and as many of events: events without credit must not crowd out
/// calls. A daemon that takes nothing for that long is as good as away.
const MOST_BYTES: usize = 8 * 1024 * 1024;

/// How a frame leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// At once, and always taken: pongs, cancels, answers. The other side bounds their number.
    Control,
    /// In turn, if its caller still waits then.
    Call(u64),
    /// In turn, as far as credit goes, if its caller still waits then.
    Event(u64),
    /// A piece of a call's body: after all others, as far as credit goes and leaves an event room.
    /// Whoever sends it asks first whether there is room.
    Piece(u64),
}

/// The frames of one session that have not left yet.
#[derive(Debug)]
pub(crate) struct Egress {
    control: VecDeque<Bytes>,
    calls: VecDeque<(u64, Bytes)>,
    events: VecDeque<(u64, Bytes)>,
    pieces: VecDeque<(u64, Bytes)>,
    call_bytes: usize,
    event_bytes: usize,
    piece_bytes: usize,
    credit: u64,
    taker: Option<Waker>,
}

impl Default for Egress {
    fn default() -> Self {
        Self {
            control: VecDeque::new(),
            calls: VecDeque::new(),
            events: VecDeque::new(),
            pieces: VecDeque::new(),
            call_bytes: 0,
            event_bytes: 0,
            piece_bytes: 0,
            credit: CREDIT_BYTES,
            taker: None,
        }
    }
}

impl Egress {
    /// Takes a frame; false if too much waits already.
    pub(crate) fn push(&mut self, class: Class, frame: Bytes) -> bool {
        match class {
            Class::Control => self.control.push_back(frame),
            Class::Call(id) if self.call_bytes + frame.len() <= MOST_BYTES => {
                self.call_bytes += frame.len();
                self.calls.push_back((id, frame));
            }
            Class::Event(id) if self.event_bytes + frame.len() <= MOST_BYTES => {
                self.event_bytes += frame.len();
                self.events.push_back((id, frame));
            }
            Class::Piece(id) => {
                self.piece_bytes += frame.len();
                self.pieces.push_back((id, frame));
            }
            Class::Call(_) | Class::Event(_) => return false,
        }
        true
    }

    /// The next frame that may leave. `wanted` says whether a call's or event's caller still
    /// waits; the others are dropped here.
    pub(crate) fn pop(&mut self, mut wanted: impl FnMut(u64) -> bool) -> Option<Bytes> {
        if let Some(frame) = self.control.pop_front() {
            return Some(frame);
        }
        while let Some((id, frame)) = self.calls.pop_front() {
            self.call_bytes -= frame.len();
            if wanted(id) {
                return Some(frame);
            }
        }
        while let Some((id, frame)) = self.events.pop_front() {
            if self.credit < frame.len() as u64 {
                self.events.push_front((id, frame));
                return None;
            }
            self.event_bytes -= frame.len();
            if wanted(id) {
                self.credit -= frame.len() as u64;
                return Some(frame);
            }
        }
        self.pop_piece(wanted)
    }

    fn pop_piece(&mut self, mut wanted: impl FnMut(u64) -> bool) -> Option<Bytes> {
        while let Some((id, frame)) = self.pieces.pop_front() {
            let cost = frame.len() as u64;
            if self.credit < cost + FRAME_BYTES as u64 {
                self.pieces.push_front((id, frame));
                return None;
            }
            self.piece_bytes -= frame.len();
            if wanted(id) {
                self.credit -= cost;
                return Some(frame);
            }
        }
        None
    }

    /// Whether another piece of a body may be queued: few wait, so that little is held in memory.
    pub(crate) fn has_room_for_pieces(&self) -> bool {
        self.piece_bytes < FRAME_BYTES
    }

    /// The daemon has taken that many bytes of events off its stream.
    pub(crate) fn credit(&mut self, bytes: u64) {
        self.credit = self.credit.saturating_add(bytes).min(CREDIT_BYTES);
    }

    /// Whom to wake when a frame may leave.
    pub(crate) fn wait(&mut self, taker: &Waker) {
        match &mut self.taker {
            Some(known) => known.clone_from(taker),
            None => self.taker = Some(taker.clone()),
        }
    }

    /// The one that waits for frames, to be woken once the lock is free.
    pub(crate) fn taker(&mut self) -> Option<Waker> {
        self.taker.take()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(size: usize) -> Bytes {
        Bytes::from(vec![0; size])
    }

    #[test]
    fn control_leaves_before_calls_before_events() {
        let mut egress = Egress::default();
        egress.push(Class::Event(3), frame(3));
        egress.push(Class::Call(2), frame(2));
        egress.push(Class::Control, frame(1));
        let sizes: Vec<_> = std::iter::from_fn(|| egress.pop(|_| true)).map(|f| f.len()).collect();
        assert_eq!(sizes, [1, 2, 3]);
    }

    #[test]
    fn events_wait_for_credit_and_calls_pass_them() {
        let mut egress = Egress::default();
        for id in 0..5 {
            egress.push(Class::Event(id), frame(60_000));
        }
        assert_eq!(std::iter::from_fn(|| egress.pop(|_| true)).count(), 4);
        egress.push(Class::Call(9), frame(10));
        assert_eq!(egress.pop(|_| true).unwrap().len(), 10);
        assert!(egress.pop(|_| true).is_none());
        egress.credit(60_000);
        assert!(egress.pop(|_| true).is_some());
    }

    #[test]
    fn pieces_go_last_and_leave_credit_for_an_event() {
        let mut egress = Egress::default();
        for _ in 0..8 {
            egress.push(Class::Piece(1), frame(32_000));
        }
        let sent = std::iter::from_fn(|| egress.pop(|_| true)).count();
        assert_eq!(sent, 6, "192,000 of 262,144 bytes");
        egress.push(Class::Event(2), frame(60_000));
        egress.push(Class::Call(3), frame(7));
        assert_eq!(egress.pop(|_| true).unwrap().len(), 7);
        assert_eq!(egress.pop(|_| true).unwrap().len(), 60_000);
        assert!(egress.pop(|_| true).is_none());
        // Its caller has the answer: the rest of the body is not sent.
        egress.credit(262_144);
        assert!(egress.pop(|_| false).is_none() && egress.has_room_for_pieces());
    }

    #[test]
    fn a_call_whose_caller_has_gone_never_leaves() {
        let mut egress = Egress::default();
        egress.push(Class::Call(1), frame(10));
        egress.push(Class::Call(2), frame(20));
        assert_eq!(egress.pop(|id| id == 2).unwrap().len(), 20);
        assert_eq!(egress.call_bytes, 0);
    }

    #[test]
    fn too_many_calls_are_refused_but_events_and_control_fit() {
        let mut egress = Egress::default();
        assert!(egress.push(Class::Call(1), frame(MOST_BYTES)));
        assert!(!egress.push(Class::Call(2), frame(1)));
        assert!(egress.push(Class::Event(3), frame(1)));
        assert!(egress.push(Class::Control, frame(1)));
    }
}
