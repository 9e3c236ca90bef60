//! One plugin's leaf: its limits, who is in it, what it used, its end. It knows no plugin by name.

use std::{
    fs::{self, File},
    io,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{Controllers, detect::path_in_hierarchy};
use crate::launch::Limits;

/// CPU quotas are given per this period, microseconds: the kernel's own default.
const CPU_PERIOD_US: u64 = 100_000;

/// A leaf that exists. Dropping it removes nothing.
#[derive(Debug)]
pub struct Leaf {
    path: PathBuf,
    path_in_hierarchy: PathBuf,
    controllers: Controllers,
    procs: Option<File>,
    memory: Option<File>,
}

impl Leaf {
    /// Makes the folder and writes what the controllers there can enforce.
    ///
    /// # Errors
    /// When the kernel refuses the folder or a limit.
    pub(super) fn make(
        path: PathBuf,
        controllers: Controllers,
        limits: &Limits,
    ) -> io::Result<Leaf> {
        fs::create_dir(&path)?;
        let written = write_limits(&path, controllers, limits);
        if written.is_err() {
            let _ = fs::remove_dir(&path);
        }
        written?;
        let procs = File::open(path.join("cgroup.procs")).ok();
        let memory = File::open(path.join("memory.current")).ok();
        let path_in_hierarchy = path_in_hierarchy(&path).unwrap_or_else(|| path.clone());
        Ok(Leaf { path, path_in_hierarchy, controllers, procs, memory })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Which limits the kernel holds here.
    pub fn controllers(&self) -> Controllers {
        self.controllers
    }

    /// SIGKILL to everyone inside, in one step that no fork outruns. A kernel before 5.14 cannot.
    ///
    /// # Errors
    /// When the file is missing or the folder is gone.
    pub fn kill(&self) -> io::Result<()> {
        fs::write(self.path.join("cgroup.kill"), "1")
    }

    /// The processes inside, in no order.
    pub fn members(&self) -> Vec<u32> {
        let Some(list) = self.procs.as_ref().and_then(|file| read_again(file).ok()) else {
            return Vec::new();
        };
        list.lines().filter_map(|line| line.parse().ok()).collect()
    }

    /// Whether a path read from /proc/PID/cgroup is this leaf or below it.
    pub fn holds(&self, cgroup_path: &str) -> bool {
        Path::new(cgroup_path).starts_with(&self.path_in_hierarchy)
    }

    /// Memory charged to the leaf now, bytes, page cache included.
    pub fn memory_bytes(&self) -> Option<u64> {
        read_again(self.memory.as_ref()?).ok()?.trim().parse().ok()
    }

    /// The most that was ever charged, bytes (kernel 5.19 or newer).
    pub fn peak_memory_bytes(&self) -> Option<u64> {
        self.read("memory.peak")?.trim().parse().ok()
    }

    /// How many of its processes the kernel killed for memory.
    pub fn oom_kills(&self) -> u64 {
        self.read("memory.events").and_then(|text| field(&text, "oom_kill")).unwrap_or(0)
    }

    /// CPU time of everyone who was ever inside.
    pub fn cpu_time(&self) -> Option<Duration> {
        let usage = field(&self.read("cpu.stat")?, "usage_usec")?;
        Some(Duration::from_micros(usage))
    }

    /// Whether anyone is inside.
    pub fn is_populated(&self) -> bool {
        self.read("cgroup.events").and_then(|text| field(&text, "populated")) == Some(1)
    }

    /// Removes the empty leaf and whatever folders a plugin made below it.
    ///
    /// # Errors
    /// While somebody is inside.
    pub fn remove(&self) -> io::Result<()> {
        remove_below(&self.path)
    }

    fn read(&self, file: &str) -> Option<String> {
        fs::read_to_string(self.path.join(file)).ok()
    }
}

/// Removes a cgroup and those below it, the deepest first; one that is gone is what was wanted.
pub(super) fn remove_below(dir: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            remove_below(&entry.path())?;
        }
    }
    fs::remove_dir(dir)
}

fn write_limits(leaf: &Path, controllers: Controllers, limits: &Limits) -> io::Result<()> {
    if controllers.memory {
        fs::write(leaf.join("memory.max"), limits.memory_bytes.to_string())?;
        // Absent where the kernel has no swap accounting; then there is nothing to forbid.
        let _ = fs::write(leaf.join("memory.swap.max"), "0");
        fs::write(leaf.join("memory.oom.group"), "1")?;
    }
    if controllers.pids {
        fs::write(leaf.join("pids.max"), limits.pids.to_string())?;
    }
    if controllers.cpu {
        fs::write(leaf.join("cpu.weight"), limits.cpu_weight.clamp(1, 10_000).to_string())?;
        if let Some(percent) = limits.cpu_quota_percent {
            let quota = u64::from(percent) * CPU_PERIOD_US / 100;
            fs::write(leaf.join("cpu.max"), format!("{quota} {CPU_PERIOD_US}"))?;
        }
    }
    Ok(())
}

fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))?;
    line.trim().parse().ok()
}

/// Reads a small kernel file from its beginning through a descriptor kept open.
fn read_again(file: &File) -> io::Result<String> {
    let mut text = Vec::with_capacity(256);
    let mut part = [0; 1024];
    loop {
        let read = file.read_at(&mut part, text.len() as u64)?;
        if read == 0 {
            break;
        }
        text.extend_from_slice(&part[..read]);
    }
    String::from_utf8(text).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_found_by_its_whole_name() {
        let events = "oom 3\noom_kill 2\noom_group_kill 1\n";
        assert_eq!(field(events, "oom_kill"), Some(2));
        assert_eq!(field(events, "oom"), Some(3));
        assert_eq!(field(events, "max"), None);
    }
}
