//! Finding a plugin's program inside its folder and nowhere else. It executes nothing.

use std::{
    fs::{self, File},
    io::{self, Read as _},
    os::{
        fd::{AsRawFd, OwnedFd},
        unix::fs::PermissionsExt,
    },
    path::{Path, PathBuf},
};

use rustix::{
    fs::{Mode, OFlags, ResolveFlags, openat2},
    io::Errno,
};

/// Why a program is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum BeneathError {
    /// The path, or a symbolic link on it, leads out of the folder.
    #[error("{} leads out of {}", relative.display(), dir.display())]
    LeadsOut {
        /// The plugin's folder.
        dir: PathBuf,
        /// What was asked for.
        relative: PathBuf,
    },
    /// There is no such file.
    #[error("there is no {} in {}", relative.display(), dir.display())]
    Missing {
        /// The plugin's folder.
        dir: PathBuf,
        /// What was asked for.
        relative: PathBuf,
    },
    /// It is a folder, a device or the like.
    #[error("{} is not a regular file", path.display())]
    NotAFile {
        /// The resolved path.
        path: PathBuf,
    },
    /// Nobody may execute it.
    #[error("{} is not executable (chmod +x)", path.display())]
    NotExecutable {
        /// The resolved path.
        path: PathBuf,
    },
    /// The kernel refuses.
    #[error("cannot look for {} in {}: {cause}", relative.display(), dir.display())]
    Io {
        /// The plugin's folder.
        dir: PathBuf,
        /// What was asked for.
        relative: PathBuf,
        /// The kernel's answer.
        #[source]
        cause: io::Error,
    },
}

/// The absolute path, free of symbolic links, of a regular executable file below `dir`. Links that
/// stay inside are followed; one that leads out is an error, even if it leads back in.
///
/// # Errors
/// When it leads out, is missing, or cannot be executed by anyone.
pub fn resolve_beneath(dir: &Path, relative: &Path) -> Result<PathBuf, BeneathError> {
    let rules = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    let found = find_beneath(dir, relative, OFlags::PATH | OFlags::CLOEXEC, rules);
    let found = found.map_err(|errno| explain(errno, dir, relative))?;
    let say = |cause| BeneathError::Io { dir: dir.into(), relative: relative.into(), cause };
    let path = fs::read_link(format!("/proc/self/fd/{}", found.as_raw_fd())).map_err(say)?;
    let metadata = File::from(found).metadata().map_err(say)?;
    if !metadata.is_file() {
        return Err(BeneathError::NotAFile { path });
    }
    if metadata.permissions().mode() & 0o111 == 0 {
        return Err(BeneathError::NotExecutable { path });
    }
    Ok(path)
}

/// What a regular file below `dir` holds, up to `most` bytes and one more, so that one that is
/// larger can be told. Links are followed as by [`resolve_beneath`].
///
/// # Errors
/// When it leads out, is missing, is no regular file, or cannot be read.
pub fn read_beneath(dir: &Path, relative: &Path, most: u64) -> Result<Vec<u8>, BeneathError> {
    let found = open_beneath(dir, relative).map_err(|errno| explain(errno, dir, relative))?;
    let say = |cause| BeneathError::Io { dir: dir.into(), relative: relative.into(), cause };
    let path = format!("/proc/self/fd/{}", found.as_raw_fd());
    // Not opened before it is known to be a file: a pipe would wait for a writer.
    if !fs::metadata(&path).map_err(say)?.is_file() {
        return Err(BeneathError::NotAFile { path: dir.join(relative) });
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(say)?;
    file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(say)?;
    Ok(bytes)
}

fn open_beneath(dir: &Path, relative: &Path) -> Result<OwnedFd, Errno> {
    let rules = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
    find_beneath(dir, relative, OFlags::PATH | OFlags::CLOEXEC, rules)
}

/// A regular file below `dir`, open for reading. No link is followed, wherever it leads.
///
/// # Errors
/// When it leads out, is missing, is a link, or is no regular file.
pub fn open_file_beneath(dir: &Path, relative: &Path) -> Result<File, BeneathError> {
    // Else opening a pipe would wait for somebody to write.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let rules = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let found = find_beneath(dir, relative, flags, rules);
    let file = File::from(found.map_err(|errno| explain(errno, dir, relative))?);
    let say = |cause| BeneathError::Io { dir: dir.into(), relative: relative.into(), cause };
    match file.metadata().map_err(say)?.is_file() {
        true => Ok(file),
        false => Err(BeneathError::NotAFile { path: dir.join(relative) }),
    }
}

fn find_beneath(
    dir: &Path,
    relative: &Path,
    flags: OFlags,
    rules: ResolveFlags,
) -> Result<OwnedFd, Errno> {
    let folder = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let dir = rustix::fs::open(dir, folder, Mode::empty())?;
    loop {
        let found = openat2(&dir, relative, flags, Mode::empty(), rules);
        // The kernel could not rule out a rename under its feet, and asks to be asked again.
        if found.as_ref().err() != Some(&Errno::AGAIN) {
            return found;
        }
    }
}

fn explain(errno: Errno, dir: &Path, relative: &Path) -> BeneathError {
    let (dir, relative) = (dir.to_owned(), relative.to_owned());
    match errno {
        Errno::XDEV => BeneathError::LeadsOut { dir, relative },
        Errno::NOENT | Errno::NOTDIR => BeneathError::Missing { dir, relative },
        errno => BeneathError::Io { dir, relative, cause: errno.into() },
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let outer = tempfile::tempdir().unwrap();
        let dir = outer.path().join("plugin");
        fs::create_dir_all(dir.join("bin")).unwrap();
        for (name, mode) in [("plugin/bin/run", 0o755), ("plugin/data", 0o644), ("outside", 0o755)]
        {
            let path = outer.path().join(name);
            fs::write(&path, "#!/bin/sh\n").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        }
        (outer, dir)
    }

    #[test]
    fn a_program_inside_is_found_through_a_link_that_stays_inside() {
        let (_outer, dir) = folder();
        symlink("bin/run", dir.join("start")).unwrap();
        let found = resolve_beneath(&dir, Path::new("start")).unwrap();
        assert_eq!(found, dir.canonicalize().unwrap().join("bin/run"));
    }

    #[test]
    fn a_file_to_read_is_reached_through_no_link() {
        let (_outer, dir) = folder();
        symlink("data", dir.join("link")).unwrap();
        assert!(open_file_beneath(&dir, Path::new("data")).is_ok());
        for way in ["link", "bin", "absent", "../outside", "/etc/passwd"] {
            assert!(open_file_beneath(&dir, Path::new(way)).is_err(), "{way}");
        }
    }

    #[test]
    fn every_way_out_is_refused() {
        let (outer, dir) = folder();
        symlink("../outside", dir.join("up")).unwrap();
        symlink(outer.path().join("outside"), dir.join("absolute")).unwrap();
        for way in ["up", "absolute", "../outside", "/bin/sh", "bin/../../outside"] {
            let refused = resolve_beneath(&dir, Path::new(way)).unwrap_err();
            assert!(matches!(refused, BeneathError::LeadsOut { .. }), "{way}: {refused}");
        }
    }

    #[test]
    fn what_is_no_program_is_named_as_what_it_is() {
        let (_outer, dir) = folder();
        let refused = |name| resolve_beneath(&dir, Path::new(name)).unwrap_err();
        assert!(matches!(refused("absent"), BeneathError::Missing { .. }));
        assert!(matches!(refused("bin"), BeneathError::NotAFile { .. }));
        assert!(matches!(refused("data"), BeneathError::NotExecutable { .. }));
    }
}
