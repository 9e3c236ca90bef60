//! What plugins show, as the daemon lists it, and what each component says now.
//!
//! It puts together what comes in pieces. It refuses to know how anything looks.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use outboard_proto::app::Catalogue;
use outboard_proto::common::{UiContent, UiContribution};
use tokio::sync::watch;

/// What plugins show now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shown {
    /// Everything, in the daemon's order: by plugin, then as its manifest has it.
    pub contributions: Vec<UiContribution>,
    contents: BTreeMap<(String, String), Arc<UiContent>>,
}

impl Shown {
    /// What a component says; `None` until it has said something.
    #[must_use]
    pub fn content(&self, plugin: &str, id: &str) -> Option<&UiContent> {
        self.contents.get(&(plugin.to_owned(), id.to_owned())).map(|it| &**it)
    }
}

/// Catalogue and contents, as they come in.
#[derive(Debug)]
pub(crate) struct Board {
    pub(crate) catalogue: watch::Sender<Catalogue>,
    pub(crate) shown: watch::Sender<Shown>,
    /// A list that goes on in the next frame.
    begun: Mutex<Option<Catalogue>>,
}

impl Board {
    pub(crate) fn new() -> Self {
        let catalogue = watch::Sender::new(Catalogue::default());
        Self { catalogue, shown: watch::Sender::new(Shown::default()), begun: Mutex::default() }
    }

    /// A new session: what an old one has begun is void.
    pub(crate) fn begin(&self, catalogue: Catalogue) {
        *self.begun.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.shown.send_modify(|shown| shown.contents.clear());
        self.list(catalogue);
    }

    /// A list, or a piece of one.
    pub(crate) fn list(&self, piece: Catalogue) {
        let whole = {
            let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
            let mut list = match begun.take() {
                Some(mut list) if list.revision == piece.revision && list.more => {
                    list.ui.extend(piece.ui);
                    list
                }
                Some(_) | None => Catalogue { more: false, ..piece.clone() },
            };
            list.more = piece.more;
            if list.more {
                *begun = Some(list);
                return;
            }
            list
        };
        let contributions = whole.ui.clone();
        self.shown.send_modify(|shown| {
            let listed = |plugin: &str, id: &str| {
                contributions.iter().any(|it| it.plugin == plugin && it.id == id)
            };
            shown.contents.retain(|(plugin, id), _| listed(plugin, id));
            shown.contributions = contributions;
        });
        self.catalogue.send_replace(whole);
    }

    /// What a component says now.
    pub(crate) fn say(&self, content: UiContent) {
        self.shown.send_if_modified(|shown| {
            let key = (content.plugin.clone(), content.id.clone());
            let is_newer = |known: &Arc<UiContent>| known.revision < content.revision;
            let newer = shown.contents.get(&key).is_none_or(is_newer);
            if newer {
                shown.contents.insert(key, Arc::new(content));
            }
            newer
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(revision: u64, ids: &[&str], more: bool) -> Catalogue {
        let it = |id: &&str| UiContribution {
            plugin: "poll".into(),
            id: (*id).into(),
            ..UiContribution::default()
        };
        Catalogue { revision, ui: ids.iter().map(it).collect(), more, ..Catalogue::default() }
    }

    fn said(id: &str, revision: u64) -> UiContent {
        UiContent { plugin: "poll".into(), id: id.into(), revision, ..UiContent::default() }
    }

    #[test]
    fn a_list_in_pieces_is_shown_when_it_is_whole() {
        let board = Board::new();
        board.list(list(1, &["a"], true));
        assert!(board.shown.borrow().contributions.is_empty());
        board.list(list(1, &["b"], true));
        board.list(list(1, &["c"], false));
        let ids: Vec<_> =
            board.shown.borrow().contributions.iter().map(|it| it.id.clone()).collect();
        assert_eq!(ids, ["a", "b", "c"]);
        board.list(list(2, &["a"], true));
        board.list(list(3, &["z"], false));
        assert_eq!(board.shown.borrow().contributions[0].id, "z", "a newer list begins anew");
    }

    #[test]
    fn the_newest_word_counts_and_goes_with_its_component() {
        let board = Board::new();
        board.list(list(1, &["a"], false));
        board.say(said("a", 5));
        board.say(said("a", 4));
        assert_eq!(board.shown.borrow().content("poll", "a").unwrap().revision, 5);
        board.list(list(2, &[], false));
        assert!(board.shown.borrow().content("poll", "a").is_none());
    }
}
