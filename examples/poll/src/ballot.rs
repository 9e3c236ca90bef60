//! One poll: what is asked, what was answered, and how that looks.
//!
//! It refuses to know who may vote, and where it is kept.

use std::collections::BTreeMap;

use outboard_plugin::{Blocks, Button};
use serde::{Deserialize, Serialize};

/// A poll; without a question there is none.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Ballot {
    pub by: String,
    question: String,
    options: Vec<String>,
    /// By the voter's id.
    votes: BTreeMap<String, usize>,
}

impl Ballot {
    /// A new one.
    pub fn of(by: &str, question: &str, answers: &str) -> Result<Self, String> {
        let lines = answers.lines().map(str::trim).filter(|line| !line.is_empty());
        let options: Vec<String> = lines.map(|line| line.chars().take(60).collect()).collect();
        match (2..=6).contains(&options.len()) {
            true => Ok(Self {
                by: by.to_owned(),
                question: question.trim().to_owned(),
                options,
                votes: BTreeMap::new(),
            }),
            false => Err("A poll has two to six answers, one a line.".to_owned()),
        }
    }

    /// Whether this is one of its answers.
    pub fn has(&self, option: Option<usize>) -> bool {
        option.is_some_and(|option| option < self.options.len())
    }

    /// Counts a vote, the last one of each.
    pub fn vote(&mut self, who: String, option: usize) {
        self.votes.insert(who, option);
    }

    fn count(&self, option: usize) -> usize {
        self.votes.values().filter(|vote| **vote == option).count()
    }

    /// How it went.
    pub fn outcome(&self) -> String {
        let counted = (0..self.options.len()).map(|option| (self.count(option), option));
        let most = counted.rev().max_by_key(|(count, _)| *count);
        match most {
            Some((count, option)) if count > 0 => {
                let all = self.votes.len();
                format!("{} {}, with {count} of {all} votes.", self.question, self.options[option])
            }
            Some(_) | None => format!("{} Nobody has voted.", self.question),
        }
    }

    /// The component.
    pub fn blocks(&self) -> Blocks {
        if self.options.is_empty() {
            return Blocks::new()
                .note("Nobody has asked anything yet.")
                .button("Ask something", "new");
        }
        let all = self.votes.len().max(1);
        let answers = self.options.iter().enumerate().fold(
            Blocks::new().heading(self.question.clone()),
            |blocks, (option, label)| {
                let count = self.count(option);
                let percent = u32::try_from(count * 100 / all).unwrap_or(100);
                let button = Button::new(label.clone(), "vote").value(option.to_string());
                blocks.with(button.note(count.to_string()).percent(percent))
            },
        );
        let votes = match self.votes.len() {
            1 => "1 vote so far".to_owned(),
            many => format!("{many} votes so far"),
        };
        let foot = Blocks::new().note(format!("{votes} · {} asks", self.by));
        answers.row(foot.button("Close", "close"))
    }

    /// What the page is told.
    pub fn chart(&self) -> String {
        let options: Vec<_> = self
            .options
            .iter()
            .enumerate()
            .map(|(option, label)| {
                serde_json::json!({ "label": label, "votes": self.count(option) })
            })
            .collect();
        serde_json::json!({ "options": options }).to_string()
    }
}
