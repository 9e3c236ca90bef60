//! Lines above a prompt. What happens while somebody types stands above what they type. It refuses
//! to know what is told.

use std::io::{self, IsTerminal as _};

use serde::Serialize;

use crate::escape;
use crate::screen::{Format, Screen, Tone, toned};
use crate::trouble::Stop;

/// Back to the beginning of the line, and nothing stands there.
const CLEAR: &str = "\r\u{1b}[K";

/// Whom everything is told.
pub struct Teller<'s> {
    screen: &'s Screen,
    /// A terminal on both ends: there is a prompt, and a line that moves.
    is_live: bool,
    prompt: Option<String>,
    /// Something stands on the last line that is not part of what was told.
    occupied: bool,
}

impl<'s> Teller<'s> {
    /// Nothing is told yet. `is_live`: a person types.
    pub fn new(screen: &'s Screen, is_live: bool) -> Self {
        let is_live = is_live && screen.format() == Format::Table && io::stdout().is_terminal();
        Self { screen, is_live, prompt: None, occupied: false }
    }

    /// One thing that happened, in a line or several, and as a document.
    ///
    /// # Errors
    /// The stream is closed or full.
    pub fn tell(&mut self, text: &str, document: &impl Serialize) -> Result<(), Stop> {
        let clear = if self.occupied { CLEAR } else { "" };
        self.occupied = false;
        self.screen.show_line(&format!("{clear}{text}"), document)?;
        self.show_prompt()
    }

    /// What is being done; the next word takes its place.
    ///
    /// # Errors
    /// The stream is closed or full.
    pub fn step(&mut self, text: &str) -> Result<(), Stop> {
        if !self.is_live {
            return Ok(());
        }
        self.occupied = true;
        let text: String = escape::line(text).chars().take(70).collect();
        self.screen.print(&format!("{CLEAR}{}", toned(Tone::Quiet, &text)))
    }

    /// Shows a prompt below everything from now on, or none.
    ///
    /// # Errors
    /// The stream is closed or full.
    pub fn ask(&mut self, prompt: Option<String>) -> Result<(), Stop> {
        self.prompt = prompt;
        if self.prompt.is_none() && std::mem::take(&mut self.occupied) {
            return self.screen.print(CLEAR);
        }
        self.show_prompt()
    }

    /// A line was typed: the prompt it was typed at is part of the story now.
    ///
    /// # Errors
    /// The stream is closed or full.
    pub fn typed(&mut self, prompt: &str, line: &str) -> Result<(), Stop> {
        self.occupied = false;
        match (self.is_live, self.screen.format()) {
            (false, Format::Table) => {
                self.screen.print(&format!("{prompt}{}\n", escape::line(line)))
            }
            (true, _) | (_, Format::Json) => Ok(()),
        }
    }

    fn show_prompt(&mut self) -> Result<(), Stop> {
        match (&self.prompt, self.is_live) {
            (Some(prompt), true) => {
                self.occupied = true;
                self.screen.print(&format!("{CLEAR}{}", toned(Tone::Strong, prompt)))
            }
            (Some(_), false) | (None, _) => Ok(()),
        }
    }
}
