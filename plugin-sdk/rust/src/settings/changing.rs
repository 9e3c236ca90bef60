//! A change on its way through the author's handler: one after the other, each within its time, and
//! an answer to each.
//!
//! It refuses to know the stream; answers go to the outbox.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use outboard_proto::common::SettingsScope;
use outboard_proto::plugin::plugin_frame::Kind;
use outboard_proto::plugin::{SettingsAck, SettingsChanged};
use tokio::sync::mpsc;

use super::SettingsChange;
use crate::handlers::{Handlers, Surroundings};
use crate::host::Host;
use crate::link::Cause;
use crate::session::running::Caught;

/// Changes that may wait: the daemon tells one, and what it takes back.
pub(crate) const WAITING: usize = 16;

/// What a change may take where the daemon does not say.
const BUDGET: Duration = Duration::from_secs(5);

/// Handles changes as they come until nobody sends any more.
pub(crate) async fn handle(
    handlers: Rc<Handlers>,
    around: Surroundings,
    mut changes: mpsc::Receiver<SettingsChanged>,
) {
    while let Some(changed) = changes.recv().await {
        let change = changed.change;
        let word = go_by(&handlers, &around, changed).await;
        // Of a session that began anew: nobody asked.
        if change > 0 {
            answer(&around, change, word);
        }
    }
}

/// Says what became of a change.
pub(crate) fn answer(around: &Surroundings, change: u64, word: Result<(), String>) {
    let (refused, reason) = (word.is_err(), word.err().unwrap_or_default());
    around.outbox.push(Kind::Settings(SettingsAck { change, refused, reason }).into());
}

/// Asks the author's handler, if there is one, and goes by the change if it agrees.
pub(crate) async fn go_by(
    handlers: &Handlers,
    around: &Surroundings,
    changed: SettingsChanged,
) -> Result<(), String> {
    let link = &around.link;
    let of_server = changed.place.as_ref().is_none_or(|it| it.scope() == SettingsScope::Server);
    let (after, narrowed, change) = (changed.after.clone(), changed.narrowed, changed.change);
    // What is taken back was perhaps never gone by.
    let is_so = of_server && changed.secrets.is_empty() && link.welcome().settings == after;
    if let Some(on_change) = handlers.on_settings_changed.as_ref().filter(|_| !is_so) {
        let budget = match changed.budget_us {
            0 => BUDGET,
            // An answer that is late is none: a little sooner than the daemon gives up.
            us => Duration::from_micros(us) * 9 / 10,
        };
        let host = Host::new(Arc::clone(link), Cause::Own);
        let handling = Caught(on_change(SettingsChange::new(changed, host)));
        match tokio::time::timeout(budget, handling).await {
            Ok(Ok(outcome)) => outcome.map_err(|error| error.message().to_owned())?,
            Ok(Err(panic)) => return Err(panic),
            Err(_) => return Err("the settings handler ran out of time".to_owned()),
        }
    }
    link.known.is_newest(change);
    if of_server {
        link.update(|welcome| welcome.settings = after);
    }
    link.update(|welcome| welcome.settings_narrowed = narrowed);
    link.known.forget(narrowed);
    Ok(())
}
