//! A plugin's folder as it is loaded: the manifest's text, its hash, and whether its program is
//! there. It reads once; what happens to the folder afterwards changes nothing until the next load.

use super::program::Runtimes;
use super::settings::{SettingsDecl, problem};
use super::{FILE_NAME, Manifest};
use crate::config::fault::{Fault, Faults, Problem};
use crate::settings::{SCHEMA_BYTES, Schema};
use crate::ui::Contributed;
use outboard_linux::read_beneath;
use sha2::{Digest, Sha256};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The largest manifest read, in bytes: a hand-written one is under 10 KiB.
const LARGEST: u64 = 256 * 1024;

/// A folder that may be started.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The folder, absolute and without links.
    pub folder: PathBuf,
    /// What the plugin declares.
    pub manifest: Manifest,
    /// What can be set; nothing where nothing is declared.
    pub settings: Option<Arc<Schema>>,
    /// SHA-256 of the texts below, in hex.
    pub hash: String,
    /// The manifest's text, as it is kept in the control database.
    pub text: String,
    /// The text of the file that declares its settings, kept beside it.
    pub settings_text: Option<String>,
    /// What it shows in apps, with its files as they were when this was read.
    pub ui: Arc<Contributed>,
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
        let settings_text = match Manifest::parse(&text, &folder.join(FILE_NAME))?.settings {
            SettingsDecl::None | SettingsDecl::Inline(_) => None,
            SettingsDecl::File(path, _) => Some(read_schema(&folder, &path)?),
        };
        Manifest::load_text(&folder, (text, settings_text), runtimes)
    }

    /// Checks a folder by texts that were read before, its manifest and the file that declares its
    /// settings, as at a daemon's start: what the folder says meanwhile is not a load.
    ///
    /// # Errors
    /// As [`Manifest::load`].
    pub fn load_text(
        folder: &Path,
        (text, settings_text): (String, Option<String>),
        runtimes: &Runtimes,
    ) -> Result<Loaded, Faults> {
        let file = folder.join(FILE_NAME);
        let manifest = Manifest::parse(&text, &file)?;
        if let Some(install) = &manifest.install {
            install.run.locate_as("install.command", folder, runtimes)?;
        }
        // What an install makes need not be there yet.
        if manifest.install.is_none() || !manifest.run.is_missing(folder) {
            manifest.run.locate(folder, runtimes)?;
        }
        let settings = match &manifest.settings {
            SettingsDecl::None => None,
            SettingsDecl::Inline(schema) => Some(Arc::clone(schema)),
            SettingsDecl::File(path, _) => {
                let text = settings_text.as_deref().unwrap_or_default();
                Some(parse_schema(&folder.join(path), text)?)
            }
        };
        let hash = match &settings_text {
            None => hash(&text),
            Some(settings) => hash(&format!("{}{}", hash(&text), hash(settings))),
        };
        let ui = Arc::new(manifest.ui.gather(folder)?);
        let folder = folder.to_owned();
        Ok(Loaded { folder, manifest, settings, hash, text, settings_text, ui })
    }
}

/// The file that declares settings: beneath the folder, no link out of it.
fn read_schema(folder: &Path, path: &Path) -> Result<String, Fault> {
    let file = folder.join(path);
    let fault = |text: String| Fault::of_file(&file, Problem::new(text));
    let bytes =
        read_beneath(folder, path, SCHEMA_BYTES).map_err(|error| fault(error.to_string()))?;
    if bytes.len() as u64 > SCHEMA_BYTES {
        return Err(fault(format!("is larger than {SCHEMA_BYTES} bytes")));
    }
    String::from_utf8(bytes).map_err(|_| fault("is not UTF-8".to_owned()))
}

fn parse_schema(file: &Path, text: &str) -> Result<Arc<Schema>, Faults> {
    Schema::parse(text).map(Arc::new).map_err(|found| {
        let fault = |fault| Fault::of_file(file, problem(fault));
        let found = found.into_iter().map(fault).collect();
        match Faults::check(found) {
            Err(faults) => faults,
            // A schema that is refused has a fault.
            Ok(()) => Fault::of_file(file, Problem::new("cannot be used")).into(),
        }
    })
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
