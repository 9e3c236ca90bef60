//! What plugins say: their lines, made harmless, counted, kept for a while and handed to followers.
//!
//! A plugin's text is untrusted: control characters are escaped, a line has a length, a second has
//! a number of lines. It refuses to know what a line means.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use outboard_supervision::Moment;
use tokio::sync::broadcast;

/// Bytes of a line; what is longer is cut.
pub const LINE: usize = 8 * 1024;
/// Lines of one plugin a second.
const RATE: u32 = 200;
/// Bytes of lines kept per plugin.
const KEPT: usize = 64 * 1024;
/// Bytes of standard error kept for the end record.
const LAST_WORDS: usize = 16 * 1024;
/// Lines a slow follower may lag behind.
const LAG: usize = 1024;

/// Where a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// A log frame.
    Frame,
    /// The daemon, about the plugin.
    Daemon,
}

impl Origin {
    /// As the wire writes it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
            Self::Frame => "log",
            Self::Daemon => "daemon",
        }
    }
}

/// One line.
#[derive(Debug, Clone)]
pub struct Line {
    /// Whose.
    pub plugin: Arc<str>,
    /// Of which generation.
    pub generation: u64,
    /// When, microseconds since the Unix epoch.
    pub at_us: i64,
    /// From where.
    pub origin: Origin,
    /// Harmless text.
    pub text: String,
}

/// One plugin's log.
#[derive(Debug)]
pub struct Log {
    plugin: Arc<str>,
    followers: broadcast::Sender<Line>,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    lines: VecDeque<Line>,
    bytes: usize,
    last_words: VecDeque<u8>,
    second: Moment,
    in_second: u32,
    suppressed_now: u64,
    suppressed: u64,
}

/// All plugins' logs, for whoever follows them or must find a word in them; cheap to clone.
#[derive(Debug, Clone)]
pub struct Logs {
    followers: broadcast::Sender<Line>,
    all: Arc<Mutex<Vec<Weak<Log>>>>,
}

impl Default for Logs {
    fn default() -> Self {
        Self { followers: broadcast::Sender::new(LAG), all: Arc::default() }
    }
}

impl Logs {
    /// An empty log of one plugin.
    #[must_use]
    pub fn open(&self, plugin: Arc<str>) -> Arc<Log> {
        let (followers, kept) = (self.followers.clone(), Mutex::new(Kept::default()));
        let log = Arc::new(Log { plugin, followers, kept });
        let mut all = self.all();
        all.retain(|it| it.strong_count() > 0);
        all.push(Arc::downgrade(&log));
        log
    }

    /// Every line from now on.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<Line> {
        self.followers.subscribe()
    }

    /// Drops every line that is kept and has this word in it; answers how many those were.
    #[must_use]
    pub fn drop_lines_with(&self, word: &str) -> u64 {
        let all: Vec<Arc<Log>> = self.all().iter().filter_map(Weak::upgrade).collect();
        all.iter().map(|log| log.drop_lines_with(word)).sum()
    }

    fn all(&self) -> std::sync::MutexGuard<'_, Vec<Weak<Log>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Log {
    /// Takes one line, without its end.
    pub fn write(&self, generation: u64, origin: Origin, raw: &[u8], now: (Moment, i64)) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if origin == Origin::Stderr {
            kept.note_last_words(raw);
        }
        let (at, at_us) = now;
        let line =
            |text| Line { plugin: Arc::clone(&self.plugin), generation, at_us, origin, text };
        let (admitted, suppressed) = kept.admit(at);
        if suppressed > 0 {
            self.publish(&mut kept, line(format!("{suppressed} lines suppressed")));
        }
        if admitted {
            self.publish(&mut kept, line(harmless(raw)));
        }
    }

    fn publish(&self, kept: &mut Kept, line: Line) {
        tracing::info!(
            target: "outboardd::plugin",
            plugin = %line.plugin,
            generation = line.generation,
            stream = line.origin.as_str(),
            "{}",
            line.text
        );
        kept.keep(line.clone());
        // Nobody may be following.
        let _ = self.followers.send(line);
    }

    /// The newest lines that are kept, oldest first; all of them for 0.
    #[must_use]
    pub fn tail(&self, count: usize) -> Vec<Line> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let skip = if count == 0 { 0 } else { kept.lines.len().saturating_sub(count) };
        kept.lines.iter().skip(skip).cloned().collect()
    }

    /// The last 16 KiB of standard error, and starts anew.
    #[must_use]
    pub fn take_last_words(&self) -> String {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let words: Vec<u8> = std::mem::take(&mut kept.last_words).into();
        words.split(|byte| *byte == b'\n').map(harmless).collect::<Vec<_>>().join("\n")
    }

    /// Drops lines with this word, those of the last words too; answers how many those were that
    /// could have been shown.
    fn drop_lines_with(&self, word: &str) -> u64 {
        let shown = harmless(word.as_bytes());
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let before = kept.lines.len();
        kept.lines.retain(|line| !has_word(&line.text, &shown));
        kept.bytes = kept.lines.iter().map(|line| line.text.len()).sum();
        let words: Vec<u8> = std::mem::take(&mut kept.last_words).into();
        let lines = words.split_inclusive(|byte| *byte == b'\n');
        let others = lines.filter(|line| !has_word(&String::from_utf8_lossy(line), word));
        kept.last_words = others.flatten().copied().collect();
        (before - kept.lines.len()) as u64
    }

    /// Lines left out so far.
    #[must_use]
    pub fn suppressed(&self) -> u64 {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).suppressed
    }
}

