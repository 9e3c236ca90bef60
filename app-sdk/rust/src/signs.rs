//! What comes of a command before its result: pieces of a reply, and signs of progress.
//!
//! A table and nothing else: it refuses to know who waits, and how long.

use std::collections::{HashMap, VecDeque};
use std::task::Waker;

use outboard_proto::app::{Progress, StreamDelta};
use outboard_proto::common::Visibility;

/// Bytes of one reply that are kept; the daemon lets no stream have more.
const MOST: usize = 1024 * 1024;

/// Something of a command that is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sign {
    /// More of the reply, to be shown after what was shown before.
    Piece(String),
    /// How far the work is.
    Progress {
        /// 0 to 100.
        percent: u32,
        /// What is being done.
        text: String,
    },
}

/// By interaction: what was not taken yet.
#[derive(Debug, Default)]
pub(crate) struct Signs(HashMap<String, Heard>);

#[derive(Debug, Default)]
struct Heard {
    waiting: VecDeque<Sign>,
    /// All pieces so far, for a result that does not repeat them.
    whole: String,
    visibility: Visibility,
    waker: Option<Waker>,
}

impl Signs {
    /// Begins to listen for an interaction.
    pub(crate) fn open(&mut self, interaction: &str) {
        self.0.insert(interaction.to_owned(), Heard::default());
    }

    /// Nobody listens any more. All that was said in pieces.
    pub(crate) fn close(&mut self, interaction: &str) -> String {
        self.0.remove(interaction).map(|heard| heard.whole).unwrap_or_default()
    }

    /// A piece came; returns whom to wake.
    pub(crate) fn piece(&mut self, delta: StreamDelta) -> Option<Waker> {
        let heard = self.0.get_mut(&delta.interaction_id)?;
        if delta.delta.is_empty() || heard.whole.len() + delta.delta.len() > MOST {
            return None;
        }
        heard.visibility = delta.visibility();
        heard.whole.push_str(&delta.delta);
        match heard.waiting.back_mut() {
            // Whoever reads slowly reads more at once, and nothing is lost.
            Some(Sign::Piece(piece)) => piece.push_str(&delta.delta),
            Some(Sign::Progress { .. }) | None => {
                heard.waiting.push_back(Sign::Piece(delta.delta));
            }
        }
        heard.waker.take()
    }

    /// Who may see what was said of it so far.
    pub(crate) fn visibility(&self, interaction: &str) -> Visibility {
        self.0.get(interaction).map_or(Visibility::Unspecified, |heard| heard.visibility)
    }

    /// A sign of progress came; the newest counts. Returns whom to wake.
    pub(crate) fn progress(&mut self, progress: Progress) -> Option<Waker> {
        let heard = self.0.get_mut(&progress.interaction_id)?;
        let Progress { percent, text, .. } = progress;
        if matches!(heard.waiting.back(), Some(Sign::Progress { .. })) {
            heard.waiting.pop_back();
        }
        heard.waiting.push_back(Sign::Progress { percent, text });
        heard.waker.take()
    }

    /// The next sign, or whom to wake when one comes.
    pub(crate) fn next(&mut self, interaction: &str, waker: &Waker) -> Option<Sign> {
        let heard = self.0.get_mut(interaction)?;
        let sign = heard.waiting.pop_front();
        if sign.is_none() {
            heard.waker = Some(waker.clone());
        }
        sign
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(text: &str) -> StreamDelta {
        let (interaction_id, delta) = ("i".into(), text.into());
        StreamDelta { interaction_id, delta, ..StreamDelta::default() }
    }

    #[test]
    fn a_slow_reader_gets_more_at_once_and_all_of_it() {
        let mut signs = Signs::default();
        signs.open("i");
        for text in ["a", "b", "c"] {
            signs.piece(piece(text));
        }
        assert_eq!(signs.next("i", Waker::noop()), Some(Sign::Piece("abc".into())));
        assert_eq!(signs.next("i", Waker::noop()), None);
        assert_eq!(signs.close("i"), "abc");
        assert_eq!(signs.piece(piece("nobody listens")).map(drop), None);
    }

    #[test]
    fn only_the_newest_progress_counts() {
        let mut signs = Signs::default();
        signs.open("i");
        for percent in [10, 20] {
            signs.progress(Progress { interaction_id: "i".into(), percent, text: String::new() });
        }
        let newest = Sign::Progress { percent: 20, text: String::new() };
        assert_eq!(signs.next("i", Waker::noop()), Some(newest));
        assert_eq!(signs.next("i", Waker::noop()), None);
    }
}
