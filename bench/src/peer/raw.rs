//! The lower limit: a message over two bare Unix sockets and back, through a process between.
//!
//! Blocking calls, one message at a time; it refuses to know frames.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::Instant;

use crate::case::{Case, Part};
use crate::role::Role;
use crate::slice::{MESSAGE_BYTES, Recorder, Slice, Told, answer};

const APP: &str = "a";
const PLUGIN: &str = "p";

/// The case, running.
pub fn start() -> anyhow::Result<Case> {
    let folder = tempfile::tempdir()?;
    let mut case = Case::new("raw_two_hops");
    case.start(Part::Middle, Role::RawRelay, folder.path())?.wait_ready()?;
    case.start(Part::Plugin, Role::RawPlugin, folder.path())?;
    case.start(Part::App, Role::RawApp, folder.path())?.wait_ready()?;
    Ok(case.keeping(folder))
}

/// The app's end.
pub fn app(folder: &Path) -> anyhow::Result<()> {
    let mut stream = UnixStream::connect(folder.join(APP))?;
    exchange(&mut stream)?;
    answer(|slice| drive(&mut stream, slice))
}

/// The middle.
pub fn relay(folder: &Path) -> anyhow::Result<()> {
    let (apps, plugins) =
        (UnixListener::bind(folder.join(APP))?, UnixListener::bind(folder.join(PLUGIN))?);
    println!("ready");
    let (mut plugin, mut app) = (plugins.accept()?.0, apps.accept()?.0);
    let mut message = [0; MESSAGE_BYTES];
    while app.read_exact(&mut message).is_ok() {
        plugin.write_all(&message)?;
        plugin.read_exact(&mut message)?;
        app.write_all(&message)?;
    }
    Ok(())
}

/// The plugin's end.
pub fn plugin(folder: &Path) -> anyhow::Result<()> {
    let mut stream = UnixStream::connect(folder.join(PLUGIN))?;
    let mut message = [0; MESSAGE_BYTES];
    while stream.read_exact(&mut message).is_ok() {
        stream.write_all(&message)?;
    }
    Ok(())
}

fn drive(stream: &mut UnixStream, slice: Slice) -> anyhow::Result<Told> {
    anyhow::ensure!(slice.in_flight == 1, "bare sockets carry one message at a time");
    let mut recorder = Recorder::start(slice)?;
    let mut asked = Instant::now();
    loop {
        exchange(stream)?;
        let answered = Instant::now();
        if !recorder.note(asked, answered) {
            return recorder.told();
        }
        asked = answered;
    }
}

fn exchange(stream: &mut UnixStream) -> std::io::Result<()> {
    let mut message = [b'm'; MESSAGE_BYTES];
    stream.write_all(&message)?;
    stream.read_exact(&mut message)
}
