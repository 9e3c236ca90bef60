//! `outboard forget`: the daemon forgets a user, and plugins are told. JSON: the counts, `told`,
//! `not_told` and `event_id`.

use super::Desk;
use crate::exit::Exit;
use crate::page;
use crate::trouble::Stop;

pub async fn forget(
    desk: &Desk<'_>,
    user: String,
    workspace: Option<String>,
) -> Result<Exit, Stop> {
    let mut admin = desk.admin().await?;
    let forgotten = admin.forget(user, workspace.unwrap_or_default()).await?;
    desk.screen.show(|| page::forgotten(&forgotten), &forgotten)?;
    if !forgotten.not_told.is_empty() {
        desk.screen.hint(
            "plugins that are not told subscribe to no user.forgotten, or lack users:read; what \
             they keep of the user is theirs: `outboard storage NAME ls` shows it",
        );
    }
    Ok(Exit::Ok)
}
