//! How far something that is held has come, and who may move it on: of all who decide, one.
//!
//! Pure: time is a parameter. It refuses to know what is held, and where that is kept.
//!
//! ```text
//!        ╭───────────── refused by the app ─────────────╮
//!        ▼                                              │
//!      Held ──release, drop, expiry, deletion──▶ Decided ──told──▶ Told
//! ```

use std::fmt;
use std::str::FromStr;

/// How far it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// Nobody has decided.
    Held,
    /// Somebody has; the app is still to be told.
    Decided(Decision),
    /// The app knows.
    Told(Decision),
}

/// What becomes of it, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// What becomes of it.
    pub way: Way,
    /// Who says so.
    pub by: By,
    /// When, in microseconds since the Unix epoch.
    pub at_us: i64,
}

/// What becomes of something that was held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// The app goes on with it.
    Release,
    /// The app does not do it.
    Drop(Why),
}

/// Why something is dropped.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Why {
    /// For programs; may be empty.
    pub code: String,
    /// For people; may be empty.
    pub text: String,
}

/// Who decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// A person at the command line.
    Operator,
    /// A plugin, by name.
    Plugin(String),
    /// Nobody in time.
    Expiry,
    /// What it was about is gone.
    Deletion,
}

/// What the app said to a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It did as told.
    Done,
    /// It will not, and trying again would not help.
    Refused,
}

impl Stage {
    /// Decides, if nobody has.
    ///
    /// # Errors
    /// The decision that came first.
    pub fn decide(&self, decision: Decision) -> Result<Stage, Decision> {
        match self {
            Stage::Held => Ok(Stage::Decided(decision)),
            Stage::Decided(first) | Stage::Told(first) => Err(first.clone()),
        }
    }

    /// The app has answered a decision. What it will not do is held again, so that it is not lost;
    /// that it will not hear of something dropped changes nothing about it.
    #[must_use]
    pub fn answered(self, answer: Answer) -> Stage {
        match (self, answer) {
            (Stage::Decided(decision), Answer::Done) => Stage::Told(decision),
            (Stage::Decided(decision), Answer::Refused) => match decision.way {
                Way::Release => Stage::Held,
                Way::Drop(_) => Stage::Told(decision),
            },
            // Late news of a decision that was answered before.
            (stage @ (Stage::Held | Stage::Told(_)), _) => stage,
        }
    }
}

impl Decision {
    /// Nobody decided until `expires_us`; `None` if there is time left.
    #[must_use]
    pub fn of_time(expires_us: i64, now_us: i64) -> Option<Decision> {
        let text = "Nobody decided in time.".to_owned();
        let why = Why { code: "HOLD_EXPIRED".to_owned(), text };
        let decision = Decision { way: Way::Drop(why), by: By::Expiry, at_us: now_us };
        (expires_us <= now_us).then_some(decision)
    }

    /// What it was about has been deleted.
    #[must_use]
    pub fn of_deletion(now_us: i64) -> Decision {
        let text = "The message was deleted.".to_owned();
        let why = Why { code: "MESSAGE_DELETED".to_owned(), text };
        Decision { way: Way::Drop(why), by: By::Deletion, at_us: now_us }
    }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            By::Operator => f.write_str("operator"),
            By::Plugin(name) => write!(f, "plugin:{name}"),
            By::Expiry => f.write_str("expiry"),
            By::Deletion => f.write_str("deletion"),
        }
    }
}

impl FromStr for By {
    type Err = String;

    fn from_str(text: &str) -> Result<By, String> {
        match (text, text.strip_prefix("plugin:")) {
            ("operator", _) => Ok(By::Operator),
            ("expiry", _) => Ok(By::Expiry),
            ("deletion", _) => Ok(By::Deletion),
            (_, Some(name)) => Ok(By::Plugin(name.to_owned())),
            (other, None) => Err(format!("{other:?} decides nothing")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Something that happens to what is held.
    #[derive(Debug, Clone)]
    enum News {
        Decide(Decision),
        Answered(Answer),
    }

    fn way() -> impl Strategy<Value = Way> {
        prop_oneof![Just(Way::Release), Just(Way::Drop(Why::default()))]
    }

    fn news() -> impl Strategy<Value = News> {
        let by = prop_oneof![
            Just(By::Operator),
            Just(By::Expiry),
            Just(By::Deletion),
            "[a-z]{2,5}".prop_map(By::Plugin),
        ];
        let decision = (way(), by, any::<i64>());
        prop_oneof![
            decision.prop_map(|(way, by, at_us)| News::Decide(Decision { way, by, at_us })),
            prop_oneof![Just(Answer::Done), Just(Answer::Refused)].prop_map(News::Answered),
        ]
    }

    proptest! {
        /// I67: of all who decide one wins, until the app will not have what is released; and what
        /// the app was told never changes.
        #[test]
        fn one_decision_wins_and_what_was_told_stays(
            history in prop::collection::vec(news(), 0..40),
        ) {
            let mut stage = Stage::Held;
            let mut won: Option<Decision> = None;
            for news in history {
                match news {
                    News::Decide(decision) => match stage.decide(decision.clone()) {
                        Ok(next) => {
                            prop_assert_eq!(won.replace(decision), None);
                            stage = next;
                        }
                        Err(first) => prop_assert_eq!(won.as_ref(), Some(&first)),
                    },
                    News::Answered(answer) => {
                        let before = stage.clone();
                        stage = stage.answered(answer);
                        match (before, &stage) {
                            (Stage::Decided(it), Stage::Held) => {
                                prop_assert_eq!(it.way, Way::Release);
                                prop_assert_eq!(answer, Answer::Refused);
                                won = None;
                            }
                            (Stage::Decided(it), Stage::Told(told)) => prop_assert_eq!(&it, told),
                            (before, after) => prop_assert_eq!(&before, after),
                        }
                    }
                }
                prop_assert_eq!(won.is_none(), stage == Stage::Held);
            }
        }

        #[test]
        fn who_decided_reads_back_as_it_is_written(name in "[a-z:.]{0,9}") {
            for by in [By::Operator, By::Expiry, By::Deletion, By::Plugin(name.clone())] {
                prop_assert_eq!(by.to_string().parse::<By>(), Ok(by));
            }
        }
    }

    #[test]
    fn time_decides_at_its_end_and_not_before() {
        assert_eq!(Decision::of_time(10, 9), None);
        let decision = Decision::of_time(10, 10).unwrap();
        let Way::Drop(why) = decision.way else { panic!() };
        assert_eq!((decision.by, why.code.as_str()), (By::Expiry, "HOLD_EXPIRED"));
    }
}
