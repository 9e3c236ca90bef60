//! The machine on which figures were had: without it they mean little.
//!
//! It reads what the kernel says and refuses to judge it.

use std::fs;

use serde::Serialize;

/// This machine.
#[derive(Debug, Clone, Serialize)]
pub struct Machine {
    /// The processor's name.
    pub processor: String,
    /// How many of them this process may use.
    pub cores: usize,
    /// GiB of memory.
    pub memory_gib: f64,
    /// The kernel's release.
    pub kernel: String,
}

impl Machine {
    /// Looks.
    pub fn here() -> Self {
        let read = |file| fs::read_to_string(file).unwrap_or_default();
        let (processors, memory) = (read("/proc/cpuinfo"), read("/proc/meminfo"));
        let kib = value(&memory, "MemTotal").trim_end_matches(" kB").parse().unwrap_or(0.0);
        Self {
            processor: value(&processors, "model name").to_owned(),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            memory_gib: crate::statistics::round(kib / f64::from(1 << 20), 1),
            kernel: read("/proc/sys/kernel/osrelease").trim().to_owned(),
        }
    }
}

fn value<'t>(text: &'t str, key: &str) -> &'t str {
    let line = text.lines().find(|line| line.starts_with(key));
    line.and_then(|line| line.split_once(':')).map_or("", |(_, value)| value.trim())
}
