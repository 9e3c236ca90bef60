//! What was last seen of the plugin, and what is worth telling of the next look. It refuses to
//! change anything about it.

use std::path::PathBuf;

use serde_json::json;

use crate::dev::lines;
use crate::dev::teller::Teller;
use crate::report::{Grant, Loaded, Plugin, State};
use crate::screen::{Tone, toned};
use crate::trouble::Stop;

/// The plugin as it was last seen.
#[derive(Debug, Default)]
pub struct Seen {
    plugin: Option<Plugin>,
    /// The newest process whose end was told.
    ended: u64,
    /// The newest process whose start was told.
    started: u64,
    /// What was last told of its standing still.
    stands: String,
    /// Lines of it that were told.
    pub lines: usize,
    /// Where the daemon can be asked.
    pub socket: PathBuf,
}

impl Seen {
    /// The name it goes by.
    pub fn name(&self) -> Option<&str> {
        self.plugin.as_ref().map(|it| it.name.as_str())
    }

    /// What it asks for.
    pub fn asks(&self) -> &[Grant] {
        self.plugin.as_ref().map(|it| it.grants.as_slice()).unwrap_or_default()
    }

    /// Whether it runs.
    pub fn runs(&self) -> bool {
        self.plugin.as_ref().is_some_and(|it| it.state == State::Running)
    }

    /// Whether somebody has looked at its memory.
    pub fn is_measured(&self) -> bool {
        self.plugin.as_ref().is_some_and(|it| it.peak_memory_bytes > 0)
    }

    /// Whether it is not started again by itself.
    pub fn is_given_up(&self) -> bool {
        self.plugin.as_ref().is_some_and(|it| it.state == State::Failed)
    }

    /// It was loaded: whatever ran before is not what counts.
    pub fn loaded(&mut self, loaded: &Loaded) {
        if let Some(plugin) = &loaded.status {
            if self.name().is_some_and(|name| name != plugin.name) {
                self.begin_anew();
            }
            let newer = self
                .plugin
                .as_ref()
                .is_none_or(|it| it.generation <= plugin.generation && !self.is_news(it));
            if newer {
                self.plugin = Some(plugin.clone());
            }
        }
        self.stands.clear();
    }

    /// Whether a later look has told of a process that the load began.
    fn is_news(&self, plugin: &Plugin) -> bool {
        plugin.state == State::Running && plugin.generation > self.started
    }

    /// A look at it.
    ///
    /// # Errors
    /// The stream is closed or full.
    pub fn status(&mut self, teller: &mut Teller<'_>, plugin: Plugin) -> Result<(), Stop> {
        if plugin.gone {
            if self.name() == Some(&plugin.name) {
                self.begin_anew();
            }
            return Ok(());
        }
        if self.name().is_some_and(|name| name != plugin.name) {
            if is_on_its_way_out(plugin.state) {
                return Ok(());
            }
            self.begin_anew();
        }
        self.tell_ends(teller, &plugin)?;
        match plugin.state {
            State::Running if plugin.generation > self.started => {
                self.started = plugin.generation;
                self.stands.clear();
                let document = json!({ "kind": "state", "state": "running", "name": plugin.name,
                    "version": plugin.version, "generation": plugin.generation,
                    "pid": plugin.pid });
                teller.tell(&lines::running(&plugin), &document)?;
            }
            State::Failed => self.stand(teller, &plugin, &lines::given_up(&plugin))?,
            State::Stopped if !plugin.reason.is_empty() => {
                let text = format!("{} is stopped: {}", plugin.name, plugin.reason);
                let text = toned(Tone::Weak, &crate::escape::line(&text));
                self.stand(teller, &plugin, &text)?;
            }
            State::Unknown
            | State::Stopped
            | State::Starting
            | State::Running
            | State::Draining
            | State::Stopping
            | State::Waiting
            | State::Debug => {}
        }
        self.plugin = Some(plugin);
        Ok(())
    }

    /// It goes by another name now, and processes are counted from 1.
    fn begin_anew(&mut self) {
        let (lines, socket) = (self.lines, std::mem::take(&mut self.socket));
        *self = Self { lines, socket, ..Self::default() };
    }

    fn stand(&mut self, teller: &mut Teller<'_>, plugin: &Plugin, text: &str) -> Result<(), Stop> {
        if self.stands == text {
            return Ok(());
        }
        text.clone_into(&mut self.stands);
        let document = json!({ "kind": "state", "state": plugin.state, "name": plugin.name,
            "reason": plugin.reason, "generation": plugin.generation });
        teller.tell(text, &document)
    }

    fn tell_ends(&mut self, teller: &mut Teller<'_>, plugin: &Plugin) -> Result<(), Stop> {
        let mut ends: Vec<_> =
            plugin.ends.iter().filter(|end| end.generation > self.ended).collect();
        ends.sort_by_key(|end| end.generation);
        for end in ends {
            self.ended = end.generation;
            if end.cause != "stopped" {
                teller.tell(&lines::ended(plugin, end), &json!({ "kind": "end", "end": end }))?;
            }
        }
        Ok(())
    }
}

/// Whether that is how a plugin looks that is being unloaded because it has another name now.
fn is_on_its_way_out(state: State) -> bool {
    match state {
        State::Unknown | State::Stopped | State::Draining | State::Stopping => true,
        State::Starting | State::Running | State::Waiting | State::Failed | State::Debug => false,
    }
}
