//! Where the SDK of a new plugin comes from: a folder that was named, the clone that one works in,
//! or its release. Nothing of this program's own build is remembered: it refuses to know where it
//! was made.

use std::path::{Path, PathBuf};

/// Where a project gets its SDK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sdk {
    /// A clone of Outboard: its root.
    Clone(PathBuf),
    /// The release that goes with this program.
    Released(&'static str),
}

/// The named folder holds no SDK.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} holds no SDK: there is neither plugin-sdk in it nor a clone of Outboard around it")]
pub struct NoSdk(pub PathBuf);

impl Sdk {
    /// The named one, else the clone around one of `places`, else the release.
    ///
    /// # Errors
    /// One is named that is none.
    pub fn find(named: Option<&Path>, places: &[PathBuf]) -> Result<Sdk, NoSdk> {
        if let Some(named) = named {
            let around = std::path::absolute(named).ok().as_deref().and_then(clone_around);
            return around.map(Sdk::Clone).ok_or_else(|| NoSdk(named.to_owned()));
        }
        let around = places.iter().find_map(|place| clone_around(place));
        Ok(around.map_or(Sdk::Released(env!("CARGO_PKG_VERSION")), Sdk::Clone))
    }

    /// What Cargo.toml says of it.
    pub fn in_cargo_toml(&self) -> String {
        match self {
            Sdk::Clone(root) => {
                let path = root.join("plugin-sdk/rust").display().to_string();
                format!("{{ path = {} }}", quoted(&path))
            }
            Sdk::Released(version) => format!("\"{version}\""),
        }
    }

    /// What requirements.txt says of it.
    pub fn in_requirements(&self) -> String {
        match self {
            Sdk::Clone(root) => root.join("plugin-sdk/python").display().to_string(),
            Sdk::Released(version) => {
                format!("outboard-plugin=={}", version.replace("-dev", ".dev0"))
            }
        }
    }

    /// The versions of everything that the clone is tested with: what needs no network to resolve.
    pub fn lock(&self) -> Option<String> {
        match self {
            Sdk::Clone(root) => std::fs::read_to_string(root.join("Cargo.lock")).ok(),
            Sdk::Released(_) => None,
        }
    }
}

/// A TOML string.
pub fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string()
}

fn clone_around(place: &Path) -> Option<PathBuf> {
    let place = place.canonicalize().ok()?;
    let is_clone = |root: &&Path| {
        let manifest = std::fs::read_to_string(root.join("Cargo.toml")).unwrap_or_default();
        manifest.contains("[workspace") && root.join("plugin-sdk/rust/Cargo.toml").is_file()
    };
    place.ancestors().find(is_clone).map(Path::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn a_clone() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (file, text) in [("Cargo.toml", "[workspace]"), ("plugin-sdk/rust/Cargo.toml", "")] {
            let file = dir.path().join(file);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
        }
        dir
    }

    #[test]
    fn a_clone_is_found_around_the_folder_or_the_program_and_by_any_of_its_folders() {
        let clone = a_clone();
        let root = clone.path().canonicalize().unwrap();
        let within = vec![PathBuf::from("/"), root.join("plugin-sdk/rust")];
        assert_eq!(Sdk::find(None, &within), Ok(Sdk::Clone(root.clone())));
        let named = root.join("plugin-sdk");
        assert_eq!(Sdk::find(Some(&named), &[]), Ok(Sdk::Clone(root)));
    }

    #[test]
    fn without_a_clone_it_is_the_release_and_a_named_one_must_be_there() {
        let empty = tempfile::tempdir().unwrap();
        let places = [empty.path().to_owned()];
        assert!(matches!(Sdk::find(None, &places), Ok(Sdk::Released(_))));
        assert!(Sdk::find(Some(empty.path()), &places).is_err());
    }

    #[test]
    fn a_path_is_written_as_toml_reads_it() {
        assert_eq!(quoted("a\"b"), "'a\"b'");
        assert_eq!(quoted("/a b"), "\"/a b\"");
    }
}
