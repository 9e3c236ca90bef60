//! Loading a plugin: ask what it asks for, ask the operator, load it, wait for it. JSON:
//! `{"status", "asks", "notes"}`, where status is the plugin in the end.

use std::io;

use outboard_proto::admin::{GrantChoice, LoadRequest};

use super::lifecycle::running;
use super::{Desk, look, plugin_folder};
use crate::admin::Admin;
use crate::arguments::{Grant, Load};
use crate::consent::{self, Consent};
use crate::escape;
use crate::exit::Exit;
use crate::report::{Loaded, Plugin, State};
use crate::settle::{self, Progress, Wait, Wish};
use crate::trouble::{Stop, Trouble};

/// Loads the folder.
pub async fn load(desk: &Desk<'_>, load: Load) -> Result<Exit, Stop> {
    let path = plugin_folder(&load.path)?;
    let mut admin = desk.admin().await?;
    let request = match choice(&load) {
        Some(choice) => with(path, choice),
        None if desk.screen.can_ask() => asked(desk, &mut admin, path).await?,
        None => LoadRequest { path, ..LoadRequest::default() },
    };
    let before = admin.list().await?;
    let mut loaded = admin.load(request).await?;
    if let (Some(plugin), false) = (&loaded.status, load.no_wait) {
        let before = before.into_iter().find(|each| each.name == plugin.name);
        let settled = settled(desk, &mut admin, &plugin.name, before).await?;
        loaded.status = Some(settled);
    }
    desk.screen.show(String::new, &loaded)?;
    tell(desk, &loaded)
}

fn choice(load: &Load) -> Option<Grant> {
    if load.yes { Some(Grant::Asked) } else { load.grant.clone() }
}

/// The request to load a folder with what is granted.
pub fn with(path: String, grant: Grant) -> LoadRequest {
    let (choice, grants) = match grant {
        Grant::Asked => (GrantChoice::Asked, Vec::new()),
        Grant::None => (GrantChoice::None, Vec::new()),
        Grant::List(grants) => (GrantChoice::List, grants),
    };
    LoadRequest { path, grant: choice.into(), grants, dry_run: false }
}

/// The request with what the person at the terminal grants. Nobody is asked about what is granted
/// already.
async fn asked(desk: &Desk<'_>, admin: &mut Admin, path: String) -> Result<LoadRequest, Stop> {
    let rehearsal = LoadRequest { path: path.clone(), dry_run: true, ..LoadRequest::default() };
    let found = admin.load(rehearsal).await?;
    if found.asks.iter().all(|ask| ask.granted) {
        return Ok(LoadRequest { path, ..LoadRequest::default() });
    }
    match consent::ask(desk.screen, &path, &found.asks, &mut io::stdin().lock()) {
        Consent::Granted(grants) => Ok(with(path, Grant::List(grants))),
        Consent::Refused => {
            Err(Trouble::new(Exit::Refused, "nothing was granted, so nothing was loaded")
                .hint("`outboard load PATH --grant none` loads it without any permission")
                .into())
        }
    }
}

/// A plugin that was loaded before is restarted by a load.
async fn settled(
    desk: &Desk<'_>,
    admin: &mut Admin,
    name: &str,
    before: Option<Plugin>,
) -> Result<Plugin, Stop> {
    let mut news = admin.watch(name).await?;
    let wait = Wait {
        progress: &mut Progress::new(desk.screen),
        wish: Wish::Anew,
        before,
        patience: desk.patience.unwrap_or(settle::PATIENCE),
    };
    wait.settle(&mut news).await
}

/// Loaded but stopped is a success with a warning: its dependency may be loaded next. Failed is
/// a failure.
fn tell(desk: &Desk<'_>, loaded: &Loaded) -> Result<Exit, Stop> {
    for note in &loaded.notes {
        desk.screen.say(&format!("note: {}", escape::line(note)));
    }
    let Some(plugin) = &loaded.status else { return Ok(Exit::Ok) };
    match plugin.state {
        State::Running => desk.screen.say(&running(plugin)),
        State::Failed => {
            desk.screen.report(&look::not_running(plugin).into());
        }
        State::Unknown
        | State::Stopped
        | State::Starting
        | State::Draining
        | State::Stopping
        | State::Waiting
        | State::Debug => {
            let why = look::not_running(plugin).message;
            desk.screen.warn(&format!("loaded, but {}", escape::line(&why)));
        }
    }
    look::advise(desk.screen, plugin);
    Ok(Exit::ok_if(plugin.state != State::Failed))
}
