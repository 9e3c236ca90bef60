//! Files of a plugin that apps may have: read once when it is loaded, and known by their hash from
//! then on. What the folder holds later counts only where it is still the same.
//!
//! It reads files and so belongs on no data plane. It refuses to know who asks.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use outboard_linux::{BeneathError, open_file_beneath};
use outboard_proto::common::{Failure, Reason, UiAsset};
use sha2::{Digest, Sha256};
use tonic::Code;

use crate::config::fault::Problem;

/// Bytes of one asset.
pub const LARGEST: u64 = 4 * 1024 * 1024;
/// Bytes of all assets of a plugin.
pub const TOGETHER: u64 = 16 * 1024 * 1024;
/// Files of a plugin that are assets: their list fits a frame.
const FILES: usize = 128;
/// How deep folders may stand in one another.
const DEEP: usize = 8;

/// Which files are meant: one, or all beneath a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AssetPattern {
    /// `web/index.html`.
    File(String),
    /// `web/**`, kept without the stars.
    Beneath(String),
}

/// A plugin's assets, as they were when it was loaded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Assets {
    folder: PathBuf,
    all: BTreeMap<String, Asset>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    /// In hex.
    pub sha256: String,
    /// Such as `text/html`.
    pub mime: &'static str,
    /// Bytes.
    pub size: u64,
}

/// Why a file is not handed out.
#[derive(Debug, thiserror::Error)]
pub enum AssetFault {
    /// No asset has this hash.
    #[error("{plugin} has no asset with the hash {sha256}")]
    Unknown {
        /// The plugin.
        plugin: String,
        /// What was asked for.
        sha256: String,
    },
    /// It is not what it was.
    #[error("{path} of {plugin} has changed since it was loaded; load the plugin again")]
    Changed {
        /// The plugin.
        plugin: String,
        /// The file.
        path: String,
    },
}

impl AssetFault {
    /// As an app hears of it.
    #[must_use]
    pub fn failure(&self) -> Failure {
        match self {
            Self::Unknown { .. } => {
                Failure::new(Code::NotFound, Reason::UnknownAsset, self.to_string())
            }
            Self::Changed { .. } => {
                Failure::new(Code::FailedPrecondition, Reason::AssetChanged, self.to_string())
            }
        }
    }
}

impl AssetPattern {
    /// Reads `web/**` or `web/index.html`.
    ///
    /// # Errors
    /// It leads out of the folder, or is no path at all.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        let (path, beneath) = match text.strip_suffix("/**") {
            Some(path) => (path, true),
            None => (text, false),
        };
        if !is_inside(path) {
            let problem = Problem::new(format!("{text:?} is no path inside the plugin's folder"));
            return Err(problem.hint("\"web/**\", or \"web/index.html\""));
        }
        Ok(if beneath { Self::Beneath(path.to_owned()) } else { Self::File(path.to_owned()) })
    }
}

/// Whether a path leads to something inside, the same for everyone who reads it.
fn is_inside(path: &str) -> bool {
    let plain =
        path.bytes().all(|it| (it.is_ascii_graphic() || it == b' ') && !b"\\%*?".contains(&it));
    let parts = || path.split('/');
    plain
        && (1..=255).contains(&path.len())
        && parts().all(|part| !part.is_empty() && part != "." && part != "..")
        && Path::new(path).components().all(|it| matches!(it, Component::Normal(_)))
}

