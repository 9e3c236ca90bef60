//! One daemon per folder: a lock that ends with the process, whatever ends it. It knows nothing of
//! what the folder holds.

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Seek, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use rustix::fs::{FlockOperation, OFlags, flock};

/// A lock on a file, held until this value is dropped or the process ends. Children do not inherit
/// it.
#[derive(Debug)]
pub struct LockFile {
    path: PathBuf,
    _file: File,
}

/// Why a lock could not be had.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it.
    #[error("{} is held by pid {pid}: another daemon uses this folder", path.display())]
    Held {
        /// The lock file.
        path: PathBuf,
        /// Who holds it, as it wrote itself.
        pid: String,
    },
    /// The file cannot be made or written.
    #[error("cannot lock {}: {cause}", path.display())]
    Io {
        /// The lock file.
        path: PathBuf,
        /// The kernel's answer.
        #[source]
        cause: io::Error,
    },
}

impl LockFile {
    /// Takes the lock without waiting and writes this process's id into the file.
    ///
    /// # Errors
    /// When another process holds it or the file cannot be made.
    pub fn acquire(path: &Path) -> Result<LockFile, LockError> {
        let say = |cause| LockError::Io { path: path.into(), cause };
        let mut file = open(path).map_err(say)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(held(path, &mut file)),
            Err(errno) => return Err(say(errno.into())),
        }
        sign(&mut file).map_err(say)?;
        Ok(LockFile { path: path.into(), _file: file })
    }

    /// Where it is. The file stays when the lock ends: removing it would let two daemons hold two
    /// files of one name.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

fn open(path: &Path) -> io::Result<File> {
    let no_link = OFlags::NOFOLLOW.bits().cast_signed();
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    options.mode(0o600).custom_flags(no_link).open(path)
}

fn held(path: &Path, file: &mut File) -> LockError {
    let mut pid = String::new();
    let _ = file.take(32).read_to_string(&mut pid);
    let pid = pid.trim();
    let pid = if pid.is_empty() { "unknown" } else { pid };
    LockError::Held { path: path.into(), pid: pid.to_owned() }
}

fn sign(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_lock_is_refused_and_names_the_holder_until_the_first_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let first = LockFile::acquire(&path).unwrap();
        let refused = LockFile::acquire(&path).unwrap_err().to_string();
        assert!(refused.contains(&format!("held by pid {}", std::process::id())), "{refused}");
        drop(first);
        LockFile::acquire(&path).unwrap();
    }

    #[test]
    fn a_symbolic_link_is_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        std::os::unix::fs::symlink(folder.path().join("elsewhere"), &path).unwrap();
        assert!(matches!(LockFile::acquire(&path).unwrap_err(), LockError::Io { .. }));
    }
}
