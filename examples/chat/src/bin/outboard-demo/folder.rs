//! The private folder: configuration, state, runtime, and the plugins put together in it.
//!
//! It refuses to know what runs there.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use tempfile::TempDir;

/// The plugins of the demo: the folder of the example is the name of the program, too.
pub const PLUGINS: [&str; 6] = ["moderator", "welcome", "dice", "oracle", "poll", "troublemaker"];

/// Socket paths have 107 bytes, and `/runtime/p/troublemaker/s` must follow.
const LONGEST_ROOT: usize = 70;

/// Where plugins run under users of their own, if the demo is run by root.
const UIDS: &str = "64000-64999";

/// The folder; it is gone with this value, unless kept.
#[derive(Debug)]
pub struct Folder {
    root: TempDir,
    programs: PathBuf,
}

impl Folder {
    /// Makes the folder and fills it.
    pub fn make(keep: bool) -> anyhow::Result<Self> {
        let mut root = tempfile::Builder::new().prefix("outboard-demo-").tempdir()?;
        if root.path().as_os_str().len() > LONGEST_ROOT {
            root = tempfile::Builder::new().prefix("outboard-demo-").tempdir_in("/tmp")?;
        }
        root.disable_cleanup(keep);
        let programs = std::env::current_exe()?;
        let programs = programs.parent().context("a program lies in a folder")?.to_owned();
        let folder = Self { root, programs };
        folder.fill()?;
        Ok(folder)
    }

    fn fill(&self) -> anyhow::Result<()> {
        for name in ["config", "state", "runtime", "plugins"] {
            fs::create_dir(self.path(name))?;
        }
        if is_root() {
            // Plugins run as other users then and must be able to pass through.
            fs::set_permissions(self.root.path(), fs::Permissions::from_mode(0o711))?;
        }
        fs::write(self.path("config/outboard.toml"), configuration())?;
        PLUGINS.iter().try_for_each(|plugin| self.assemble(plugin))
    }

    /// A plugin's folder is its manifest, its program, and whatever the manifest names beside.
    fn assemble(&self, plugin: &str) -> anyhow::Result<()> {
        let folder = self.plugin(plugin);
        fs::create_dir(&folder)?;
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let manifest = examples.join(plugin).join("plugin.toml");
        fs::copy(&manifest, folder.join("plugin.toml"))
            .with_context(|| format!("cannot copy {}", manifest.display()))?;
        let beside = examples.join(plugin);
        if plugin == "poll" {
            fs::copy(beside.join("empty.json"), folder.join("empty.json"))?;
            fs::create_dir(folder.join("web"))?;
            for file in ["chart.html", "poll.svg"] {
                fs::copy(beside.join("web").join(file), folder.join("web").join(file))?;
            }
        }
        fs::copy(self.program(plugin)?, folder.join(plugin))
            .with_context(|| format!("cannot copy the program of {plugin}"))?;
        Ok(())
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// A plugin's folder.
    pub fn plugin(&self, plugin: &str) -> PathBuf {
        self.path("plugins").join(plugin)
    }

    /// A program that was built beside this one.
    pub fn program(&self, name: &str) -> anyhow::Result<PathBuf> {
        let program = self.programs.join(name);
        if !program.is_file() {
            bail!("{} is missing: examples/chat/demo.sh builds it", program.display());
        }
        Ok(program)
    }
}

fn configuration() -> String {
    if is_root() { format!("[daemon]\nuid_range = \"{UIDS}\"\n") } else { String::new() }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
