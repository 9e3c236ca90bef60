//! Through which node a person was last seen: so that what is for one alone comes where they are.
//!
//! A guess from what nodes say of people's acts, bounded, and good for nothing but choosing a node.
//! It refuses to know who is connected where; the app does.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use outboard_proto::common::{Event, Sender, SenderKind};

use super::Core;
use super::node::NodeId;
use super::publish::Publisher;
use super::subject::{Scene, Subject};

/// People remembered at most; beyond it those known longest are forgotten. About 2 MiB.
const PEOPLE: usize = 20_000;

/// Who was last seen where.
#[derive(Debug, Default)]
pub struct Whereabouts {
    seen: HashMap<Arc<str>, NodeId>,
    order: VecDeque<Arc<str>>,
}

impl Whereabouts {
    /// Where somebody was last seen.
    pub fn of(&self, person: &str) -> Option<NodeId> {
        self.seen.get(person).copied()
    }

    /// Somebody was seen.
    pub fn note(&mut self, person: &str, node: NodeId) {
        if let Some(known) = self.seen.get_mut(person) {
            *known = node;
            return;
        }
        if self.order.len() >= PEOPLE
            && let Some(oldest) = self.order.pop_front()
        {
            self.seen.remove(&oldest);
        }
        let person: Arc<str> = person.into();
        self.seen.insert(Arc::clone(&person), node);
        self.order.push_back(person);
    }
}

impl Core {
    /// A node tells of something that a person did.
    pub fn seen_at(&mut self, publisher: &Publisher, event: &Event) {
        if let Publisher::Session { node, .. } = publisher {
            let by = match Subject::of_event(event) {
                Subject::Message(message) => message.sender.as_ref(),
                Subject::Other(Scene { sender, .. }) => sender,
                Subject::Batch(_) => None,
            };
            self.spoke_at(Some(*node), by);
        }
    }

    /// A person does something at a node. With one node there is nothing to choose.
    pub fn spoke_at(&mut self, node: Option<NodeId>, by: Option<&Sender>) {
        if let (Some(node), Some(by)) = (node, by)
            && self.nodes.are_several()
            && by.kind() == SenderKind::User
            && by.id.len() <= 255
        {
            self.whereabouts.note(&by.id, node);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_sight_counts_and_the_oldest_people_are_forgotten() {
        let mut whereabouts = Whereabouts::default();
        let (one, two) = (NodeId::numbered(1), NodeId::numbered(2));
        whereabouts.note("ann", one);
        whereabouts.note("ann", two);
        assert_eq!(whereabouts.of("ann"), Some(two));
        for number in 0..PEOPLE {
            whereabouts.note(&format!("u{number}"), one);
        }
        assert_eq!((whereabouts.of("ann"), whereabouts.seen.len()), (None, PEOPLE));
    }
}
