//! `[run]`: which program a plugin is. It knows the rule (a file of its own folder, or a runtime
//! the operator names) and finds the file by it; it starts nothing.

use crate::config::fault::{Fault, Place, Problem};
use crate::config::name::EnvName;
use crate::config::section::{Field, Section};
use outboard_linux::{BeneathError, resolve_beneath};
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::{Component, Path, PathBuf};

/// The program and what of the operator's environment it would like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Where the command is given.
    pub place: Place,
    /// The file to execute.
    pub program: Program,
    /// The arguments after the program's own name.
    pub args: Vec<String>,
    /// Variables it asks for; the operator's `env_allow` decides.
    pub env: BTreeSet<EnvName>,
}

/// The file a plugin executes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Program {
    /// A file in the plugin's folder: relative, without `..`.
    OwnFile(PathBuf),
    /// A name in the operator's `[runtimes]`.
    Runtime(String),
}

/// The operator's `[runtimes]`: absolute paths by name.
pub type Runtimes = BTreeMap<String, PathBuf>;

impl Run {
    /// Finds the file to execute, as an absolute path.
    ///
    /// # Errors
    /// Why there is none: it is missing, is no executable file, or leads out of the folder.
    pub fn locate(&self, folder: &Path, runtimes: &Runtimes) -> Result<PathBuf, Fault> {
        self.locate_as("run.command", folder, runtimes)
    }

    /// The same, of a command that stands elsewhere in the manifest.
    ///
    /// # Errors
    /// As [`Run::locate`].
    pub fn locate_as(
        &self,
        key: &str,
        folder: &Path,
        runtimes: &Runtimes,
    ) -> Result<PathBuf, Fault> {
        let found = match &self.program {
            Program::OwnFile(relative) => own_file(folder, relative, runtimes),
            Program::Runtime(name) => runtime(name, runtimes),
        };
        found.map_err(|problem| Fault::at(&self.place, key, problem))
    }

    /// Whether it is a file of the folder's own that is not there yet.
    #[must_use]
    pub fn is_missing(&self, folder: &Path) -> bool {
        match &self.program {
            Program::OwnFile(relative) => folder.join(relative).symlink_metadata().is_err(),
            Program::Runtime(_) => false,
        }
    }

    /// The name a process of `file`, which this was found to be, is given as its own. Python finds
    /// its virtual environment by it.
    #[must_use]
    pub fn called(&self, folder: &Path, file: &Path) -> String {
        match &self.program {
            Program::OwnFile(relative) if !file.starts_with(folder) => {
                let relative: PathBuf =
                    relative.components().filter(|it| *it != Component::CurDir).collect();
                folder.join(relative).display().to_string()
            }
            Program::OwnFile(_) => self.own_name(),
            Program::Runtime(_) => file.display().to_string(),
        }
    }

    /// The name the program is given as its own (argv[0]).
    pub fn own_name(&self) -> String {
        match &self.program {
            Program::OwnFile(path) => path.display().to_string(),
            Program::Runtime(name) => name.clone(),
        }
    }
}

fn runtime(name: &str, runtimes: &Runtimes) -> Result<PathBuf, Problem> {
    let hint = || {
        format!(
            "./{name} for a file of the plugin's own, or {name} = \"/usr/bin/{name}\" under \
             [runtimes] in outboard.toml"
        )
    };
    let refused = || Problem::new(format!("{name} is not among the runtimes")).hint(hint());
    let path = runtimes.get(name).ok_or_else(refused)?;
    check_executable(path).map(|()| path.clone())
}

/// A file of the folder's own, or the link that a virtual environment has to a runtime: then it is
/// the runtime itself that is executed, whatever the link says by then.
fn own_file(folder: &Path, relative: &Path, runtimes: &Runtimes) -> Result<PathBuf, Problem> {
    resolve_beneath(folder, relative).or_else(|error| {
        let problem = Problem::new(error.to_string());
        match error {
            BeneathError::Missing { .. } => Err(problem.hint("build the plugin first")),
            BeneathError::LeadsOut { .. } => linked_runtime(&folder.join(relative), runtimes)
                .ok_or_else(|| {
                    problem.hint("a link out of the folder may lead to one of [runtimes] only")
                }),
            _ => Err(problem),
        }
    })
}

/// The runtime that a link ends at.
fn linked_runtime(link: &Path, runtimes: &Runtimes) -> Option<PathBuf> {
    let target = link.canonicalize().ok()?;
    let is_it = |path: &PathBuf| path.canonicalize().is_ok_and(|path| path == target);
    runtimes.values().any(is_it).then_some(()).and_then(|()| check_executable(&target).ok())?;
    Some(target)
}

/// A runtime may be a link, as `/usr/bin/python3` is: the operator named it.
fn check_executable(path: &Path) -> Result<(), Problem> {
    let shown = path.display();
    let metadata = path.metadata().map_err(|error| Problem::new(format!("{shown}: {error}")))?;
    match metadata.is_file() && metadata.permissions().mode() & 0o111 != 0 {
        true => Ok(()),
        false => Err(Problem::new(format!("the runtime {shown} is no executable file"))),
    }
}

/// Reads `[run]`, but for the keys that operators may set too.
pub fn read(table: &Section<'_>) -> Option<Run> {
    let command = table.needed("command", "[\"./my-plugin\"]");
    let place = command.as_ref().map(Field::place);
    let command = command.and_then(|it| read_command(&it));
    let env = table.field("env").map(|it| it.parse_list(str::parse)).unwrap_or_default();
    let (program, args) = command?;
    Some(Run { place: place?, program, args, env: env.into_iter().collect() })
}

pub(super) fn read_command(field: &Field<'_>) -> Option<(Program, Vec<String>)> {
    let items = field.items()?;
    let Some((first, rest)) = items.split_first() else {
        field.fault(Problem::new("names no program").hint("[\"./my-plugin\"]"));
        return None;
    };
    let program = first.parse(program);
    let args = rest.iter().filter_map(|it| it.parse(argument)).collect();
    Some((program?, args))
}

fn program(text: &str) -> Result<Program, Problem> {
    let text = argument(text)?;
    if !text.contains('/') {
        return match text.as_str() {
            "" | "." | ".." => Err(Problem::new(format!("{text:?} is not a program"))),
            _ => Ok(Program::Runtime(text)),
        };
    }
    let inside = |it: Component<'_>| matches!(it, Component::CurDir | Component::Normal(_));
    match Path::new(&text).components().all(inside) {
        true => Ok(Program::OwnFile(PathBuf::from(text))),
        false => Err(Problem::new(format!("{text:?} leads out of the plugin's folder"))
            .hint("\"./my-plugin\", or the name of a runtime without a slash")),
    }
}

/// An argument as the kernel takes it.
fn argument(text: &str) -> Result<String, Problem> {
    match text.contains('\0') {
        true => Err(Problem::new("contains a NUL")),
        false => Ok(text.to_owned()),
    }
}
