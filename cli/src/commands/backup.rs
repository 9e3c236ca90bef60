//! The daemon's state, copied and put back while it runs. JSON of backup: `{"files": [...],
//! "bytes": n, "notes": [...]}`; of restore: `{"message"}`.

use std::io;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::{Desk, absolute};
use crate::consent;
use crate::escape;
use crate::exit::Exit;
use crate::measure;
use crate::report::Daemon;
use crate::trouble::{Stop, Trouble};

/// How long a daemon may take to start again.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long to wait before knocking again.
const BETWEEN: Duration = Duration::from_millis(100);

/// Lists what was written.
pub async fn backup(desk: &Desk<'_>, dir: &Path, with_secrets: bool) -> Result<Exit, Stop> {
    let dir = absolute(dir)?;
    let done = desk.admin().await?.backup(dir.clone(), with_secrets).await?;
    let files = || done.files.iter().map(|file| format!("{}\n", escape::line(file))).collect();
    desk.screen.show(files, &done)?;
    for note in &done.notes {
        desk.screen.warn(&escape::line(note));
    }
    let (count, size) = (measure::plural(done.files.len(), "file"), measure::bytes(done.bytes));
    desk.screen.say(&format!("{count}, {size}, in {}.", escape::line(&dir)));
    Ok(Exit::Ok)
}

/// On a terminal it asks first: what is in force now is lost. The daemon starts itself again to use
/// what was put back, and this waits for it.
pub async fn restore(desk: &Desk<'_>, dir: &Path, yes: bool) -> Result<Exit, Stop> {
    let dir = absolute(dir)?;
    let mut admin = desk.admin().await?;
    if !yes && desk.screen.can_ask() {
        let question = format!("Replace the daemon's state by {}?", escape::line(&dir));
        if !consent::confirm(desk.screen, &question, &mut io::stdin().lock()) {
            return Err(Trouble::new(Exit::Refused, "nothing was restored").into());
        }
    }
    let before = admin.daemon().await?;
    let done = admin.restore(dir).await?;
    drop(admin);
    let after = back(desk, &before).await?;
    desk.screen.show(String::new, &json!({ "message": done }))?;
    let plugins = measure::plural(after.plugins as usize, "plugin");
    desk.screen.say(&format!("Restored; the daemon is back with {plugins}."));
    Ok(Exit::Ok)
}

/// Waits for the daemon that started after this one.
async fn back(desk: &Desk<'_>, before: &Daemon) -> Result<Daemon, Stop> {
    let patience = desk.patience.unwrap_or(PATIENCE);
    let answers = async {
        loop {
            match answer(desk).await {
                Ok(daemon) if daemon.started_us != before.started_us => return daemon,
                Ok(_) | Err(_) => tokio::time::sleep(BETWEEN).await,
            }
        }
    };
    let late = |_| {
        let message = format!("restored, but the daemon was not back within {patience:?}");
        Trouble::new(Exit::Timeout, message).hint("`systemctl status outboard`")
    };
    Ok(tokio::time::timeout(patience, answers).await.map_err(late)?)
}

async fn answer(desk: &Desk<'_>) -> Result<Daemon, Stop> {
    desk.admin().await?.daemon().await
}
