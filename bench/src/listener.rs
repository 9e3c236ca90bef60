//! A plugin that counts the events it is told, and where to read how many: a file in its data
//! folder, for anything that it said over its session would be part of what is measured.
//!
//! It refuses to know what the events say.

use std::cell::Cell;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use anyhow::Context as _;
use outboard_plugin::{Plugin, Result, Start};

use crate::daemon::House;
use crate::neighbour::data_folder;

const FILE: &str = "taken";

/// How often the count is written down.
const WRITE: Duration = Duration::from_millis(5);

/// The plugin.
pub fn plugin(plugin: Plugin) -> Plugin {
    let taken = Rc::new(Cell::new(0_u64));
    let shown = Rc::clone(&taken);
    plugin.on_posted(async move |_| taken.set(taken.get() + 1)).on_start(
        async move |_: Start| -> Result {
            let file = File::create(data_folder().join(FILE))?;
            tokio::task::spawn_local(write(file, Rc::clone(&shown)));
            Ok(())
        },
    )
}

async fn write(file: File, taken: Rc<Cell<u64>>) {
    let mut clock = tokio::time::interval(WRITE);
    let mut written = u64::MAX;
    loop {
        clock.tick().await;
        if written != taken.get() {
            written = taken.get();
            // Whoever reads finds out that nothing comes any more.
            let _ = file.write_at(&written.to_le_bytes(), 0);
        }
    }
}

/// Counts of some listeners, from outside.
pub struct Taken(Vec<File>);

impl Taken {
    /// Of these plugins, which run.
    pub fn of(house: &House, names: &[&str]) -> anyhow::Result<Self> {
        let open = |name: &&str| {
            let path: PathBuf = house.data(name).join(FILE);
            File::open(&path).with_context(|| format!("opening {}", path.display()))
        };
        Ok(Self(names.iter().map(open).collect::<anyhow::Result<_>>()?))
    }

    /// What each has taken.
    pub fn counts(&self) -> impl Iterator<Item = u64> {
        self.0.iter().map(|file| {
            let mut bytes = [0; 8];
            // Before the first is written down it is short.
            let _ = file.read_exact_at(&mut bytes, 0);
            u64::from_le_bytes(bytes)
        })
    }
}
