//! `[install]`: what must be done once before the first process of a version. It knows what, with
//! how much, and which files make it another install; it runs nothing.

use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use outboard_linux::{BeneathError, resolve_beneath};
use sha2::{Digest, Sha256};

use super::program::{Program, Run, read_command};
use crate::config::amount::{Bytes, parse_duration, parse_size};
use crate::config::fault::Problem;
use crate::config::section::{Field, Section};

/// How long it may take where the manifest does not say.
const USUALLY: Duration = Duration::from_secs(120);
/// How long at least, and at most.
const TIMES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(600));
/// Memory of its whole tree where the manifest does not say, and at most.
const MEMORY: (Bytes, Bytes) = (Bytes::mib(512), Bytes::mib(2048));
/// Processes and threads of its tree where the manifest does not say, and at most.
const PIDS: (u32, u32) = (256, 1024);
/// Files whose content counts.
const INPUTS: usize = 64;
/// Bytes read of each of them.
const INPUT_BYTES: u64 = 16 << 20;

/// What is done once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Install {
    /// The program and its arguments.
    pub run: Run,
    /// How long it may take.
    pub timeout: Duration,
    /// Memory of its whole tree.
    pub memory: Bytes,
    /// Processes and threads of its whole tree.
    pub pids: u32,
    /// The author says that it needs the network. If not, it is kept from it where that can be.
    pub network: bool,
    /// Files of the folder whose content makes it another install.
    pub inputs: Vec<PathBuf>,
}

impl Install {
    /// What is done, in words; `cuts` says whether it can be kept from the network here.
    #[must_use]
    pub fn in_words(&self, cuts: bool) -> String {
        let command: Vec<String> =
            [self.run.own_name()].into_iter().chain(self.run.args.iter().cloned()).collect();
        let network = match (self.network, cuts) {
            (true, _) => "with the network, which it asks for",
            (false, true) => "without the network",
            (false, false) => {
                "it does not ask for the network, and that it has none is NOT enforced here"
            }
        };
        format!(
            "runs `{}` before its first start: up to {} s, {}; {network}",
            command.join(" "),
            self.timeout.as_secs_f64(),
            self.memory
        )
    }

    /// What is installed: another one means that it must be done again. `hash` is the manifest's.
    ///
    /// # Errors
    /// A file that counts cannot be read.
    pub fn mark(&self, folder: &Path, hash: &str) -> Result<String, String> {
        let own = match &self.run.program {
            Program::OwnFile(path) => Some(path),
            Program::Runtime(_) => None,
        };
        let mut digest = Sha256::new();
        digest.update(hash);
        for relative in own.into_iter().chain(&self.inputs) {
            let content = read(folder, relative)?;
            digest.update((content.len() as u64).to_le_bytes());
            digest.update(content);
        }
        Ok(digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// A file of the folder, and of nowhere else.
fn read(folder: &Path, relative: &Path) -> Result<Vec<u8>, String> {
    use std::io::Read as _;
    let path = match resolve_beneath(folder, relative) {
        Ok(path) | Err(BeneathError::NotExecutable { path }) => path,
        Err(error) => return Err(error.to_string()),
    };
    let shown = path.display();
    let file = std::fs::File::open(&path).map_err(|error| format!("{shown}: {error}"))?;
    let mut content = Vec::new();
    let mut bounded = file.take(INPUT_BYTES + 1);
    bounded.read_to_end(&mut content).map_err(|error| format!("{shown}: {error}"))?;
    match content.len() as u64 > INPUT_BYTES {
        true => Err(format!("{shown} is larger than {INPUT_BYTES} bytes")),
        false => Ok(content),
    }
}

/// Reads `[install]`.
pub fn read_install(root: &Section<'_>) -> Option<Install> {
    let table = root.section("install")?;
    let command = table.needed("command", "[\"./setup.sh\"]");
    let place = command.as_ref().map(Field::place);
    let command = command.and_then(|it| read_command(&it));
    let timeout = table.field("timeout").and_then(|it| it.parse(timeout)).unwrap_or(USUALLY);
    let memory = table.field("memory").and_then(|it| it.parse(memory)).unwrap_or(MEMORY.0);
    let pids = table.field("pids").and_then(|it| pids(&it)).unwrap_or(PIDS.0);
    let network = table.field("network").and_then(|it| it.flag()).unwrap_or(false);
    let inputs = table.field("inputs").map(|it| it.parse_list(input)).unwrap_or_default();
    if inputs.len() > INPUTS {
        table.fault("inputs", Problem::new(format!("names more than {INPUTS} files")));
    }
    table.close();
    let (program, args) = command?;
    let run = Run { place: place?, program, args, env: Default::default() };
    Some(Install { run, timeout, memory, pids, network, inputs })
}

fn timeout(text: &str) -> Result<Duration, Problem> {
    let time = parse_duration(text)?;
    match TIMES.0 <= time && time <= TIMES.1 {
        true => Ok(time),
        false => Err(Problem::new(format!("{text} is not between 100ms and 10m"))),
    }
}

fn memory(text: &str) -> Result<Bytes, Problem> {
    let memory = parse_size(text)?;
    match memory <= MEMORY.1 {
        true => Ok(memory),
        false => Err(Problem::new(format!("{text} is above {}", MEMORY.1))),
    }
}

fn pids(field: &Field<'_>) -> Option<u32> {
    let number = field.integer()?;
    field.settle(match u32::try_from(number) {
        Ok(pids @ 1..) if pids <= PIDS.1 => Ok(pids),
        _ => Err(Problem::new(format!("{number} is not between 1 and {}", PIDS.1))),
    })
}

fn input(text: &str) -> Result<PathBuf, Problem> {
    let path = Path::new(text);
    let inside = |it: Component<'_>| matches!(it, Component::CurDir | Component::Normal(_));
    match !text.is_empty() && path.components().all(inside) {
        true => Ok(path.to_owned()),
        false => Err(Problem::new(format!("{text:?} is no file of the plugin's folder"))),
    }
}
