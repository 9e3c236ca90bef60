//! Instructions that processes execute, kernel included, where the kernel counts them.
//!
//! Threads are watched that live when the watch begins. It refuses to know what they do.

use std::fs;

use anyhow::Context as _;
use perf_event::Builder;
use perf_event::Counter;
use perf_event::events::Hardware;

/// Counters of some processes.
pub struct Instructions(Vec<Counter>);

impl Instructions {
    /// Begins to count.
    ///
    /// # Errors
    /// The machine cannot count, or the kernel lets nobody.
    pub fn of(pids: &[u32]) -> anyhow::Result<Self> {
        let mut counters = Vec::new();
        for pid in pids {
            for task in fs::read_dir(format!("/proc/{pid}/task"))? {
                let thread = task?.file_name().to_string_lossy().parse()?;
                counters.push(watch(thread)?);
            }
        }
        Ok(Self(counters))
    }

    /// So many since the beginning.
    pub fn count(&mut self) -> anyhow::Result<u64> {
        let mut sum = 0;
        for counter in &mut self.0 {
            sum += counter.read().context("reading a counter")?;
        }
        Ok(sum)
    }
}

fn watch(thread: i32) -> anyhow::Result<Counter> {
    let mut builder = Builder::new(Hardware::INSTRUCTIONS);
    builder.observe_pid(thread).any_cpu().include_kernel();
    let mut counter = builder.build().context("the kernel does not count instructions here")?;
    counter.enable().context("starting a counter")?;
    Ok(counter)
}