impl Assets {
    /// Reads all that is meant, hash by hash.
    ///
    /// # Errors
    /// A file is missing, a link, too large, or they are too many.
    pub fn read(folder: &Path, patterns: &[AssetPattern]) -> Result<Self, Problem> {
        let mut paths = Vec::new();
        for pattern in patterns {
            match pattern {
                AssetPattern::File(path) => paths.push(path.clone()),
                AssetPattern::Beneath(path) => walk(folder, path, DEEP, &mut paths)?,
            }
        }
        paths.sort_unstable();
        paths.dedup();
        let mut assets = Self { folder: folder.to_owned(), all: BTreeMap::new() };
        let mut together = 0;
        for path in paths {
            let bytes = read_one(folder, &path).map_err(Problem::new)?;
            let size = bytes.len() as u64;
            together += size;
            if together > TOGETHER {
                return Err(Problem::new(format!("assets have at most {TOGETHER} bytes together")));
            }
            let asset = Asset { sha256: hex(&bytes), mime: mime(&path), size };
            assets.all.insert(path, asset);
        }
        Ok(assets)
    }

    /// The asset of this path, or of this hash.
    #[must_use]
    pub fn find(&self, named: &str) -> Option<&Asset> {
        self.all.get(named).or_else(|| self.all.values().find(|it| it.sha256 == named))
    }

    /// All of them, as apps are told.
    #[must_use]
    pub fn list(&self) -> Vec<UiAsset> {
        let told = |(path, asset): (&String, &Asset)| UiAsset {
            path: path.clone(),
            sha256: asset.sha256.clone(),
            mime: asset.mime.to_owned(),
            size_bytes: asset.size,
        };
        self.all.iter().map(told).collect()
    }

    /// Reads the file with this hash, as it was.
    ///
    /// # Errors
    /// There is none, or it is not what it was.
    pub fn fetch(&self, plugin: &str, sha256: &str) -> Result<(&Asset, Vec<u8>), AssetFault> {
        let found = self.all.iter().find(|(_, asset)| asset.sha256 == sha256);
        let (path, asset) = found.ok_or_else(|| AssetFault::Unknown {
            plugin: plugin.to_owned(),
            sha256: sha256.chars().take(64).collect(),
        })?;
        match read_one(&self.folder, path) {
            Ok(bytes) if hex(&bytes) == asset.sha256 => Ok((asset, bytes)),
            // Gone, a link, larger or other: all the same to whoever asks for these bytes.
            Ok(_) | Err(_) => {
                Err(AssetFault::Changed { plugin: plugin.to_owned(), path: path.clone() })
            }
        }
    }
}

/// Every file beneath a folder.
fn walk(root: &Path, path: &str, deep: usize, paths: &mut Vec<String>) -> Result<(), Problem> {
    let refuse = |why: &str| Err(Problem::new(format!("{path}: {why}")));
    if deep == 0 {
        return refuse("folders stand too deep in one another");
    }
    let entries = match std::fs::read_dir(root.join(path)) {
        Ok(entries) => entries,
        Err(error) => return refuse(&error.to_string()),
    };
    for entry in entries {
        let (entry, kind) = match entry.and_then(|it| it.file_type().map(|kind| (it, kind))) {
            Ok(found) => found,
            Err(error) => return refuse(&error.to_string()),
        };
        let name = entry.file_name();
        let name = name.to_str().filter(|it| is_inside(it));
        let Some(name) = name else { return refuse("a file's name is not plain") };
        let found = format!("{path}/{name}");
        if kind.is_symlink() {
            return Err(Problem::new(format!("{found} is a link, and no asset can be one")));
        }
        match kind.is_dir() {
            true => walk(root, &found, deep - 1, paths)?,
            false => paths.push(found),
        }
        if paths.len() > FILES {
            return Err(Problem::new(format!("a plugin has at most {FILES} assets")));
        }
    }
    Ok(())
}

