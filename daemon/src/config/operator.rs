//! The operator's files: `outboard.toml`, then `conf.d/*.toml` in the order of their names, the
//! later winning key by key. Missing files say nothing. Whether what they say fits the plugins that
//! are there is `spec`'s to find.

use super::document::Document;
use super::fault::{Fault, Faults, Problem};
use super::keys::{KeyValues, Keys, Reader};
use super::manifest::program::Runtimes;
use super::name::PluginName;
use super::paths::Paths;
use super::section::Section;
use super::source::{Layer, Sourced};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

mod daemon;
mod debug;
mod policy;
mod reporting;
mod webhook;

pub use daemon::{DaemonConfig, RootPlugins, UidRange};
pub use debug::DebugMode;
pub use policy::PluginPolicy;
pub use reporting::{Alerts, Reporting};
pub use webhook::{Post, Scheme, Webhook};

/// Everything the operator's files say, with defaults where they are silent.
#[derive(Debug, Clone, PartialEq)]
pub struct OperatorConfig {
    /// `[daemon]`.
    pub daemon: DaemonConfig,
    /// `[runtimes]`.
    pub runtimes: Runtimes,
    /// `[ceilings]`: the most a manifest may ask for.
    pub ceilings: KeyValues,
    /// `[defaults]`: below every manifest.
    pub defaults: Keys,
    /// `[plugins."NAME"]`: above every manifest.
    pub plugins: BTreeMap<PluginName, PluginPolicy>,
    /// The group that may use the app socket.
    pub app_group: Sourced<String>,
    /// The group that may use the admin socket.
    pub admin_group: Sourced<String>,
    /// `[debug]`.
    pub debug: Sourced<DebugMode>,
    /// `[metrics]`, `[usage]`, `[alerts]`.
    pub reporting: Reporting,
    /// The files that were read, in their order.
    pub files: Vec<PathBuf>,
}

/// What one file says.
#[derive(Default)]
struct Said {
    daemon: daemon::Said,
    runtimes: Runtimes,
    ceilings: Keys,
    defaults: Keys,
    plugins: BTreeMap<PluginName, PluginPolicy>,
    app_group: Option<Sourced<String>>,
    admin_group: Option<Sourced<String>>,
    debug: Option<Sourced<DebugMode>>,
    reporting: Reporting,
}

impl OperatorConfig {
    /// Reads the files of a configuration folder.
    ///
    /// # Errors
    /// Every fault of every file.
    pub fn load(paths: &Paths) -> Result<OperatorConfig, Faults> {
        let (files, mut faults) = found_files(paths);
        let mut texts = Vec::new();
        for file in files {
            match read_file(&file) {
                Ok(Some(text)) => texts.push((file, text)),
                Ok(None) => {}
                Err(fault) => faults.push(fault),
            }
        }
        let config = OperatorConfig::parse(&texts);
        faults.extend(config.as_ref().err().into_iter().flatten().cloned());
        Faults::check(faults)?;
        config
    }

    /// Reads texts that stand for files, the later winning.
    ///
    /// # Errors
    /// Every fault of every text.
    pub fn parse(texts: &[(PathBuf, String)]) -> Result<OperatorConfig, Faults> {
        let (mut said, mut faults) = (Said::default(), Vec::new());
        for (file, text) in texts {
            match parse_one(text, file) {
                Ok(later) => said = later.over(said),
                Err(found) => faults.extend(found),
            }
        }
        Faults::check(faults)?;
        Ok(said.complete(texts.iter().map(|(file, _)| file.clone()).collect()))
    }
}

impl Default for OperatorConfig {
    /// What counts where there are no files.
    fn default() -> OperatorConfig {
        Said::default().complete(Vec::new())
    }
}

impl Said {
    fn over(mut self, lower: Said) -> Said {
        let mut runtimes = lower.runtimes;
        runtimes.append(&mut self.runtimes);
        let mut plugins = lower.plugins;
        for (name, policy) in self.plugins {
            let below = plugins.remove(&name).unwrap_or_default();
            plugins.insert(name, policy.over(below));
        }
        Said {
            daemon: self.daemon.over(lower.daemon),
            runtimes,
            ceilings: self.ceilings.over(&lower.ceilings),
            defaults: self.defaults.over(&lower.defaults),
            plugins,
            app_group: self.app_group.or(lower.app_group),
            admin_group: self.admin_group.or(lower.admin_group),
            debug: self.debug.or(lower.debug),
            reporting: self.reporting.over(lower.reporting),
        }
    }

