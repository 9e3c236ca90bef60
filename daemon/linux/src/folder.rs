//! Folders that are somebody's alone: the daemon's own, and those given to a plugin's user. It
//! knows no layout.

use std::{
    fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, lchown},
    path::{Path, PathBuf},
};

use nix::unistd::Uid;
use rustix::fs::OFlags;

use crate::launch::PluginUser;

/// Deeper than this no data folder of a plugin is followed.
const DEEPEST: u32 = 64;

/// Why a folder cannot be somebody's alone.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It belongs to somebody else, who could exchange what is in it.
    #[error("{} belongs to user {owner}, not to this daemon's user {wanted}", path.display())]
    NotOurs {
        /// The folder.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Whose it should be.
        wanted: u32,
    },
    /// Something else is there, such as a symbolic link.
    #[error("{} is not a folder, or a symbolic link to one", path.display())]
    NotAFolder {
        /// The path.
        path: PathBuf,
    },
    /// The kernel refuses.
    #[error("{what} {}: {cause}", path.display())]
    Io {
        /// What was being done.
        what: &'static str,
        /// To which path.
        path: PathBuf,
        /// The kernel's answer.
        #[source]
        cause: io::Error,
    },
}

/// Makes a folder with mode 0700, or checks that the one that is there is this user's, no symbolic
/// link, and closed to others (closing it if need be). Its parent must exist.
///
/// # Errors
/// When it is somebody else's or no folder.
pub fn private_dir(path: &Path) -> Result<(), FolderError> {
    let made = DirBuilder::new().mode(0o700).create(path);
    if let Err(error) = made
        && error.kind() != io::ErrorKind::AlreadyExists
    {
        return Err(failed("create the folder", path)(error));
    }
    let dir = open_folder(path)?;
    let found = dir.metadata().map_err(failed("look at", path))?;
    let wanted = Uid::effective().as_raw();
    if found.uid() != wanted {
        return Err(FolderError::NotOurs { path: path.into(), owner: found.uid(), wanted });
    }
    if found.mode() & 0o077 != 0 {
        let closed = Permissions::from_mode(0o700);
        dir.set_permissions(closed).map_err(failed("close to others", path))?;
    }
    Ok(())
}

/// Gives a folder to a plugin's user, and what is in it when it was another's (the range of users
/// may have changed). Its parent is this process's own. Symbolic links are given but not followed;
/// files with several names are left alone, because one of the names may be elsewhere.
///
/// Needs CAP_CHOWN and nothing more: a folder is taken before it is entered, since the daemon may
/// not look into what is another's.
///
/// # Errors
/// When it is no folder or the kernel refuses.
pub fn chown_to_plugin(path: &Path, user: PluginUser) -> Result<(), FolderError> {
    let found = fs::symlink_metadata(path).map_err(failed("look at", path))?;
    if !found.is_dir() {
        return Err(FolderError::NotAFolder { path: path.into() });
    }
    if found.uid() == user.uid && found.gid() == user.gid {
        return Ok(());
    }
    give_folder(path, user, 0)
}

/// The folder last: half-way it still shows that there is something left to do.
fn give_folder(dir: &Path, user: PluginUser, depth: u32) -> Result<(), FolderError> {
    if depth > DEEPEST {
        return Ok(());
    }
    lchown(dir, Some(Uid::effective().as_raw()), None).map_err(failed("take", dir))?;
    open_folder(dir)?
        .set_permissions(Permissions::from_mode(0o700))
        .map_err(failed("close to others", dir))?;
    for entry in fs::read_dir(dir).map_err(failed("list", dir))? {
        let path = entry.map_err(failed("list", dir))?.path();
        let found = fs::symlink_metadata(&path).map_err(failed("look at", &path))?;
        if found.is_dir() {
            give_folder(&path, user, depth + 1)?;
        } else if has_one_name(&found) {
            lchown(&path, Some(user.uid), Some(user.gid)).map_err(failed("give away", &path))?;
        }
    }
    lchown(dir, Some(user.uid), Some(user.gid)).map_err(failed("give away", dir))
}

/// Makes a folder of this process's that a plugin's user may enter but not change.
///
/// # Errors
/// When it is somebody else's or no folder, or the kernel refuses.
pub fn folder_for_plugin(path: &Path, user: PluginUser) -> Result<(), FolderError> {
    private_dir(path)?;
    lchown(path, None, Some(user.gid)).map_err(failed("let its plugin enter", path))?;
    let entered = Permissions::from_mode(0o710);
    open_folder(path)?.set_permissions(entered).map_err(failed("let its plugin enter", path))
}

fn has_one_name(found: &Metadata) -> bool {
    found.nlink() == 1
}

fn open_folder(path: &Path) -> Result<File, FolderError> {
    let flags = (OFlags::DIRECTORY | OFlags::NOFOLLOW).bits().cast_signed();
    OpenOptions::new().read(true).custom_flags(flags).open(path).map_err(|cause| {
        match rustix::io::Errno::from_io_error(&cause) {
            Some(rustix::io::Errno::NOTDIR | rustix::io::Errno::LOOP) => {
                FolderError::NotAFolder { path: path.into() }
            }
            _ => failed("open", path)(cause),
        }
    })
}

fn failed(what: &'static str, path: &Path) -> impl Fn(io::Error) -> FolderError {
    move |cause| FolderError::Io { what, path: path.into(), cause }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{chown, symlink};

    use super::*;

    fn mode_of(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    #[test]
    fn a_private_folder_is_made_closed_and_an_open_one_is_closed() {
        let outer = tempfile::tempdir().unwrap();
        let path = outer.path().join("state");
        private_dir(&path).unwrap();
        assert_eq!(mode_of(&path), 0o700);
        fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
        private_dir(&path).unwrap();
        assert_eq!(mode_of(&path), 0o700);
    }

    #[test]
    fn a_link_or_a_file_is_no_private_folder() {
        let outer = tempfile::tempdir().unwrap();
        let (link, file) = (outer.path().join("link"), outer.path().join("file"));
        symlink(outer.path(), &link).unwrap();
        fs::write(&file, "").unwrap();
        for path in [link, file] {
            let refused = private_dir(&path).unwrap_err();
            assert!(matches!(refused, FolderError::NotAFolder { .. }), "{refused}");
        }
    }

    #[test]
    fn root_refuses_what_is_anothers_and_gives_what_is_its_own() {
        if !Uid::effective().is_root() {
            return;
        }
        let outer = tempfile::tempdir().unwrap();
        let (data, outside) = (outer.path().join("data"), outer.path().join("outside"));
        fs::create_dir_all(data.join("below")).unwrap();
        fs::write(&outside, "").unwrap();
        symlink(&outside, data.join("below/link")).unwrap();
        fs::hard_link(&outside, data.join("hard")).unwrap();
        fs::write(data.join("file"), "").unwrap();
        chown_to_plugin(&data, PluginUser { uid: 64_001, gid: 64_001 }).unwrap();
        let owner = |path: &Path| fs::symlink_metadata(path).unwrap().uid();
        assert_eq!(owner(&data.join("below/link")), 64_001);
        assert_eq!(owner(&data.join("file")), 64_001);
        assert_eq!(owner(&outside), 0, "neither link led the way out");
        assert!(matches!(private_dir(&data), Err(FolderError::NotOurs { owner: 64_001, .. })));
        chown(&data, Some(0), Some(0)).unwrap();
    }
}
