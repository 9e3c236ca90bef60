//! One process's memory as /proc tells it, roughly (statm) and exactly (status, smaps_rollup). It
//! adds nothing up and knows no cap.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt,
    str::FromStr,
    sync::LazyLock,
};

static PAGE_BYTES: LazyLock<u64> = LazyLock::new(|| rustix::param::page_size() as u64);

/// Resident memory in two heaps, bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Shares {
    /// Private to the process, or shared with a fork only.
    pub(super) anonymous: u64,
    /// From statm: files and shared memory. From status: shared memory.
    pub(super) shared: u64,
}

impl Shares {
    pub(super) fn plus(self, other: Shares) -> Shares {
        Shares { anonymous: self.anonymous + other.anonymous, shared: self.shared + other.shared }
    }

    pub(super) fn sum(self) -> u64 {
        self.anonymous + self.shared
    }
}

/// One process of a tree. The descriptors stay with this very process: a later one of the same
/// number is never mistaken for it.
pub(super) struct Member {
    pid: u32,
    statm: File,
    status: Option<File>,
}

impl Member {
    pub(super) fn open(pid: u32) -> Option<Member> {
        let statm = File::open(format!("/proc/{pid}/statm")).ok()?;
        Some(Member { pid, statm, status: None })
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    pub(super) fn is_alive(&self) -> bool {
        self.rough().is_some()
    }

    /// One read of a few numbers.
    pub(super) fn rough(&self) -> Option<Shares> {
        let mut space = [0; 128];
        let mut numbers = read(&self.statm, &mut space)?.split_ascii_whitespace().skip(1);
        let resident = number::<u64>(numbers.next())?;
        let shared = number::<u64>(numbers.next())?;
        // A zombie has no memory and is as good as gone.
        if resident == 0 {
            return None;
        }
        let anonymous = resident.saturating_sub(shared) * *PAGE_BYTES;
        Some(Shares { anonymous, shared: shared * *PAGE_BYTES })
    }

    /// Anonymous and shared memory, and what of it is swapped out; bytes.
    pub(super) fn exact(&mut self) -> Option<(Shares, u64)> {
        if self.status.is_none() {
            self.status = File::open(format!("/proc/{}/status", self.pid)).ok();
        }
        let mut space = [0; 4096];
        let text = read(self.status.as_ref()?, &mut space)?;
        let shares = Shares { anonymous: kib(text, "RssAnon:")?, shared: kib(text, "RssShmem:")? };
        Some((shares, kib(text, "VmSwap:").unwrap_or(0)))
    }

    /// This process's share of the memory it has in common with others; bytes. `None` without the
    /// right to look. Walks its page tables, so it is asked for only when it matters.
    pub(super) fn proportional(&self) -> Option<u64> {
        let text = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.pid)).ok()?;
        let parts = ["Pss_Anon:", "Pss_Shmem:", "SwapPss:"];
        parts.iter().map(|part| kib(&text, part)).sum()
    }
}

fn read<'a>(file: &File, space: &'a mut [u8]) -> Option<&'a str> {
    let length = file.read_at(space, 0).ok().filter(|length| *length > 0)?;
    str::from_utf8(&space[..length]).ok()
}

fn kib(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    number::<u64>(line.split_ascii_whitespace().next()).map(|kib| kib * 1024)
}

fn number<N: FromStr>(text: Option<&str>) -> Option<N> {
    text?.parse().ok()
}
