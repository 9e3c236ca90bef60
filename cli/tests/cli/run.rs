//! Running the command as a shell would, in an environment of its own. It judges nothing that comes
//! of it.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::fake::Fake;

/// What the command left behind.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// The command with nothing inherited but what the test gives.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_outboard"));
    command.args(arguments).env_clear().env("TZ", "UTC").stdin(Stdio::null());
    command
}

pub fn run(mut command: Command) -> Ran {
    let Output { status, stdout, stderr } = command.output().unwrap();
    Ran {
        code: status.code().expect("the command was not killed"),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    }
}

/// Runs it against a socket.
pub fn at(socket: &Path, arguments: &[&str]) -> Ran {
    let mut command = command(arguments);
    command.arg("--socket").arg(socket);
    run(command)
}

impl Fake {
    /// Runs the command against this daemon.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        at(&self.socket(), arguments)
    }

    /// A folder that can be given as a plugin's.
    pub fn folder(&self, name: &str) -> String {
        let folder = self.dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        folder.into_os_string().into_string().unwrap()
    }
}

/// All of it, for a snapshot; the test's own folder is named DIR.
pub fn shown(fake: &Fake, ran: &Ran) -> String {
    let text = format!("{}--- stderr, exit {}\n{}", ran.out, ran.code, ran.err);
    text.replace(fake.dir().to_str().unwrap(), "DIR")
}
