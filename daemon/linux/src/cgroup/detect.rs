//! Where this process stands in the cgroup v2 hierarchy, and whether it stands there alone. It only
//! reads.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The folder of a cgroup, and who shares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The cgroup's folder as this process sees it.
    pub dir: PathBuf,
    /// Who else is in it.
    pub place: Place,
}

/// Who is in a cgroup.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Nobody but this process: it was made for the daemon (`Delegate=yes`, `systemd-run --scope`).
    Own,
    /// Others too: a login session, a container's root, the root of the hierarchy.
    Shared,
}

/// This process's cgroup v2 folder, if a v2 hierarchy is mounted where it can be seen. The
/// hierarchy may stand beside v1 controllers (`/sys/fs/cgroup/unified`) and without any of its own.
pub fn place_of_this_process() -> Option<Placed> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    let cgroups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let path = own_path(&cgroups)?;
    let dir = mounts.lines().filter_map(cgroup2_mount).find_map(|mount| mount.folder_of(path))?;
    let place = if is_alone_in(&dir) { Place::Own } else { Place::Shared };
    Some(Placed { dir, place })
}

/// What /proc/PID/cgroup says of a process in this folder.
pub(super) fn path_in_hierarchy(dir: &Path) -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
    mounts.lines().filter_map(cgroup2_mount).find_map(|mount| {
        let below = dir.strip_prefix(&mount.point).ok()?;
        Some(mount.root.join(below))
    })
}

fn own_path(cgroups: &str) -> Option<&str> {
    cgroups.lines().find_map(|line| line.strip_prefix("0::"))
}

struct Mount {
    root: PathBuf,
    point: PathBuf,
}

impl Mount {
    fn folder_of(&self, cgroup: &str) -> Option<PathBuf> {
        let below = Path::new(cgroup).strip_prefix(&self.root).ok()?;
        // A process outside its cgroup namespace's root is shown as /../elsewhere.
        if cgroup.contains("..") {
            return None;
        }
        let dir = self.point.join(below);
        dir.join("cgroup.procs").exists().then_some(dir)
    }
}

/// `36 35 0:31 ROOT POINT options… - cgroup2 …`
fn cgroup2_mount(line: &str) -> Option<Mount> {
    let (mount, filesystem) = line.split_once(" - ")?;
    if filesystem.split(' ').next() != Some("cgroup2") {
        return None;
    }
    let mut fields = mount.split(' ').skip(3);
    let root = fields.next()?.into();
    let point = fields.next()?.into();
    Some(Mount { root, point })
}

fn is_alone_in(dir: &Path) -> bool {
    let own = std::process::id();
    let procs = fs::read_to_string(dir.join("cgroup.procs")).unwrap_or_default();
    let mut pids = procs.lines().map(str::parse);
    // The root of the hierarchy has no such file, and belongs to nobody.
    dir.join("cgroup.events").exists() && pids.all(|pid| pid == Ok(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_v2_mount_beside_v1_controllers_is_found() {
        let line = "33 25 0:29 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw";
        let mount = cgroup2_mount(line).unwrap();
        assert_eq!(mount.point, Path::new("/sys/fs/cgroup/unified"));
        assert!(
            cgroup2_mount("26 25 0:22 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu").is_none()
        );
    }

    #[test]
    fn only_the_unified_line_names_the_own_cgroup() {
        assert_eq!(
            own_path("4:memory:/a\n0::/system.slice/x.service\n"),
            Some("/system.slice/x.service")
        );
        assert_eq!(own_path("4:memory:/a\n"), None);
    }
}
