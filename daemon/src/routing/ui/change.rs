//! What a plugin changes about what it shows: more, other, less.
//!
//! Each change has a price, and a plugin so much to spend a second: what it does beyond that is
//! refused, and costs nobody else anything. It refuses to tell apps; it says that there is news.

use std::time::Duration;

use outboard_proto::common::{Failure, Reason, UiContribution, ui_content};
use outboard_supervision::Moment;
use tonic::Code;

use super::{Entry, Origin, Shelf};
use crate::routing::{Core, MemberId, Switchboard};
use crate::ui::{Contribution, Flaws, MOST, PLUGIN_BYTES};

/// What a plugin may spend at once, and in each second: so many small updates, or 60 full ones.
const PER_SECOND: u32 = 2_000;
/// What showing or removing something costs: every app gets a new list.
const RELISTING: u32 = 10;

/// What is left to spend.
#[derive(Debug, Clone, Copy)]
pub struct Budget {
    left: f64,
    at: Moment,
}

impl Budget {
    /// Nothing is spent.
    pub fn full(now: Moment) -> Self {
        Self { left: f64::from(PER_SECOND), at: now }
    }

    /// Spends so much.
    ///
    /// # Errors
    /// When there will be enough.
    fn spend(&mut self, price: u32, now: Moment) -> Result<(), Failure> {
        let (price, most) = (f64::from(price), f64::from(PER_SECOND));
        self.left = (self.left + now.since(self.at).as_secs_f64() * most).min(most);
        self.at = now;
        if self.left < price {
            let text = "more is changed than apps can be told";
            let after = Duration::from_secs_f64((price - self.left) / most);
            let failure = Failure::new(Code::ResourceExhausted, Reason::OverLimit, text);
            return Err(failure.retry_after(after.max(Duration::from_millis(1))));
        }
        self.left -= price;
        Ok(())
    }
}

impl Switchboard {
    /// A plugin shows something more.
    ///
    /// # Errors
    /// It breaks a rule, its id is taken, or it is one too many.
    pub fn ui_register(
        &self,
        member: MemberId,
        wire: UiContribution,
        data: &str,
    ) -> Result<(), Failure> {
        self.with(|core, now| core.ui_register(member, wire, data, now))
    }

    /// A component says something else; gives its revision.
    ///
    /// # Errors
    /// There is no such component, it breaks a rule, or it is too much.
    pub fn ui_update(
        &self,
        member: MemberId,
        id: &str,
        said: Option<&ui_content::Of>,
    ) -> Result<u64, Failure> {
        self.with(|core, now| core.ui_update(member, id, said, now))
    }

    /// What was registered goes.
    ///
    /// # Errors
    /// There is nothing of this id, or the manifest shows it.
    pub fn ui_remove(&self, member: MemberId, id: &str) -> Result<(), Failure> {
        self.with(|core, now| core.ui_remove(member, id, now))
    }
}

impl Core {
    fn ui_register(
        &mut self,
        id: MemberId,
        wire: UiContribution,
        data: &str,
        now: Moment,
    ) -> Result<(), Failure> {
        let shelf = self.ui.shelves.get_mut(&id).ok_or_else(leaving)?;
        shelf.budget.spend(RELISTING, now)?;
        let it = Contribution::check(wire, data, &shelf.loaded.assets);
        let it = it.map_err(|flaws| flaws.failure())?;
        let name = it.wire.id.clone();
        let before = shelf.shown.get(&name).map(|entry| entry.origin);
        let refuse = |at: &str, what: String| {
            let mut flaws = Flaws::default();
            flaws.add(at, what);
            Err(flaws.failure())
        };
        if matches!(before, Some(Origin::Manifest | Origin::Registered)) {
            return refuse("id", format!("{name} is shown already; Update changes it"));
        }
        let own = |entry: &&Entry| entry.origin == Origin::Registered;
        let many = shelf.shown.values().filter(own).count();
        if let Err(why) = shelf.loaded.dynamic.admits(it.kind, many) {
            return refuse("", why);
        }
        if shelf.shown.len() >= MOST && before.is_none() {
            return refuse("", format!("a plugin shows at most {MOST} things"));
        }
        if shelf.bytes_without(&name) + it.bytes() > PLUGIN_BYTES {
            return refuse("", format!("a plugin shows at most {PLUGIN_BYTES} bytes together"));
        }
        self.ui.said += 1;
        let (origin, said) = (Origin::Registered, self.ui.said);
        let entry = Entry { it, origin, order: said, revision: said };
        shelf.shown.insert(name, entry);
        self.ui.relist = true;
        self.ui_changed(now);
        Ok(())
    }

    fn ui_update(
        &mut self,
        id: MemberId,
        named: &str,
        said: Option<&ui_content::Of>,
        now: Moment,
    ) -> Result<u64, Failure> {
        let shelf = self.ui.shelves.get_mut(&id).ok_or_else(leaving)?;
        shelf.budget.spend(price(said), now)?;
        let Some(entry) = shelf.shown.get(named) else { return Err(unknown(named)) };
        let content = entry.it.content_of(said, &shelf.loaded.assets);
        let content = content.map_err(|flaws| flaws.failure())?;
        if entry.it.content == content {
            return Ok(entry.revision);
        }
        let it = Contribution { content, ..entry.it.clone() };
        if shelf.bytes_without(named) + it.bytes() > PLUGIN_BYTES {
            let mut flaws = Flaws::default();
            flaws.add("", format!("a plugin shows at most {PLUGIN_BYTES} bytes together"));
            return Err(flaws.failure());
        }
        self.ui.said += 1;
        let revision = self.ui.said;
        if let Some(entry) = shelf.shown.get_mut(named) {
            (entry.it, entry.revision) = (it, revision);
        }
        self.ui_changed(now);
        Ok(revision)
    }

    fn ui_remove(&mut self, id: MemberId, named: &str, now: Moment) -> Result<(), Failure> {
        let shelf = self.ui.shelves.get_mut(&id).ok_or_else(leaving)?;
        shelf.budget.spend(RELISTING, now)?;
        match shelf.shown.get(named).map(|entry| entry.origin) {
            None => return Err(unknown(named)),
            Some(Origin::Manifest) => {
                let text = format!("{named} is the manifest's; it stays");
                return Err(Failure::new(Code::FailedPrecondition, Reason::BadContribution, text));
            }
            Some(Origin::Registered | Origin::Inherited) => shelf.shown.remove(named),
        };
        self.ui.relist = true;
        self.ui_changed(now);
        Ok(())
    }
}

impl Shelf {
    fn bytes_without(&self, name: &str) -> usize {
        let others = self.shown.iter().filter(|(other, _)| other.as_str() != name);
        others.map(|(_, entry)| entry.it.bytes()).sum()
    }
}

/// One, and one for each kibibyte.
fn price(said: Option<&ui_content::Of>) -> u32 {
    use prost::Message as _;
    let bytes = match said {
        Some(ui_content::Of::Blocks(blocks)) => blocks.encoded_len(),
        Some(ui_content::Of::Data(data)) => data.len(),
        None => 0,
    };
    1 + u32::try_from(bytes / 1024).unwrap_or(PER_SECOND)
}

/// What is said of something that a plugin does not show.
pub fn unknown(named: &str) -> Failure {
    let text = format!("the plugin shows nothing called {named:?}");
    Failure::new(Code::NotFound, Reason::UnknownContribution, text)
}

fn leaving() -> Failure {
    Failure::new(Code::Unavailable, Reason::Stopping, "the plugin is being unloaded")
}
