//! `outboard grants` and `outboard audit`. JSON of grants: `{"name", "grants": [...], "source",
//! "since_us", "message"}`; of audit: one record per line.

use outboard_proto::admin::{AuditRequest, ChangeGrantsRequest};

use super::Desk;
use crate::arguments::{Audit, Grants};
use crate::escape;
use crate::exit::Exit;
use crate::measure;
use crate::page;
use crate::trouble::{Stop, Trouble};

/// Shows what a plugin may do, after changing it where that was said.
pub async fn grants(desk: &Desk<'_>, wish: Grants) -> Result<Exit, Stop> {
    let Grants { name, grant, revoke, narrow, why } = wish;
    let mut admin = desk.admin().await?;
    let changes = !(grant.is_empty() && revoke.is_empty() && narrow.is_empty());
    let table = match changes {
        true => {
            let request = ChangeGrantsRequest { name, grant, revoke, narrow, why };
            admin.change_grants(request).await?
        }
        false => admin.grants(&name).await?,
    };
    if table.grants.is_empty() {
        desk.screen.show(String::new, &table)?;
        desk.screen.say(&format!("{} asks for nothing.", escape::line(&table.name)));
        return Ok(Exit::Ok);
    }
    desk.screen.show(|| page::grants(&table, measure::now()), &table)?;
    if !table.message.is_empty() {
        desk.screen.say(&escape::line(&table.message));
    }
    let missing = table.grants.iter().find(|it| !it.granted && !it.optional);
    if let Some(missing) = missing {
        let (name, permission) = (escape::line(&table.name), escape::line(&missing.permission));
        desk.screen.warn(&format!("{name} does not run without {permission}"));
        desk.screen.hint(&format!("`outboard grants {name} --grant {permission}`"));
    }
    Ok(Exit::Ok)
}

/// Shows what was done and by whom.
pub async fn audit(desk: &Desk<'_>, wish: Audit) -> Result<Exit, Stop> {
    let ago = wish.since.map(|it| i64::try_from(it.as_micros()).unwrap_or(i64::MAX));
    let request = AuditRequest {
        plugin: wish.plugin.unwrap_or_default(),
        act: wish.act.unwrap_or_default(),
        since_us: ago.map_or(0, |ago| measure::now().saturating_sub(ago)),
        follow: wish.follow,
    };
    let mut records = desk.admin().await?.audit(request).await?;
    let mut none = true;
    while let Some(record) = records.next().await? {
        none = false;
        desk.screen.show_line(&page::audit(&record), &record)?;
    }
    if wish.follow {
        let ended = "the daemon ended the stream: it is probably stopping";
        return Err(Trouble::new(Exit::NoDaemon, ended).hint("`systemctl status outboard`").into());
    }
    if none {
        desk.screen.say("Nothing of that is recorded.");
    }
    Ok(Exit::Ok)
}
