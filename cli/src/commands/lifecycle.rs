//! The commands that start and stop a plugin that is loaded. JSON: `{"message", "status"}`, where
//! status is the plugin in the end, `null` if nothing was waited for.

use outboard_proto::admin::SetRequest;
use serde_json::json;

use super::{Desk, look};
use crate::admin::Act;
use crate::arguments::{Started, Unload};
use crate::escape;
use crate::exit::Exit;
use crate::measure;
use crate::report::{Plugin, State};
use crate::settle::{self, Progress, Wait, Wish};
use crate::trouble::Stop;

/// Unload; where that is wanted, what the plugin kept goes too.
pub async fn unload(desk: &Desk<'_>, unload: &Unload) -> Result<Exit, Stop> {
    let mut admin = desk.admin().await?;
    let unloaded = admin.act(Act::Unload, &unload.name).await;
    let done = match (unloaded, unload.purge) {
        (unloaded, false) => unloaded?,
        (Ok(unloaded), true) => match admin.storage_purge(&unload.name).await {
            Ok(purged) => format!("{unloaded}; {purged}"),
            // There was nothing to drop.
            Err(Stop::Trouble(trouble)) if trouble.reason == "UNKNOWN_PLUGIN" => unloaded,
            Err(stop) => return Err(stop),
        },
        // One that was unloaded before may have left something.
        (Err(Stop::Trouble(trouble)), true) if trouble.reason == "UNKNOWN_PLUGIN" => {
            admin.storage_purge(&unload.name).await?
        }
        (Err(stop), true) => return Err(stop),
    };
    told(desk, &done)
}

/// Disable: the daemon answers when it has done it.
pub async fn stop(desk: &Desk<'_>, act: Act, name: &str) -> Result<Exit, Stop> {
    let done = desk.admin().await?.act(act, name).await?;
    told(desk, &done)
}

/// Enable; with channels, limited to those before it starts.
pub async fn enable(
    desk: &Desk<'_>,
    started: &Started,
    channels: Option<String>,
) -> Result<Exit, Stop> {
    if let Some(value) = channels {
        let (name, key) = (started.name.clone(), "channels".to_owned());
        let done = desk.admin().await?.set(SetRequest { name, key, value }).await?;
        desk.screen.say(&escape::line(&done));
    }
    start(desk, Act::Enable, started).await
}

/// Enable, restart and reset: done when the plugin runs, or when it is clear that it will not.
pub async fn start(desk: &Desk<'_>, act: Act, started: &Started) -> Result<Exit, Stop> {
    let name = started.name.as_str();
    let mut admin = desk.admin().await?;
    if started.no_wait {
        let done = admin.act(act, name).await?;
        return told(desk, &done);
    }
    // Watched from before the act, so that no change can be missed.
    let before = admin.status(name).await?;
    let mut news = admin.watch(name).await?;
    let done = admin.act(act, name).await?;
    let wish = if act == Act::Restart { Wish::Anew } else { Wish::Running };
    let wait = Wait {
        progress: &mut Progress::new(desk.screen),
        wish,
        before: Some(before),
        patience: desk.patience.unwrap_or(settle::PATIENCE),
    };
    let plugin = wait.settle(&mut news).await?;
    outcome(desk, &done, &plugin)
}

/// A plugin that was asked to run and does not is a failure.
fn outcome(desk: &Desk<'_>, done: &str, plugin: &Plugin) -> Result<Exit, Stop> {
    desk.screen.show(String::new, &json!({ "message": done, "status": plugin }))?;
    if plugin.state == State::Running {
        desk.screen.say(&running(plugin));
        return Ok(Exit::Ok);
    }
    if plugin.asleep {
        desk.screen.say(&escape::line(&format!("{}: {}", plugin.name, plugin.reason)));
        return Ok(Exit::Ok);
    }
    desk.screen.report(&look::not_running(plugin).into());
    look::advise(desk.screen, plugin);
    Ok(Exit::Refused)
}

/// What the daemon did, where nothing was waited for.
fn told(desk: &Desk<'_>, done: &str) -> Result<Exit, Stop> {
    desk.screen.show(String::new, &json!({ "message": done, "status": null }))?;
    desk.screen.say(&escape::line(done));
    Ok(Exit::Ok)
}

/// `moderator 1.2.0 is running (generation 3, pid 4242)`.
pub fn running(plugin: &Plugin) -> String {
    let pid = plugin.pid.map(|pid| format!(", pid {pid}")).unwrap_or_default();
    let beside = match plugin.conditions.as_slice() {
        [] => String::new(),
        conditions => format!(", but {}", conditions.join(", ")),
    };
    let name = format!("{} {}", plugin.name, plugin.version);
    let generation = measure::count(plugin.generation);
    escape::line(&format!("{name} is running (generation {generation}{pid}){beside}")).into_owned()
}
