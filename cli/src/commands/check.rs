//! Checking a plugin's folder, by the daemon where one answers and by its program alone where none
//! does. JSON: `{"faults": [...], "fixed": [...], "notes": [...]}`.

use std::path::Path;

use super::{Desk, plugin_folder};
use crate::check_offline;
use crate::escape;
use crate::exit::Exit;
use crate::measure;
use crate::page;
use crate::report::Checked;
use crate::trouble::Stop;

/// Mistakes make the exit code 1.
pub async fn check(desk: &Desk<'_>, path: &Path, fix: bool) -> Result<Exit, Stop> {
    let folder = plugin_folder(path)?;
    let checked = by_whoever_can(desk, &folder, fix).await?;
    desk.screen.show(|| page::checked(&checked), &checked)?;
    let folder = escape::line(&folder);
    match (checked.faults.len(), checked.notes.len()) {
        (0, 0) => desk.screen.say(&format!("{folder}: no mistakes found.")),
        (0, _) => {}
        (faults, _) => {
            desk.screen.say(&format!("{folder}: {} found.", measure::plural(faults, "mistake")));
        }
    }
    Ok(Exit::ok_if(checked.faults.is_empty()))
}

/// Why `--fix` cannot do without.
const KNOWN_TO_A_DAEMON: &str = "what the code registers is known only to a daemon that has run it";

async fn by_whoever_can(desk: &Desk<'_>, folder: &str, fix: bool) -> Result<Checked, Stop> {
    match by_daemon(desk, folder, fix).await {
        Ok(checked) => Ok(checked),
        // An author need neither run a daemon nor be allowed to speak to the system's.
        Err(Stop::Trouble(trouble)) if is_unreachable(trouble.exit) => {
            if fix {
                return Err(trouble.hint(KNOWN_TO_A_DAEMON).into());
            }
            desk.screen.say("No daemon to ask; checking without one.");
            check_offline::check(Path::new(folder)).await
        }
        Err(stop) => Err(stop),
    }
}

async fn by_daemon(desk: &Desk<'_>, folder: &str, fix: bool) -> Result<Checked, Stop> {
    desk.admin().await?.check(folder.to_owned(), fix).await
}

fn is_unreachable(exit: Exit) -> bool {
    matches!(exit, Exit::NoDaemon | Exit::NotAllowed)
}
