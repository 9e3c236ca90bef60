//! What was typed and is not over: a script says its next line when nothing of the last is under
//! way. It refuses to know what was typed.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use tokio::time::Instant;

use crate::dev::news::Talked;
use crate::report::TraceRecord;

/// How long one line is waited for. An answer that was put off may take that long from each word
/// to the next.
const PATIENCE: Duration = Duration::from_secs(20);

/// Events that are on their way to the plugin, and answers that follow.
#[derive(Debug)]
pub struct Pending {
    /// Somebody waits: a person does not.
    counts: bool,
    talking: usize,
    /// Deliveries to come, by event.
    awaited: HashMap<String, u32>,
    /// Deliveries that came, by event: some are quicker than the word that there will be some.
    delivered: HashMap<String, u32>,
    deferred: HashSet<String>,
    followed: HashSet<String>,
    since: Instant,
}

impl Pending {
    /// Nothing is under way; nothing will be counted unless somebody waits for it.
    pub fn new(counts: bool) -> Self {
        Self {
            counts,
            talking: 0,
            awaited: HashMap::new(),
            delivered: HashMap::new(),
            deferred: HashSet::new(),
            followed: HashSet::new(),
            since: Instant::now(),
        }
    }

    /// A line was said.
    pub fn begin(&mut self) {
        self.talking += 1;
        self.since = Instant::now();
    }

    /// It is said; this is still to come of it.
    pub fn talked(&mut self, talked: Talked) {
        self.talking = self.talking.saturating_sub(1);
        if !self.counts {
            return;
        }
        self.since = Instant::now();
        if let Some((event, subscriptions)) = talked.event {
            let came = self.delivered.remove(&event).unwrap_or(0);
            if subscriptions > came {
                self.awaited.insert(event, subscriptions - came);
            }
        }
        self.deferred.extend(talked.deferred.filter(|it| !self.followed.remove(it)));
    }

    /// Nothing more follows an answer that was put off.
    pub fn followed(&mut self, interaction: String) {
        if self.counts && !self.deferred.remove(&interaction) {
            self.followed.insert(interaction);
        }
    }

    /// An event came to the plugin, for good.
    pub fn traced(&mut self, record: &TraceRecord) {
        let again = ["failed", "timed-out", "lost"].contains(&record.outcome.as_str())
            && record.delivery == "at-least-once";
        if !self.counts || record.kind != "delivery" || again {
            return;
        }
        self.since = Instant::now();
        match self.awaited.get_mut(&record.id) {
            Some(left) if *left > 1 => *left -= 1,
            Some(_) => drop(self.awaited.remove(&record.id)),
            None => *self.delivered.entry(record.id.clone()).or_insert(0) += 1,
        }
    }

    /// Whether somebody has to wait.
    pub fn waits(&self) -> bool {
        self.counts && (self.talking > 0 || !self.awaited.is_empty() || !self.deferred.is_empty())
    }

    /// Until when.
    pub fn until(&self) -> Instant {
        self.since + PATIENCE
    }

    /// It took too long: whatever comes of it comes later.
    pub fn give_up(&mut self) {
        *self = Self::new(self.counts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(id: &str, outcome: &str, delivery: &str) -> TraceRecord {
        TraceRecord::from(outboard_proto::admin::TraceRecord {
            kind: "delivery".into(),
            id: id.into(),
            outcome: outcome.into(),
            delivery: delivery.into(),
            ..Default::default()
        })
    }

    fn of(event: &str, subscriptions: u32) -> Talked {
        Talked { event: Some((event.to_owned(), subscriptions)), deferred: None }
    }

    #[tokio::test]
    async fn a_line_is_over_when_its_event_has_come_whichever_is_told_first() {
        let mut pending = Pending::new(true);
        pending.begin();
        assert!(pending.waits());
        pending.traced(&delivery("e1", "delivered", "best-effort"));
        pending.talked(of("e1", 1));
        assert!(!pending.waits());
        pending.begin();
        pending.talked(of("e2", 1));
        pending.traced(&delivery("e2", "failed", "at-least-once"));
        assert!(pending.waits(), "it comes again");
        pending.traced(&delivery("e2", "dead-letter", "at-least-once"));
        assert!(!pending.waits());
    }

    #[tokio::test]
    async fn an_answer_that_was_put_off_is_waited_for() {
        let mut pending = Pending::new(true);
        pending.begin();
        pending.talked(Talked { event: None, deferred: Some("i1".to_owned()) });
        assert!(pending.waits());
        pending.followed("i1".to_owned());
        assert!(!pending.waits());
    }
}
