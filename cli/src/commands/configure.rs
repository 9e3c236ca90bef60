//! Configuration: what the files say, what was set above them, what changes. JSON of reload and
//! diff: `{"changes": [...], "faults": [...]}`; of set and revert: `{"message"}`.

use outboard_proto::admin::{RevertRequest, SetRequest};
use serde_json::json;

use super::Desk;
use crate::escape;
use crate::exit::Exit;
use crate::measure;
use crate::page;
use crate::report::Changes;
use crate::trouble::Stop;

/// Mistakes make the exit code 1, and then nothing has changed.
pub async fn reload(desk: &Desk<'_>) -> Result<Exit, Stop> {
    let changes = desk.admin().await?.reload().await?;
    desk.screen.show(|| page::changes(&changes), &changes)?;
    desk.screen.say(&match (changes.faults.len(), changes.changes.len()) {
        (0, 0) => "Read again; nothing has changed.".to_owned(),
        (0, changed) => format!("Read again; {} changed.", measure::plural(changed, "value")),
        (faults, _) => format!("{}; nothing was changed.", measure::plural(faults, "mistake")),
    });
    restarts(desk, &changes);
    Ok(Exit::ok_if(changes.faults.is_empty()))
}

/// Mistakes make the exit code 1; differences do not.
pub async fn diff(desk: &Desk<'_>) -> Result<Exit, Stop> {
    let changes = desk.admin().await?.diff().await?;
    desk.screen.show(|| page::changes(&changes), &changes)?;
    match (changes.faults.len(), changes.changes.len()) {
        (0, 0) => desk.screen.say("The files say what is running."),
        (0, _) => desk.screen.hint("`outboard reload` makes it so"),
        (faults, _) => {
            let mistakes = measure::plural(faults, "mistake");
            desk.screen.say(&format!("{mistakes}; a reload would be refused."));
        }
    }
    Ok(Exit::ok_if(changes.faults.is_empty()))
}

/// Names the restarts that are still to be done.
fn restarts(desk: &Desk<'_>, changes: &Changes) {
    let waiting = |what: &str| changes.changes.iter().filter(|each| each.restart == what).count();
    let mut plugins: Vec<&str> = changes
        .changes
        .iter()
        .filter(|each| each.restart == "plugin")
        .map(|each| each.plugin.as_str())
        .collect();
    plugins.sort_unstable();
    plugins.dedup();
    for plugin in plugins {
        desk.screen.hint(&format!("`outboard restart {}` puts it in force", escape::line(plugin)));
    }
    if waiting("daemon") > 0 {
        desk.screen.hint("`systemctl restart outboard` puts the daemon's own values in force");
    }
}

/// Sets one value above the files.
pub async fn set(desk: &Desk<'_>, name: String, key: String, value: String) -> Result<Exit, Stop> {
    let request = SetRequest { name, key, value };
    let done = desk.admin().await?.set(request).await?;
    told(desk, &done)
}

/// Lets the files count again.
pub async fn revert(desk: &Desk<'_>, name: String, key: Option<String>) -> Result<Exit, Stop> {
    let request = RevertRequest { name, key: key.unwrap_or_default() };
    let done = desk.admin().await?.revert(request).await?;
    told(desk, &done)
}

/// Shows what the daemon did.
pub(super) fn told(desk: &Desk<'_>, done: &str) -> Result<Exit, Stop> {
    desk.screen.show(String::new, &json!({ "message": done }))?;
    desk.screen.say(&escape::line(done));
    Ok(Exit::Ok)
}