    fn complete(self, files: Vec<PathBuf>) -> OperatorConfig {
        let group = |name: &str| Sourced::built_in(name.to_owned());
        OperatorConfig {
            daemon: self.daemon.complete(),
            runtimes: self.runtimes,
            ceilings: self.ceilings.or_ceiling(),
            defaults: self.defaults,
            plugins: self.plugins,
            app_group: self.app_group.unwrap_or_else(|| group("outboard-app")),
            admin_group: self.admin_group.unwrap_or_else(|| group("outboard-admin")),
            debug: self.debug.unwrap_or(Sourced::built_in(DebugMode::Refused)),
            reporting: self.reporting,
            files,
        }
    }
}

/// `outboard.toml`, then what `conf.d` holds by name; a folder that cannot be listed is a fault.
fn found_files(paths: &Paths) -> (Vec<PathBuf>, Vec<Fault>) {
    let (folder, mut files) = (paths.config.join("conf.d"), vec![paths.config_file()]);
    let cannot = |error: &std::io::Error| {
        Fault::of_file(&folder, Problem::new(format!("cannot be listed: {error}")))
    };
    let entries = match std::fs::read_dir(&folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return (files, Vec::new()),
        Err(error) => return (files, vec![cannot(&error)]),
    };
    let (mut found, mut faults) = (Vec::new(), Vec::new());
    for entry in entries {
        match entry {
            Ok(entry) => found.push(entry.path()),
            Err(error) => faults.push(cannot(&error)),
        }
    }
    found.retain(|path| path.extension().is_some_and(|it| it == "toml"));
    found.sort();
    files.append(&mut found);
    (files, faults)
}

fn read_file(file: &Path) -> Result<Option<String>, Fault> {
    match std::fs::read_to_string(file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Fault::of_file(file, Problem::new(format!("cannot be read: {error}")))),
    }
}

fn parse_one(text: &str, file: &Path) -> Result<Said, Faults> {
    let document = Document::parse(text, file, Layer::Operator)?;
    let said = read(&document.root());
    document.finish(Some(said))
}

fn read(root: &Section<'_>) -> Said {
    let said = Said {
        daemon: daemon::read(root),
        runtimes: read_runtimes(root),
        ceilings: read_keys(root, "ceilings", Reader::Ceilings),
        defaults: read_keys(root, "defaults", Reader::Operator),
        plugins: policy::read_all(root),
        app_group: read_listener(root, "app"),
        admin_group: read_listener(root, "admin"),
        debug: debug::read(root),
        reporting: reporting::read(root),
    };
    root.close();
    said
}

fn read_keys(root: &Section<'_>, table: &'static str, reader: Reader) -> Keys {
    let Some(table) = root.section(table) else { return Keys::default() };
    let keys = Keys::read(&table, reader);
    table.close();
    keys
}

fn read_runtimes(root: &Section<'_>) -> Runtimes {
    let Some(table) = root.section("runtimes") else { return Runtimes::new() };
    let mut runtimes = Runtimes::new();
    for entry in table.entries() {
        let path = entry.parse(|text| match Path::new(text).is_absolute() {
            true => Ok(PathBuf::from(text)),
            false => {
                Err(Problem::new("a runtime is an absolute path").hint("\"/usr/bin/python3\""))
            }
        });
        if entry.name().contains('/') {
            entry.fault(Problem::new("a runtime's name has no slash"));
        }
        runtimes.extend(path.map(|path| (entry.name().to_owned(), path)));
    }
    runtimes
}

fn read_listener(root: &Section<'_>, table: &'static str) -> Option<Sourced<String>> {
    let table = root.section(table)?;
    let group = table.field("group").and_then(|it| Some(it.sourced(it.parse(group_name)?)));
    table.not_supported(&["listen", "tls", "token_file"]);
    table.close();
    group
}

fn group_name(text: &str) -> Result<String, Problem> {
    let inner = |it: char| it.is_ascii_alphanumeric() || "_-.".contains(it);
    match (1..=32).contains(&text.len()) && text.chars().all(inner) {
        true => Ok(text.to_owned()),
        false => Err(Problem::new(format!("{text:?} is not the name of a group"))),
    }
}

#[cfg(test)]
mod tests;
