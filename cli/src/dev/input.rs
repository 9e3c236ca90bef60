//! What is typed: lines of a terminal, of a pipe, of a file. It refuses to know what they mean.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal as _, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::mpsc;

use super::news::News;

/// Lines that wait: a script that is longer waits with the rest.
const LINES: usize = 1024;

/// Bytes of a line; more is no line of a chat.
const LONGEST: u64 = 64 * 1024;

/// Where lines come from.
pub struct Input {
    /// A person sits there, who sees what happens and can mend it.
    pub is_live: bool,
    /// The lines.
    pub lines: mpsc::Receiver<String>,
    over: Arc<AtomicBool>,
}

impl Input {
    /// Reads the script, `-` for standard input, or what is typed.
    ///
    /// # Errors
    /// The script cannot be read.
    pub fn open(script: Option<&Path>, tell: mpsc::Sender<News>) -> io::Result<Input> {
        let from: Box<dyn Read + Send> = match script {
            Some(file) if file != Path::new("-") => Box::new(File::open(file)?),
            Some(_) | None => Box::new(io::stdin()),
        };
        let is_live = script.is_none() && io::stdin().is_terminal();
        let (sender, lines) = mpsc::channel(LINES);
        let over = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&over);
        // A thread of its own, which nobody waits for: a read of a terminal cannot be taken back.
        std::thread::Builder::new().name("input".to_owned()).spawn(move || {
            read(from, &sender);
            ended.store(true, Ordering::Release);
            let _ = tell.blocking_send(News::InputOver);
        })?;
        Ok(Input { is_live, lines, over })
    }

    /// Whether nothing more will come than what waits already.
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }
}

fn read(from: impl Read, lines: &mpsc::Sender<String>) {
    let mut from = BufReader::new(from);
    loop {
        let mut line = Vec::new();
        match from.by_ref().take(LONGEST).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let line = String::from_utf8_lossy(&line).trim().to_owned();
        if lines.blocking_send(line).is_err() {
            return;
        }
    }
}
