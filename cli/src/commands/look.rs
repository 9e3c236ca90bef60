//! The commands that only look: list, status, order, doctor.

use serde_json::json;

use super::Desk;
use crate::exit::Exit;
use crate::measure;
use crate::page;
use crate::report::{Plugin, Severity, State};
use crate::screen::Screen;
use crate::trouble::{Stop, Trouble};

/// JSON: `{"plugins": [...]}`.
pub async fn list(desk: &Desk<'_>) -> Result<Exit, Stop> {
    let mut plugins = desk.admin().await?.list().await?;
    plugins.sort_by(|a, b| a.name.cmp(&b.name));
    let document = json!({ "plugins": plugins });
    if plugins.is_empty() {
        desk.screen.show(String::new, &document)?;
        desk.screen.say("No plugin is loaded.");
        desk.screen.hint("`outboard load PATH` loads the plugin in a folder");
    } else {
        desk.screen.show(|| page::list(&plugins, measure::now()), &document)?;
    }
    Ok(Exit::Ok)
}

/// JSON: the plugin.
pub async fn status(desk: &Desk<'_>, name: &str) -> Result<Exit, Stop> {
    let plugin = desk.admin().await?.status(name).await?;
    desk.screen.show(|| page::status(&plugin, measure::now()), &plugin)?;
    advise(desk.screen, &plugin);
    Ok(Exit::Ok)
}

/// What an operator would do next, where something must be done.
pub fn advise(screen: &Screen, plugin: &Plugin) {
    let name = &plugin.name;
    let missing = plugin.grants.iter().any(|grant| !grant.granted && !grant.optional);
    match plugin.state {
        State::Failed => screen.hint(&format!(
            "`outboard logs {name}` shows what it wrote, `outboard reset {name}` lets it try again"
        )),
        State::Stopped if missing => screen.hint(&format!(
            "`outboard load {} --grant asked` grants what it asks for",
            crate::escape::line(&plugin.path)
        )),
        // One that was never taken in has no folder yet.
        State::Stopped if plugin.path.is_empty() => {
            screen.hint("mend what is refused, then `outboard load PATH`");
        }
        State::Stopped if !plugin.enabled => {
            screen.hint(&format!("`outboard enable {name}` lets it run"));
        }
        State::Debug => screen.hint(&format!("`outboard debug {name} --stop` ends it")),
        State::Unknown
        | State::Stopped
        | State::Starting
        | State::Running
        | State::Draining
        | State::Stopping
        | State::Waiting => {}
    }
}

/// JSON: `{"entries": [...], "ignored": [...], "budget_us": n}`.
pub async fn order(desk: &Desk<'_>, hook: &str) -> Result<Exit, Stop> {
    let order = desk.admin().await?.order(hook).await?;
    desk.screen.show(|| page::order(hook, &order), &order)?;
    if order.entries.is_empty() {
        desk.screen.say(&format!("No plugin intercepts {hook}."));
    }
    Ok(Exit::Ok)
}

/// JSON: `{"findings": [...]}`. Problems make the exit code 1.
pub async fn doctor(desk: &Desk<'_>) -> Result<Exit, Stop> {
    let found = desk.admin().await?.doctor().await?;
    desk.screen.show(|| page::findings(&found.findings), &found)?;
    let count = |which| found.findings.iter().filter(|each| each.severity == which).count();
    let (problems, weak) = (count(Severity::Problem), count(Severity::Weak));
    desk.screen.say(&format!(
        "{} and {} in {}.",
        measure::plural(problems, "problem"),
        measure::plural(weak, "weak point"),
        measure::plural(found.findings.len(), "finding"),
    ));
    Ok(Exit::ok_if(problems == 0))
}

/// Trouble that names the plugin's end where it has failed.
pub fn not_running(plugin: &Plugin) -> Trouble {
    let end = plugin.ends.first().map(|end| format!("{} {}", end.cause, end.exit));
    let why =
        if plugin.reason.is_empty() { end.unwrap_or_default() } else { plugin.reason.clone() };
    let has = if plugin.state == State::Failed { "has" } else { "is" };
    let message = format!("{} {has} {}: {}", plugin.name, plugin.state.word(), why.trim());
    Trouble::new(Exit::Refused, message.trim_end_matches([':', ' ']))
}
