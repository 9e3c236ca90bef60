//! A case: the processes among which one message travels, started, driven and weighed from
//! outside.
//!
//! It refuses to know how they speak with each other.

use std::any::Any;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::Context as _;

use crate::process::{Process, cpu_time};
use crate::role::Role;
use crate::slice::{Slice, Told};

/// Which part of the way a process is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Asks, and measures.
    App,
    /// Passes on.
    Middle,
    /// Answers.
    Plugin,
}

/// Processor time by part.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cpu {
    /// Of the app.
    pub app: Duration,
    /// Of what lies between; none where nothing does.
    pub middle: Duration,
    /// Of the plugin.
    pub plugin: Duration,
}

/// What one slice gave.
#[derive(Debug, Clone, Copy)]
pub struct Turn {
    /// What the app measured.
    pub told: Told,
    /// What it cost, warming up included.
    pub cpu: Cpu,
}

/// A running case. Dropped, its processes are ended.
pub struct Case {
    name: &'static str,
    app: Option<Process>,
    others: Vec<Process>,
    pids: Vec<(Part, u32)>,
    kept: Vec<Box<dyn Any>>,
}

impl Case {
    /// A case without processes.
    pub fn new(name: &'static str) -> Self {
        Self { name, app: None, others: Vec::new(), pids: Vec::new(), kept: Vec::new() }
    }

    /// Starts this program in another role.
    pub fn start(&mut self, part: Part, role: Role, folder: &Path) -> anyhow::Result<&mut Process> {
        let mut command = Command::new(std::env::current_exe()?);
        self.start_command(part, command.args(["play", role.name()]).arg(folder))
    }

    /// Starts any program.
    pub fn start_command(
        &mut self,
        part: Part,
        command: &mut Command,
    ) -> anyhow::Result<&mut Process> {
        let process = Process::start(command).with_context(|| format!("starting {}", self.name))?;
        self.weigh(part, process.pid());
        if part == Part::App {
            return Ok(self.app.insert(process));
        }
        self.others.push(process);
        self.others.last_mut().context("it was just pushed")
    }

    /// Counts a process that somebody else has started.
    pub fn weigh(&mut self, part: Part, pid: u32) {
        self.pids.push((part, pid));
    }

    /// Keeps something for as long as the case runs.
    pub fn keeping(mut self, thing: impl Any) -> Self {
        self.kept.push(Box::new(thing));
        self
    }

    /// The processes that are weighed.
    pub fn pids(&self) -> Vec<u32> {
        self.pids.iter().map(|(_, pid)| *pid).collect()
    }

    /// Runs one slice.
    pub fn turn(&mut self, slice: Slice) -> anyhow::Result<Turn> {
        let name = self.name;
        let before = self.cpu().with_context(|| format!("weighing {name}"))?;
        let app = self.app.as_mut().context("a case without an app cannot be driven")?;
        let told = app.ask(slice).with_context(|| format!("driving {name}, {slice}"))?;
        let after = self.cpu().with_context(|| format!("weighing {name}"))?;
        Ok(Turn { told, cpu: after.since(before) })
    }

    fn cpu(&self) -> anyhow::Result<Cpu> {
        let mut cpu = Cpu::default();
        for (part, pid) in &self.pids {
            let spent = cpu_time(*pid)?;
            match part {
                Part::App => cpu.app += spent,
                Part::Middle => cpu.middle += spent,
                Part::Plugin => cpu.plugin += spent,
            }
        }
        Ok(cpu)
    }
}

impl Drop for Case {
    fn drop(&mut self) {
        // The others are killed by their handles; the app may have started something itself.
        if let Some(app) = &mut self.app {
            app.end();
        }
    }
}

impl Turn {
    /// All messages that were paid for.
    pub fn messages(&self) -> f64 {
        (self.told.warm_up_messages + self.told.messages) as f64
    }
}

impl Cpu {
    /// Of all parts.
    pub fn total(self) -> Duration {
        self.app + self.middle + self.plugin
    }

    fn since(self, before: Self) -> Self {
        // A thread that has ended takes its time with it.
        Self {
            app: self.app.saturating_sub(before.app),
            middle: self.middle.saturating_sub(before.middle),
            plugin: self.plugin.saturating_sub(before.plugin),
        }
    }
}
