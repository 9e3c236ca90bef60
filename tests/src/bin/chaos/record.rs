//! What the plugins wrote down, held against what was published.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};

use outboard_tests::House;

use crate::load::Published;
use crate::name;

/// One line of a plugin's record.
struct Line {
    id: String,
    attempt: u32,
    channel: String,
    number: usize,
}

/// What came of it.
#[derive(Default)]
pub struct Verdict {
    delivered: usize,
    lost: Vec<String>,
    redelivered: usize,
    dead_letters: usize,
    unmarked: Vec<String>,
    overtaking: Vec<String>,
}

impl Verdict {
    /// Reads every record. `letters` were dead letters for a while and came late.
    pub fn of(
        house: &House,
        plugins: usize,
        published: &[Published],
        letters: &[String],
    ) -> anyhow::Result<Self> {
        let letters: HashSet<&str> = letters.iter().map(String::as_str).collect();
        let mut verdict = Self { dead_letters: letters.len(), ..Self::default() };
        let mut known = HashSet::new();
        for plugin in 0..plugins {
            let lines = read(&house.state(), &name(plugin))?;
            verdict.judge(&lines, published, &letters);
            known.extend(lines.into_iter().map(|line| line.id));
        }
        let lost = published.iter().filter(|it| !known.contains(&it.id));
        verdict.lost = lost.map(|it| format!("{} {} ({})", it.channel, it.number, it.id)).collect();
        verdict.delivered = published.len() - verdict.lost.len();
        Ok(verdict)
    }

    fn judge(&mut self, lines: &[Line], published: &[Published], letters: &HashSet<&str>) {
        let late: HashSet<(&str, usize)> = published
            .iter()
            .filter(|it| letters.contains(it.id.as_str()))
            .map(|it| (it.channel.as_str(), it.number))
            .collect();
        let mut seen: HashSet<&str> = HashSet::new();
        let mut next: HashMap<&str, usize> = HashMap::new();
        for line in lines {
            let Line { id, attempt, channel, number } = line;
            if !seen.insert(id) {
                self.redelivered += 1;
                if *attempt == 1 {
                    self.unmarked.push(format!("{channel} {number} came again as attempt 1"));
                }
            }
            let next = next.entry(channel).or_default();
            while *next < *number && late.contains(&(channel.as_str(), *next)) {
                *next += 1;
            }
            if number > next {
                self.overtaking.push(format!("{channel} {number} came before {next}"));
            }
            *next = (*next).max(number + 1);
        }
    }

    pub fn is_good(&self) -> bool {
        self.lost.is_empty() && self.unmarked.is_empty() && self.overtaking.is_empty()
    }

    /// Says it all; the last line is for programs.
    pub fn tell(&self) {
        for (what, found) in
            [("lost", &self.lost), ("unmarked", &self.unmarked), ("overtaking", &self.overtaking)]
        {
            for line in found.iter().take(20) {
                eprintln!("{what}: {line}");
            }
        }
        let (letters, lost) = (self.dead_letters, self.lost.len());
        println!(
            "chaos: {letters} were dead letters and replayed, {} unmarked, {} out of order",
            self.unmarked.len(),
            self.overtaking.len()
        );
        let (delivered, redelivered) = (self.delivered, self.redelivered);
        println!("chaos: {delivered} delivered, {lost} lost, {redelivered} redelivered");
    }
}

fn read(state: &Path, plugin: &str) -> anyhow::Result<Vec<Line>> {
    let Some(file) = find(state, plugin) else { return Ok(Vec::new()) };
    let text = std::fs::read_to_string(file)?;
    Ok(text.lines().filter_map(line).collect())
}

/// `ID ATTEMPT all:record CHANNEL NUMBER all:sleep=N`.
fn line(text: &str) -> Option<Line> {
    let words: Vec<&str> = text.split(' ').collect();
    let [id, attempt, _, channel, number, _] = words[..] else { return None };
    Some(Line {
        id: id.to_owned(),
        attempt: attempt.parse().ok()?,
        channel: channel.to_owned(),
        number: number.parse().ok()?,
    })
}

/// The record in the plugin's data folder, wherever the daemon keeps that.
fn find(state: &Path, plugin: &str) -> Option<PathBuf> {
    let folders = std::fs::read_dir(state).ok()?.flatten().map(|entry| entry.path());
    folders.map(|folder| folder.join(plugin).join("events.log")).find(|file| file.exists())
}
