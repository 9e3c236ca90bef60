//! A post as the page shows it, and what plugins did to it on its way.
//!
//! The chat's own words; of Outboard's wire it knows how to read a verdict, nothing else.

use std::collections::BTreeMap;

use outboard_app::common::{SkipReason, Step, StepResult};
use outboard_app::{By, Outcome, Why};
use serde::Serialize;

use crate::files::Shown;
use crate::moment::now_ms;

/// One message in a channel.
#[derive(Debug, Clone, Serialize)]
pub struct Post {
    pub id: String,
    pub channel: String,
    pub author: Author,
    pub text: String,
    pub at_ms: i64,
    pub passage: Option<Passage>,
    pub stage: Stage,
    /// Who alone sees it; everyone if nobody is named.
    pub only: Option<String>,
    pub edited: bool,
    /// Who reacted, by reaction.
    pub reactions: BTreeMap<String, Vec<String>>,
    pub files: Vec<Shown>,
}

/// How far a post has come.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "is", content = "why")]
pub enum Stage {
    #[default]
    Said,
    /// A plugin is still writing it.
    Typing,
    /// A plugin works on it; what it says follows.
    Working,
    /// It broke off.
    Broken(String),
    /// A plugin holds it, for this reason.
    Held(String),
    /// It was held, and is not posted.
    Dropped(String),
}

impl Post {
    /// A new one that everyone sees, said now.
    pub fn now(id: String, channel: &str, author: Author, text: impl Into<String>) -> Self {
        let (channel, text, at_ms) = (channel.to_owned(), text.into(), now_ms());
        let (passage, stage, only) = (None, Stage::Said, None);
        let (edited, reactions) = (false, BTreeMap::new());
        let files = Vec::new();
        Self { id, channel, author, text, at_ms, passage, stage, only, edited, reactions, files }
    }
}

/// Who wrote a post.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Author {
    Person { name: String },
    Plugin { name: String, plugin: String },
}

impl Author {
    /// The name they go by.
    pub fn name(&self) -> &str {
        match self {
            Self::Person { name } | Self::Plugin { name, .. } => name,
        }
    }
}

/// How a message came through the plugins.
#[derive(Debug, Clone, Serialize)]
pub struct Passage {
    pub by: Decider,
    pub took_us: u64,
    pub steps: Vec<Part>,
}

/// Who decided.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "snake_case", tag = "who")]
pub enum Decider {
    Plugins,
    Nobody,
    Policy { why: String },
}

/// One plugin's part.
#[derive(Debug, Clone, Serialize)]
pub struct Part {
    pub plugin: String,
    /// continued, replaced, rejected, held, handled, skipped or not_concerned.
    pub did: String,
    /// Why it was skipped, such as `timeout`.
    pub why: Option<String>,
    pub took_us: u64,
}

impl Passage {
    /// What an outcome says of the way there.
    pub fn of<T>(outcome: &Outcome<T>) -> Self {
        let took_us = u64::try_from(outcome.took.as_micros()).unwrap_or(u64::MAX);
        Self { by: decider(&outcome.by), took_us, steps: outcome.steps.iter().map(part).collect() }
    }
}

fn decider(by: &By) -> Decider {
    match by {
        By::Daemon => Decider::Plugins,
        By::Nobody => Decider::Nobody,
        By::Fallback(_, why) => Decider::Policy { why: briefly(why).into() },
    }
}

fn briefly(why: &Why) -> &'static str {
    match why {
        Why::Away | Why::Lost => "daemon away",
        Why::Late | Why::Silent => "daemon silent",
        Why::OverLimit => "too much at once",
        Why::TooLarge(_) => "too large",
        Why::Refused(_) | Why::Unfit => "daemon's answer unusable",
    }
}

fn part(step: &Step) -> Part {
    let skipped = step.result() == StepResult::Skipped;
    Part {
        plugin: step.plugin.clone(),
        did: word(step.result().as_str_name(), "STEP_RESULT_"),
        why: skipped.then(|| word(SkipReason::as_str_name(&step.skipped()), "SKIP_REASON_")),
        took_us: step.took_us,
    }
}

fn word(name: &str, prefix: &str) -> String {
    name.trim_start_matches(prefix).to_lowercase()
}
