//! A process of a case, spoken with by lines; and what the kernel says of any process.
//!
//! It refuses to know what the process does. Dropped, it is ended by its own handle.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;

use crate::slice::{Slice, Told};

/// How long a child may take to end by itself: go-plugin gives its plugin two seconds.
const END: Duration = Duration::from_secs(5);

/// A child that answers lines.
pub struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Process {
    /// Starts it; what it writes on standard error is shown.
    pub fn start(command: &mut Command) -> anyhow::Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().context("it was asked for")?);
        Ok(Self { child, stdin, stdout })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it says `ready`; gives what it says besides.
    pub fn wait_ready(&mut self) -> anyhow::Result<String> {
        let line = self.line()?;
        let rest = line.strip_prefix("ready").with_context(|| format!("it says {line:?}"))?;
        Ok(rest.trim().to_owned())
    }

    /// Runs one slice.
    pub fn ask(&mut self, slice: Slice) -> anyhow::Result<Told> {
        let stdin = self.stdin.as_mut().context("it was told to end")?;
        writeln!(stdin, "{slice}")?;
        self.line()?.parse()
    }

    /// Lets it end by itself: a host that is killed leaves its plugin behind.
    pub fn end(&mut self) {
        self.stdin = None;
        let deadline = Instant::now() + END;
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < deadline {
            std::thread::park_timeout(Duration::from_millis(5));
        }
    }

    fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        let length = self.stdout.read_line(&mut line)?;
        anyhow::ensure!(length > 0, "it ended without an answer");
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Processor time of all living threads of a process, to the nanosecond.
pub fn cpu_time(pid: u32) -> anyhow::Result<Duration> {
    let mut nanoseconds = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        // A thread may end meanwhile.
        let Ok(told) = fs::read_to_string(task?.path().join("schedstat")) else { continue };
        let spent = told.split_whitespace().next().context("an empty schedstat")?;
        nanoseconds += spent.parse::<u64>()?;
    }
    Ok(Duration::from_nanos(nanoseconds))
}

/// Resident memory of a process, KiB.
pub fn resident_kib(pid: u32) -> anyhow::Result<u64> {
    kib(&format!("/proc/{pid}/status"), "VmRSS:")
}

/// A process's own share of memory, KiB.
pub fn pss_kib(pid: u32) -> anyhow::Result<u64> {
    kib(&format!("/proc/{pid}/smaps_rollup"), "Pss:")
}

/// Children of a process that run `program`.
pub fn children(pid: u32, program: &str) -> anyhow::Result<Vec<u32>> {
    let mut children = Vec::new();
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let told = fs::read_to_string(task?.path().join("children")).unwrap_or_default();
        let pids = told.split_whitespace().filter_map(|it| it.parse().ok());
        children.extend(pids.filter(|pid| runs(*pid, program)));
    }
    Ok(children)
}

fn runs(pid: u32, program: &str) -> bool {
    let target: Option<PathBuf> = fs::read_link(format!("/proc/{pid}/exe")).ok();
    target.is_some_and(|it| it.file_name().is_some_and(|name| name == program))
}

fn kib(file: &str, key: &str) -> anyhow::Result<u64> {
    let told = fs::read_to_string(file).with_context(|| format!("reading {file}"))?;
    let value = told.lines().find_map(|line| line.strip_prefix(key));
    let value = value.and_then(|it| it.split_whitespace().next());
    Ok(value.with_context(|| format!("no {key} in {file}"))?.parse()?)
}
