//! This command, the daemon, and the chat servers connected to it. It leaves the plugins to the
//! list.

use super::{Grid, coloured, text};
use crate::escape;
use crate::measure::{self, Micros};
use crate::report::{App, Daemon};
use crate::screen::Tone;

/// Versions and the daemon's own facts; only this command's version where no daemon answers.
pub fn versions(own: &str, daemon: Option<&Daemon>, now: Micros) -> String {
    let mut page = format!("outboard  {own}\n");
    if let Some(daemon) = daemon {
        page.push_str(&format!("outboardd {}\n\n", escape::line(&daemon.version)));
        page.push_str(&facts(daemon, now));
    }
    page
}

fn facts(daemon: &Daemon, now: Micros) -> String {
    let mut grid = Grid::without_header();
    let mut fact = |name: &str, value: &str| {
        grid.row(vec![coloured(name, Tone::Quiet), text(value)]);
    };
    let up = measure::lasted(now, daemon.started_us);
    let memory = measure::bytes(daemon.resident_bytes);
    fact("process", &format!("pid {}, up for {up}, {memory} resident", daemon.pid));
    fact("plugins", &format!("{} of {} running", daemon.running, daemon.plugins));
    fact("outbox", &format!("{} requests wait for a chat server", daemon.outbox));
    fact("configuration", &daemon.config);
    fact("state", &daemon.state);
    fact("sockets", &daemon.runtime);
    if daemon.apps.is_empty() {
        fact("chat servers", "none connected");
    }
    for app in &daemon.apps {
        fact("chat server", &connected(app));
    }
    for note in &daemon.notes {
        grid.row(vec![coloured("note", Tone::Bad), text(note)]);
    }
    grid.lines(2)
}

fn connected(app: &App) -> String {
    let session = if app.unary { ", unary" } else { "" };
    let hooks = if app.hooks.is_empty() { "no hooks".to_owned() } else { app.hooks.join(" ") };
    format!("{} {}, node {:?}{session}: {hooks}", app.app, app.version, app.node)
}