fn read_one(folder: &Path, path: &str) -> Result<Vec<u8>, String> {
    let file = open_file_beneath(folder, Path::new(path))
        .map_err(|error: BeneathError| error.to_string())?;
    let mut bytes = Vec::new();
    let read = file.take(LARGEST + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("{path}: {error}"))?;
    match bytes.len() as u64 > LARGEST {
        true => Err(format!("{path}: an asset has at most {LARGEST} bytes")),
        false => Ok(bytes),
    }
}

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// By the ending; what is not known is handed out as bytes that no browser runs.
fn mime(path: &str) -> &'static str {
    let ending = path.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
    match ending.as_deref() {
        Some("html") => "text/html",
        Some("js" | "mjs") => "text/javascript",
        Some("css") => "text/css",
        Some("json") => "application/json",
        Some("txt") => "text/plain",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("gif") => "image/gif",
        Some("webp") => "image/webp",
        Some("avif") => "image/avif",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("mp3") => "audio/mpeg",
        Some("ogg") => "audio/ogg",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("web/deep")).unwrap();
        std::fs::write(folder.path().join("web/index.html"), "<p>hello</p>").unwrap();
        std::fs::write(folder.path().join("web/deep/a.png"), "png").unwrap();
        std::fs::write(folder.path().join("secret"), "do not tell").unwrap();
        folder
    }

    fn beneath() -> [AssetPattern; 1] {
        [AssetPattern::parse("web/**").unwrap()]
    }

    // I88
    #[test]
    fn a_path_that_leads_out_or_hides_it_is_no_asset() {
        for way in [
            "../secret",
            "/etc/passwd",
            "web/../secret",
            "web//a",
            "./web",
            "",
            "**",
            "web/%2e%2e/secret",
            "web\\..\\secret",
            "web/*.html",
            "..",
            "web/\u{0}",
        ] {
            assert!(AssetPattern::parse(way).is_err(), "{way}");
        }
    }

    // I88
    #[test]
    fn a_file_is_had_by_its_hash_as_long_as_it_is_what_it_was() {
        let folder = folder();
        let assets = Assets::read(folder.path(), &beneath()).unwrap();
        let names: Vec<_> = assets.list().into_iter().map(|it| it.path).collect();
        assert_eq!(names, ["web/deep/a.png", "web/index.html"]);
        let sha256 = assets.find("web/index.html").unwrap().sha256.clone();
        assert_eq!(assets.fetch("poll", &sha256).unwrap().1, b"<p>hello</p>");
        let unknown = assets.fetch("poll", "../secret").unwrap_err();
        assert_eq!(unknown.failure().reason(), Reason::UnknownAsset);

        std::fs::write(folder.path().join("web/index.html"), "<p>other</p>").unwrap();
        let changed = assets.fetch("poll", &sha256).unwrap_err().failure();
        assert_eq!(changed.reason(), Reason::AssetChanged);
    }

    // I88
    #[test]
    fn no_link_is_followed_neither_when_it_is_loaded_nor_when_it_is_asked_for() {
        let folder = folder();
        let assets = Assets::read(folder.path(), &beneath()).unwrap();
        let sha256 = assets.find("web/index.html").unwrap().sha256.clone();
        let index = folder.path().join("web/index.html");
        std::fs::rename(&index, folder.path().join("moved.html")).unwrap();
        symlink("../moved.html", &index).unwrap();
        let refused = assets.fetch("poll", &sha256).unwrap_err().failure();
        assert_eq!(refused.reason(), Reason::AssetChanged);
        let problem = Assets::read(folder.path(), &beneath()).unwrap_err();
        assert!(problem.message.contains("is a link"), "{problem}");
        let named = [AssetPattern::parse("web/index.html").unwrap()];
        assert!(Assets::read(folder.path(), &named).is_err());
    }

    #[test]
    fn what_is_too_large_or_missing_is_refused_when_it_is_loaded() {
        let folder = folder();
        let large = vec![0; usize::try_from(LARGEST).unwrap() + 1];
        std::fs::write(folder.path().join("web/large"), large).unwrap();
        let problem = Assets::read(folder.path(), &beneath()).unwrap_err();
        assert!(problem.message.contains("at most 4194304 bytes"), "{problem}");
        let missing = [AssetPattern::parse("web/none.html").unwrap()];
        assert!(Assets::read(folder.path(), &missing).is_err());
    }
}
