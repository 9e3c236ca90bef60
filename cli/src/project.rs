//! A new plugin's project: which files, and what stands in them. It knows templates; it refuses to
//! know the command line and the daemon.

mod name;
mod render;
mod sdk;
mod template;

use std::io;
use std::path::{Path, PathBuf};

pub use name::{BadName, Name};
pub use sdk::{Sdk, quoted};
pub use template::{Facts, files, first_words};

/// Why there is no project.
#[derive(Debug, thiserror::Error)]
pub enum CannotMake {
    /// Something of somebody's is there.
    #[error("{0} is there already, and not empty")]
    Occupied(PathBuf),
    /// The disk's word.
    #[error("{0}: {1}")]
    Disk(PathBuf, #[source] io::Error),
}

/// A file of the project: where, below the project's folder, and what stands in it.
pub type File = (String, String);

/// Writes the files into a folder that is new or empty. On failure nothing of them is left.
///
/// # Errors
/// Something is there already, or the disk refuses.
pub fn write(folder: &Path, files: &[File]) -> Result<(), CannotMake> {
    let made = claim(folder)?;
    let written = files.iter().try_for_each(|(path, text)| put(&folder.join(path), text));
    if written.is_err() && made {
        let _ = std::fs::remove_dir_all(folder);
    }
    written
}

/// Makes the folder, or takes an empty one; whether it was made.
fn claim(folder: &Path) -> Result<bool, CannotMake> {
    let disk = |error| CannotMake::Disk(folder.to_owned(), error);
    match std::fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            None => Ok(false),
            Some(_) => Err(CannotMake::Occupied(folder.to_owned())),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            std::fs::create_dir_all(folder).map_err(disk)?;
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            Err(CannotMake::Occupied(folder.to_owned()))
        }
        Err(error) => Err(disk(error)),
    }
}

fn put(file: &Path, text: &str) -> Result<(), CannotMake> {
    let disk = |error| CannotMake::Disk(file.to_owned(), error);
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).map_err(disk)?;
    }
    std::fs::write(file, text).map_err(disk)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one() -> Vec<File> {
        vec![("src/main.rs".to_owned(), "fn main() {}\n".to_owned())]
    }

    #[test]
    fn what_lies_in_a_folder_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("mine"), "x").unwrap();
        assert!(matches!(write(dir.path(), &one()), Err(CannotMake::Occupied(_))));
        assert!(!dir.path().join("src").exists());
        assert!(matches!(write(&dir.path().join("mine"), &one()), Err(CannotMake::Occupied(_))));
    }

    #[test]
    fn an_empty_folder_will_do_and_a_missing_one_is_made() {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &one()).unwrap();
        write(&dir.path().join("deep/er"), &one()).unwrap();
        assert!(dir.path().join("deep/er/src/main.rs").exists());
    }
}
