//! The patterns of all plugins together: a newcomer whose patterns do not fit is refused.
//!
//! It refuses to know what they match; routing builds its own set of them.

use std::collections::BTreeSet;

use super::Fleet;
use crate::config::fault::{Fault, Place};
use crate::config::manifest::Manifest;
use crate::config::pattern::PatternSet;

impl Fleet {
    /// Whether a manifest's patterns fit beside those of all others.
    ///
    /// # Errors
    /// They do not; where the last of them stands.
    pub(super) async fn check_patterns(&self, manifest: &Manifest) -> Result<(), Fault> {
        let Some((_, place)) = patterns(manifest).last() else { return Ok(()) };
        let others = self.aboard.values().map(|it| &it.loaded.manifest);
        let others = others.filter(|it| it.name != manifest.name).flat_map(patterns);
        let all = others.chain(patterns(manifest)).map(|(written, _)| written.to_owned());
        let all: BTreeSet<String> = all.collect();
        // Compiling takes its time, which no message waits for.
        let checked = tokio::task::spawn_blocking(move || PatternSet::check(&all)).await;
        match checked {
            Ok(Err(problem)) => Err(Fault::at(place, "filter.regex", problem)),
            Ok(Ok(())) | Err(_) => Ok(()),
        }
    }
}

fn patterns(manifest: &Manifest) -> impl Iterator<Item = (&str, &Place)> {
    let of_hooks = manifest.hooks.iter().map(|it| &it.filter);
    let filters = of_hooks.chain(manifest.events.iter().map(|it| &it.filter));
    filters
        .filter_map(|filter| Some((filter.text.as_ref()?.as_written(), filter.text_at.as_ref()?)))
}
