//! `outboard dead-letters`: events that were given up, and what an operator does about them. JSON
//! of `list`: `{"dead_letters": [...]}`; of `show`: the letter; of `replay` and `drop`:
//! `{"message"}`.

use serde_json::json;

use super::Desk;
use crate::arguments::Letters;
use crate::escape;
use crate::exit::Exit;
use crate::measure;
use crate::page;
use crate::trouble::Stop;

pub async fn run(desk: &Desk<'_>, what: Letters) -> Result<Exit, Stop> {
    match what {
        Letters::List { name } => list(desk, name.unwrap_or_default()).await,
        Letters::Show { id, content } => show(desk, id, content).await,
        Letters::Replay { ids } => {
            let done = desk.admin().await?.replay(ids).await?;
            told(desk, &done)
        }
        Letters::Drop { ids } => {
            let done = desk.admin().await?.drop_letters(ids).await?;
            told(desk, &done)
        }
    }
}

async fn list(desk: &Desk<'_>, name: String) -> Result<Exit, Stop> {
    let letters = desk.admin().await?.dead_letters(name).await?;
    let document = json!({ "dead_letters": letters });
    if letters.is_empty() {
        desk.screen.show(String::new, &document)?;
        desk.screen.say("There are no dead letters.");
        return Ok(Exit::Ok);
    }
    desk.screen.show(|| page::letters(&letters, measure::now()), &document)?;
    desk.screen.hint("`outboard dead-letters replay ID` delivers one again");
    Ok(Exit::Ok)
}

async fn show(desk: &Desk<'_>, id: i64, content: bool) -> Result<Exit, Stop> {
    let mut letter = desk.admin().await?.dead_letter(id, content).await?;
    if !content {
        letter.content = None;
    }
    desk.screen.show(|| page::letter(&letter, measure::now()), &letter)?;
    Ok(Exit::Ok)
}

fn told(desk: &Desk<'_>, done: &str) -> Result<Exit, Stop> {
    desk.screen.show(String::new, &json!({ "message": done }))?;
    desk.screen.say(&escape::line(done));
    Ok(Exit::Ok)
}
