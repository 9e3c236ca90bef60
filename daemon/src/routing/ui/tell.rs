//! Telling apps: what is shown, in pieces that fit a frame, and what it says, a few times a second
//! and the latest only.
//!
//! A node that takes nothing is told later. It refuses to know why something changed.

use std::collections::BTreeSet;
use std::time::Duration;

use outboard_proto::app::{AppHello, Catalogue, daemon_frame::Kind as Frame};
use outboard_proto::common::UiContent;
use outboard_supervision::Moment;
use prost::Message as _;

use super::shows;
use crate::routing::deadline::Due;
use crate::routing::{Core, MemberId, NodeId};
use crate::ui::{Contribution, Kind, position_word};

/// How often apps are told: a person sees no more.
const EVERY: Duration = Duration::from_millis(100);
/// Components of one plugin that a node is told of at once: with full ones, 2.5 MiB a second.
const AT_ONCE: usize = 8;
/// Bytes of a list in one frame; commands and the frame itself have the rest.
const PIECE: usize = 32 * 1024;
/// A node that has taken nothing for so long is told when it takes something again.
const STALLED: Duration = Duration::from_millis(250);

/// What an app renders.
#[derive(Debug, Default)]
pub struct Renders {
    kinds: BTreeSet<Kind>,
    positions: BTreeSet<String>,
    modal: bool,
}

impl Renders {
    /// As its hello says.
    pub fn of(hello: &AppHello) -> Self {
        let kinds: BTreeSet<Kind> = hello.ui.iter().filter_map(|it| Kind::parse(it)).collect();
        let named = |it: &&String| crate::ui::position_of(it).is_some() && it.as_str() != "modal";
        let positions = hello.ui.iter().filter(named).cloned().collect();
        Self { kinds, positions, modal: hello.ui.iter().any(|it| it == "modal") }
    }

    /// Whether it renders nothing at all.
    pub fn nothing(&self) -> bool {
        self.kinds.is_empty()
    }

    /// Whether it opens forms.
    pub fn modals(&self) -> bool {
        self.modal
    }

    /// Whether it renders this.
    pub fn renders(&self, it: &Contribution) -> bool {
        let position = position_word(it.wire.position());
        let there = match position.as_str() {
            "modal" => self.modal,
            other => self.positions.is_empty() || self.positions.contains(other),
        };
        there && self.kinds.contains(&it.kind)
    }
}

/// A catalogue in pieces that fit a frame; never none.
pub fn pieces(catalogue: Catalogue) -> Vec<Catalogue> {
    let Catalogue { revision, commands, ui, .. } = catalogue;
    let mut bytes = commands.iter().map(prost::Message::encoded_len).sum::<usize>();
    let mut pieces = vec![Catalogue { revision, commands, ..Catalogue::default() }];
    for it in ui {
        bytes += it.encoded_len() + 8;
        if bytes > PIECE
            && let Some(last) = pieces.last_mut()
        {
            last.more = true;
            bytes = it.encoded_len() + 8;
            pieces.push(Catalogue { revision, ..Catalogue::default() });
        }
        if let Some(last) = pieces.last_mut() {
            last.ui.push(it);
        }
    }
    pieces
}

impl Core {
    /// Something is shown, gone, or says something else: apps hear of it at once where they have
    /// not been told for a while, else soon.
    pub fn ui_changed(&mut self, now: Moment) {
        if !self.ui.relist && self.ui.shelves.values().all(|shelf| shelf.shown.is_empty()) {
            return;
        }
        let due = self.ui.told_at.map_or(now, |at| at + EVERY);
        if due <= now {
            self.tell_ui(now);
        } else {
            self.arm_ui(due);
        }
    }

    /// It is time to tell apps.
    pub fn tell_ui(&mut self, now: Moment) {
        if let Some(at) = self.ui.armed.take() {
            self.deadlines.remove(at, Due::Ui);
        }
        self.ui.told_at = Some(now);
        if std::mem::take(&mut self.ui.relist) {
            self.relist();
        }
        let nodes: Vec<NodeId> = self.nodes.ids().map(|(id, _)| id).collect();
        let mut more = false;
        for node in nodes {
            more |= self.tell_contents(node, now);
        }
        if more {
            self.arm_ui(now + EVERY);
        }
    }

    fn arm_ui(&mut self, at: Moment) {
        if self.ui.armed.is_none() {
            self.ui.armed = Some(at);
            self.deadlines.insert(at, Due::Ui);
        }
    }

    /// Tells a node what it has not been told; whether there is more.
    fn tell_contents(&mut self, node: NodeId, now: Moment) -> bool {
        let Some(it) = self.nodes.get(node) else { return false };
        let renders = Renders::of(&it.hello);
        if renders.nothing() {
            return false;
        }
        let stalled = it.stalled_since().is_some_and(|since| now.since(since) > STALLED);
        let (news, mut more) = self.news_for(node, &renders);
        if stalled {
            return more || !news.is_empty();
        }
        for (member, content) in news {
            let key = (member, content.id.clone());
            let revision = content.revision;
            if !self.nodes.tell_later(node, Frame::Ui(content), now) {
                more = true;
                break;
            }
            self.ui.told.entry(node).or_default().insert(key, revision);
        }
        more
    }

    /// Of each plugin what the node was told longest ago; whether that is not all.
    fn news_for(&self, node: NodeId, renders: &Renders) -> (Vec<(MemberId, UiContent)>, bool) {
        let told = self.ui.told.get(&node);
        let (mut news, mut more) = (Vec::new(), false);
        for (id, shelf) in &self.ui.shelves {
            let Some(member) = self.members.get(*id).filter(|it| shows(it)) else { continue };
            let known = |name: &String| {
                told.and_then(|told| told.get(&(*id, name.clone()))).copied().unwrap_or(0)
            };
            let mut unheard: Vec<_> = shelf
                .shown
                .iter()
                .map(|(name, entry)| (known(name), entry))
                .filter(|(known, entry)| entry.revision > *known && renders.renders(&entry.it))
                .collect();
            unheard.sort_by_key(|(known, entry)| (*known, entry.revision));
            let said = unheard.into_iter().filter_map(|(_, entry)| {
                let said = entry.it.said()?;
                let (plugin, revision) = (member.is.name.to_string(), entry.revision);
                Some((*id, UiContent { plugin, revision, ..said }))
            });
            let mut said = said.peekable();
            news.extend(said.by_ref().take(AT_ONCE));
            more |= said.peek().is_some();
        }
        (news, more)
    }

    /// A node is given another list: what is gone from it is forgotten, and told anew if it
    /// comes back.
    pub fn ui_relisted(&mut self, node: NodeId, catalogue: &Catalogue) {
        let listed: BTreeSet<(&str, &str)> =
            catalogue.ui.iter().map(|it| (it.plugin.as_str(), it.id.as_str())).collect();
        let Self { ui, members, .. } = self;
        if let Some(told) = ui.told.get_mut(&node) {
            told.retain(|(id, name), _| {
                let plugin = members.get(*id).map(|member| &*member.is.name);
                plugin.is_some_and(|plugin| listed.contains(&(plugin, name.as_str())))
            });
        }
    }
}
