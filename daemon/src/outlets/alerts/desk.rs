//! What of all that is wrong is news: pure, told what is wrong now and what time it is.
//!
//! It refuses to know how anything comes to be wrong, and who is told.

use std::collections::BTreeMap;
use std::time::Duration;

use outboard_supervision::Moment;

use super::{Kind, Subject};

/// News of one subject within this is told together.
pub const TOGETHER: Duration = Duration::from_secs(5 * 60);

/// Something to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it is about.
    pub kind: Kind,
    /// Whom it is about; empty for the daemon.
    pub plugin: String,
    /// What exactly is wrong.
    pub detail: String,
    /// Whether it begins or is over.
    pub turn: Turn,
    /// How often it began since it was last told.
    pub times: u32,
}

/// Whether something begins or is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It is wrong.
    Raised,
    /// It is right again.
    Over,
}

/// What was told of what.
#[derive(Debug, Default)]
pub struct Desk(BTreeMap<Subject, Line>);

#[derive(Debug)]
struct Line {
    detail: String,
    /// It is wrong now.
    wrong: bool,
    /// How often it began, or became worse, since it was last told.
    times: u32,
    told: Option<(Moment, Turn)>,
}

impl Desk {
    /// What is to be told, given all that is wrong at this moment.
    pub fn look(&mut self, now: Moment, found: BTreeMap<Subject, String>) -> Vec<Notice> {
        for line in self.0.iter_mut().filter(|(subject, _)| !found.contains_key(*subject)) {
            line.1.wrong = false;
        }
        for (subject, detail) in found {
            let line = self.0.entry(subject).or_insert_with(Line::new);
            let begins = !line.wrong || line.detail != detail;
            line.times = line.times.saturating_add(u32::from(begins));
            (line.wrong, line.detail) = (true, detail);
        }
        let news = self.0.iter_mut().filter_map(|(subject, line)| line.news(subject, now));
        let news = news.collect();
        self.0.retain(|_, line| line.wrong || !line.is_settled(now));
        news
    }
}

impl Line {
    fn new() -> Self {
        Self { detail: String::new(), wrong: false, times: 0, told: None }
    }

    /// Whether it was told within the time in which news is told together.
    fn is_fresh(&self, now: Moment) -> bool {
        self.told.is_some_and(|(at, _)| now.since(at) < TOGETHER)
    }

    /// Whether there is nothing more to tell, ever.
    fn is_settled(&self, now: Moment) -> bool {
        !self.is_fresh(now) && self.times == 0
    }

    fn news(&mut self, subject: &Subject, now: Moment) -> Option<Notice> {
        let last = self.told.map(|(_, turn)| turn);
        let turn = match (self.wrong, last) {
            // That it is over is told at once: somebody may be on their way.
            (false, Some(Turn::Raised)) => Turn::Over,
            // It came and went while nothing was told.
            (false, _) if self.times > 0 && !self.is_fresh(now) => Turn::Over,
            (true, _) if self.times > 0 && !self.is_fresh(now) => Turn::Raised,
            (_, _) => return None,
        };
        // The time runs from the last beginning: whatever goes on and off is told every 5 minutes.
        let at = match (turn, self.told) {
            (Turn::Over, Some((at, _))) if self.is_fresh(now) => at,
            (Turn::Raised | Turn::Over, _) => now,
        };
        self.told = Some((at, turn));
        let times = std::mem::take(&mut self.times);
        let (kind, plugin) = subject.clone();
        Some(Notice { kind, plugin, detail: self.detail.clone(), turn, times })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment(Duration::from_secs(seconds))
    }

    fn wrong(detail: &str) -> BTreeMap<Subject, String> {
        BTreeMap::from([((Kind::Failed, "dice".to_owned()), detail.to_owned())])
    }

    fn told(notices: &[Notice]) -> Vec<(Turn, u32)> {
        notices.iter().map(|it| (it.turn, it.times)).collect()
    }

    #[test]
    fn a_beginning_and_its_end_are_told_once_each_and_at_once() {
        let mut desk = Desk::default();
        assert_eq!(told(&desk.look(at(0), wrong("x"))), [(Turn::Raised, 1)]);
        assert!(desk.look(at(5), wrong("x")).is_empty());
        assert!(desk.look(at(900), wrong("x")).is_empty());
        assert_eq!(told(&desk.look(at(905), BTreeMap::new())), [(Turn::Over, 0)]);
        assert!(desk.look(at(2000), BTreeMap::new()).is_empty());
        assert_eq!(told(&desk.look(at(2005), wrong("x"))), [(Turn::Raised, 1)]);
    }

    #[test]
    fn what_comes_and_goes_is_told_together() {
        let mut desk = Desk::default();
        desk.look(at(0), wrong("x"));
        assert_eq!(told(&desk.look(at(10), BTreeMap::new())), [(Turn::Over, 0)]);
        for second in [20, 40, 60] {
            assert!(desk.look(at(second), wrong("x")).is_empty());
            assert!(desk.look(at(second + 10), BTreeMap::new()).is_empty());
        }
        assert_eq!(told(&desk.look(at(301), BTreeMap::new())), [(Turn::Over, 3)]);
        assert!(desk.look(at(700), BTreeMap::new()).is_empty());
    }

    #[test]
    fn what_becomes_worse_is_told_again_after_a_while() {
        let mut desk = Desk::default();
        desk.look(at(0), wrong("1 dead letter"));
        assert!(desk.look(at(10), wrong("9 dead letters")).is_empty());
        let later = desk.look(at(300), wrong("9 dead letters"));
        assert_eq!((told(&later), &*later[0].detail), (vec![(Turn::Raised, 1)], "9 dead letters"));
    }

    proptest! {
        /// However it comes and goes: never more than two notices begin within the time, whoever is
        /// told last is told the truth in the end, and nothing is kept of what is over.
        #[test]
        fn notices_are_few_and_end_with_the_truth(
            history in prop::collection::vec(any::<bool>(), 1..200),
        ) {
            let mut desk = Desk::default();
            let (mut raised, mut last) = (Vec::new(), None);
            let mut second = 0;
            let mut step = |desk: &mut Desk, is_wrong: bool, second: u64| {
                let found = if is_wrong { wrong("x") } else { BTreeMap::new() };
                for notice in desk.look(at(second), found) {
                    if notice.turn == Turn::Raised {
                        raised.push(second);
                    }
                    last = Some(notice.turn);
                }
            };
            for is_wrong in &history {
                second += 5;
                step(&mut desk, *is_wrong, second);
            }
            let truth = *history.last().unwrap();
            for _ in 0..130 {
                second += 5;
                step(&mut desk, truth, second);
            }
            let ever = history.contains(&true);
            prop_assert_eq!(last, ever.then_some(if truth { Turn::Raised } else { Turn::Over }));
            for pair in raised.windows(2) {
                prop_assert!(pair[1] - pair[0] >= TOGETHER.as_secs());
            }
            prop_assert!(truth || desk.0.is_empty());
        }
    }
}
