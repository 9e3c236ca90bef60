//! Checking a folder where no daemon answers: the daemon's program can do it alone. It knows where
//! that program may be and what it prints, not what makes a manifest right.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use crate::exit::Exit;
use crate::report::Checked;
use crate::trouble::{Stop, Trouble};

/// The daemon's program.
const DAEMON: &str = "outboardd";

/// Has `outboardd check` look at the folder. It does not mend: what the code registers is known
/// only to a daemon that has run it.
///
/// # Errors
/// The program is not there, or did not answer as it should.
pub async fn check(path: &Path) -> Result<Checked, Stop> {
    let program = find().ok_or_else(missing)?;
    let mut command = Command::new(&program);
    command.arg("check").arg(path).args(["--output", "json"]);
    let output = command.stdin(Stdio::null()).output().await;
    let output = output.map_err(|error| unusable(&program, &error.to_string()))?;
    serde_json::from_slice(&output.stdout).map_err(|_| {
        let said = String::from_utf8_lossy(&output.stderr);
        unusable(&program, said.trim()).into()
    })
}

/// The daemon's program. Beside this program first: what was installed together fits together.
pub fn find() -> Option<PathBuf> {
    let own = env::current_exe().ok();
    let beside = own.as_deref().and_then(Path::parent).map(Path::to_owned);
    let path = env::var_os("PATH").unwrap_or_default();
    let mut dirs = beside.into_iter().chain(env::split_paths(&path));
    dirs.find_map(|dir| Some(dir.join(DAEMON)).filter(|program| program.is_file()))
}

fn missing() -> Stop {
    let message = "no daemon answers, and there is no outboardd here that could check by itself";
    Trouble::new(Exit::NoDaemon, message)
        .hint("start a daemon, or put outboardd beside `outboard` or into PATH")
        .into()
}

fn unusable(program: &Path, why: &str) -> Trouble {
    let message = format!("{} check did not answer: {why}", program.display());
    Trouble::new(Exit::Refused, message)
        .hint("`outboardd --version` and `outboard version` differ?")
}
