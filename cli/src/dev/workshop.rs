//! The project under work: where it is, what it is built with, which program its manifest names.
//! It refuses to judge the manifest: the daemon does.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};

use toml_edit::DocumentMut;

use crate::exit::Exit;
use crate::trouble::{Stop, Trouble};

/// A plugin's project.
#[derive(Debug, Clone)]
pub struct Workshop {
    /// Absolute, without links.
    pub folder: PathBuf,
    /// What builds it.
    pub tool: Tool,
}

/// What builds a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tool {
    /// Cargo, at this path.
    Cargo(PathBuf),
    /// Nothing: what runs lies there.
    Nothing,
}

impl Workshop {
    /// Looks at a folder.
    ///
    /// # Errors
    /// It holds no plugin, or what builds it is not installed.
    pub fn open(path: &Path) -> Result<Workshop, Stop> {
        let is_manifest = path.file_name().is_some_and(|name| name == "plugin.toml");
        let folder = match (is_manifest, path.parent()) {
            (true, Some(parent)) if parent.as_os_str().is_empty() => Path::new("."),
            (true, Some(parent)) => parent,
            (true, None) | (false, _) => path,
        };
        let shown = folder.display();
        let folder = folder
            .canonicalize()
            .map_err(|error| Trouble::new(Exit::NotFound, format!("{shown}: {error}")))?;
        if !folder.join("plugin.toml").is_file() {
            let message = format!("{shown} holds no plugin.toml");
            let hint = "`outboard new NAME --lang rust` makes a project";
            return Err(Trouble::new(Exit::NotFound, message).hint(hint).into());
        }
        let tool = match folder.join("Cargo.toml").is_file() {
            true => Tool::Cargo(cargo()?),
            false => Tool::Nothing,
        };
        Ok(Workshop { folder, tool })
    }

    /// The manifest's text; empty where it cannot be read.
    pub fn manifest(&self) -> String {
        std::fs::read_to_string(self.folder.join("plugin.toml")).unwrap_or_default()
    }

    /// The file of the folder that the manifest runs; nothing where it runs a runtime, or cannot be
    /// read.
    pub fn program(&self) -> Option<PathBuf> {
        let first = first_word(&self.manifest())?;
        first.contains('/').then(|| PathBuf::from(first.trim_start_matches("./")))
    }

    /// The plugin's name, where the manifest can be read.
    pub fn name(&self) -> Option<String> {
        let document: DocumentMut = self.manifest().parse().ok()?;
        document.get("name")?.as_str().map(str::to_owned)
    }

    /// The runtimes that the daemon is to know: the one that the manifest names, of the project's
    /// `.venv` or in PATH.
    pub fn runtimes(&self) -> BTreeMap<String, PathBuf> {
        let named = first_word(&self.manifest()).filter(|it| !it.contains('/'));
        let found = named.and_then(|name| {
            // An environment of the project's own knows what it leans on.
            let own = self.folder.join(".venv/bin").join(&name);
            let found = Some(own).filter(|it| it.is_file()).or_else(|| in_path(&name));
            Some((name, found?))
        });
        found.into_iter().collect()
    }
}

fn first_word(manifest: &str) -> Option<String> {
    let document: DocumentMut = manifest.parse().ok()?;
    let command = document.get("run")?.get("command")?.as_array()?;
    command.get(0)?.as_str().map(str::to_owned)
}

fn cargo() -> Result<PathBuf, Stop> {
    let named = env::var_os("CARGO").map(PathBuf::from).filter(|it| it.is_file());
    named.or_else(|| in_path("cargo")).ok_or_else(|| {
        Trouble::new(Exit::NotFound, "there is a Cargo.toml, but no cargo in PATH")
            .hint("https://rustup.rs installs Rust")
            .into()
    })
}

fn in_path(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_names_a_file_or_a_runtime() {
        let first = |command: &str| first_word(&format!("[run]\ncommand = {command}"));
        assert_eq!(first("[\"./bin/parrot\", \"-v\"]").as_deref(), Some("./bin/parrot"));
        assert_eq!(first("[]"), None);
        assert_eq!(first("7"), None);
    }

    #[test]
    fn a_folder_without_a_manifest_is_no_project() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Workshop::open(dir.path()).is_err());
        std::fs::write(dir.path().join("plugin.toml"), "[run]\ncommand = [\"sh\"]").unwrap();
        let workshop = Workshop::open(&dir.path().join("plugin.toml")).unwrap();
        assert_eq!((&workshop.tool, workshop.program()), (&Tool::Nothing, None));
        assert!(workshop.runtimes().contains_key("sh"));
    }
}
