//! `outboard alerts`. JSON: `{"alarms": [...], "outlets": [...]}`. It exits with 1 where something
//! is wrong, or somebody could not be told.

use super::Desk;
use crate::exit::Exit;
use crate::page;
use crate::trouble::Stop;

pub async fn run(desk: &Desk<'_>, test: bool) -> Result<Exit, Stop> {
    let mut admin = desk.admin().await?;
    let alerts = if test { admin.test_alerts().await? } else { admin.alerts().await? };
    desk.screen.show(|| page::alerts(&alerts), &alerts)?;
    let fails = alerts.outlets.iter().any(|outlet| outlet.failing.is_some());
    if alerts.alarms.is_empty() && !test {
        desk.screen.say(match fails {
            false => "Nothing is wrong.",
            true => "Nothing is wrong, but not everybody can be told.",
        });
    }
    Ok(Exit::ok_if(alerts.alarms.is_empty() && !fails))
}
