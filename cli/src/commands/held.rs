//! `outboard held`: what plugins hold, and what an operator decides about it. JSON of `list`:
//! `{"held": [...]}`; of `show`: the item; of `release` and `drop`: `{"message"}`.

use serde_json::json;

use super::Desk;
use crate::arguments::Held;
use crate::escape;
use crate::exit::Exit;
use crate::measure;
use crate::page;
use crate::trouble::Stop;

pub async fn run(desk: &Desk<'_>, what: Held) -> Result<Exit, Stop> {
    match what {
        Held::List { queue } => list(desk, queue.unwrap_or_default()).await,
        Held::Show { id, content } => show(desk, id, content).await,
        Held::Release { id } => {
            let done = desk.admin().await?.release_held(id).await?;
            told(desk, &done)
        }
        Held::Drop { id, reason } => {
            let done = desk.admin().await?.drop_held(id, reason).await?;
            told(desk, &done)
        }
    }
}

async fn list(desk: &Desk<'_>, queue: String) -> Result<Exit, Stop> {
    let held = desk.admin().await?.held(queue).await?;
    let document = json!({ "held": held });
    if held.is_empty() {
        desk.screen.show(String::new, &document)?;
        desk.screen.say("Nothing is held.");
        return Ok(Exit::Ok);
    }
    desk.screen.show(|| page::held(&held, measure::now()), &document)?;
    desk.screen.hint("`outboard held release ID` lets one go on, `outboard held drop ID` does not");
    Ok(Exit::Ok)
}

async fn show(desk: &Desk<'_>, id: String, content: bool) -> Result<Exit, Stop> {
    let mut item = desk.admin().await?.held_item(id, content).await?;
    if !content {
        item.content = None;
    }
    desk.screen.show(|| page::held_item(&item, measure::now()), &item)?;
    Ok(Exit::Ok)
}

fn told(desk: &Desk<'_>, done: &str) -> Result<Exit, Stop> {
    desk.screen.show(String::new, &json!({ "message": done }))?;
    desk.screen.say(&escape::line(done));
    Ok(Exit::Ok)
}
