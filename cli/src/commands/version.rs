//! Versions, of this command and of the daemon. JSON: `{"cli": "...", "daemon": {...} or null}`.

use serde_json::json;

use super::Desk;
use crate::exit::Exit;
use crate::measure;
use crate::page;
use crate::report::Daemon;
use crate::trouble::Stop;

/// That no daemon answers is worth a word here, not an error.
pub async fn version(desk: &Desk<'_>) -> Result<Exit, Stop> {
    let own = env!("CARGO_PKG_VERSION");
    let (daemon, why_not) = match daemon(desk).await {
        Ok(daemon) => (Some(daemon), None),
        Err(Stop::Trouble(trouble)) => (None, Some(trouble.message)),
        Err(stop) => return Err(stop),
    };
    let document = json!({ "cli": own, "daemon": daemon });
    let page = || page::versions(own, daemon.as_ref(), measure::now());
    desk.screen.show(page, &document)?;
    if let Some(why_not) = why_not {
        desk.screen.say(&why_not);
    }
    Ok(Exit::Ok)
}

async fn daemon(desk: &Desk<'_>) -> Result<Daemon, Stop> {
    desk.admin().await?.daemon().await
}
