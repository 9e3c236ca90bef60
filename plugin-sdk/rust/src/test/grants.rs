//! What the plugin under test may do, and what the operator does about it.
//!
//! It refuses to keep it to that: what is called here is handled, whatever is granted.

use super::Harness;
use crate::error::Error;
use crate::grants::{Told, tell_now};

impl Harness {
    /// What the plugin may do, each with its limits if it has any: `messages:send@channels=town-*`.
    /// As if it had been started so.
    pub fn grants<G: Into<String>>(&mut self, grants: impl IntoIterator<Item = G>) {
        let scoped: Vec<String> = grants.into_iter().map(Into::into).collect();
        let name = |grant: &String| grant.split('@').next().unwrap_or(grant).to_owned();
        self.around.link.update(|welcome| {
            welcome.grants = scoped.iter().map(name).collect();
            welcome.scoped_grants = scoped;
        });
    }

    /// The operator grants, withdraws or narrows: from now on this counts, and the plugin's handler
    /// is told if it is something else than before.
    ///
    /// # Errors
    /// What the handler said.
    pub fn change_grants<G: Into<String>>(
        &mut self,
        grants: impl IntoIterator<Item = G>,
    ) -> Result<(), Error> {
        let told = Told::default();
        told.begin(&self.around.link.welcome());
        self.grants(grants);
        let telling = tell_now(&self.handlers, &self.around.link, &told);
        self.runtime.block_on(telling)
    }
}
