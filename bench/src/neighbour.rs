//! Plugins that are bad neighbours while a file lies in their data folder, and good ones otherwise:
//! a file, because the plugin may be killed for what it does, and goes on with it.
//!
//! It refuses to know who suffers.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use outboard_plugin::{Plugin, Result, Start};

const FILE: &str = "misbehave";

/// How long the sleeper sleeps over each event.
const SLEEP: Duration = Duration::from_secs(5);

/// How often a good neighbour looks whether it still is to be one.
pub const LOOK: Duration = Duration::from_millis(20);

/// Whether to misbehave.
#[derive(Debug, Clone)]
pub struct Flag(PathBuf);

impl Flag {
    /// In a plugin's data folder.
    pub fn in_folder(data: &Path) -> Self {
        Self(data.join(FILE))
    }

    /// The plugin's own.
    pub fn own() -> Self {
        Self::in_folder(&data_folder())
    }

    /// Whether it is raised.
    pub fn is_up(&self) -> bool {
        self.0.exists()
    }

    /// Raises or lowers it.
    pub fn set(&self, up: bool) -> std::io::Result<()> {
        match (up, self.is_up()) {
            (true, false) => File::create(&self.0).map(drop),
            (false, true) => std::fs::remove_file(&self.0),
            (true, true) | (false, false) => Ok(()),
        }
    }
}

/// Where a plugin of the bench may write.
pub fn data_folder() -> PathBuf {
    std::env::var_os("OUTBOARD_DATA_DIR").unwrap_or_default().into()
}

/// Sleeps over each event.
pub fn sleeper(plugin: Plugin) -> Plugin {
    let flag = Flag::own();
    plugin.on_posted(async move |_| {
        let until = Instant::now() + SLEEP;
        while flag.is_up() && Instant::now() < until {
            tokio::time::sleep(LOOK * 5).await;
        }
    })
}

/// Keeps a core busy, on a thread beside the one that answers pings.
pub fn hog(plugin: Plugin) -> Plugin {
    plugin.on_start(async |_: Start| -> Result {
        std::thread::Builder::new().name("hog".to_owned()).spawn(|| spin(&Flag::own()))?;
        Ok(())
    })
}

fn spin(flag: &Flag) {
    loop {
        let until = Instant::now() + LOOK;
        match flag.is_up() {
            true => while Instant::now() < until {},
            false => std::thread::park_timeout(LOOK),
        }
    }
}
