//! What was carried out already, by idempotency key, so that a request sent twice counts once.
//!
//! Pure: the time comes in. It refuses to know what was asked; it keeps keys and answers.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use outboard_proto::app::answer;
use tokio::time::Instant;

use crate::requests::Ticket;

/// How long an answer is remembered.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// Keys remembered; beyond it the oldest are forgotten. A few MiB at most.
const MOST: usize = 20_000;

/// The keys of the last day.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    by_key: HashMap<String, Progress>,
    finished: VecDeque<(Instant, String)>,
}

#[derive(Debug)]
enum Progress {
    UnderWay(Vec<Ticket>),
    Answered(Box<answer::Result>),
}

/// What is known of a key.
#[derive(Debug, PartialEq)]
pub(crate) enum Known {
    New,
    /// Being carried out; this ticket will get the answer too.
    UnderWay,
    Answered(Box<answer::Result>),
}

impl Seen {
    /// Looks a key up, and notes the ticket that asks.
    pub(crate) fn recall(&mut self, key: &str, ticket: Ticket, now: Instant) -> Known {
        self.expire(now);
        match self.by_key.get_mut(key) {
            Some(Progress::Answered(result)) => Known::Answered(result.clone()),
            Some(Progress::UnderWay(tickets)) => {
                tickets.push(ticket);
                Known::UnderWay
            }
            None => {
                self.by_key.insert(key.to_owned(), Progress::UnderWay(vec![ticket]));
                Known::New
            }
        }
    }

    /// Notes the answer; returns every ticket that waits for it. Only what was carried out is
    /// remembered: after a failure the same key may be tried again.
    pub(crate) fn finish(
        &mut self,
        key: &str,
        result: &answer::Result,
        now: Instant,
    ) -> Vec<Ticket> {
        let waited = match result {
            answer::Result::Failure(_) => self.by_key.remove(key),
            _ => {
                self.finished.push_back((now, key.to_owned()));
                self.by_key.insert(key.to_owned(), Progress::Answered(Box::new(result.clone())))
            }
        };
        match waited {
            Some(Progress::UnderWay(tickets)) => tickets,
            Some(Progress::Answered(_)) | None => Vec::new(),
        }
    }

    /// Forgets a key that was not carried out.
    pub(crate) fn forget(&mut self, key: &str) {
        self.by_key.remove(key);
    }

    fn expire(&mut self, now: Instant) {
        while let Some((at, _)) = self.finished.front() {
            if self.finished.len() <= MOST && now < *at + KEPT {
                return;
            }
            if let Some((_, key)) = self.finished.pop_front() {
                self.by_key.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use outboard_proto::app::Sent;

    fn sent(id: &str) -> answer::Result {
        answer::Result::Sent(Sent { message_id: id.into() })
    }

    fn ticket(id: u64) -> Ticket {
        Ticket { session: 1, id }
    }

    #[test]
    fn a_repetition_gets_the_first_answer() {
        let (mut seen, now) = (Seen::default(), Instant::now());
        assert_eq!(seen.recall("k", ticket(1), now), Known::New);
        assert_eq!(seen.recall("k", ticket(2), now), Known::UnderWay);
        assert_eq!(seen.finish("k", &sent("m1"), now), [ticket(1), ticket(2)]);
        assert_eq!(seen.recall("k", ticket(3), now), Known::Answered(Box::new(sent("m1"))));
    }

    #[test]
    fn a_failure_may_be_tried_again() {
        let (mut seen, now) = (Seen::default(), Instant::now());
        seen.recall("k", ticket(1), now);
        seen.finish("k", &answer::Result::Failure(Default::default()), now);
        assert_eq!(seen.recall("k", ticket(2), now), Known::New);
    }

    #[test]
    fn a_day_later_it_is_forgotten() {
        let (mut seen, now) = (Seen::default(), Instant::now());
        seen.recall("k", ticket(1), now);
        seen.finish("k", &sent("m1"), now);
        assert_eq!(seen.recall("k", ticket(2), now + KEPT), Known::New);
    }
}
