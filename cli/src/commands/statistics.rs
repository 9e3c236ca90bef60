//! `outboard stats`, `popular`, `usage` and `metrics`. JSON of the first two: `{"since_us",
//! "trouble", "lines": [...]}`; of `usage`: one document a line; of `metrics`: `{"text"}`.

use serde_json::json;

use super::Desk;
use crate::arguments::{Popular, Stats, Usage};
use crate::exit::Exit;
use crate::measure;
use crate::page;
use crate::report::Counted;
use crate::trouble::{Stop, Trouble};

pub async fn stats(desk: &Desk<'_>, stats: Stats) -> Result<Exit, Stop> {
    let name = stats.name.unwrap_or_default();
    let in_full = !name.is_empty();
    let counted = desk.admin().await?.stats(name, stats.since).await?;
    let now = measure::now();
    let page = || match in_full {
        true => page::counted_in_full(&counted, now),
        false => page::counted(&counted, now),
    };
    told(desk, &counted, page)
}

pub async fn popular(desk: &Desk<'_>, popular: Popular) -> Result<Exit, Stop> {
    let counted = desk.admin().await?.popular(popular.since, popular.most).await?;
    told(desk, &counted, || page::popular(&counted, measure::now()))
}

fn told(desk: &Desk<'_>, counted: &Counted, page: impl FnOnce() -> String) -> Result<Exit, Stop> {
    if let Some(trouble) = &counted.trouble {
        desk.screen.warn(&crate::escape::line(trouble));
    }
    if counted.lines.is_empty() {
        desk.screen.show(String::new, counted)?;
        desk.screen.say("Nothing was counted in that time.");
        return Ok(Exit::Ok);
    }
    desk.screen.show(page, counted)?;
    Ok(Exit::Ok)
}

pub async fn usage(desk: &Desk<'_>, usage: Usage) -> Result<Exit, Stop> {
    let mut uses = desk.admin().await?.follow_usage(usage.name.unwrap_or_default()).await?;
    let mut left = usage.count;
    while left != Some(0) {
        let Some(used) = uses.next().await? else {
            let ended = "the daemon ended the stream: it is probably stopping";
            return Err(Trouble::new(Exit::NoDaemon, ended).into());
        };
        desk.screen.show_line(&page::used(&used), &used)?;
        left = left.map(|left| left - 1);
    }
    Ok(Exit::Ok)
}

pub async fn metrics(desk: &Desk<'_>) -> Result<Exit, Stop> {
    let text = desk.admin().await?.metrics().await?;
    desk.screen.show(|| text.clone(), &json!({ "text": text }))?;
    Ok(Exit::Ok)
}
