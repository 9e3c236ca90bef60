//! Where everything lies: configuration, state, sockets. Arithmetic with paths; it creates nothing
//! and asks no clock, and the environment comes as a parameter.

use super::name::PluginName;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The longest socket path the kernel takes, in bytes.
pub const SOCKET_PATH_LIMIT: usize = 107;

/// The folders of one daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    /// Holds `outboard.toml` and `conf.d`.
    pub config: PathBuf,
    /// Holds the databases, installed plugins and plugins' data.
    pub state: PathBuf,
    /// Holds the sockets.
    pub runtime: PathBuf,
    /// Where packages of the distribution put plugins, for a daemon of the system's.
    pub system_plugins: Option<PathBuf>,
}

/// What the command line says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PathFlags {
    /// `--config`.
    pub config: Option<PathBuf>,
    /// `--state`.
    pub state: Option<PathBuf>,
    /// `--runtime`.
    pub runtime: Option<PathBuf>,
}

/// Why no paths can be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// Neither the XDG variable nor HOME is set.
    #[error("no folder for the {what}: neither {variable} nor HOME is set; give --{flag}")]
    Homeless {
        /// What would lie there.
        what: &'static str,
        /// The XDG variable.
        variable: &'static str,
        /// The flag that helps.
        flag: &'static str,
    },
    /// A socket's path is longer than the kernel takes.
    #[error(
        "the socket path {} is {length} bytes long, the kernel takes {SOCKET_PATH_LIMIT}; give a \
         shorter --runtime", path.display()
    )]
    SocketTooLong {
        /// The path.
        path: PathBuf,
        /// Its length in bytes.
        length: usize,
    },
}

/// Where a folder is looked for when no flag names it.
struct Folder {
    what: &'static str,
    flag: &'static str,
    system: &'static str,
    variable: &'static str,
    below_home: &'static str,
}

const CONFIG: Folder = Folder {
    what: "configuration",
    flag: "config",
    system: "/etc/outboard",
    variable: "XDG_CONFIG_HOME",
    below_home: ".config",
};

const STATE: Folder = Folder {
    what: "state",
    flag: "state",
    system: "/var/lib/outboard",
    variable: "XDG_STATE_HOME",
    below_home: ".local/state",
};

impl Paths {
    /// Finds the folders: flags first, then for root the system's, for others the user's. `env` is
    /// the environment.
    ///
    /// # Errors
    /// [`PathError::Homeless`] where the environment names no home.
    pub fn resolve(
        flags: &PathFlags,
        env: &dyn Fn(&str) -> Option<OsString>,
        uid: u32,
    ) -> Result<Paths, PathError> {
        let config = folder(&CONFIG, flags.config.as_deref(), env, uid)?;
        let state = folder(&STATE, flags.state.as_deref(), env, uid)?;
        // The system's daemon is known by its state: its unit runs it as a user of its own.
        let is_systems = state == Path::new(STATE.system);
        Ok(Paths {
            config,
            state,
            runtime: runtime(flags.runtime.as_deref(), env, uid),
            system_plugins: is_systems.then(|| PathBuf::from("/usr/lib/outboard/plugins")),
        })
    }

    /// `outboard.toml`.
    pub fn config_file(&self) -> PathBuf {
        self.config.join("outboard.toml")
    }

    /// The database of plugins, grants and ends.
    pub fn control_db(&self) -> PathBuf {
        self.state.join("control.db")
    }

    /// The database of what is under way.
    pub fn journal_db(&self) -> PathBuf {
        self.state.join("journal.db")
    }

    /// What was done and by whom.
    pub fn audit_log(&self) -> PathBuf {
        self.state.join("audit.log")
    }

    /// The database of what was counted.
    pub fn statistics_db(&self) -> PathBuf {
        self.state.join("statistics.db")
    }

    /// A plugin's data folder.
    pub fn data(&self, name: &PluginName) -> PathBuf {
        self.state.join("data").join(name.as_str())
    }

    /// What plugins keep, a file each. No plugin's user comes in here.
    pub fn storage(&self) -> PathBuf {
        self.state.join("storage")
    }

    /// Where keys for secret values are looked for: the service manager's credential, then a file
    /// of the configuration.
    pub fn secret_keys(&self, credentials: Option<&Path>) -> Vec<PathBuf> {
        let folders = credentials.into_iter().chain([self.config.as_path()]);
        folders.map(|folder| folder.join(crate::secrets::KEY_FILE)).collect()
    }

    /// The folders searched for plugins at start, distribution's first.
    pub fn plugin_folders(&self) -> Vec<PathBuf> {
        self.system_plugins.iter().cloned().chain([self.state.join("plugins")]).collect()
    }

    /// The app's socket.
    pub fn app_socket(&self) -> PathBuf {
        self.runtime.join("app.sock")
    }

    /// The operator's socket.
    pub fn admin_socket(&self) -> PathBuf {
        self.runtime.join("admin.sock")
    }

    /// A plugin's socket, in a folder of its own.
    pub fn plugin_socket(&self, name: &PluginName) -> PathBuf {
        self.runtime.join("p").join(name.as_str()).join("s")
    }

    /// Where the sockets of debug visits lie.
    pub fn debug_folder(&self) -> PathBuf {
        self.runtime.join("d")
    }

    /// The socket for who stands in for a plugin; no longer than the plugin's own.
    pub fn debug_socket(&self, name: &PluginName) -> PathBuf {
        self.debug_folder().join(name.as_str())
    }

