//! Where words go: data to standard output, everything else to standard error, for people or for
//! programs. It knows streams, colours and formats, not what is said.

use std::io::{self, IsTerminal, Write};

use clap::ValueEnum;
use serde::Serialize;
use serde_json::json;

use crate::arguments::Global;
use crate::escape;
use crate::exit::Exit;
use crate::trouble::{Stop, Trouble};

/// Who reads the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Table,
    /// For programs
    Json,
}

/// Colours that underline a word which says the same without them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// All is well.
    Good,
    /// Look at it.
    Weak,
    /// Wrong.
    Bad,
    /// Headings.
    Strong,
    /// Beside the point.
    Quiet,
}

/// The word in its colour. Streams that take no colours drop it again.
pub fn toned(tone: Tone, word: &str) -> String {
    let code = match tone {
        Tone::Good => "32",
        Tone::Weak => "33",
        Tone::Bad => "31",
        Tone::Strong => "1",
        Tone::Quiet => "2",
    };
    format!("\u{1b}[{code}m{word}\u{1b}[0m")
}

/// Both streams and how they are written.
#[derive(Debug)]
pub struct Screen {
    format: Format,
}

impl Screen {
    /// As the command line wants it.
    pub fn new(global: &Global) -> Screen {
        if global.no_color {
            anstream::ColorChoice::Never.write_global();
        }
        Screen { format: global.output }
    }

    /// Who reads the answer.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Whether a person sits there who can be asked.
    pub fn can_ask(&self) -> bool {
        self.format == Format::Table && io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// The answer: a page for people, a document for programs.
    ///
    /// # Errors
    /// The stream is closed or full.
    pub fn show(
        &self,
        page: impl FnOnce() -> String,
        document: &impl Serialize,
    ) -> Result<(), Stop> {
        match self.format {
            Format::Table => self.print(&page()),
            Format::Json => {
                let text = serde_json::to_string_pretty(document).map_err(io::Error::other)?;
                self.print(&format!("{}\n", escape::json(&text)))
            }
        }
    }

    /// One of many answers: a line for people, a document on one line for programs.
    ///
    /// # Errors
    /// The stream is closed or full.
    pub fn show_line(&self, line: &str, document: &impl Serialize) -> Result<(), Stop> {
        match self.format {
            Format::Table => self.print(&format!("{line}\n")),
            Format::Json => {
                let text = serde_json::to_string(document).map_err(io::Error::other)?;
                self.print(&format!("{}\n", escape::json(&text)))
            }
        }
    }

    /// Text to standard output, at once.
    ///
    /// # Errors
    /// The stream is closed or full.
    pub fn print(&self, text: &str) -> Result<(), Stop> {
        let mut out = anstream::stdout().lock();
        out.write_all(text.as_bytes())?;
        Ok(out.flush()?)
    }

    /// A line to standard error, for people only. Where that cannot be written there is nobody to
    /// tell.
    pub fn say(&self, line: &str) {
        if self.format == Format::Table {
            let _ = writeln!(anstream::stderr().lock(), "{line}");
        }
    }

    /// A question to a person, who answers on the same line.
    pub fn prompt(&self, question: &str) {
        if self.format == Format::Table {
            let _ = write!(anstream::stderr().lock(), "{question} ");
        }
    }

    /// What to try next.
    pub fn hint(&self, hint: &str) {
        self.say(&format!("{} {hint}", toned(Tone::Strong, "hint:")));
    }

    /// Something the operator should know though the command did its work.
    pub fn warn(&self, warning: &str) {
        self.say(&format!("{} {warning}", toned(Tone::Weak, "warning:")));
    }

    /// Tells why the command ends, and the shell's code for it.
    pub fn report(&self, stop: &Stop) -> Exit {
        let Stop::Trouble(trouble) = stop else { return Exit::Ok };
        match self.format {
            Format::Table => self.tell(trouble),
            Format::Json => self.tell_program(trouble),
        }
        trouble.exit
    }

    fn tell(&self, trouble: &Trouble) {
        let message = escape::lines(&trouble.message).collect::<Vec<_>>().join("\n       ");
        self.say(&format!("{} {message}", toned(Tone::Bad, "error:")));
        for fault in &trouble.faults {
            self.say(&format!("  {}", crate::page::fault(fault)));
        }
        for hint in &trouble.hints {
            self.hint(&escape::line(hint));
        }
    }

    fn tell_program(&self, trouble: &Trouble) {
        let document = json!({ "error": {
            "message": trouble.message,
            "reason": trouble.reason,
            "exit_code": trouble.exit.code(),
            "faults": trouble.faults,
            "hints": trouble.hints,
        }});
        let text = escape::json(&document.to_string()).into_owned();
        let _ = writeln!(io::stderr().lock(), "{text}");
    }
}
