//! What plugins show now: whose it is, what it says, who was told of it, which forms are open.
//!
//! What may be shown was checked before it comes here. It refuses to know how an app shows it.

mod act;
mod change;
mod forms;
mod tell;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use outboard_proto::common::UiContribution;
use outboard_supervision::Moment;

use super::member::{Member, Standing};
use super::{Core, MemberId, NodeId, Switchboard};
use crate::config::permission::Permission;
use crate::ui::{Contributed, Contribution};
use change::Budget;
pub use forms::Forms;
pub use tell::{Renders, pieces};

/// Everything that is shown.
#[derive(Default)]
pub struct Board {
    shelves: BTreeMap<MemberId, Shelf>,
    pub forms: Forms,
    /// Grows with everything that is said.
    said: u64,
    told: HashMap<NodeId, Told>,
    /// What is shown has changed, and apps have not been told.
    relist: bool,
    /// When the timer goes off.
    armed: Option<Moment>,
    told_at: Option<Moment>,
}

/// The newest that a node was told of each component.
type Told = HashMap<(MemberId, String), u64>;

/// What one plugin shows.
struct Shelf {
    loaded: Arc<Contributed>,
    shown: BTreeMap<String, Entry>,
    budget: Budget,
}

struct Entry {
    it: Contribution,
    origin: Origin,
    /// Its place among the plugin's: the manifest's in its order, then what was registered.
    order: u64,
    /// Of what it says.
    revision: u64,
}

/// How something came to be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    /// The manifest says so.
    Manifest,
    /// This generation registered it.
    Registered,
    /// An earlier generation did: it stays until the next one is ready, which may take it over.
    Inherited,
}

impl Board {
    /// A plugin is loaded, or loaded again.
    pub fn load(&mut self, id: MemberId, loaded: &Arc<Contributed>, now: Moment) {
        if self.shelves.get(&id).is_some_and(|shelf| Arc::ptr_eq(&shelf.loaded, loaded)) {
            return;
        }
        let before = self.shelves.remove(&id);
        let mut shown = BTreeMap::new();
        for it in &loaded.all {
            self.said += 1;
            let (origin, said) = (Origin::Manifest, self.said);
            let entry = Entry { it: it.clone(), origin, order: said, revision: said };
            shown.insert(it.wire.id.clone(), entry);
        }
        // What was registered stays, as far as the new manifest lets it.
        let kept = before.into_iter().flat_map(|shelf| shelf.shown);
        let mut many = 0;
        for (name, entry) in kept.filter(|(_, entry)| entry.origin != Origin::Manifest) {
            if loaded.dynamic.admits(entry.it.kind, many).is_ok() && !shown.contains_key(&name) {
                many += 1;
                shown.insert(name, entry);
            }
        }
        let shelf = Shelf { loaded: Arc::clone(loaded), shown, budget: Budget::full(now) };
        self.shelves.insert(id, shelf);
    }

    /// A plugin is gone, and all that it showed.
    pub fn unload(&mut self, id: MemberId) {
        self.shelves.remove(&id);
        self.forms.forget(id);
        for told in self.told.values_mut() {
            told.retain(|(member, _), _| *member != id);
        }
    }

    /// A node is gone.
    pub fn forget_node(&mut self, node: NodeId) {
        self.told.remove(&node);
    }

    /// A new generation begins: what the one before registered is no longer its own.
    pub fn new_generation(&mut self, id: MemberId) {
        let shown = self.shelves.get_mut(&id).into_iter().flat_map(|shelf| &mut shelf.shown);
        for (_, entry) in shown.filter(|(_, entry)| entry.origin == Origin::Registered) {
            entry.origin = Origin::Inherited;
        }
    }

    /// The new generation is ready: what it did not take over goes.
    pub fn settle(&mut self, id: MemberId) {
        if let Some(shelf) = self.shelves.get_mut(&id) {
            shelf.shown.retain(|_, entry| entry.origin != Origin::Inherited);
        }
    }

    fn find(&self, id: MemberId, named: &str) -> Option<&Contribution> {
        self.shelves.get(&id)?.shown.get(named).map(|entry| &entry.it)
    }
}

impl Switchboard {
    /// The files of a plugin that is in service, and its name.
    #[must_use]
    pub fn assets_of(&self, plugin: &str) -> Option<Arc<Contributed>> {
        self.with(|core, _| {
            let id = core.names.get(plugin)?;
            let member = core.members.get(*id).filter(|it| shows(it))?;
            Some(Arc::clone(&member.is.ui))
        })
    }
}

impl Core {
    /// All that is shown of the kinds that an app renders.
    pub fn shown_to(&self, renders: &Renders) -> Vec<UiContribution> {
        let mut shown = Vec::new();
        if renders.nothing() {
            return shown;
        }
        for (id, shelf) in &self.ui.shelves {
            let Some(member) = self.members.get(*id).filter(|it| shows(it)) else { continue };
            let unavailable = super::command::briefly(&member.standing);
            let entries = shelf.shown.values().filter(|entry| renders.renders(&entry.it));
            let mut entries: Vec<&Entry> = entries.collect();
            entries.sort_by_key(|entry| entry.order);
            shown.extend(entries.into_iter().map(|entry| UiContribution {
                plugin: member.is.name.to_string(),
                unavailable: unavailable.clone(),
                ..entry.it.wire.clone()
            }));
        }
        shown
    }
}

/// Whether anything of a plugin is shown: it may, is in service, and was not given up. While it
/// restarts, what it shows stays, and says that nobody answers.
fn shows(member: &Member) -> bool {
    let given_up =
        matches!(&member.standing, Standing::Unavailable { state, .. } if *state == "failed");
    member.listed() && !given_up && member.may(Permission::UiContribute)
}
