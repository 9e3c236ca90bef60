//! The line that says that something takes a while. It knows terminals and logs apart, not what is
//! waited for.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::Instant;

use crate::escape;
use crate::report::{Plugin, State};
use crate::screen::{Format, Screen};

/// What is over sooner needs no progress line.
const PATIENCE: Duration = Duration::from_secs(2);

/// A line that moves on a terminal, and one line per change anywhere else.
pub struct Progress<'s> {
    screen: &'s Screen,
    from: Instant,
    moving: Option<ProgressBar>,
    said: String,
}

impl<'s> Progress<'s> {
    /// Nothing is shown yet.
    pub fn new(screen: &'s Screen) -> Progress<'s> {
        let person = screen.format() == Format::Table && std::io::stderr().is_terminal();
        let moving = person.then(spinner);
        Progress { screen, from: Instant::now() + PATIENCE, moving, said: String::new() }
    }

    /// Shows how far it is, once it has taken long enough.
    pub fn tell(&mut self, plugin: &Plugin) {
        if Instant::now() < self.from {
            return;
        }
        let (line, news) = (line(plugin, &plugin.reason), line(plugin, plugin.standing_reason()));
        match &self.moving {
            Some(moving) => {
                moving.set_message(line);
                moving.tick();
            }
            None if news != self.said => {
                self.screen.say(&line);
                self.said = news;
            }
            None => {}
        }
    }
}

impl Drop for Progress<'_> {
    fn drop(&mut self) {
        if let Some(moving) = &self.moving {
            moving.finish_and_clear();
        }
    }
}

fn spinner() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}");
    let spinner = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    spinner.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    spinner
}

fn line(plugin: &Plugin, reason: &str) -> String {
    let mut line = format!("{} is {}", plugin.name, plugin.state.word());
    if let (State::Starting, Some(percent @ 1..)) = (plugin.state, plugin.starting_percent) {
        line.push_str(&format!(", {percent} %"));
    }
    if !reason.is_empty() {
        line.push_str(&format!(": {reason}"));
    }
    escape::line(&line).into_owned()
}
