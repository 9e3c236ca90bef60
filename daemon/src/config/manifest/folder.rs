//! A plugin's folder as it is loaded: the manifest's text, its hash, and whether its program is
//! there. It reads once; what happens to the folder afterwards changes nothing until the next load.

use super::program::Runtimes;
use super::{FILE_NAME, Manifest};
use crate::config::fault::{Fault, Faults, Problem};
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The largest manifest read, in bytes: a hand-written one is under 10 KiB.
const LARGEST: u64 = 256 * 1024;

/// A folder that may be started.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The folder, absolute and without links.
    pub folder: PathBuf,
    /// What the plugin declares.
    pub manifest: Manifest,
    /// SHA-256 of the manifest's text, in hex.
    pub hash: String,
    /// The manifest's text, as it is kept in the control database.
    pub text: String,
}

impl Manifest {
    /// Reads and checks a plugin's folder.
    ///
    /// # Errors
    /// Every fault of the manifest, and that its program cannot be executed.
    pub fn load(folder: &Path, runtimes: &Runtimes) -> Result<Loaded, Faults> {
        let named = folder.join(FILE_NAME);
        let unreadable = |error: std::io::Error| Fault::of_file(&named, unreadable(&error));
        let folder = folder.canonicalize().map_err(unreadable)?;
        let text = read_text(&named)?;
        Manifest::load_text(&folder, text, runtimes)
    }

    /// Checks a folder by a manifest that was read before, as at a daemon's start: what the folder
    /// says meanwhile is not a load.
    ///
    /// # Errors
    /// As [`Manifest::load`].
    pub fn load_text(folder: &Path, text: String, runtimes: &Runtimes) -> Result<Loaded, Faults> {
        let file = folder.join(FILE_NAME);
        let manifest = Manifest::parse(&text, &file)?;
        if let Some(install) = &manifest.install {
            install.run.locate_as("install.command", folder, runtimes)?;
        }
        // What an install makes need not be there yet.
        if manifest.install.is_none() || !manifest.run.is_missing(folder) {
            manifest.run.locate(folder, runtimes)?;
        }
        Ok(Loaded { folder: folder.to_owned(), manifest, hash: hash(&text), text })
    }
}

/// SHA-256 of a manifest's text, in hex.
pub fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read_text(file: &Path) -> Result<String, Fault> {
    let fault = |problem| Fault::of_file(file, problem);
    let opened = std::fs::File::open(file).map_err(|error| fault(unreadable(&error)))?;
    let regular = opened.metadata().is_ok_and(|it| it.is_file());
    if !regular {
        return Err(fault(Problem::new("is not a regular file")));
    }
    let mut text = String::new();
    let mut bounded = opened.take(LARGEST + 1);
    bounded.read_to_string(&mut text).map_err(|error| fault(unreadable(&error)))?;
    match text.len() as u64 > LARGEST {
        true => Err(fault(Problem::new(format!("is larger than {LARGEST} bytes")))),
        false => Ok(text),
    }
}

fn unreadable(error: &std::io::Error) -> Problem {
    Problem::new(format!("cannot be read: {error}"))
}
