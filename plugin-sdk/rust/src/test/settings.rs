//! Settings as a test arranges them, and changes as the daemon tells them.
//!
//! It refuses to know a schema: what a test sets is set.

use outboard_proto::common::{SettingsPlace, SettingsScope};
use outboard_proto::plugin::SettingsChanged;

use super::{BUDGET, Harness, micros};
use crate::error::Error;
use crate::settings::at::At;
use crate::settings::changing::go_by;

impl Harness {
    /// What counts on the whole server, a JSON object: as if the plugin had been started with it.
    pub fn settings(&mut self, json: &str) {
        self.around.link.update(|welcome| welcome.settings = json.to_owned());
    }

    /// What counts in one channel, or for one person, or for one person in one channel, of the
    /// harness's only workspace. An empty id stands for any that has nothing of its own.
    pub fn settings_at(&mut self, channel: &str, user: &str, json: &str) {
        let (channel, user) = (channel.to_owned(), user.to_owned());
        self.recorder.set_at(At { workspace: String::new(), channel, user }, json);
        self.around.link.known.forget(true);
    }

    /// A secret setting.
    pub fn secret(&mut self, key: &str, value: &str) {
        self.recorder.set_secret(key, value);
    }

    /// The schema of the settings that the plugin has registered, if it has.
    #[must_use]
    pub fn registered_settings(&self) -> Option<String> {
        self.recorder.registered()
    }

    /// Somebody saves other settings for the whole server. The plugin goes by them unless its
    /// handler refuses.
    ///
    /// # Errors
    /// What the handler said.
    pub fn change_settings(&mut self, after: &str) -> Result<(), Error> {
        let changed = SettingsChanged {
            change: self.next_id(),
            before: self.around.link.welcome().settings.clone(),
            after: after.to_owned(),
            place: Some(SettingsPlace {
                scope: SettingsScope::Server.into(),
                ..SettingsPlace::default()
            }),
            budget_us: micros(BUDGET),
            narrowed: self.around.link.known.is_narrowed(),
            ..SettingsChanged::default()
        };
        let (handlers, around) = (std::rc::Rc::clone(&self.handlers), self.around.clone());
        let word = self.runtime.block_on(go_by(&handlers, &around, changed));
        word.map_err(Error::new)
    }
}
