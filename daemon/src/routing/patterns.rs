//! One automaton for the patterns of all plugins: a text is matched once, whoever asks.
//!
//! It is built beside the data plane, when registrations have changed; until it is there, each
//! pattern answers for itself. Both answers are the same: the set only costs less.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use regex::SetMatches;
use tokio::sync::Notify;

use super::{Core, Switchboard};
use crate::config::manifest::filter::Filter;
use crate::config::pattern::PatternSet;

/// The automaton in use.
#[derive(Debug, Default)]
pub struct Patterns {
    set: Arc<PatternSet>,
    stale: Arc<Notify>,
}

/// What is known of the texts of one act: which patterns match each, once somebody has asked.
#[derive(Debug, Default)]
pub struct Found(RefCell<Vec<Option<SetMatches>>>);

/// A filter's pattern and its place in the set, if it has one there.
#[derive(Debug, Clone, Default)]
pub struct Place(Option<(Arc<PatternSet>, usize)>);

impl Patterns {
    /// Where a filter's pattern stands in the set.
    pub fn place(&self, filter: &Filter) -> Place {
        let place = filter.text.as_ref().and_then(|it| self.set.place(it.as_written()));
        Place(place.map(|place| (Arc::clone(&self.set), place)))
    }
}

impl Found {
    /// Whether the filter's pattern matches a text, which is always the same one under its number.
    pub fn matches(&self, filter: &Filter, place: &Place, (number, text): (usize, &str)) -> bool {
        match (&place.0, &filter.text) {
            (_, None) => true,
            (Some((set, place)), Some(_)) => {
                let mut known = self.0.borrow_mut();
                if known.len() <= number {
                    known.resize_with(number + 1, Option::default);
                }
                known[number].get_or_insert_with(|| set.matches(text)).matched(*place)
            }
            (None, Some(pattern)) => pattern.matches(text),
        }
    }
}

impl Core {
    /// Registrations have changed: whether the set still has all patterns, and no others.
    pub fn note_patterns(&mut self) {
        if *self.patterns.set.written() != self.written_patterns() {
            self.patterns.stale.notify_one();
        }
    }

    fn written_patterns(&self) -> BTreeSet<String> {
        let members = self.members.iter().map(|(_, member)| &member.is);
        let filters = members.flat_map(|it| {
            let of_hooks = it.interceptors.iter().map(|it| &it.filter);
            of_hooks.chain(it.subscriptions.iter().map(|it| &it.filter))
        });
        let patterns = filters.filter_map(|filter| filter.text.as_ref());
        patterns.map(|it| it.as_written().to_owned()).collect()
    }

    fn adopt_patterns(&mut self, set: PatternSet) {
        self.patterns.set = Arc::new(set);
        self.rebuild_pipelines();
        self.rebuild_subscribers();
    }
}

impl Switchboard {
    /// Builds the set anew whenever it is stale, for ever. Runs as a task of its own.
    pub async fn keep_patterns(self) {
        let stale = Arc::clone(&self.lock().patterns.stale);
        loop {
            stale.notified().await;
            let wanted = self.lock().written_patterns();
            // Thousands of patterns take their time; messages do not wait for them.
            let built = tokio::task::spawn_blocking(|| PatternSet::build(wanted)).await;
            match built {
                Ok(set) => self.with(|core, _| core.adopt_patterns(set)),
                Err(error) => tracing::error!(%error, "the set of patterns could not be built"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::pattern::TextPattern;

    // I65
    #[test]
    fn each_text_of_an_act_is_matched_once_and_for_itself() {
        let written = BTreeSet::from(["^a".to_owned(), "b$".to_owned()]);
        let patterns =
            Patterns { set: Arc::new(PatternSet::build(written)), ..Patterns::default() };
        let found = Found::default();
        let matches = |pattern: &str, text| {
            let text_pattern = Some(TextPattern::parse(pattern).unwrap());
            let filter = Filter { text: text_pattern, ..Filter::default() };
            found.matches(&filter, &patterns.place(&filter), text)
        };
        assert!(matches("^a", (1, "ab")) && matches("b$", (1, "ab")));
        assert!(!matches("^a", (0, "bb")) && matches("b$", (0, "bb")));
        assert!(matches("^a", (1, "known already")), "it is not looked at again");
        assert!(matches("new", (1, "new")), "not in the set yet");
    }
}
