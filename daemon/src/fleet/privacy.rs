//! Who hears of something that happens, and who does not.
//!
//! It refuses to know what they make of it.

use super::Fleet;
use super::aboard::Aboard;
use crate::config::manifest::event::permission_for;

impl Fleet {
    /// Plugins that are told of events of a type, and those that are not: by name.
    #[must_use]
    pub fn hearers(&self, kind: &str) -> (Vec<String>, Vec<String>) {
        let hears = |aboard: &Aboard| {
            let events = &aboard.loaded.manifest.events;
            let asked = events.iter().any(|it| it.types.iter().any(|it| it.as_str() == kind));
            let granted = &aboard.spec.grants.granted;
            let may = permission_for(kind).is_none_or(|needed| granted.holds(needed));
            asked && may && aboard.spec.enabled.value
        };
        let (told, others): (Vec<_>, Vec<_>) = self.aboard.iter().partition(|(_, it)| hears(it));
        let names = |of: Vec<(&crate::config::name::PluginName, &Box<Aboard>)>| {
            of.into_iter().map(|(name, _)| name.as_str().to_owned()).collect()
        };
        (names(told), names(others))
    }
}
