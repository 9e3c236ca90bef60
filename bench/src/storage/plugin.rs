//! A plugin that sets or gets for a while when it is told to, and says how it went.
//!
//! It refuses to know who compares it with what.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;
use std::str::FromStr;
use std::time::Instant;

use anyhow::Context as _;
use outboard_plugin::{Command, Plugin, Reply, Storage};
use tokio::task::JoinSet;

use crate::slice::{Recorder, Slice, Told};

/// Bytes of every value.
pub const VALUE_BYTES: usize = 160;

/// Keys that are written again and again.
pub const KEYS: u64 = 1000;

/// What it is told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Writes.
    Set,
    /// Reads.
    Get,
}

/// The plugin; its command has its own name.
pub fn keeper(plugin: Plugin, name: &str) -> Plugin {
    plugin.command(name, async |command: Command| -> outboard_plugin::Result<Reply> {
        let told = work(command.ctx().storage(), command.text()).await?;
        Ok(command.reply(told.to_string()))
    })
}

async fn work(storage: Storage, asked: &str) -> anyhow::Result<Told> {
    let (work, slice) = asked.split_once(' ').context("no slice")?;
    let (work, slice): (Work, Slice) = (work.parse()?, slice.parse()?);
    let recorder = Rc::new(RefCell::new(Recorder::start(slice)?));
    let mut lanes = JoinSet::new();
    for lane in 0..slice.in_flight as u64 {
        lanes.spawn_local(go_on(storage.clone(), work, lane, Rc::clone(&recorder)));
    }
    while let Some(ended) = lanes.join_next().await {
        ended??;
    }
    let told = recorder.borrow().told()?;
    Ok(told)
}

async fn go_on(
    storage: Storage,
    work: Work,
    lane: u64,
    recorder: Rc<RefCell<Recorder>>,
) -> anyhow::Result<()> {
    for number in lane.. {
        let key = key(number);
        let asked = Instant::now();
        match work {
            Work::Set => drop(storage.set(key, vec![b'v'; VALUE_BYTES]).await?),
            Work::Get => drop(storage.get(key).await?),
        }
        if !recorder.borrow_mut().note(asked, Instant::now()) {
            break;
        }
    }
    Ok(())
}

/// One of the keys.
pub fn key(number: u64) -> String {
    format!("bench/{:04}", number % KEYS)
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Set => "set",
            Self::Get => "get",
        })
    }
}

impl FromStr for Work {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        match text {
            "set" => Ok(Self::Set),
            "get" => Ok(Self::Get),
            other => anyhow::bail!("{other:?} is neither set nor get"),
        }
    }
}
