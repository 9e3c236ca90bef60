//! The folder that the daemon runs: a copy of the project with its program in it, exchanged as a
//! whole. What an author has saved half can neither be loaded nor run. It refuses to judge it.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::build::Built;
use super::watch;

/// Bytes of one plugin's folder.
const LARGEST: u64 = 512 * 1024 * 1024;

/// Where the copies lie: the next one, the one that is loaded, the one before.
#[derive(Debug, Clone)]
pub struct Stage {
    next: PathBuf,
    loaded: PathBuf,
    before: PathBuf,
}

impl Stage {
    /// Below this folder, which exists.
    pub fn below(folder: &Path) -> Stage {
        let [next, loaded, before] = ["next", "plugin", "before"].map(|name| folder.join(name));
        Stage { next, loaded, before }
    }

    /// The copy that is being made.
    pub fn next(&self) -> &Path {
        &self.next
    }

    /// The copy that is loaded.
    pub fn loaded(&self) -> &Path {
        &self.loaded
    }

    /// Copies the project.
    ///
    /// # Errors
    /// The disk's, or that it is too large.
    pub fn set(&self, project: &Path, built: &Built) -> io::Result<()> {
        remove(&self.next)?;
        fs::create_dir(&self.next)?;
        open(&self.next, 0o755)?;
        let mut bytes = 0;
        for (relative, size) in watch::sources(project) {
            bytes += size;
            if bytes > LARGEST {
                return Err(io::Error::other("the folder holds more than 512 MiB"));
            }
            self.copy(&project.join(&relative), &relative)?;
        }
        match built {
            Built::AsItIs => Ok(()),
            Built::Program { from, to } => self.copy(from, to),
        }
    }

    /// As whoever runs the plugin must be able to read it.
    fn copy(&self, from: &Path, relative: &Path) -> io::Result<()> {
        let to = self.next.join(relative);
        let mut folders: Vec<&Path> = relative.ancestors().skip(1).collect();
        folders.reverse();
        for folder in folders.into_iter().filter(|it| !it.as_os_str().is_empty()) {
            let folder = self.next.join(folder);
            if !folder.is_dir() {
                fs::create_dir(&folder)?;
                open(&folder, 0o755)?;
            }
        }
        fs::copy(from, &to)?;
        let runs = to.metadata()?.permissions().mode() & 0o111 != 0;
        open(&to, if runs { 0o755 } else { 0o644 })
    }

    /// Puts the next copy into the place of the loaded one, which is kept.
    ///
    /// # Errors
    /// The disk's.
    pub fn exchange(&self) -> io::Result<()> {
        remove(&self.before)?;
        if self.loaded.exists() {
            fs::rename(&self.loaded, &self.before)?;
        }
        fs::rename(&self.next, &self.loaded)
    }

    /// Takes the exchange back: the daemon would not have it.
    ///
    /// # Errors
    /// The disk's.
    pub fn take_back(&self) -> io::Result<()> {
        remove(&self.loaded)?;
        match self.before.exists() {
            true => fs::rename(&self.before, &self.loaded),
            false => Ok(()),
        }
    }
}

fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn open(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_holds_what_counts_and_the_program_and_can_be_taken_back() {
        let (project, place) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let write = |file: &str, text: &str| {
            let file = project.path().join(file);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        };
        ["plugin.toml", "deep/er/asset", "target/debug/parrot", ".git/config"]
            .iter()
            .for_each(|file| write(file, "1"));
        let stage = Stage::below(place.path());
        let from = project.path().join("target/debug/parrot");
        let built = Built::Program { from, to: PathBuf::from("bin/parrot") };
        stage.set(project.path(), &built).unwrap();
        stage.exchange().unwrap();
        let at = |file: &str| fs::read_to_string(stage.loaded().join(file)).ok();
        assert_eq!(at("deep/er/asset").as_deref(), Some("1"));
        assert_eq!(at("bin/parrot").as_deref(), Some("1"));
        assert!(at("target/debug/parrot").is_none() && at(".git/config").is_none());
        write("plugin.toml", "2");
        stage.set(project.path(), &Built::AsItIs).unwrap();
        stage.exchange().unwrap();
        assert_eq!(at("plugin.toml").as_deref(), Some("2"));
        stage.take_back().unwrap();
        assert_eq!(at("plugin.toml").as_deref(), Some("1"));
    }
}
