//! The daemon's state, copied and put back while it runs. JSON of backup: `{"files": [...],
//! "bytes": n}`; of restore: `{"message"}`.

use std::io;
use std::path::Path;

use super::configure::told;
use super::{Desk, absolute};
use crate::consent;
use crate::escape;
use crate::exit::Exit;
use crate::measure;
use crate::trouble::{Stop, Trouble};

/// Lists what was written.
pub async fn backup(desk: &Desk<'_>, dir: &Path) -> Result<Exit, Stop> {
    let dir = absolute(dir)?;
    let done = desk.admin().await?.backup(dir.clone()).await?;
    let files = || done.files.iter().map(|file| format!("{}\n", escape::line(file))).collect();
    desk.screen.show(files, &done)?;
    let (count, size) = (measure::plural(done.files.len(), "file"), measure::bytes(done.bytes));
    desk.screen.say(&format!("{count}, {size}, in {}.", escape::line(&dir)));
    Ok(Exit::Ok)
}

/// On a terminal it asks first: what is in force now is lost.
pub async fn restore(desk: &Desk<'_>, dir: &Path, yes: bool) -> Result<Exit, Stop> {
    let dir = absolute(dir)?;
    let mut admin = desk.admin().await?;
    if !yes && desk.screen.can_ask() {
        let question = format!("Replace the daemon's state by {}?", escape::line(&dir));
        if !consent::confirm(desk.screen, &question, &mut io::stdin().lock()) {
            return Err(Trouble::new(Exit::Refused, "nothing was restored").into());
        }
    }
    let done = admin.restore(dir).await?;
    told(desk, &done)
}
