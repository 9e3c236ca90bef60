//! `debug`: a process of the developer's own in the place of a plugin's, as long as this command
//! runs. JSON without a command: one step per line.

use std::ffi::OsString;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use serde_json::json;
use tokio::process::{Child, Command};
use tokio::signal::unix::{SignalKind, signal};

use super::Desk;
use crate::admin::Changing;
use crate::arguments::Debug;
use crate::escape;
use crate::exit::Exit;
use crate::page;
use crate::report::{DebugNews, What};
use crate::screen::Format;
use crate::trouble::{Stop, Trouble};

/// Ends of a visit that are as they should be.
const WELL: [&str; 2] = ["left", "stopped"];

/// Starts, or ends, the debugging of a plugin.
pub async fn run(desk: &Desk<'_>, wish: Debug) -> Result<Exit, Stop> {
    let Debug { name, stop, command } = wish;
    if stop {
        let done = desk.admin().await?.end_debug(&name).await?;
        desk.screen.show(String::new, &json!({ "message": done }))?;
        desk.screen.say(&escape::line(&done));
        return Ok(Exit::Ok);
    }
    let news = desk.admin().await?.debug(&name).await?;
    match command.split_first() {
        Some((program, arguments)) => host(desk, &name, news, (program, arguments)).await,
        None => print(desk, &name, news).await,
    }
}

/// Prints what the process needs, then every step to the last. Ended by Ctrl-C, the daemon sees
/// this end.
async fn print(desk: &Desk<'_>, name: &str, mut news: Changing<DebugNews>) -> Result<Exit, Stop> {
    while let Some(step) = news.next().await? {
        let line = page::debug(name, &step);
        // What can be pasted is data, and may go into a file; how it goes on is not.
        match desk.screen.format() {
            Format::Table if step.news != What::Invited => desk.screen.say(&line),
            Format::Table | Format::Json => desk.screen.show_line(&line, &step)?,
        }
        match step.news {
            What::Invited => {
                desk.screen.hint("start the plugin with these within 10 minutes; Ctrl-C ends it");
            }
            What::Over => {
                return Ok(Exit::ok_if(step.cause.is_some_and(|it| WELL.contains(&&*it))));
            }
            What::Unknown | What::Arriving | What::Attached | What::Ready | What::Note => {}
        }
    }
    Err(ended().into())
}

/// Runs the command with what it needs and the terminal to itself; tells steps beside it.
async fn host(
    desk: &Desk<'_>,
    name: &str,
    mut news: Changing<DebugNews>,
    (program, arguments): (&OsString, &[OsString]),
) -> Result<Exit, Stop> {
    let first = news.next().await?.ok_or_else(ended)?;
    let environment = first.environment.unwrap_or_default();
    // A debugger wants Ctrl-C for itself.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let child = Command::new(program).args(arguments).envs(environment).spawn();
    let mut child = child.map_err(|error| cannot_run(program, &error))?;
    let mut listens = true;
    loop {
        tokio::select! {
            status = child.wait() => {
                tell_last(desk, name, &mut news, listens).await;
                return Ok(Exit::Commands(code(status?)));
            }
            step = news.next(), if listens => {
                listens = tell(desk, name, step, &child);
            }
            _ = interrupt.recv() => {}
        }
    }
}

/// Says one step; whether more may come.
fn tell(desk: &Desk<'_>, name: &str, step: Result<Option<DebugNews>, Stop>, child: &Child) -> bool {
    match step {
        Ok(Some(step)) => {
            desk.screen.say(&page::debug(name, &step));
            step.news != What::Over
        }
        Ok(None) | Err(_) => {
            let pid = child.id().unwrap_or_default();
            desk.screen.warn(&format!("the daemon went away; process {pid} is left to itself"));
            false
        }
    }
}

/// The daemon sees the process go a moment after this command does.
async fn tell_last(desk: &Desk<'_>, name: &str, news: &mut Changing<DebugNews>, mut listens: bool) {
    const MOMENT: std::time::Duration = std::time::Duration::from_millis(200);
    while listens && let Ok(Ok(Some(step))) = tokio::time::timeout(MOMENT, news.next()).await {
        desk.screen.say(&page::debug(name, &step));
        listens = step.news != What::Over;
    }
}

fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

fn cannot_run(program: &OsString, error: &std::io::Error) -> Trouble {
    Trouble::new(Exit::NotFound, format!("{}: {error}", program.display()))
}

fn ended() -> Trouble {
    Trouble::new(Exit::NoDaemon, "the daemon ended the stream: it is probably stopping")
}
