//! Building the project: cargo, its words, and the program that comes of it. It refuses to know
//! where the program goes.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::mpsc;

use super::news::News;
use super::workshop::{Tool, Workshop};

/// Bytes of a compiler's words that are shown; a first error stands at their beginning.
const WORDS: usize = 64 * 1024;

/// What a build came to, where it came to something: the program beside the sources' own files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Built {
    /// This program, for that place in the folder.
    Program { from: PathBuf, to: PathBuf },
    /// The folder as it lies there.
    AsItIs,
}

/// Builds. What the tool says on the way is told line by line.
///
/// # Errors
/// What the tool said, or why it could not be run.
pub async fn build(workshop: &Workshop, tell: &mpsc::Sender<News>) -> Result<Built, String> {
    match &workshop.tool {
        Tool::Nothing => Ok(Built::AsItIs),
        Tool::Cargo(cargo) => {
            let made = run_cargo(cargo, &workshop.folder, tell).await?;
            program_of(workshop, &made)
        }
    }
}

async fn run_cargo(
    cargo: &Path,
    folder: &Path,
    tell: &mpsc::Sender<News>,
) -> Result<Vec<PathBuf>, String> {
    let mut command = Command::new(cargo);
    command.args(["build", "--message-format=json-render-diagnostics"]).current_dir(folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // Ctrl-C is for this command, which then ends cargo and all it has started.
    let child = command.process_group(0).spawn();
    let mut running = Running(child.map_err(|error| format!("{}: {error}", cargo.display()))?);
    let (stdout, stderr) = (running.0.stdout.take(), running.0.stderr.take());
    let (Some(stdout), Some(stderr)) = (stdout, stderr) else {
        return Err("cargo has no output".to_owned());
    };
    let (made, said) = tokio::join!(programs(stdout), words(stderr, tell));
    let status = running.0.wait().await.map_err(|error| error.to_string())?;
    match status.success() {
        true => Ok(made),
        false if said.is_empty() => Err(format!("cargo ended with {status}")),
        false => Err(said),
    }
}

/// A tool at work. Dropped, it ends, and whatever it has started.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let id = self.0.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        if let (Ok(None), Some(id)) = (self.0.try_wait(), id) {
            let _ = kill_process_group(id, Signal::KILL);
        }
    }
}

/// The programs that cargo tells of.
async fn programs(stdout: impl AsyncRead + Unpin) -> Vec<PathBuf> {
    let mut lines = BufReader::new(stdout).lines();
    let mut made = Vec::new();
    while let Ok(Some(line)) = lines.next_line().await {
        let message: Value = serde_json::from_str(&line).unwrap_or_default();
        made.extend(message["executable"].as_str().map(PathBuf::from));
    }
    made
}

/// What is worth reading of it: errors and warnings. Steps are told while they happen.
async fn words(stderr: impl AsyncRead + Unpin, tell: &mpsc::Sender<News>) -> String {
    let mut lines = BufReader::new(stderr).lines();
    let mut said = String::new();
    while let Ok(Some(line)) = lines.next_line().await {
        if is_step(&line) {
            let _ = tell.send(News::Step(line.trim().to_owned())).await;
        } else if said.len() + line.len() < WORDS {
            said.push_str(&line);
            said.push('\n');
        }
    }
    said.trim().to_owned()
}

fn is_step(line: &str) -> bool {
    const STEPS: [&str; 9] = [
        "Compiling",
        "Downloading",
        "Downloaded",
        "Updating",
        "Locking",
        "Blocking",
        "Finished",
        "Adding",
        "Fresh",
    ];
    line.split_whitespace().next().is_some_and(|word| STEPS.contains(&word))
        && line.starts_with(char::is_whitespace)
}

fn program_of(workshop: &Workshop, made: &[PathBuf]) -> Result<Built, String> {
    let names = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let Some(to) = workshop.program() else { return Ok(Built::AsItIs) };
    let wanted = names(&to);
    if let Some(from) = made.iter().find(|it| names(it) == wanted) {
        return Ok(Built::Program { from: from.clone(), to });
    }
    let made: Vec<String> = made.iter().filter_map(|it| names(it)).collect();
    let made = if made.is_empty() { "no program".to_owned() } else { made.join(", ") };
    Err(format!("plugin.toml runs ./{}, but cargo builds {made}", to.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_told_apart_from_words() {
        assert!(is_step("   Compiling parrot v0.1.0 (/tmp/parrot)"));
        assert!(!is_step("error[E0425]: cannot find value `x` in this scope"));
        assert!(!is_step("  Compilingx"));
    }

    #[tokio::test]
    async fn programs_are_those_that_cargo_names() {
        let said =
            "{\"reason\":\"x\",\"executable\":null}\nnoise\n{\"executable\":\"/t/parrot\"}\n";
        assert_eq!(programs(said.as_bytes()).await, [PathBuf::from("/t/parrot")]);
    }
}