    /// Checks the daemon's own sockets against the kernel's limit.
    ///
    /// # Errors
    /// [`PathError::SocketTooLong`].
    pub fn check_own_sockets(&self) -> Result<(), PathError> {
        check_length(self.app_socket()).and_then(|()| check_length(self.admin_socket()))
    }

    /// Checks a plugin's socket against the kernel's limit.
    ///
    /// # Errors
    /// [`PathError::SocketTooLong`].
    pub fn check_socket_lengths(&self, name: &PluginName) -> Result<(), PathError> {
        check_length(self.plugin_socket(name))
    }
}

fn check_length(path: PathBuf) -> Result<(), PathError> {
    match path.as_os_str().len() {
        length if length > SOCKET_PATH_LIMIT => Err(PathError::SocketTooLong { path, length }),
        _ => Ok(()),
    }
}

fn folder(
    folder: &Folder,
    flag: Option<&Path>,
    env: &dyn Fn(&str) -> Option<OsString>,
    uid: u32,
) -> Result<PathBuf, PathError> {
    if let Some(flag) = flag {
        return Ok(from_here(flag));
    }
    if uid == 0 {
        return Ok(PathBuf::from(folder.system));
    }
    let home = || absolute(env("HOME")).map(|home| home.join(folder.below_home));
    let Folder { what, variable, flag, .. } = *folder;
    let base = absolute(env(variable)).or_else(home);
    base.map(|it| it.join("outboard")).ok_or(PathError::Homeless { what, variable, flag })
}

/// The temporary folder is shared, so there the user's uid is part of the name; whoever creates it
/// checks its owner.
fn runtime(flag: Option<&Path>, env: &dyn Fn(&str) -> Option<OsString>, uid: u32) -> PathBuf {
    if let Some(flag) = flag {
        return from_here(flag);
    }
    if uid == 0 {
        return PathBuf::from("/run/outboard");
    }
    if let Some(base) = absolute(env("XDG_RUNTIME_DIR")) {
        return base.join("outboard");
    }
    let temporary = absolute(env("TMPDIR")).unwrap_or_else(|| PathBuf::from("/tmp"));
    temporary.join(format!("outboard-{uid}"))
}

/// Plugins run in folders of their own: what they are told must not depend on where one stands.
fn from_here(flag: &Path) -> PathBuf {
    std::path::absolute(flag).unwrap_or_else(|_| flag.to_owned())
}

/// A variable's path; relative ones are to be ignored by the rules of these variables.
fn absolute(value: Option<OsString>) -> Option<PathBuf> {
    value.map(PathBuf::from).filter(|path| path.is_absolute())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env<'e>(set: &'e [(&str, &str)]) -> impl Fn(&str) -> Option<OsString> + 'e {
        |name| set.iter().find(|(it, _)| *it == name).map(|(_, value)| OsString::from(value))
    }

    #[test]
    fn root_uses_the_systems_folders_and_flags_win() {
        let flags = PathFlags { runtime: Some("/tmp/r".into()), ..PathFlags::default() };
        let paths = Paths::resolve(&flags, &env(&[]), 0).unwrap();
        assert_eq!(paths.config_file(), Path::new("/etc/outboard/outboard.toml"));
        assert_eq!(paths.control_db(), Path::new("/var/lib/outboard/control.db"));
        assert_eq!(paths.app_socket(), Path::new("/tmp/r/app.sock"));
        assert_eq!(paths.plugin_folders().len(), 2);
    }

    #[test]
    fn the_systems_daemon_may_run_as_a_user_of_its_own() {
        let flags = |state: &str| PathFlags {
            config: Some("/etc/outboard".into()),
            state: Some(state.into()),
            runtime: Some("/run/outboard".into()),
        };
        let folders = |state| Paths::resolve(&flags(state), &env(&[]), 999).unwrap();
        assert_eq!(folders("/var/lib/outboard").plugin_folders().len(), 2);
        assert_eq!(folders("/tmp/s").plugin_folders(), [Path::new("/tmp/s/plugins")]);
    }

    #[test]
    fn a_user_without_a_runtime_folder_gets_one_of_their_own_under_the_temporary_one() {
        let set = [("HOME", "/home/a"), ("XDG_STATE_HOME", "relative")];
        let paths = Paths::resolve(&PathFlags::default(), &env(&set), 1000).unwrap();
        assert_eq!(paths.config, Path::new("/home/a/.config/outboard"));
        assert_eq!(paths.state, Path::new("/home/a/.local/state/outboard"));
        assert_eq!(paths.runtime, Path::new("/tmp/outboard-1000"));
    }

    #[test]
    fn without_a_home_the_error_names_the_flag() {
        let error = Paths::resolve(&PathFlags::default(), &env(&[]), 1000).unwrap_err();
        assert!(error.to_string().contains("--config"), "{error}");
    }

    #[test]
    fn a_socket_path_may_have_107_bytes() {
        let name: PluginName = "ab".parse().unwrap();
        let with = |length: usize| Paths {
            runtime: PathBuf::from(format!("/{}", "r".repeat(length - "//p/ab/s".len()))),
            ..Paths::resolve(&PathFlags::default(), &env(&[]), 0).unwrap()
        };
        assert_eq!(with(107).check_socket_lengths(&name), Ok(()));
        let error = with(108).check_socket_lengths(&name).unwrap_err();
        assert!(error.to_string().contains("108 bytes"), "{error}");
    }
}