impl Kept {
    /// Whether a line may pass now, and how many were left out before it that nobody was told of.
    fn admit(&mut self, now: Moment) -> (bool, u64) {
        let mut told = 0;
        if now.since(self.second) >= Duration::from_secs(1) {
            self.second = now;
            self.in_second = 0;
            told = std::mem::take(&mut self.suppressed_now);
        }
        self.in_second = self.in_second.saturating_add(1);
        let admitted = self.in_second <= RATE;
        if !admitted {
            self.suppressed_now += 1;
            self.suppressed += 1;
        }
        (admitted, told)
    }

    fn keep(&mut self, line: Line) {
        self.bytes += line.text.len();
        self.lines.push_back(line);
        while self.bytes > KEPT {
            let Some(old) = self.lines.pop_front() else { break };
            self.bytes -= old.text.len();
        }
    }

    fn note_last_words(&mut self, raw: &[u8]) {
        self.last_words.extend(raw);
        self.last_words.push_back(b'\n');
        let excess = self.last_words.len().saturating_sub(LAST_WORDS);
        self.last_words.drain(..excess);
    }
}

/// Text without control characters, at most [`LINE`] bytes of it.
#[must_use]
pub fn harmless(raw: &[u8]) -> String {
    let cut = &raw[..raw.len().min(LINE)];
    let mut text = String::with_capacity(cut.len());
    for c in String::from_utf8_lossy(cut).chars() {
        match c {
            '\t' => text.push(c),
            c if c.is_control() || is_deceptive(c) => text.extend(c.escape_unicode()),
            c => text.push(c),
        }
    }
    if cut.len() < raw.len() {
        text.push('…');
    }
    text
}

/// Whether a text has a word that is no part of a longer one.
#[must_use]
pub fn has_word(text: &str, word: &str) -> bool {
    let goes_on = |it: char| it.is_alphanumeric() || it == '_';
    !word.is_empty()
        && text.match_indices(word).any(|(at, found)| {
            !text[..at].ends_with(goes_on) && !text[at + found.len()..].starts_with(goes_on)
        })
}

/// Characters that reorder what a terminal shows.
fn is_deceptive(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log() -> Arc<Log> {
        Logs::default().open("p".into())
    }

    // I34
    #[test]
    fn escape_sequences_arrive_as_text() {
        let log = log();
        log.write(1, Origin::Stderr, b"\x1b[31mred\x07", (Moment::ZERO, 0));
        assert_eq!(log.tail(0)[0].text, "\\u{1b}[31mred\\u{7}");
    }

    #[test]
    fn a_flood_is_cut_off_and_counted() {
        let log = log();
        for _ in 0..RATE + 5 {
            log.write(1, Origin::Stdout, b"x", (Moment::ZERO, 0));
        }
        assert_eq!(log.suppressed(), 5);
        log.write(1, Origin::Stdout, b"y", (Moment::from_millis(1000), 0));
        let tail: Vec<String> = log.tail(2).into_iter().map(|line| line.text).collect();
        assert_eq!(tail, ["5 lines suppressed", "y"]);
    }

    #[test]
    fn the_last_words_are_the_newest_and_told_once() {
        let log = log();
        for n in 0..3000 {
            log.write(1, Origin::Stderr, format!("line {n}").as_bytes(), (Moment::ZERO, 0));
        }
        let words = log.take_last_words();
        assert!(words.len() <= LAST_WORDS && words.ends_with("line 2999\n"));
        assert!(log.take_last_words().is_empty());
    }

    // I113
    #[test]
    fn lines_with_a_word_go_and_lines_with_a_longer_one_stay() {
        let logs = Logs::default();
        let log = logs.open("p".into());
        for line in ["u-4711 hello", "u-47", "(@u-47)", "u-47_b", "au-47", "nothing"] {
            log.write(1, Origin::Stderr, line.as_bytes(), (Moment::ZERO, 0));
        }
        assert_eq!(logs.drop_lines_with("u-47"), 2);
        let left: Vec<String> = log.tail(0).into_iter().map(|line| line.text).collect();
        assert_eq!(left, ["u-4711 hello", "u-47_b", "au-47", "nothing"]);
        assert_eq!(log.take_last_words(), "u-4711 hello\nu-47_b\nau-47\nnothing\n");
        assert_eq!(logs.drop_lines_with(""), 0);
        drop(log);
        assert_eq!(logs.drop_lines_with("nothing"), 0, "what is unloaded keeps nothing");
    }

    #[test]
    fn a_long_line_is_cut() {
        let text = harmless(&vec![b'x'; LINE + 1]);
        assert_eq!(text.chars().count(), LINE + 1);
        assert!(text.ends_with('…'));
    }
}
